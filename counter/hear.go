package counter

import (
	"fmt"
	"strings"
	"time"

	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
)

// Hear explains what a technician's unknown keypad says: give it the bytes as
// they come, and it returns a line for each frame that it knows, by ff68 or by a
// template of the document, and for a line of text. What it does not know can
// still be seen in hex, by whoever asks. d may be nil.
func Hear(d *centre.Document) (func(b []byte) []string, error) {
	var frames keypad.Decoder
	var text keypad.LineDecoder
	described, err := hearTemplates(d)
	return func(b []byte) (out []string) {
		for _, f := range frames.Feed(b) {
			out = append(out, explain(f))
		}
		for _, hear := range described {
			out = append(out, hear(b)...)
		}
		for _, p := range text.Feed(b) {
			if len(out) == 0 {
				out = append(out, fmt.Sprintf("line  key %q", p.Key))
			}
		}
		return out
	}, err
}

func hearTemplates(d *centre.Document) (all []func(b []byte) []string, err error) {
	if d == nil {
		return nil, nil
	}
	for _, f := range d.Frames {
		if f.Length == nil && f.End == "" {
			continue // of a sign, which says nothing
		}
		l, err := template(f, keysOf(nil, f.Keys))
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", f.ID, err)
		}
		decoder := l.Decoder()
		all = append(all, func(b []byte) (out []string) {
			for _, frame := range decoder.Feed(b) {
				s := "template " + f.ID + "  "
				if p, ok := l.Press(frame); !ok {
					s += fmt.Sprintf("no key  % X", frame)
				} else if l.Addressed() {
					s += fmt.Sprintf("address %d  %s", p.Addr, explainKey(l.Keys(), p))
				} else {
					s += explainKey(l.Keys(), p)
				}
				out = append(out, s)
			}
			return out
		})
	}
	return all, nil
}

// HearKeys is Hear for the records of a keyboard.
func HearKeys() func(b []byte) []string {
	var d keypad.HIDDecoder
	return func(b []byte) (out []string) {
		for _, p := range d.Feed(b, time.Now()) {
			out = append(out, "keys  "+explainKey(keypad.HIDKeys, p))
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
		return s + explainKey(keypad.FF68Keys, p)
	}
	return s + fmt.Sprintf("function %02X  % X", f.Fn, f.Data)
}

func explainKey(keys keypad.Map, p keypad.Press) string {
	s := "key " + strings.TrimSpace(p.Digits+" "+p.Key)
	if a, ok := keys.Action(p); ok {
		s += " = " + string(a)
	}
	return s
}
