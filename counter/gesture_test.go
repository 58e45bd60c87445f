package counter_test

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter"
	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
	"xinmoi/store/device/lend/lendtest"
	"xinmoi/store/queue"
)

// TestLongAndDoublePressesOfAKeyboard: one key that is pressed, held and pressed
// twice does three things; a stuck one does its long thing once.
func TestLongAndDoublePressesOfAKeyboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		host, device := net.Pipe()
		bus, err := counter.NewBus(h.book, slog.New(slog.DiscardHandler), &centre.Document{}, []centre.Keypad{{
			ID: "usb1", Port: "evdev:usb-1", Protocol: centre.Keys, Counter: "q1",
			Keys: centre.Keymap{"enter long": "recall", "enter double": "finish"},
		}})
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- bus.Serve(t.Context(), lendtest.Wire(t, host)) }()
		key := func(value byte, then time.Duration) {
			_, err := device.Write([]byte{1, 0, 96, 0, value, 0, 0, 0})
			require.NoError(t, err)
			time.Sleep(then)
		}
		h.issue("civil", 3)
		key(1, 80*time.Millisecond)
		key(0, 5*time.Second)
		key(1, time.Minute) // held: the kernel repeats, too
		key(2, 30*time.Millisecond)
		key(0, 5*time.Second)
		key(1, 80*time.Millisecond)
		key(0, 150*time.Millisecond)
		key(1, 80*time.Millisecond)
		key(0, 5*time.Second)
		assert.Equal(t, []string{
			"usb1 counter.opened", "usb1 ticket.called", "usb1 ticket.recalled", "usb1 ticket.finished",
		}, h.journal())
		device.Close()
		<-ended
	})
}

// TestABouncingKeyAfterDigits: a worn contact closes twice, and the second time
// there are no digits before it. That is no other press.
func TestABouncingKeyAfterDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHall(t)
		host, device := net.Pipe()
		bus, err := counter.NewBus(h.book, slog.New(slog.DiscardHandler), &centre.Document{}, []centre.Keypad{{
			ID: "usb1", Port: "evdev:usb-1", Protocol: centre.Keys, Counter: "q1",
		}})
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- bus.Serve(t.Context(), lendtest.Wire(t, host)) }()
		key := func(code byte, then time.Duration) {
			for _, value := range []byte{1, 0} {
				_, err := device.Write([]byte{1, 0, code, 0, value, 0, 0, 0})
				require.NoError(t, err)
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(then)
		}
		const one, minus, star, enter = 79, 74, 55, 96
		h.issue("civil", 3)
		key(enter, 5*time.Second)
		key(minus, 5*time.Second) // A001 is absent
		key(enter, 5*time.Second)
		key(one, 200*time.Millisecond)
		key(star, 10*time.Millisecond) // A001 goes back into the queue
		key(star, 5*time.Second)       // and A002 is not parked
		assert.Equal(t, []string{
			"usb1 counter.opened", "usb1 ticket.called", "usb1 ticket.no_show", "usb1 ticket.called", "usb1 ticket.returned",
		}, h.journal())
		key(star, 5*time.Second) // later it is
		assert.Equal(t, 1, h.count("usb1 ticket.parked"))
		device.Close()
		<-ended
	})
}

// TestLongPressOfAButton: an input of a module that stays closed.
func TestLongPressOfAButton(t *testing.T) {
	cut, _, _ := strings.Cut(buttonCentre(centre.Discrete), "[[keypad]]\nid = \"b2\"")
	doc := strings.Replace(cut, `2 = "recall"`, `"1 long" = "recall"`, 1)
	synctest.Test(t, func(t *testing.T) {
		h := newPadHallOf(t, doc)
		m := countertest.NewModules(16, 1)
		m.SetBaud(9600)
		host, sim := net.Pipe()
		ended := make(chan error, 2)
		go func() { ended <- h.bus.Serve(t.Context(), lendtest.Wire(t, host)) }()
		go func() { ended <- m.Serve(t.Context(), sim) }()
		h.issue("civil", 2)
		time.Sleep(time.Second)
		push(m, 1, 1)
		m.Hold(1, 1, true)
		time.Sleep(time.Minute)
		m.Hold(1, 1, false)
		time.Sleep(5 * time.Second)
		assert.Equal(t, []string{"b1 counter.opened", "b1 ticket.called", "b1 ticket.recalled"}, h.journal())
		sim.Close()
		<-ended
		<-ended
	})
}

// TestReturn: who was absent comes back, by the key alone or by the number.
func TestReturn(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 3)
		state := func(number string) queue.State {
			x, ok := h.book.View().Hall.ByNumber(number)
			require.True(t, ok)
			return x.State
		}
		miss := func() {
			h.press(1, keypad.KeyNext)
			time.Sleep(5 * time.Second)
			h.press(1, 6, keypad.KeyConfirm)
			time.Sleep(5 * time.Second)
		}
		h.press(1, 4, keypad.KeyConfirm) // nobody is absent
		assert.Equal(t, 1, h.pads.Beeps(1))
		miss()
		miss()
		h.press(1, 4, keypad.KeyConfirm)
		assert.Equal(t, []queue.State{queue.NoShow, queue.Waiting}, []queue.State{state("A001"), state("A002")}, "the last who was absent")
		time.Sleep(5 * time.Second)
		h.press(1, 0, 1, keypad.KeyCancel)
		assert.Equal(t, queue.Waiting, state("A001"))
		assert.Equal(t, 2, h.count("k1 ticket.returned"))
		assert.Equal(t, 1, h.pads.Beeps(1))
	})
}

// TestRatingsThatDoNotCount: without a ticket, and too late. The citizen's pad is
// answered all the same, and the clerk is not beeped at.
func TestRatingsThatDoNotCount(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		rate := func() {
			require.NoError(t, h.pads.Rate(t.Context(), 1, 0))
			time.Sleep(5 * time.Second)
		}
		rate() // nobody has been here
		h.issue("civil", 2)
		h.press(1, keypad.KeyNext)
		rate() // not finished
		time.Sleep(time.Minute)
		h.press(1, keypad.KeyNext) // finishes A001, and calls the second
		rate()                     // this is the rating of A001: who was called has not been here
		time.Sleep(time.Minute)
		h.press(1, keypad.KeyNext)
		time.Sleep(61 * time.Second)
		rate() // A002, too late
		first, _ := h.book.View().Hall.ByNumber("A001")
		second, _ := h.book.View().Hall.ByNumber("A002")
		assert.Equal(t, []int{5, 0}, []int{first.Rating, second.Rating})
		assert.Equal(t, 1, h.count("k1 ticket.rated"))
		assert.Equal(t, 1, h.pads.Beeps(1), "nobody waiting, and nothing else")
	})
}
