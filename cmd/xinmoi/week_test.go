package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
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
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/locale"
	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/display/displaytest"
	"xinmoi/printer/printertest"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

const weekCentre = `
[centre]
name = { vi = "xã Mường Ảng", en = "Mường Ảng Commune" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch", en = "Civil status" }
prefix = "A"
[[service]]
id = "land"
name = { vi = "Đất đai", en = "Land" }
prefix = "B"
issue = ["07:00-11:30"]
[[counter]]
id = "c1"
services = ["civil"]
[[counter]]
id = "c2"
services = ["land"]
help = ["civil"]
[[counter]]
id = "c3"
services = ["civil", "land"]
[[priority]]
id = "elder"
name = { vi = "Người cao tuổi", en = "Elderly" }
[[kiosk]]
id = "k1"
printers = ["p1"]
[[printer]]
id = "p1"
port = "agent:hall/printer"
[[keypad]]
id = "n1"
port = "agent:hall/keypads"
address = 1
counter = "c1"
[[keypad]]
id = "n2"
port = "agent:hall/keypads"
address = 2
counter = "c2"
[[led]]
id = "l1"
port = "agent:hall/signs"
address = 1
counter = "c1"
letters = true
[[board]]
id = "b1"
`

// week is a hall without listeners: the whole daemon, HTTP over an in-memory
// listener, wires over net.Pipe to simulated devices, and a wall clock that can be
// set. Its time is that of the bubble.
type week struct {
	*testing.T
	dir     string
	skew    atomic.Int64
	synced  atomic.Bool
	power   atomic.Bool // of the devices
	printer *printertest.Printer
	pads    *countertest.Bus
	signs   *displaytest.Bus

	server *server
	line   *memory
	client *http.Client
	stop   func()
	live   sync.WaitGroup // simulators
	plug   context.Context
	unplug func()
	random *rand.Rand
	asked  int
}

func (w *week) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

// memory is a listener whose connections are pipes.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}
func (m *memory) Close() error   { m.once.Do(func() { close(m.done) }); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

// pipe tells the door that its other end is on this machine.
type pipe struct{ net.Conn }

func (pipe) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000} }
func (pipe) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (m *memory) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m.conns <- pipe{there}:
		return here, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

// lend plugs a simulated device in, if it has power.
func (w *week) lend(_ context.Context, _, name string) (device.Wire, error) {
	if !w.power.Load() {
		return nil, &device.Fault{Conditions: device.Set(device.Offline)}
	}
	here, there := net.Pipe()
	serve := map[string]func(context.Context, io.ReadWriteCloser) error{
		"printer": w.printer.Serve, "keypads": w.pads.Serve, "signs": w.signs.Serve,
	}[name]
	plug := w.plug
	w.live.Go(func() { _ = serve(plug, there) })
	return here, nil
}

// start begins a run of the daemon; the devices get power.
func (w *week) start() {
	w.Helper()
	w.plug, w.unplug = context.WithCancel(context.Background())
	w.power.Store(true)
	words, err := locale.New()
	require.NoError(w, err)
	s := &server{config: filepath.Join(w.dir, "centre.toml"), data: w.dir, listen: "127.0.0.1:8080", log: slog.New(slog.DiscardHandler),
		env: env{out: io.Discard, errw: io.Discard, words: words, lang: "vi"}, lent: w.lend}
	s.book, err = store.Open(w.dir, store.Options{
		Now: w.now, Synced: w.synced.Load,
		Zone: func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() },
	})
	require.NoError(w, err)
	require.NoError(w, s.importConfig(w.Context()))
	require.NoError(w, s.build())
	w.server, w.line = s, &memory{conns: make(chan net.Conn), done: make(chan struct{})}
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.line.dial}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, w.line) }()
	w.stop = func() {
		cancel()
		require.NoError(w, <-ended)
		require.NoError(w, s.book.Close())
		w.client.CloseIdleConnections()
		w.power.Store(false)
		w.unplug()
		w.live.Wait()
	}
	time.Sleep(time.Second)
}

// powerCut leaves what lies on the disk at this moment, and starts again. A disk
// that keeps its promises has all of it.
func (w *week) powerCut() {
	w.Helper()
	cut := w.TempDir()
	entries, err := os.ReadDir(w.dir)
	require.NoError(w, err)
	for _, e := range entries {
		if data, err := os.ReadFile(filepath.Join(w.dir, e.Name())); err == nil && e.Name() != "ballast" {
			require.NoError(w, os.WriteFile(filepath.Join(cut, e.Name()), data, 0o600))
		}
	}
	w.stop()
	db, err := bolt.Open(filepath.Join(cut, "book.db"), 0o600, nil)
	require.NoError(w, err)
	require.NoError(w, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("run"), []byte("boot before the cut"))
	}))
	require.NoError(w, db.Close())
	w.dir = cut
	time.Sleep(3 * time.Minute)
	w.start()
}

