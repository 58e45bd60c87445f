package keypad

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"xinmoi/store/device/frame"
)

// Template describes the frames of a keypad nobody has written a driver for, in
// the words of a document instead of code. It can say all that FF68 is.
//
// Positions count from 0 at the first byte of the frame; negative ones count
// from its end, -1 being the last byte.
type Template struct {
	Start  string          // bytes that begin every frame, in hex: "FF 68"
	End    string          // bytes that end every frame: "16", "0D"
	Length *TemplateLength // left out: a frame ends at End
	Min    int             // shortest frame
	Max    int             // longest frame; default 32
	Same   map[int]string  // bytes that always stand there: 4 = "68"
	Check  TemplateCheck
	Addr   *int              // where the address stands; left out: no bus
	Key    int               // where the key stands
	Digits *[2]int           // where digits before it stand: from, up to but not including
	Skip   map[int]string    // a frame with this byte there is no press: 6 = "11"
	Keys   map[string]Action // "0C", "6 0F", "# 0C", as in Map
	Ack    string            // "echo", what is sent instead, or "" for none
	Show   string            // what is sent to the display; "" for none
	Beep   string            // what makes it beep
	Ask    string            // what asks for a rating
}

// TemplateLength says where the length stands, twice perhaps, and how many more
// bytes the frame has than it says.
type TemplateLength struct{ At, Again, Add int }

// TemplateCheck is a checksum over the bytes From up to but not including To,
// standing at To. Kinds: "" and those of frame.Sums.
type TemplateCheck struct {
	Kind     string
	From, To int
}

// echo is the acknowledgement that is the keypad's own frame.
const echo = "echo"

// Language is a template ready for use.
type Language struct {
	t          Template
	start, end []byte
	same, skip map[int]byte
	show       frame.Frame
	beep, ask  frame.Frame
	ack        frame.Frame // unless it is an echo
}

// Compile checks a template.
func (t Template) Compile() (l *Language, err error) {
	if t.Max == 0 {
		t.Max = 32
	}
	l = &Language{t: t, same: map[int]byte{}, skip: map[int]byte{}}
	if l.start, err = parseHex(t.Start); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if l.end, err = parseHex(t.End); err != nil {
		return nil, fmt.Errorf("end: %w", err)
	}
	if t.Length == nil && len(l.end) == 0 {
		return nil, fmt.Errorf("a frame needs a length or an end")
	}
	if t.Length != nil && (t.Length.At < 0 || t.Length.Again < 0) {
		return nil, fmt.Errorf("length: counts from the beginning")
	}
	for _, field := range []struct {
		from map[int]string
		to   map[int]byte
	}{{t.Same, l.same}, {t.Skip, l.skip}} {
		for at, s := range field.from {
			b, err := parseHex(s)
			if err != nil || len(b) != 1 {
				return nil, fmt.Errorf("byte %d: want one byte in hex", at)
			}
			field.to[at] = b[0]
		}
	}
	if _, err := frame.Sum(t.Check.Kind, nil); err != nil {
		return nil, err
	}
	ack := t.Ack
	if ack == echo {
		ack = ""
	}
	for _, sent := range []struct {
		name, text string
		to         *frame.Frame
	}{{"show", t.Show, &l.show}, {"beep", t.Beep, &l.beep}, {"ask", t.Ask, &l.ask}, {"ack", ack, &l.ack}} {
		if *sent.to, err = frame.Parse(sent.text); err != nil {
			return nil, fmt.Errorf("%s: %w", sent.name, err)
		}
	}
	return l, nil
}

// Keys is the key map of the template.
func (l *Language) Keys() Map { return l.t.Keys }

// Addressed reports whether frames say which keypad of a bus is meant.
func (l *Language) Addressed() bool { return l.t.Addr != nil }

// Ack is what the keypad of this address waits for after its frame f, nil where
// it waits for nothing.
func (l *Language) Ack(addr byte, f []byte) []byte {
	if l.t.Ack == echo {
		return f
	}
	return l.ack.Make(frame.Values{Addr: addr, Waiting: -1})
}

func parseHex(s string) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(s, " ", ""))
}

// Show is the frame that fills the display, nil where there is none.
func (l *Language) Show(addr byte, waiting int, number string) []byte {
	return l.show.Make(frame.Values{Addr: addr, Waiting: waiting, Number: number})
}

// Beep is the frame that makes the keypad beep, nil where there is none.
func (l *Language) Beep(addr byte) []byte { return l.beep.Make(frame.Values{Addr: addr, Waiting: -1}) }

