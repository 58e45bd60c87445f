package keypad

import (
	"encoding/binary"
	"time"
)

// HID numeric keypads come as the records of an "evdev:" wire: 8 bytes, little
// endian, type u16, code u16, value i32. A key goes down (type 1, value 1) and
// up (0); the kernel's own repeats (2) do not count, so that a key held down is
// one press.

const (
	hidRecord = 8
	evKey     = 1
	released  = 0
	pressed   = 1
	// A clerk types two or three digits; a book on the keypad types many.
	hidMaxDigits = 6
)

// hidKeys names the keys by their code (linux/input-event-codes.h), the keypad
// block and the same keys of a whole keyboard alike.
var hidKeys = map[uint16]string{
	82: "0", 79: "1", 80: "2", 81: "3", 75: "4", 76: "5", 77: "6", 71: "7", 72: "8", 73: "9",
	11: "0", 2: "1", 3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "7", 9: "8", 10: "9",
	96: "enter", 28: "enter", 78: "plus", 74: "minus", 12: "minus", 55: "star", 98: "slash", 53: "slash",
	83: "dot", 52: "dot", 14: "back", 1: "back",
}

// HIDKeys is what the keys of a numeric keypad mean.
var HIDKeys = Map{
	"enter":   Next,
	"# enter": Call,
	"plus":    Recall,
	"minus":   NoShow,
	"star":    Park,
	"# slash": Transfer,
	"dot":     Undo,
	"0 dot":   Pause,
	"1 dot":   Start,
	"2 dot":   Finish,
	"3 dot":   CallBack,
	"4 dot":   Return,
	"# star":  Return,
	"9 dot":   Close,
}

// HIDDecoder finds presses in the records of a numeric keypad. The zero value
// is ready, and tells no long or double presses.
type HIDDecoder struct {
	Keys Map // those with long or double presses

	buf    []byte
	digits string
	keys   map[string]*hidKey
}

// hidKey is one key and the digits that were typed before it went down.
type hidKey struct {
	Gesture
	digits string
}

// Feed takes bytes from the wire and returns the presses that they complete.
func (d *HIDDecoder) Feed(p []byte, now time.Time) (out []Press) {
	d.buf = append(d.buf, p...)
	out = d.due(now)
	for ; len(d.buf) >= hidRecord; d.buf = d.buf[hidRecord:] {
		if binary.LittleEndian.Uint16(d.buf) != evKey {
			continue
		}
		name := hidKeys[binary.LittleEndian.Uint16(d.buf[2:])]
		switch value := binary.LittleEndian.Uint32(d.buf[4:]); {
		case name == "":
		case value == pressed:
			out = append(out, d.down(name, now)...)
		case value == released && d.keys[name] != nil:
			out = d.keys[name].made(out, name, false, now)
		}
	}
	return out
}

// down collects digits; any other key ends them.
func (d *HIDDecoder) down(name string, now time.Time) (out []Press) {
	for other, k := range d.keys { // whoever types on does not press twice
		if _, made := k.settleUnless(other == name); made {
			out = append(out, Press{Digits: k.digits, Key: other})
		}
	}
	switch {
	case name >= "0" && name <= "9":
		if len(d.digits) < hidMaxDigits {
			d.digits += name
		}
		return out
	case name == "back":
		d.digits = ""
		return out
	}
	k := d.keys[name]
	if k == nil {
		k = &hidKey{Gesture: d.Keys.Gesture(name)}
		if d.keys == nil {
			d.keys = map[string]*hidKey{}
		}
		d.keys[name] = k
	}
	if k.state == up {
		k.digits, d.digits = d.digits, ""
	}
	return k.made(out, name, true, now)
}

func (k *hidKey) settleUnless(same bool) (string, bool) {
	if same {
		return "", false
	}
	return k.Settle()
}

func (k *hidKey) made(out []Press, name string, down bool, now time.Time) []Press {
	if kind, made := k.Change(down, now); made {
		out = append(out, Press{Digits: k.digits, Key: name + kind})
	}
	return out
}

// due are the presses that time has decided.
func (d *HIDDecoder) due(now time.Time) (out []Press) {
	for name, k := range d.keys {
		if kind, made := k.Due(now); made {
			out = append(out, Press{Digits: k.digits, Key: name + kind})
		}
	}
	return out
}

// Next is when Feed is to be called even if nothing has come; false when time
// decides nothing.
func (d *HIDDecoder) Next() (first time.Time, waits bool) {
	for _, k := range d.keys {
		if at, ok := k.Next(); ok && (!waits || at.Before(first)) {
			first, waits = at, true
		}
	}
	return first, waits
}

// Forget drops digits that nobody has ended with a key. Call it when the keypad
// has been left alone: a digit typed an hour ago must not turn next into a call.
func (d *HIDDecoder) Forget() { d.digits = "" }