func (w *week) view() *store.View { return w.server.book.View() }

// ask makes a request as a page does, and wants one of the statuses.
func (w *week) ask(method, path string, body any, statuses ...int) map[string]any {
	w.Helper()
	b, err := json.Marshal(body)
	require.NoError(w, err)
	req, err := http.NewRequestWithContext(w.Context(), method, "http://127.0.0.1:8080"+path, bytes.NewReader(b))
	require.NoError(w, err)
	if method == http.MethodPost {
		w.asked++
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", fmt.Sprint("week-", w.asked))
	}
	resp, err := w.client.Do(req)
	require.NoError(w, err, path)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w, err)
	require.Contains(w, statuses, resp.StatusCode, "%s %s: %s", method, path, text)
	answer := map[string]any{}
	require.NoError(w, json.Unmarshal(text, &answer))
	return answer
}

// post may be refused: people press what does not fit as well.
func (w *week) post(path string, body any) map[string]any {
	w.Helper()
	return w.ask(http.MethodPost, path, body, 200, 201, 409, 422)
}

func (w *week) arrive() {
	body := map[string]any{"service": []string{"civil", "civil", "land"}[w.random.IntN(3)], "kiosk": "k1"}
	if w.random.IntN(5) == 0 {
		body["priority"] = "elder"
	}
	w.post("/api/v1/tickets", body)
}

// work is one minute of the hall.
func (w *week) work() {
	w.Helper()
	for range w.random.IntN(3) {
		w.arrive()
	}
	_ = w.pads.Press(w.Context(), byte(1+w.random.IntN(2)), keypad.KeyNext)
	tickets := w.view().Hall.Tickets()
	switch w.random.IntN(9) {
	case 0:
		w.post("/api/v1/counters/c3/next", struct{}{})
	case 1:
		w.post("/api/v1/counters/c3/start", struct{}{})
	case 2:
		w.post("/api/v1/counters/c3/transfer", map[string]any{"service": []string{"civil", "land"}[w.random.IntN(2)]})
	case 3:
		w.post("/api/v1/counters/c1/no-show", struct{}{})
	case 4:
		w.post("/api/v1/counters/c2/park", map[string]any{"reason": "supplement"})
	case 5:
		for _, t := range tickets {
			if t.State == queue.NoShow || t.State == queue.Parked {
				w.post(fmt.Sprintf("/api/v1/tickets/%d/return", t.ID), struct{}{})
				break
			}
		}
	case 6:
		if len(tickets) > 0 {
			t := tickets[len(tickets)-1]
			w.post(fmt.Sprintf("/api/v1/tickets/%d/priority", t.ID), map[string]any{"class": "elder", "reason": "seen"})
		}
	case 7:
		for _, t := range tickets {
			if t.State == queue.Waiting {
				w.post("/api/v1/counters/c3/call", map[string]any{"number": t.Number})
				break
			}
		}
	case 8:
		for _, t := range tickets {
			if t.State == queue.Waiting {
				w.post(fmt.Sprintf("/api/v1/tickets/%d/postpone", t.ID), map[string]any{"minutes": 5})
				break
			}
		}
	}
	time.Sleep(time.Minute)
}

func (w *week) morning(minutes int) {
	w.Helper()
	for _, c := range []string{"c1", "c2", "c3"} {
		w.post("/api/v1/counters/"+c+"/sign-in", map[string]any{"clerk": "can-bo-" + c})
		w.post("/api/v1/counters/"+c+"/open", struct{}{})
	}
	for range minutes {
		w.work()
	}
}

func (w *week) evening() {
	w.Helper()
	w.ask(http.MethodPost, "/api/v1/day/close", struct{}{}, 200)
	time.Sleep(time.Minute)
}

// until sleeps to a time of the true clock.
func (w *week) until(day, hour int) {
	time.Sleep(time.Until(time.Date(2000, 1, day, hour, 0, 0, 0, centre.InForce(queue.NewHall()).Location())))
}

// kioskPage is a page that was on all the time, as its stream sees it.
func (w *week) kioskPage(gave func(state map[string]any) any) (snapshot map[string]any) {
	w.Helper()
	dialer := websocket.Dialer{NetDialContext: w.line.dial}
	conn, _, err := dialer.DialContext(w.Context(), "ws://127.0.0.1:8080/api/v1/stream?view=kiosk/k1", nil)
	require.NoError(w, err)
	defer conn.Close()
	require.NoError(w, conn.ReadJSON(&snapshot))
	if say := gave(snapshot["state"].(map[string]any)); say != nil {
		require.NoError(w, conn.WriteJSON(say))
		time.Sleep(time.Second)
	}
	return snapshot
}

