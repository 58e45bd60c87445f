package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
	"xinmoi/store/sum"
)

// The sums of the days that are over, and the state in which each of them ended.
// Both follow from the entries and are made beside the writer when a later day
// has begun; a book that has none yet, or those of an older program, gets them in
// the background. keySummed says how far that has come.
var (
	bucketSum = []byte("sum")

	keySummed = []byte("summed") // version of the sums, and the last day that has one
)

// slice is how many entries one read transaction copies out at most.
const slice = 2000

// closing is a day that is over: its sum, and the state after its last entry as
// the next day will find it.
type closing struct {
	day  Day
	sum  *sum.Day
	snap *snapshot
}

// store writes both, and that the sums have come so far.
func (c *closing) store(tx *bolt.Tx) error {
	return errors.Join(
		c.snap.store(tx),
		putSum(tx, c.sum),
		tx.Bucket(bucketMeta).Put(keySummed, append([]byte{sum.Version}, c.day.Day...)),
	)
}

func putSum(tx *bolt.Tx, d *sum.Day) error {
	data, err := d.Encode()
	if err != nil {
		return err
	}
	data = binary.BigEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
	return tx.Bucket(bucketSum).Put([]byte(d.Day), data)
}

// openSum reads a stored sum.
func openSum(v []byte) (*sum.Day, error) {
	if len(v) < crc32.Size {
		return nil, errShort
	}
	body := v[:len(v)-crc32.Size]
	if binary.BigEndian.Uint32(v[len(body):]) != crc32.Checksum(body, castagnoli) {
		return nil, errChecksum
	}
	return sum.Decode(body) // copies what it keeps
}

// daySum folds one day for its sum.
type daySum struct {
	state *state
	fold  *sum.Fold
	zone  func(*queue.Hall) *time.Location
}

func newDaySum(s *state, zone func(*queue.Hall) *time.Location) *daySum {
	d := &daySum{state: s, zone: zone}
	d.begin()
	return d
}

// begin begins a day.
func (d *daySum) begin() { d.fold = sum.NewFold(d.state.hall) }

func (d *daySum) take(seq Seq, data []byte) error {
	var r record
	if err := r.decode(seq, data, d.zone(d.state.hall)); err != nil {
		return as(ErrDamaged, fmt.Errorf("entry %d: %w", seq, err))
	}
	d.state.tail.place(&r)
	if r.Event != nil {
		d.fold.Take(r.Fact)
	}
	return d.state.apply(&r)
}

// end gives the closing of the day, whose last entry has been taken.
func (d *daySum) end(day Day) (*closing, error) {
	snap, err := d.state.snapshot()
	if err != nil {
		return nil, err
	}
	snap.Seq, snap.day = day.Last, day.Day
	if snap.Hall, err = d.state.hall.Over().MarshalBinary(); err != nil {
		return nil, err
	}
	return &closing{day: day, sum: d.sum(day), snap: snap}, nil
}

// sum is what the entries taken so far add up to.
func (d *daySum) sum(day Day) *sum.Day {
	total := d.fold.Sum()
	total.Day = day.Day
	return total
}

