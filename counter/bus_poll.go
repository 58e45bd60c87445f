package counter

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/grid-x/modbus"

	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/rtu"
)

// module is one Modbus module of buttons, at whose inputs the buttons of several
// counters may hang.
//
// A press is an input that was seen open and then closed: what is closed when
// the module is first asked, or asked again after it was away, is no press. A
// button has to be held for one round of the bus to be seen for certain; Floor
// tells how long that is.
type module struct {
	addr   byte
	inputs string
	first  int
	count  int

	dueAt time.Time
	known bool
	last  []bool
	keys  []keypad.Gesture // of each input
	mutes int
	told  bool

	crossed   int       // answers that two devices seem to have given at once
	crossedAt time.Time // the last of them
	two       bool      // it is told
}

// The times of a bus that is polled.
const (
	pollEvery   = 20 * time.Millisecond // one module alone, on a fast line
	pollRetry   = 500 * time.Millisecond
	pollRetryTo = 5 * time.Second
	mutesToTell = 2 // a single lost answer is noise

	crossedToTell = 3                // noise garbles heads as often as tails
	crossedFor    = 10 * time.Minute // two modules garble each other only while their buttons differ
)

func (b *Bus) addModule(k centre.Keypad) {
	var m *module
	for _, old := range b.modules {
		if old.addr == byte(k.Address) {
			m = old
		}
	}
	if m == nil {
		m = &module{addr: byte(k.Address), inputs: k.Inputs, first: k.First}
		b.modules = append(b.modules, m)
	}
	for key := range k.Keys {
		number, _, _ := strings.Cut(key, " ") // "3 long" is input 3, too
		n, _ := strconv.Atoi(number)          // check lets nothing else through
		m.count = max(m.count, n)
	}
	for i := range m.count {
		g := keysOf(nil, k.Keys).Gesture(strconv.Itoa(i + 1))
		if i == len(m.keys) {
			m.keys = append(m.keys, g)
		}
		m.keys[i].Long, m.keys[i].Double = m.keys[i].Long || g.Long, m.keys[i].Double || g.Double
	}
}

// answer is how many bytes the module's answer has.
func (m *module) answer() int {
	if m.inputs == centre.Registers {
		return 5 + 2*m.count
	}
	return 5 + (m.count+7)/8
}

// pollRequest is the bytes of a request to read inputs.
const pollRequest = 8

