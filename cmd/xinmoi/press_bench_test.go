package main

import (
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
// floor is measured press by press in the same run: one write of 4 KiB with
// fdatasync, and one round trip over loopback.
func BenchmarkPressToLastScreen(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchPress(b, n) })
	}
}

func benchPress(b *testing.B, screens int) {
	s := openServer(b)
	s.config = filepath.Join(b.TempDir(), "centre.toml")
	src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "Xã Thử", "en": "Test"}, Counters: 5})
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(s.config, src, 0o600))
	_, err = s.reload(b.Context(), "vi")
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.feed.Run(ctx) })
	defer running.Wait()
	defer stop()
	srv := httptest.NewServer(s.handler)
	defer srv.Close()

	post := func(path, body string) {
		resp, err := http.Post(srv.URL+path, "application/json", strings.NewReader(body))
		require.NoError(b, err)
		_, _ = io.Copy(io.Discard, resp.Body) // else the connection is not used again
		resp.Body.Close()
		require.Less(b, resp.StatusCode, 300, path)
	}
	post("/api/v1/counters/c1/open", `{}`)
	called := make(chan time.Time, screens)
	for range screens {
		watchBoard(b, srv.URL, called)
	}
	disk, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	require.NoError(b, err)
	defer disk.Close()

	var press, floor []time.Duration
	for b.Loop() {
		post("/api/v1/tickets", `{"service":"ho-tich"}`)
		time.Sleep(20 * time.Millisecond) // the screens have shown what came before
		began := time.Now()
		post("/api/v1/counters/c1/call", `{"number":"`+waitingNumber(s)+`"}`)
		var last time.Time
		for range screens {
			if at := <-called; at.After(last) {
				last = at
			}
		}
		press = append(press, last.Sub(began))
		post("/api/v1/counters/c1/finish", `{}`)
		floor = append(floor, pressFloor(b, srv.URL, disk))
	}
	p, f := median50(press), median50(floor)
	b.ReportMetric(float64(p.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(f.Microseconds())/1000, "floor-ms")
	b.ReportMetric(float64(p)/float64(f), "x-floor")
	b.ReportMetric(0, "ns/op") // an iteration is more than a press
}

// watchBoard opens a board's view and tells when a call arrives.
func watchBoard(b *testing.B, url string, called chan<- time.Time) {
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/api/v1/stream?view=board/b1", http.Header{"Origin": {url}})
	require.NoError(b, err)
	b.Cleanup(func() { ws.Close() })
	go func() {
		for {
			_, msg, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if strings.Contains(string(msg), `"type":"ticket.called"`) {
				called <- time.Now()
			}
		}
	}()
}

func waitingNumber(s *server) string {
	return s.book.View().Hall.Waiting("ho-tich")[0].Number
}

func pressFloor(b *testing.B, url string, disk *os.File) time.Duration {
	began := time.Now()
	_, err := disk.WriteAt(make([]byte, 4<<10), 0)
	require.NoError(b, err)
	require.NoError(b, unix.Fdatasync(int(disk.Fd())))
	resp, err := http.Get(url + "/healthz")
	require.NoError(b, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return time.Since(began)
}

func median50(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
