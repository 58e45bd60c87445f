package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// maxBatch is how many jobs one transaction takes at most.
const maxBatch = 256

// job is one thing for the writer to do: exactly one of its parts is set.
type job struct {
	ctx     context.Context
	request *Request
	note    *note
	mark    *mark
	snap    *snapshot
	edit    func(tx *bolt.Tx) error      // of a derived bucket; short, and an error is a failed commit
	within  func(*batch) (result, error) // a decision of the book's own
	done    chan reply                   // one slot
}

type note struct {
	typ     string
	by      queue.Actor
	version uint8
	payload []byte
}

type reply struct {
	Answer
	err error
}

// submit queues a job, and sees to it that it is carried out: whoever finds the
// pen free writes what is queued, its own job and those of others. A writer
// with a goroutine of its own would be woken and would have to wake each caller:
// for one clerk that costs a tenth of a commit.
func (b *Book) submit(ctx context.Context, j *job) (Answer, error) {
	select {
	case <-b.quit:
		return Answer{}, ErrStopping
	default:
	}
	j.ctx, j.done = ctx, make(chan reply, 1)
	select {
	case b.jobs <- j:
	case <-b.stopped:
		return Answer{}, ErrStopping
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	for {
		select {
		case r := <-j.done:
			return r.Answer, r.err
		case b.pen <- struct{}{}:
			b.write()
		case <-ctx.Done():
			return Answer{}, ErrOutcomeUnknown
		case <-b.stopped:
			select {
			case r := <-j.done:
				return r.Answer, r.err
			default: // it came after the last batch
				return Answer{}, ErrStopping
			}
		}
	}
}

// write carries out one batch with the pen in hand, and lays it down. Only who
// has the pen touches b.st and replaces b.db. After a failed commit the pen is
// out of everybody's hands until the book has been opened again.
//
// After a batch of several, those who were answered may be about to come again:
// they are let in first, or the first of them writes alone and all others wait
// for a second commit (64 clients: 32 jobs a batch without this, nearly 64 with).
func (b *Book) write() {
	for n := -1; b.crowd && len(b.jobs) > n; {
		n = len(b.jobs)
		runtime.Gosched()
	}
	jobs := b.drain()
	if b.crowd = len(jobs) > 1; len(jobs) > 0 {
		if err := b.do(jobs); err != nil {
			go func() {
				b.failStop(err, jobs)
				<-b.pen
			}()
			return
		}
	}
	<-b.pen
}

// finish carries out what is still queued, and keeps the pen for ever.
func (b *Book) finish() {
	b.pen <- struct{}{}
	for jobs := b.drain(); len(jobs) > 0; jobs = b.drain() {
		if err := b.do(jobs); err != nil {
			b.failStop(err, jobs)
		}
	}
	close(b.stopped)
}

// drain takes what is already queued, and waits for nothing.
func (b *Book) drain() (jobs []*job) {
	for len(jobs) < maxBatch {
		select {
		case j := <-b.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// batch is what one transaction writes, and what each job is to be told.
type batch struct {
	now     time.Time
	records []record
	data    [][]byte    // of the records
	days    []queue.Day // of the records
	ended   []tail      // days that ended within the batch
	marks   []*mark
	snap    *snapshot
	edits   []func(tx *bolt.Tx) error
	epoch   string   // a new one; "": none
	results []result // of the jobs
}

// result is the outcome of one job: a refusal, or entries first to first+count-1.
type result struct {
	err      error
	first    Seq
	count    int
	repeated bool
}

// do carries out the jobs: decide all, write once, publish, answer. After an
// error nobody is answered yet, and the book must be folded again.
func (b *Book) do(jobs []*job) error {
	t := &batch{now: b.now()}
	if err := b.attempt(t, jobs); err != nil {
		return err
	}
	if t.epoch != "" {
		b.epoch = t.epoch
	}
	view := b.View()
	if len(t.records) > 0 {
		entries := make([]Entry, len(t.records))
		for i := range t.records {
			entries[i] = t.records[i].Entry
		}
		view = b.publish(entries)
	}
	for _, m := range t.marks {
		b.marks.set(m.reader, m.seq)
	}
	for i, j := range jobs {
		j.done <- b.reply(view, t, t.results[i])
	}
	if len(t.records) > 0 {
		b.bells.ring()
		b.snapshotIfDue(t)
	}
	if len(t.ended) > 0 || t.has(queue.TypeCentreConfigured) { // which may say how long entries stay
		b.keeper.wake()
	}
	if t.has(queue.TypeDayClosed) { // the hall is empty: a second does not matter now
		if err := b.prezero(); err != nil {
			b.log.Warn("room ahead of the journal", "err", err)
		}
	}
	return nil
}

// now is the instant of a batch: whole milliseconds, as stored, in the zone in
// force, never before the last entry.
func (b *Book) now() time.Time {
	now := b.clock.now().Truncate(time.Millisecond).In(b.opts.Zone(b.st.hall))
	if now.Before(b.st.tail.at) {
		return b.st.tail.at
	}
	return now
}

// attempt decides and commits. After an error, b.st is worth nothing.
func (b *Book) attempt(t *batch, jobs []*job) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil { // a fault of the map, or a bug in the rules
			err = fmt.Errorf("panic in the writer: %v\n%s", r, debug.Stack())
		}
	}()
	for _, j := range jobs {
		r, err := b.decide(t, j)
		if err != nil {
			return err
		}
		t.results = append(t.results, r)
	}
	if len(t.records) == 0 && len(t.marks) == 0 && t.snap == nil && len(t.edits) == 0 {
		return nil
	}
	return b.commit(t, len(jobs))
}

// decide turns one job into records of the batch. Its error is fatal to the batch.
func (b *Book) decide(t *batch, j *job) (result, error) {
	switch {
	case j.ctx.Err() != nil: // nobody waits for it any more, and nothing has happened yet
		return result{err: j.ctx.Err()}, nil
	case j.note != nil:
		n := j.note
		return b.record(t, []record{{Entry: Entry{Fact: queue.Fact{By: n.by}, Type: n.typ, Version: n.version, Note: append([]byte{}, n.payload...)}}}, nil)
	case j.mark != nil:
		t.marks = append(t.marks, j.mark)
		return result{}, nil
	case j.snap != nil:
		t.snap = j.snap
		return result{}, nil
	case j.edit != nil:
		t.edits = append(t.edits, j.edit)
		return result{}, nil
	case j.within != nil:
		return j.within(t)
	case j.request == nil: // only to see that we are here
		return result{}, nil
	}
	return b.command(t, j.request)
}

func (b *Book) command(t *batch, r *Request) (result, error) {
	digest := digestOf(r.Digest)
	if known, ok := b.st.keys[r.Key]; ok && r.Key != "" {
		if known.digest != digest {
			return result{err: ErrKeyReused}, nil
		}
		return result{first: known.first, count: known.count, repeated: true}, nil
	}
	if _, ok := r.Command.(queue.Issue); ok && b.disk.low.Load() {
		return result{err: ErrDiskLow}, nil
	}
	events, after, err := b.st.hall.Advance(b.st.foretell(r.Command, b.clock.untrusted()), r.By, t.now)
	if err != nil {
		return result{err: err}, nil
	}
	if issue, ok := r.Command.(queue.Issue); ok && len(b.st.outage.Doubt) > 0 {
		if err := b.skipInDoubt(t, issue.Service); err != nil {
			return result{}, err
		}
		if events, after, err = b.st.hall.Advance(b.st.foretell(r.Command, b.clock.untrusted()), r.By, t.now); err != nil {
			return result{err: err}, nil
		}
	}
	records := make([]record, len(events))
	for i, e := range events {
		if _, ok := e.(queue.DayOpened); ok && b.clock.isUnset() {
			return result{err: ErrClockUnset}, nil
		}
		records[i].Entry = Entry{Fact: queue.Fact{By: r.By, Event: e}, Type: string(e.Type())}
	}
	if len(records) == 0 && r.Key != "" {
		return b.keepKey(t, r, digest)
	}
	if len(records) == 0 {
		return result{}, nil
	}
	if r.Key != "" {
		records[0].Key, records[0].digest, records[0].count = r.Key, digest, len(records)
	}
	return b.record(t, records, after)
}

// keepKey keeps the key of a command that had nothing to change. Without
// it the same key, sent again because the answer was lost, would be carried out
// on whatever the hall is by then.
func (b *Book) keepKey(t *batch, r *Request, digest uint64) (result, error) {
	unchanged := record{Entry: Entry{Fact: queue.Fact{By: r.By}, Type: noteUnchanged, Version: 1, Note: []byte{}, Key: r.Key}, digest: digest}
	_, err := b.record(t, []record{unchanged}, nil)
	return result{}, err
}

// record numbers, encodes and folds the records of one job; after is the hall in
// which their events have happened, nil for notes. What cannot be encoded changes
// nothing.
func (b *Book) record(t *batch, records []record, after *queue.Hall) (result, error) {
	s := b.st
	first := s.tail.seq + 1
	data := make([][]byte, len(records))
	for i := range records {
		r := &records[i]
		r.Seq, r.At = first+Seq(i), t.now
		var err error
		if data[i], err = r.encode(); err != nil {
			return result{err: err}, nil
		}
	}
	if after != nil {
		s.adopt(after)
	}
	for i := range records {
		r := &records[i]
		before := s.tail
		s.tail.place(r)
		if s.tail.day != before.day {
			s.forget(t.now)
			if before.first != 0 {
				t.ended = append(t.ended, before)
			}
		}
		s.tail.head = s.tail.head.next(r.Seq, data[i])
		if err := s.follow(r); err != nil {
			return result{}, err
		}
		t.records = append(t.records, *r)
		t.days = append(t.days, s.tail.day)
	}
	t.data = append(t.data, data...)
	return result{first: first, count: len(records)}, nil
}

// store writes the batch into the one transaction.
func (t *batch) store(tx *bolt.Tx, end *tail) error {
	var day *bolt.Bucket
	for i, data := range t.data {
		if day == nil || t.days[i] != t.days[i-1] {
			var err error
			if day, err = tx.CreateBucketIfNotExists(bucketOf(t.days[i])); err != nil {
				return err
			}
			day.FillPercent = fill
		}
		if err := day.Put(seqKey(t.records[i].Seq), data); err != nil {
			return err
		}
	}
	for _, e := range t.ended {
		if err := tx.Bucket(bucketDays).Put([]byte(e.day), e.encodeDay()); err != nil {
			return err
		}
	}
	for _, m := range t.marks {
		if err := tx.Bucket(bucketMarks).Put([]byte(m.reader), seqKey(m.seq)); err != nil {
			return err
		}
	}
	for _, edit := range t.edits {
		if err := edit(tx); err != nil {
			return err
		}
	}
	if t.snap != nil && t.snap.day == end.day { // else the day is over, and has a better one
		if err := t.snap.store(tx); err != nil {
			return err
		}
	}
	if t.epoch != "" {
		if err := tx.Bucket(bucketMeta).Put(keyEpoch, []byte(t.epoch)); err != nil {
			return err
		}
	}
	if len(t.records) == 0 {
		return nil
	}
	return tx.Bucket(bucketMeta).Put(keyTail, end.encode())
}

// publish hands out the state as committed. Readers never see an entry that is
// not in the view yet.
func (b *Book) publish(entries []Entry) *View {
	s := b.st
	s.shared = true
	v := &View{
		Epoch:          b.epoch,
		Seq:            s.tail.seq,
		At:             s.tail.at,
		Hall:           s.hall,
		Devices:        s.deviceList(),
		ClockUntrusted: b.clock.untrusted(),
		DiskLow:        b.disk.low.Load(),
		Began:          b.began,
		Outage:         s.outage.told(b.opts.Zone(s.hall)),
		standing:       s.standing,
	}
	b.view.Store(v)
	b.ring.add(entries)
	return v
}

func (b *Book) reply(v *View, t *batch, r result) reply {
	if r.err != nil {
		return reply{err: r.err}
	}
	a := Answer{View: v, Repeated: r.repeated}
	if r.count > 0 {
		var err error
		if a.Entries, err = b.Read(r.first-1, r.count); err != nil {
			return reply{err: err}
		}
	}
	return reply{Answer: a}
}

// failStop drops everything that is not known to be on disk, and folds again.
// Until that works, whoever asks is told that the outcome is unknown.
func (b *Book) failStop(cause error, jobs []*job) {
	b.log.Error("a commit failed; the book is opened and folded again", "err", cause)
	if noRoom(cause) {
		if err := b.disk.full(); err != nil {
			b.log.Error("ballast", "err", err)
		}
	}
	last := b.View().Seq
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := guard(b.reopen)
		if err == nil {
			break
		}
		b.log.Error("the book cannot be opened again", "err", err)
		for _, j := range jobs {
			j.done <- reply{err: ErrOutcomeUnknown}
		}
		jobs = nil
		select {
		case <-b.quit:
			return
		case j := <-b.jobs:
			jobs = append(b.drain(), j)
			time.Sleep(pause)
		case <-time.After(pause):
		}
	}
	// What the failed commit wrote all the same is a fact: readers are told.
	entries, err := b.readFile(last, int(b.st.tail.seq-last), b.opts.Zone(b.st.hall))
	if err != nil {
		b.log.Error("entries of the failed commit", "err", err)
	}
	b.publish(entries)
	for _, j := range jobs {
		j.done <- reply{err: ErrOutcomeUnknown}
	}
	b.bells.ring()
}

// reopen closes the file and builds the state anew from it.
func (b *Book) reopen() error {
	b.dbMu.Lock()
	defer b.dbMu.Unlock()
	if b.db != nil {
		err := b.shut()
		b.db = nil
		if err != nil {
			return err
		}
	}
	db, shut, err := openFile(b.dir, b.opts.limit, b.log)
	if err != nil {
		return err
	}
	st, err := fold(db, b.opts.Zone)
	if err == nil {
		err = db.View(func(tx *bolt.Tx) error { b.epoch = string(tx.Bucket(bucketMeta).Get(keyEpoch)); return nil })
	}
	if err == nil && st.tail.seq < b.View().Seq {
		err = errors.New("the journal ends before what was already published")
	}
	if err != nil {
		return errors.Join(err, shut())
	}
	b.db, b.shut, b.st = db, shut, st
	return nil
}
