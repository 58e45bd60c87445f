package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// AuditOptions say what to look at.
type AuditOptions struct {
	Zone func(*queue.Hall) *time.Location // default Asia/Ho_Chi_Minh
	Day  queue.Day                        // the replay ends with this day, and only its findings are told; "": all days
	// Archive is the folder of the months that are no longer in the book; default the
	// one beside it. Months that are not there are passed over, and told.
	Archive string
	Alone   bool   // as if there were no archive
	Head    string // a head that was written down elsewhere, as Head.String or Head.Short; "": none
}

// Report is what a replay of a book has shown.
type Report struct {
	Entries  int // replayed
	Tickets  int // numbers issued
	Calls    int // by the one key; each was decided again
	Days     []Day
	HeadAt   Seq // the entry after which the chain had the head asked for; 0: never
	Findings []Finding
	Hall     *queue.Hall // at the end
}

// Finding is one thing to be told. A fault means that the book is not as it was
// written, or was written against its rules; the others are lawful departures
// from the order, with who and why.
type Finding struct {
	Fault bool
	Seq   Seq // 0: of no entry
	To    Seq // the fault is somewhere in the entries Seq to To; 0: in Seq itself
	Day   queue.Day
	At    time.Time // zero with a record that cannot be read
	By    queue.Actor
	Code  string         // the sentence is "audit."+Code
	Args  map[string]any // its holes
}

// Faults counts the findings that are faults.
func (r *Report) Faults() (n int) {
	for _, f := range r.Findings {
		if f.Fault {
			n++
		}
	}
	return n
}

// First is the first place that is known to be wrong: the fault whose entries end
// first; nil if no entry is. Around is the fault of a whole day in which it lies:
// then it may be an entry before that place, in the same day, that was changed.
func (r *Report) First() (first, around *Finding) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if !f.Fault || f.Seq == 0 {
			continue
		}
		if first == nil || f.end() < first.end() || f.end() == first.end() && f.Seq > first.Seq {
			first = f
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if first != nil && f.Fault && f.Seq != 0 && f.Seq < first.Seq && f.end() >= first.end() {
			around = f
		}
	}
	return first, around
}

func (f *Finding) end() Seq { return max(f.Seq, f.To) }

// Audit replays a closed book, or a copy of one, from its first entry. It checks
// each record, the chain with the head of each day, and decides each number and
// each call anew by the rules in force at that moment. A record that is missing or
// damaged ends the replay, since nothing after it can be decided. The file is
// opened for reading only. The error means that nothing could be said: ErrUnknownDay
// of a day that the book does not have, fs.ErrNotExist of one whose archive is not here.
func Audit(file string, o AuditOptions) (*Report, error) {
	o.Zone = Options{Zone: o.Zone}.withDefaults().Zone
	var want []byte
	if o.Head != "" {
		var err error
		if want, err = ParseHead(o.Head); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Alone:
		o.Archive = ""
	case o.Archive == "":
		o.Archive = ArchiveDir(file)
	}
	db, err := openToRead(file)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	// One core reads and hashes, the other replays.
	batches := make(chan []audited, 8)
	done := make(chan error, 1)
	go func() {
		defer close(batches)
		reader := auditReader{out: batches, only: o.Day, archive: o.Archive}
		err := guard(func() error { return db.View(reader.read) })
		if errors.Is(err, ErrDamaged) && reader.last > 0 { // a page, behind what could be read
			reader.fault(reader.day, reader.last+1, "unreadable", nil)
			reader.flush()
			err = nil
		}
		done <- err
	}()
	replay := newAuditReplay(o, want)
	for batch := range batches {
		for i := range batch {
			replay.take(&batch[i])
		}
	}
	if err := <-done; err != nil {
		return nil, onBook(file, err)
	}
	if o.Day != "" && replay.report.Faults() == 0 && !replay.report.has(o.Day) {
		return nil, onBook(file, guard(func() error {
			return db.View(func(tx *bolt.Tx) error { return notAudited(tx, o) })
		}))
	}
	return replay.end(), nil
}

func (r *Report) has(day queue.Day) bool {
	return slices.ContainsFunc(r.Days, func(d Day) bool { return d.Day == day })
}

// notAudited is why a day was not reached: its archive is not here, or there is no
// such day.
func notAudited(tx *bolt.Tx, o AuditOptions) error {
	if tx.Bucket(bucketDays).Get([]byte(o.Day)) == nil {
		return ErrUnknownDay
	}
	return &fs.PathError{Op: "open", Path: archiveFile(o.Archive, monthOf(o.Day)), Err: fs.ErrNotExist}
}

// audited is what the reader hands on: a record with the head after it, a fault,
// or the end of a day.
type audited struct {
	record record
	day    queue.Day
	head   head
	fault  *Finding
	ended  *Day
	resume *resume
}

const auditBatch = 512

// auditReader walks the file.
type auditReader struct {
	out     chan<- []audited
	only    queue.Day
	archive string
	batch   []audited
	last    Seq
	day     queue.Day // in which last is
	head    head
}