// A week of the whole hall, in which the clock is set, forgotten, put right and
// wrong, and the power fails; at the end the book is audited.
func TestAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &week{T: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(7, 7)),
			printer: printertest.New(printertest.Options{}), pads: countertest.New(1, 2), signs: displaytest.New(6, 1)}
		require.NoError(t, os.WriteFile(filepath.Join(w.dir, "centre.toml"), []byte(weekCentre), 0o600))

		// Monday the 3rd: as it should be.
		w.until(3, 7)
		w.start()
		w.morning(30)
		assert.NotEmpty(t, strings.TrimSpace(w.signs.Text(1)), "the sign shows who is called")
		assert.Equal(t, queue.Day("2000-01-03"), w.view().Hall.Day())
		w.evening()
		w.stop()

		// Tuesday: somebody sets the clock six hours on. The hall goes on, whatever
		// the hours; the machine stays on over the night, and the day ends by itself.
		w.until(4, 7)
		w.start()
		w.morning(20)
		w.skew.Store(int64(6 * time.Hour))
		time.Sleep(5 * time.Second)
		assert.True(t, w.view().ClockUntrusted)
		w.ask(http.MethodPost, "/api/v1/tickets", map[string]any{"service": "land", "kiosk": "k1"}, 201)
		for range 15 {
			w.work()
		}
		assert.Equal(t, queue.Day("2000-01-04"), w.view().Hall.Day(), "by no jump")
		right := w.now().Add(-6 * time.Hour).In(centre.InForce(w.view().Hall).Location()).Format("2006-01-02T15:04")
		w.ask(http.MethodPost, "/api/v1/clock", map[string]any{"now": right}, 200)
		assert.False(t, w.view().ClockUntrusted)
		w.morning(15)
		assert.Equal(t, queue.Day("2000-01-04"), w.view().Hall.Day())
		w.unplugDevices()
		w.until(5, 1)
		assert.Empty(t, w.view().Hall.Day(), "closed at midnight, by the time of the house")
		w.stop()
		w.skew.Store(0)

		// Wednesday: the power fails twice. The kiosk has a battery the first time.
		w.until(5, 7)
		w.start()
		born := w.kioskPage(func(map[string]any) any { return nil })
		w.morning(20)
		last := w.lastAt("k1")
		next := w.nextNumber("A")
		w.powerCut()
		doubt := w.view().Outage.Doubt
		assert.Equal(t, []string{"A", "B"}, doubt)
		again := w.kioskPage(func(state map[string]any) any {
			assert.Equal(t, true, state["doubt"])
			return map[string]any{"type": "gave", "epoch": born["epoch"], "born": born["seq"], "last": last}
		})
		assert.NotEqual(t, born["epoch"], again["epoch"])
		assert.Empty(t, w.view().Outage.Doubt)
		number := w.ask(http.MethodPost, "/api/v1/tickets", map[string]any{"service": "civil", "kiosk": "k1"}, 201)["number"]
		assert.Equal(t, next, number, "none is skipped")
		w.morning(10)
		w.powerCut()
		w.morning(15)
		assert.Len(t, w.view().Outage.Skipped, 2, "one gap in each series")
		w.evening()
		w.stop()

		// Thursday: a time source goes mad for a while and comes back; small steps
		// are none.
		w.until(6, 7)
		w.start()
		w.morning(5)
		w.skew.Store(int64(-5 * time.Hour))
		for range 10 {
			w.work()
		}
		assert.True(t, w.view().ClockUntrusted)
		w.skew.Store(0)
		w.work()
		assert.False(t, w.view().ClockUntrusted)
		for i := range 10 {
			w.skew.Store(int64(i) * int64(700*time.Millisecond))
			w.work()
		}
		assert.False(t, w.view().ClockUntrusted)
		w.skew.Store(0)
		time.Sleep(5 * time.Second)
		w.evening()
		w.stop()

		// Friday: the battery of the clock is empty. No day is opened under a wrong
		// date; the supervisor says what time it is.
		w.until(7, 7)
		w.skew.Store(-int64(time.Until(time.Unix(0, 0)).Abs()))
		w.start()
		assert.True(t, w.view().ClockUntrusted)
		w.ask(http.MethodPost, "/api/v1/tickets", map[string]any{"service": "civil", "kiosk": "k1"}, 409, 503)
		w.ask(http.MethodPost, "/api/v1/clock", map[string]any{"now": "2000-01-07T07:01"}, 200)
		w.morning(15)
		assert.Equal(t, queue.Day("2000-01-07"), w.view().Hall.Day())
		w.synced.Store(true) // the network has come
		w.skew.Store(0)
		w.morning(10)
		assert.False(t, w.view().ClockUntrusted)
		w.evening()
		w.stop()
		w.judge()
	})
}

