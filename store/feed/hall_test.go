package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// book is a journal in memory whose entries are notes "type:text".
type book struct {
	mu      sync.Mutex
	epoch   string
	entries []store.Entry
	first   store.Seq // entries up to here are gone
	bells   []chan struct{}
	began   store.Seq
	seen    chan string // what the book was told to have been seen
	fails   bool
}

func newBook() *book { return &book{epoch: "E", began: 1 << 40, seen: make(chan string, 999)} }

func (b *book) View() *store.View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &store.View{Epoch: b.epoch, Seq: b.first + store.Seq(len(b.entries)), Began: b.began}
}

func (b *book) Now() time.Time { return time.Now() }

func (b *book) Read(after store.Seq, max int) ([]store.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails || after < b.first {
		return nil, fmt.Errorf("no")
	}
	rest := b.entries[after-b.first:]
	return append([]store.Entry(nil), rest[:min(max, len(rest))]...), nil
}

func (b *book) Bell() (<-chan struct{}, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bell := make(chan struct{}, 1)
	b.bells = append(b.bells, bell)
	return bell, func() {}
}

func (b *book) Seen(_ context.Context, epoch string, seen store.Seq) error {
	b.seen <- fmt.Sprint(epoch, ".", seen)
	return nil
}

// publish writes one batch.
func (b *book) publish(batch ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range batch {
		typ, text, _ := strings.Cut(s, ":")
		b.entries = append(b.entries, store.Entry{Seq: b.first + store.Seq(len(b.entries)) + 1, Type: typ, Note: []byte(text),
			Fact: queue.Fact{At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}})
	}
	b.ring()
}

func (b *book) ring() {
	for _, bell := range b.bells {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
}

// boardState is a state that is as good as a number: pages that hold the same
// one are right.
type boardState struct {
	ID  string    `json:"id"`
	Seq store.Seq `json:"at_seq"`
}

func boardView() View {
	return View{Name: "board", Kind: door.KindBoard, Who: door.Anyone,
		Snapshot: func(v *store.View, id string) (any, bool) {
			return boardState{id, v.Seq}, strings.HasPrefix(id, "b")
		},
		Event: func(e store.Entry, _ *store.View, _ string) (any, bool) {
			return map[string]string{"number": string(e.Note)}, e.Type == "ticket.called"
		},
		Every: time.Hour}
}

func counterView() View {
	return View{Name: "counter", Kind: door.KindCounter, Who: door.Staff,
		Snapshot: func(v *store.View, id string) (any, bool) { return boardState{id, v.Seq}, true },
		Event: func(e store.Entry, _ *store.View, _ string) (any, bool) {
			return map[string]string{"clerk": string(e.Note)}, e.Type == "counter.signed_in"
		},
		Every: time.Hour}
}

// hall is a running feed behind a door.
type hall struct {
	t    testing.TB
	book *book
	feed *Feed
	url  string
	lan  []string
	dial websocket.Dialer
	stop func()
}

func newHall(t testing.TB, views ...View) *hall {
	h := &hall{t: t, book: newBook()}
	h.feed = New(h.book, Options{Build: "build1"})
	for _, v := range append(views, counterView()) {
		h.feed.Register(v)
	}
	if len(views) == 0 {
		h.feed.Register(boardView())
	}
	handler, err := door.New(door.Options{Access: func() (lan, hosts []string) { return h.lan, nil }}, h.feed.Routes()...)
	require.NoError(t, err)
	srv := httptest.NewServer(handler)
	h.url = "ws" + strings.TrimPrefix(srv.URL, "http") + "/api/v1/stream"
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.feed.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(time.Minute):
			t.Error("the feed does not end")
		}
		srv.Close()
	})
	t.Cleanup(h.stop)
	return h
}

// msg is any message of the feed.
type msg struct {
	Type   string          `json:"type"`
	Epoch  string          `json:"epoch"`
	Seq    store.Seq       `json:"seq"`
	Prev   *store.Seq      `json:"prev"`
	At     time.Time       `json:"at"`
	Build  string          `json:"build"`
	Number string          `json:"number"`
	State  *boardState     `json:"state"`
	raw    json.RawMessage //
}

// page is a client that checks what every page checks.
type page struct {
	t    testing.TB
	conn *websocket.Conn
	seq  store.Seq
}

func (h *hall) page(query string) *page {
	h.t.Helper()
	conn, resp, err := h.dial.Dial(h.url+"?"+query, nil)
	require.NoError(h.t, err)
	resp.Body.Close()
	p := &page{t: h.t, conn: conn}
	h.t.Cleanup(func() { conn.Close() })
	return p
}

// next is the next message that is no beat; numbers are checked to be chained.
func (p *page) next() msg {
	p.t.Helper()
	for {
		require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(5*time.Second)))
		_, b, err := p.conn.ReadMessage()
		require.NoError(p.t, err)
		var m msg
		require.NoError(p.t, json.Unmarshal(b, &m), string(b))
		m.raw = b
		if m.Type == "beat" {
			continue
		}
		if m.Type != "snapshot" && m.Seq != 0 && p.seq != 0 {
			require.NotNil(p.t, m.Prev, string(b))
			require.Equal(p.t, p.seq, *m.Prev, "a gap before %s", b)
			require.Greater(p.t, m.Seq, p.seq)
		}
		if m.Seq != 0 {
			p.seq = m.Seq
		}
		return m
	}
}

// quiet asserts that nothing is sent; the connection is used up by it.
func (p *page) quiet() {
	p.t.Helper()
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	_, b, err := p.conn.ReadMessage()
	require.Error(p.t, err, string(b))
}
