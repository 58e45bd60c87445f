package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/cmd/internal/demo"
)

// TestMain lets the test binary be the program, so that the demo can start it as
// its daemon and really cut its power.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"demo", "serve", "verify"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// hall is a running demo: the real daemon, real ptys and a TCP port, with
// simulated devices at their far ends.
type hall struct {
	t   testing.TB
	url string
	log *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func openHall(t testing.TB) *hall {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	h := &hall{t: t, log: &syncBuffer{}}
	ready := make(chan string, 1)
	done := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		done <- demo.Run(ctx, demo.Options{
			Exe: exe, Listen: "127.0.0.1:0", Log: h.log,
			Ready: func(url string) { ready <- url },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the daemon said:\n%s", h.log)
		}
	})
	select {
	case url := <-ready:
		h.url = strings.Replace(strings.TrimSuffix(url, "/demo"), "127.0.0.1", "localhost", 1)
	case err := <-done:
		done <- nil
		t.Fatalf("the demo did not start: %v\n%s", err, h.log)
	case <-time.After(60 * time.Second):
		t.Fatalf("the demo did not start in a minute\n%s", h.log)
	}
	return h
}

// seen is what /demo/events says of the devices' ends of the wires.
type seen struct {
	Power   bool
	Printer struct {
		Paper  bool
		Papers []int
	}
	Keypads []struct{ ID, Counter, Display string }
	Signs   []struct{ ID, Counter, Text string }
	Hall    []string `json:"hall_sign"`
}

func (h *hall) see() (s seen) {
	h.t.Helper()
	resp, err := http.Get(h.url + "/demo/events")
	require.NoError(h.t, err)
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(h.t, err)
	data := strings.TrimPrefix(line, "data: ")
	require.NoError(h.t, json.Unmarshal([]byte(data), &s), data)
	return s
}

func (h *hall) sign(counter string) string {
	for _, l := range h.see().Signs {
		if l.Counter == counter {
			return strings.TrimSpace(l.Text)
		}
	}
	return "no such sign"
}

func (h *hall) post(path, body string) {
	h.t.Helper()
	require.Equal(h.t, http.StatusNoContent, h.status(path, body))
}

func (h *hall) status(path, body string) int {
	h.t.Helper()
	resp, err := http.Post(h.url+path, "application/json", strings.NewReader(body))
	require.NoError(h.t, err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func (h *hall) flip(name string, on bool) {
	h.t.Helper()
	h.post("/demo/switch", fmt.Sprintf(`{"switch":%q,"on":%v}`, name, on))
}

func (h *hall) next(keypad string) {
	h.t.Helper()
	h.post("/demo/press", fmt.Sprintf(`{"keypad":%q,"key":"next"}`, keypad))
}

func (h *hall) paper(n int) image.Image {
	h.t.Helper()
	resp, err := http.Get(fmt.Sprintf("%s/demo/paper/%d", h.url, n))
	require.NoError(h.t, err)
	defer resp.Body.Close()
	img, _, err := image.Decode(resp.Body)
	require.NoError(h.t, err)
	return img
}

// blackness is the share of black dots: an empty or garbled slip shows.
func blackness(img image.Image) float64 {
	b := img.Bounds()
	black := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				black++
			}
		}
	}
	return float64(black) / float64(b.Dx()*b.Dy())
}

// soon waits for what the hall should come to within a few seconds.
func soon(t testing.TB, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 15*time.Second, 50*time.Millisecond, what)
}

