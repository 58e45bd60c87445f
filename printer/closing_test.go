package printer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// The closing report counts what the journal holds, and its head is that after
// the day was closed, however much is written later.
func TestClosingReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		for range 5 {
			h.take()
			time.Sleep(time.Minute)
		}
		h.do(queue.OpenCounter{Counter: "c1"})
		h.do(queue.CallNext{Counter: "c1"})
		time.Sleep(time.Minute)
		h.do(queue.Start{Counter: "c1"})
		time.Sleep(5 * time.Minute)
		h.do(queue.Finish{Counter: "c1"})
		h.do(queue.CallNext{Counter: "c1"})
		h.do(queue.MarkNoShow{Counter: "c1"})
		third := h.book.View().Hall.Tickets()[2]
		h.do(queue.Cancel{Ticket: third.ID})
		h.do(queue.CallNext{Counter: "c1"})
		again := func() {
			h.room.mu.Lock()
			defer h.room.mu.Unlock()
			require.NoError(t, h.room.catchUp(t.Context()))
		}
		again()
		d, err := h.room.day(h.book.View(), "vi")
		require.NoError(t, err)
		assert.False(t, d.Closed)
		assert.Equal(t, []int{5, 1, 1, 1, 2, 3}, []int{d.Issued, d.Finished, d.NoShow, d.Cancelled, d.Open, d.Called})
		assert.EqualValues(t, h.book.View().Seq, d.HeadSeq)

		h.do(queue.CloseDay{})
		closed := h.book.View().Seq
		again()
		d, err = h.room.day(h.book.View(), "vi")
		require.NoError(t, err)
		assert.True(t, d.Closed)
		assert.Equal(t, "2026-11-23", d.Day)
		assert.Equal(t, []int{5, 2, 1, 1, 1, 0}, []int{d.Issued, d.Finished, d.NoShow, d.Cancelled, d.Expired, d.Open})
		assert.EqualValues(t, closed, d.HeadSeq)
		assert.Equal(t, "Quầy 1", d.Counters[0].Name)
		assert.Equal(t, 2, d.Counters[0].Finished)
		assert.Equal(t, []int{480, 600}, []int{d.MedianS, d.P90S}, "called after 5, 8 and 10 minutes")
		h.post("p1/slips", `{"kind":"closing"}`, "a")
		h.stop()
		h.start()
		again()
		later, err := h.room.day(h.book.View(), "vi")
		require.NoError(t, err)
		assert.Equal(t, d, later, "the same day, the same slip")
	})
}
