package keypad

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// showField is one piece of what is shown: bytes as they are, or a value.
type showField struct {
	literal []byte
	name    string // addr, wait, num, or a kind of checksum
	width   int
	blank   byte
	ascii   bool
	sumFrom int
}

// parseShow reads "FF 68 08 08 68 {addr} 02 {wait:3/0A} {num:3/0A} {sum8:5} 16":
// bytes in hex, the address, values as one digit a byte with the blank behind
// the slash ("{num:4/ascii}" for characters and spaces), a checksum from a
// position up to where it stands.
func parseShow(s string) (out []showField, err error) {
	for _, word := range strings.Fields(s) {
		if !strings.HasPrefix(word, "{") {
			b, err := hex.DecodeString(word)
			if err != nil {
				return nil, fmt.Errorf("show: %q is no hex", word)
			}
			out = append(out, showField{literal: b})
			continue
		}
		name, rest, _ := strings.Cut(strings.Trim(word, "{}"), ":")
		f := showField{name: name}
		switch name {
		case "addr":
		case "wait", "num":
			width, blank, _ := strings.Cut(rest, "/")
			f.ascii = blank == "ascii"
			f.width, err = strconv.Atoi(width)
			if b, hexErr := hex.DecodeString(blank); hexErr == nil && len(b) == 1 {
				f.blank = b[0]
			} else if !f.ascii {
				err = fmt.Errorf("want a blank byte or ascii")
			}
			if f.width < 1 || f.width > 16 {
				err = fmt.Errorf("want a width")
			}
		default:
			f.sumFrom, err = strconv.Atoi(rest)
			if _, kind := checksum(name, nil); kind != nil {
				err = kind
			}
		}
		if err != nil {
			return nil, fmt.Errorf("show: %s: %w", word, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// Show is the frame that fills the display, nil where there is none.
func (l *Language) Show(addr byte, waiting int, number string) []byte {
	return makeFrame(l.show, addr, waiting, number)
}

// Beep is the frame that makes the keypad beep, nil where there is none.
func (l *Language) Beep(addr byte) []byte { return makeFrame(l.beep, addr, -1, "") }

// Ask is the frame that asks for a rating, nil where there is none.
func (l *Language) Ask(addr byte) []byte { return makeFrame(l.ask, addr, -1, "") }

func makeFrame(fields []showField, addr byte, waiting int, number string) (out []byte) {
	for _, f := range fields {
		switch f.name {
		case "":
			out = append(out, f.literal...)
		case "addr":
			out = append(out, addr)
		case "wait":
			s := ""
			if waiting >= 0 {
				s = strconv.Itoa(waiting)
				if len(s) > f.width {
					s = strings.Repeat("9", f.width)
				}
			}
			out = append(out, f.fill(s)...)
		case "num":
			out = append(out, f.fill(number)...)
		default:
			sum, _ := checksum(f.name, out[min(max(f.sumFrom, 0), len(out)):])
			out = append(out, sum...)
		}
	}
	return out
}

// fill puts the last characters of s at the right of its cells.
func (f showField) fill(s string) []byte {
	cells := bytes.Repeat([]byte{f.blank}, f.width)
	if f.ascii {
		cells = bytes.Repeat([]byte{' '}, f.width)
	}
	at := f.width - 1
	for i := len(s) - 1; i >= 0 && at >= 0; i-- {
		switch c := s[i]; {
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
