package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// The buckets. Entries lie in one bucket per business day, "ev/2026-11-22", under
// their numbers: appending keeps the pages full and the cost flat, and retention
// drops whole days. The days are not nested in a bucket of their own, which would
// be one more page to write at each commit.
var (
	bucketMeta  = []byte("meta")
	bucketDays  = []byte("days")
	bucketSnap  = []byte("snap")
	bucketMarks = []byte("marks")

	keyFormat       = []byte("format")
	keyInstallation = []byte("installation")
	keyEpoch        = []byte("epoch")
	keyTail         = []byte("tail")
	keyRun          = []byte("run")
)

const (
	dayPrefix = "ev/"
	daysEnd   = "ev0" // sorts after every day
)

func bucketOf(day queue.Day) []byte { return append([]byte(dayPrefix), day...) }

// dayBefore is the bucket of what was noted before the first day was opened.
const dayBefore queue.Day = "0000-00-00"

// fill keeps appended pages full; bbolt forgets it with each transaction.
const fill = 0.95

// tail is the end of the journal, kept in meta in the same transaction.
type tail struct {
	seq   Seq
	at    time.Time
	head  head      // after seq
	day   queue.Day // bucket in use
	first Seq       // of that bucket; 0 while it is empty
	base  head      // before first
}

// place says where the next entry goes. A day's bucket takes everything from
// its DayOpened to the next one's, so that each number lies in exactly one.
func (t *tail) place(r *record) {
	if e, ok := r.Event.(queue.DayOpened); ok && e.Day > t.day {
		t.day, t.first, t.base = e.Day, 0, t.head
	}
	if t.first == 0 {
		t.first = r.Seq
	}
	t.seq, t.at = r.Seq, r.At
}

func (t *tail) encode() []byte {
	buf := binary.BigEndian.AppendUint64(nil, uint64(t.seq))
	buf = binary.BigEndian.AppendUint64(buf, uint64(t.at.UnixMilli()))
	buf = append(buf, t.head[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(t.first))
	buf = append(buf, t.base[:]...)
	buf = append(buf, t.day...)
	return binary.BigEndian.AppendUint32(buf, checksum(t.seq, buf))
}

func (t *tail) decode(b []byte, zone *time.Location) error {
	const fixed = 8 + 8 + len(head{}) + 8 + len(head{})
	if len(b) < fixed+4 {
		return errShort
	}
	body := b[:len(b)-4]
	t.seq = Seq(binary.BigEndian.Uint64(body))
	if binary.BigEndian.Uint32(b[len(body):]) != checksum(t.seq, body) {
		return errChecksum
	}
	t.at = time.UnixMilli(int64(binary.BigEndian.Uint64(body[8:]))).In(zone)
	copy(t.head[:], body[16:])
	t.first = Seq(binary.BigEndian.Uint64(body[48:]))
	copy(t.base[:], body[56:])
	t.day = queue.Day(body[fixed:])
	return nil
}

// tailOf reads it; ErrDamaged.
func tailOf(tx *bolt.Tx) (t tail, err error) {
	if err := t.decode(tx.Bucket(bucketMeta).Get(keyTail), time.UTC); err != nil {
		return t, fmt.Errorf("%w: tail of the journal: %w", ErrDamaged, err)
	}
	return t, nil
}

// Day is one business day of the journal, as it is kept when a later one begins.
type Day struct {
	Day         queue.Day
	First, Last Seq
	Head        string // of the chain after Last, in hex
}

func (t *tail) encodeDay() []byte {
	buf := binary.BigEndian.AppendUint64(nil, uint64(t.first))
	buf = binary.BigEndian.AppendUint64(buf, uint64(t.seq))
	return append(buf, t.head[:]...)
}

func decodeDay(day queue.Day, v []byte) (Day, error) {
	if len(v) != 16+len(head{}) {
		return Day{}, fmt.Errorf("%w: day %s: %w", ErrDamaged, day, errShort)
	}
	return Day{
		Day:   day,
		First: seqOf(v),
		Last:  seqOf(v[8:]),
		Head:  fmt.Sprintf("%x", v[16:]),
	}, nil
}

// closed is the end of a day as it is told.
func (t *tail) closed() Day {
	return Day{Day: t.day, First: t.first, Last: t.seq, Head: fmt.Sprintf("%x", t.head)}
}

// Installation is the name that the book got when it was begun.
func (b *Book) Installation() (string, error) { return b.reading().Installation() }

// Days lists the business days of the journal in order, those in the archive
// too, and the last one as it stands now.
func (b *Book) Days() ([]Day, error) { return b.reading().days() }

func (r reading) days() (days []Day, err error) {
	err = r.look(func(tx *bolt.Tx) error {
		days = nil
		err := tx.Bucket(bucketDays).ForEach(func(k, v []byte) error {
			d, err := decodeDay(queue.Day(k), v)
			days = append(days, d)
			return err
		})
		if err != nil {
			return err
		}
		t, err := tailOf(tx)
		if err != nil {
			return err
		}
		if t.first != 0 {
			days = append(days, t.closed())
		}
		return nil
	})
	return days, err
}

func seqOf(b []byte) Seq { return Seq(binary.BigEndian.Uint64(b)) }

func seqKey(s Seq) []byte { return binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(s)) }

// look runs a short read transaction. fn must only copy out: a transaction left
// open makes the file grow a hundredfold.
func (b *Book) look(fn func(tx *bolt.Tx) error) error {
	b.dbMu.RLock()
	defer b.dbMu.RUnlock()
	if b.db == nil {
		return ErrStopping
	}
	return guard(func() error { return b.db.View(fn) })
}

// stored is one record copied out of the file.
type stored struct {
	seq  Seq
	data []byte
}

// readFile reads entries that are no longer in memory.
func (b *Book) readFile(after Seq, max int, zone *time.Location) ([]Entry, error) {
	raw, err := b.reading().raw(after, max)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(raw))
	for i, s := range raw {
		var r record
		if err := r.decode(s.seq, s.data, zone); err != nil {
			return nil, fmt.Errorf("store: entry %d: %w", s.seq, err)
		}
		entries[i] = r.Entry
	}
	return entries, nil
}

// errEnough ends eachRecord without being an error.
var errEnough = errors.New("enough")

// eachRecord walks the records with numbers above after, day by day.
func eachRecord(tx *bolt.Tx, after Seq, fn func(day queue.Day, seq Seq, data []byte) error) error {
	after = max(after, goneTo(tx).seq)
	days := daysAfter(tx, after)
	for _, day := range days {
		c := tx.Bucket(bucketOf(day)).Cursor()
		for k, v := c.Seek(seqKey(after + 1)); k != nil; k, v = c.Next() {
			if len(k) != 8 {
				return fmt.Errorf("store: day %s has a key of %d bytes", day, len(k))
			}
			err := fn(day, Seq(binary.BigEndian.Uint64(k)), v)
			if err == errEnough {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// daysAfter lists the days that have records above after, going back from the last
// one, since what is looked for is nearly always new.
func daysAfter(tx *bolt.Tx, after Seq) (days []queue.Day) {
	c := tx.Cursor()
	c.Seek([]byte(daysEnd))
	for k, _ := c.Prev(); bytes.HasPrefix(k, []byte(dayPrefix)); k, _ = c.Prev() {
		days = append(days, queue.Day(k[len(dayPrefix):]))
		first, _ := tx.Bucket(k).Cursor().First()
		if first != nil && Seq(binary.BigEndian.Uint64(first)) <= after+1 {
			break
		}
	}
	slices.Reverse(days)
	return days
}
