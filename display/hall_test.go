package display_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets"
	"xinmoi/assets/locale"
	"xinmoi/display"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// small is a centre with one zone; wide one with two zones, a board for each and
// one for both, and hours of work.
const small = `
[centre]
name = { vi = "Trung tâm Phục vụ hành chính công xã Ẳng Cang", en = "Ẳng Cang Commune Public Service Centre" }
authority = { vi = "Ủy ban nhân dân xã Ẳng Cang" }
[access]
hosts = ["xinmoi.example"]
[[zone]]
id = "a"
name = { vi = "Khu A", en = "Zone A" }
floor = { vi = "tầng một", en = "first floor" }
direction = "left"
[[service]]
id = "civil"
name = { vi = "Khai sinh, khai tử, kết hôn", en = "Births, deaths, marriages" }
[[service]]
id = "land"
name = { vi = "Nhà đất, xây dựng", en = "Land and building" }
[[counter]]
id = "q1"
number = "1"
name = { vi = "Hộ tịch", en = "Civil status" }
zone = "a"
services = ["civil"]
[[counter]]
id = "q2"
number = "2"
name = { vi = "Địa chính – Xây dựng", en = "Land office" }
zone = "a"
services = ["land", "civil"]
[[priority]]
id = "elder"
name = { vi = "Người cao tuổi", en = "Elderly" }
[[board]]
id = "b1"
diagonal_in = 55
[calendar]
weekdays = "mon-sun"
hours = ["mon-sun 00:00-24:00"]
[times]
repeat_s = 1
`

const wide = small + `
[[zone]]
id = "b"
name = { vi = "Khu B", en = "Zone B" }
direction = "right"
[[counter]]
id = "q11"
number = "11"
zone = "b"
services = ["land"]
[[counter]]
id = "q12"
number = "12"
zone = "b"
services = ["land"]
[[board]]
id = "bb"
zones = ["b"]
`

// long has names and numbers as long as they come.
const long = `
[centre]
name = { vi = "Trung tâm Phục vụ hành chính công phường Hoàn Kiếm – Điểm tiếp nhận hồ sơ và trả kết quả số 2", en = "Hoàn Kiếm Ward Public Administrative Service Centre, Second Reception Point" }
authority = { vi = "Ủy ban nhân dân phường Hoàn Kiếm, thành phố Hà Nội" }
[access]
hosts = ["xinmoi.example"]
[[zone]]
id = "a"
name = { vi = "Khu tiếp nhận hồ sơ phía Bắc", en = "Northern reception area" }
floor = { vi = "tầng một, nhà A", en = "first floor, house A" }
direction = "straight"
[[zone]]
id = "b"
name = { vi = "Khu trả kết quả phía Nam", en = "Southern results area" }
direction = "right"
[[service]]
id = "civil"
name = { vi = "Giải quyết hưởng trợ cấp một lần đối với người có công", en = "One-off allowances for people with merit" }
prefix = "HT"
digits = 4
[[counter]]
id = "q1"
number = "28"
name = { vi = "Người có công, bảo trợ xã hội và giảm nghèo bền vững", en = "Veterans, social protection and poverty reduction" }
zone = "a"
services = ["civil"]
[[counter]]
id = "q2"
number = "29"
zone = "a"
services = ["civil"]
[[counter]]
id = "q3"
number = "30"
zone = "b"
services = ["civil"]
[[board]]
id = "b1"
farthest_m = 12
[calendar]
weekdays = "mon-sun"
hours = ["mon-sun 00:00-24:00"]
`

// hall is a daemon without its devices: book, feed, door, and the pages.
type hall struct {
	skew    atomic.Int64 // of the wall clock
	t       testing.TB
	dir     string
	now     func() time.Time // of the book; nil: the real clock and skew
	book    *store.Book
	feed    *feed.Feed
	room    *display.Room
	words   *locale.Catalogue
	handler http.Handler
	server  *http.Server
	addr    string // stays the same over restarts
	aplay   string
	stop    func()
}

func newHall(t testing.TB, toml string) *hall { return newHallWith(t, toml, "", time.Time{}) }

// newHallWith is a hall whose machine may speak itself, by aplay, and whose clock
// begins at another time than now, if one is given.
func newHallWith(t testing.TB, toml, aplay string, at time.Time) *hall {
	h := &hall{t: t, dir: t.TempDir(), addr: "127.0.0.1:0", aplay: aplay}
	if began := time.Now(); !at.IsZero() {
		h.now = func() time.Time { return at.Add(time.Since(began) + time.Duration(h.skew.Load())) }
	}
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
	if h.now == nil {
		h.now = func() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) }
	}
	h.book, err = store.Open(h.dir, store.Options{Now: h.now, Synced: func() bool { return false }})
	require.NoError(h.t, err)
	h.feed = feed.New(h.book, feed.Options{Build: assets.Build(assets.Words())})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	boards := display.New(display.Options{Book: h.book, Feed: h.feed, Words: h.words.Say, Log: log, Dir: filepath.Join(h.dir, "display"), Build: assets.Build(assets.Words()), Aplay: h.aplay})
	h.room = boards
	routes := append(boards.Routes(), h.feed.Routes()...)
	for _, pattern := range []string{"/web/", "/locale/"} {
		routes = append(routes, door.Route{Method: "GET", Pattern: pattern, Kind: door.KindAsset, Who: door.Anyone, Handle: door.Serve(assets.Handler(assets.Words()))})
	}
	routes = append(routes, tapRoute)
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
	running.Go(func() { _ = boards.Run(ctx) })
	h.stop = func() { cancel(); _ = h.server.Close(); running.Wait() }
}

// halt ends the daemon; start brings it back with the same book and address.
func (h *hall) halt() {
	h.stop()
	_ = h.book.Close()
}

func (h *hall) url(path string) string { return "http://" + h.addr + path }

// get is the body of a good answer.
func (h *hall) get(path string) []byte {
	h.t.Helper()
	res, err := http.Get(h.url(path))
	require.NoError(h.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	require.Equal(h.t, 200, res.StatusCode, "%s: %s", path, b)
	return b
}

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
