package keypad

import "encoding/binary"

// HID numeric keypads come as the records of an "evdev:" wire: 8 bytes, little
// endian, type u16, code u16, value i32. Only presses count (type 1, value 1):
// not releases (0) and not the kernel's own repeats (2), so that a key held
// down is one press.

const (
	hidRecord = 8
	evKey     = 1
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
	"9 dot":   Close,
}

// HIDDecoder finds presses in the records of a numeric keypad. The zero value
// is ready.
type HIDDecoder struct {
	buf    []byte
	digits string
}

// Feed takes bytes from the wire and returns the presses that they complete.
func (d *HIDDecoder) Feed(p []byte) (out []Press) {
	d.buf = append(d.buf, p...)
	for len(d.buf) >= hidRecord {
		r := d.buf[:hidRecord]
		if binary.LittleEndian.Uint16(r) == evKey && binary.LittleEndian.Uint32(r[4:]) == pressed {
			if press, ok := d.key(hidKeys[binary.LittleEndian.Uint16(r[2:])]); ok {
				out = append(out, press)
			}
		}
		d.buf = d.buf[hidRecord:]
	}
	return out
}

// key collects digits; any other key ends them.
func (d *HIDDecoder) key(name string) (Press, bool) {
	switch {
	case name == "":
		return Press{}, false
	case name >= "0" && name <= "9":
		if len(d.digits) < hidMaxDigits {
			d.digits += name
		}
		return Press{}, false
	case name == "back":
		d.digits = ""
		return Press{}, false
	}
	p := Press{Digits: d.digits, Key: name}
	d.digits = ""
	return p, true
}

// Forget drops digits that nobody has ended with a key. Call it when the keypad
// has been left alone: a digit typed an hour ago must not turn next into a call.
func (d *HIDDecoder) Forget() { d.digits = "" }