// summarise makes the sums that are missing, day by day, while the hall goes on.
func (b *Book) summarise(ctx context.Context) error {
	for ctx.Err() == nil {
		day, s, err := b.nextToSum()
		if err != nil || day.Day == "" {
			return err
		}
		d, err := b.reading().fold(ctx, day, s)
		if err != nil {
			return fmt.Errorf("sum of day %s: %w", day.Day, err)
		}
		c, err := d.end(day)
		if err != nil {
			return err
		}
		if err := b.edit(ctx, c.store); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// nextToSum is the first day without a sum, "" when there is none, and the state
// in which it began.
func (b *Book) nextToSum() (next Day, s *state, err error) {
	err = b.look(func(tx *bolt.Tx) error {
		done := queue.Day("")
		if v := tx.Bucket(bucketMeta).Get(keySummed); len(v) > 0 && v[0] == sum.Version {
			done = queue.Day(v[1:])
		}
		// What is in the archive keeps the sum that it has.
		done = max(done, goneTo(tx).day)
		c := tx.Bucket(bucketDays).Cursor()
		k, v := c.Seek([]byte(done))
		if string(k) == string(done) {
			k, v = c.Next()
		}
		if k == nil {
			return nil
		}
		if next, err = decodeDay(queue.Day(k), v); err != nil {
			return err
		}
		s, err = stateBefore(tx, next, b.opts.Zone)
		return err
	})
	return next, s, err
}

// stateBefore is the state in which a day began: the snapshot that the day before
// was closed with, or else what an older one and the entries since then give.
func stateBefore(tx *bolt.Tx, day Day, zone func(*queue.Hall) *time.Location) (*state, error) {
	s, from, err := restoreUpTo(tx, day.First-1, zone)
	if err != nil {
		return nil, err
	}
	d := newDaySum(s, zone)
	err = eachRecord(tx, from, func(at queue.Day, seq Seq, data []byte) error {
		if from+1 >= day.First {
			return errEnough
		}
		if from++; seq != from {
			return missing(from, at)
		}
		return d.take(seq, data)
	})
	return s, err
}

// restoreUpTo gives the newest state kept of entry last or before, and its number.
func restoreUpTo(tx *bolt.Tx, last Seq, zone func(*queue.Hall) *time.Location) (*state, Seq, error) {
	gone := goneTo(tx).seq
	c := tx.Bucket(bucketSnap).Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		snap, err := loadSnapshot(v)
		if err != nil || snap.Seq > last {
			continue
		}
		if snap.Seq < gone {
			break
		}
		s := newState()
		if s.restore(snap) == nil {
			s.localise(zone(s.hall))
			return s, snap.Seq, nil
		}
	}
	if gone > 0 {
		return nil, 0, fmt.Errorf("store: the entries up to %d are in the archive, and no snapshot from there on can be read", gone)
	}
	return newState(), 0, nil
}

// reading is a book to be read in short transactions, open or closed.
type reading struct {
	look    func(func(tx *bolt.Tx) error) error
	zone    func(*queue.Hall) *time.Location
	archive string // folder of the months that are no longer in the book
}

func (b *Book) reading() reading { return reading{b.look, b.opts.Zone, ArchiveDir(BookFile(b.dir))} }

// fold reads the day in slices, so that no transaction stays open.
func (r reading) fold(ctx context.Context, day Day, s *state) (*daySum, error) {
	d := newDaySum(s, r.zone)
	for at := day.First - 1; at < day.Last; {
		raw, err := r.raw(at, min(slice, int(day.Last-at)))
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(raw) == 0 {
			return nil, missing(at+1, day.Day)
		}
		for _, r := range raw {
			if r.seq != at+1 {
				return nil, missing(at+1, day.Day)
			}
			if err := d.take(r.seq, r.data); err != nil {
				return nil, err
			}
			at = r.seq
		}
	}
	return d, nil
}

// raw copies out up to max records above after.
func (r reading) raw(after Seq, max int) (raw []stored, err error) {
	err = r.look(func(tx *bolt.Tx) error {
		return eachRecord(tx, after, func(_ queue.Day, seq Seq, data []byte) error {
			raw = append(raw, stored{seq, append([]byte(nil), data...)})
			if len(raw) == max {
				return errEnough
			}
			return nil
		})
	})
	return raw, err
}

// Sums hands on the sum of each day from one to another, both included and "" for
// no limit: of those that are over as it is kept, of the one that is not by its
// entries so far. Lost are the days of which neither the book nor the archive can
// give it.
func (b *Book) Sums(ctx context.Context, from, to queue.Day, each func(*sum.Day)) (lost []queue.Day, err error) {
	return b.reading().sums(ctx, from, to, each)
}

func (r reading) sums(ctx context.Context, from, to queue.Day, each func(*sum.Day)) (lost []queue.Day, err error) {
	days, err := r.days()
	if err == nil {
		err = follow(days, from, to)
	}
	if err != nil {
		return nil, err
	}
	days = slices.DeleteFunc(days, func(d Day) bool {
		return d.Day == dayBefore || d.Day < from || to != "" && d.Day > to // what came before the first day is no day
	})
	for part := range slices.Chunk(days, 200) { // in each transaction
		kept := make([]*sum.Day, len(part))
		err := r.look(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketSum)
			if b == nil { // of an older program
				return nil
			}
			for i, day := range part {
				if d, err := openSum(b.Get([]byte(day.Day))); err == nil && d.Day == day.Day {
					kept[i] = d
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, err
		}
		for i, day := range part {
			d, err := kept[i], error(nil)
			if d == nil { // the day that goes on, one not yet summed, or damage
				d, err = r.anew(ctx, day)
			}
			switch {
			case err == nil:
				each(d)
			case errors.Is(err, ErrDamaged), errors.Is(err, ErrArchive), errors.Is(err, fs.ErrNotExist):
				lost = append(lost, day.Day)
			default:
				return nil, err
			}
		}
	}
	return lost, nil
}

// anew is the sum of a day by its entries.
func (r reading) anew(ctx context.Context, day Day) (*sum.Day, error) {
	var s *state
	err := r.look(func(tx *bolt.Tx) (err error) {
		if day.Day > goneTo(tx).day {
			s, err = stateBefore(tx, day, r.zone)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if s == nil {
		return r.archivedSum(day.Day)
	}
	d, err := r.fold(ctx, day, s)
	if err != nil {
		return nil, err
	}
	return d.sum(day), nil
}

// archivedSum is that of a day in the archive, all of whose month is read.
func (r reading) archivedSum(day queue.Day) (total *sum.Day, err error) {
	a, err := r.openMonth(monthOf(day))
	if err != nil {
		return nil, err
	}
	defer a.Close()
	s := newState()
	if len(a.header.State) > 0 {
		snap, err := loadSnapshot(a.header.State)
		if err == nil {
			err = s.restore(snap)
		}
		if err != nil {
			return nil, a.damaged("its state: %w", err)
		}
		s.localise(r.zone(s.hall))
	}
	d := newDaySum(s, r.zone)
	err = a.chained(func(at *archiveDay, seq Seq, data []byte) error {
		if at.Day > day {
			return nil
		}
		if seq == at.First {
			d.begin()
		}
		if err := d.take(seq, data); err != nil {
			return err
		}
		if at.Day == day && seq == at.Last {
			total = d.sum(Day{Day: day})
		}
		return nil
	})
	return total, err
}
