// Package rtu carries Modbus RTU over any wire: one request and its answer at a
// time, with the silences between frames. LED signs and modules of buttons are
// spoken to through it.
//
// Frames are made and checked by grid-x/modbus. Its own serial transport is not
// used, since it opens ports itself, knows no echo, and cannot tell a dead
// device from a dead cable.
//
// It keeps the silences by the clock and is otherwise pure: it is handed an open
// wire, and opens nothing.
package rtu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grid-x/modbus"

	"xinmoi/store/device"
)

// What went wrong with one device. Any other error of a Master is the wire's
// and ends its use.
var (
	ErrMute    = errors.New("the device does not answer")
	ErrGarbled = errors.New("the answer is no good frame")
	ErrRefused = errors.New("the device refuses")

	// ErrCrossed is an answer from the right device to the right question, garbled
	// behind its head: what two devices at one address make when both speak at once.
	ErrCrossed = fmt.Errorf("%w behind its head", ErrGarbled)
)

const (
	writeReply  = 8  // bytes of the answer to a write
	bitsPerByte = 10 // start, eight, stop

	// answerWithin is what a device has for its answer beyond the time on the
	// line: 50 ms of its own, and the 16 ms buffers of USB adapters both ways.
	answerWithin = 150 * time.Millisecond
	writeWithin  = time.Second
)

// bytesTime is how long n bytes are on the line.
func bytesTime(n, baud int) time.Duration {
	return time.Duration(n) * bitsPerByte * time.Second / time.Duration(baud)
}

// gap is the silence between two frames: three and a half characters, fixed
// above 19200 (Modbus over Serial Line 1.02, section 2.5.1.1).
func gap(baud int) time.Duration {
	if baud > 19200 {
		return 1750 * time.Microsecond
	}
	return bytesTime(35, baud) / 10
}

// Cost is how long a request and its answer occupy the bus at least, the gaps
// before both included, with a device that answers at once.
func Cost(request, answer, baud int) time.Duration {
	return bytesTime(request+answer, baud) + 2*gap(baud)
}

// Master owns a bus of Modbus RTU devices. It is used by one goroutine.
type Master struct {
	wire   device.Wire
	baud   int
	pack   *modbus.RTUClientHandler // as a packager only
	client modbus.Client

	quietAt time.Time // when the gap after the last frame is over
	dirty   bool      // bytes of a failed exchange may still come
	echo    bool      // the adapter hands our own bytes back
	buf     [512]byte

	last   byte // the device that answered last; 0: nobody did
	second bool // and more came behind its answer
	twice  map[byte]int
}

// NewMaster takes over a wire. Its speed is the wire's own or 9600.
func NewMaster(w device.Wire) *Master {
	m := &Master{wire: w, baud: 9600, pack: modbus.NewRTUClientHandler("")}
	if b, ok := w.(device.Bauder); ok && b.Baud() > 0 {
		m.baud = b.Baud()
	}
	m.client = modbus.NewClient2(m.pack, m)
	return m
}

// Unit gives the functions of one device. Hand their errors to Judge.
func (m *Master) Unit(id byte) modbus.Client {
	m.pack.SetSlave(id)
	return m.client
}

// Echo reports whether the adapter hands our own bytes back.
func (m *Master) Echo() bool { return m.echo }

// Twice counts the good answers of a device, one after the other, behind which a
// second one came: two devices have its address.
func (m *Master) Twice(id byte) int { return m.twice[id] }

// IsWire reports whether an error that was judged is the wire's own.
func IsWire(err error) bool {
	return err != nil && !errors.Is(err, ErrMute) && !errors.Is(err, ErrGarbled) && !errors.Is(err, ErrRefused)
}

// wireError marks an error of the wire, to be told from what grid-x finds
// wrong with a frame.
type wireError struct{ error }

func (e wireError) Unwrap() error { return e.error }

// Judge sorts what grid-x returns.
func (m *Master) Judge(err error) error {
	var exception *modbus.Error
	var wire wireError
	switch {
	case err == nil, errors.Is(err, ErrMute), errors.Is(err, ErrGarbled):
		return err
	case errors.As(err, &wire):
		return wire.error
	case errors.As(err, &exception):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	m.dirty = true
	return fmt.Errorf("%w: %w", ErrGarbled, err)
}

// Send carries one request and its answer. It is grid-x's Transporter.
func (m *Master) Send(ctx context.Context, request []byte) ([]byte, error) {
	if err := m.waitQuiet(ctx); err != nil {
		return nil, wireError{err}
	}
	if err := m.wire.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return nil, wireError{err}
	}
	if _, err := m.wire.Write(request); err != nil {
		return nil, wireError{err}
	}
	m.last, m.second = 0, false
	answer, err := m.answer(request)
	if err == nil {
		m.last = request[0]
	}
	m.quietAt = time.Now().Add(gap(m.baud))
	m.dirty = m.dirty || err != nil
	return answer, err
}

