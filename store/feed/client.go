package feed

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"xinmoi/store"
)

// client is one connection: a goroutine reads, another one writes, and the
// queue between feed and writer is bounded.
type client struct {
	feed *Feed
	conn *websocket.Conn
	key  topicKey
	name string
	came time.Time

	wake chan struct{} // one slot: there is something to write
	done chan struct{} // closed: let it go
	once sync.Once

	mu      sync.Mutex
	queue   []message
	resync  bool // the queue was dropped; wants a snapshot
	sent    store.Seq
	seen    time.Time // last sign of life, pongs included
	shown   store.Seq
	shownAt time.Time
}

func (c *client) end() { c.once.Do(func() { close(c.done) }) }

// hurry lets a write that hangs fail soon.
func (c *client) hurry() { _ = c.conn.NetConn().SetWriteDeadline(time.Now().Add(time.Second)) }

// push puts messages into the client's queue, or drops the queue when they do
// not fit. It never blocks. Under the feed's mu.
func (f *Feed) push(c *client, msgs ...message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.resync: // a snapshot is coming, newer than these
		return
	case len(c.queue)+len(msgs) > queueSize:
		c.queue, c.resync = nil, true
		f.stats.Resyncs++
	default:
		c.queue = append(c.queue, msgs...)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take empties the queue; resync says that it was dropped.
func (c *client) take() (msgs []message, resync bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	msgs, c.queue = c.queue, nil
	return msgs, c.resync
}

// again gives a client whose queue was dropped a snapshot.
func (f *Feed) again(c *client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[c.key]
	if t == nil {
		return
	}
	f.advance()
	m, ok := f.snapshotForOne(t)
	if !ok {
		c.end()
		return
	}
	c.mu.Lock()
	c.queue, c.resync = []message{m}, false
	c.mu.Unlock()
}

// write is the only goroutine that writes to the connection.
func (c *client) write() {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	defer c.conn.Close()
	defer c.end()
	for {
		select {
		case <-c.wake:
			if !c.flush() {
				return
			}
		case <-ping.C:
			if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil || !c.send(c.feed.beat()) {
				return
			}
		case <-c.done:
			bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			_ = c.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
			return
		}
	}
}

// flush writes what waits; false when the connection is gone.
func (c *client) flush() bool {
	for {
		msgs, resync := c.take()
		if resync {
			c.feed.again(c)
			continue
		}
		if len(msgs) == 0 {
			return true
		}
		for _, m := range msgs {
			select {
			case <-c.done: // still say goodbye
				return true
			default:
			}
			if !c.send(m) {
				return false
			}
		}
	}
}

func (c *client) send(m message) bool {
	c.mu.Lock()
	c.sent = max(c.sent, m.seq)
	c.mu.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
	return c.conn.WritePreparedMessage(m.frame) == nil
}

// read takes what the page sends, until the connection ends.
func (c *client) read() {
	defer c.end()
	c.conn.SetReadLimit(readLimit)
	alive := func(string) error {
		c.mu.Lock()
		c.seen = time.Now()
		c.mu.Unlock()
		return c.conn.SetReadDeadline(time.Now().Add(pongWait))
	}
	c.conn.SetPongHandler(alive)
	_ = alive("")
	for {
		kind, body, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		_ = alive("")
		if kind == websocket.TextMessage {
			c.heard(body)
		}
	}
}

// heard handles one message. What is not understood is ignored: pages may be
// newer than we are.
func (c *client) heard(body []byte) {
	var m struct {
		Type string    `json:"type"`
		Seq  store.Seq `json:"seq"`
	}
	if json.Unmarshal(body, &m) != nil || m.Type == Joined || m.Type == Left {
		return
	}
	if m.Type == "shown" {
		c.mu.Lock()
		c.shown, c.shownAt = m.Seq, time.Now()
		c.mu.Unlock()
	}
	c.call(m.Type, body)
}

func (c *client) call(typ string, body []byte) {
	c.feed.mu.Lock()
	handlers := c.feed.handlers[typ]
	c.feed.mu.Unlock()
	for _, h := range handlers {
		h(c.key.view, c.key.id, c.name, body)
	}
}
