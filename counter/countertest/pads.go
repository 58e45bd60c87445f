// Package countertest simulates the call keypads of a hall as their wire sees
// them: ff68 keypads with a six-digit display, a beeper and a rating pad, all
// on one two-wire bus. Unit tests, the demo and a technician's rehearsal press
// the same keys.
//
// A simulated keypad does what the real one is known to do and no more: it
// speaks first, waits for its frame to come back, repeats up to three times
// 200 ms apart, and then gives up. Its display keeps its digits when the cable
// to the host is pulled, and loses them with its power.
package countertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"xinmoi/counter/keypad"
)

// How long a keypad waits for its frame to come back, and how often it tries.
const (
	RepeatAfter = 200 * time.Millisecond
	Tries       = 4
)

// ErrNoAnswer means that the host never acknowledged the press.
var ErrNoAnswer = errors.New("keypad: no answer from the host")

// Pad is what a person sees and hears of one keypad.
type Pad struct {
	Addr    byte
	Display string // six characters, "   127"
	Beeps   int    // since the start
	Asking  bool   // the rating pad is lit
	Stars   bool
	On      bool // has power
}

// Bus is a bus of keypads. Its methods may be called by many goroutines.
type Bus struct {
	byteTime time.Duration
	onChange func(Pad)

	mu         sync.Mutex
	pads       map[byte]*pad
	wire       io.Writer // nil while no host is connected
	repeats    int
	collisions int
	host       span // when the host last spoke
	key        span // when a keypad last spoke
}

// span is when somebody spoke on the line.
type span struct{ from, to time.Time }

func (s span) crosses(t span) bool { return s.from.Before(t.to) && t.from.Before(s.to) }

type pad struct {
	Pad
	hands chan struct{} // one key at a time
	heard chan []byte   // frames for this address, while a key waits for its own
}

// New makes a bus of keypads at these addresses.
func New(addrs ...byte) *Bus {
	b := &Bus{pads: map[byte]*pad{}}
	for _, a := range addrs {
		b.pads[a] = &pad{
			Pad:   Pad{Addr: a, Display: "      ", On: true},
			hands: make(chan struct{}, 1),
			heard: make(chan []byte, 8),
		}
	}
	return b
}

// SetBaud makes bytes take the time that they take on a line of that speed, and
// lets who speaks while another one does garble both: a keypad is taken not to
// listen before it speaks. Call it before Serve.
func (b *Bus) SetBaud(baud int) { b.byteTime = 10 * time.Second / time.Duration(baud) }

// OnChange calls fn after every change that a person could see or hear. Call it
// before Serve; fn must not call the bus.
func (b *Bus) OnChange(fn func(Pad)) { b.onChange = fn }

// Pad tells what the keypad at addr shows.
func (b *Bus) Pad(addr byte) Pad {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.pads[addr]; p != nil {
		return p.Pad
	}
	return Pad{Addr: addr}
}

// Display is the six digits of the keypad at addr.
func (b *Bus) Display(addr byte) string { return b.Pad(addr).Display }

// Beeps counts the beeps of the keypad at addr.
func (b *Bus) Beeps(addr byte) int { return b.Pad(addr).Beeps }

// Repeats counts the frames that keypads had to send again.
func (b *Bus) Repeats() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.repeats
}

// Collisions counts the frames that were garbled because two spoke at once.
func (b *Bus) Collisions() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.collisions
}

// SetPower switches one keypad off, or on again with a dark display.
func (b *Bus) SetPower(addr byte, on bool) {
	b.change(addr, func(p *pad) {
		p.Pad = Pad{Addr: addr, Display: "      ", Beeps: p.Beeps, On: on}
	})
}

// change changes one pad and tells the onlooker.
func (b *Bus) change(addr byte, fn func(*pad)) {
	b.mu.Lock()
	p := b.pads[addr]
	if p == nil {
		b.mu.Unlock()
		return
	}
	fn(p)
	now := p.Pad
	b.mu.Unlock()
	if b.onChange != nil {
		b.onChange(now)
	}
}

