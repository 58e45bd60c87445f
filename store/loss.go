package store

import (
	"bytes"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// Loss is what a book has and a backup of the same installation lacks.
type Loss struct {
	Damaged bool // the book is; what is counted is what could be read of it
	Blind   bool // nothing could: neither whose it is nor how far it goes
	Fork    bool // both have gone on behind After, each its own way
	After   Seq  // the last entry that both have
	Last    Seq  // of the book
	Ends    Seq  // of the backup
	Entries int  // from After to Last
	Tickets int  // numbers issued among them
}

func (l *Loss) Error() string {
	return fmt.Sprintf("store: the book in place goes on from entry %d to %d with %d numbers", l.After, l.Last, l.Tickets)
}

// glanced is what a book says of itself, damaged or not.
type glanced struct {
	blind        bool
	installation string
	epoch        string
	gone         Seq
	last         Seq          // the last entry known of
	heads        map[Seq]head // at the end of each day
}

func glance(file string) (g *glanced, err error) {
	g = &glanced{heads: map[Seq]head{}}
	return g, peek(file, func(look func(func(*bolt.Tx) error) error) error {
		err := look(func(tx *bolt.Tx) error {
			meta := tx.Bucket(bucketMeta)
			g.installation, g.epoch = string(meta.Get(keyInstallation)), string(meta.Get(keyEpoch))
			g.gone = goneTo(tx).seq
			var t tail
			if t.decode(meta.Get(keyTail), time.UTC) == nil {
				g.last, g.heads[t.seq] = t.seq, t.head
			}
			return nil
		})
		// From here on a damaged page hides what is on it, and no more.
		_ = look(func(tx *bolt.Tx) error {
			return tx.Bucket(bucketDays).ForEach(func(_, v []byte) error {
				if len(v) == 16+len(head{}) {
					g.last, g.heads[seqOf(v[8:])] = max(g.last, seqOf(v[8:])), head(v[16:])
				}
				return nil
			})
		})
		_ = look(func(tx *bolt.Tx) error {
			c := tx.Cursor()
			c.Seek([]byte(daysEnd))
			k, _ := c.Prev()
			if !bytes.HasPrefix(k, []byte(dayPrefix)) {
				return nil
			}
			last := tx.Bucket(k).Cursor()
			for k, v := last.Last(); k != nil; k, v = last.Prev() {
				var r record
				if len(k) == 8 && r.decode(seqOf(k), v, time.UTC) == nil { // and no key of whatever else
					g.last = max(g.last, r.Seq)
					break
				}
			}
			return nil
		})
		return err
	})
}

// peek opens a closed book; look is one transaction, in which a damaged page is an
// error.
func peek(file string, fn func(look func(func(*bolt.Tx) error) error) error) error {
	db, err := openToRead(file)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(func(fn func(*bolt.Tx) error) error { return guard(func() error { return db.View(fn) }) })
}

// lossOf finds the last entry that two books of one installation share: the last
// head at the end of a day that both have, and from there entry by entry. The other
// book is whole; an entry that is damaged or missing in the first one says nothing
// against it.
func lossOf(file, other string, here, there *glanced) (*Loss, error) {
	l := &Loss{Blind: here.blind, Last: here.last, Ends: there.last}
	if here.blind {
		return l, nil
	}
	for seq, h := range here.heads {
		if there.heads[seq] == h {
			l.After = max(l.After, seq)
		}
	}
	common, end := l.After, min(here.last, there.last)
	apart := common < max(here.gone, there.gone) // entries that could show it are in no book
	if !apart {
		l.After = end
	}
	err := peek(file, func(mine func(func(*bolt.Tx) error) error) error {
		return peek(other, func(theirs func(func(*bolt.Tx) error) error) error {
			var days []queue.Day
			_ = mine(func(tx *bolt.Tx) error { days = daysAfter(tx, common); return nil })
			for _, day := range days {
				err := theirs(func(theirs *bolt.Tx) error {
					_ = mine(func(mine *bolt.Tx) error {
						b := theirs.Bucket(bucketOf(day))
						return mine.Bucket(bucketOf(day)).ForEach(func(k, v []byte) error {
							var r record
							if len(k) != 8 || seqOf(k) <= common || r.decode(seqOf(k), v, time.UTC) != nil {
								return nil
							}
							if !apart && r.Seq <= end && (b == nil || !bytes.Equal(b.Get(k), v)) {
								apart, l.After = true, r.Seq-1
							}
							if _, ok := r.Event.(queue.Issued); ok && r.Seq > l.After {
								l.Tickets++
							}
							return nil
						})
					})
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	l.Fork = apart
	l.Entries = int(l.Last - l.After)
	return l, err
}
