package store

import (
	"bytes"
	"context"
	"errors"

	"github.com/fxamacker/cbor/v2"
	bolt "go.etcd.io/bbolt"
)

// startNote is the payload of book.started, version 1.
type startNote struct {
	Clean    bool `cbor:"1,keyasint,omitempty"` // the run before was closed
	SameBoot bool `cbor:"2,keyasint,omitempty"` // the machine has not been started since
	First    bool `cbor:"3,keyasint,omitempty"` // there was no run before
	Lost     int  `cbor:"4,keyasint,omitempty"` // entries that the watermark knows of and the journal does not
}

// clean stands in meta while the book is closed; the boot id while it is open.
var clean = []byte("clean")

// begin folds the state, and notes the start.
func (b *Book) begin() (err error) {
	if b.st, err = fold(b.db, b.opts.Zone); err != nil {
		return err
	}
	var start startNote
	boot := []byte("boot " + bootID())
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
	epoch, err := b.checkWatermark(&start)
	if err != nil {
		return err
	}
	if err := b.prezero(); err != nil {
		b.log.Warn("room ahead of the journal", "err", err)
	}
	b.clock = newClock(b.opts, b.st.tail.at)
	b.reports.begin(b.st.deviceList())
	if !start.Clean && !start.First {
		b.log.Warn("the book was not closed", "power_cut", !start.SameBoot)
	}
	payload, err := cbor.Marshal(start)
	if err != nil {
		return err
	}
	t := &batch{now: b.now(), marks: b.marks.clamp(b.st.tail.seq)}
	if _, err := b.decide(t, &job{ctx: context.Background(), note: &note{typ: noteStarted, version: 1, payload: payload}}); err != nil {
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
// lost its end its numbers will be given again, so a new epoch begins: whoever
// has seen the lost entries then asks for everything.
func (b *Book) checkWatermark(start *startNote) (epoch string, err error) {
	known, err := b.water.open(b.dir, b.epoch)
	if err != nil {
		return "", err
	}
	last := b.st.tail.seq
	if known <= last {
		return b.epoch, nil
	}
	start.Lost = int(known - last)
	b.log.Error("the journal has lost its end", "has", last, "had", known)
	return randomName(), nil
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
		err = b.opts.update(b.db, func(tx *bolt.Tx) error {
			return errors.Join(snap.store(tx), tx.Bucket(bucketMeta).Put(keyRun, clean))
		})
	}
	err = errors.Join(err, b.water.set(b.epoch, b.st.tail.seq))
	b.dbMu.Lock()
	defer b.dbMu.Unlock()
	err = errors.Join(err, b.db.Close())
	b.db = nil
	return err
}
