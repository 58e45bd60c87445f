package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/door"
)

func TestSnapshotThenEventsInOrder(t *testing.T) {
	h := newHall(t)
	h.book.publish("ticket.called:A001", "ticket.issued:A002")
	p := h.page("view=board/b1")
	first := p.next()
	assert.Equal(t, "snapshot", first.Type)
	assert.Equal(t, "build1", first.Build)
	assert.Equal(t, store.Seq(2), first.Seq)
	assert.Equal(t, boardState{"b1", 2}, *first.State)
	assert.WithinDuration(t, time.Now(), first.At, time.Minute)

	h.book.publish("ticket.called:A002", "ticket.issued:A003", "ticket.called:A003")
	a, b := p.next(), p.next()
	assert.Equal(t, []string{"A002", "A003"}, []string{a.Number, b.Number})
	assert.Equal(t, []store.Seq{3, 5}, []store.Seq{a.Seq, b.Seq})
	assert.Equal(t, store.Seq(3), *b.Prev)
	assert.Nil(t, a.State, "only the last of a batch carries the state")
	assert.Equal(t, boardState{"b1", 5}, *b.State)
	assert.JSONEq(t, `{"type":"ticket.called","seq":3,"prev":2,"at":"2026-11-22T09:00:00.000Z","number":"A002"}`, string(a.raw))

	h.book.publish("ticket.issued:A004")
	p.quiet()
}

// All who look at the same view get the same numbers, whenever they came.
func TestLatecomersHaveTheSameChain(t *testing.T) {
	h := newHall(t)
	early := h.page("view=board/b1")
	early.next()
	h.book.publish("ticket.called:A001", "ticket.issued:A002", "ticket.issued:A003")
	early.next()
	late := h.page("view=board/b1") // its snapshot is of entry 3, its number 1
	assert.Equal(t, store.Seq(3), late.next().State.Seq)
	h.book.publish("ticket.called:A002")
	assert.Equal(t, early.next().raw, late.next().raw)
}

func TestViewsAreAllowLists(t *testing.T) {
	h := newHall(t)
	board, clerk := h.page("view=board/b1"), h.page("view=counter/q1")
	board.next()
	clerk.next()
	h.book.publish("counter.signed_in:Nguyễn", "ticket.called:A001")
	assert.Contains(t, string(clerk.next().raw), "Nguyễn")
	m := board.next()
	assert.NotContains(t, string(m.raw), "Nguyễn")
	assert.Equal(t, store.Seq(2), m.Seq)
	board.quiet()
	clerk.quiet()
}

func TestResumeGivesExactlyWhatWasMissed(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	epoch := p.next().Epoch
	h.book.publish("ticket.called:A001")
	seen := p.next().Seq
	stays := h.page("view=board/b1")
	stays.next()
	p.conn.Close()
	h.book.publish("ticket.called:A002", "counter.signed_in:x")
	h.book.publish("ticket.issued:A004", "ticket.called:A003")
	stays.next()
	stays.next()

	back := h.page(fmt.Sprintf("view=board/b1&since=%s.%d", epoch, seen))
	back.seq = seen
	a, b := back.next(), back.next()
	assert.Equal(t, []string{"A002", "A003"}, []string{a.Number, b.Number})
	assert.Nil(t, a.State)
	assert.Equal(t, boardState{"b1", 5}, *b.State)
	h.book.publish("ticket.called:A004")
	assert.Equal(t, stays.next().raw, back.next().raw, "and is one of them again")
}

// The only screen of a view goes and comes back: the same, though nobody held
// the view meanwhile.
func TestResumeOfTheOnlyScreen(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	epoch := p.next().Epoch
	p.conn.Close()
	require.Eventually(t, func() bool { return h.feed.Stats().Clients == 0 }, 20*time.Second, time.Millisecond)
	h.book.publish("ticket.called:A001", "ticket.issued:A002")
	back := h.page("view=board/b1&since=" + epoch + ".0")
	assert.Equal(t, "A001", back.next().Number)
	h.book.publish("ticket.called:A002")
	m := back.next()
	assert.Equal(t, "A002", m.Number)
	assert.Equal(t, store.Seq(1), *m.Prev)
}

