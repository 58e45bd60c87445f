package kiosk_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets"
	"xinmoi/assets/assetstest"
	"xinmoi/assets/locale"
	"xinmoi/kiosk"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// document is a commune's centre with everything a kiosk can show.
const document = `
[centre]
name = { vi = "Trung tâm Phục vụ hành chính công xã Mẫu Sơn", en = "Mẫu Sơn Commune Public Service Centre" }
authority = { vi = "Uỷ ban nhân dân xã Mẫu Sơn", en = "People's Committee of Mẫu Sơn Commune" }
PUBLIC
[access]
hosts = ["` + assetstest.Host + `"]

[[zone]]
id = "a"
name = { vi = "khu A", en = "area A" }
floor = { vi = "tầng 1", en = "ground floor" }
[[zone]]
id = "b"
name = { vi = "khu B", en = "area B" }

[[service]]
id = "ho-tich"
name = { vi = "Khai sinh, khai tử, kết hôn", en = "Birth, death, marriage" }
field = { vi = "Hộ tịch", en = "Civil status" }
examples = { vi = "Cải chính hộ tịch, giám hộ, trích lục", en = "Corrections, guardianship, extracts" }
[[service]]
id = "chung-thuc"
name = { vi = "Sao y, chứng thực", en = "Certified copies, signatures" }
field = { vi = "Chứng thực", en = "Certification" }
examples = { vi = "Bản sao, chữ ký, hợp đồng, di chúc", en = "Copies, signatures, contracts, wills" }
cap = 40
[[service]]
id = "dat-dai"
name = { vi = "Nhà đất, xây dựng", en = "Land, houses, building" }
field = { vi = "Đất đai – Xây dựng", en = "Land and construction" }
examples = { vi = "Sổ đỏ, chuyển nhượng, giấy phép xây dựng", en = "Land certificates, transfers, building permits" }
[[service]]
id = "kinh-doanh"
name = { vi = "Hộ kinh doanh, thuế", en = "Household business, tax" }
field = { vi = "Tài chính – Kế hoạch", en = "Finance and planning" }
[[service]]
id = "chinh-sach"
name = { vi = "Trợ cấp, người có công, bảo hiểm", en = "Allowances, merit, insurance" }
field = { vi = "Văn hóa – Xã hội", en = "Culture and social affairs" }
[[service]]
id = "cu-tru"
name = { vi = "Thường trú, tạm trú, căn cước", en = "Residence and identity card" }
field = { vi = "Công an", en = "Police" }
[[service]]
id = "tra-ket-qua"
name = { vi = "Nhận kết quả", en = "Collect results" }
[[service]]
id = "huong-dan"
name = { vi = "Hướng dẫn, nộp trực tuyến", en = "Guidance, online filing" }
MORE
[[service]]
id = "phi"
name = { vi = "Nộp phí", en = "Fees" }
at = ["transfer"]

[[counter]]
id = "c1"
number = "1"
zone = "a"
services = ["ho-tich"]
help = ["chung-thuc"]
[[counter]]
id = "c2"
number = "2"
zone = "a"
services = ["chung-thuc", "ho-tich"]
[[counter]]
id = "c3"
number = "3"
zone = "b"
services = ["dat-dai", "kinh-doanh", "phi"]
[[counter]]
id = "c4"
number = "4"
zone = "b"
services = ["chinh-sach", "cu-tru"]
[[counter]]
id = "c5"
number = "5"
zone = "a"
services = ["tra-ket-qua", "huong-dan"MORE_SERVED]

[[priority]]
id = "cao-tuoi"
name = { vi = "Người từ 60 tuổi trở lên", en = "People aged 60 and over" }
[[priority]]
id = "khuyet-tat"
name = { vi = "Người khuyết tật", en = "People with a disability" }
[[priority]]
id = "mang-thai"
name = { vi = "Phụ nữ mang thai, có con nhỏ dưới 36 tháng", en = "Pregnant women, parents of a child under 3" }
[[priority]]
id = "co-cong"
name = { vi = "Người có công với cách mạng", en = "People of merit" }

[[printer]]
id = "p1"
port = "tcp:127.0.0.1:9"

[[kiosk]]
id = "k1"
zone = "a"
printers = ["p1"]
[[kiosk]]
id = "k2"
zone = "b"
services = ["dat-dai", "kinh-doanh"]

[calendar]
hours = ["mon-fri 07:30-11:30", "mon-fri 13:30-17:00"]
`

// moreServices makes ten tiles out of eight.
const moreServices = `
[[service]]
id = "nong-nghiep"
name = { vi = "Nông nghiệp, môi trường, nước sạch", en = "Farming, environment, clean water" }
field = { vi = "Nông nghiệp – Môi trường", en = "Agriculture" }
[[service]]
id = "giao-duc"
name = { vi = "Giáo dục, y tế", en = "Education, health" }
`

// hall is a whole house around the kiosk: book, feed, door.
type hall struct {
	t       testing.TB
	book    *store.Book
	handler http.Handler
	server  *httptest.Server
	logged  *logged
	room    *kiosk.Kiosk
	dir     string // the room's files
	bookDir string
	stop    func() // of book, feed and room

	alone atomic.Bool // no time source keeps the clock

	mu    sync.Mutex
	start time.Time // wall clock of the test
	time  time.Time // what it is in the hall then
}

// logged keeps what was logged at level error.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// monday is a working day, twelve past eight.
var monday = time.Date(2026, 11, 23, 8, 12, 0, 0, time.FixedZone("+07", 7*3600))

