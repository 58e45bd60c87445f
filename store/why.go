package store

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// ErrUnknownDay: the journal has no entries of that day, or no longer.
var ErrUnknownDay = &queue.Refusal{Code: "unknown_day"}

// Why says which of two numbers was called first on a day and why, from the
// journal alone; "" is the last day. The hall returned is that at the end of what
// was read; the names of its document are those of the answer. The error is a
// *queue.Refusal where the question has no answer.
func (b *Book) Why(day queue.Day, first, second string) (queue.Why, *queue.Hall, error) {
	return inquire(b.look, b.opts.Zone, day, first, second)
}

// Why asks a closed book, or a copy of one.
func Why(file string, o AuditOptions, first, second string) (w queue.Why, h *queue.Hall, err error) {
	o.Zone = Options{Zone: o.Zone}.withDefaults().Zone
	db, err := openToRead(file)
	if err != nil {
		return w, nil, err
	}
	defer db.Close()
	look := func(fn func(tx *bolt.Tx) error) error { return guard(func() error { return db.View(fn) }) }
	return inquire(look, o.Zone, o.Day, first, second)
}

// whyChunk is how many records one read transaction copies out.
const whyChunk = 2000

// inquire folds the day anew, from the last snapshot before it. No transaction is
// held while it does.
func inquire(look func(func(*bolt.Tx) error) error, zone func(*queue.Hall) *time.Location, day queue.Day, first, second string) (queue.Why, *queue.Hall, error) {
	var from, begins, ends Seq
	var hall *queue.Hall
	err := look(func(tx *bolt.Tx) (err error) {
		if day, begins, ends, err = spanOf(tx, day); err != nil {
			return err
		}
		hall, from = restoreBefore(tx, begins)
		return nil
	})
	if err != nil {
		return queue.Why{}, nil, err
	}
	var q *queue.Inquiry
	for last := from; last < ends; {
		var raw []stored
		err := look(func(tx *bolt.Tx) error {
			return eachRecord(tx, last, func(_ queue.Day, seq Seq, data []byte) error {
				if raw = append(raw, stored{seq, append([]byte(nil), data...)}); len(raw) == whyChunk || seq == ends {
					return errEnough
				}
				return nil
			})
		})
		if err != nil {
			return queue.Why{}, nil, err
		}
		if len(raw) == 0 {
			return queue.Why{}, nil, fmt.Errorf("store: entry %d of day %s is missing", last+1, day)
		}
		for _, s := range raw {
			if s.seq != last+1 {
				return queue.Why{}, nil, ErrUnknownDay
			}
			last++
			var r record
			if err := r.decode(s.seq, s.data, zone(hall)); err != nil {
				return queue.Why{}, nil, fmt.Errorf("store: entry %d: %w", s.seq, err)
			}
			if r.Event == nil {
				continue
			}
			if q == nil && s.seq >= begins {
				q = queue.NewInquiry(hall, first, second)
			}
			if q != nil {
				q.Take(r.Fact)
			}
			hall.Apply(r.Fact)
		}
	}
	if q == nil {
		return queue.Why{}, nil, ErrUnknownDay
	}
	w, err := q.Answer()
	return w, hall, err
}

// spanOf says which entries a day has; "" is the last day.
func spanOf(tx *bolt.Tx, day queue.Day) (_ queue.Day, first, last Seq, err error) {
	var t tail
	if err := t.decode(tx.Bucket(bucketMeta).Get(keyTail), time.UTC); err != nil {
		return day, 0, 0, fmt.Errorf("store: tail of the journal: %w", err)
	}
	if day == "" || day == t.day {
		if t.first == 0 || t.day == dayBefore {
			return t.day, 0, 0, ErrUnknownDay
		}
		return t.day, t.first, t.seq, nil
	}
	v := tx.Bucket(bucketDays).Get([]byte(day))
	if len(v) < 16 || day == dayBefore || tx.Bucket(bucketOf(day)) == nil {
		return day, 0, 0, ErrUnknownDay
	}
	return day, seqOf(v), seqOf(v[8:]), nil
}

// restoreBefore returns the hall of the newest snapshot from before an entry, and
// the number at which it stands; without one, the hall before the first entry.
func restoreBefore(tx *bolt.Tx, before Seq) (*queue.Hall, Seq) {
	c := tx.Bucket(bucketSnap).Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		hall := queue.NewHall()
		if snap, err := loadSnapshot(v); err == nil && snap.Seq < before && hall.UnmarshalBinary(snap.Hall) == nil {
			return hall, snap.Seq
		}
	}
	return queue.NewHall(), 0
}