// What others were told as the view's number must be what a resumer ends with,
// or the next message would look like a gap to one of them.
func TestResumeIntoAChainThatBeganLater(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	epoch := p.next().Epoch
	p.conn.Close()
	require.Eventually(t, func() bool { return h.feed.Stats().Clients == 0 }, 20*time.Second, time.Millisecond)
	h.book.publish("ticket.issued:A001", "ticket.issued:A002")
	other := h.page("view=board/b1")
	assert.Equal(t, store.Seq(2), other.next().Seq)
	back := h.page("view=board/b1&since=" + epoch + ".0")
	m := back.next()
	assert.Equal(t, "snapshot", m.Type)
	assert.Equal(t, store.Seq(2), m.Seq)
	h.book.publish("ticket.called:A001")
	assert.Equal(t, other.next().raw, back.next().raw)
}

// Who comes between a publication and its telling has it once.
func TestJoinTellsWhatIsPublishedFirst(t *testing.T) {
	h := newHall(t)
	early := h.page("view=board/b1")
	early.next()
	h.book.mu.Lock()
	h.book.bells = nil // nobody rings
	h.book.mu.Unlock()
	h.book.publish("ticket.called:A001")
	m := h.page("view=board/b1").next()
	assert.Equal(t, []store.Seq{1, 1}, []store.Seq{m.Seq, m.State.Seq})
	assert.Equal(t, "A001", early.next().Number)
}

// The book itself, not the one of these tests.
func TestRealBook(t *testing.T) {
	b, err := store.Open(t.TempDir(), store.Options{})
	require.NoError(t, err)
	defer b.Close()
	view := boardView()
	view.Event = func(e store.Entry, _ *store.View, _ string) (any, bool) {
		return map[string]string{"number": string(e.Note)}, e.Type == "test.said"
	}
	f := New(b, Options{})
	f.Register(view)
	handler, err := door.New(door.Options{}, f.Routes()...)
	require.NoError(t, err)
	srv := httptest.NewServer(handler)
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	h := &hall{t: t, feed: f, url: "ws" + strings.TrimPrefix(srv.URL, "http") + "/api/v1/stream"}
	p := h.page("view=board/b1")
	first := p.next()
	assert.Equal(t, b.View().Seq, first.Seq)
	assert.Equal(t, b.View().Epoch+"-", first.Epoch[:len(b.View().Epoch)+1])
	for i := range 40 {
		_, err := b.Note(t.Context(), "test.said", 1, fmt.Append(nil, i))
		require.NoError(t, err)
		if i < 20 { // one by one; then as many as a queue surely holds, since more may be a snapshot
			require.Equal(t, fmt.Sprint(i), p.next().Number)
		}
	}
	for i := 20; i < 40; i++ {
		require.Equal(t, fmt.Sprint(i), p.next().Number)
	}
	cancel()
	require.NoError(t, <-ended)
}

func TestResumeThatCannotBeIsASnapshot(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	epoch := p.next().Epoch
	var many []string
	for range queueSize + 1 {
		many = append(many, "ticket.called:A001")
	}
	h.book.publish(many...)
	top := store.Seq(len(many))
	for since, why := range map[string]string{
		"other.1":               "another book",
		"E.1":                   "no run",
		"E-otherrun.1":          "another run of the same book",
		epoch + ".0":            "more was missed than a queue holds",
		epoch + ".99999":        "seen more than there is",
		epoch:                   "no number",
		epoch + ".-1":           "no number",
		"..":                    "nothing of the sort",
		epoch + ".999999999999": "far ahead",
	} {
		m := h.page("view=board/b1&since=" + since).next()
		assert.Equal(t, "snapshot", m.Type, why)
		assert.Equal(t, boardState{"b1", top}, *m.State, why)
		assert.Equal(t, epoch, m.Epoch)
	}
	assert.Equal(t, uint64(2), h.feed.Stats().Ahead)
}

