package counter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter"
	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
	"xinmoi/store/queue"
)

// padCentre is a centre with three counters that have keypads on one bus.
const padCentre = `
[centre]
name = { vi = "Xã Ẳng Cang" }
[[zone]]
id = "a"
name = { vi = "Khu A" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch" }
[[service]]
id = "land"
name = { vi = "Đất đai" }
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
help = ["land"]
[[counter]]
id = "q3"
number = "3"
zone = "a"
services = ["land"]
auto_open = false
arm = false
[[keypad]]
id = "k1"
port = "serial:/dev/ttyUSB0?baud=9600"
address = 1
counter = "q1"
[[keypad]]
id = "k2"
port = "serial:/dev/ttyUSB0?baud=9600"
address = 2
counter = "q2"
[[keypad]]
id = "k3"
port = "serial:/dev/ttyUSB0?baud=9600"
address = 3
counter = "q3"
`

// padHall is a book and a bus of keypads beside it.
type padHall struct {
	testing.TB
	book *store.Book
	bus  *counter.Bus
	pads *countertest.Bus
	wire func(device.Wire) device.Wire // what the bus sees of its wire
	pull func()                        // the cable
}

func newPadHall(t testing.TB) *padHall { return newPadHallOf(t, padCentre) }

// newPadHallOf is a hall with another document.
func newPadHallOf(t testing.TB, centreTOML string) *padHall {
	t.Helper()
	book, err := store.Open(t.TempDir(), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { book.Close() })
	doc, findings := centre.Parse("centre.toml", []byte(centreTOML))
	require.NotNil(t, doc, "%v", findings)
	h := &padHall{TB: t, book: book, pads: countertest.New(1, 2, 3), wire: func(w device.Wire) device.Wire { return w }}
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	h.bus, err = counter.NewBus(book, slog.New(slog.DiscardHandler), doc, doc.Keypads)
	require.NoError(t, err)
	return h
}

// plug connects the keypads until pull.
func (h *padHall) plug() {
	host, device := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	wire := lendtest.Wire(h, h.wire(host))
	go func() { ended <- h.bus.Serve(ctx, wire) }()
	go func() { ended <- h.pads.Serve(ctx, device) }()
	pulled := false
	h.pull = func() {
		if pulled {
			return
		}
		pulled = true
		device.Close()
		<-ended
		<-ended
		cancel()
	}
	time.Sleep(200 * time.Millisecond) // the first showing of all displays
}

func (h *padHall) do(c queue.Command) {
	h.Helper()
	_, err := h.book.Do(context.Background(), store.Request{Command: c, By: queue.Actor{Via: "test"}})
	require.NoError(h, err)
}

func (h *padHall) issue(s queue.ServiceID, n int) {
	h.Helper()
	for range n {
		h.do(queue.Issue{Service: s})
	}
}

// press presses keys and lets the hall follow.
func (h *padHall) press(addr byte, keys ...byte) {
	h.Helper()
	require.NoError(h, h.pads.Press(context.Background(), addr, keys...))
	time.Sleep(100 * time.Millisecond)
}

// journal lists the types of the events that keypads have caused.
func (h *padHall) journal() (types []string) {
	h.Helper()
	all, err := h.book.Read(0, 10000)
	require.NoError(h, err)
	for _, e := range all {
		if len(e.By.Via) > 7 && e.By.Via[:7] == "keypad/" {
			types = append(types, e.By.Via[7:]+" "+e.Type)
		}
	}
	return types
}

func (h *padHall) count(what string) (n int) {
	for _, t := range h.journal() {
		if t == what {
			n++
		}
	}
	return n
}

// inHall runs a test in simulated time with keypads plugged in.
func inHall(t *testing.T, test func(t *testing.T, h *padHall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.plug()
		defer func() { h.pull() }()
		test(t, h)
	})
}

