package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// startNote is the payload of book.started, version 1.
type startNote struct {
	Clean    bool `cbor:"1,keyasint,omitempty"` // the run before was closed
	SameBoot bool `cbor:"2,keyasint,omitempty"` // the machine has not been started since
	First    bool `cbor:"3,keyasint,omitempty"` // there was no run before
	Lost     int  `cbor:"4,keyasint,omitempty"` // entries that the watermark knows of and the journal does not

	CutMs int64          `cbor:"5,keyasint,omitempty"` // when the run before was last heard of, after a power cut or with a lost end
	Doubt map[string]int `cbor:"6,keyasint,omitempty"` // series of which a number may be lost, and behind which index each would go on
}

// clean stands in meta while the book is closed; the boot id while it is open.
var clean = []byte("clean")

// begin folds the state, and notes the start.
func (b *Book) begin() (err error) {
	if b.st, err = fold(b.db, b.opts.Zone); err != nil {
		return err
	}
	var start startNote
	boot := []byte("boot " + b.opts.boot())
	err = b.db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		b.epoch = string(meta.Get(keyEpoch))
		run := meta.Get(keyRun)
		start = startNote{Clean: bytes.Equal(run, clean), SameBoot: bytes.Equal(run, boot), First: run == nil}
		return b.marks.load(tx)
	})
	if err != nil {
		return err
	}
	known, err := b.water.open(b.dir, b.epoch)
	if err != nil {
		return err
	}
	epoch := b.checkWatermark(known, &start)
	if err := b.prezero(); err != nil {
		b.log.Warn("room ahead of the journal", "err", err)
	}
	b.began, b.cut = b.st.tail.seq, b.st.tail.at
	b.cutOff = !start.Clean && !start.SameBoot && !start.First
	if start.Doubt = b.doubts(start); start.Lost > 0 || start.Doubt != nil {
		start.CutMs = b.cut.UnixMilli()
	}
	b.clock = newClock(b.opts, b.st.tail.at)
	b.reports.begin(b.st.deviceList())
	if !start.Clean && !start.First {
		b.log.Warn("the book was not closed", "power_cut", !start.SameBoot)
	}
	t := &batch{now: b.now(), marks: b.marks.clamp(b.st.tail.seq)}
	if err := b.noteStart(t, start, known); err != nil {
		return err
	}
	err = b.opts.update(b.db, func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		return errors.Join(t.store(tx, &b.st.tail), meta.Put(keyRun, boot), meta.Put(keyEpoch, []byte(epoch)))
	})
	if err != nil {
		return err
	}
	b.epoch = epoch
	return b.fillRing()
}

// checkWatermark compares the journal with the watermark. When the journal has
// lost its end, its entries' numbers will be given again, so a new epoch begins:
// whoever has seen the lost ones then asks for everything.
func (b *Book) checkWatermark(known level, start *startNote) (epoch string) {
	last := b.st.tail.seq
	if known.Seq <= last {
		return b.epoch
	}
	start.Lost = int(known.Seq - last)
	b.log.Error("the journal has lost its end", "has", last, "had", known.Seq)
	return randomName()
}

// noteStart puts into one batch what a start leads to: the note, the end of a day
// that has run out, and the numbers that are not given. A second power cut finds
// all of it or nothing.
func (b *Book) noteStart(t *batch, start startNote, known level) error {
	payload, err := cbor.Marshal(start)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := b.decide(t, &job{ctx: ctx, note: &note{typ: noteStarted, version: 1, payload: payload}}); err != nil {
		return err
	}
	do := func(c queue.Command) error {
		r, err := b.decide(t, &job{ctx: ctx, request: &Request{Command: c, By: queue.Actor{Via: "clock"}}})
		if r.err != nil {
			b.log.Warn("at the start", "command", fmt.Sprintf("%T", c), "err", r.err)
		}
		return err
	}
	if err := do(queue.Tick{Untrusted: b.clock.isUnset()}); err != nil {
		return err
	}
	for _, c := range b.skips(t.now, start, known) {
		if err := do(c); err != nil {
			return err
		}
	}
	return nil
}

// fillRing puts the last entries in memory for the readers.
func (b *Book) fillRing() error {
	last := b.st.tail.seq
	entries, err := b.readFile(last-min(last, ringSize/2), ringSize/2, b.opts.Zone(b.st.hall))
	b.ring.add(entries)
	return err
}

// end leaves a snapshot and the clean mark, and closes the file.
func (b *Book) end() error {
	if b.db == nil { // the last reopening failed
		return errors.New("store: the book could not be opened again after a failed commit")
	}
	snap, err := b.st.snapshot()
	if err == nil {
		snap.Hall, err = b.st.hall.MarshalBinary()
	}
	if err == nil {
		err = guard(func() error { // whatever happens, the file is let go
			return b.opts.update(b.db, func(tx *bolt.Tx) error {
				return errors.Join(snap.store(tx), tx.Bucket(bucketMeta).Put(keyRun, clean))
			})
		})
	}
	err = errors.Join(err, b.water.set(b.View().level()))
	b.dbMu.Lock()
	defer b.dbMu.Unlock()
	err = errors.Join(err, b.shut())
	b.db = nil
	return err
}
