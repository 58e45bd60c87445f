package lending

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/cmd/internal/agent"
	"xinmoi/cmd/internal/port"
	"xinmoi/store/device"
	"xinmoi/store/door"
)

// house is a daemon's door with nothing but the lending, on a real port.
type house struct {
	t    *testing.T
	hub  *Hub
	keys *Keys
	file string
	url  string
	door http.Handler
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, file: filepath.Join(t.TempDir(), "agents.json")}
	var err error
	h.keys, err = OpenKeys(h.file)
	require.NoError(t, err)
	h.hub = New(h.keys, slog.New(slog.DiscardHandler))
	h.door, err = door.New(door.Options{
		Access: func() (lan, hosts []string) { return []string{"kiosk"}, nil },
		Words:  func(_, key string, _ map[string]any) string { return "<" + key + ">" },
	}, h.hub.Routes()...)
	require.NoError(t, err)
	srv := httptest.NewServer(h.door)
	t.Cleanup(func() { h.hub.Close(); srv.Close() })
	h.url = srv.URL
	return h
}

// told is what an agent tells.
type told struct {
	mu  sync.Mutex
	all []string
}

func (s *told) add(e agent.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, strings.TrimSpace(e.What+" "+e.Name+" "+e.Why))
}

func (s *told) has(what string) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, l := range s.all {
			if strings.HasPrefix(l, what) {
				return true
			}
		}
		return false
	}
}

// agent runs an agent of that name and key until stop.
func (h *house) agent(name, key string, lend map[string]string) (s *told, stop func()) {
	h.t.Helper()
	s = &told{}
	a := &agent.Agent{Hall: h.url, Name: name, Key: key, Lend: map[string]port.Address{}, Tell: s.add}
	for device, at := range lend {
		address, err := port.Parse(at)
		require.NoError(h.t, err)
		a.Lend[device] = address
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	h.t.Cleanup(stop)
	return s, stop
}

func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	require.Eventually(h.t, ok, 10*time.Second, 2*time.Millisecond, what)
}

func (h *house) connected(name string) func() bool {
	return func() bool { h.hub.mu.Lock(); defer h.hub.mu.Unlock(); return h.hub.agents[name] != nil }
}

// echo is a device on the network of the lending machine that says everything
// back.
func echo(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); c.Close() }()
		}
	}()
	return "tcp:" + ln.Addr().String()
}

// watch keeps what Keep reports.
type watch struct {
	mu     sync.Mutex
	told   bool
	last   device.Conditions
	detail string
}

func (w *watch) report(c device.Conditions, detail string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.last, w.detail = true, c, detail
}

func (w *watch) is(detail string, c ...device.Condition) func() bool {
	return func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.told && w.last.Equal(device.Set(c...)) && strings.HasPrefix(w.detail, detail)
	}
}

// A driver of the daemon speaks with a device of another machine, loses it with
// the agent, and has it again with the agent.
func TestALentDeviceHealsLikeACable(t *testing.T) {
	h := newHouse(t)
	key, err := h.keys.Add("kiosk1")
	require.NoError(t, err)
	address, err := port.Parse("agent:kiosk1/printer0")
	require.NoError(t, err)
	var w watch
	said := make(chan string)
	heard := make(chan string)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go port.Opener{Lent: h.hub.Open}.Keep(ctx, address, func(ctx context.Context, wire device.Wire) error {
		ended := make(chan error, 1)
		go func() {
			buf := make([]byte, 64)
			for {
				n, err := wire.Read(buf)
				if err != nil {
					ended <- err
					return
				}
				heard <- string(buf[:n])
			}
		}()
		for {
			select {
			case s := <-said:
				if _, err := wire.Write([]byte(s)); err != nil {
					return err
				}
			case err := <-ended:
				return err
			}
		}
	}, w.report)
	h.eventually("nobody lends yet", w.is("kiosk1", device.AgentLost))

	devices := map[string]string{"printer0": echo(t)}
	s, stop := h.agent("kiosk1", key, devices)
	h.eventually("lent", w.is(""))
	said <- "xin mời"
	assert.Equal(t, "xin mời", <-heard)
	assert.True(t, s.has("opened printer0")())
	stop()
	h.eventually("lost", w.is("kiosk1", device.AgentLost))
	_, stop = h.agent("kiosk1", key, devices)
	h.eventually("back", w.is(""))
	said <- "again"
	assert.Equal(t, "again", <-heard)

	// What is wrong on the other machine is told in its words.
	stop()
	s, _ = h.agent("kiosk1", key, map[string]string{"printer0": "usb:/dev/not/there"})
	h.eventually("not there", w.is("kiosk1: /dev/not/there: no such file or directory", device.Offline))
	h.eventually("and on the spot", s.has("failed printer0 /dev/not/there"))
}

