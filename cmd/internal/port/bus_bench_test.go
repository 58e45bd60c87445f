package port_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/cmd/internal/port"
	"xinmoi/counter"
	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// presses of one run of a benchmark of a bus, more if b.Loop wants more. They are
// a second and more apart, so a run takes its time.
const presses = 24

// busHall is 32 counters with a keypad or a button each, on one pty at 9600 baud.
type busHall struct {
	*testing.B
	book *store.Book
	bus  *counter.Bus
}

func openBus(b *testing.B, device_ string, serve func(context.Context, *os.File) error) *busHall {
	link := filepath.Join(b.TempDir(), "bus")
	var doc strings.Builder
	fmt.Fprintf(&doc, "[centre]\nname = { vi = \"Xã Thử\" }\n[[service]]\nid = \"civil\"\nname = { vi = \"Hộ tịch\" }\n")
	for n := 1; n <= 32; n++ {
		fmt.Fprintf(&doc, "[[counter]]\nid = \"q%d\"\nnumber = \"%d\"\nservices = [\"civil\"]\n", n, n)
		fmt.Fprintf(&doc, "[[keypad]]\nid = \"k%d\"\nport = \"serial:%s?baud=9600\"\naddress = %d\ncounter = \"q%d\"\n%s", n, link, n, n, device_)
	}
	parsed, findings := centre.Parse("centre.toml", []byte(doc.String()))
	require.NotNil(b, parsed, "%v", findings)
	h := &busHall{B: b}
	var err error
	h.book, err = store.Open(b.TempDir(), store.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { h.book.Close() })
	canonical, hash := parsed.Canonical()
	h.do(queue.Configure{Rules: parsed.Rules(), Document: canonical, Hash: hash})
	h.bus, err = counter.NewBus(h.book, slog.New(slog.DiscardHandler), parsed, parsed.Keypads)
	require.NoError(b, err)
	line := &cable{t: b, link: link, serve: serve}
	line.plug()
	ctx, stop := context.WithCancel(context.Background())
	address, err := port.Parse("serial:" + link + "?baud=9600")
	require.NoError(b, err)
	var keeping sync.WaitGroup
	keeping.Go(func() { port.Opener{}.Keep(ctx, address, h.bus.Serve, func(device.Conditions, string) {}) })
	b.Cleanup(func() { stop(); keeping.Wait(); line.unplg() })
	time.Sleep(2 * time.Second) // the first round
	return h
}

func (h *busHall) do(c queue.Command) {
	_, err := h.book.Do(context.Background(), store.Request{Command: c})
	require.NoError(h, err)
}

// until waits for the event that a press of this keypad makes, and says when it
// was in the journal.
func (h *busHall) until(after store.Seq, via string) time.Time {
	bell, stop := h.book.Bell()
	defer stop()
	for end := time.After(10 * time.Second); ; {
		entries, err := h.book.Read(after, 1000)
		require.NoError(h, err)
		for _, e := range entries {
			if e.By.Via == via {
				return time.Now()
			}
		}
		select {
		case <-bell:
		case <-end:
			h.Fatalf("nothing came of a press of %s", via)
		}
	}
}

// report prints the figures beside what they may be.
func (h *busHall) report(took []time.Duration, median, worst time.Duration) {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	h.ReportMetric(0, "ns/op")
	h.ReportMetric(ms(took[len(took)/2]), "median-ms")
	h.ReportMetric(ms(median), "median-goal-ms")
	h.ReportMetric(ms(took[len(took)-1]), "worst-ms")
	h.ReportMetric(ms(worst), "worst-goal-ms")
	h.ReportMetric(float64(len(took)), "presses")
}

// BenchmarkPressPolled32 is from a button going down, at any moment of the round,
// until its event is durable. The floor is one round computed from bytes, gaps
// and speed; the goals are 0.6 of it and 20 ms, and 1.2 of it and 20 ms.
func BenchmarkPressPolled32(b *testing.B) {
	var addrs []byte
	for n := range 32 {
		addrs = append(addrs, byte(n+1))
	}
	m := countertest.NewModules(8, addrs...)
	m.SetBaud(9600)
	h := openBus(b, "protocol = \"modbus\"\nkeys = { \"1\" = \"pause\" }\n", func(ctx context.Context, f *os.File) error { return m.Serve(ctx, f) })
	for n := 1; n <= 32; n++ {
		h.do(queue.OpenCounter{Counter: queue.CounterID(fmt.Sprintf("q%d", n))})
	}
	var took []time.Duration
	start, rounds := time.Now(), m.Asked(32)
	round := func() time.Duration { return time.Since(start) / time.Duration(max(1, m.Asked(32)-rounds)) }
	time.Sleep(4 * time.Second) // some rounds, to know how long one is
	press := func() {
		addr := byte(len(took)%32 + 1)
		time.Sleep(rand.N(round())) // any moment of a round is as likely as any other
		before := h.book.View().Seq
		began := time.Now()
		m.Hold(addr, 1, true)
		took = append(took, h.until(before, fmt.Sprintf("keypad/k%d", addr)).Sub(began))
		m.Hold(addr, 1, false)
	}
	for b.Loop() {
		press()
	}
	for len(took) < presses {
		press()
	}
	floor, _ := h.bus.Floor(9600)
	h.ReportMetric(float64(round().Milliseconds()), "round-ms")
	h.ReportMetric(float64(floor.Microseconds())/1000, "floor-ms")
	h.report(took, floor*6/10+20*time.Millisecond, floor*12/10+20*time.Millisecond)
}

// BenchmarkPressFF6832 is from a key going down on one of 32 keypads that speak
// first, one press a second on the bus, until its event is durable. Each press
// calls, so that each changes the number of people waiting on every display; who
// speaks while another does garbles both, and the keypad repeats after 200 ms.
func BenchmarkPressFF6832(b *testing.B) {
	var addrs []byte
	for n := range 32 {
		addrs = append(addrs, byte(n+1))
	}
	pads := countertest.New(addrs...)
	pads.SetBaud(9600)
	h := openBus(b, "", func(ctx context.Context, f *os.File) error { return pads.Serve(ctx, f) })
	for range 20 {
		h.do(queue.Issue{Service: "civil"})
	}
	var took, clear []time.Duration // all, and those that nobody garbled
	press := func() {
		h.do(queue.Issue{Service: "civil"})
		time.Sleep(time.Second + time.Duration(rand.IntN(200))*time.Millisecond)
		addr := byte(len(took)%32 + 1)
		before, collisions := h.book.View().Seq, pads.Collisions()
		began := time.Now()
		acknowledged := make(chan error, 1)
		go func() { acknowledged <- pads.Press(context.Background(), addr, keypad.KeyNext) }()
		took = append(took, h.until(before, fmt.Sprintf("keypad/k%d", addr)).Sub(began))
		require.NoError(b, <-acknowledged)
		if pads.Collisions() == collisions {
			clear = append(clear, took[len(took)-1])
		}
	}
	for b.Loop() {
		press()
	}
	for len(took) < presses {
		press()
	}
	if len(clear) > 0 {
		h.ReportMetric(float64(slices.Max(clear).Microseconds())/1000, "worst-clear-ms")
	}
	h.ReportMetric(float64(pads.Collisions()), "collisions")
	h.ReportMetric(float64(pads.Repeats()), "repeats")
	h.report(took, 60*time.Millisecond, 200*time.Millisecond)
}