// waitQuiet waits for the gap between frames, and after a failure also for the
// end of whatever is still coming.
func (m *Master) waitQuiet(ctx context.Context) error {
	if err := m.listenInGap(); err != nil {
		return err
	}
	for i := 0; m.dirty && i < 10; i++ {
		if err := m.wire.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			return err
		}
		_, err := m.wire.Read(m.buf[:])
		if isTimeout(err) {
			m.dirty = false
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// listenInGap waits for the end of the gap, and looks once if that is over. Whoever
// spoke in it is a second device that thinks it was asked.
func (m *Master) listenInGap() error {
	if m.quietAt.IsZero() {
		return nil
	}
	for end := later(m.quietAt, time.Now().Add(time.Millisecond)); time.Until(end) > 0; {
		if err := m.wire.SetReadDeadline(end); err != nil {
			return err
		}
		n, err := m.wire.Read(m.buf[:])
		m.second = m.second || n > 0 && m.buf[0] == m.last
		if err != nil && !isTimeout(err) {
			return err
		}
	}
	if m.last == 0 {
		return nil
	}
	if m.twice == nil {
		m.twice = map[byte]int{}
	}
	if m.twice[m.last]++; !m.second {
		m.twice[m.last] = 0
	}
	m.dirty = m.dirty || m.second // the rest of it may still come
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// answer reads until a good answer to request is there.
func (m *Master) answer(request []byte) ([]byte, error) {
	within := bytesTime(len(request)+answerLength(request), m.baud) + 2*gap(m.baud) + answerWithin
	if err := m.wire.SetReadDeadline(time.Now().Add(within)); err != nil {
		return nil, wireError{err}
	}
	n := 0
	for n < len(m.buf) {
		k, err := m.wire.Read(m.buf[n:])
		n += k
		if got, behind := m.find(request, m.buf[:n]); got != nil {
			m.second = len(behind) > 0 && behind[0] == request[0]
			return append([]byte(nil), got...), nil
		}
		if isTimeout(err) {
			if n == 0 || m.echo && n <= len(request) {
				return nil, ErrMute
			}
			garbled := ErrGarbled
			if m.crossed(request, m.buf[:n]) {
				garbled = ErrCrossed
			}
			return nil, fmt.Errorf("%w: % x", garbled, m.buf[:min(n, 32)])
		}
		if err != nil {
			return nil, wireError{err}
		}
	}
	return nil, ErrGarbled
}

// answerLength is how long the good answer to request is.
func answerLength(request []byte) int {
	count := int(request[4])<<8 | int(request[5])
	switch request[1] {
	case modbus.FuncCodeReadCoils, modbus.FuncCodeReadDiscreteInputs:
		return 5 + (count+7)/8
	case modbus.FuncCodeReadHoldingRegisters:
		return 5 + 2*count
	}
	return writeReply
}

// crossed reports whether b is as long as the answer to request and begins like
// it.
func (m *Master) crossed(request, b []byte) bool {
	if m.echo {
		b = b[min(len(b), len(request)):]
	}
	n := answerLength(request)
	return len(b) == n && b[0] == request[0] && b[1] == request[1] && (n == writeReply || int(b[2]) == n-5)
}

// find looks for the answer to request anywhere in b, behind our own echo and
// behind noise, and returns what stands behind it, too.
func (m *Master) find(request, b []byte) (answer, behind []byte) {
	mirror := request[1] == modbus.FuncCodeWriteSingleRegister // answered by the request itself
	if len(b) >= len(request) && string(b[:len(request)]) == string(request) && (m.echo || !mirror) {
		m.echo = true
		b = b[len(request):]
	} else if m.echo {
		return nil, nil // the echo comes first
	}
	for i := 0; i+5 <= len(b); i++ {
		n := answerLength(request)
		switch {
		case b[i] != request[0]:
			continue
		case b[i+1] == request[1]|0x80:
			n = 5
		case b[i+1] != request[1]:
			continue
		case n != writeReply && int(b[i+2]) != n-5:
			continue
		}
		if i+n > len(b) {
			continue
		}
		if _, err := m.pack.Decode(b[i : i+n]); err == nil {
			return b[i : i+n], b[i+n:]
		}
	}
	return nil, nil
}

// isTimeout stands for os.ErrDeadlineExceeded, without package os.
func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
