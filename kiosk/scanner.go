package kiosk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"xinmoi/kiosk/reader"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// Scanner is the scanner of one kiosk: what is held under it is said on that
// kiosk's page. Nothing that was scanned is logged, noted or kept.
type Scanner struct {
	k    *Kiosk
	id   queue.KioskID
	port string
}

// Scanner makes the scanner of a kiosk.
func (k *Kiosk) Scanner(of centre.Kiosk) *Scanner {
	return &Scanner{k, queue.KioskID(of.ID), of.Reader}
}

// assembler puts pieces together: Chunks for text, Typed for keys.
type assembler interface {
	Feed(p []byte) (scans [][]byte)
	Open() bool
	End() (scan []byte)
}

// glance is for a last look after the silence: on a busy machine the clock may have
// run while the rest of the scan was there already.
const glance = 20 * time.Millisecond

// Serve reads the scanner until the wire or ctx ends. A code that comes with a
// pause in it, from a slow adapter or over a network, is not torn in two where
// the scanner ends its codes with a suffix.
func (s *Scanner) Serve(ctx context.Context, wire device.Wire) error {
	var pieces assembler
	typed, idle := false, reader.FirstIdle
	silent := false
	buf := make([]byte, 512)
	for ctx.Err() == nil {
		var end time.Time // none
		switch {
		case silent:
			end = time.Now().Add(glance)
		case pieces != nil && pieces.Open():
			end = time.Now().Add(idle)
		}
		if err := wire.SetReadDeadline(end); err != nil {
			return fmt.Errorf("scanner: %w", err)
		}
		n, err := wire.Read(buf)
		if pieces == nil && n > 0 {
			pieces, typed = s.assemble(buf[:n])
		}
		if n > 0 {
			for _, scan := range pieces.Feed(buf[:n]) {
				s.k.scanned(ctx, s.id, scan)
				idle = reader.Broken
			}
		}
		clear(buf[:n])
		late := errors.Is(err, os.ErrDeadlineExceeded)
		if err != nil && !late {
			return fmt.Errorf("scanner: %w", err)
		}
		late = late && n == 0
		if late && silent {
			if scan := pieces.End(); scan != nil { // a scanner that sends no suffix
				s.k.scanned(ctx, s.id, scan)
			}
			if idle == reader.Broken || typed { // one code broke off: who knows
				idle = reader.FirstIdle
			} else {
				idle = reader.Idle
			}
		}
		silent = late && !silent
	}
	return ctx.Err()
}

// assemble tells a scanner that types from one that sends text. What another
// machine lends may be either: records of keys have zero bytes, and text has none.
func (s *Scanner) assemble(first []byte) (pieces assembler, typed bool) {
	typed = strings.HasPrefix(s.port, "evdev:")
	if strings.HasPrefix(s.port, "agent:") {
		typed = bytes.IndexByte(first, 0) >= 0
	}
	if typed {
		return &reader.Typed{}, true
	}
	return &reader.Chunks{}, false
}
