// Package feed is the journal for browsers: one websocket per page, which gets
// the whole state of its view and then every event that concerns it, in order.
//
// Promises:
//
//   - Only what the book has published is told, in its order. A view is an
//     allow-list: what its room's Event does not return never leaves the house.
//   - The last message of each published batch carries the view's whole new
//     state, so pages never fold events. State and messages are made once per
//     view and id and shared by all clients that look at it.
//   - Nobody waits for a screen. A client has a queue of 32 messages; when it is
//     full the queue is thrown away and the client gets a snapshot once it takes
//     bytes again. Memory per client is bounded, however long it sleeps.
//   - "prev" is the number that this view's last message had: a page that knows
//     another one has missed something.
//   - A dead screen is known within 30 s: pings find the dead connection, and
//     Clients tells when a page last said that it has shown something, for a
//     browser answers pings even when its page hangs. The beat is for pages,
//     which are not shown pings: one that hears none for long opens a new line.
//   - What is told outside the journal (Tell) has no number, may be lost with a
//     dropped queue, and is not told again.
//
// Wire: GET /api/v1/stream?view=board/b1&since=EPOCH.N&client=ID, where since
// and client may be left out. The server sends
//
//	{"type":"snapshot","epoch","seq","at","build","state":{…}}
//	{"type":"ticket.called","seq","prev","at", fields…, "state":{…}}
//	{"type":"beat","at"}                           every ten seconds
//	{"type":"announce", fields…}                   outside the journal
//
// and takes {"type":"shown","seq":N} and what rooms have registered with On. A
// page sends shown after painting, and in answer to each beat. The "at" of an
// event is when it happened; those of snapshot and beat are the time of the
// house now. A snapshot also comes when a state has changed without an event.
//
// The epoch on the wire is the book's, a hyphen, and a name for this run of the
// program. Resuming over a restart would hand a page the events of a book that
// may have lost its last ones, and would not tell it of a new build; so another
// run always means a snapshot, which costs one small message. When a page has
// seen in an earlier run a number that the book did not have when this run began,
// data was lost: logged, counted, and said to the book.
//
// One mutex orders everything: views are quick pure functions, and computing
// them under it is what makes snapshot and events fit together without gaps.
// A message is framed once for all who look (gorilla's PreparedMessage): with the
// small write buffers of hundreds of screens each would be written in two pieces.
// Compression costs more than it saves on messages of this size.
package feed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"xinmoi/store"
	"xinmoi/store/door"
)

// Journal is the book, as far as the feed reads it.
type Journal interface {
	View() *store.View
	Now() time.Time
	Read(after store.Seq, max int) ([]store.Entry, error)
	Bell() (bell <-chan struct{}, stop func())
}

// View is what one sort of screen may see.
type View struct {
	Name string // "board"; a client asks for "board/b1"
	Kind door.Kind
	Who  door.Who
	// Snapshot is the whole state of this view for one id; false: no such id.
	// Like Event it is pure and quick, and calls nothing of the feed.
	Snapshot func(v *store.View, id string) (any, bool)
	// Event is what this view may know of an entry: a struct or map whose
	// fields become the message's, or nil for none; false: not for this view.
	Event func(e store.Entry, v *store.View, id string) (any, bool)
	// Every is how often the state is looked at although nothing happened,
	// since hours begin and end without an event. A state that has changed is
	// sent as a snapshot. 0 is DefaultEvery.
	Every time.Duration
}

// The limits of the feed.
const (
	DefaultEvery = 5 * time.Second
	queueSize    = 32   // messages waiting for one client
	maxBehind    = 1000 // entries read for one resumption or batch; more: snapshot
	maxClients   = 4096
	handshakes   = 64 // at once
	handshakeFor = 3 * time.Second
	writeWait    = 5 * time.Second
	pingEvery    = 10 * time.Second
	pongWait     = 25 * time.Second
	readLimit    = 4096
	bufferSize   = 512
	sendBuffer   = 32 << 10
	snapshotFor  = 250 * time.Millisecond // a snapshot serves all who come within
)

// Options of a feed.
type Options struct {
	Build string // told in snapshots, so that pages reload themselves
	Log   *slog.Logger
}

