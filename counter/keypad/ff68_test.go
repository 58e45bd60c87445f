package keypad

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// Golden bytes: what is sent, field by field.
var golden = []struct {
	name  string
	frame Frame
	//     head  L  L  68 addr fn data                 cs end
	bytes string
}{
	// addr 5, show, waiting blank blank blank, ticket 1 2 7, 05+02+0A+0A+0A+01+02+07 = 2F
	{"ticket 127 at 5", Show(5, -1, "127"), "FF 68 08 08 68 05 02 0A 0A 0A 01 02 07 2F 16"},
	// addr 5, show, waiting _ 1 2, ticket 0 1 2 without its letter
	{"12 waiting, A012 at 5", Show(5, 12, "A012"), "FF 68 08 08 68 05 02 0A 01 02 00 01 02 17 16"},
	// addr 1, show, waiting _ _ 0, no ticket
	{"nobody waiting at 1", Show(1, 0, ""), "FF 68 08 08 68 01 02 0A 0A 00 0A 0A 0A 35 16"},
	// addr 1, show, more than fits: 9 9 9, and the last three digits of A1000
	{"1200 waiting, A1000", Show(1, 1200, "A1000"), "FF 68 08 08 68 01 02 09 09 09 00 00 00 1E 16"},
	// addr 1, show, a number of one digit stands at the right
	{"7", Show(1, -1, "7"), "FF 68 08 08 68 01 02 0A 0A 0A 0A 0A 07 3C 16"},
	{"dark", Dark(1), "FF 68 08 08 68 01 02 0A 0A 0A 0A 0A 0A 3F 16"},
	// addr 5, beep, no data, 05+03
	{"beep at 5", Beep(5), "FF 68 02 02 68 05 03 08 16"},
	// addr 5, 01, 0B: ask for a rating
	{"ask rating at 5", AskRating(5), "FF 68 03 03 68 05 01 0B 11 16"},
	// addr 5, 02, 05: five stars
	{"stars at 5", Stars(5), "FF 68 03 03 68 05 02 05 0C 16"},
	// a key comes back as it was: addr 5, 01, 0C
	{"ack of next", Frame{5, FnKey, []byte{KeyNext}}.Ack(), "FF 68 03 03 68 05 01 0C 12 16"},
	// a rating comes back with 01 for 11, so its sum is 10h less
	{"ack of rating 2", Frame{5, FnRated, []byte{2}}.Ack(), "FF 68 03 03 68 05 01 02 08 16"},
}

func TestGoldenFrames(t *testing.T) {
	for _, tt := range golden {
		want := unhex(t, tt.bytes)
		assert.Equal(t, want, tt.frame.Bytes(), tt.name)
		var d Decoder
		got := d.Feed(want)
		require.Len(t, got, 1, tt.name)
		assert.Equal(t, tt.frame.Addr, got[0].Addr)
		assert.Equal(t, tt.frame.Fn, got[0].Fn)
		assert.True(t, bytes.Equal(tt.frame.Data, got[0].Data), tt.name)
		assert.Zero(t, d.Junk)
	}
}

func TestPressesAndTheirMeaning(t *testing.T) {
	for _, tt := range []struct {
		bytes  string
		press  Press
		action Action
	}{
		{"FF 68 03 03 68 05 01 0C 12 16", Press{5, "", "0C"}, Next},
		{"FF 68 03 03 68 05 01 0D 13 16", Press{5, "", "0D"}, Recall},
		{"FF 68 03 03 68 05 01 0B 11 16", Press{5, "", "0B"}, Rate},
		{"FF 68 03 03 68 05 01 0E 14 16", Press{5, "", "0E"}, Undo},
		{"FF 68 03 03 68 05 01 0F 15 16", Press{5, "", "0F"}, Start},
		{"FF 68 04 04 68 05 01 06 0F 1B 16", Press{5, "6", "0F"}, NoShow},
		{"FF 68 04 04 68 05 01 00 0F 15 16", Press{5, "0", "0F"}, Park},
		{"FF 68 04 04 68 05 01 03 0F 18 16", Press{5, "3", "0F"}, CallBack},
		{"FF 68 05 05 68 05 01 04 02 0C 18 16", Press{5, "42", "0C"}, Call},
		{"FF 68 04 04 68 05 01 03 13 1C 16", Press{5, "3", "13"}, Transfer},
		{"FF 68 03 03 68 05 01 12 18 16", Press{5, "", "12"}, Pause},
		{"FF 68 03 03 68 05 07 0C 18 16", Press{5, "", "0C"}, Next}, // any function but 11
		{"FF 68 04 04 68 05 01 08 0F 1D 16", Press{5, "8", "0F"}, ""},
		{"FF 68 04 04 68 05 01 06 0D 19 16", Press{5, "6", "0D"}, ""}, // digits before recall: a slip
	} {
		var d Decoder
		frames := d.Feed(unhex(t, tt.bytes))
		require.Len(t, frames, 1, tt.bytes)
		p, ok := frames[0].Press()
		require.True(t, ok, tt.bytes)
		assert.Equal(t, tt.press, p)
		a, ok := FF68Keys.Action(p)
		assert.Equal(t, tt.action, a, tt.bytes)
		assert.Equal(t, tt.action != "", ok)
	}
}

