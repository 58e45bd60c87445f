// Package displaytest simulates the LED signs of a hall as their wire sees
// them: seven-segment signs of the LED-485 family, Modbus RTU slaves on one
// two-wire bus. Unit tests, the demo and a technician's rehearsal look at the
// same ones.
//
// A simulated sign keeps its text when the cable to the host is pulled and
// loses it with its power. What a real one does with a register it does not
// have is not known; this one answers exception 2.
package displaytest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Sign is what a person sees of one sign.
type Sign struct {
	ID    byte
	Text  string // as many characters as it has cells
	Point int    // decimal places
	On    bool   // has power
}

// Bus is a bus of signs. Its methods may be called by many goroutines.
type Bus struct {
	byteTime time.Duration
	onChange func(Sign)

	mu    sync.Mutex
	signs map[byte]*Sign
	twins map[byte]bool
}

// New makes signs of so many cells with these unit ids.
func New(cells int, ids ...byte) *Bus {
	b := &Bus{signs: map[byte]*Sign{}, twins: map[byte]bool{}}
	b.Add(cells, ids...)
	return b
}

// Add hangs more signs on the bus, of other cells perhaps.
func (b *Bus) Add(cells int, ids ...byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		b.signs[id] = &Sign{ID: id, Text: strings.Repeat(" ", cells), On: true}
	}
}

// SetBaud makes bytes take the time that they take on a line of that speed.
// Call it before Serve.
func (b *Bus) SetBaud(baud int) { b.byteTime = 10 * time.Second / time.Duration(baud) }

// OnChange calls fn after every change that a person could see. Call it before
// Serve; fn must not call the bus.
func (b *Bus) OnChange(fn func(Sign)) { b.onChange = fn }

// Sign tells what the sign shows.
func (b *Bus) Sign(id byte) Sign {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.signs[id]; s != nil {
		return *s
	}
	return Sign{ID: id}
}

// Text is what the sign shows; all blank without power.
func (b *Bus) Text(id byte) string { return b.Sign(id).Text }

// AddTwin puts a second sign at an address that is taken: it shows the same, and
// answers a little later.
func (b *Bus) AddTwin(id byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.twins[id] = true
}

func (b *Bus) twin(id byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.twins[id]
}

// SetPower switches one sign off, or on again, blank.
func (b *Bus) SetPower(id byte, on bool) {
	b.change(id, func(s *Sign) { *s = Sign{ID: id, Text: strings.Repeat(" ", len(s.Text)), On: on} })
}

func (b *Bus) change(id byte, fn func(*Sign)) {
	b.mu.Lock()
	s := b.signs[id]
	if s == nil {
		b.mu.Unlock()
		return
	}
	before := *s
	fn(s)
	now := *s
	b.mu.Unlock()
	if b.onChange != nil && now != before {
		b.onChange(now)
	}
}

