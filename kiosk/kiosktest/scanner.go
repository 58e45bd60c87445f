// Package kiosktest simulates the scanner of a kiosk as its wire sees it: a
// USB-COM scanner, which sends the bytes of a code in pieces and a suffix. Unit
// tests, the demo and a technician's rehearsal hold the same codes under it.
package kiosktest

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// Codes that a citizen may hold under it. The card's number begins with a
// province that does not exist, so that it is nobody's.
const (
	SeniorCard  = "098149000123||Nguyễn Thị Thử|15051949|Nữ|Tổ 1, Phường Mẫu, Tỉnh Mẫu|20052021"
	YoungCard   = "098095000124||Nguyễn Văn Thử|15051995|Nam|Tổ 2, Phường Mẫu, Tỉnh Mẫu|20052021"
	HealthCard  = "GD4797912345678|4e677579e1bb856e|15/05/1949|2"
	DossierCode = "000.00.12.H55-260901-0123"
)

// Scanner is one scanner. Its methods may be called by many goroutines.
type Scanner struct {
	suffix string
	chunk  int
	pause  time.Duration // between pieces

	mu   sync.Mutex
	wire io.Writer // nil while no host is connected
}

// New makes a scanner that sends pieces of so many bytes and this suffix, CR on
// most. Pieces are cut wherever it happens, inside a letter too.
func New(suffix string, chunk int) *Scanner {
	return &Scanner{suffix: suffix, chunk: max(chunk, 1), pause: time.Millisecond}
}

// Suffix is what it sends behind each code.
func (s *Scanner) Suffix() string { return s.suffix }

// Serve connects the scanner to a host until the wire or ctx ends. It hears
// nothing.
func (s *Scanner) Serve(ctx context.Context, wire io.ReadWriteCloser) error {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer wire.Close()
	defer stop()
	s.connect(wire)
	defer s.connect(nil)
	_, err := io.Copy(io.Discard, wire)
	return err
}

func (s *Scanner) connect(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire = w
}

// ErrUnplugged means that no host is connected.
var ErrUnplugged = errors.New("no host is connected")

// Scan holds a code under the scanner.
func (s *Scanner) Scan(code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wire == nil {
		return ErrUnplugged
	}
	for b := []byte(code + s.suffix); len(b) > 0; b = b[min(s.chunk, len(b)):] {
		if _, err := s.wire.Write(b[:min(s.chunk, len(b))]); err != nil {
			return err
		}
		time.Sleep(s.pause)
	}
	return nil
}
