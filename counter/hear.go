package counter

import (
	"fmt"
	"strings"

	"xinmoi/counter/keypad"
)

// Hear explains what a technician's unknown keypad says: give it the bytes as
// they come, and it returns a line for each frame that it knows, and for a line
// of text. What it does not know can still be seen in hex, by whoever asks.
func Hear() func(b []byte) []string {
	var frames keypad.Decoder
	var text keypad.LineDecoder
	return func(b []byte) (out []string) {
		for _, f := range frames.Feed(b) {
			out = append(out, explain(f))
		}
		for _, p := range text.Feed(b) {
			if len(out) == 0 {
				out = append(out, fmt.Sprintf("line  key %q", p.Key))
			}
		}
		return out
	}
}

func explain(f keypad.Frame) string {
	s := fmt.Sprintf("ff68  address %d  ", f.Addr)
	if level, ok := f.Rating(); ok {
		return s + fmt.Sprintf("rating %d", level)
	}
	if p, ok := f.Press(); ok {
		s += "key " + strings.TrimSpace(p.Digits+" "+p.Key)
		if a, ok := keypad.FF68Keys.Action(p); ok {
			s += " = " + string(a)
		}
		return s
	}
	return s + fmt.Sprintf("function %02X  % X", f.Fn, f.Data)
}