// unplugDevices turns the power strip off for the night.
func (w *week) unplugDevices() {
	w.power.Store(false)
	w.unplug()
	w.live.Wait()
	w.plug, w.unplug = context.WithCancel(context.Background())
}

func (w *week) lastAt(kiosk queue.KioskID) (id queue.TicketID) {
	for _, t := range w.view().Hall.Tickets() {
		if t.Kiosk == kiosk {
			id = t.ID
		}
	}
	return id
}

func (w *week) nextNumber(series string) string {
	h := w.view().Hall
	return h.Rules().Number(series, h.Numbers()[series]+1)
}

// judge audits the book and holds the paper against it.
func (w *week) judge() {
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	r, err := store.Audit(store.BookFile(w.dir), store.AuditOptions{Zone: zone})
	require.NoError(w, err)
	codes := map[string]int{}
	for _, f := range r.Findings {
		codes[f.Code]++
		assert.False(w, f.Fault, "%+v", f)
	}
	w.Logf("%d entries, %d numbers, %d calls in turn, %d pieces of paper; %v", r.Entries, r.Tickets, r.Calls, len(w.printer.Papers()), codes)
	assert.Greater(w, r.Tickets, 120)
	assert.Greater(w, r.Calls, 80)
	for code, n := range map[string]int{"skipped_power_cut": 2, "numbers_confirmed": 2, "clock_forward": 3, "clock_back": 2, "clock_unset": 1, "clock_said": 2, "clock_synced": 1} {
		assert.Equal(w, n, codes[code], code)
	}
	for _, code := range []string{"priority_changed", "returned", "postponed"} {
		assert.Positive(w, codes[code], code)
	}
	assert.Len(w, r.Days, 6, "five days, and what was before the first")

	for lang, conclusion := range map[string]string{"vi": "Kết luận: sổ nguyên vẹn.", "en": "Conclusion: the book is whole."} {
		code, out, errs := auditOf(w.T, "--data", w.dir, "--lang", lang)
		assert.Equal(w, exitGood, code, errs)
		assert.Contains(w, out, conclusion)
		assert.NotContains(w, out, "audit.", "a sentence is missing")
		if testing.Verbose() {
			w.Log("\n" + out)
		}
	}

	told := env{out: new(bytes.Buffer), errw: new(bytes.Buffer), words: w.server.env.words, lang: "vi"}
	require.Equal(w, exitGood, runReport(w.Context(), told, []string{"--data", w.dir}), told.errw)
	assert.Regexp(w, `2000-01-05  Số A\d+–A\d+ không phát, do mất điện lúc 7 giờ \d\d\.`, told.out)

	b, err := store.Open(w.dir, store.Options{Zone: zone, Now: func() time.Time { return r.Findings[len(r.Findings)-1].At.Add(time.Hour) }})
	require.NoError(w, err)
	defer b.Close()
	given := map[string]bool{}
	var printed int
	day := queue.Day("")
	for after := store.Seq(0); after < b.View().Seq; {
		entries, err := b.Read(after, 500)
		require.NoError(w, err)
		for _, e := range entries {
			after = e.Seq
			switch event := e.Event.(type) {
			case queue.DayOpened:
				day = event.Day
			case queue.Issued:
				name := string(day) + " " + event.Number
				assert.False(w, given[name], "%s twice", name)
				given[name] = true
			}
			if e.Type == "printer.printed" || e.Type == "printer.sent" {
				printed++
			}
		}
	}
	assert.Len(w, given, r.Tickets)
	assert.InDelta(w, r.Tickets, printed, 5, "a ticket may be lost in the power cut, none is printed twice")
	asked := 0
	for _, d := range r.Days[1:] {
		for range 20 {
			first, second := fmt.Sprintf("A%03d", 1+w.random.IntN(30)), fmt.Sprintf("A%03d", 1+w.random.IntN(30))
			why, _, err := b.Why(d.Day, first, second)
			if err != nil { // a number that was not given that day, or the same twice
				continue
			}
			asked++
			assert.NotEqual(w, queue.WhyNoReason, why.Reason, "%s: %s before %s", d.Day, first, second)
		}
	}
	assert.Greater(w, asked, 50)
}
