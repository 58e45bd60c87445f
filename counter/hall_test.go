package counter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets"
	"xinmoi/assets/locale"
	"xinmoi/counter"
	"xinmoi/display"
	"xinmoi/printer"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// small is a centre with two counters for civil status, the second helping out
// with land, one counter for land, and a fee counter that is no kiosk tile.
const small = `
[centre]
name = { vi = "Trung tâm Phục vụ hành chính công xã Ẳng Cang", en = "Ẳng Cang Commune Public Service Centre" }
[access]
hosts = ["xinmoi.example"]
[[zone]]
id = "a"
name = { vi = "Khu A", en = "Zone A" }
direction = "left"
[[service]]
id = "civil"
name = { vi = "Khai sinh, khai tử, kết hôn", en = "Births, deaths, marriages" }
[[service]]
id = "land"
name = { vi = "Nhà đất, xây dựng", en = "Land and building" }
[[service]]
id = "fee"
name = { vi = "Nộp phí, lệ phí", en = "Fees" }
at = ["transfer"]
[[counter]]
id = "q1"
number = "1"
name = { vi = "Hộ tịch", en = "Civil status" }
zone = "a"
services = ["civil"]
arm = false
[[counter]]
id = "q2"
number = "2"
zone = "a"
services = ["civil"]
help = ["land"]
arm = true
auto_open = true
[[counter]]
id = "q3"
number = "3"
zone = "a"
services = ["land", "fee"]
[[priority]]
id = "elder"
name = { vi = "Người cao tuổi", en = "Elderly" }
[[printer]]
id = "p1"
port = "tcp:127.0.0.1:9100"
[[kiosk]]
id = "k1"
zone = "a"
printers = ["p1"]
[[board]]
id = "b1"
[times]
repeat_s = 1
`

// hall is a daemon without its devices: book, feed, door, and the pages.
type hall struct {
	t       testing.TB
	dir     string
	book    *store.Book
	feed    *feed.Feed
	words   *locale.Catalogue
	handler http.Handler
	server  *http.Server
	addr    string // stays the same over restarts
	stop    func()
	clock   *clock
}

// clock is the wall clock of a test: real time and a shift.
type clock struct {
	mu    sync.Mutex
	shift time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.shift)
}

// advance lets time pass in steps that the book does not take for a clock that
// was set.
func (h *hall) advance(d time.Duration) {
	for ; d > 0; d -= time.Second {
		h.clock.mu.Lock()
		h.clock.shift += min(d, time.Second)
		h.clock.mu.Unlock()
		h.book.Now()
	}
}

func newHall(t testing.TB, toml string) *hall {
	h := &hall{t: t, dir: t.TempDir(), addr: "127.0.0.1:0", clock: &clock{}}
	var err error
	h.words, err = locale.New()
	require.NoError(t, err)
	h.start()
	t.Cleanup(func() { h.halt() })
	doc, findings := centre.Parse("centre.toml", []byte(toml))
	require.NotNil(t, doc, "%v", findings)
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	return h
}

// start opens the book and serves it.
func (h *hall) start() {
	var err error
	h.book, err = store.Open(h.dir, store.Options{Now: h.clock.now, Synced: func() bool { return false }})
	require.NoError(h.t, err)
	h.feed = feed.New(h.book, feed.Options{Build: assets.Build(assets.Words())})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	room := counter.New(counter.Options{Book: h.book, Feed: h.feed, Words: h.words.Say, Log: log})
	boards := display.New(display.Options{Book: h.book, Feed: h.feed, Words: h.words.Say, Log: log, Dir: filepath.Join(h.dir, "display")})
	routes := append(room.Routes(), boards.Routes()...)
	routes = append(routes, printer.New(printer.Options{Book: h.book, Words: h.words.Say, Log: log}).Routes()...)
	routes = append(routes, h.feed.Routes()...)
	for _, pattern := range []string{"/web/", "/locale/"} {
		routes = append(routes, door.Route{Method: "GET", Pattern: pattern, Kind: door.KindAsset, Who: door.Anyone, Handle: door.Serve(assets.Handler(assets.Words()))})
	}
	h.handler, err = door.New(door.Options{
		Access:    func() (lan, hosts []string) { return nil, []string{"xinmoi.example"} },
		Words:     h.words.Say,
		Languages: func() []string { return []string{"vi", "en"} },
	}, routes...)
	require.NoError(h.t, err)
	l, err := net.Listen("tcp", h.addr)
	require.NoError(h.t, err)
	h.addr = l.Addr().String()
	h.server = door.Server(h.handler)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = h.server.Serve(l) })
	running.Go(func() { _ = h.feed.Run(ctx) })
	h.stop = func() { cancel(); _ = h.server.Close(); running.Wait() }
}

// halt ends the daemon; start brings it back with the same book and address.
func (h *hall) halt() {
	h.stop()
	_ = h.book.Close()
}

func (h *hall) url(path string) string { return "http://" + h.addr + path }

// do gives the book a command.
func (h *hall) do(c queue.Command) store.Answer {
	h.t.Helper()
	a, err := h.book.Do(context.Background(), store.Request{Command: c, By: queue.Actor{Via: "test"}})
	require.NoError(h.t, err)
	return a
}

// issue takes n numbers of a service and returns the last ticket.
func (h *hall) issue(s queue.ServiceID, n int) *queue.Ticket {
	h.t.Helper()
	var last *queue.Ticket
	for range n {
		h.do(queue.Issue{Service: s, Lang: "vi"})
		all := h.book.View().Hall.Tickets()
		last = all[len(all)-1]
	}
	return last
}

// reply is what a call was answered.
type reply struct {
	Status  int
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Counter struct {
		ID, State, Reason string
		Armed             bool
		Clerk             string
		Ticket            *struct {
			ID     uint64
			Number string
			State  string
			Calls  int
		}
	}
	Ticket *struct{ Dossier string }
	Day    string
	Items  []map[string]any
}

// post sends JSON with a key; "" for none.
func (h *hall) post(path, body, key string) reply {
	return h.send("POST", path, body, map[string]string{"Content-Type": "application/json", "Idempotency-Key": key})
}

func (h *hall) get(path string) reply { return h.send("GET", path, "", nil) }

func (h *hall) send(method, path, body string, head map[string]string) reply {
	req, err := http.NewRequest(method, h.url(path), strings.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return reply{}
	}
	for k, v := range head {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Error(err)
		return reply{}
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	r := reply{Status: res.StatusCode}
	if kind := res.Header.Get("Content-Type"); strings.Contains(kind, "json") {
		if err := json.Unmarshal(b, &r); err != nil {
			h.t.Errorf("%s %s: %v in %s", method, path, err, bytes.TrimSpace(b))
		}
		if res.StatusCode >= 400 && kind != "application/problem+json" {
			h.t.Errorf("%s %s: an error of kind %s", method, path, kind)
		}
	}
	return r
}

// call posts to counter q1.
func (h *hall) call(verb, body string) reply {
	return h.post("/api/v1/counters/q1/"+verb, body, "")
}
