package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/store/centre"
)

// BenchmarkPressToLastScreen measures from a clerk's press, over HTTP, until the
// last of n boards has the call on its websocket: decided, durable, told. The
// floor is measured press by press in the same run: the same press and the same
// bytes to as many screens by a plain loop of writes with nothing decided or
// stored (net), and twice one write of 4 KiB with fdatasync, since a commit of
// bbolt flushes twice.
func BenchmarkPressToLastScreen(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchPress(b, b.TempDir(), n) })
	}
}

// BenchmarkPressOnASlowDisk is the same with 50 boards and the book on the disk
// of "make bench-slow", on which a flush takes 5 ms.
func BenchmarkPressOnASlowDisk(b *testing.B) {
	dir := os.Getenv("XINMOI_SLOW_DISK")
	if dir == "" {
		b.Skip("run by make bench-slow")
	}
	benchPress(b, dir, 50)
}

func benchPress(b *testing.B, dir string, screens int) {
	s, url := benchHall(b, dir)
	post := func(path, body string) {
		resp, err := http.Post(url+path, "application/json", strings.NewReader(body))
		require.NoError(b, err)
		_, _ = io.Copy(io.Discard, resp.Body) // else the connection is not used again
		resp.Body.Close()
		require.Less(b, resp.StatusCode, 300, path)
	}
	post("/api/v1/counters/c1/open", `{}`)
	called := make(chan shown, screens)
	for range screens {
		watchBoard(b, url, called)
	}
	plain := newPlainHub(b, screens)
	disk, err := os.Create(filepath.Join(dir, "floor"))
	require.NoError(b, err)
	defer disk.Close()

	var press, net, flush []time.Duration
	turn := func() {
		post("/api/v1/tickets", `{"service":"ho-tich"}`)
		time.Sleep(20 * time.Millisecond) // the screens have shown what came before
		began := time.Now()
		post("/api/v1/counters/c1/call", `{"number":"`+waitingNumber(s)+`"}`)
		last := lastOf(called, screens)
		press = append(press, last.at.Sub(began))
		post("/api/v1/counters/c1/finish", `{}`)
		time.Sleep(20 * time.Millisecond)
		net = append(net, plain.press(b, last.msg))
		flush = append(flush, flushOnce(b, disk))
	}
	turn() // with cold connections: not counted
	press, net, flush = nil, nil, nil
	for b.Loop() {
		for range 10 {
			turn()
		}
	}
	for _, percent := range []int{50, 99} {
		p, n, f := percentile(press, percent), percentile(net, percent), percentile(flush, percent)
		b.ReportMetric(p, fmt.Sprintf("p%d-ms", percent))
		b.ReportMetric(n, fmt.Sprintf("net-p%d-ms", percent))
		b.ReportMetric(f, fmt.Sprintf("flush-p%d-ms", percent))
		b.ReportMetric(p/(n+2*f), fmt.Sprintf("p%d-x-floor", percent))
	}
	b.ReportMetric(0, "ns/op") // an iteration is more than a press
}

// benchHall is a commune's hall that listens.
func benchHall(b *testing.B, dir string) (s *server, url string) {
	s = openServerIn(b, dir)
	s.config = filepath.Join(b.TempDir(), "centre.toml")
	src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "Xã Thử", "en": "Test"}, Counters: 5})
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(s.config, src, 0o600))
	_, err = s.reload(b.Context(), "vi")
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.feed.Run(ctx) })
	srv := httptest.NewServer(s.handler)
	b.Cleanup(func() { stop(); running.Wait(); srv.Close() })
	return s, srv.URL
}

// shown is a call as a screen got it.
type shown struct {
	at  time.Time
	msg []byte
}

// lastOf waits until n screens have the call.
func lastOf(called <-chan shown, n int) (last shown) {
	for range n {
		if s := <-called; s.at.After(last.at) {
			last = s
		}
	}
	return last
}