// A server that has lost its last entries says so, also when it has written others
// under their numbers since.
func TestClientAheadOfTheBookIsTold(t *testing.T) {
	h := newHall(t)
	h.book.mu.Lock()
	h.book.began = 3
	h.book.mu.Unlock()
	for range 6 { // two of which the lost ones had
		h.book.publish("ticket.called:A001")
	}
	m := h.page("view=board/b1&since=E-oldrun.5").next()
	assert.Equal(t, "snapshot", m.Type)
	assert.Equal(t, uint64(1), h.feed.Stats().Ahead)
	assert.Equal(t, "E.5", <-h.book.seen)
	h.page("view=board/b1&since=F-oldrun.7").next()
	h.page("view=board/b1&since=E-oldrun.3").next()
	h.page("view=board/b1&since=" + m.Epoch + ".5").next()
	assert.Equal(t, uint64(1), h.feed.Stats().Ahead, "another book, a number from before the start, and this run are no loss")
	assert.Empty(t, h.book.seen)
}

// A book that was reopened with less, or exchanged, or is far ahead brings
// everyone a snapshot.
func TestBookThatJumpsBringsSnapshots(t *testing.T) {
	for name, jump := range map[string]func(b *book){
		"less":  func(b *book) { b.entries = b.entries[:1] },
		"other": func(b *book) { b.epoch = "F" },
		"ahead": func(b *book) { b.first, b.entries = 5000, nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.book.publish("ticket.called:A001", "ticket.called:A002")
			p := h.page("view=board/b1")
			p.next()
			h.book.mu.Lock()
			jump(h.book)
			h.book.ring()
			h.book.mu.Unlock()
			m := p.next()
			assert.Equal(t, "snapshot", m.Type)
			v := h.book.View()
			assert.Equal(t, boardState{"b1", v.Seq}, *m.State)
			assert.Equal(t, v.Seq, m.Seq)
			assert.Equal(t, v.Epoch, m.Epoch[:1])
			h.book.publish("ticket.called:A003")
			assert.Equal(t, "A003", p.next().Number)
		})
	}
}

func TestUnreadableBookIsTriedAgain(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	p.next()
	h.book.mu.Lock()
	h.book.fails = true
	h.book.mu.Unlock()
	h.book.publish("ticket.called:A001")
	time.Sleep(50 * time.Millisecond)
	h.book.mu.Lock()
	h.book.fails = false
	h.book.mu.Unlock()
	assert.Equal(t, "A001", p.next().Number, "at the latest after a second")
}

func TestForeignPagesAndUnknownViewsAreRefused(t *testing.T) {
	h := newHall(t)
	own := "http" + strings.TrimSuffix(strings.TrimPrefix(h.url, "ws"), "/api/v1/stream")
	for _, c := range []struct {
		query, origin string
		status        int
		code          string
	}{
		{"view=board/b1", "http://evil.example", 403, "cross_origin"},
		{"view=board/b1", strings.Replace(own, "http:", "https:", 1), 403, "cross_origin"},
		{"view=board/b1", "http://127.0.0.1:1", 403, "cross_origin"},
		{"view=board/b1", "null", 403, "cross_origin"},
		{"view=nothing/b1", "", 404, "unknown_view"},
		{"view=board/x1", "", 404, "unknown_view"},
		{"", "", 404, "unknown_view"},
		{"view=board/b1&client=" + strings.Repeat("x", 65), "", 400, "bad_query"},
		{"view=board/b1", own, 101, ""},
		{"view=board/b1", "", 101, ""},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		conn, resp, err := h.dial.Dial(h.url+"?"+c.query, header)
		require.NotNil(t, resp, "%v", err)
		assert.Equal(t, c.status, resp.StatusCode, "%+v", c)
		if c.code != "" {
			var b door.Body
			require.NoError(t, json.NewDecoder(resp.Body).Decode(&b))
			assert.Equal(t, c.code, b.Code)
		}
		if err == nil {
			conn.Close()
		}
	}
	resp, err := http.Get(own + "/api/v1/stream?view=board/b1")
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, 400, resp.StatusCode)
	assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
}