func TestPressCallsAndTheDisplayFollows(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		assert.Equal(t, "  0   ", h.pads.Display(1))
		h.issue("civil", 1)
		h.issue("land", 1)
		time.Sleep(time.Second)
		assert.Equal(t, []string{"  1   ", "  1   "}, []string{h.pads.Display(1), h.pads.Display(3)}, "the first is told at once")
		h.issue("civil", 1)
		time.Sleep(time.Second)
		assert.Equal(t, "  1   ", h.pads.Display(1), "the second can wait")
		time.Sleep(6 * time.Second) // what can wait waits for a press, but not for ever
		assert.Equal(t, []string{"  2   ", "  3   ", "  1   "}, []string{h.pads.Display(1), h.pads.Display(2), h.pads.Display(3)})

		h.press(1, keypad.KeyNext)
		assert.Equal(t, []string{"k1 counter.opened", "k1 ticket.called"}, h.journal())
		assert.Equal(t, "  1001", h.pads.Display(1), "one waiting, A001 called")
		assert.Zero(t, h.pads.Beeps(1), "its own press needs no beep")
		assert.Zero(t, h.pads.Repeats())
		t2, ok := h.book.View().Hall.ByNumber("A001")
		require.True(t, ok)
		assert.Equal(t, queue.CounterID("q1"), t2.Counter)
	})
}

func TestEveryKey(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 4)
		wait := func() { time.Sleep(5 * time.Second) }
		h.press(1, keypad.KeyNext)
		wait()
		h.press(1, keypad.KeyRecall)
		h.press(1, keypad.KeyConfirm)       // start
		h.press(1, 0, keypad.KeyConfirm)    // park
		h.press(1, 3, keypad.KeyConfirm)    // call back
		h.press(1, 6, keypad.KeyConfirm)    // no-show
		h.press(1, 1, 0, keypad.KeyConfirm) // nothing
		wait()
		h.press(1, keypad.KeyNext)
		h.press(1, 2, keypad.KeyTransfer)
		wait()
		h.press(2, keypad.KeyNext)
		wait()
		h.press(2, 1, keypad.KeyConfirm) // finish
		h.press(1, keypad.KeyNext)
		h.press(1, keypad.KeyCancel) // undo
		h.press(1, keypad.KeyPause)
		time.Sleep(time.Second)
		h.press(1, keypad.KeyPause)
		h.press(1, 9, keypad.KeyConfirm) // close
		assert.Equal(t, []string{
			"k1 counter.opened", "k1 ticket.called", "k1 ticket.recalled", "k1 ticket.started", "k1 ticket.parked",
			"k1 ticket.called", "k1 ticket.no_show", "k1 ticket.called", "k1 ticket.transferred",
			"k2 counter.opened", "k2 ticket.called", "k2 ticket.finished", "k1 ticket.called", "k1 ticket.undone",
			"k1 counter.paused", "k1 counter.opened", "k1 counter.closed",
		}, h.journal())
		assert.Equal(t, 1, h.pads.Beeps(1), "only the key without a meaning was refused")
	})
}

func TestRating(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 1)
		h.press(1, keypad.KeyNext)
		time.Sleep(time.Minute)
		h.press(1, keypad.KeyRate)
		assert.True(t, h.pads.Pad(1).Asking)
		require.NoError(t, h.pads.Rate(t.Context(), 1, 0))
		time.Sleep(100 * time.Millisecond)
		assert.Contains(t, h.journal(), "k1 ticket.rated")
		done, _ := h.book.View().Hall.ByNumber("A001")
		assert.Equal(t, 5, done.Rating)
		time.Sleep(time.Second)
		require.NoError(t, h.pads.Rate(t.Context(), 1, 3))
		time.Sleep(100 * time.Millisecond)
		assert.Equal(t, 1, h.count("k1 ticket.rated"), "once")
	})
}

func TestCallByDigits(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.do(queue.OpenCounter{Counter: "q1"})
		h.issue("civil", 3)
		h.press(1, 1, 2, keypad.KeyNext) // no such ticket
		assert.Empty(t, h.journal())
		assert.Equal(t, 1, h.pads.Beeps(1))
		h.issue("civil", 9)
		time.Sleep(time.Second)
		h.press(1, 1, 2, keypad.KeyNext)
		assert.Equal(t, []string{"k1 ticket.called"}, h.journal())
		assert.Equal(t, " 11012", h.pads.Display(1), "11 waiting, A012 without its letter")
	})
}