// TestOneNumberThroughTheHall is the main job on real wires: a citizen touches
// the kiosk, the ticket comes out of a TCP printer, a clerk presses a key of a
// keypad on a pty, the sign on another pty and the wall board show the call.
// Then each link breaks and heals.
func TestOneNumberThroughTheHall(t *testing.T) {
	browser := assetstest.Start(t)
	h := openHall(t)
	kiosk := browser.Open(t, h.url+"/kiosk/k1", assetstest.Size{W: 1080, H: 1920})
	board := browser.Open(t, h.url+"/board/b1", assetstest.Size{W: 1920, H: 1080})
	number := takeNumber(kiosk, "ho-tich")

	soon(t, "the ticket comes out", func() bool { return len(h.see().Printer.Papers) == 1 })
	slip := h.paper(0)
	require.Equal(t, 576, slip.Bounds().Dx())
	require.Greater(t, blackness(slip), 0.02, "something stands on the paper")

	h.next("q1")
	soon(t, "the sign over counter 1 shows "+number, func() bool { return h.sign("c1") == number })
	board.WaitText(number)
	kiosk.Tap(`[data-action="done"]`)

	t.Run("a pulled printer is said at the kiosk, and its ticket prints when it is back", func(t *testing.T) {
		h.flip("printer", false)
		kiosk.WaitText("Máy in đang gặp trục trặc")
		second := takeNumber(kiosk, "dat-dai")
		require.NotEqual(t, number, second)
		h.flip("printer", true)
		soon(t, "the second ticket", func() bool { return len(h.see().Printer.Papers) == 2 })
		kiosk.Tap(`[data-action="done"]`)
	})
	t.Run("a power cut loses nothing and repeats nothing", func(t *testing.T) {
		clerk := browser.Open(t, h.url+"/counter/c1", assetstest.Size{W: 1366, H: 768})
		clerk.WaitText(number)
		h.flip("power", false)
		board.Wait(`document.querySelector(".offline") !== null`)
		h.flip("power", true)
		clerk.WaitText("Máy vừa khởi động lại")
		board.Wait(`document.querySelector(".offline") === null`)
		board.WaitText(number)
		soon(t, "the sign shows the same", func() bool { return h.sign("c1") == number })
		require.Never(t, func() bool { return len(h.see().Printer.Papers) != 2 }, time.Second, 100*time.Millisecond)
		require.Equal(t, 1, clerkSees(h, number))
	})
	t.Run("the page of the demo shows it all", func(t *testing.T) {
		for _, service := range []string{"chung-thuc", "cu-tru", "ho-tich", "tra-ket-qua", "kinh-doanh", "dat-dai"} {
			require.Equal(t, http.StatusCreated, h.status("/api/v1/tickets", `{"service":"`+service+`","kiosk":"k1"}`))
		}
		for _, keypad := range []string{"q2", "q5", "q4"} {
			h.next(keypad)
		}
		page := browser.Open(t, h.url+"/demo", assetstest.Size{W: 1600, H: 1010})
		page.Wait(`document.querySelectorAll(".papers img").length === 8`)
		page.Wait(`[...document.querySelectorAll("iframe")].every((f) => f.contentDocument.querySelector("h1"))`)
		page.Wait(`document.querySelector(".counter .red").getAttribute("aria-label").endsWith("` + number + `")`)
		page.Shot("demo-vi")
		page.Tap("button.plain")
		page.WaitText("Ticket printer")
		page.Shot("demo-en")
		require.Empty(t, page.Errors())
	})
}

// takeNumber touches the tile of a service and returns the number that the kiosk
// shows, which it may only do once it is durable.
func takeNumber(kiosk *assetstest.Tab, service string) string {
	kiosk.Tap(`button[data-service="` + service + `"]`)
	kiosk.Wait(`document.querySelector("main.ticket .number") !== null`)
	return assetstest.Eval[string](kiosk, `document.querySelector("main.ticket .number").innerText.trim()`)
}

// clerkSees counts the day's tickets with a number.
func clerkSees(h *hall, number string) (n int) {
	resp, err := http.Get(h.url + "/api/v1/tickets")
	require.NoError(h.t, err)
	defer resp.Body.Close()
	var list struct{ Items []struct{ Number string } }
	require.NoError(h.t, json.NewDecoder(resp.Body).Decode(&list))
	for _, t := range list.Items {
		if t.Number == number {
			n++
		}
	}
	return n
}

// TestEachLinkIsNeeded cuts one link at a time: what the test above sees must
// then not be seen, or it would prove nothing about that link.
func TestEachLinkIsNeeded(t *testing.T) {
	take := func(h *hall) {
		require.Equal(h.t, http.StatusCreated, h.status("/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`))
	}
	for link, shows := range map[string]func(*hall) bool{
		"printer": func(h *hall) bool { take(h); time.Sleep(2 * time.Second); return len(h.see().Printer.Papers) > 0 },
		"signs":   func(h *hall) bool { take(h); h.next("q1"); time.Sleep(2 * time.Second); return h.sign("c1") != "" },
		"keypads": func(h *hall) bool {
			take(h)
			h.status("/demo/press", `{"keypad":"q1","key":"next"}`)
			time.Sleep(2 * time.Second)
			return h.sign("c1") != ""
		},
		"power": func(h *hall) bool {
			return h.status("/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`) == http.StatusCreated
		},
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			h := openHall(t)
			h.flip(link, false)
			require.False(t, shows(h), "seen although the link is cut")
		})
	}
}
