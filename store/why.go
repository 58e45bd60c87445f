package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// ErrUnknownDay: neither the journal nor the archive has entries of that day.
var ErrUnknownDay = &queue.Refusal{Code: "unknown_day"}

// Why says which of two numbers was called first on a day and why, from the
// journal alone, in the book or in its archive; "" is the last day. The hall
// returned is that at the end of what was read; the names of its document are those
// of the answer. The error is a *queue.Refusal where the question has no answer.
func (b *Book) Why(day queue.Day, first, second string) (queue.Why, *queue.Hall, error) {
	return (&question{reading: b.reading(), day: day, first: first, second: second}).answer()
}

// Why asks a closed book, or a copy of one.
func Why(file string, o AuditOptions, first, second string) (w queue.Why, h *queue.Hall, err error) {
	db, err := openToRead(file)
	if err != nil {
		return w, nil, err
	}
	defer db.Close()
	if o.Archive == "" {
		o.Archive = ArchiveDir(file)
	}
	look := func(fn func(tx *bolt.Tx) error) error { return guard(func() error { return db.View(fn) }) }
	r := reading{look, Options{Zone: o.Zone}.withDefaults().Zone, o.Archive}
	w, h, err = (&question{reading: r, day: o.Day, first: first, second: second}).answer()
	return w, h, named(file, err)
}

// question is what is asked, and the fold that answers it.
type question struct {
	reading
	day           queue.Day
	first, second string

	hall     *queue.Hall
	inquiry  *queue.Inquiry // from the day's first entry on
	begun    Seq            // the day's first entry
	answered Seq            // its last
}

func (q *question) answer() (queue.Why, *queue.Hall, error) {
	err := q.readBook()
	if errors.Is(err, ErrUnknownDay) {
		err = q.readArchive()
	}
	if errors.Is(err, ErrUnknownDay) { // or its record is lost
		days, cannot := q.days()
		if cannot == nil {
			cannot = follow(days, q.day, q.day)
		}
		if cannot != nil {
			err = cannot
		}
	}
	if err != nil {
		return queue.Why{}, nil, err
	}
	if q.inquiry == nil {
		return queue.Why{}, nil, ErrUnknownDay
	}
	w, err := q.inquiry.Answer()
	return w, q.hall, err
}

// take folds the next record.
func (q *question) take(seq Seq, data []byte) error {
	var r record
	if err := r.decode(seq, data, q.zone(q.hall)); err != nil {
		return fmt.Errorf("entry %d: %w", seq, err)
	}
	if q.inquiry == nil && seq >= q.begun {
		q.inquiry = queue.NewInquiry(q.hall, q.first, q.second)
	}
	if r.Event == nil {
		return nil
	}
	if q.inquiry != nil {
		q.inquiry.Take(r.Fact)
	}
	q.hall.Apply(r.Fact)
	return nil
}

// readBook folds the day anew, from the last snapshot before it. No transaction is
// held while it does.
func (q *question) readBook() error {
	var last Seq
	err := q.look(func(tx *bolt.Tx) (err error) {
		if q.day, q.begun, q.answered, err = spanOf(tx, q.day); err != nil {
			return err
		}
		q.hall, last = restoreBefore(tx, q.begun)
		return nil
	})
	for err == nil && last < q.answered {
		var raw []stored
		if raw, err = q.raw(last, min(slice, int(q.answered-last))); err != nil {
			return err
		}
		if len(raw) == 0 {
			return q.without(last + 1)
		}
		for _, s := range raw {
			if s.seq != last+1 {
				return q.without(last + 1)
			}
			last++
			if err = q.take(s.seq, s.data); err != nil {
				return as(ErrDamaged, err)
			}
		}
	}
	return err
}

// without says why an entry is not in the book: ErrUnknownDay when the day's month has
// just gone into the archive, else ErrDamaged.
func (q *question) without(seq Seq) error {
	var g gone
	if err := q.look(func(tx *bolt.Tx) error { g = goneTo(tx); return nil }); err != nil {
		return err
	}
	if g.seq >= q.begun {
		return ErrUnknownDay
	}
	if g.seq >= seq {
		return fmt.Errorf("%w: no snapshot between entry %d and day %s can be read", ErrDamaged, g.seq, q.day)
	}
	return fmt.Errorf("%w: entry %d is missing", ErrDamaged, seq)
}

// readArchive folds the day from its month in the archive, all of which is read and
// held against what the book keeps of its days, so that no damaged archive answers,
// nor another house's.
func (q *question) readArchive() error {
	err := q.look(func(tx *bolt.Tx) error {
		if _, no := time.Parse(time.DateOnly, string(q.day)); no != nil || tx.Bucket(bucketDays).Get([]byte(q.day)) == nil {
			return ErrUnknownDay
		}
		return nil
	})
	if err != nil {
		return err
	}
	a, err := q.openMonth(monthOf(q.day))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrUnknownDay
	}
	if err != nil {
		return err
	}
	defer a.Close()
	i := slices.IndexFunc(a.header.Days, func(d archiveDay) bool { return d.Day == q.day })
	if i < 0 {
		return ErrUnknownDay
	}
	q.hall, q.inquiry, q.begun, q.answered = queue.NewHall(), nil, a.header.Days[i].First, a.header.Days[i].Last
	if len(a.header.State) > 0 {
		snap, err := loadSnapshot(a.header.State)
		if err == nil {
			err = q.hall.UnmarshalBinary(snap.Hall)
		}
		if err != nil {
			return fmt.Errorf("%w: its state: %v", ErrArchive, err)
		}
	}
	return a.chained(func(_ *archiveDay, seq Seq, data []byte) error {
		if seq > q.answered {
			return nil
		}
		if err := q.take(seq, data); err != nil {
			return fmt.Errorf("%w: %v", ErrArchive, err)
		}
		return nil
	})
}

// spanOf says which entries a day has in the book; "" is the last day. ErrUnknownDay
// of one that is in the archive only, too.
func spanOf(tx *bolt.Tx, day queue.Day) (_ queue.Day, first, last Seq, err error) {
	t, err := tailOf(tx)
	if err != nil {
		return day, 0, 0, err
	}
	if day == "" || day == t.day {
		if t.first == 0 || t.day == dayBefore {
			return t.day, 0, 0, ErrUnknownDay
		}
		return t.day, t.first, t.seq, nil
	}
	v, entries := tx.Bucket(bucketDays).Get([]byte(day)), tx.Bucket(bucketOf(day)) != nil
	here := day > goneTo(tx).day
	if day == dayBefore || v == nil && !(entries && here) || v != nil && !entries && !here {
		return day, 0, 0, ErrUnknownDay
	}
	d, err := decodeDay(day, v)
	return day, d.First, d.Last, err
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
