package reader

import (
	"encoding/binary"
	"time"
)

// The silence after which a scan without a suffix is at its end.
const (
	Idle      = 80 * time.Millisecond  // of a scanner that has sent such a one before
	FirstIdle = 500 * time.Millisecond // before it is known, and of one that types, which is slower
	Broken    = time.Second            // of one that sends suffixes: the rest will not come
)

// maxScan is the longest scan; a longer one is no card and no ticket.
const maxScan = 1024

// Chunks puts together what a scanner on a serial line sends in pieces. The zero
// value is ready.
type Chunks struct {
	buf  []byte
	long bool
}

// Feed takes a piece and returns the scans that a suffix (CR, LF or both) ends.
func (c *Chunks) Feed(p []byte) (scans [][]byte) {
	for _, b := range p {
		switch {
		case b == '\r' || b == '\n':
			if s := c.End(); s != nil {
				scans = append(scans, s)
			}
		case len(c.buf) == maxScan:
			c.long = true
		default:
			c.buf = append(c.buf, b)
		}
	}
	return scans
}

// Open reports whether a scan has begun, so that End is to be called after a
// silence.
func (c *Chunks) Open() bool { return len(c.buf) > 0 }

// End ends a scan: nil if there is none, or if it was too long. The buffer does
// not keep it.
func (c *Chunks) End() (scan []byte) {
	if len(c.buf) > 0 && !c.long {
		scan = c.buf
	} else {
		clear(c.buf)
	}
	c.buf, c.long = nil, false
	return scan
}

// Typed reads a scanner that types, as the records of an "evdev:" wire: 8 bytes,
// little endian, type u16, code u16, value i32. It knows the keys of a US
// keyboard; what else is typed is lost, and what was scanned is told apart by
// what is left. The zero value is ready.
type Typed struct {
	chunks Chunks
	rest   []byte
	shift  bool
}

const (
	typedRecord = 8
	evKey       = 1
	leftShift   = 42
	rightShift  = 54
)

// The characters of the keys by their code, from linux/input-event-codes.h.
const (
	plain   = "\x00\x001234567890-=\x00\x00qwertyuiop[]\r\x00asdfghjkl;'`\x00\\zxcvbnm,./"
	shifted = "\x00\x00!@#$%^&*()_+\x00\x00QWERTYUIOP{}\r\x00ASDFGHJKL:\"~\x00|ZXCVBNM<>?"
)

// Feed takes records and returns the scans that Enter ends.
func (t *Typed) Feed(p []byte) (scans [][]byte) {
	t.rest = append(t.rest, p...)
	for ; len(t.rest) >= typedRecord; t.rest = t.rest[typedRecord:] {
		if binary.LittleEndian.Uint16(t.rest) != evKey {
			continue
		}
		code, value := binary.LittleEndian.Uint16(t.rest[2:]), binary.LittleEndian.Uint32(t.rest[4:])
		if code == leftShift || code == rightShift {
			t.shift = value != 0
			continue
		}
		keys := plain
		if t.shift {
			keys = shifted
		}
		if value != 1 || int(code) >= len(keys) || keys[code] == 0 {
			continue
		}
		scans = append(scans, t.chunks.Feed([]byte{keys[code]})...)
	}
	return scans
}

// Open reports whether a scan has begun, so that End is to be called after a
// silence.
func (t *Typed) Open() bool { return t.chunks.Open() }

// End ends a scan, as that of Chunks does.
func (t *Typed) End() (scan []byte) { return t.chunks.End() }
