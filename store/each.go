package store

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/fxamacker/cbor/v2"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// Each hands on the entries of the days from one to another, both included and ""
// for no limit, in their order: those in the archive and those in the book. It returns
// the head of the chain after the last one. A month whose archive is not there is an
// error that names it, and an entry that does not follow the one before is ErrDamaged:
// nothing is passed over without a word.
func (c *Closed) Each(from, to queue.Day, fn func(day queue.Day, e Entry) error) (head string, err error) {
	days, err := c.days()
	if err != nil {
		return "", err
	}
	hall, err := c.Hall() // times before the first document asked for are in the zone of the last
	if err != nil {
		return "", err
	}
	e := eacher{closed: c, hall: hall.Clone(), fn: fn}
	var g gone
	err = c.look(func(tx *bolt.Tx) error { g = goneTo(tx); return nil })
	if err != nil {
		return "", err
	}
	if err := follow(days, from, to); err != nil {
		return "", err
	}
	month := ""
	for _, day := range days {
		if err != nil || to != "" && day.Day > to {
			break
		}
		if day.Day < from {
			continue
		}
		head = day.Head
		if day.Day > g.day {
			err = e.live(day)
			continue
		}
		m := monthOf(day.Day)
		if day.Day == dayBefore && len(days) > 1 {
			m = monthOf(days[1].Day)
		}
		if m != month { // the whole month at once, as far as it is asked for
			month = m
			err = e.month(m, from, to)
		}
	}
	return head, err
}

// follow checks that each day begins where the one before ends, as far as days from
// one to another may be missing.
func follow(days []Day, from, to queue.Day) error {
	var before Day
	for _, day := range days {
		if day.First != before.Last+1 && day.Day >= from && (to == "" || before.Day <= to) {
			return missing(before.Last+1, day.Day)
		}
		before = day
	}
	return nil
}

// eacher decodes records in the zone of the document in force.
type eacher struct {
	closed *Closed
	hall   *queue.Hall // with the document of the last centre.configured seen
	fn     func(day queue.Day, e Entry) error
}

// one hands on a record; kind is the error of one that cannot be read.
func (e *eacher) one(kind error, day queue.Day, seq Seq, data []byte) error {
	var r record
	if err := r.decode(seq, data, e.closed.zone(e.hall)); err != nil {
		return as(kind, fmt.Errorf("entry %d of day %s: %w", seq, day, err))
	}
	if _, ok := r.Event.(queue.CentreConfigured); ok {
		e.hall.Apply(r.Fact)
	}
	return e.fn(day, r.Entry)
}

func (e *eacher) live(day Day) error {
	for at := day.First - 1; at < day.Last; {
		raw, err := e.closed.raw(at, min(slice, int(day.Last-at)))
		if err != nil {
			return err
		}
		if len(raw) == 0 {
			return missing(at+1, day.Day)
		}
		for _, s := range raw {
			if s.seq != at+1 {
				return missing(at+1, day.Day)
			}
			if err := e.one(ErrDamaged, day.Day, s.seq, s.data); err != nil {
				return err
			}
			at = s.seq
		}
	}
	return nil
}

func (e *eacher) month(month string, from, to queue.Day) error {
	a, err := e.closed.openMonth(month)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: the archive of %s is not there: %w", month, err)
	}
	if err != nil {
		return err
	}
	defer a.Close()
	return a.chained(func(day *archiveDay, seq Seq, data []byte) error {
		if day.Day < from || to != "" && day.Day > to {
			return nil
		}
		return e.one(ErrArchive, day.Day, seq, data)
	})
}

// OwnNote reads a note of the book itself; nil for one of a room, or of a version
// that is not known.
func OwnNote(e Entry) any {
	var n any
	switch e.Type {
	case noteDevice:
		n = new(deviceNote)
	case noteStepped, noteTrusted:
		n = new(clockNote)
	case noteStarted:
		n = new(startNote)
	case noteDisk:
		n = new(diskNote)
	}
	if n == nil || e.Version != 1 || cbor.Unmarshal(e.Note, n) != nil {
		return nil
	}
	return n
}
