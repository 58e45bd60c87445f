package counter_test

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter"
	"xinmoi/counter/countertest"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
)

// buttonCentre is padCentre with two modules: one with the buttons of q1 and q2.
func buttonCentre(inputs string) string {
	cut, _, _ := strings.Cut(padCentre, "[[keypad]]")
	pad := func(id string, address int, to, keys string) string {
		return fmt.Sprintf("[[keypad]]\nid = %q\nport = \"serial:/dev/ttyUSB0\"\nprotocol = \"modbus\"\ninputs = %q\naddress = %d\ncounter = %q\nkeys = { %s }\n",
			id, inputs, address, to, keys)
	}
	return cut + pad("b1", 1, "q1", "1 = \"next\", 2 = \"recall\"") + pad("b2", 1, "q2", "9 = \"next\"") +
		pad("b3", 2, "q3", "1 = \"pause\"")
}

func inButtonHall(t *testing.T, inputs string, test func(h *padHall, m *countertest.Modules)) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHallOf(t, buttonCentre(inputs))
		m := countertest.NewModules(16, 1, 2)
		m.SetBaud(9600)
		host, sim := net.Pipe()
		ended := make(chan error, 2)
		go func() { ended <- h.bus.Serve(t.Context(), lendtest.Wire(t, host)) }()
		go func() { ended <- m.Serve(t.Context(), sim) }()
		time.Sleep(time.Second)
		test(h, m)
		sim.Close()
		<-ended
		<-ended
	})
}

func push(m *countertest.Modules, addr byte, input int) {
	m.Hold(addr, input, true)
	time.Sleep(100 * time.Millisecond)
	m.Hold(addr, input, false)
	time.Sleep(5 * time.Second)
}

func TestButtons(t *testing.T) {
	for _, inputs := range []string{centre.Discrete, centre.Coils, centre.Registers} {
		t.Run(inputs, func(t *testing.T) {
			inButtonHall(t, inputs, func(h *padHall, m *countertest.Modules) {
				h.issue("civil", 3)
				push(m, 1, 1)
				push(m, 1, 9)
				push(m, 1, 2)
				push(m, 1, 5) // nobody's
				m.Hold(1, 1, true)
				time.Sleep(time.Minute) // a thumb left on it, or a stuck button
				assert.Equal(t, []string{
					"b1 counter.opened", "b1 ticket.called", "b2 counter.opened", "b2 ticket.called", "b1 ticket.recalled",
					"b1 ticket.no_show", "b1 ticket.called",
				}, h.journal())
				assert.InDelta(t, m.Asked(1), m.Asked(2), 2, "fair")
			})
		})
	}
}

func TestAModuleWithoutPower(t *testing.T) {
	inButtonHall(t, centre.Discrete, func(h *padHall, m *countertest.Modules) {
		offline := func() (ids []device.ID) {
			for _, d := range h.book.View().Devices {
				if d.Conditions.Has(device.Offline) {
					ids = append(ids, d.ID)
				}
			}
			slices.Sort(ids)
			return ids
		}
		h.issue("civil", 1)
		m.SetPower(2, false)
		time.Sleep(30 * time.Second)
		assert.Equal(t, []device.ID{"keypad/b3"}, offline())
		before := m.Asked(1)
		time.Sleep(10 * time.Second)
		assert.Greater(t, m.Asked(1)-before, 200, "the dead one takes little from the living")
		push(m, 1, 1)
		assert.Equal(t, 1, h.count("b1 ticket.called"))
		m.Hold(2, 1, true) // closed when it comes back: no press
		m.SetPower(2, true)
		time.Sleep(15 * time.Second)
		assert.Empty(t, offline())
		assert.Zero(t, h.count("b3 counter.opened")+h.count("b3 counter.paused"))
	})
}

// spoiling garbles one answer of module 1, when told to.
type spoiling struct {
	device.Wire
	next atomic.Bool
}

func (s *spoiling) Read(p []byte) (int, error) {
	n, err := s.Wire.Read(p)
	if n > 0 && p[0] == 1 && s.next.CompareAndSwap(true, false) {
		p[n-1] ^= 0xFF
	}
	return n, err
}

// TestAPressWhileAnAnswerIsGarbled: noise on the line in the very round in which a
// button goes down loses no press.
func TestAPressWhileAnAnswerIsGarbled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPadHallOf(t, buttonCentre(centre.Discrete))
		m := countertest.NewModules(16, 1, 2)
		m.SetBaud(9600)
		host, sim := net.Pipe()
		wire := &spoiling{Wire: lendtest.Wire(t, host)}
		ended := make(chan error, 2)
		go func() { ended <- h.bus.Serve(t.Context(), wire) }()
		go func() { ended <- m.Serve(t.Context(), sim) }()
		time.Sleep(time.Second)
		h.issue("civil", 1)
		wire.next.Store(true)
		m.Hold(1, 1, true)
		time.Sleep(400 * time.Millisecond)
		m.Hold(1, 1, false)
		time.Sleep(5 * time.Second)
		assert.False(t, wire.next.Load())
		assert.Equal(t, 1, h.count("b1 ticket.called"))
		sim.Close()
		<-ended
		<-ended
	})
}

// BenchmarkPoll32 has one round of 32 modules at 9600 baud as its floor, and
// measures a round of the bus as it is.
func BenchmarkPoll32(b *testing.B) {
	var pads []centre.Keypad
	var addrs []byte
	for i := range 32 {
		pads = append(pads, centre.Keypad{ID: fmt.Sprintf("b%d", i), Protocol: centre.Modbus, Inputs: centre.Discrete, Address: i + 1, Counter: "q1", Keys: centre.Keymap{"1": "next"}})
		addrs = append(addrs, byte(i+1))
	}
	h := newPadHall(b)
	bus, err := counter.NewBus(h.book, slog.New(slog.DiscardHandler), &centre.Document{}, pads)
	require.NoError(b, err)
	m := countertest.NewModules(8, addrs...)
	m.SetBaud(9600)
	host, sim := net.Pipe()
	ended := make(chan error, 2)
	go func() { ended <- bus.Serve(b.Context(), lendtest.Wire(b, host)) }()
	go func() { ended <- m.Serve(b.Context(), sim) }()
	for b.Loop() {
		for round := m.Asked(32); m.Asked(32) == round; {
			time.Sleep(time.Millisecond)
		}
	}
	floor, _ := bus.Floor(9600)
	b.ReportMetric(float64(floor.Microseconds())/1000, "floor-ms")
	sim.Close()
	<-ended
	<-ended
}