func TestWhatIsNoPress(t *testing.T) {
	for _, f := range []Frame{
		Show(5, 1, "2"), Beep(5), Stars(5), {5, FnRated, []byte{1}},
		{5, FnKey, []byte{5}}, {5, FnKey, []byte{0x0C, 0x0F}}, {5, FnKey, []byte{1, 2, 3, 0x0C}}, {5, FnKey, nil},
	} {
		_, ok := f.Press()
		assert.False(t, ok, "% x", f.Bytes())
	}
}

func TestRating(t *testing.T) {
	for value, level := range map[byte]int{0: 5, 1: 4, 2: 3, 3: 1} {
		got, ok := Frame{5, FnRated, []byte{value}}.Rating()
		assert.True(t, ok)
		assert.Equal(t, level, got)
	}
	_, ok := Frame{5, FnRated, []byte{4}}.Rating()
	assert.False(t, ok)
	_, ok = Frame{5, FnKey, []byte{1}}.Rating()
	assert.False(t, ok)
}

func TestDecoderFindsTheNextGoodFrame(t *testing.T) {
	next := "FF 68 03 03 68 05 01 0C 12 16"
	for name, tt := range map[string]struct {
		in   string
		want int
	}{
		"clean":                          {next, 1},
		"run together":                   {next + next + next, 3},
		"noise before and after":         {"00 16 FF FF 68 12" + next + "FF", 1},
		"noise that looks like a head":   {"FF 68 03 03" + next, 1},
		"cut off after the address":      {"FF 68 03 03 68 05" + next, 1},
		"a length that lies":             {"FF 68 10 10 68 05 01 0C 12 16" + next, 1},
		"two lengths that differ":        {"FF 68 03 04 68 05 01 0C 12 16" + next, 1},
		"length zero":                    {"FF 68 00 00 68 00 16" + next, 1},
		"wrong checksum":                 {"FF 68 03 03 68 05 01 0C 13 16" + next, 1},
		"wrong end":                      {"FF 68 03 03 68 05 01 0C 12 17" + next, 1},
		"FF repeated":                    {"FF FF FF" + next, 1},
		"good frame behind an open head": {"FF 68 10 10 68" + next, 1},
	} {
		in := unhex(t, tt.in)
		var whole Decoder
		assert.Len(t, whole.Feed(in), tt.want, name)
		var pieces Decoder
		n := 0
		for _, b := range in {
			n += len(pieces.Feed([]byte{b}))
		}
		assert.Equal(t, tt.want, n, name+", byte by byte")
	}
}

func TestDecoderForgets(t *testing.T) {
	var d Decoder
	d.Feed(bytes.Repeat([]byte{0xFF, 0x68}, 5000))
	assert.Less(t, len(d.buf), 64, "noise is not kept")
	assert.Equal(t, 10000, d.Junk+len(d.buf))
}

func FuzzDecoder(f *testing.F) {
	for _, g := range golden {
		f.Add(unhex(f, g.bytes), uint8(3))
	}
	f.Add(unhex(f, "FF 68 10 10 68 05 01 0C 12 16"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, cut uint8) {
		var whole, pieces Decoder
		a := whole.Feed(in)
		var b []Frame
		for rest := in; len(rest) > 0; {
			n := min(int(cut)%7+1, len(rest))
			b = append(b, pieces.Feed(rest[:n])...)
			rest = rest[n:]
		}
		for _, fr := range a {
			if !bytes.Contains(in, fr.Bytes()) {
				t.Fatalf("frame % x was never sent", fr.Bytes())
			}
			fr.Press()
			fr.Rating()
			fr.Displayed()
		}
		if len(a) != len(b) {
			t.Fatalf("%d frames at once, %d in pieces", len(a), len(b))
		}
		// Whatever came before, the next good frame is heard.
		next := Frame{5, FnKey, []byte{KeyNext}}
		got := whole.Feed(next.Bytes())
		if len(got) == 0 || !bytes.Equal(got[len(got)-1].Bytes(), next.Bytes()) {
			t.Fatalf("lost the frame behind % x", in)
		}
	})
}