// Ask is the frame that asks for a rating, nil where there is none.
func (l *Language) Ask(addr byte) []byte { return l.ask.Make(frame.Values{Addr: addr, Waiting: -1}) }

// TemplateDecoder finds the frames of a language in a stream.
type TemplateDecoder struct {
	Junk int
	l    *Language
	buf  []byte
}

// Decoder makes a decoder of the language.
func (l *Language) Decoder() *TemplateDecoder { return &TemplateDecoder{l: l} }

// Feed takes bytes from the line and returns the whole frames in them. As with
// ff68, a good frame is found even behind the head of a broken one.
func (d *TemplateDecoder) Feed(p []byte) (frames [][]byte) {
	d.buf = append(d.buf, p...)
	at, keep := 0, 0
	for at < len(d.buf) {
		n := d.l.match(d.buf[at:])
		switch {
		case n > 0:
			d.Junk += at - keep
			frames = append(frames, bytes.Clone(d.buf[at:at+n]))
			at += n
			keep = at
		case n == 0:
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
	return frames
}

// Open reports whether a frame has begun that is not complete yet.
func (d *TemplateDecoder) Open() bool { return len(d.buf) >= max(1, len(d.l.start)) }

// match returns the length of the good frame at the start of b, 0 if one may
// still come, -1 if none begins there.
func (l *Language) match(b []byte) int {
	if k := min(len(b), len(l.start)); !bytes.Equal(b[:k], l.start[:k]) {
		return -1
	}
	n := l.extent(b)
	if n <= 0 || len(b) < n {
		return min(n, 0)
	}
	f := b[:n]
	if !bytes.HasSuffix(f, l.end) {
		return -1
	}
	for at, want := range l.same {
		if i, ok := index(f, at); !ok || f[i] != want {
			return -1
		}
	}
	if l.t.Check.Kind != "" {
		from, ok1 := index(f, l.t.Check.From)
		to, ok2 := index(f, l.t.Check.To)
		if !ok1 || !ok2 || from > to {
			return -1
		}
		sum, _ := frame.Sum(l.t.Check.Kind, f[from:to])
		if !bytes.HasPrefix(f[to:], sum) {
			return -1
		}
	}
	return n
}

// extent is how long the frame at the start of b is: 0 when that is not known
// yet, -1 when it is none.
func (l *Language) extent(b []byte) int {
	if len := l.t.Length; len != nil {
		return l.counted(b, len)
	}
	i := bytes.Index(b[min(len(b), len(l.start)):], l.end)
	switch n := len(l.start) + i + len(l.end); {
	case i < 0 && len(b) >= l.t.Max, i >= 0 && (n > l.t.Max || n < l.t.Min):
		return -1
	case i < 0:
		return 0
	default:
		return n
	}
}

func (l *Language) counted(b []byte, at *TemplateLength) int {
	if len(b) <= max(at.At, at.Again) {
		return 0
	}
	n := int(b[at.At]) + at.Add
	if at.Again > 0 && b[at.Again] != b[at.At] || n > l.t.Max || n < max(l.t.Min, len(l.start)+len(l.end)) || n <= max(at.At, at.Again) {
		return -1
	}
	return n
}

func index(f []byte, at int) (int, bool) {
	if at < 0 {
		at += len(f)
	}
	return at, at >= 0 && at < len(f)
}

// Press reads a frame as a press.
func (l *Language) Press(f []byte) (p Press, ok bool) {
	for at, not := range l.skip {
		if i, ok := index(f, at); ok && f[i] == not {
			return Press{}, false
		}
	}
	key, ok := index(f, l.t.Key)
	if !ok {
		return Press{}, false
	}
	p.Key = string([]byte{hexDigits[f[key]>>4], hexDigits[f[key]&15]})
	if l.t.Addr != nil {
		i, ok := index(f, *l.t.Addr)
		if !ok {
			return Press{}, false
		}
		p.Addr = f[i]
	}
	if l.t.Digits != nil {
		from, ok := index(f, l.t.Digits[0])
		to := l.t.Digits[1]
		if to <= 0 {
			to += len(f)
		}
		for i := from; ok && i < min(to, len(f)); i++ {
			switch c := f[i]; {
			case c <= 9:
				p.Digits += string('0' + rune(c))
			case c >= '0' && c <= '9':
				p.Digits += string(rune(c))
			default:
				return Press{}, false
			}
		}
	}
	return p, l.known(p.Key)
}

// known reports whether the key stands in the key map at all.
func (l *Language) known(key string) bool {
	for k := range l.t.Keys {
		if k == key || strings.HasSuffix(k, " "+key) {
			return true
		}
	}
	return false
}