func (a *auditReader) send(x audited) {
	a.batch = append(a.batch, x)
	if len(a.batch) == auditBatch {
		a.flush()
	}
}

func (a *auditReader) flush() {
	a.out <- a.batch
	a.batch = make([]audited, 0, auditBatch)
}

func (a *auditReader) fault(day queue.Day, seq Seq, code string, args map[string]any) {
	if args == nil {
		args = map[string]any{}
	}
	args["entry"], args["day"] = seq, day
	a.send(audited{fault: &Finding{Fault: true, Seq: seq, Day: day, Code: code, Args: args}})
}

// among is a fault somewhere in the entries first to last of a day.
func (a *auditReader) among(day queue.Day, first, last Seq, code string, args map[string]any) {
	if args == nil {
		args = map[string]any{}
	}
	args["entry"], args["to"], args["day"] = first, last, day
	a.send(audited{fault: &Finding{Fault: true, Seq: first, To: last, Day: day, Code: code, Args: args}})
}

// errStop ends the walk after a fault that nothing can be decided behind.
var errStop = errors.New("stop")

func (a *auditReader) read(tx *bolt.Tx) error {
	defer a.flush()
	end := tail{}
	if err := end.decode(tx.Bucket(bucketMeta).Get(keyTail), time.UTC); err != nil {
		a.fault("", 0, "tail_damaged", nil)
		return nil
	}
	switch err := a.archived(tx, &end); {
	case errors.Is(err, errStop):
		return nil
	case err != nil:
		return err
	}
	c := tx.Cursor()
	for k, _ := c.Seek([]byte(dayPrefix)); bytes.HasPrefix(k, []byte(dayPrefix)); k, _ = c.Next() {
		day := queue.Day(k[len(dayPrefix):])
		if a.only != "" && day > a.only {
			return nil
		}
		if day <= goneTo(tx).day { // on its way out
			continue
		}
		if err := a.walk(tx, day, &end); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
	if a.last < end.seq {
		a.fault(end.day, a.last+1, "missing", map[string]any{"to": end.seq})
	}
	return nil
}

// walk goes through one day's records and holds the chain against the head kept for it.
func (a *auditReader) walk(tx *bolt.Tx, day queue.Day, end *tail) error {
	first := a.last + 1
	a.day = day
	err := tx.Bucket(bucketOf(day)).ForEach(func(k, v []byte) error { return a.take(tx, day, k, v, end) })
	if err != nil {
		return err
	}
	return a.endOf(tx, day, first, end)
}

// take hands on the next record.
func (a *auditReader) take(tx *bolt.Tx, day queue.Day, k, v []byte, end *tail) error {
	switch {
	case bytes.Equal(k, seqKey(a.last+1)):
	case len(k) == 8 && seqOf(k) > a.last && seqOf(k) <= end.seq:
		a.fault(dayHaving(tx, a.last+1, day), a.last+1, "missing", map[string]any{"to": seqOf(k) - 1})
		return errStop
	default:
		a.fault(day, a.last+1, "foreign", nil)
		return errStop
	}
	a.last++
	x := audited{day: day}
	if err := x.record.decode(a.last, v, time.UTC); err != nil {
		a.fault(day, a.last, "damaged", nil)
		return errStop
	}
	a.head = a.head.next(a.last, v)
	x.head = a.head
	a.send(x)
	return nil
}

// dayHaving is the day that is kept as having an entry, else another one: the whole
// of a day may be missing before that.
func dayHaving(tx *bolt.Tx, seq Seq, other queue.Day) queue.Day {
	c := tx.Bucket(bucketDays).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(v) >= 16 && seqOf(v) <= seq && seq <= seqOf(v[8:]) {
			return queue.Day(k)
		}
	}
	return other
}

// endOf holds a day that has been walked against what is kept of it.
func (a *auditReader) endOf(tx *bolt.Tx, day queue.Day, first Seq, end *tail) error {
	kept, last := end.head, end.seq
	if day != end.day {
		v := tx.Bucket(bucketDays).Get([]byte(day))
		if len(v) != 16+len(head{}) {
			a.among(day, first, max(first, a.last), "head_missing", nil)
			return nil
		}
		copy(kept[:], v[16:])
		last = seqOf(v[8:])
	}
	switch { // which entry it was is not to be seen: those behind it may have moved up
	case last > a.last:
		a.among(day, first, last, "too_few", map[string]any{"n": int(last - a.last)})
		return errStop
	case last < a.last:
		a.among(day, first, a.last, "too_many", map[string]any{"n": int(a.last - last)})
		return errStop
	case kept != a.head:
		a.among(day, first, last, "head_changed", nil)
	}
	a.head = kept // so that a later day is judged by itself
	a.send(audited{ended: &Day{Day: day, First: first, Last: a.last, Head: fmt.Sprintf("%x", kept)}})
	return nil
}
