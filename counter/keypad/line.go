package keypad

import "strings"

const maxLine = 32

// LineDecoder reads boxes of buttons that send a line of text for each press,
// ended by CR, LF or both. The text without spaces around it is the key.
type LineDecoder struct {
	Junk int // lines that were no text, or too long
	buf  []byte
	bad  bool
}

// Feed takes bytes from the line and returns the presses that they complete.
func (d *LineDecoder) Feed(p []byte) (out []Press) {
	for _, c := range p {
		switch {
		case c == '\r' || c == '\n':
			key := strings.TrimSpace(string(d.buf))
			if d.bad {
				d.Junk++
			} else if key != "" {
				out = append(out, Press{Key: key})
			}
			d.buf, d.bad = d.buf[:0], false
		case c < ' ' && c != '\t' || c > '~' || len(d.buf) == maxLine:
			d.bad = true
		default:
			d.buf = append(d.buf, c)
		}
	}
	return out
}
