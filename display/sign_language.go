package display

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"xinmoi/display/led"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/frame"
)

// language is how the signs of one port are spoken to.
type language interface {
	cost(r *row, baud int) time.Duration
	// open takes over a wire. ended says that the wire is gone, where only
	// listening tells; end waits for whoever listens.
	open(wire device.Wire) (b bus, ended <-chan error, end func())
}

// bus is the signs of an open wire.
type bus interface {
	show(ctx context.Context, r *row, dark bool) error
	two(r *row) bool // several answer at its address
}

// twiceToTell is how often a second answer has to come to be no accident.
const twiceToTell = 3

func languageOf(d *centre.Document, l centre.LED) (language, error) {
	text := led.FF68
	switch l.Protocol {
	case centre.FF68:
	case centre.Templated:
		f, ok := d.Template(l.Template)
		if !ok {
			return nil, fmt.Errorf("sign %s: no template %q", l.ID, l.Template)
		}
		text = f.Show
	default:
		return modbus{}, nil
	}
	f, err := frame.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", l.ID, err)
	}
	return spoken{f}, nil
}

// modbus are signs that answer.
type modbus struct{}

func (modbus) cost(r *row, baud int) time.Duration {
	if r.led.Protocol == centre.ModbusNumber {
		return led.CostNumber(baud)
	}
	return led.Cost(r.led.Digits, baud)
}

func (modbus) open(wire device.Wire) (bus, <-chan error, func()) {
	return modbusBus{led.NewMaster(wire)}, nil, func() {}
}

type modbusBus struct{ m *led.Master }

func (b modbusBus) show(ctx context.Context, r *row, dark bool) error {
	text := r.text()
	if dark {
		text = strings.Repeat(" ", len(text))
	}
	if r.led.Protocol != centre.ModbusNumber {
		return b.m.Show(ctx, r.unit, text)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(text)) // blank is 0: such a sign is never dark
	if n > math.MaxInt16 {
		n %= 10_000
	}
	return b.m.ShowNumber(ctx, r.unit, int16(n))
}

func (b modbusBus) two(r *row) bool { return b.m.Twice(r.unit) >= twiceToTell }

// text is the row as its cells show it.
func (r *row) text() string {
	cells, letters := r.led.Digits, r.led.Letters != nil && *r.led.Letters
	switch {
	case r.eights:
		return strings.Repeat("8", cells)
	case r.number == "" && r.n == 1:
		return fmt.Sprintf("%*s", cells, r.led.Idle)
	case r.number == "":
		return strings.Repeat(" ", cells)
	case r.of == 0:
		return led.Fit(r.number, cells, letters)
	}
	number := led.Fit(r.number, cells-r.of, letters)
	if spare, ok := strings.CutPrefix(number, " "); ok {
		number = spare + " " // 1001 at counter 2 is not 10012
	}
	return number + led.Fit(r.counter, r.of, letters)
}

// spoken are signs that are told and never answer.
type spoken struct{ f frame.Frame }

func (s spoken) cost(r *row, baud int) time.Duration {
	return led.CostSpoken(len(s.f.Make(r.values(false))), baud)
}

func (s spoken) open(wire device.Wire) (bus, <-chan error, func()) {
	b := led.NewSpeaker(wire, s.f)
	ended, done := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- b.Listen()
		close(done)
	}()
	return spokenBus{b}, ended, func() {
		wire.Close()
		<-done
	}
}

type spokenBus struct{ s *led.Speaker }

func (b spokenBus) show(ctx context.Context, r *row, dark bool) error {
	return b.s.Show(ctx, r.values(dark))
}

func (spokenBus) two(*row) bool { return false } // nobody answers

func (r *row) values(dark bool) frame.Values {
	v := frame.Values{Addr: r.unit, Row: r.n, Waiting: -1}
	switch {
	case dark:
	case r.eights:
		v.Number, v.Counter = strings.Repeat("8", frame.Widest), strings.Repeat("8", frame.Widest)
	case r.number != "":
		v.Number, v.Counter = r.number, r.counter
	case r.n == 1:
		v.Number = r.led.Idle
	}
	return v
}

// conditionOf tells a sign's fault from the wire's.
func conditionOf(err error) (c device.Condition, sign bool) {
	switch {
	case errors.Is(err, led.ErrMute):
		return device.Offline, true
	case errors.Is(err, led.ErrGarbled), errors.Is(err, led.ErrRefused):
		return device.BadReplies, true
	}
	return "", false
}
