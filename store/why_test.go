package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

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

// A day with damage is not one that the book does not know.
func TestWhyOfADamagedDay(t *testing.T) {
	const asked = queue.Day("2000-01-05")
	for name, c := range map[string]struct {
		damage func(tx *bolt.Tx, day Day) error
		want   func(day Day) string
	}{
		"an entry removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketOf(asked)).Delete(seqKey(day.First + 3)) },
			func(day Day) string { return fmt.Sprintf("entry %d is missing", day.First+3) },
		},
		"the last removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketOf(asked)).Delete(seqKey(day.Last)) },
			func(day Day) string { return fmt.Sprintf("entry %d is missing", day.Last) },
		},
		"the day's entries removed": {
			func(tx *bolt.Tx, day Day) error { return tx.DeleteBucket(bucketOf(asked)) },
			func(day Day) string { return fmt.Sprintf("entry %d is missing", day.First) },
		},
		"the day's record removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketDays).Delete([]byte(asked)) },
			func(Day) string { return "day 2000-01-05" },
		},
		"the whole day removed": {
			func(tx *bolt.Tx, day Day) error {
				return firstError(tx.Bucket(bucketDays).Delete([]byte(asked)), tx.DeleteBucket(bucketOf(asked)))
			},
			func(day Day) string { return fmt.Sprintf("entry %d of day 2000-01-06 is missing", day.First) },
		},
		"the day's record cut short": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketDays).Put([]byte(asked), []byte("short")) },
			func(Day) string { return "day 2000-01-05" },
		},
		"an entry changed": {
			func(tx *bolt.Tx, day Day) error { return flip(tx.Bucket(bucketOf(asked)), day.First+3) },
			func(day Day) string { return fmt.Sprintf("entry %d: checksum", day.First+3) },
		},
		"the end of the journal": {
			func(tx *bolt.Tx, _ Day) error { return tx.Bucket(bucketMeta).Put(keyTail, []byte("short")) },
			func(Day) string { return "tail of the journal" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			built(t, dir, 4)
			ask := func() error {
				_, _, err := Why(BookFile(dir), AuditOptions{Day: asked}, "A002", "A001")
				return err
			}
			require.NoError(t, ask())
			day := spanOfDay(t, dir, asked)
			edit(t, dir, func(tx *bolt.Tx) error { return c.damage(tx, day) })
			err := ask()
			require.ErrorIs(t, err, ErrDamaged)
			assert.NotErrorIs(t, err, ErrUnknownDay)
			assert.ErrorContains(t, err, c.want(day))
			var told *BookError
			require.ErrorAs(t, err, &told)
			assert.Equal(t, BookFile(dir), told.File)
		})
	}
}

// A month that goes into the archive while it is read is read there.
func TestWhyWhileTheMonthGoesIntoTheArchive(t *testing.T) {
	dir, day := t.TempDir(), queue.Day("1998-10-04")
	manyMonths(t, dir, 15)
	before := filepath.Join(t.TempDir(), "book.db")
	require.NoError(t, os.WriteFile(before, fileBytes(t, BookFile(dir)), 0o600))
	running(t, dir, 1, nil)
	require.GreaterOrEqual(t, goneOf(t, dir).day, day)
	files := []string{before, BookFile(dir)} // as the first transaction sees the book, and the later ones
	look := func(fn func(tx *bolt.Tx) error) error {
		db, err := openToRead(files[0])
		require.NoError(t, err)
		defer db.Close()
		files = files[len(files)-1:]
		return db.View(fn)
	}
	r := reading{look, Options{}.withDefaults().Zone, ArchiveDir(BookFile(dir))}
	why, _, err := (&question{reading: r, day: day, first: "A002", second: "A001"}).answer()
	require.NoError(t, err)
	assert.Equal(t, "A001", why.Numbers[0])
}