// Serve connects the signs to a host until the wire ends or ctx does. They keep
// what they show, so Serve may be called again with another wire.
func (b *Bus) Serve(ctx context.Context, wire io.ReadWriteCloser) error {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer wire.Close()
	defer stop()
	var got []byte
	buf := make([]byte, 256)
	for {
		n, err := wire.Read(buf)
		b.takeTime(n)
		got = append(got, buf[:n]...)
		for err == nil {
			request, rest := cutRequest(got)
			got = rest
			if request == nil {
				break
			}
			if answer := b.answer(request); answer != nil {
				b.takeTime(len(answer))
				_, err = wire.Write(answer)
				if err == nil && b.twin(answer[0]) {
					time.Sleep(time.Millisecond)
					_, err = wire.Write(answer)
				}
			}
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

func (b *Bus) takeTime(n int) {
	if b.byteTime > 0 && n > 0 {
		time.Sleep(time.Duration(n) * b.byteTime)
	}
}

// The functions that the signs know.
const (
	fnRead       = 3
	fnWriteOne   = 6
	fnWriteMany  = 16
	maxFrame     = 256
	regNumber    = 0
	regUnit      = 2
	regBaud      = 3
	regPoint     = 4
	regText      = 0x70
	badFunction  = 1
	badAddress   = 2
	badData      = 3
	baudCode9600 = 4
)

// cutRequest takes the first good request off b, dropping what is none. Real
// slaves find frames by silence; a checksum tells as much where a pty has
// swallowed the silences.
func cutRequest(b []byte) (request, rest []byte) {
	for len(b) > 0 {
		n := 8
		if len(b) > 1 && b[1] == fnWriteMany {
			if len(b) < 7 {
				return nil, b
			}
			n = 9 + int(b[6])
		}
		if n <= maxFrame && len(b) < n {
			if n > 8 && len(b) >= 8 { // a count that lies must not swallow what follows
				if r, rest := cutRequest(b[1:]); r != nil {
					return r, rest
				}
			}
			return nil, b
		}
		if n <= maxFrame && crc16(b[:n]) == 0 {
			return b[:n], b[n:]
		}
		b = b[1:]
	}
	return nil, nil
}

// crc16 is the checksum of Modbus: 0 over a frame that carries its own.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			odd := crc&1 == 1
			crc >>= 1
			if odd {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

// answer does what the request asks and returns the answer; nil when there is
// none, because no sign has that id, it has no power, or it is a broadcast.
func (b *Bus) answer(request []byte) []byte {
	id, fn := request[0], request[1]
	if id == 0 {
		b.mu.Lock()
		ids := make([]byte, 0, len(b.signs))
		for id := range b.signs {
			ids = append(ids, id)
		}
		b.mu.Unlock()
		for _, id := range ids {
			b.answer(append([]byte{id}, request[1:]...))
		}
		return nil
	}
	if !b.Sign(id).On {
		return nil
	}
	reg, value := binary.BigEndian.Uint16(request[2:]), binary.BigEndian.Uint16(request[4:])
	var body []byte
	exception := byte(badFunction)
	switch fn {
	case fnRead:
		body, exception = b.read(id, reg, value)
	case fnWriteOne:
		body, exception = request[2:6], b.writeOne(id, reg, value)
	case fnWriteMany:
		body, exception = request[2:6], b.writeText(id, reg, value, request[7:len(request)-2])
	}
	if exception != 0 {
		fn, body = fn|0x80, []byte{exception}
	}
	frame := append([]byte{id, fn}, body...)
	return binary.LittleEndian.AppendUint16(frame, crc16(frame))
}

func (b *Bus) read(id byte, reg, count uint16) (body []byte, exception byte) {
	s := b.Sign(id)
	if count < 1 || count > 125 {
		return nil, badData
	}
	body = []byte{byte(2 * count)}
	for r := reg; r < reg+count; r++ {
		v := uint16(0)
		switch {
		case r == regNumber:
			var n int
			fmt.Sscan(s.Text, &n)
			v = uint16(n)
		case r == regUnit:
			v = uint16(id)
		case r == regBaud:
			v = baudCode9600
		case r == regPoint:
			v = uint16(s.Point)
		case r >= regText && int(r-regText)*2 < len(s.Text):
			v = binary.BigEndian.Uint16([]byte(s.Text + " ")[(r-regText)*2:])
		default:
			return nil, badAddress
		}
		body = binary.BigEndian.AppendUint16(body, v)
	}
	return body, 0
}

func (b *Bus) writeOne(id byte, reg, value uint16) (exception byte) {
	switch reg {
	case regNumber:
		b.change(id, func(s *Sign) {
			text := fmt.Sprintf("%*d", len(s.Text), int16(value))
			s.Text = text[len(text)-len(s.Text):]
		})
	case regPoint:
		if value > 3 {
			return badData
		}
		b.change(id, func(s *Sign) { s.Point = int(value) })
	default:
		return badAddress
	}
	return 0
}

// writeText takes two characters a register, from the first register on.
func (b *Bus) writeText(id byte, reg, count uint16, data []byte) (exception byte) {
	if int(count)*2 != len(data) || count == 0 {
		return badData
	}
	cells := len(b.Text(id))
	if reg != regText || len(data) > cells+cells%2 {
		return badAddress
	}
	text := []byte(strings.Repeat(" ", cells))
	for i, c := range data[:min(len(data), cells)] {
		if c < ' ' || c > '~' {
			return badData
		}
		text[i] = c
	}
	b.change(id, func(s *Sign) { s.Text = string(text) })
	return 0
}