func TestNobodyWaitingArmsAndBeepsAgainWhenSomebodyComes(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.press(1, keypad.KeyNext)
		assert.Equal(t, 1, h.pads.Beeps(1))
		assert.Equal(t, "  0   ", h.pads.Display(1))
		time.Sleep(time.Minute)
		h.issue("civil", 1)
		time.Sleep(200 * time.Millisecond)
		assert.Equal(t, "  0001", h.pads.Display(1))
		assert.Equal(t, 2, h.pads.Beeps(1), "the clerk may be looking elsewhere")
	})
}

func TestARefusalBeepsAndDarkens(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("land", 1)
		h.press(3, keypad.KeyNext) // closed, and not opened by next
		assert.Equal(t, 1, h.pads.Beeps(3))
		assert.Equal(t, "      ", h.pads.Display(3))
		time.Sleep(time.Second)
		assert.Equal(t, "  1   ", h.pads.Display(3))
		assert.Empty(t, h.journal())
	})
}

// deaf loses the first acknowledgements.
type deaf struct {
	device.Wire
	lose int
}

func (d *deaf) Write(p []byte) (int, error) {
	if d.lose > 0 && len(p) == 10 {
		d.lose--
		return len(p), nil
	}
	return d.Wire.Write(p)
}

func TestARepeatedFrameIsOnePress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.wire = func(w device.Wire) device.Wire { return &deaf{w, 2} }
		h.plug()
		defer h.pull()
		h.issue("civil", 5)
		h.press(1, keypad.KeyNext)
		assert.Equal(t, 2, h.pads.Repeats())
		assert.Equal(t, 1, h.count("k1 ticket.called"))
		assert.Zero(t, h.pads.Beeps(1), "and no repeated one was refused")
		time.Sleep(1200 * time.Millisecond)
		h.press(1, keypad.KeyRecall)
		assert.Equal(t, 1, h.count("k1 ticket.recalled"))
	})
}

func TestDoublePressIsOnePress(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 2)
		h.press(1, keypad.KeyNext)
		time.Sleep(5 * time.Second)
		h.press(1, keypad.KeyRecall)
		h.press(1, keypad.KeyRecall) // 100 ms later
		assert.Equal(t, 1, h.count("k1 ticket.recalled"))
		time.Sleep(4 * time.Second)
		h.press(1, keypad.KeyRecall)
		assert.Equal(t, 2, h.count("k1 ticket.recalled"))
	})
}

func TestAStuckKeyPressesNothing(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 9)
		stuck := func() bool {
			for _, d := range h.book.View().Devices {
				if d.ID == "keypad/k1" {
					return d.Conditions.Has(device.DeviceError)
				}
			}
			return false
		}
		for range 60 {
			require.NoError(t, h.pads.Press(t.Context(), 1, keypad.KeyNext))
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1, h.count("k1 ticket.called"), "a minute of the same key each second")
		assert.Zero(t, h.count("k1 ticket.no_show"))
		assert.True(t, stuck())
		time.Sleep(2 * time.Second)
		h.press(1, keypad.KeyNext)
		assert.Equal(t, 2, h.count("k1 ticket.called"), "free again")
		time.Sleep(15 * time.Second)
		assert.False(t, stuck())
	})
}

func TestTwoKeypadsPressedTogether(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 2)
		require.NoError(t, h.pads.PressTogether(t.Context(), keypad.KeyNext, 1, 2))
		time.Sleep(time.Second)
		assert.Equal(t, 1, h.count("k1 ticket.called"))
		assert.Equal(t, 1, h.count("k2 ticket.called"))
		assert.Equal(t, "  0001", h.pads.Display(1))
		assert.Equal(t, "  0002", h.pads.Display(2))
	})
}

// noisy puts bytes of noise before and after everything that comes.
type noisy struct{ device.Wire }

func (n noisy) Read(p []byte) (int, error) {
	k, err := n.Wire.Read(p[:64])
	if err != nil {
		return k, err
	}
	got := slices.Concat([]byte{0, 0xFF, 0x68, 0x10, 0x10, 0x68}, p[:k], []byte{0x16, 0xFF, 0x68})
	return copy(p, got), nil
}

func TestNoiseOnTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.wire = func(w device.Wire) device.Wire { return noisy{w} }
		h.plug()
		defer h.pull()
		h.issue("civil", 1)
		h.press(1, keypad.KeyNext)
		assert.Equal(t, 1, h.count("k1 ticket.called"))
		assert.Zero(t, h.pads.Repeats())
	})
}

// echoing hands our own bytes back, as some RS-485 adapters do.
type echoing struct {
	device.Wire
	in  *io.PipeReader
	out *io.PipeWriter
}

func newEchoing(w device.Wire) device.Wire {
	in, out := io.Pipe()
	e := &echoing{w, in, out}
	go func() {
		_, err := io.Copy(out, w)
		out.CloseWithError(errors.Join(err, io.EOF))
	}()
	return e
}

func (e *echoing) Read(p []byte) (int, error) { return e.in.Read(p) }

func (e *echoing) Write(p []byte) (int, error) {
	n, err := e.Wire.Write(p)
	go func(b []byte) { e.out.Write(b) }(bytes.Clone(p[:n]))
	return n, err
}

func TestEchoingAdapter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.wire = newEchoing
		h.plug()
		defer h.pull()
		h.issue("civil", 3)
		h.press(1, keypad.KeyNext)
		time.Sleep(5 * time.Second)
		h.press(1, keypad.KeyRecall)
		time.Sleep(time.Minute)
		h.press(1, keypad.KeyRate) // asking for a rating looks like the press that caused it
		time.Sleep(time.Second)
		assert.Equal(t, []string{"k1 counter.opened", "k1 ticket.called", "k1 ticket.recalled", "k1 ticket.finished"}, h.journal())
		assert.Zero(t, h.pads.Repeats())
	})
}

func TestUnplugAndReplug(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 3)
		h.press(1, keypad.KeyNext)
		time.Sleep(time.Second)
		h.pull()
		assert.Error(t, h.pads.Press(t.Context(), 1, keypad.KeyNext))
		h.do(queue.OpenCounter{Counter: "q2"})
		h.do(queue.CallNext{Counter: "q2"})
		assert.Equal(t, "  2   ", h.pads.Display(2), "nobody tells it")
		h.plug()
		assert.Equal(t, "  1002", h.pads.Display(2), "shown at once")
		assert.Zero(t, h.pads.Beeps(2), "and not beeped: the call is old")
		time.Sleep(5 * time.Second)
		h.press(1, keypad.KeyRecall)
		assert.Equal(t, 1, h.count("k1 ticket.recalled"))
	})
}

func TestAPadThatLostItsPowerAloneIsShownAnew(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 1)
		h.press(1, keypad.KeyNext)
		h.pads.SetPower(1, false)
		time.Sleep(time.Second)
		h.pads.SetPower(1, true)
		assert.Equal(t, "      ", h.pads.Display(1))
		time.Sleep(31 * time.Second)
		assert.Equal(t, "  0001", h.pads.Display(1))
	})
}

func TestRealByteTiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.pads.SetBaud(9600)
		h.plug()
		defer h.pull()
		h.issue("civil", 1)
		time.Sleep(time.Second)
		began := time.Now()
		require.NoError(t, h.pads.Press(t.Context(), 1, keypad.KeyNext))
		// 10 bytes there and 10 back, and the gaps: 21 ms and some.
		assert.Less(t, time.Since(began), 60*time.Millisecond)
		assert.Zero(t, h.pads.Repeats())
	})
}

// TestDisplaysLeaveRoomForPresses: with a press a second, and a number taken in the
// very instant before each, nobody speaks at the same time as a keypad.
func TestDisplaysLeaveRoomForPresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.pads.SetBaud(9600)
		h.plug()
		defer h.pull()
		h.issue("civil", 3)
		time.Sleep(10 * time.Second)
		for n := range 30 {
			began := time.Now()
			h.issue("civil", 1)
			time.Sleep(3 * time.Millisecond)
			require.NoError(t, h.pads.Press(t.Context(), byte(n%2+1), keypad.KeyNext))
			time.Sleep(time.Until(began.Add(time.Second)))
			waiting := len(h.book.View().Hall.Waiting("civil"))
			for addr := byte(1); addr <= 2; addr++ {
				assert.Equal(t, fmt.Sprintf("%3d", waiting), h.pads.Display(addr)[:3])
			}
		}
		assert.Zero(t, h.pads.Collisions())
		assert.Zero(t, h.pads.Repeats())
	})
}

