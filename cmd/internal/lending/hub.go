// Package lending is the daemon's side of the agents: who may lend, who does,
// and the wires they lend. The other side is cmd/internal/agent.
//
// An agent is known by its key and not by its address. Of two connections of one
// name the newer one counts: after a broken cable the older one is a ghost that
// nobody has noticed yet.
package lending

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"xinmoi/cmd/internal/agent"
	"xinmoi/store/device"
	"xinmoi/store/device/lend"
	"xinmoi/store/door"
)

// sawEvery is how often the file of keys may be written because an agent came
// or went.
const sawEvery = time.Minute

// Hub has the agents that are connected.
type Hub struct {
	keys *Keys
	log  *slog.Logger

	mu     sync.Mutex
	agents map[string]*connected
	seen   map[string]time.Time
	closed bool
	all    sync.WaitGroup
}

// connected is an agent's connection.
type connected struct {
	socket   *agent.Socket
	borrower *lend.Borrower
	from     string
	since    time.Time
}

// New makes a hub for the agents with these keys.
func New(keys *Keys, log *slog.Logger) *Hub {
	return &Hub{keys: keys, log: log, agents: map[string]*connected{}, seen: map[string]time.Time{}}
}

// Open opens a device that an agent lends.
func (h *Hub) Open(ctx context.Context, box, name string) (device.Wire, error) {
	h.mu.Lock()
	c := h.agents[box]
	h.mu.Unlock()
	lost := &device.Fault{Conditions: device.Set(device.AgentLost), Detail: box, Missing: true}
	if c == nil {
		return nil, lost
	}
	w, err := c.borrower.Open(ctx, name)
	var f *device.Fault
	switch {
	case errors.Is(err, lend.ErrLost):
		return nil, lost
	case errors.As(err, &f):
		return nil, &device.Fault{Conditions: f.Conditions, Detail: box + ": " + f.Detail, Missing: f.Missing}
	}
	return w, err
}

// Close hangs up on every agent and waits until they are gone.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for _, c := range h.agents {
		c.socket.Close()
	}
	h.mu.Unlock()
	h.all.Wait()
}

var upgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	Subprotocols:     []string{agent.Protocol},
	// An agent is no browser: it sends no Origin, and whoever sends one is refused.
	CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "" },
	Error:       func(http.ResponseWriter, *http.Request, int, error) {}, // told as a problem
}

// connect is the route on which agents connect.
func (h *Hub) connect(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if r.Header.Get("Origin") != "" {
		return &door.Problem{Code: "cross_origin"}
	}
	if !h.keys.Fits(name, key) {
		h.log.Warn("an agent came with a wrong key", "name", short(name), "from", r.RemoteAddr)
		w.Header().Set("WWW-Authenticate", "Bearer")
		return &door.Problem{Code: "wrong_agent_key"}
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if bad := (websocket.HandshakeError{}); errors.As(err, &bad) {
		return &door.Problem{Code: "bad_handshake", Cause: err}
	} else if err != nil {
		return nil // it has hung up; the connection is no longer ours to answer on
	}
	h.admit(name, r.RemoteAddr, ws)
	return nil
}

// admit serves an agent until it is gone.
func (h *Hub) admit(name, from string, ws *websocket.Conn) {
	socket := agent.NewSocket(ws)
	if ws.Subprotocol() != agent.Protocol {
		socket.CloseWith(websocket.CloseProtocolError)
		return
	}
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	c := &connected{socket: socket, borrower: lend.Borrow(socket), from: from, since: time.Now()}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		socket.Close()
		return
	}
	old := h.agents[name]
	h.agents[name] = c
	h.all.Add(1)
	h.mu.Unlock()
	defer h.all.Done()
	if old != nil {
		h.log.Warn("an agent came twice; the newer connection counts", "name", name, "older", old.from, "newer", from)
		old.socket.CloseWith(agent.CloseReplaced)
	}
	h.log.Info("an agent lends", "name", name, "from", from)
	h.saw(name, from)
	err := c.borrower.Serve()
	h.mu.Lock()
	if h.agents[name] == c {
		delete(h.agents, name)
	}
	h.mu.Unlock()
	h.log.Info("an agent is gone", "name", name, "from", from, "err", err)
	h.saw(name, from)
}

// saw notes in the file of keys that an agent came or went, not too often.
func (h *Hub) saw(name, from string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.seen[name]) < sawEvery {
		return
	}
	h.seen[name] = time.Now()
	if err := h.keys.Saw(name, from); err != nil {
		h.log.Warn("an agent's visit was not noted", "name", name, "err", err)
	}
}

// revoke takes a key back and hangs up on its agent.
func (h *Hub) revoke(name string) error {
	if err := h.keys.Revoke(name); err != nil {
		return err
	}
	h.mu.Lock()
	c := h.agents[name]
	h.mu.Unlock()
	if c != nil {
		c.socket.CloseWith(agent.CloseRevoked)
	}
	return nil
}

// short keeps a stranger's text out of the log.
func short(s string) string { return s[:min(len(s), 32)] }
