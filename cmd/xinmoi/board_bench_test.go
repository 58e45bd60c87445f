package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
)

// boardHall is a house with so many zones, each with its counter and its board,
// that people look at in a browser.
type boardHall struct {
	b    *testing.B
	url  string
	disk *os.File
	net  *plainHub // one screen: the floor of the loopback

	press, floor []time.Duration
}

func newBoardHall(b *testing.B, zones int) *boardHall {
	var toml strings.Builder
	toml.WriteString("[centre]\nname = { vi = \"Xã Thử\" }\nlanguages = [\"vi\"]\n[[service]]\nid = \"s\"\nname = { vi = \"Việc\" }\n[voice]\nrepeat = 1\n[times]\nrepeat_s = 0\n")
	for z := 1; z <= zones; z++ {
		fmt.Fprintf(&toml, "[[zone]]\nid = \"z%[1]d\"\nname = { vi = \"Khu %[1]d\" }\n[[counter]]\nid = \"c%[1]d\"\nnumber = \"%[1]d\"\nzone = \"z%[1]d\"\nservices = [\"s\"]\n[[board]]\nid = \"b%[1]d\"\nzones = [\"z%[1]d\"]\n", z)
	}
	s := openServer(b)
	s.config = filepath.Join(b.TempDir(), "centre.toml")
	require.NoError(b, os.WriteFile(s.config, []byte(toml.String()), 0o600))
	_, err := s.reload(b.Context(), "vi")
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.feed.Run(ctx) })
	running.Go(func() { _ = s.rooms.display.Run(ctx) })
	b.Cleanup(func() { stop(); running.Wait() })
	srv := httptest.NewServer(s.handler)
	b.Cleanup(srv.Close)
	h := &boardHall{b: b, url: srv.URL, net: newPlainHub(b, 1)}
	h.disk, err = os.Create(filepath.Join(b.TempDir(), "floor"))
	require.NoError(b, err)
	b.Cleanup(func() { h.disk.Close() })
	for z := 1; z <= zones; z++ {
		h.post(fmt.Sprintf("/api/v1/counters/c%d/open", z))
	}
	return h
}

func (h *boardHall) post(path string) {
	body := `{}`
	if path == "/api/v1/tickets" {
		body = `{"service":"s"}`
	}
	resp, err := http.Post(h.url+path, "application/json", strings.NewReader(body))
	require.NoError(h.b, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	require.Less(h.b, resp.StatusCode, 300, path)
}

// open opens a board in a browser.
func (h *boardHall) open(browser *assetstest.Browser, zone int) *assetstest.Tab {
	page := browser.Open(h.b, strings.Replace(fmt.Sprintf("%s/board/b%d", h.url, zone), "127.0.0.1", "localhost", 1), assetstest.Size{W: 1920, H: 1080}, watching)
	page.Wait(`document.querySelector(".board")`)
	return page
}

// watching notes in the page when a number was painted, and when the first
// sample of an announcement leaves the browser's sound clock.
const watching = `
	window.painted = {}; window.chimes = []; window.silent = true;
	const wall = () => performance.timeOrigin + performance.now();
	addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
		for (const el of document.querySelectorAll(".list li .num:first-child")) {
			const number = el.textContent;
			if (number in painted) continue;
			painted[number] = 0;
			requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => { painted[number] = wall(); }; c.port2.postMessage(0); });
		}
	}).observe(document.body, { childList: true, subtree: true, characterData: true }));
	const start = AudioBufferSourceNode.prototype.start;
	AudioBufferSourceNode.prototype.start = function (when) {
		if (silent) { silent = false; chimes.push(wall() + 1000 * (when - this.context.currentTime)); }
		return start.call(this, when);
	};
	const send = WebSocket.prototype.send;
	WebSocket.prototype.send = function (text) { if (text.includes('"finished"')) silent = true; return send.call(this, text); };
`

// frame is the length of one frame of the page, in milliseconds.
const frame = `new Promise((done) => requestAnimationFrame((a) => requestAnimationFrame((b) => done(b - a))))`

// measure presses next at a counter and asks the page when it has been seen or
// heard: an expression for milliseconds since 1970, 0 while it is not.
func (h *boardHall) measure(page *assetstest.Tab, zone int, when string) {
	h.post("/api/v1/tickets")
	time.Sleep(50 * time.Millisecond) // what came before has been painted
	began := time.Now()
	h.post(fmt.Sprintf("/api/v1/counters/c%d/next", zone))
	page.Wait(when)
	at := assetstest.Eval[float64](page, when)
	h.press = append(h.press, time.UnixMicro(int64(at*1000)).Sub(began))
	h.post(fmt.Sprintf("/api/v1/counters/c%d/finish", zone))
	commit := 2 * flushOnce(h.b, h.disk)
	loopback := h.net.press(h.b, []byte(`{"type":"ticket.called"}`))
	h.floor = append(h.floor, commit+loopback+time.Duration(assetstest.Eval[float64](page, frame)*1e6))
}

func (h *boardHall) report() {
	h.b.ReportMetric(float64(len(h.press)), "presses")
	p, f := percentile(h.press, 50), percentile(h.floor, 50)
	h.b.ReportMetric(p, "p50-ms")
	h.b.ReportMetric(percentile(h.press, 95), "p95-ms")
	h.b.ReportMetric(f, "floor-p50-ms")
	h.b.ReportMetric(p/f, "x-floor")
	h.b.ReportMetric(0, "ns/op")
}

// BenchmarkPressToPainted measures from a clerk's press, over HTTP, until the
// number has been painted on a board in Chromium while 99 others are connected.
// The floor of the same run: two flushes of 4 KiB, as a commit of bbolt has, one
// press over loopback to one screen, and one frame of the page.
func BenchmarkPressToPainted(b *testing.B) {
	h := newBoardHall(b, 1)
	for range 99 {
		watchBoard(b, h.url, make(chan shown, 1<<16))
	}
	page := h.open(assetstest.Start(b), 1)
	one := func() {
		h.measure(page, 1, `(Object.values(painted).at(-1) || 0) * (Object.keys(painted).length === `+fmt.Sprint(len(h.press)+1)+`)`)
	}
	for b.Loop() {
		one()
	}
	h.report()
}

// BenchmarkPressToChime measures from the press to the first sample of the chime.
// Four zones take turns, each with a board of its own that has finished speaking.
// What the sound card adds is not in it; 50 ms of it is the page's own lead.
func BenchmarkPressToChime(b *testing.B) {
	const zones = 4
	h := newBoardHall(b, zones)
	browser := assetstest.Start(b)
	var pages []*assetstest.Tab
	for z := 1; z <= zones; z++ {
		pages = append(pages, h.open(browser, z))
	}
	heard := make([]int, zones)
	time.Sleep(5 * time.Second) // the clips are loaded and each zone has its speaker
	for b.Loop() {
		for z, page := range pages {
			for end := time.Now().Add(time.Minute); !assetstest.Eval[bool](page, "silent"); time.Sleep(100 * time.Millisecond) {
				require.True(b, time.Now().Before(end), "a board speaks for ever")
			}
			time.Sleep(300 * time.Millisecond) // the house knows that it has finished
			heard[z]++
			h.measure(page, z+1, fmt.Sprintf("chimes.length >= %d && chimes[%d]", heard[z], heard[z]-1))
		}
	}
	h.report()
}