// watchBoard opens a board's view and tells when a call arrives.
func watchBoard(b *testing.B, url string, called chan<- shown) {
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/api/v1/stream?view=board/b1", http.Header{"Origin": {url}})
	require.NoError(b, err)
	b.Cleanup(func() { ws.Close() })
	go func() {
		for {
			_, msg, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if bytes.Contains(msg, []byte(`"type":"ticket.called"`)) {
				called <- shown{time.Now(), msg}
			}
		}
	}()
}

// plainHub is the floor of the net: a press over HTTP, and the same bytes to all
// screens from one loop, which one stuck screen would stop.
type plainHub struct {
	url    string
	conns  []*websocket.Conn
	called chan shown
}

func newPlainHub(b *testing.B, screens int) *plainHub {
	h := &plainHub{called: make(chan shown, screens)}
	arrived := make(chan *websocket.Conn, screens)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/stream", func(w http.ResponseWriter, r *http.Request) {
		if conn, err := new(websocket.Upgrader).Upgrade(w, r, nil); err == nil {
			arrived <- conn
		}
	})
	mux.HandleFunc("POST /press", func(w http.ResponseWriter, r *http.Request) {
		msg, _ := io.ReadAll(r.Body)
		for _, c := range h.conns {
			_ = c.WriteMessage(websocket.TextMessage, msg)
		}
	})
	srv := httptest.NewServer(mux)
	b.Cleanup(srv.Close)
	h.url = srv.URL
	for range screens {
		watchBoard(b, srv.URL, h.called)
		h.conns = append(h.conns, <-arrived)
	}
	return h
}

func (h *plainHub) press(b *testing.B, msg []byte) time.Duration {
	began := time.Now()
	resp, err := http.Post(h.url+"/press", "application/json", bytes.NewReader(msg))
	require.NoError(b, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return lastOf(h.called, len(h.conns)).at.Sub(began)
}

// BenchmarkTwoHundredScreensBack measures from the instant in which 200 boards, all
// of a hall after a restart, come back with a number of the run before, until the
// last one has its snapshot.
func BenchmarkTwoHundredScreensBack(b *testing.B) {
	const screens = 200
	s, hall := benchHall(b, b.TempDir())
	url := "ws" + strings.TrimPrefix(hall, "http") + "/api/v1/stream?view=board/b1&since=before-run.1"
	var took []time.Duration
	for b.Loop() {
		conns := make([]*websocket.Conn, screens)
		var all sync.WaitGroup
		began := time.Now()
		for i := range conns {
			all.Go(func() {
				ws, _, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {hall}})
				if err != nil {
					b.Error(err)
					return
				}
				conns[i] = ws
				if _, msg, err := ws.ReadMessage(); err != nil || !bytes.Contains(msg, []byte(`"type":"snapshot"`)) {
					b.Errorf("no snapshot: %s %v", msg, err)
				}
			})
		}
		all.Wait()
		took = append(took, time.Since(began))
		if b.Failed() {
			return
		}
		for _, ws := range conns {
			ws.Close()
		}
		for s.feed.Stats().Clients > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	b.ReportMetric(percentile(took, 50), "whole-p50-ms")
	b.ReportMetric(percentile(took, 99), "whole-p99-ms")
	b.ReportMetric(0, "ns/op")
}

func waitingNumber(s *server) string {
	return s.book.View().Hall.Waiting("ho-tich")[0].Number
}

// flushOnce is one write of 4 KiB and its flush.
func flushOnce(b *testing.B, disk *os.File) time.Duration {
	began := time.Now()
	_, err := disk.WriteAt(make([]byte, 4<<10), 0)
	require.NoError(b, err)
	require.NoError(b, unix.Fdatasync(int(disk.Fd())))
	return time.Since(began)
}

// percentile in milliseconds.
func percentile(d []time.Duration, percent int) float64 {
	slices.Sort(d)
	return float64(d[len(d)*percent/100].Microseconds()) / 1000
}
