package escpos

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParserTellsAMixedStreamApart(t *testing.T) {
	var p Parser
	in := golden(
		[]byte{0x12}, "an answer to a real-time question: paper is there",
		[]byte{0x11}, "XON",
		[]byte{0x10, 0x00, 0x00, 0x0F}, "status by itself: all well",
		[]byte{0x00}, "done",
		[]byte("_EPSON\x00"), "the maker",
		[]byte{0x1C, 0x00, 0x0C, 0x0F}, "status by itself: offline, paper out",
		[]byte{0x72}, "real-time: no paper",
		[]byte{0x13}, "XOFF",
		[]byte{0x0C}, "done, paper out",
		[]byte{0xFF}, "noise",
		[]byte{0x37, 0x22, 'a', 'b', 'c', 'd', 0x00}, "a block",
	)
	want := []Reply{
		{Kind: RealTime, Byte: 0x12},
		{Kind: Flow, Byte: 0x11},
		{Kind: Auto, Auto: [4]byte{0x10, 0, 0, 0x0F}},
		{Kind: Done, Byte: 0},
		{Kind: Block, Byte: '_', Text: "EPSON"},
		{Kind: Auto, Auto: [4]byte{0x1C, 0, 0x0C, 0x0F}},
		{Kind: RealTime, Byte: 0x72},
		{Kind: Flow, Byte: 0x13},
		{Kind: Done, Byte: 0x0C},
		{Kind: Noise, Byte: 0xFF},
		{Kind: Block, Byte: '7', Text: "\"abcd"},
	}
	var got []Reply
	for i := range in {
		got = append(got, p.Feed(in[i:i+1])...)
	}
	assert.Equal(t, want, got)
	p = Parser{}
	assert.Equal(t, want, p.Feed(in))
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		got  Fault
		want Fault
	}{
		{"online", PrinterFaults(0x12), 0},
		{"offline, feeding", PrinterFaults(0x12 | 0x48), Offline | Feeding},
		{"cover, paper end, error", OfflineFaults(0x12 | 0x64), Cover | PaperOut | Erring},
		{"cutter", ErrorFaults(0x12 | 0x08), Cutter},
		{"jam, broken, hot", ErrorFaults(0x12 | 0x64), Mechanics | Broken | Hot},
		{"paper there", PaperFaults(0x12), 0},
		{"paper low", PaperFaults(0x1E), PaperLow},
		{"paper out", PaperFaults(0x72), PaperOut},
		{"all well", AutoFaults([4]byte{0x10, 0, 0, 0x0F}), 0},
		{"cover open", AutoFaults([4]byte{0x38, 0, 0, 0x0F}), Offline | Cover},
		{"cutter, hot", AutoFaults([4]byte{0x18, 0x48, 0, 0x0F}), Offline | Cutter | Hot},
		{"out and low", AutoFaults([4]byte{0x18, 0, 0x0F, 0x0F}), Offline | PaperLow | PaperOut},
		{"done, low", DoneFaults(0x03), PaperLow},
	} {
		assert.Equal(t, c.want, c.got, c.name)
	}
	assert.False(t, PaperLow.Stops())
	assert.True(t, (PaperLow | PaperOut).Stops())
}

func FuzzParser(f *testing.F) {
	f.Add([]byte{0x10, 0x00, 0x00, 0x0F, '_', 'E', 0})
	f.Add([]byte{0x10, 0x10, 0x10, 0x10, 0x92})
	f.Fuzz(func(t *testing.T, b []byte) {
		var whole, parts Parser
		a := whole.Feed(b)
		var c []Reply
		for i := range b {
			c = append(c, parts.Feed(b[i:i+1])...)
		}
		require.Equal(t, a, c)
		require.LessOrEqual(t, len(whole.held), longestBlock)
		// Whatever it was, an answer is understood again soon.
		whole.Feed(make([]byte, 4))
		got := whole.Feed([]byte{0x12})
		require.Equal(t, RealTime, got[len(got)-1].Kind)
	})
}

func TestBreakEndsWhatWasBegun(t *testing.T) {
	var p Parser
	assert.Empty(t, p.Feed([]byte{0x37, 0x12}))
	assert.Equal(t, []Reply{{Kind: Noise, Byte: 0x37}, {Kind: RealTime, Byte: 0x12}}, p.Break())
	assert.Empty(t, p.Break())
	assert.Equal(t, []Reply{{Kind: RealTime, Byte: 0x12}}, p.Feed([]byte{0x12}))
	p.Feed([]byte{0x37, 0x37, 0x10})
	assert.Len(t, p.Break(), 3)
}
