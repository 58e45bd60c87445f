package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// The question is answered of today, of a day long past, and of a closed book,
// from the journal, with snapshots and without.
func TestWhyOfAnyDay(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := opened(t, dir, w.options())
		var days []queue.Day
		for i := range 4 {
			do(t, b, cs)
			days = append(days, b.View().Hall.Day())
			time.Sleep(time.Minute)
			do(t, b, cs)
			do(t, b, queue.OpenCounter{Counter: "q1"})
			if i == 2 { // one day out of turn
				do(t, b, queue.Call{Counter: "q1", Target: queue.Target{Number: "A002"}})
			} else {
				do(t, b, queue.CallNext{Counter: "q1"})
			}
			if i < 3 {
				time.Sleep(24 * time.Hour)
			}
		}
		check := func(day queue.Day, ask func(queue.Day) (queue.Why, *queue.Hall, error)) {
			why, hall, err := ask(day)
			require.NoError(t, err, day)
			if day == days[2] {
				assert.Equal(t, queue.WhyByNumber, why.Reason)
				assert.Equal(t, "A002", why.Numbers[0])
			} else {
				assert.Equal(t, queue.WhyEarlier, why.Reason, day)
				assert.Equal(t, "A001", why.Numbers[0])
			}
			_, hash := hall.Document()
			assert.NotEmpty(t, hash, "the document of that day is at hand")
		}
		live := func(day queue.Day) (queue.Why, *queue.Hall, error) { return b.Why(day, "A002", "A001") }
		for _, day := range append(days, "") {
			check(day, live)
		}
		_, _, err := b.Why("2000-02-01", "A001", "A002")
		assert.ErrorIs(t, err, ErrUnknownDay)
		_, _, err = b.Why(dayBefore, "A001", "A002")
		assert.ErrorIs(t, err, ErrUnknownDay)
		_, _, err = b.Why("", "A001", "A009")
		assert.ErrorIs(t, err, queue.ErrUnknownTicket)
		shut(t, b)
		for _, day := range append(days, "") {
			check(day, func(day queue.Day) (queue.Why, *queue.Hall, error) {
				return Why(BookFile(dir), AuditOptions{Day: day}, "A002", "A001")
			})
		}
	})
}

// Before the first day nothing can be asked.
func TestWhyOfAnEmptyBook(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	_, _, err := b.Why("", "A001", "A002")
	assert.ErrorIs(t, err, ErrUnknownDay)
}
