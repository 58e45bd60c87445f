package display_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/display"
	"xinmoi/display/displaytest"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
	"xinmoi/store/queue"
)

// signCentre has two counters with a sign each on one bus.
const signCentre = `
[centre]
name = { vi = "Xã Ẳng Cang" }
[[zone]]
id = "a"
name = { vi = "Khu A" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch" }
[[counter]]
id = "q1"
number = "1"
zone = "a"
services = ["civil"]
[[counter]]
id = "q2"
number = "2"
zone = "a"
services = ["civil"]
[[led]]
id = "l1"
port = "serial:/dev/ttyUSB1?baud=9600"
address = 1
counter = "q1"
letters = true
[[led]]
id = "l2"
port = "serial:/dev/ttyUSB1?baud=9600"
address = 2
counter = "q2"
letters = true
`

// signHall is a book and a bus of signs beside it, in simulated time.
type signHall struct {
	*testing.T
	book  *store.Book
	room  *display.Signs
	signs *displaytest.Bus
	pull  func() // the cable

	mu   sync.Mutex
	seen map[byte][]string // what each sign has shown, in order
}

func inSignHall(t *testing.T, test func(h *signHall)) {
	t.Helper()
	inSignHallOf(t, signCentre, 4, test)
}

func inSignHallOf(t *testing.T, document string, cells int, test func(h *signHall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		book, err := store.Open(t.TempDir(), store.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { book.Close() })
		doc, findings := centre.Parse("centre.toml", []byte(document))
		require.NotNil(t, doc, "%v", findings)
		h := &signHall{T: t, book: book, signs: displaytest.New(cells, 1, 2), seen: map[byte][]string{}}
		h.signs.SetBaud(9600)
		h.signs.OnChange(func(s displaytest.Sign) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.seen[s.ID] = append(h.seen[s.ID], s.Text)
		})
		canonical, hash := doc.Canonical()
		h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
		h.do(queue.OpenCounter{Counter: "q1"})
		h.do(queue.OpenCounter{Counter: "q2"})
		for range 4 {
			h.do(queue.Issue{Service: "civil"})
		}
		h.room, err = display.NewSigns(book, slog.New(slog.DiscardHandler), doc, doc.LEDs)
		require.NoError(t, err)
		h.plug()
		defer func() { h.pull() }()
		test(h)
	})
}

func (h *signHall) plug() {
	host, sim := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- h.room.Serve(ctx, lendtest.Wire(h, host)); host.Close() }()
	go func() { ended <- h.signs.Serve(ctx, sim) }()
	h.pull = sync.OnceFunc(func() {
		sim.Close()
		host.Close()
		cancel()
		<-ended
		<-ended
	})
	time.Sleep(time.Second)
}

func (h *signHall) do(c queue.Command) {
	h.Helper()
	_, err := h.book.Do(context.Background(), store.Request{Command: c, By: queue.Actor{Via: "test"}})
	require.NoError(h, err)
}

// texts is what a sign has shown since the last question.
func (h *signHall) texts(id byte) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.seen[id]
	h.seen[id] = nil
	return got
}

func (h *signHall) condition(id device.ID) device.Conditions {
	for _, d := range h.book.View().Devices {
		if d.ID == id {
			return d.Conditions
		}
	}
	return nil
}

func TestSignShowsAndBlinksAFreshCall(t *testing.T) {
	inSignHall(t, func(h *signHall) {
		began := time.Now()
		h.do(queue.CallNext{Counter: "q1"})
		for h.signs.Text(1) != "A001" {
			time.Sleep(time.Millisecond)
			require.Less(h, time.Since(began), time.Second)
		}
		assert.LessOrEqual(h, time.Since(began), 50*time.Millisecond, "one write at 9600 baud")
		h.do(queue.CallNext{Counter: "q2"})
		time.Sleep(40 * time.Millisecond)
		assert.Equal(h, "A002", h.signs.Text(2), "the other's blinking holds up nothing")
		time.Sleep(5 * time.Second)
		blink := []string{"A001", "    ", "A001", "    ", "A001", "    ", "A001", "    ", "A001"}
		assert.Equal(h, blink, h.texts(1))
		assert.Len(h, h.texts(2), len(blink))

		h.do(queue.Recall{Counter: "q1"})
		time.Sleep(5 * time.Second)
		assert.Equal(h, blink[1:], h.texts(1), "a recall blinks too")

		h.do(queue.Start{Counter: "q1"})
		time.Sleep(5 * time.Second)
		assert.Empty(h, h.texts(1), "serving changes nothing to see")
		h.do(queue.Finish{Counter: "q1"})
		time.Sleep(time.Second)
		assert.Equal(h, []string{"    "}, h.texts(1))
		assert.Equal(h, "A002", h.signs.Text(2))
	})
}

