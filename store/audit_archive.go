package store

import (
	"errors"
	"io/fs"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// resume is the state with which a replay goes on behind days that nobody can read
// here: the archive of them is not at hand.
type resume struct {
	hall *queue.Hall
	day  queue.Day
}

// archived walks the days that are in the archive only. What is not there is passed
// over, and told.
func (a *auditReader) archived(tx *bolt.Tx, end *tail) error {
	g := goneTo(tx)
	if g.seq == 0 {
		return nil
	}
	var from queue.Day // first of those passed over
	days := tx.Bucket(bucketDays)
	c := days.Cursor()
	for k, _ := c.First(); k != nil && queue.Day(k) <= g.day; {
		month := monthOf(queue.Day(k))
		if queue.Day(k) == dayBefore {
			if next, _ := c.Next(); next != nil {
				month = monthOf(queue.Day(next))
			}
		}
		h, err := headerOf(tx, month)
		if err != nil {
			return err
		}
		if a.only != "" && h.Days[0].Day > a.only {
			return errStop
		}
		last := h.Days[len(h.Days)-1]
		switch err := a.month(tx, h, end); {
		case errors.Is(err, fs.ErrNotExist):
			if from == "" {
				if from = h.Days[0].Day; from == dayBefore && len(h.Days) > 1 {
					from = h.Days[1].Day
				}
			}
			a.last = last.Last
			copy(a.head[:], last.Head)
			if next := queue.Day(last.Day); next == g.day || a.have(tx, next) {
				if err := a.goOn(tx, from, next); err != nil {
					return err
				}
				from = ""
			}
		case err != nil:
			return err
		}
		k, _ = c.Seek([]byte(last.Day + "0"))
	}
	return nil
}

// have reports whether the month after a day is in the archive here.
func (a *auditReader) have(tx *bolt.Tx, day queue.Day) bool {
	if a.archive == "" {
		return false
	}
	k, _ := tx.Bucket(bucketDays).Cursor().Seek([]byte(day + "0"))
	if k == nil {
		return false
	}
	r, err := openArchive(archiveFile(a.archive, monthOf(queue.Day(k))))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	r.Close()
	return true
}

// month walks one archive.
func (a *auditReader) month(tx *bolt.Tx, h *archiveHeader, end *tail) error {
	if a.archive == "" {
		return fs.ErrNotExist
	}
	r, err := openArchive(archiveFile(a.archive, h.Month))
	monthEnds := h.Days[len(h.Days)-1].Last
	switch {
	case errors.Is(err, ErrArchive):
		a.among(h.Days[0].Day, h.Days[0].First, monthEnds, "archive_damaged", map[string]any{"month": h.Month})
		return errStop
	case err != nil:
		return err
	}
	defer r.Close()
	if r.header.Installation != h.Installation {
		a.among(h.Days[0].Day, h.Days[0].First, monthEnds, "archive_other", map[string]any{"month": h.Month})
		return errStop
	}
	first := a.last + 1
	err = r.records(func(day *archiveDay, seq Seq, data []byte) error {
		if seq == day.First {
			first = seq
		}
		if err := a.take(tx, day.Day, seqKey(seq), data, end); err != nil {
			return err
		}
		if seq == day.Last {
			return a.endOf(tx, day.Day, first, end)
		}
		return nil
	})
	if errors.Is(err, ErrArchive) {
		a.among(h.Days[0].Day, min(a.last+1, monthEnds), monthEnds, "archive_damaged", map[string]any{"month": h.Month})
		return errStop
	}
	return err
}

// goOn lets the replay go on with the state in which the day was closed.
func (a *auditReader) goOn(tx *bolt.Tx, from, day queue.Day) error {
	hall := queue.NewHall()
	snap, err := loadSnapshot(tx.Bucket(bucketSnap).Get([]byte(day)))
	if err == nil {
		err = hall.UnmarshalBinary(snap.Hall)
	}
	if err != nil || snap.Seq != a.last {
		a.fault(day, 0, "state_missing", nil)
		return errStop
	}
	a.send(audited{day: day, resume: &resume{hall: hall, day: from}})
	return nil
}
