// Package frame makes the frames that a document describes: what is sent to a
// keypad's display or to an LED sign nobody has written a driver for. It is pure.
//
// A description is words with spaces between them, and says all that ff68 is:
//
//	FF 68 08 08 68 {addr} 02 {wait:3/0A} {num:3/0A} {sum8:5} 16
//
//	FF 68            bytes in hex
//	{addr} {row}     one byte
//	{addr:2/ascii}   the same in so many ASCII digits, with leading zeros; {row:1/ascii}
//	{wait:3/0A}      people waiting, one digit a byte, the byte behind the slash where there is none
//	{num:4/ascii}    the ticket's number in ASCII, spaces on the left
//	{num:4/7seg}     the same as seven segments a byte: a is 01, b 02, … g 40
//	{counter:2/ascii} the counter's number, the same ways
//	{sum8:5}         a checksum from that byte up to here: sum8, xor8, lrc, crc16-modbus,
//	                 crc16-ccitt, crc16-xmodem
package frame

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Values are what a frame says.
type Values struct {
	Addr    byte
	Row     int    // of a sign with several, from 1
	Waiting int    // people; less than 0: nothing at all
	Number  string // of the ticket; "" leaves its cells blank
	Counter string
}

// Frame is a description ready for use. The zero value makes nothing.
type Frame struct{ fields []field }

// field is one piece: bytes as they are, a value, or a checksum.
type field struct {
	literal []byte
	name    string
	width   int // 0: one byte
	blank   byte
	ascii   bool
	seven   bool // segments
	from    int  // of a checksum
}

// Widest is the most cells that a value has.
const Widest = 16

// Parse reads a description; "" is none.
func Parse(text string) (Frame, error) {
	var f Frame
	for _, word := range strings.Fields(text) {
		x, err := parseWord(word)
		if err != nil {
			return Frame{}, fmt.Errorf("%s: %w", word, err)
		}
		f.fields = append(f.fields, x)
	}
	return f, nil
}

func parseWord(word string) (f field, err error) {
	if !strings.HasPrefix(word, "{") || !strings.HasSuffix(word, "}") {
		f.literal, err = hex.DecodeString(word)
		return f, err
	}
	name, rest, _ := strings.Cut(word[1:len(word)-1], ":")
	f.name = name
	switch name {
	case "addr", "row":
		if rest == "" {
			return f, nil
		}
		return f, f.cells(rest, true)
	case "wait", "num", "counter":
		return f, f.cells(rest, false)
	}
	if _, err := Sum(name, nil); err != nil || name == "" {
		return f, fmt.Errorf("no value and no checksum of that name")
	}
	f.from, err = strconv.Atoi(rest)
	return f, err
}

// cells reads "3/0A" or "4/ascii".
func (f *field) cells(rest string, onlyASCII bool) (err error) {
	width, blank, _ := strings.Cut(rest, "/")
	if f.width, err = strconv.Atoi(width); err != nil || f.width < 1 || f.width > Widest {
		return fmt.Errorf("want a width from 1 to %d", Widest)
	}
	if f.ascii = blank == "ascii"; f.ascii {
		return nil
	}
	if f.seven = blank == "7seg" && !onlyASCII; f.seven {
		return nil // all dark is 00
	}
	b, err := hex.DecodeString(blank)
	if err != nil || len(b) != 1 || onlyASCII {
		return fmt.Errorf("want a blank byte, ascii or 7seg")
	}
	f.blank = b[0]
	return nil
}

// Make is the frame that says v, nil where there is no description.
func (f Frame) Make(v Values) (out []byte) {
	for _, x := range f.fields {
		switch x.name {
		case "":
			out = append(out, x.literal...)
		case "addr":
			out = append(out, x.count(int(v.Addr))...)
		case "row":
			out = append(out, x.count(v.Row)...)
		case "wait":
			s := ""
			if v.Waiting >= 0 {
				if s = strconv.Itoa(v.Waiting); len(s) > x.width {
					s = strings.Repeat("9", x.width)
				}
			}
			out = append(out, x.fill(s)...)
		case "num":
			out = append(out, x.fill(v.Number)...)
		case "counter":
			out = append(out, x.fill(v.Counter)...)
		default:
			sum, _ := Sum(x.name, out[min(max(x.from, 0), len(out)):])
			out = append(out, sum...)
		}
	}
	return out
}

// count is an address or a row.
func (f field) count(n int) []byte {
	if f.width == 0 {
		return []byte{byte(n)}
	}
	s := fmt.Sprintf("%0*d", f.width, n)
	return []byte(s[len(s)-f.width:])
}

// sevenSegments are the characters that can be told apart on such a sign.
var sevenSegments = map[byte]byte{
	'0': 0x3F, '1': 0x06, '2': 0x5B, '3': 0x4F, '4': 0x66, '5': 0x6D, '6': 0x7D, '7': 0x07, '8': 0x7F, '9': 0x6F,
	'-': 0x40, '_': 0x08, 'A': 0x77, 'C': 0x39, 'E': 0x79, 'F': 0x71, 'H': 0x76, 'L': 0x38, 'P': 0x73, 'U': 0x3E,
}

// fill puts the last characters of s at the right of the cells. Cells of digits
// have none for letters, those of segments for some.
func (f field) fill(s string) []byte {
	blank := f.blank
	if f.ascii {
		blank = ' '
	}
	cells := bytes.Repeat([]byte{blank}, f.width)
	at := f.width - 1
	for i := len(s) - 1; i >= 0 && at >= 0; i-- {
		switch c := s[i]; {
		case f.seven && sevenSegments[c] != 0:
			cells[at] = sevenSegments[c]
		case f.seven:
			continue
		case f.ascii && c > ' ' && c < 0x7f:
			cells[at] = c
		case !f.ascii && c >= '0' && c <= '9':
			cells[at] = c - '0'
		default:
			continue
		}
		at--
	}
	return cells
}

// Sums are the kinds of checksum.
var Sums = []string{"sum8", "xor8", "lrc", "crc16-modbus", "crc16-ccitt", "crc16-xmodem"}

// Sum is the checksum of b as it stands in a frame: Modbus's CRC with its low byte
// first, the others with their high one. crc16-ccitt begins with FFFF and
// crc16-xmodem, which many leaflets also call CCITT, with 0. The kind "" is none.
func Sum(kind string, b []byte) ([]byte, error) {
	var sum, xor byte
	for _, c := range b {
		sum += c
		xor ^= c
	}
	switch kind {
	case "":
		return nil, nil
	case "sum8":
		return []byte{sum}, nil
	case "lrc":
		return []byte{-sum}, nil
	case "xor8":
		return []byte{xor}, nil
	case "crc16-modbus":
		crc := uint16(0xFFFF)
		for _, c := range b {
			crc ^= uint16(c)
			for range 8 {
				crc = crc>>1 ^ 0xA001*(crc&1)
			}
		}
		return []byte{byte(crc), byte(crc >> 8)}, nil
	case "crc16-ccitt":
		return ccitt(0xFFFF, b), nil
	case "crc16-xmodem":
		return ccitt(0, b), nil
	}
	return nil, fmt.Errorf("check: unknown kind %q", kind)
}

func ccitt(crc uint16, b []byte) []byte {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			crc = crc<<1 ^ 0x1021*(crc>>15)
		}
	}
	return []byte{byte(crc >> 8), byte(crc)}
}