// TestPressesWithoutEndStarveNoDisplay: a key that is pressed again and again leaves
// no moment between presses; the other displays are told all the same.
func TestPressesWithoutEndStarveNoDisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.pads.SetBaud(9600)
		h.plug()
		defer h.pull()
		h.issue("civil", 3)
		time.Sleep(10 * time.Second)
		h.issue("civil", 7)
		for range 20 {
			require.NoError(t, h.pads.Press(t.Context(), 3, keypad.KeyPause))
			time.Sleep(400 * time.Millisecond)
		}
		assert.Equal(t, " 10   ", h.pads.Display(1))
		assert.Equal(t, " 10   ", h.pads.Display(2))
	})
}

// BenchmarkPressToEvent: a key frame on the wire to its event in the book.
func BenchmarkPressToEvent(b *testing.B) {
	h := newPadHall(b)
	h.plug()
	defer h.pull()
	h.do(queue.OpenCounter{Counter: "q1"})
	bell, stop := h.book.Bell()
	defer stop()
	keys := []byte{keypad.KeyPause, 9} // pause and close in turn: always an event, never the same frame
	n := 0
	for b.Loop() {
		before := h.book.View().Seq
		var err error
		if n++; n%2 == 0 {
			err = h.pads.Press(context.Background(), 1, 9, keypad.KeyConfirm)
		} else {
			err = h.pads.Press(context.Background(), 1, keys[0])
		}
		require.NoError(b, err)
		for h.book.View().Seq == before {
			select {
			case <-bell:
			case <-time.After(time.Second):
				b.Fatal("no event")
			}
		}
	}
}

// TestHIDKeypad: a numeric keypad over the records of an evdev wire.
func TestHIDKeypad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		host, device := net.Pipe()
		bus, err := counter.NewBus(h.book, slog.New(slog.DiscardHandler), &centre.Document{}, []centre.Keypad{{ID: "usb1", Port: "evdev:usb-1", Protocol: centre.Keys, Counter: "q1"}})
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- bus.Serve(t.Context(), lendtest.Wire(t, host)) }()
		tap := func(codes ...byte) {
			for _, c := range codes {
				for _, value := range []byte{1, 2, 2, 0} { // down, held, held, up
					_, err := device.Write([]byte{1, 0, c, 0, value, 0, 0, 0})
					require.NoError(t, err)
				}
			}
			time.Sleep(time.Second)
		}
		const enter, plus, one, two = 96, 78, 79, 80
		h.issue("civil", 12)
		tap(enter)
		time.Sleep(5 * time.Second)
		tap(plus)
		tap(one, two, enter) // refused: A001 is still at the counter
		time.Sleep(time.Minute)
		tap(one)
		time.Sleep(time.Minute)
		tap(enter) // next, and not number 1: the digit is forgotten
		assert.Equal(t, []string{
			"usb1 counter.opened", "usb1 ticket.called", "usb1 ticket.recalled", "usb1 ticket.finished", "usb1 ticket.called",
		}, h.journal())
		device.Close()
		assert.ErrorIs(t, <-ended, io.EOF)
	})
}

// TestAGarbledDisplayIsShownAgain: a keypad that is pressed while the host speaks
// garbles what was said to another, and itself.
func TestAGarbledDisplayIsShownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		h.pads.SetBaud(9600)
		h.plug()
		defer func() { h.pull() }()
		h.issue("civil", 3)
		time.Sleep(5 * time.Second)
		h.do(queue.OpenCounter{Counter: "q2"})
		h.do(queue.CallNext{Counter: "q2"}) // its display is told at once: 14 ms on the line
		time.Sleep(5 * time.Millisecond)
		require.NoError(t, h.pads.Press(t.Context(), 1, keypad.KeyPause))
		assert.Equal(t, 1, h.pads.Collisions())
		assert.Equal(t, 1, h.pads.Repeats())
		time.Sleep(time.Second)
		assert.Equal(t, "  2001", h.pads.Display(2), "long before everything is shown anew")
		assert.Equal(t, 1, h.count("k1 counter.paused"))
	})
}
