package keypad

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ff68Template is ff68 without code.
func ff68Template() Template {
	addr := 5
	return Template{
		Start: "FF 68", End: "16", Min: 9, Max: 23,
		Length: &TemplateLength{At: 2, Again: 3, Add: 7},
		Same:   map[int]string{4: "68"},
		Check:  TemplateCheck{Kind: "sum8", From: 5, To: -2},
		Addr:   &addr, Key: -3, Digits: &[2]int{7, -3}, Skip: map[int]string{6: "11"},
		Keys: FF68Keys, Ack: "echo",
		Show: "FF 68 08 08 68 {addr} 02 {wait:3/0A} {num:3/0A} {sum8:5} 16",
	}
}

func compile(t testing.TB, tpl Template) *Language {
	t.Helper()
	l, err := tpl.Compile()
	require.NoError(t, err)
	return l
}

// captures are what a line may carry: good frames, noise, lies.
var captures = []string{
	"FF 68 03 03 68 05 01 0C 12 16",
	"FF 68 04 04 68 05 01 06 0F 1B 16 FF 68 05 05 68 05 01 04 02 0C 18 16",
	"00 16 FF FF 68 12 FF 68 03 03 68 05 01 0D 13 16",
	"FF 68 10 10 68 05 01 0C 12 16 FF 68 03 03 68 05 01 0C 12 16",
	"FF 68 03 04 68 05 01 0C 12 16 FF 68 03 03 68 05 01 0C 13 16",
	"FF 68 03 03 68 05 11 02 18 16 FF 68 03 03 68 05 01 0C 12 17",
	"FF 68 02 02 68 05 03 08 16 FF 68 00 00 68 00 16",
}

// bothDecode feeds the same bytes to the built-in driver and the template.
func bothDecode(t testing.TB, l *Language, in []byte) {
	t.Helper()
	var builtIn Decoder
	templated := l.Decoder()
	frames, raw := builtIn.Feed(in), templated.Feed(in)
	require.Len(t, raw, len(frames), "% x", in)
	for i, f := range frames {
		require.Equal(t, f.Bytes(), raw[i])
		p, ok := f.Press()
		if q, known := l.Press(raw[i]); ok && f.Data[len(f.Data)-1] != KeyOneMetre && f.Data[len(f.Data)-1] <= KeyTransfer && f.Data[len(f.Data)-1] != 0x10 {
			require.True(t, known, "% x", raw[i])
			require.Equal(t, p, q)
		}
	}
}

func TestTemplateAndDriverDecodeTheSameCaptures(t *testing.T) {
	l := compile(t, ff68Template())
	assert.Equal(t, []byte{1, 2}, l.Ack(5, []byte{1, 2}))
	for _, c := range captures {
		bothDecode(t, l, unhex(t, c))
	}
	for _, g := range golden {
		bothDecode(t, l, unhex(t, g.bytes))
	}
	for _, tt := range []struct {
		waiting int
		number  string
	}{{-1, "127"}, {12, "A012"}, {1200, "A1000"}, {0, ""}, {7, "7"}} {
		assert.Equal(t, Show(5, tt.waiting, tt.number).Bytes(), l.Show(5, tt.waiting, tt.number))
	}
	f := l.Decoder().Feed(unhex(t, "FF 68 03 03 68 05 11 02 18 16"))
	_, ok := l.Press(f[0])
	assert.False(t, ok, "a rating is no press")
}

// TestTemplateOfLines: a box of buttons that sends "K3\r", and shows "#05  12\r".
func TestTemplateOfLines(t *testing.T) {
	l := compile(t, Template{
		Start: "4B", End: "0D", Max: 4, Key: 1,
		Keys: Map{"31": Next, "32": Recall}, Show: "23 {num:4/ascii} 0D",
	})
	frames := l.Decoder().Feed([]byte("xxK1\rK2\n\rK99999999\rK2\r"))
	require.Equal(t, [][]byte{[]byte("K1\r"), []byte("K2\n\r"), []byte("K2\r")}, frames)
	p, ok := l.Press(frames[0])
	require.True(t, ok)
	a, _ := l.Keys().Action(p)
	assert.Equal(t, Next, a)
	assert.Equal(t, "#A012\r", string(l.Show(0, 5, "A012")))
	assert.Equal(t, "#   7\r", string(l.Show(0, 5, "7")))
	assert.Empty(t, l.Ack(0, frames[0]))
}

// TestTemplateAcknowledges: a keypad that waits for a frame of its own kind, or for
// one byte.
func TestTemplateAcknowledges(t *testing.T) {
	for ack, want := range map[string]string{"06": "\x06", "02 {addr} 06 {xor8:1} 03": "\x02\x05\x06\x03\x03"} {
		tpl := ff68Template()
		tpl.Ack = ack
		assert.Equal(t, want, string(compile(t, tpl).Ack(5, []byte{1, 2})))
	}
}

func TestTemplateRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Template){
		"no hex":        func(t *Template) { t.Start = "FG" },
		"no end":        func(t *Template) { t.Length, t.End = nil, "" },
		"unknown check": func(t *Template) { t.Check.Kind = "md5" },
		"unknown ack":   func(t *Template) { t.Ack = "echo 06" },
		"two bytes":     func(t *Template) { t.Same = map[int]string{4: "68 69"} },
		"bad length":    func(t *Template) { t.Length.At = -1 },
		"show: hole":    func(t *Template) { t.Show = "{who}" },
		"show: width":   func(t *Template) { t.Show = "{num:x/0A}" },
		"show: blank":   func(t *Template) { t.Show = "{num:3}" },
		"show: hex":     func(t *Template) { t.Show = "XX" },
	} {
		tpl := ff68Template()
		spoil(&tpl)
		_, err := tpl.Compile()
		assert.Error(t, err, name)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, c := range captures {
		f.Add(unhex(f, c), 5, -2)
	}
	l := compile(f, ff68Template())
	f.Fuzz(func(t *testing.T, in []byte, from, to int) {
		bothDecode(t, l, in)
		wild := ff68Template() // positions that lie, too
		wild.Check.From, wild.Check.To, wild.Key, wild.Digits = from, to, from, &[2]int{from, to}
		wild.Addr = &to
		w, err := wild.Compile()
		if err != nil {
			return
		}
		for _, frame := range w.Decoder().Feed(in) {
			if !bytes.Contains(in, frame) {
				t.Fatal("a frame that was never sent")
			}
			w.Press(frame)
		}
	})
}