// poll asks the modules in turn, whoever has waited longest first: none is asked
// twice before another that answers is asked once.
func (w *busWire) poll(ctx context.Context) error {
	m := rtu.NewMaster(w.wire)
	for _, x := range w.modules {
		x.known, x.dueAt, x.mutes, x.crossed, x.two = false, time.Time{}, 0, 0, false
	}
	for {
		next := w.modules[0]
		for _, x := range w.modules {
			if x.dueAt.Before(next.dueAt) {
				next = x
			}
		}
		timer := time.NewTimer(max(0, time.Until(next.dueAt)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-w.done: // there is no display to show it on
			timer.Stop()
			continue
		case <-timer.C:
		}
		state, err := next.read(ctx, m.Unit(next.addr))
		if err = m.Judge(err); rtu.IsWire(err) {
			return fmt.Errorf("buttons: %w", err)
		}
		w.seen(next, state, err)
		w.twoAtOne(next, err, m.Twice(next.addr))
	}
}

// twoAtOne notices that two modules have one address: they answer one after the
// other, or garble each other whenever their buttons differ.
func (w *busWire) twoAtOne(m *module, err error, twice int) {
	now := time.Now()
	if errors.Is(err, rtu.ErrCrossed) || twice >= crossedToTell {
		m.crossed, m.crossedAt = m.crossed+1, now
	} else if now.Sub(m.crossedAt) > crossedFor {
		m.crossed = 0
	}
	switch {
	case !m.two && (m.crossed >= crossedToTell || twice >= crossedToTell):
		m.two = true
		w.tell(m, device.Set(device.TwoAtOne), fmt.Sprintf("address %d", m.addr))
	case m.two && m.crossed == 0:
		m.two = false
		w.tell(m, nil, "")
	}
}

// read asks for the state of all inputs.
func (m *module) read(ctx context.Context, unit modbus.Client) ([]bool, error) {
	ask := map[string]func(context.Context, uint16, uint16) ([]byte, error){
		centre.Discrete: unit.ReadDiscreteInputs, centre.Coils: unit.ReadCoils, centre.Registers: unit.ReadHoldingRegisters,
	}[m.inputs]
	got, err := ask(ctx, uint16(m.first), uint16(m.count))
	if err != nil {
		return nil, err
	}
	if len(got) < m.answer()-5 {
		return nil, rtu.ErrGarbled
	}
	state := make([]bool, m.count)
	for i := range state {
		if m.inputs == centre.Registers {
			state[i] = binary.BigEndian.Uint16(got[2*i:]) != 0
		} else {
			state[i] = got[i/8]>>(i%8)&1 == 1
		}
	}
	return state, nil
}

// seen makes presses of what has been closed since the last time.
func (w *busWire) seen(m *module, state []bool, err error) {
	now := time.Now()
	if err != nil {
		m.mutes++
		m.known = m.known && m.mutes < mutesToTell
		m.dueAt = now.Add(min(pollRetry<<min(max(m.mutes-mutesToTell, 0), 8), pollRetryTo))
		if m.mutes < mutesToTell {
			m.dueAt = now.Add(pollEvery)
		}
		if m.mutes == mutesToTell && !m.two {
			condition := device.Offline
			if !errors.Is(err, rtu.ErrMute) {
				condition = device.BadReplies
			}
			w.tell(m, device.Set(condition), fmt.Sprintf("address %d", m.addr))
			m.told = true
		}
		return
	}
	if m.told {
		w.tell(m, nil, "")
	}
	m.mutes, m.told = 0, false
	m.dueAt = now.Add(pollEvery)
	for i, closed := range state {
		if !m.known {
			m.keys[i].Reset(closed)
			continue
		}
		if kind, made := m.keys[i].Due(now); made {
			w.pressed(m, now, strconv.Itoa(i+1)+kind)
		}
		if closed == m.last[i] {
			continue
		}
		if kind, made := m.keys[i].Change(closed, now); made {
			w.pressed(m, now, strconv.Itoa(i+1)+kind)
		}
	}
	m.known, m.last = true, state
}

// pressed makes a press at the counter that the key belongs to.
func (w *busWire) pressed(m *module, now time.Time, key string) {
	p := keypad.Press{Addr: m.addr, Key: key}
	for _, s := range w.pads {
		if _, ours := s.keys.Action(p); ours && s.addr == m.addr {
			w.take(s, now, p.Key, press{Press: p})
			return
		}
	}
}

func (w *busWire) tell(m *module, c device.Conditions, detail string) {
	for _, s := range w.pads {
		if s.addr == m.addr {
			w.book.Report(s.id, c, detail)
		}
	}
}

// Floor is the shortest round of the bus at that speed: each module asked once,
// when all answer at once, or each display shown once where keypads speak first.
// It is 0 where nothing goes round.
func (b *Bus) Floor(baud int) (round time.Duration, polled bool) {
	for _, m := range b.modules {
		round += rtu.Cost(pollRequest, m.answer(), baud)
	}
	lang := b.lang()
	for _, p := range b.pads {
		if f := lang.show(p.addr, 0, ""); len(f) > 0 {
			round += lineTime(len(f), baud) + padGap
		}
	}
	return round, b.modules != nil
}

// lineTime is how long n bytes are on the line.
func lineTime(n, baud int) time.Duration {
	return time.Duration(n) * bitsPerFrame * time.Second / time.Duration(baud)
}