func TestADeviceThatIsNotLent(t *testing.T) {
	h := newHouse(t)
	key, err := h.keys.Add("kiosk1")
	require.NoError(t, err)
	h.agent("kiosk1", key, map[string]string{"printer0": "usb:/dev/not/there"})
	h.eventually("connected", h.connected("kiosk1"))
	_, err = h.hub.Open(t.Context(), "kiosk1", "printer9")
	var f *device.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "kiosk1: printer9: not lent here", f.Detail)
}

func TestWrongKeysAreRefused(t *testing.T) {
	h := newHouse(t)
	key, err := h.keys.Add("kiosk1")
	require.NoError(t, err)
	_, err = h.keys.Add("kiosk2")
	require.NoError(t, err)
	for _, c := range [][2]string{{"kiosk1", "wrong"}, {"kiosk2", key}, {"nobody", key}, {"nobody", ""}} {
		s, stop := h.agent(c[0], c[1], map[string]string{"p": "usb:/dev/x"})
		h.eventually("refused", s.has("refused  <door.wrong_agent_key>"))
		stop()
		assert.False(t, h.connected(c[0])())
	}
	ask := func(header http.Header) int {
		r := httptest.NewRequest("GET", "/api/v1/agents/kiosk1/wires", nil)
		r.Host, r.RemoteAddr, r.Header = "127.0.0.1", "127.0.0.1:4000", header
		if from := header.Get("From"); from != "" {
			r.RemoteAddr = from
		}
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, r)
		return w.Code
	}
	bearer := []string{"Bearer " + key}
	assert.Equal(t, http.StatusUnauthorized, ask(http.Header{}))
	assert.Equal(t, http.StatusBadRequest, ask(http.Header{"Authorization": bearer}), "a good key, but no websocket")
	assert.Equal(t, http.StatusForbidden, ask(http.Header{"Authorization": bearer, "Origin": {"http://127.0.0.1"}}), "a page is no agent")
	assert.Equal(t, http.StatusForbidden, ask(http.Header{"Authorization": bearer, "From": {"192.168.1.9:4000"}}), "[access] lan does not name agents")
}

