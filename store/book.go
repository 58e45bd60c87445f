// Package store is the book of the hall: one writer, a numbered journal in
// bbolt, and the live state that follows from it.
//
// Promises:
//
//   - What Do has answered is on disk. Readers see only what is committed, in
//     order, as an immutable View.
//   - A refusal changes nothing. A command repeated with the same key changes
//     nothing either and gets the answer of the first one, also after a restart.
//   - A commit that failed may have happened all the same (a failed second flush
//     leaves the transaction visible). So no error of a commit is ever survived
//     with the memory as it was: the book is closed, opened and folded again,
//     and whoever waited is told outcome_unknown.
//   - Nothing that reads ever slows what writes: no transaction is held open for
//     a reader, readers are woken by a one-slot bell and read on by themselves.
//
// Decisions: memory holds the state and the journal its history, since reading
// the state out of bbolt costs a hundred times more and the history is wanted
// anyway. Whoever comes first is the writer, one at a time, and takes what is
// already queued into one transaction instead of using db.Batch, whose delay a
// single clerk would wait for at each press. Derived tables are few, and made
// beside the writer: the sum of each day that is over, and the state it ended in.
// What else is not in the journal is folded from it.
//
// DESIGN.md has the disk format byte by byte and the table of crashes.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// Seq numbers the entries of one epoch: 1, 2, 3, … without gaps.
type Seq uint64

// Entry is one line of the journal. It is shared between readers: do not change it.
type Entry struct {
	Seq Seq
	queue.Fact
	Type    string
	Version uint8
	Note    []byte // a room's note; Event is nil then
	Key     string // idempotency key, in the first entry its command caused
}

// View is the state after entry Seq. Nothing in it is ever changed.
type View struct {
	Epoch          string // random, new with each fresh book
	Seq            Seq
	At             time.Time // of the last entry
	Hall           *queue.Hall
	Devices        []DeviceStatus // in the order of their ids
	ClockUntrusted bool
	DiskLow        bool
	Began          Seq // the last entry before this run
	Outage         Outage

	standing map[string]Standing
}

// Standing returns the last note of a type that begins with "hall.".
func (v *View) Standing(typ string) (s Standing, ok bool) {
	s, ok = v.standing[typ]
	return s, ok
}

// Options of a book. The zero value is fit for use.
type Options struct {
	Now    func() time.Time                   // wall clock; default time.Now
	Zone   func(h *queue.Hall) *time.Location // of the centre's document in force; default Asia/Ho_Chi_Minh
	Built  time.Time                          // no clock can be before this; default: not checked
	Keep   func(h *queue.Hall) int            // years that stay in the book; 0 and default: all
	Synced func() bool                        // whether a time source keeps the clock; default asks the kernel
	Log    *slog.Logger                       // default: nothing is logged
	// Observe is told of each commit, by whoever writes; it must be quick.
	Observe func(c Commit)

	// update replaces bolt.DB.Update, so that tests can let a commit fail.
	update func(db *bolt.DB, fn func(tx *bolt.Tx) error) error
	free   func(dir string) (uint64, error) // room on the disk, for tests
	limit  int                              // of the file in bytes, for tests; 0: by the architecture
	boot   func() string                    // id of the machine's boot, for tests
}

// Request is a command with its author and, if it may be sent twice, its key.
type Request struct {
	Command queue.Command
	By      queue.Actor
	Key     string // "" for none; up to MaxKey bytes
	Digest  string // of the request's body: the same key with another one is refused
}

// MaxKey is the greatest length of a key, and of an actor's two parts, in bytes.
const MaxKey = 200

// Answer says what a command has caused.
type Answer struct {
	View     *View   // this command's entries are in it; others' may be too
	Entries  []Entry // empty when nothing had to change
	Repeated bool    // these are the entries of the first command with this key
}

// Refusals of the book itself.
var (
	ErrKeyReused      = &queue.Refusal{Code: "key_reused"}      // the same key with another body
	ErrOutcomeUnknown = &queue.Refusal{Code: "outcome_unknown"} // ask again with the same key
	ErrStopping       = &queue.Refusal{Code: "stopping"}
	ErrDiskLow        = &queue.Refusal{Code: "disk_low"}    // no new numbers; calling goes on
	ErrClockUnset     = &queue.Refusal{Code: "clock_unset"} // no day can be opened before somebody says what time it is
)

// Book is an open book. All its methods may be used by many goroutines.
type Book struct {
	dir  string
	opts Options
	log  *slog.Logger

	dbMu sync.RWMutex // held for writing only while the writer reopens the file
	db   *bolt.DB
	shut func() error // closes db

	epoch   string
	began   Seq       // the last entry before this run
	cut     time.Time // and its instant
	cutOff  bool      // the run before ended in a power cut
	st      *state    // the writer's own, rebuilt from disk after a failed commit
	clock   *clock
	timing  sync.Mutex // held while time acts, and while somebody sets it
	ring    ring
	bells   bells
	marks   marks
	links   links
	reports reports
	disk    disk
	water   watermark
	keeper  keeper
	view    atomic.Pointer[View]

	snapping atomic.Bool // a snapshot is being made
	lastSnap time.Time   // when; the writer's own
	crowd    bool        // the last batch had several jobs; the writer's own
	pace     pace

	jobs    chan *job
	pen     chan struct{} // one slot, filled by whoever writes
	quit    chan struct{} // closed: take no new commands
	stopped chan struct{} // closed: the last batch is written
	helpers sync.WaitGroup
	close   sync.Once
	closing error
}

