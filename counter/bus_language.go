package counter

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
)

// language is the wire language of a bus as the bus needs it. Its frames are nil
// where its keypads can do no such thing. feed is called by the reader alone,
// and shares nothing with the others.
type language interface {
	feed(b []byte) (said []said, open bool)
	addressed() bool
	show(addr byte, waiting int, number string) []byte
	beep(addr byte) []byte
	ask(addr byte) []byte // for a rating
}

// timed is a language in which time alone decides something: feed is to be called
// then, with nothing.
type timed interface {
	next() (at time.Time, waits bool)
}

// garbled is a language that counts the bytes that were no part of a good frame.
type garbled interface{ junk() int }

// said is one thing that came over the wire.
type said struct {
	raw     string // the same when the same press comes again
	pressed bool   // else nothing that asks for anything
	press   keypad.Press
	level   int    // of a rating; 0: a key
	ack     []byte // what the keypad waits for
}

// languageOf finds the language of keypads that share a port, and what its keys
// mean if the document does not say.
func languageOf(d *centre.Document, keypads []centre.Keypad) (func() language, keypad.Map, error) {
	switch k := keypads[0]; k.Protocol {
	case centre.FF68:
		return func() language { return &ff68{} }, keypad.FF68Keys, nil
	case centre.Keys:
		keys := keysOf(keypad.HIDKeys, k.Keys)
		return func() language { return &hid{d: keypad.HIDDecoder{Keys: keys}} }, keypad.HIDKeys, nil
	case centre.Lines:
		return func() language { return &lines{} }, nil, nil
	case centre.Modbus:
		return func() language { return &lines{} }, nil, nil // it is asked, and never speaks first
	case centre.Templated:
		f, ok := d.Template(k.Template)
		if !ok {
			return nil, nil, fmt.Errorf("keypad %s: no template %q", k.ID, k.Template)
		}
		standard := keysOf(nil, f.Keys)
		all := maps.Clone(standard)
		for _, k := range keypads {
			maps.Copy(all, keysOf(nil, k.Keys))
		}
		t, err := template(f, all)
		if err != nil {
			return nil, nil, fmt.Errorf("template %s: %w", f.ID, err)
		}
		return func() language { return &templated{l: t, d: t.Decoder()} }, standard, nil
	default:
		return nil, nil, fmt.Errorf("keypad %s: no protocol %q", k.ID, k.Protocol)
	}
}

// keysOf is the standard map with the document's changes.
func keysOf(standard keypad.Map, changes centre.Keymap) keypad.Map {
	keys := keypad.Map{}
	maps.Copy(keys, standard)
	for key, action := range changes {
		if action == centre.NoAction {
			delete(keys, key)
			continue
		}
		keys[key] = keypad.Action(action)
	}
	return keys
}

// template makes a language of its description.
func template(f centre.Frames, keys keypad.Map) (*keypad.Language, error) {
	t := keypad.Template{
		Start: f.Start, End: f.End, Min: f.Min, Max: f.Max,
		Check: keypad.TemplateCheck(f.Check), Addr: f.Address, Key: f.Key,
		Ack: f.Ack, Show: f.Show, Beep: f.Beep, Ask: f.Ask, Keys: keys,
	}
	if f.Length != nil {
		length := keypad.TemplateLength(*f.Length)
		t.Length = &length
	}
	if len(f.Digits) == 2 {
		t.Digits = &[2]int{f.Digits[0], f.Digits[1]}
	}
	for _, b := range []struct {
		from centre.FrameBytes
		to   *map[int]string
	}{{f.Same, &t.Same}, {f.Skip, &t.Skip}} {
		*b.to = map[int]string{}
		for at, value := range b.from {
			n, err := strconv.Atoi(at)
			if err != nil {
				return nil, fmt.Errorf("position %q", at)
			}
			(*b.to)[n] = value
		}
	}
	return t.Compile()
}

// ff68 is the language with a driver of its own.
type ff68 struct{ d keypad.Decoder }

func (f *ff68) feed(b []byte) (out []said, open bool) {
	for _, frame := range f.d.Feed(b) {
		s := said{raw: string(frame.Bytes()), ack: frame.Ack().Bytes()}
		s.press, s.pressed = frame.Press()
		if level, rated := frame.Rating(); rated {
			s.press.Addr, s.level, s.pressed = frame.Addr, level, true
		}
		out = append(out, s)
	}
	return out, f.d.Open()
}

func (f *ff68) junk() int       { return f.d.Junk }
func (f *ff68) addressed() bool { return true }
func (f *ff68) show(addr byte, waiting int, number string) []byte {
	return keypad.Show(addr, waiting, number).Bytes()
}
func (f *ff68) beep(addr byte) []byte { return keypad.Beep(addr).Bytes() }
func (f *ff68) ask(addr byte) []byte  { return keypad.AskRating(addr).Bytes() }

// templated is a language of the document's own.
type templated struct {
	l *keypad.Language
	d *keypad.TemplateDecoder
}

func (t *templated) feed(b []byte) (out []said, open bool) {
	for _, frame := range t.d.Feed(b) {
		s := said{raw: string(frame)}
		s.press, s.pressed = t.l.Press(frame)
		s.ack = t.l.Ack(s.press.Addr, frame)
		out = append(out, s)
	}
	return out, t.d.Open()
}

func (t *templated) junk() int       { return t.d.Junk }
func (t *templated) addressed() bool { return t.l.Addressed() }
func (t *templated) show(addr byte, waiting int, number string) []byte {
	return t.l.Show(addr, waiting, number)
}
func (t *templated) beep(addr byte) []byte { return t.l.Beep(addr) }
func (t *templated) ask(addr byte) []byte  { return t.l.Ask(addr) }

// mute are keypads that show nothing and do not beep.
type mute struct{}

func (mute) addressed() bool               { return false }
func (mute) show(byte, int, string) []byte { return nil }
func (mute) beep(byte) []byte              { return nil }
func (mute) ask(byte) []byte               { return nil }

// presses are things said by keypads that want no answer.
func presses(list []keypad.Press) (out []said) {
	for _, p := range list {
		out = append(out, said{raw: p.Digits + " " + p.Key, pressed: true, press: p})
	}
	return out
}

// hid is one keypad that is a keyboard.
type hid struct {
	mute
	d    keypad.HIDDecoder
	last time.Time

	made   said // the last press
	madeAt time.Time
}

func (h *hid) feed(b []byte) ([]said, bool) {
	if time.Since(h.last) > hidForget {
		h.d.Forget()
	}
	h.last = time.Now()
	out := presses(h.d.Feed(b, h.last))
	for i, s := range out {
		// A key that bounces behind digits comes again without them.
		if s.press.Key == h.made.press.Key && s.press.Digits == "" && h.last.Sub(h.madeAt) < repeatWithin {
			out[i] = h.made
		}
		h.made, h.madeAt = out[i], h.last
	}
	return out, false
}

func (h *hid) next() (time.Time, bool) { return h.d.Next() }

// lines is a box of buttons that sends text.
type lines struct {
	mute
	d keypad.LineDecoder
}

func (l *lines) feed(b []byte) ([]said, bool) { return presses(l.d.Feed(b)), false }
