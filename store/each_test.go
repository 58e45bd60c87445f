package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// spanOfDay is what the book keeps of a day that is over.
func spanOfDay(t *testing.T, dir string, day queue.Day) (d Day) {
	edit(t, dir, func(tx *bolt.Tx) (err error) {
		d, err = decodeDay(day, tx.Bucket(bucketDays).Get([]byte(day)))
		return err
	})
	return d
}

// each numbers the entries of some days of a closed book.
func each(dir string, from, to queue.Day) (seqs []Seq, err error) {
	err = ReadClosed(BookFile(dir), nil, func(c *Closed) error {
		_, err := c.Each(from, to, func(_ queue.Day, e Entry) error {
			seqs = append(seqs, e.Seq)
			return nil
		})
		return err
	})
	return seqs, err
}

// flip changes a byte of a record.
func flip(bucket *bolt.Bucket, seq Seq) error {
	data := append([]byte(nil), bucket.Get(seqKey(seq))...)
	data[9] ^= 1
	return bucket.Put(seqKey(seq), data)
}

// Entries that are not there, or not as they were written, are never passed over.
func TestEachOfADamagedBook(t *testing.T) {
	const second, third, last = queue.Day("2000-01-05"), queue.Day("2000-01-06"), queue.Day("2000-01-07")
	for name, c := range map[string]struct {
		damage func(tx *bolt.Tx, day Day) error
		want   func(day Day) []string
	}{
		"an entry removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketOf(second)).Delete(seqKey(day.First + 3)) },
			func(day Day) []string {
				return []string{"entry " + fmt.Sprint(day.First+3) + " of day 2000-01-05 is missing"}
			},
		},
		"the first removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketOf(second)).Delete(seqKey(day.First)) },
			func(day Day) []string {
				return []string{"entry " + fmt.Sprint(day.First) + " of day 2000-01-05 is missing"}
			},
		},
		"the last removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketOf(second)).Delete(seqKey(day.Last)) },
			func(day Day) []string {
				return []string{"entry " + fmt.Sprint(day.Last) + " of day 2000-01-05 is missing"}
			},
		},
		"the day's entries removed": {
			func(tx *bolt.Tx, day Day) error { return tx.DeleteBucket(bucketOf(second)) },
			func(day Day) []string {
				return []string{"entry " + fmt.Sprint(day.First) + " of day 2000-01-05 is missing"}
			},
		},
		"the day's record removed": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketDays).Delete([]byte(second)) },
			func(day Day) []string {
				return []string{"entry " + fmt.Sprint(day.First) + " of day 2000-01-06 is missing"}
			},
		},
		"the day's record cut short": {
			func(tx *bolt.Tx, day Day) error { return tx.Bucket(bucketDays).Put([]byte(second), []byte("short")) },
			func(Day) []string { return []string{"day 2000-01-05"} },
		},
		"an entry changed": {
			func(tx *bolt.Tx, day Day) error { return flip(tx.Bucket(bucketOf(second)), day.First+3) },
			func(day Day) []string {
				return []string{"entry " + fmt.Sprint(day.First+3) + " of day 2000-01-05", "checksum"}
			},
		},
		"the end of the journal": {
			func(tx *bolt.Tx, _ Day) error { return tx.Bucket(bucketMeta).Put(keyTail, []byte("short")) },
			func(Day) []string { return []string{"tail of the journal"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			built(t, dir, 4)
			seqs, err := each(dir, "", "")
			require.NoError(t, err)
			for i, seq := range seqs {
				require.EqualValues(t, i+1, seq)
			}
			day := spanOfDay(t, dir, second)
			edit(t, dir, func(tx *bolt.Tx) error { return c.damage(tx, day) })
			for _, from := range []queue.Day{"", second} {
				for _, to := range []queue.Day{"", second, third} {
					_, err := each(dir, from, to)
					require.ErrorIs(t, err, ErrDamaged, "%q to %q", from, to)
					for _, want := range c.want(day) {
						assert.ErrorContains(t, err, want)
					}
					var told *BookError
					require.ErrorAs(t, err, &told)
					assert.Equal(t, BookFile(dir), told.File)
				}
			}
			if name != "the end of the journal" && name != "the day's record cut short" {
				_, err = each(dir, last, "")
				assert.NoError(t, err, "a day that is whole")
			}
		})
	}
}

// Behind the archive too, and of days in it.
func TestEachOverALostDayOfTheArchive(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	running(t, dir, 1, nil)
	_, err := each(dir, "", "")
	require.NoError(t, err)
	g := goneOf(t, dir)
	require.NotZero(t, g.seq)
	first := spanOfDay(t, dir, g.day)
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketDays).Delete([]byte(g.day)) })
	_, err = each(dir, "", "")
	require.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "entry "+fmt.Sprint(first.First)+" of day")
}
