package escpos

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeptPictures(t *testing.T) {
	for place, fn := range map[Place][5]byte{RAM: {0x53, 0x50, 0x52, 0x55, 's'}, NV: {0x43, 0x40, 0x42, 0x45, 'r'}} {
		b, err := Define(place, Key{'k', '1'}, paint(10, 2, func(x, y int) bool { return x == y || x == 9 }))
		require.NoError(t, err)
		assert.Equal(t, golden(
			[]byte{0x1D, '(', 'L', 15, 0, '0'}, "15 bytes follow the length",
			[]byte{fn[0], '0', 'k', '1', 1}, "define, monochrome, under k1, in one colour",
			[]byte{10, 0, 2, 0}, "10 dots wide, 2 high",
			[]byte{'1'}, "colour 1",
			[]byte{0x80, 0x40, 0x40, 0x40}, "rows of two bytes",
		), b)
		assert.Equal(t, []byte{0x1D, '(', 'L', 4, 0, '0', fn[1], 'K', 'C'}, AskKeys(place))
		assert.Equal(t, []byte{0x1D, '(', 'L', 4, 0, '0', fn[2], 'k', '1'}, Forget(place, Key{'k', '1'}))
		j := NewJob(Setup{Dots: 64, Lasting: true})
		j.Begin()
		j.Kept(place, Key{'k', '1'}, false)
		j.Line("12", Style{Wide: 2, High: 2})
		j.End()
		b, err = j.Bytes()
		require.NoError(t, err)
		assert.Equal(t, golden(
			[]byte{0x1C, '.'}, "no reset",
			[]byte{0x1B, 'a', 1}, "centred",
			[]byte{0x1D, '(', 'L', 6, 0, '0', fn[3], 'k', '1', 1, 1}, "print, as large as it is",
			[]byte{0x1D, '!', 0x11, 0x1B, 'E', 0, 0x1D, 'B', 0}, "double size, neither bold nor inverse",
			[]byte{'1', '2', 0x0A}, "text",
			[]byte{0x1D, 'V', 'B', 0}, "cut",
			[]byte{0x1D, 'r', 1}, "say when done",
		), b)
	}
	_, err := Define(RAM, Key{}, paint(576, 80, func(x, y int) bool { return true }))
	require.Error(t, err, "longer than a flush would end")
}

func TestDecodesKeptPictures(t *testing.T) {
	img := paint(20, 3, func(x, y int) bool { return x > y })
	define, err := Define(NV, Key{'a', 'b'}, img)
	require.NoError(t, err)
	var d Decoder
	var ops []Op
	j := NewJob(Setup{Dots: 64})
	j.Kept(RAM, Key{'c', 'd'}, false)
	shown, err := j.Bytes()
	require.NoError(t, err)
	for _, b := range [][]byte{define, AskKeys(RAM), Forget(NV, Key{'a', 'b'}), shown} {
		for _, c := range b { // one at a time, as a slow line brings them
			ops = append(ops, d.Feed([]byte{c})...)
		}
	}
	require.Len(t, ops, 5)
	assert.Equal(t, OpDefine, ops[0].Kind)
	assert.Equal(t, []any{int(NV), 20, "ab"}, []any{ops[0].N, ops[0].M, string(ops[0].Data[:2])})
	assert.Equal(t, pack(img).bits, ops[0].Data[8:])
	assert.Equal(t, Op{Kind: OpKeys, N: int(RAM)}, ops[1])
	assert.Equal(t, Op{Kind: OpForget, N: int(NV), Data: []byte("ab")}, ops[2])
	assert.Equal(t, Op{Kind: OpKept, N: int(RAM), Data: []byte("cd")}, ops[4])
}

// No length of a picture says a real-time command.
func TestLengthsOfKeptPicturesCollideWithNothing(t *testing.T) {
	for rows := 1; rows < 1400; rows++ { // lengths to 1411, with 0x0410 and 0x0510
		b, err := Define(RAM, Key{'a', 'a'}, paint(8, rows, func(x, y int) bool { return true }))
		require.NoError(t, err)
		require.Negative(t, collision(b), "%d rows", rows)
		require.Equal(t, len(b), 5+int(b[3])+int(b[4])<<8, "%d rows", rows)
	}
}

func TestKeysInBlocksOfForty(t *testing.T) {
	for _, n := range []int{0, 1, 40, 41, 95} {
		var keys, back []Key
		for i := range n {
			keys = append(keys, KeyOf(uint64(i)*97))
		}
		blocks := KeyBlocks(NV, keys)
		for i, b := range blocks {
			var p Parser
			replies := p.Feed(b)
			require.Len(t, replies, 1, "%d keys", n)
			got, more, ok := ReadKeys(NV, replies[0])
			require.True(t, ok)
			assert.Equal(t, i < len(blocks)-1, more)
			back = append(back, got...)
			_, _, ok = ReadKeys(RAM, replies[0])
			assert.False(t, ok, "of the other place")
		}
		assert.Equal(t, keys, back)
		assert.Len(t, blocks, max(1, (n+39)/40))
	}
	for _, text := range []string{"", "r", "r@a", "x@ab", "rBab"} {
		_, _, ok := ReadKeys(NV, Reply{Kind: Block, Byte: 0x37, Text: text})
		assert.False(t, ok, text)
	}
}

func TestKeysAreLetters(t *testing.T) {
	seen := map[Key]bool{}
	for n := range uint64(95 * 95) {
		k := KeyOf(n)
		require.True(t, k[0] >= 32 && k[0] <= 126 && k[1] >= 32 && k[1] <= 126, fmt.Sprint(n))
		seen[k] = true
	}
	assert.Len(t, seen, 95*95)
}
