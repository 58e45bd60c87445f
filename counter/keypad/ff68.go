package keypad

import "bytes"

// The ff68 language: RS-485 keypads with a display of six digits, and rating
// pads, 9600 8N1, seen in Chinese government service centres
// (JackQChen/QueueSystem, MIT). A frame:
//
//	FF 68 L L 68 addr fn data… cs 16
//
// L counts from addr to the last data byte and stands there twice; cs is the
// sum of those bytes modulo 256. A keypad speaks first, when a key is pressed,
// and repeats until it hears its frame back. The host's own frames are not
// answered.
const (
	ff68Head0 = 0xFF
	ff68Head1 = 0x68
	ff68End   = 0x16
	ff68Over  = 7 // bytes of a frame that L does not count
	ff68MaxL  = 16
)

// The functions of a frame.
const (
	FnKey    = 0x01 // our simulator's keypads use it; the host takes any but FnRated
	FnShow   = 0x02
	FnBeep   = 0x03
	FnRated  = 0x11
	fnRating = 0x01 // host to rating pad: ask, and acknowledge
)

// The key bytes of ff68.
const (
	KeyRate     = 0x0B
	KeyNext     = 0x0C
	KeyRecall   = 0x0D
	KeyCancel   = 0x0E
	KeyConfirm  = 0x0F
	KeyOneMetre = 0x11 // "please stand behind the line": a lamp, no command
	KeyPause    = 0x12
	KeyTransfer = 0x13
)

// Blank is the digit that shows nothing.
const Blank = 0x0A

// FF68Keys is what the keys of an ff68 keypad mean. 0, 3 and 6 with confirm
// are what its vendor's software does; the rest of that software's keys have
// their vendor's meaning where it has one, and ours (cancel: undo, confirm:
// start, 4 and confirm: return, digits and call or cancel: that ticket) where it
// has none.
var FF68Keys = Map{
	"0C":   Next,
	"# 0C": Call,
	"0D":   Recall,
	"0B":   Rate,
	"0E":   Undo,
	"# 0E": Return,
	"0F":   Start,
	"0 0F": Park,
	"1 0F": Finish,
	"3 0F": CallBack,
	"4 0F": Return,
	"6 0F": NoShow,
	"9 0F": Close,
	"12":   Pause,
	"# 13": Transfer,
}

// Frame is one ff68 frame.
type Frame struct {
	Addr byte
	Fn   byte
	Data []byte
}

// Bytes is the frame as it goes over the wire.
func (f Frame) Bytes() []byte {
	n := byte(2 + len(f.Data))
	b := make([]byte, 0, int(n)+ff68Over)
	b = append(b, ff68Head0, ff68Head1, n, n, ff68Head1, f.Addr, f.Fn)
	b = append(b, f.Data...)
	return append(b, sum8(b[5:]), ff68End)
}

func sum8(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}

// Decoder finds ff68 frames in a stream. The zero value is ready.
type Decoder struct {
	// Junk counts the bytes that were no part of a good frame.
	Junk int
	buf  []byte
}

// Feed takes bytes from the line and returns the frames that they complete.
func (d *Decoder) Feed(p []byte) (out []Frame) {
	d.buf = append(d.buf, p...)
	at := 0   // everything before it has been dealt with
	keep := 0 // everything from it may be the beginning of a frame
	for at < len(d.buf) {
		f, n := parseFF68(d.buf[at:])
		switch {
		case n > 0: // a good frame; an unfinished head before it was broken
			d.Junk += at - keep
			out = append(out, f)
			at += n
			keep = at
		case n == 0: // may become one: look for a good one behind it all the same
			at++
		default:
			if keep == at {
				keep++
				d.Junk++
			}
			at++
		}
	}
	d.buf = append(d.buf[:0], d.buf[keep:]...)
	return out
}

// Open reports whether a frame has begun that is not complete yet.
func (d *Decoder) Open() bool { return len(d.buf) >= 2 }