// Feed tells the journal to everyone who looks.
type Feed struct {
	book  Journal
	build string
	log   *slog.Logger
	run   string        // this run of the program, part of the epoch on the wire
	doors chan struct{} // one slot per handshake

	mu       sync.Mutex
	views    map[string]View
	handlers map[string][]Handler
	topics   map[topicKey]*topic
	told     *store.View // everything up to here was told; what is computed is of it
	clients  int
	names    uint64 // of clients that brought none
	closed   bool
	stats    Stats

	open sync.WaitGroup // goroutines of clients
}

// Handler takes what a client has sent. Those of one client run one after the
// other.
type Handler func(view, id, client string, body json.RawMessage)

// New makes a feed of the book.
func New(b Journal, o Options) *Feed {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Feed{book: b, build: o.Build, log: o.Log, run: rand.Text()[:8], doors: make(chan struct{}, handshakes),
		views: map[string]View{}, handlers: map[string][]Handler{}, topics: map[topicKey]*topic{},
		told: b.View()}
}

// Register adds a view. Names are given once, at start.
func (f *Feed) Register(v View) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, twice := f.views[v.Name]; twice || v.Name == "" || v.Snapshot == nil || v.Event == nil {
		panic(fmt.Sprintf("feed: view %q is registered twice or not whole", v.Name))
	}
	if v.Every == 0 {
		v.Every = DefaultEvery
	}
	f.views[v.Name] = v
}

// The types that handlers may register for besides what clients send.
const (
	Joined = "joined" // a client has come
	Left   = "left"   // it has gone
)

// On registers a handler for messages of clients by their type, or for Joined
// or Left.
func (f *Feed) On(typ string, fn Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers[typ] = append(f.handlers[typ], fn)
}

// Run tells what the book publishes until ctx ends, then closes every
// connection and waits for its goroutines.
func (f *Feed) Run(ctx context.Context) error {
	bell, stop := f.book.Bell()
	defer stop()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	f.step(false)
	for {
		select {
		case <-bell:
			f.step(false)
		case <-look.C:
			f.step(true)
		case <-ctx.Done():
			f.close()
			return nil
		}
	}
}

func (f *Feed) step(look bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advance()
	if look {
		f.look()
	}
}

// advance tells everything up to the newest view. Under mu.
func (f *Feed) advance() {
	v, was := f.book.View(), f.told
	if v.Epoch != was.Epoch || v.Seq < was.Seq || v.Seq > was.Seq+maxBehind {
		f.told = v
		for _, t := range f.topics {
			t.last, t.snap = v.Seq, nil
			f.resyncAll(t)
		}
		return
	}
	batch, err := f.read(was.Seq, v.Seq)
	if err != nil {
		f.log.Warn("the feed could not read the book; it will try again", "error", err)
		return
	}
	f.told = v
	if len(batch) == 0 {
		return
	}
	for _, t := range f.topics {
		f.fan(t, batch)
	}
}

// read returns the entries (after, upTo], all of them.
func (f *Feed) read(after, upTo store.Seq) ([]store.Entry, error) {
	var all []store.Entry
	for after < upTo {
		part, err := f.book.Read(after, int(upTo-after))
		if err != nil {
			return nil, err
		}
		if len(part) == 0 || part[0].Seq != after+1 {
			return nil, fmt.Errorf("feed: entry %d is missing", after+1)
		}
		after = part[len(part)-1].Seq
		all = append(all, part...)
	}
	return all, nil
}

// Tell sends a message outside the journal to everyone who looks at view/id.
// v's fields become the message's.
func (f *Feed) Tell(view, id, typ string, v any) {
	b, err := flatten(v, map[string]any{"type": typ}, nil)
	if err != nil {
		f.log.Error("a message could not be written as JSON", "type", typ, "error", err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.topics[topicKey{view, id}]; t != nil {
		m := message{frame: framed(b)}
		for c := range t.clients {
			f.push(c, m)
		}
	}
}

// close lets every client go, with the word that we are going away.
func (f *Feed) close() {
	f.mu.Lock()
	f.closed = true
	for _, t := range f.topics {
		for c := range t.clients {
			c.hurry()
			c.end()
		}
	}
	f.mu.Unlock()
	f.open.Wait()
}
