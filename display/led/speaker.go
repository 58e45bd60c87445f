package led

import (
	"context"
	"fmt"
	"time"

	"xinmoi/store/device"
	"xinmoi/store/device/frame"
)

// FF68 is the display of a call keypad of that family used as a sign: all six
// digits for the ticket's number.
const FF68 = "FF 68 08 08 68 {addr} 02 {num:6/0A} {sum8:5} 16"

const (
	speakGap    = 4 * time.Millisecond // 3.5 characters at 9600
	bitsPerByte = 10
	speakWithin = time.Second
)

// Speaker owns a bus of signs that are told what to show and never answer. It is
// used by one goroutine.
type Speaker struct {
	wire  device.Wire
	frame frame.Frame
	baud  int
	free  time.Time // when the line is quiet again
}

// NewSpeaker takes over a wire for signs that understand this frame. Its speed is
// the wire's own or 9600.
func NewSpeaker(w device.Wire, f frame.Frame) *Speaker {
	s := &Speaker{wire: w, frame: f, baud: 9600}
	if b, ok := w.(device.Bauder); ok && b.Baud() > 0 {
		s.baud = b.Baud()
	}
	return s
}

// Show sends one frame, after the one before it has left the line. Its error is
// the wire's.
func (s *Speaker) Show(ctx context.Context, v frame.Values) error {
	if wait := time.Until(s.free); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	v.Waiting = -1
	b := s.frame.Make(v)
	now := time.Now()
	if err := s.wire.SetWriteDeadline(now.Add(speakWithin)); err != nil {
		return err
	}
	if _, err := s.wire.Write(b); err != nil {
		return fmt.Errorf("signs: %w", err)
	}
	s.free = now.Add(CostSpoken(len(b), s.baud))
	return nil
}

// Listen reads what nobody is expected to say until the wire ends, which it so
// notices before the next write.
func (s *Speaker) Listen() error {
	buf := make([]byte, 256)
	for {
		if _, err := s.wire.Read(buf); err != nil {
			return fmt.Errorf("signs: %w", err)
		}
	}
}

// CostSpoken is how long a frame of n bytes and the gap behind it occupy the bus.
func CostSpoken(n, baud int) time.Duration {
	return time.Duration(n)*bitsPerByte*time.Second/time.Duration(baud) + speakGap
}