// parseFF68 returns the length of the good frame at the start of b, 0 if one
// may still come, -1 if none begins there.
func parseFF68(b []byte) (Frame, int) {
	for i, want := range []byte{ff68Head0, ff68Head1} {
		if len(b) > i && b[i] != want {
			return Frame{}, -1
		}
	}
	if len(b) > 2 && (b[2] < 2 || b[2] > ff68MaxL) ||
		len(b) > 3 && b[3] != b[2] ||
		len(b) > 4 && b[4] != ff68Head1 {
		return Frame{}, -1
	}
	if len(b) < 5 {
		return Frame{}, 0
	}
	n := int(b[2]) + ff68Over
	if len(b) < n {
		return Frame{}, 0
	}
	body := b[5 : n-2]
	if sum8(body) != b[n-2] || b[n-1] != ff68End {
		return Frame{}, -1
	}
	return Frame{Addr: body[0], Fn: body[1], Data: bytes.Clone(body[2:])}, n
}

const hexDigits = "0123456789ABCDEF"

// Press reads a key frame of a keypad: one to three data bytes, the last of
// which is the key and the others digits.
func (f Frame) Press() (Press, bool) {
	n := len(f.Data)
	if f.Fn == FnRated || n < 1 || n > 3 || f.Data[n-1] < KeyRate {
		return Press{}, false
	}
	digits := make([]byte, 0, 2)
	for _, d := range f.Data[:n-1] {
		if d > 9 {
			return Press{}, false
		}
		digits = append(digits, '0'+d)
	}
	key := f.Data[n-1]
	return Press{Addr: f.Addr, Digits: string(digits), Key: string([]byte{hexDigits[key>>4], hexDigits[key&15]})}, true
}

// ratings are the levels of a rating pad's buttons 0 to 3, best first. The
// worst of four is the worst of five, so that it is not lost among the middling.
var ratings = [...]int{5, 4, 3, 1}

// Rating reads the frame of a rating pad: a level from 5 to 1.
func (f Frame) Rating() (level int, ok bool) {
	if f.Fn != FnRated || len(f.Data) != 1 || int(f.Data[0]) >= len(ratings) {
		return 0, false
	}
	return ratings[f.Data[0]], true
}

// Ack is what a keypad or rating pad waits for: its frame back, where a rating
// pad wants function 01 for its 11.
func (f Frame) Ack() Frame {
	if f.Fn == FnRated {
		f.Fn = fnRating
	}
	return f
}

// Show fills the six digits: people waiting on the left, the ticket on the
// right. A display of digits cannot show letters and has room for three: the
// last three digits of the number are shown, "A012" as 012, "A1000" as 000.
// waiting < 0 and number "" leave their half blank; more than 999 shows 999.
func Show(addr byte, waiting int, number string) Frame {
	d := [6]byte{Blank, Blank, Blank, Blank, Blank, Blank}
	if waiting = min(waiting, 999); waiting >= 0 {
		for i := 2; ; i-- {
			d[i] = byte(waiting % 10)
			if waiting /= 10; waiting == 0 {
				break
			}
		}
	}
	at := 5
	for i := len(number) - 1; i >= 0 && at > 2; i-- {
		if c := number[i]; c >= '0' && c <= '9' {
			d[at] = c - '0'
			at--
		}
	}
	return Frame{Addr: addr, Fn: FnShow, Data: d[:]}
}

// Dark blanks all six digits.
func Dark(addr byte) Frame { return Show(addr, -1, "") }

// Beep makes the keypad beep once.
func Beep(addr byte) Frame { return Frame{Addr: addr, Fn: FnBeep} }

// AskRating wakes the rating pad.
func AskRating(addr byte) Frame {
	return Frame{Addr: addr, Fn: fnRating, Data: []byte{KeyRate}}
}

// Stars lights the stars of the clerk on the rating pad.
func Stars(addr byte) Frame { return Frame{Addr: addr, Fn: FnShow, Data: []byte{5}} }

// Displayed reads a Show frame: six characters, a blank as a space.
func (f Frame) Displayed() (string, bool) {
	if f.Fn != FnShow || len(f.Data) != 6 {
		return "", false
	}
	text := make([]byte, 6)
	for i, d := range f.Data {
		switch {
		case d <= 9:
			text[i] = '0' + d
		case d == Blank:
			text[i] = ' '
		default:
			text[i] = '?'
		}
	}
	return string(text), true
}