// Keys are made by whoever owns the control socket, not by any page or program
// of the machine.
func TestKeysAreNotMadeOverTheNetwork(t *testing.T) {
	h := newHouse(t)
	for _, c := range [][2]string{{"GET", "/api/v1/agents"}, {"POST", "/api/v1/agents/kiosk1/key"}, {"POST", "/api/v1/agents/kiosk1/revoke"}} {
		r, err := http.NewRequest(c[0], h.url+c[1], strings.NewReader("{}"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, c)
	}
	assert.Empty(t, h.keys.List())
}

func TestARevokedKeyCutsItsAgent(t *testing.T) {
	h := newHouse(t)
	key, err := h.keys.Add("kiosk1")
	require.NoError(t, err)
	s, _ := h.agent("kiosk1", key, map[string]string{"p": echo(t)})
	h.eventually("connected", h.connected("kiosk1"))
	wire, err := h.hub.Open(t.Context(), "kiosk1", "p")
	require.NoError(t, err)
	require.NoError(t, h.hub.revoke("kiosk1"))
	_, err = wire.Read(make([]byte, 1))
	assert.Equal(t, io.EOF, err)
	h.eventually("told", s.has("refused  revoked"))
	assert.ErrorIs(t, h.hub.revoke("kiosk1"), ErrUnknown)
}

func TestTheNewerConnectionCounts(t *testing.T) {
	h := newHouse(t)
	key, err := h.keys.Add("kiosk1")
	require.NoError(t, err)
	older, _ := h.agent("kiosk1", key, map[string]string{"p": echo(t)})
	h.eventually("connected", h.connected("kiosk1"))
	wire, err := h.hub.Open(t.Context(), "kiosk1", "p")
	require.NoError(t, err)
	h.agent("kiosk1", key, map[string]string{"p": echo(t)})
	h.eventually("told", older.has("replaced"))
	_, err = wire.Read(make([]byte, 1))
	assert.Equal(t, io.EOF, err)
	h.eventually("the newer one lends", func() bool {
		w, err := h.hub.Open(t.Context(), "kiosk1", "p")
		if err == nil {
			w.Close()
		}
		return err == nil
	})
}

func TestKeysKeepAHashAlone(t *testing.T) {
	h := newHouse(t)
	key, err := h.keys.Add("kiosk1")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(key), 40)
	b, err := os.ReadFile(h.file)
	require.NoError(t, err)
	assert.NotContains(t, string(b), key)
	assert.NotContains(t, strings.ToLower(string(b)), key)
	info, err := os.Stat(h.file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = h.keys.Add("kiosk1")
	assert.ErrorIs(t, err, ErrKnown)

	require.NoError(t, h.keys.Saw("kiosk1", "192.168.1.20"))
	again, err := OpenKeys(h.file)
	require.NoError(t, err)
	assert.True(t, again.Fits("kiosk1", key+"\n"), "as it stands in a file")
	assert.False(t, again.Fits("kiosk1", key[1:]))
	assert.Equal(t, "192.168.1.20", again.List()[0].From)
	require.NoError(t, again.Revoke("kiosk1"))
	assert.False(t, again.Fits("kiosk1", key))

	require.NoError(t, os.WriteFile(h.file, []byte("{"), 0o600))
	_, err = OpenKeys(h.file)
	assert.Error(t, err, "a broken file is not an empty one")
}

// cut is a network cable that can be cut: no byte passes any more, and nobody
// is told. Like a kernel it takes bytes before the other end reads them.
type cut struct {
	net.Conn
	off  atomic.Bool
	sent chan []byte
}

func newCut(c net.Conn) *cut {
	k := &cut{Conn: c, sent: make(chan []byte, 100)}
	go func() {
		for b := range k.sent {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}()
	return k
}

func (c *cut) Write(p []byte) (int, error) {
	if !c.off.Load() {
		c.sent <- bytes.Clone(p)
	}
	return len(p), nil
}

// A machine that has gone without a word is noticed within a few seconds, on
// both ends.
func TestASilentMachineIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		a, b := newCut(here), newCut(there)
		defer close(a.sent)
		defer close(b.sent)
		server := make(chan *websocket.Conn, 1)
		ln := &oneConn{conn: b, quit: make(chan struct{})}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
			assert.NoError(t, err)
			server <- ws
		})}
		go func() { _ = srv.Serve(ln) }()
		defer srv.Close()
		d := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return a, nil }}
		ws, _, err := d.Dial("ws://hall/", nil)
		require.NoError(t, err)
		ends := []*agent.Socket{agent.NewSocket(ws), agent.NewSocket(<-server)}
		ended := make(chan time.Time, 2)
		for _, s := range ends {
			go func() {
				for {
					if _, err := s.Receive(); err != nil {
						ended <- time.Now()
						s.Close()
						return
					}
				}
			}()
		}
		time.Sleep(time.Hour) // quiet, but alive
		require.Empty(t, ended)
		for _, c := range []*cut{a, b} {
			c.off.Store(true)
		}
		began := time.Now()
		for range ends {
			assert.LessOrEqual(t, (<-ended).Sub(began), 7*time.Second)
		}
	})
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn net.Conn
	quit chan struct{}
	once sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.quit
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { l.once.Do(func() { close(l.quit) }); return nil }
func (l *oneConn) Addr() net.Addr { return &net.IPAddr{} }