// Open opens the book in dir, which must be there, or begins a new one. It fails if another
// process has it open, if it was written by a newer version, or if it is
// damaged; the error says which record.
func Open(dir string, o Options) (*Book, error) {
	b := &Book{
		dir:     dir,
		opts:    o.withDefaults(),
		jobs:    make(chan *job, maxBatch),
		pen:     make(chan struct{}, 1),
		keeper:  newKeeper(),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	b.log = b.opts.Log
	if err := b.links.open(filepath.Join(dir, secretName)); err != nil {
		return nil, err
	}
	b.disk.begin(dir, b.opts.free)
	db, shut, err := openFile(dir, b.opts.limit, b.log)
	if err != nil {
		return nil, err
	}
	b.db, b.shut = db, shut
	b.disk.file = b.fileRoom
	if err := guard(func() error { return b.begin() }); err != nil {
		_ = shut()
		if errors.Is(err, ErrDamaged) || errors.Is(err, ErrNewer) {
			err = onBook(BookFile(dir), err)
		}
		return nil, err
	}
	b.publish(nil)
	b.help(b.tick)
	b.help(b.noteReports)
	b.help(b.keep)
	return b, nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Synced == nil {
		o.Synced = kernelSynced
	}
	if o.Zone == nil {
		zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
		if err != nil { // no zone data on this machine
			zone = time.FixedZone("+07", 7*60*60)
		}
		o.Zone = func(*queue.Hall) *time.Location { return zone }
	}
	if o.update == nil {
		o.update = (*bolt.DB).Update
	}
	if o.limit == 0 {
		o.limit = mapLimit()
	}
	if o.boot == nil {
		o.boot = bootID
	}
	if o.free == nil {
		o.free = freeBytes
	}
	return o
}

// help runs a goroutine of the book until quit.
func (b *Book) help(run func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	b.helpers.Go(func() { <-b.quit; cancel() })
	b.helpers.Go(func() { run(ctx) })
}

// Close ends the book: commands that are already queued are still done, later
// ones are refused with stopping. A second call returns what the first did.
func (b *Book) Close() error {
	b.close.Do(func() {
		close(b.quit)
		b.finish() // from here on nobody starts another helper
		b.helpers.Wait()
		b.closing = b.end()
	})
	return b.closing
}

// Alive reports whether the writer answers, without writing anything. A
// watchdog asks.
func (b *Book) Alive(ctx context.Context) bool {
	_, err := b.submit(ctx, &job{})
	return err == nil
}

// View returns the newest committed state.
func (b *Book) View() *View { return b.view.Load() }

// Now is the time of the house, in the centre's zone: the wall clock as far as
// it can be trusted, and never before the last entry.
func (b *Book) Now() time.Time {
	v := b.View()
	now := b.clock.now().In(b.opts.Zone(v.Hall))
	if now.Before(v.At) {
		return v.At
	}
	return now
}

// Do carries out one command. Its error is a *queue.Refusal, or else a bug.
// When ctx ends first the outcome is unknown.
func (b *Book) Do(ctx context.Context, r Request) (Answer, error) {
	for field, long := range map[string]bool{
		"Idempotency-Key": len(r.Key) > MaxKey,
		"clerk":           len(r.By.Clerk) > MaxKey,
		"via":             len(r.By.Via) > MaxKey,
	} {
		if long {
			return Answer{}, &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": field}}
		}
	}
	return b.submit(ctx, &job{request: &r})
}

// Note records a room's own fact. Its type begins with the room's name and a
// full stop, "printer.printed"; the queue's fold ignores it. Of a type that
// begins with "hall." the last note stands: it concerns every room, and whoever
// looks at the hall finds it in the View, after a restart too.
func (b *Book) Note(ctx context.Context, typ string, version uint8, payload []byte) (Seq, error) {
	room, _, ok := strings.Cut(typ, ".")
	if !ok || len(typ) > 255 || typeCodes[typ] != 0 || ownNotes[room] {
		return 0, fmt.Errorf("store: %q is no type for a room's note", typ)
	}
	a, err := b.submit(ctx, &job{note: &note{typ: typ, version: version, payload: payload}})
	if err != nil {
		return 0, err
	}
	return a.Entries[0].Seq, nil
}

// Read returns up to max entries with numbers above after, in order.
func (b *Book) Read(after Seq, max int) ([]Entry, error) {
	v := b.View()
	if after >= v.Seq || max <= 0 {
		return nil, nil
	}
	if entries, ok := b.ring.read(after, max); ok {
		return entries, nil
	}
	return b.readFile(after, max, b.opts.Zone(v.Hall))
}

// Bell returns a doorbell that rings after each publication. It has one slot:
// whoever is woken reads on from its own number, and nobody is waited for.
func (b *Book) Bell() (bell <-chan struct{}, stop func()) { return b.bells.add() }

// DeviceStatus is what is known of one device.
type DeviceStatus struct {
	ID         device.ID
	Conditions device.Conditions
	Detail     string
	Since      time.Time
}
