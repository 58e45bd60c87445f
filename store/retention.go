package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// keyGone says up to where the journal is in the archive and counts no longer as
// here. Buckets of such days that are still there are on their way out.
var keyGone = []byte("gone") // number of the last entry that is gone, and its day

// gone is the end of what is in the archive only.
type gone struct {
	seq Seq
	day queue.Day
}

func (g gone) encode() []byte { return append(seqKey(g.seq), g.day...) }

// goneTo is zero while everything is here.
func goneTo(tx *bolt.Tx) gone {
	v := tx.Bucket(bucketMeta).Get(keyGone)
	if len(v) < 8 {
		return gone{}
	}
	return gone{seqOf(v), queue.Day(v[8:])}
}

const (
	// sweepSlice is how many entries one transaction deletes: some pages, so that
	// the command behind it waits no longer than behind another command.
	sweepSlice = 400
	sweepPause = 20 * time.Millisecond
	// sweepMost is how many pages may be free, 4 MiB: bbolt writes the list of them,
	// eight bytes each, with every commit, and 8000 made a call half again as dear.
	// What is left is deleted as the free pages are used again, which is as fast as
	// the journal grows.
	sweepMost = 1 << 10
)

// retain takes the months that are older than the years to be kept out of the book
// and into the archive. A month goes as a whole, when its last day is old enough,
// has its sum, and has been passed by every durable reader. It is archived and the
// archive read back before the first entry is deleted, and everything goes on from
// where it was after a power cut at any point.
func (b *Book) retain(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := b.sweep(ctx); err != nil {
			return err
		}
		h, err := b.nextToArchive()
		if err != nil || h == nil {
			return err
		}
		if err := b.archive(ctx, h); err != nil {
			return fmt.Errorf("archive of %s: %w", h.Month, err)
		}
		last := h.Days[len(h.Days)-1]
		to := gone{last.Last, last.Day}
		err = b.edit(ctx, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyGone, to.encode()) })
		if err != nil {
			return err
		}
		b.log.Info("a month went into the archive", "month", h.Month, "entries", last.Last-h.Days[0].First+1)
	}
	return ctx.Err()
}

// keepFrom is the first day to be kept; "" when all are.
func (b *Book) keepFrom() queue.Day {
	v := b.View()
	years := 0
	if b.opts.Keep != nil {
		years = b.opts.Keep(v.Hall)
	}
	if years <= 0 {
		return ""
	}
	// By the journal, not by the clock: one that was set ahead must not take
	// everything away.
	return queue.Day(v.At.AddDate(-years, 0, 0).Format(time.DateOnly))
}

// nextToArchive is the oldest month that may go, nil when none may.
func (b *Book) nextToArchive() (h *archiveHeader, err error) {
	from := b.keepFrom()
	if from == "" {
		return nil, nil
	}
	err = b.look(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketDays).Cursor()
		g := goneTo(tx)
		k, _ := c.Seek([]byte(max(g.day, dayBefore) + "0")) // the first day that is not gone
		t, err := tailOf(tx)
		// The day that goes on may be years old, and its month is not whole before a
		// later one begins.
		if err != nil || k == nil || monthOf(queue.Day(k)) >= min(monthOf(from), monthOf(t.day)) {
			return err
		}
		h, err = headerOf(tx, monthOf(queue.Day(k)))
		if err != nil {
			return err
		}
		last := h.Days[len(h.Days)-1]
		summed := tx.Bucket(bucketMeta).Get(keySummed)
		if len(summed) == 0 || queue.Day(summed[1:]) < last.Day {
			h = nil // its sums come first
			return nil
		}
		return tx.Bucket(bucketMarks).ForEach(func(reader, v []byte) error {
			if h != nil && seqOf(v) < last.Last {
				b.log.Warn("a month cannot go into the archive: a reader has not come past it", "month", h.Month, "reader", string(reader), "at", seqOf(v))
				h = nil
			}
			return nil
		})
	})
	return h, err
}

// archive sees to it that the month's archive is there and good.
func (b *Book) archive(ctx context.Context, h *archiveHeader) error {
	file := archiveFile(ArchiveDir(BookFile(b.dir)), h.Month)
	err := verifyArchive(file, h)
	if err == nil { // a power cut came before the book knew of it
		return nil
	}
	if errors.Is(err, ErrArchive) {
		b.log.Warn("an archive is written again", "err", err)
	}
	free, err := b.disk.free()
	if err != nil {
		return err
	}
	if free < reserveBack+archiveMost { // an archive must not close the kiosks
		return ErrDiskLow
	}
	return b.reading().writeArchive(ctx, file, h)
}

// sweep deletes what is gone, in small slices. The archive must be there and good:
// as long as an entry has not been deleted it can still be written again.
func (b *Book) sweep(ctx context.Context) error {
	checked := ""
	for ctx.Err() == nil {
		if b.freePages() > sweepMost && !b.disk.low.Load() {
			return nil
		}
		var day queue.Day
		var h *archiveHeader
		err := b.look(func(tx *bolt.Tx) (err error) {
			k, _ := tx.Cursor().Seek([]byte(dayPrefix))
			day = dayOfBucket(k)
			if day == "" || day > goneTo(tx).day {
				day = ""
				return nil
			}
			month := monthOf(day)
			if day == dayBefore {
				if next, _ := tx.Bucket(bucketDays).Cursor().Seek([]byte(dayBefore + "0")); next != nil {
					month = monthOf(queue.Day(next))
				}
			}
			if month != checked {
				h, err = headerOf(tx, month)
			}
			return err
		})
		if err != nil || day == "" {
			return err
		}
		if h != nil {
			if err := verifyArchive(archiveFile(ArchiveDir(BookFile(b.dir)), h.Month), h); err != nil {
				return fmt.Errorf("entries that are left of %s stay: %w", h.Month, err)
			}
			checked = h.Month
		}
		if err := b.edit(ctx, func(tx *bolt.Tx) error { return deleteSome(tx, day) }); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(sweepPause):
		}
	}
	return ctx.Err()
}

// dayOfBucket is the day of a bucket of entries, "" of another bucket.
func dayOfBucket(k []byte) queue.Day {
	if len(k) == len(dayPrefix)+len(dayBefore) && string(k[:len(dayPrefix)]) == dayPrefix {
		return queue.Day(k[len(dayPrefix):])
	}
	return ""
}

// deleteSome deletes the first entries of a day, and at last its bucket.
func deleteSome(tx *bolt.Tx, day queue.Day) error {
	bucket := tx.Bucket(bucketOf(day))
	if bucket == nil || day > goneTo(tx).day {
		return nil
	}
	var keys [][]byte // deleting while a cursor walks would skip some
	c := bucket.Cursor()
	for k, _ := c.First(); k != nil && len(keys) < sweepSlice; k, _ = c.Next() {
		keys = append(keys, append([]byte(nil), k...))
	}
	if len(keys) < sweepSlice {
		return tx.DeleteBucket(bucketOf(day))
	}
	for _, k := range keys {
		if err := bucket.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// freePages are those on bbolt's list.
func (b *Book) freePages() int {
	b.dbMu.RLock()
	defer b.dbMu.RUnlock()
	if b.db == nil {
		return 0
	}
	s := b.db.Stats()
	return s.FreePageN + s.PendingPageN
}
