package escpos

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecoderReadsOtherMakersCommands(t *testing.T) {
	text := []Op{{Kind: OpText, Data: []byte("ok")}, {Kind: OpLine}}
	for name, cmd := range map[string][]byte{
		"tabs":                 {0x1B, 'D', 8, 16, 0},
		"columns":              append([]byte{0x1B, '*', 33, 4, 0}, make([]byte, 12)...),
		"columns, 8 dots":      append([]byte{0x1B, '*', 0, 4, 0}, make([]byte, 4)...),
		"drawer":               {0x1B, 'p', 0, 25, 250},
		"page mode area":       {0x1B, 'W', 0, 0, 0, 0, 64, 2, 100, 0},
		"glyphs":               append([]byte{0x1B, '&', 3, 'A', 'B', 1, 1, 2, 3, 2}, make([]byte, 6)...),
		"graphics":             {0x1D, '(', 'L', 2, 0, 48, 50},
		"large graphics":       append([]byte{0x1D, '8', 'L', 12, 0, 0, 0}, make([]byte, 12)...),
		"downloaded picture":   append([]byte{0x1D, '*', 1, 2}, make([]byte, 16)...),
		"bar code to a zero":   {0x1D, 'k', 2, '1', '2', 0},
		"bar code counted":     {0x1D, 'k', 73, 3, '{', 'B', '7'},
		"real-time clear":      {0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8},
		"real-time pulse":      {0x10, 0x14, 1, 0, 1},
		"two-byte characters":  {0x1C, '&', 0x1C, '.'},
		"user's two-byte sign": append([]byte{0x1C, '2'}, make([]byte, 74)...),
		"unknown":              {0x1B, 0xFE},
		"page unit and width":  {0x1D, 'P', 203, 203, 0x1D, 'W', 64, 2},
	} {
		var d Decoder
		ops := d.Feed(append(bytes.Clone(cmd), "ok\n"...))
		require.GreaterOrEqual(t, len(ops), 2, name)
		assert.Equal(t, text, ops[len(ops)-2:], name)
		for _, op := range ops[:len(ops)-2] {
			assert.NotEqual(t, OpText, op.Kind, name)
		}
	}
}

func TestDecoderMeanings(t *testing.T) {
	for _, c := range []struct {
		bytes []byte
		want  Op
	}{
		{[]byte{0x1B, 'J', 9}, Op{Kind: OpFeed, N: 9}},
		{[]byte{0x1B, 'd', 3}, Op{Kind: OpLines, N: 3}},
		{[]byte{0x1B, '2'}, Op{Kind: OpSpacing, N: -1}},
		{[]byte{0x1B, '3', 30}, Op{Kind: OpSpacing, N: 30}},
		{[]byte{0x1D, '!', 0x53}, Op{Kind: OpSize, N: 6, M: 4}},
		{[]byte{0x1B, 't', 30}, Op{Kind: OpCodePage, N: 30}},
		{[]byte{0x1D, 'V', 65, 7}, Op{Kind: OpCut, N: 0, M: 7}},
		{[]byte{0x1D, 'V', 66, 0}, Op{Kind: OpCut, N: 1, M: 0}},
		{[]byte{0x1D, 'V', 0}, Op{Kind: OpCut, N: 0, M: -1}},
		{[]byte{0x1B, 'm'}, Op{Kind: OpCut, N: 1, M: -1}},
		{[]byte{0x10, 4, 2}, Op{Kind: OpRealTime, N: 4, M: 2}},
		{[]byte{0x10, 5, 2}, Op{Kind: OpRealTime, N: 5, M: 2}},
		{[]byte{0x1D, 'a', 0xFF}, Op{Kind: OpAuto, N: 255}},
		{[]byte{0x1D, 'r', 1}, Op{Kind: OpAsk, N: 1}},
		{[]byte{0x1D, 'I', 66}, Op{Kind: OpIdentify, N: 66}},
		{[]byte{0x1D, 'L', 1, 1}, Op{Kind: OpMargin, N: 257}},
	} {
		var d Decoder
		ops := d.Feed(c.bytes)
		require.Len(t, ops, 1, "% x", c.bytes)
		assert.Equal(t, c.want, ops[0], "% x", c.bytes)
	}
}

// A picture broken off swallows what follows, until the flush; then all is well.
func TestFlushEndsABrokenPicture(t *testing.T) {
	j := NewJob(Setup{Dots: 576})
	j.Begin()
	j.Picture(paint(576, 60, func(x, y int) bool { return true }), 0, 1)
	j.End()
	all, err := j.Bytes()
	require.NoError(t, err)
	for at := range all {
		var d Decoder
		d.Feed(all[:at])
		d.Feed(Flush())
		require.False(t, d.InPicture(), "after %d bytes", at)
		ops := d.Feed([]byte("\x1b@ok\n"))
		require.GreaterOrEqual(t, len(ops), 3, "after %d bytes", at)
		require.Equal(t, []Op{{Kind: OpReset}, {Kind: OpText, Data: []byte("ok")}, {Kind: OpLine}}, ops[len(ops)-3:], "after %d bytes", at)
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte("\x1b@\x1dv0\x00\x02\x00\x01\x00ab\x1d(k\x04\x001A2\x00\x1dVB\x00"))
	f.Add([]byte{0x1D, '8', 'L', 255, 255, 255, 255})
	f.Add([]byte{0x1B, '&', 4, 0, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		var whole, parts Decoder
		a := join(whole.Feed(b))
		var ops []Op
		for i := range b {
			ops = append(ops, parts.Feed(b[i:i+1])...)
		}
		require.Equal(t, a, join(ops), "split differently by packet size")
		require.LessOrEqual(t, len(whole.cmd), 70000)

		// Whatever it was, it ends: then a reset is a reset.
		for range 64 {
			whole.Feed(make([]byte, 1<<16))
			if whole.rows == 0 && whole.skip == 0 && whole.want == 0 && len(whole.cmd) == 0 {
				break
			}
		}
		ops = whole.Feed([]byte("\x1b@"))
		require.NotEmpty(t, ops)
		require.Equal(t, OpReset, ops[len(ops)-1].Kind)
	})
}

// join makes one text of texts in a row.
func join(ops []Op) []Op {
	var out []Op
	for _, op := range ops {
		if n := len(out); op.Kind == OpText && n > 0 && out[n-1].Kind == OpText {
			out[n-1].Data = append(bytes.Clone(out[n-1].Data), op.Data...)
			continue
		}
		out = append(out, op)
	}
	return out
}
