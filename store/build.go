package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// Builder writes a new book in bulk: by the rules, the record format, the sums and
// the closing states of a running one, but with the clock of whoever calls it and
// without a commit for each command. It is for books that nobody waits for, such as
// ten simulated years. Until Close has returned, the file is worth nothing.
type Builder struct {
	book *Book // never opened: only its state and its way to decide
	path string
	db   *bolt.DB
	t    *batch
	sum  *daySum
	seen int // records of t that are in sum
	err  error
}

// Build begins a book in dir, where there may be none yet.
func Build(dir string, o Options) (*Builder, error) {
	path := filepath.Join(dir, bookName)
	for _, name := range []string{path, filepath.Join(dir, markerName)} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, fmt.Errorf("store: %s: %w", name, fs.ErrExist))
		}
	}
	if err := create(dir, path); err != nil {
		return nil, err
	}
	db, _, err := openFile(dir, mapLimit(), Options{}.withDefaults().Log)
	if err != nil {
		return nil, err
	}
	db.NoSync = true // Close syncs
	book := &Book{opts: o.withDefaults(), st: newState()}
	book.clock = newClock(book.opts, time.Time{})
	w := &Builder{book: book, path: path, db: db, t: &batch{}}
	w.sum = &daySum{state: book.st, zone: book.opts.Zone}
	w.sum.begin()
	return w, nil
}

// Hall is the state so far. It changes with the next command.
func (w *Builder) Hall() *queue.Hall { return w.book.st.hall }

// Seq is the number of the last entry.
func (w *Builder) Seq() Seq { return w.book.st.tail.seq }

// Do carries out a command at an instant that is not before the one of the command
// before. Its error is a refusal, which changed nothing, or the end of the work.
// Each day is opened by an OpenDay of its own.
func (w *Builder) Do(at time.Time, r Request) error {
	_, opens := r.Command.(queue.OpenDay)
	if _, issues := r.Command.(queue.Issue); issues && w.Hall().Day() == "" {
		return errors.New("store: open each day by itself")
	}
	var over *closing // what the day before was closed with
	if opens && w.err == nil {
		if over, w.err = w.sum.end(w.book.st.tail.closed()); w.err != nil {
			return w.err
		}
	}
	return w.at(at, over, func() (result, error) { return w.book.command(w.t, &r) })
}

// Note records a room's fact.
func (w *Builder) Note(at time.Time, typ string, version uint8, payload []byte) error {
	return w.at(at, nil, func() (result, error) {
		return w.book.record(w.t, []record{{Entry: Entry{Type: typ, Version: version, Note: payload}}}, nil)
	})
}

func (w *Builder) at(at time.Time, over *closing, fn func() (result, error)) error {
	if w.err != nil {
		return w.err
	}
	w.t.now = at.Truncate(time.Millisecond)
	ended := len(w.t.ended)
	r, err := fn()
	if err != nil {
		w.err = err
		return err
	}
	if len(w.t.ended) > ended {
		w.t.edits = append(w.t.edits, over.store)
		w.sum.begin()
	}
	for ; w.seen < len(w.t.records); w.seen++ {
		if w.t.records[w.seen].Event != nil {
			w.sum.fold.Take(w.t.records[w.seen].Fact)
		}
	}
	return r.err
}

// Commit writes what there is. Some thousand entries at once are quick.
func (w *Builder) Commit() error {
	if w.err == nil {
		w.err = w.db.Update(func(tx *bolt.Tx) error { return w.t.store(tx, &w.book.st.tail) })
	}
	w.t, w.seen = &batch{}, 0
	return w.err
}

// Discard takes away what has been written.
func (w *Builder) Discard() error {
	return errors.Join(w.db.Close(), os.Remove(w.path), os.Remove(filepath.Join(filepath.Dir(w.path), markerName)))
}

// Close leaves the book as one that was closed in order.
func (w *Builder) Close() error {
	err := w.Commit()
	if err == nil {
		var snap *snapshot
		if snap, err = w.book.st.snapshot(); err == nil {
			snap.Hall, err = w.book.st.hall.MarshalBinary()
		}
		if err == nil {
			err = w.db.Update(func(tx *bolt.Tx) error {
				return errors.Join(snap.store(tx), tx.Bucket(bucketMeta).Put(keyRun, clean))
			})
		}
	}
	if err == nil {
		err = w.db.Sync()
	}
	return errors.Join(err, w.db.Close())
}