// open opens a hall on a Monday morning with the counters open.
func open(t testing.TB, change ...string) *hall {
	t.Helper()
	h := &hall{t: t, start: time.Now(), time: monday, logged: &logged{}}
	h.begin(t.TempDir())
	t.Cleanup(func() { h.stop() })
	h.configure(change...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.serve(l)
	for _, c := range []queue.CounterID{"c1", "c2", "c3", "c4", "c5"} {
		h.do(queue.OpenCounter{Counter: c})
	}
	return h
}

// begin opens the book in dir and builds the house on it.
func (h *hall) begin(dir string) {
	t := h.t
	log := slog.New(slog.NewTextHandler(h.logged, &slog.HandlerOptions{Level: slog.LevelError}))
	words, err := locale.New()
	require.NoError(t, err)
	h.book, err = store.Open(dir, store.Options{Now: h.now, Synced: func() bool { return !h.alone.Load() }, Log: log})
	require.NoError(t, err)
	f := feed.New(h.book, feed.Options{Build: assets.Build(assets.Words()), Log: log})
	h.dir = t.TempDir()
	room := kiosk.New(kiosk.Options{Book: h.book, Feed: f, Words: words.Say, Log: log, Dir: h.dir})
	h.room = room
	static := door.Serve(assets.Handler(assets.Words()))
	routes := append(append(room.Routes(), f.Routes()...),
		door.Route{Method: "GET", Pattern: "/web/", Kind: door.KindAsset, Who: door.Anyone, Handle: static},
		door.Route{Method: "GET", Pattern: "/locale/", Kind: door.KindAsset, Who: door.Anyone, Handle: static})
	h.handler, err = door.New(door.Options{
		Access: func() (lan, hosts []string) {
			a := centre.InForce(h.book.View().Hall).Access
			return a.LAN, a.Hosts
		},
		Words: words.Say, Languages: func() []string { return centre.InForce(h.book.View().Hall).Centre.Languages },
		Log: log, Build: assets.Build(assets.Words()), Now: h.now,
	}, routes...)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = f.Run(ctx) })
	running.Go(func() { _ = room.Run(ctx) })
	h.stop = func() { stop(); running.Wait(); require.NoError(t, h.book.Close()) }
	h.bookDir = dir
}

func (h *hall) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time.Add(time.Since(h.start))
}

// set puts the hall's clock to another time of the day.
func (h *hall) set(to time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.start, h.time = time.Now(), to
}

// configure puts the document in force, with pairs of text replaced.
func (h *hall) configure(change ...string) {
	h.t.Helper()
	change = append(change, "PUBLIC", "", "MORE_SERVED", "", "MORE", "")
	doc, findings := centre.Parse("test.toml", []byte(strings.NewReplacer(change...).Replace(document)))
	require.NotNil(h.t, doc, "%v", findings)
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
}

func (h *hall) do(c queue.Command) store.Answer {
	h.t.Helper()
	a, err := h.book.Do(context.Background(), store.Request{Command: c})
	require.NoError(h.t, err)
	return a
}

// issue takes numbers as other people do.
func (h *hall) issue(service queue.ServiceID, n int) {
	h.t.Helper()
	for range n {
		h.do(queue.Issue{Service: service, Place: queue.AtKiosk, Kiosk: "k2"})
	}
}

// condition reports a device's conditions and waits until they are noted.
func (h *hall) condition(id device.ID, c device.Conditions) {
	h.t.Helper()
	h.book.Report(id, c, "")
	require.Eventually(h.t, func() bool {
		for _, d := range h.book.View().Devices {
			if d.ID == id {
				return d.Conditions.Equal(c)
			}
		}
		return false
	}, 15*time.Second, 20*time.Millisecond)
}

// tickets lists the numbers issued at a kiosk.
func (h *hall) tickets(at queue.KioskID) []string {
	var out []string
	for _, t := range h.book.View().Hall.Tickets() {
		if t.Kiosk == at {
			out = append(out, t.Number)
		}
	}
	return out
}

// call makes a request from loopback and decodes the answer.
func (h *hall) call(method, path, body string, head ...string) (int, map[string]any) {
	h.t.Helper()
	r, err := http.NewRequest(method, h.server.URL+path, strings.NewReader(body))
	require.NoError(h.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	require.NoError(h.t, err)
	var v map[string]any
	if strings.Contains(w.Header.Get("Content-Type"), "json") {
		require.NoError(h.t, json.Unmarshal(b, &v), "%s", b)
	}
	return w.StatusCode, v
}

// cut ends the server and every line to it, websockets too; again starts it at
// the same address.
func (h *hall) cut() (again func()) {
	h.t.Helper()
	address := h.server.Listener.Addr().String()
	h.server.Listener.(*lines).cut()
	return func() {
		l, err := net.Listen("tcp", address)
		require.NoError(h.t, err)
		h.serve(l)
	}
}

// serve starts the server on a listener whose lines can be cut.
func (h *hall) serve(l net.Listener) {
	s := httptest.NewUnstartedServer(h.handler)
	s.Listener.Close()
	s.Listener = &lines{Listener: l}
	s.Start()
	h.server = s
	h.t.Cleanup(func() {
		s.Listener.(*lines).cut()
		s.Close()
	})
}

// lines remembers the connections that it has let in, as httptest forgets those
// that become websockets.
type lines struct {
	net.Listener
	mu   sync.Mutex
	open []net.Conn
}

func (l *lines) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.open = append(l.open, c)
		l.mu.Unlock()
	}
	return c, err
}

func (l *lines) cut() {
	_ = l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		_ = c.Close()
	}
}
