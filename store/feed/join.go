package feed

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"xinmoi/store"
	"xinmoi/store/door"
)

// Routes is the stream. It is open to whoever may ask the API anything at all;
// each view then states its own kind.
func (f *Feed) Routes() []door.Route {
	upgrader := &websocket.Upgrader{
		ReadBufferSize: bufferSize, WriteBufferSize: bufferSize, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: handshakeFor,
		CheckOrigin:      sameOrigin,
		Error:            func(http.ResponseWriter, *http.Request, int, error) {}, // told as a problem
	}
	return []door.Route{{
		Method: http.MethodGet, Pattern: "/api/v1/stream", Kind: door.KindAPI, Who: door.Anyone,
		About:  "Websocket: a snapshot of a view, then its events. Query: view=NAME/ID, since=EPOCH.N, client=ID.",
		Status: http.StatusSwitchingProtocols,
		Handle: func(w http.ResponseWriter, r *http.Request) error { return f.stream(w, r, upgrader) },
	}}
}

// sameOrigin lets in the pages we serve ourselves, and programs, which send no
// Origin. It keeps foreign pages out and is no authentication.
func sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	u, err := url.Parse(origins[0])
	return err == nil && len(origins) == 1 && u.Scheme == scheme && strings.EqualFold(u.Host, r.Host)
}

// stream lets one client in.
func (f *Feed) stream(w http.ResponseWriter, r *http.Request, u *websocket.Upgrader) error {
	if !sameOrigin(r) {
		return &door.Problem{Code: "cross_origin"}
	}
	q := r.URL.Query()
	var key topicKey
	key.view, key.id, _ = strings.Cut(q.Get("view"), "/")
	name := q.Get("client")
	if len(name) > 64 {
		return &door.Problem{Code: "bad_query", Args: map[string]any{"field": "client"}}
	}
	view, err := f.admit(r, key)
	if err != nil {
		return err
	}
	leave, err := f.queueUp(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	conn, err := u.Upgrade(w, r, nil)
	if bad := (websocket.HandshakeError{}); errors.As(err, &bad) {
		return &door.Problem{Code: "bad_handshake", Cause: err}
	} else if err != nil {
		return nil // it has hung up; the connection is no longer ours to answer on
	}
	if tcp, ok := conn.NetConn().(interface{ SetWriteBuffer(int) error }); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // else a sleeping screen swallows megabytes unnoticed
	}
	c := &client{feed: f, conn: conn, key: key, name: name, came: time.Now(), seen: time.Now(),
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	f.join(c, view, q.Get("since"))
	return nil
}

// lost tells the book that a screen has seen more than it had at its start. Not
// under mu: the book tells us of what it does.
func (f *Feed) lost(epoch string, seen store.Seq) {
	witness, ok := f.book.(interface {
		Seen(ctx context.Context, epoch string, seen store.Seq) error
	})
	if !ok {
		return
	}
	f.open.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), writeWait)
		defer cancel()
		if err := witness.Seen(ctx, epoch, seen); err != nil {
			f.log.Warn("the book could not note that it has lost entries", "error", err)
		}
	})
}

// admit finds the view and asks the door whether it may be seen from there.
func (f *Feed) admit(r *http.Request, key topicKey) (View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advance() // who comes right after a commit knows of it, and so must we
	view, ok := f.views[key.view]
	switch {
	case f.closed:
		return view, store.ErrStopping
	case f.clients >= maxClients:
		return view, &door.Problem{Code: "too_many_screens"}
	case !ok:
		return view, &door.Problem{Code: "unknown_view"}
	}
	if err := door.Admit(r, view.Kind, view.Who); err != nil {
		return view, err
	}
	if f.topics[key] == nil {
		if _, ok := f.compute(&topic{key: key, view: view}); !ok {
			return view, &door.Problem{Code: "unknown_view"}
		}
	}
	return view, nil
}

// queueUp waits a little for one of the handshakes that go on at once.
func (f *Feed) queueUp(ctx context.Context) (leave func(), err error) {
	patience := time.NewTimer(handshakeFor)
	defer patience.Stop()
	select {
	case f.doors <- struct{}{}:
		return func() { <-f.doors }, nil
	case <-patience.C:
		return nil, &door.Problem{Code: "too_many_screens"}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join puts the client into its topic with what it has to know first, and
// starts its goroutines.
func (f *Feed) join(c *client, view View, since string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		_ = c.conn.Close()
		return
	}
	f.advance()
	if c.name == "" {
		f.names++
		c.name = "c" + strconv.FormatUint(f.names, 10)
	}
	t := f.topics[c.key]
	if t == nil {
		t = &topic{key: c.key, view: view, clients: map[*client]struct{}{},
			last: f.told.Seq, looked: time.Now()}
		f.topics[c.key] = t
	}
	first, resumed := f.resume(t, since)
	if !resumed {
		m, ok := f.snapshotForOne(t)
		if !ok {
			c.end()
		}
		first = []message{m}
	}
	t.clients[c] = struct{}{}
	f.clients++
	if len(first) > 0 {
		f.push(c, first...)
	}
	f.open.Go(c.write)
	f.open.Go(func() {
		c.call(Joined, nil)
		c.read()
		c.call(Left, nil)
		f.leave(c) // who counts no such client knows that all were told
	})
}

func (f *Feed) leave(c *client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[c.key]
	delete(t.clients, c)
	f.clients--
	if len(t.clients) == 0 {
		delete(f.topics, c.key)
	}
}

// resume makes the messages that a client has missed since EPOCH.N. It says no
// when they are not exactly what lies between N and what the others know.
// Under mu, after advance.
func (f *Feed) resume(t *topic, since string) ([]message, bool) {
	dot := strings.LastIndexByte(since, '.')
	if dot < 0 {
		return nil, false
	}
	n, err := strconv.ParseUint(since[dot+1:], 10, 64)
	epoch, seq := since[:dot], store.Seq(n)
	book, _, _ := strings.Cut(epoch, "-")
	if err == nil && book == f.told.Epoch && (seq > f.told.Seq || seq > f.told.Began && epoch != f.wireEpoch()) {
		f.stats.Ahead++
		f.lost(book, seq)
		f.log.Warn("a screen has seen a later number than the book has: the book has lost entries",
			"view", t.key.view, "seen", seq, "have", f.told.Seq)
	}
	if err != nil || epoch != f.wireEpoch() || seq > f.told.Seq || f.told.Seq-seq > maxBehind {
		return nil, false
	}
	batch, err := f.read(seq, f.told.Seq)
	if err != nil {
		return nil, false
	}
	msgs, state, ok := f.messages(t, batch, seq)
	end := seq
	if len(msgs) > 0 {
		end = msgs[len(msgs)-1].seq
	}
	if len(t.clients) == 0 {
		t.last = end
	}
	if !ok || len(msgs) > queueSize || end != t.last {
		return nil, false
	}
	t.differ(state)
	return msgs, true
}
