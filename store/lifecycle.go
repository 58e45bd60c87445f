package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

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

// skipGap is how many numbers of a series a disk may have lost unnoticed: more
// than kiosks give in the seconds for which a card holds back what it has
// promised. Nobody minds a gap; two people with one number do.
const skipGap = 8

// skips says which numbers are not given after this start, because they may be
// in people's hands although the journal does not know of them. After a process
// was killed there are none: what it wrote the kernel still has. After a power
// cut a disk that lied about its flushes has lost the last of it, and nothing
// here can tell; with the watermark ahead it is certain. A series that has given
// no number yet, by journal and watermark, begins at its first one.
func (b *Book) skips(now time.Time, start startNote, known level) (all []queue.Command) {
	cause := queue.CausePowerCut
	switch {
	case start.Lost > 0:
		cause = queue.CauseLostEnd
	case start.Clean || start.SameBoot || start.First:
		return nil
	}
	hall := b.st.hall
	last := hall.Numbers()
	day := hall.Day()
	if start.Lost > 0 && day == "" && known.Day == hall.DayOf(now) { // its opening was lost
		all = append(all, queue.OpenDay{})
		day, last = known.Day, map[string]int{}
	}
	if day == "" {
		return nil
	}
	if known.Day == day {
		for series, n := range known.Numbers {
			last[series] = max(last[series], n)
		}
	}
	for _, series := range slices.Sorted(maps.Keys(last)) {
		all = append(all, queue.SkipNumbers{Series: series, To: last[series] + skipGap, Cause: cause})
	}
	return all
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
	err = errors.Join(err, b.water.set(b.View().level()))
	b.dbMu.Lock()
	defer b.dbMu.Unlock()
	err = errors.Join(err, b.db.Close())
	b.db = nil
	return err
}
