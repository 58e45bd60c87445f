package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/fxamacker/cbor/v2"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// fold builds the state from the newest snapshot that can be read and the
// entries after it, and checks every record of the last day against the chain.
func fold(db *bolt.DB, zone func(*queue.Hall) *time.Location) (*state, error) {
	var s *state
	err := db.View(func(tx *bolt.Tx) (err error) {
		s, err = foldTx(tx, zone)
		return err
	})
	return s, as(ErrDamaged, err)
}

func foldTx(tx *bolt.Tx, zone func(*queue.Hall) *time.Location) (*state, error) {
	s, from := restoreNewest(tx, zone)
	want, err := tailOf(tx)
	if err != nil {
		return nil, err
	}
	if from > want.seq {
		return nil, fmt.Errorf("store: a snapshot reaches to entry %d, but the journal ends at %d", from, want.seq)
	}
	// The last day is read from its first entry, for its keys and its chain.
	s.tail.head, s.tail.day = want.base, want.day
	start := from
	if want.first != 0 && want.first <= from {
		start = want.first - 1
	}
	last := start
	err = eachRecord(tx, start, func(day queue.Day, seq Seq, data []byte) error {
		if seq != last+1 {
			return missing(last+1, day)
		}
		last = seq
		if day == want.day {
			s.tail.head = s.tail.head.next(seq, data)
		}
		if err := s.refold(seq, data, seq > from, day == want.day, zone); err != nil {
			return fmt.Errorf("store: entry %d of day %s: %w", seq, day, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if last != want.seq {
		return nil, fmt.Errorf("store: entry %d of day %s is missing: the journal should end at %d", last+1, want.day, want.seq)
	}
	if s.tail.head != want.head {
		return nil, fmt.Errorf("store: day %s: its entries do not give the head of the chain that was stored", want.day)
	}
	if err := s.recall(tx, want); err != nil {
		return nil, err
	}
	s.tail = want
	s.tail.at = want.at.In(zone(s.hall))
	return s, nil
}

// recall reads the keys that have outlived the day before, which no snapshot holds.
func (s *state) recall(tx *bolt.Tx, last tail) error {
	day := tx.Bucket(bucketOf(last.day))
	if day == nil || last.first <= 1 {
		return nil
	}
	var opened record
	if _, err := opened.open(last.first, day.Get(seqKey(last.first)), time.UTC); err != nil {
		return fmt.Errorf("store: entry %d of day %s: %w", last.first, last.day, err)
	}
	days := tx.Cursor()
	days.Seek(bucketOf(last.day))
	for name, _ := days.Prev(); bytes.HasPrefix(name, []byte(dayPrefix)); name, _ = days.Prev() {
		c := tx.Bucket(name).Cursor()
		for k, v := c.Last(); len(k) == 8; k, v = c.Prev() {
			var r record
			if _, err := r.open(seqOf(k), v, time.UTC); err != nil {
				return nil // audit tells; a start does not look at days that are over
			}
			if opened.At.Sub(r.At) > stillRepeated {
				return nil
			}
			s.remember(&r)
		}
	}
	return nil
}

// refold folds one stored record; one that the snapshot covers only gives its key.
func (s *state) refold(seq Seq, data []byte, fresh, today bool, zone func(*queue.Hall) *time.Location) error {
	var r record
	if !fresh {
		_, err := r.open(seq, data, time.UTC)
		s.remember(&r)
		return err
	}
	if err := r.decode(seq, data, zone(s.hall)); err != nil {
		return err
	}
	if err := s.apply(&r); err != nil {
		return err
	}
	if !today {
		s.forget(r.At)
	}
	return nil
}

// restoreNewest tries the snapshots from the newest on. One that cannot be read
// is passed over: the journal has everything that is in it.
func restoreNewest(tx *bolt.Tx, zone func(*queue.Hall) *time.Location) (*state, Seq) {
	c := tx.Bucket(bucketSnap).Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		snap, err := loadSnapshot(v)
		if err != nil {
			continue
		}
		s := newState()
		if s.restore(snap) == nil {
			s.localise(zone(s.hall))
			return s, snap.Seq
		}
	}
	return newState(), 0
}

// A snapshot is made after so many entries, so that about as many are folded at
// most at the next start; but in a rush of thousands a second it must not take
// the writer's time.
const (
	snapshotEvery = 1000
	snapshotPause = 5 * time.Second
)

// snapshotIfDue lets a snapshot be made beside the writer, from a state that
// nobody changes any more.
func (b *Book) snapshotIfDue(t *batch) {
	s := b.st
	due := s.tail.seq >= s.snapped+snapshotEvery && time.Since(b.lastSnap) >= snapshotPause
	if !due && !t.has(queue.TypeDayClosed) || !b.snapping.CompareAndSwap(false, true) {
		return
	}
	b.lastSnap = time.Now()
	snap, err := s.snapshot()
	s.snapped = s.tail.seq
	hall := s.hall
	b.helpers.Go(func() {
		defer b.snapping.Store(false)
		if err == nil {
			snap.Hall, err = hall.MarshalBinary()
		}
		if err == nil {
			_, err = b.submit(context.Background(), &job{snap: snap})
		}
		if err != nil && !errors.Is(err, ErrStopping) {
			b.log.Error("snapshot", "err", err)
		}
	})
}

// has reports whether the batch has an event of this type.
func (t *batch) has(typ queue.Type) bool {
	for i := range t.records {
		if t.records[i].Type == string(typ) {
			return true
		}
	}
	return false
}

// snapshot gathers everything but the hall, which takes longest.
func (s *state) snapshot() (*snapshot, error) {
	w, err := s.wait.MarshalBinary()
	snap := &snapshot{Seq: s.tail.seq, Wait: w, day: s.tail.day}
	if snap.OutageDay = s.outageDay; !s.outage.isZero() {
		o := s.outage // what it points to is never changed
		snap.Outage = &o
	}
	for _, d := range s.deviceList() {
		snap.Devices = append(snap.Devices, deviceNote{ID: d.ID, Conditions: d.Conditions, Detail: d.Detail, SinceMs: d.Since.UnixMilli()})
	}
	snap.Standing = s.standingNotes()
	return snap, err
}

// store puts the snapshot under its day, in place of the day's one before.
func (snap *snapshot) store(tx *bolt.Tx) error {
	v, err := cbor.Marshal(snap)
	if err != nil {
		return err
	}
	v = binary.BigEndian.AppendUint32(v, crc32.Checksum(v, castagnoli))
	return tx.Bucket(bucketSnap).Put([]byte(snap.day), v)
}

func loadSnapshot(v []byte) (*snapshot, error) {
	if len(v) < 4 {
		return nil, errShort
	}
	body := v[:len(v)-4]
	if binary.BigEndian.Uint32(v[len(body):]) != crc32.Checksum(body, castagnoli) {
		return nil, errChecksum
	}
	snap := new(snapshot)
	return snap, cbor.Unmarshal(body, snap) // copies what it keeps
}