func TestSignIsRightAgainAfterTheCable(t *testing.T) {
	inSignHall(t, func(h *signHall) {
		h.do(queue.CallNext{Counter: "q1"})
		time.Sleep(10 * time.Second)
		h.pull()
		h.do(queue.CallNext{Counter: "q2"})
		time.Sleep(time.Minute)
		h.texts(2)
		h.plug()
		assert.Equal(h, "A002", h.signs.Text(2))
		time.Sleep(5 * time.Second)
		assert.Equal(h, []string{"A002"}, h.texts(2), "an old call does not blink")
	})
}

func TestSignThatLostItsPowerAlone(t *testing.T) {
	inSignHall(t, func(h *signHall) {
		h.do(queue.CallNext{Counter: "q1"})
		h.do(queue.CallNext{Counter: "q2"})
		time.Sleep(10 * time.Second)
		h.signs.SetPower(1, false)
		h.signs.SetPower(1, true)
		time.Sleep(11 * time.Second)
		assert.Equal(h, "A001", h.signs.Text(1), "a short cut is healed by the next refresh")

		h.signs.SetPower(1, false)
		time.Sleep(35 * time.Second)
		assert.Equal(h, device.Set(device.Offline), h.condition("led/l1"))
		assert.Empty(h, h.condition("led/l2"), "it alone")
		h.do(queue.Recall{Counter: "q2"})
		h.texts(2)
		time.Sleep(5 * time.Second)
		assert.Len(h, h.texts(2), 8, "the living blinks on")
		h.signs.SetPower(1, true)
		time.Sleep(11 * time.Second)
		assert.Equal(h, "A001", h.signs.Text(1))
		time.Sleep(11 * time.Second)
		assert.Empty(h, h.condition("led/l1"))
	})
}

func TestSignsServeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, err := store.Open(t.TempDir(), store.Options{})
		require.NoError(t, err)
		defer book.Close()
		s, err := display.NewSigns(book, slog.New(slog.DiscardHandler), &centre.Document{}, []centre.LED{{ID: "l1", Address: 1, Counter: "q9", Digits: 4}})
		require.NoError(t, err)
		host, sim := net.Pipe()
		defer sim.Close()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, lendtest.Wire(t, host)) }()
		go func() {
			buf := make([]byte, 64)
			for {
				if _, err := sim.Read(buf); err != nil {
					return
				}
			}
		}()
		time.Sleep(5 * time.Second)
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
		host.Close()
	})
}

// TestSignsThatKnowNumbersOnly: from the document to the register.
func TestSignsThatKnowNumbersOnly(t *testing.T) {
	numbers := strings.ReplaceAll(signCentre, "letters = true\n", "protocol = \"modbus-number\"\n")
	inSignHallOf(t, numbers, 4, func(h *signHall) {
		assert.Equal(t, "   0", h.signs.Text(1), "such a sign is never dark")
		h.do(queue.CallNext{Counter: "q1"})
		time.Sleep(10 * time.Second)
		assert.Equal(t, "1001", h.signs.Text(1), "a document with such signs has numbers of digits")
		assert.Equal(t, "   0", h.signs.Text(2))
	})
	long := strings.Replace(strings.ReplaceAll(numbers, "counter = ", "digits = 6\ncounter = "), "id = \"civil\"\n", "id = \"civil\"\nprefix = \"99\"\n", 1)
	inSignHallOf(t, long, 6, func(h *signHall) {
		h.do(queue.CallNext{Counter: "q1"})
		time.Sleep(10 * time.Second)
		assert.Equal(t, "  9001", h.signs.Text(1), "99001 is more than a register holds: its last four digits")
	})
}

func TestTwoSignsAtOneAddress(t *testing.T) {
	inSignHall(t, func(h *signHall) {
		h.signs.AddTwin(2)
		time.Sleep(time.Minute)
		assert.Equal(h, device.Set(device.TwoAtOne), h.condition("led/l2"))
		assert.Empty(h, h.condition("led/l1"))
		h.do(queue.CallNext{Counter: "q1"})
		h.do(queue.CallNext{Counter: "q2"})
		time.Sleep(10 * time.Second)
		assert.Equal(h, []string{"A001", "A002"}, []string{h.signs.Text(1), h.signs.Text(2)}, "all show what they should")
	})
}