// Serve connects the bus to a host until the wire ends or ctx does. The
// keypads keep what they show, so Serve may be called again with another wire.
func (b *Bus) Serve(ctx context.Context, wire io.ReadWriteCloser) error {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer wire.Close()
	defer stop()
	b.connect(wire)
	defer b.connect(nil)
	var d keypad.Decoder
	buf := make([]byte, 256)
	for {
		n, err := wire.Read(buf)
		if n > 0 && b.byteTime > 0 {
			b.hostSpeaks(buf[:n])
		}
		for _, f := range d.Feed(buf[:n]) {
			b.hear(f)
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

func (b *Bus) connect(w io.Writer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wire = w
}

// hostSpeaks takes the time of bytes from the host, and garbles them if a keypad
// speaks meanwhile.
func (b *Bus) hostSpeaks(p []byte) {
	b.mu.Lock()
	from := time.Now()
	if b.host.to.After(from) {
		from = b.host.to
	}
	b.host = span{from, from.Add(time.Duration(len(p)) * b.byteTime)}
	mine := b.host
	b.mu.Unlock()
	time.Sleep(time.Until(mine.to))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.key.crosses(mine) {
		clear(p)
	}
}

// hear is what a keypad does with a frame for it.
func (b *Bus) hear(f keypad.Frame) {
	b.mu.Lock()
	p := b.pads[f.Addr]
	on := p != nil && p.On
	b.mu.Unlock()
	if !on {
		return
	}
	select {
	case p.heard <- f.Bytes(): // perhaps the answer that a key waits for
	default:
	}
	if text, ok := f.Displayed(); ok {
		b.change(f.Addr, func(p *pad) { p.Display = text })
		return
	}
	switch {
	case f.Fn == keypad.FnBeep && len(f.Data) == 0:
		b.change(f.Addr, func(p *pad) { p.Beeps++ })
	case bytes.Equal(f.Bytes(), keypad.AskRating(f.Addr).Bytes()):
		b.change(f.Addr, func(p *pad) { p.Asking = true })
	case bytes.Equal(f.Bytes(), keypad.Stars(f.Addr).Bytes()):
		b.change(f.Addr, func(p *pad) { p.Stars = true })
	}
}

// Press presses keys on the keypad at addr: digits 0 to 9 and then a key, as
// in Press(ctx, 5, 6, keypad.KeyConfirm). It returns when the host has
// acknowledged the press, or ErrNoAnswer.
func (b *Bus) Press(ctx context.Context, addr byte, keys ...byte) error {
	return b.send(ctx, keypad.Frame{Addr: addr, Fn: keypad.FnKey, Data: keys}, 0)
}

// Rate presses button 0 (best) to 3 (worst) of the rating pad at addr.
func (b *Bus) Rate(ctx context.Context, addr, button byte) error {
	err := b.send(ctx, keypad.Frame{Addr: addr, Fn: keypad.FnRated, Data: []byte{button}}, 0)
	if err == nil {
		b.change(addr, func(p *pad) { p.Asking = false })
	}
	return err
}

// PressTogether presses the same key on several keypads in the same instant:
// their frames are garbled on the bus, and each repeats after its own time.
func (b *Bus) PressTogether(ctx context.Context, key byte, addrs ...byte) error {
	frames := make([]keypad.Frame, len(addrs))
	for i, a := range addrs {
		frames[i] = keypad.Frame{Addr: a, Fn: keypad.FnKey, Data: []byte{key}}
	}
	if err := b.write(garble(frames)); err != nil {
		return err
	}
	errs := make([]error, len(frames))
	var wg sync.WaitGroup
	for i, f := range frames {
		wg.Go(func() {
			time.Sleep(RepeatAfter + time.Duration(i)*30*time.Millisecond)
			errs[i] = b.send(ctx, f, 1)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// garble is what a bus carries when all speak at once: wherever two differ, a
// two-wire bus shows the zeros of both.
func garble(frames []keypad.Frame) []byte {
	var out []byte
	for i, f := range frames {
		for j, c := range f.Bytes() {
			switch {
			case i == 0 || j >= len(out):
				out = append(out, c)
			default:
				out[j] &= c
			}
		}
	}
	return out
}

// send sends a frame until it comes back; tries counts what went before.
func (b *Bus) send(ctx context.Context, f keypad.Frame, tries int) error {
	b.mu.Lock()
	p := b.pads[f.Addr]
	b.mu.Unlock()
	if p == nil {
		return fmt.Errorf("no keypad at address %d", f.Addr)
	}
	p.hands <- struct{}{}
	defer func() { <-p.hands }()
	drain(p.heard)
	want := f.Ack().Bytes()
	var err error
	for first := true; tries < Tries; tries++ {
		if !first {
			b.mu.Lock()
			b.repeats++
			b.mu.Unlock()
		}
		first = false
		if !b.Pad(f.Addr).On {
			return fmt.Errorf("keypad %d has no power", f.Addr)
		}
		err = b.write(f.Bytes())
		if answered(ctx, p.heard, want) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(ErrNoAnswer, err)
}

func drain(c <-chan []byte) {
	for {
		select {
		case <-c:
		default:
			return
		}
	}
}

// answered waits for want among what is heard.
func answered(ctx context.Context, heard <-chan []byte, want []byte) bool {
	wait := time.NewTimer(RepeatAfter)
	defer wait.Stop()
	for {
		select {
		case got := <-heard:
			if bytes.Equal(got, want) {
				return true
			}
		case <-wait.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

var errUnplugged = errors.New("no host is connected")

// write puts bytes on the bus, a few at a time as they leave the keypad.
func (b *Bus) write(p []byte) error {
	b.mu.Lock()
	w := b.wire
	if w == nil {
		b.mu.Unlock()
		return errUnplugged
	}
	if b.byteTime == 0 {
		b.mu.Unlock()
		_, err := w.Write(p)
		return err
	}
	now := time.Now()
	mine := span{now, now.Add(time.Duration(len(p)) * b.byteTime)}
	crossed := b.key.crosses(mine)
	b.key = mine
	b.mu.Unlock()
	for sent := 0; sent < len(p); {
		part := min(3, len(p)-sent)
		time.Sleep(time.Until(now.Add(time.Duration(sent+part) * b.byteTime)))
		piece := bytes.Clone(p[sent : sent+part])
		sent += part
		b.mu.Lock()
		crossed = crossed || b.host.crosses(span{now, time.Now()}) || b.key != mine
		if crossed {
			clear(piece)
		}
		b.mu.Unlock()
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	if crossed {
		b.mu.Lock()
		b.collisions++
		b.mu.Unlock()
	}
	return nil
}