// From the network each view is judged by its own kind.
func TestViewsFromTheNetwork(t *testing.T) {
	h := newHall(t)
	h.lan = []string{"board"}
	stranger := http.Header{"X-Forwarded-For": {"10.0.0.9"}}
	conn, resp, err := h.dial.Dial(h.url+"?view=board/b1", stranger)
	require.NoError(t, err)
	resp.Body.Close()
	conn.Close()
	_, resp, err = h.dial.Dial(h.url+"?view=counter/q1", stranger)
	require.Error(t, err)
	assert.Equal(t, 403, resp.StatusCode)
}

func TestTellAndOn(t *testing.T) {
	h := newHall(t)
	got := make(chan string, 10)
	note := func(typ string) {
		h.feed.On(typ, func(view, id, client string, body json.RawMessage) {
			got <- typ + " " + view + "/" + id + " " + client + " " + string(body)
		})
	}
	note("started")
	note(Joined)
	note(Left)
	p := h.page("view=board/b1&client=tv")
	assert.Equal(t, "joined board/b1 tv ", <-got)
	p.next()
	other := h.page("view=board/b2")
	other.next()
	assert.Contains(t, <-got, "joined board/b2 c")

	h.feed.Tell("board", "b1", "announce", map[string]any{"text": "<A012>", "type": "forged", "seq": nil})
	assert.JSONEq(t, `{"type":"announce","text":"<A012>","seq":null}`, string(p.next().raw))
	h.feed.Tell("board", "b1", "reload", nil)
	assert.JSONEq(t, `{"type":"reload"}`, string(p.next().raw))

	for _, s := range []string{`{"type":"nobody knows"}`, `not JSON`, `{"type":"joined"}`, `{"type":"started","call":7}`} {
		require.NoError(t, p.conn.WriteMessage(websocket.TextMessage, []byte(s)))
	}
	assert.Equal(t, `started board/b1 tv {"type":"started","call":7}`, <-got)
	p.conn.Close()
	assert.Equal(t, "left board/b1 tv ", <-got)
	other.quiet()
}

func TestTooLongAMessageEndsTheConnection(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	p.next()
	require.NoError(t, p.conn.WriteMessage(websocket.TextMessage, make([]byte, readLimit+1)))
	_, _, err := p.conn.ReadMessage()
	assert.True(t, websocket.IsCloseError(err, websocket.CloseMessageTooBig), "%v", err)
}

func TestCloseSaysGoodbyeAndRefusesNewcomers(t *testing.T) {
	h := newHall(t)
	p := h.page("view=board/b1")
	p.next()
	ended := make(chan struct{})
	go func() { // the feed ends, the server still listens
		defer close(ended)
		h.feed.close()
	}()
	_, _, err := p.conn.ReadMessage()
	assert.True(t, websocket.IsCloseError(err, websocket.CloseGoingAway), "%v", err)
	<-ended
	_, resp, err := h.dial.Dial(h.url+"?view=board/b1", nil)
	require.Error(t, err)
	assert.Equal(t, 503, resp.StatusCode)
}

// A bug in one room's view does not stop the others' screens.
func TestPanicInAViewIsContained(t *testing.T) {
	bad := boardView()
	bad.Name = "bad"
	bad.Event = func(store.Entry, *store.View, string) (any, bool) { panic("x") }
	h := newHall(t, boardView(), bad)
	p, q := h.page("view=bad/b1"), h.page("view=board/b1")
	p.next()
	q.next()
	h.book.publish("ticket.called:A001")
	assert.Equal(t, "A001", q.next().Number)
	p.quiet()
}

func TestRegisterTwicePanics(t *testing.T) {
	f := New(newBook(), Options{})
	f.Register(boardView())
	assert.Panics(t, func() { f.Register(boardView()) })
	assert.Panics(t, func() { f.Register(View{Name: "empty"}) })
}
