package centre

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReading(t *testing.T) {
	d := &Document{}
	read := func(b Board) Reading { return d.Reading(b) }
	r := read(Board{DiagonalIn: 55, Farthest: 8})
	assert.Equal(t, 6, r.Rows)
	assert.InDelta(t, 51, r.RowMM, 0.5)
	assert.InDelta(t, 46.6, r.NeedMM, 0.1)
	assert.True(t, r.Enough())
	assert.Equal(t, 5, read(Board{DiagonalIn: 43, Farthest: 8}).Rows, "a smaller panel has fewer, larger rows")

	r = read(Board{DiagonalIn: 43, Farthest: 12})
	assert.Equal(t, 5, r.Rows, "fewer would be no larger, since a row is only so wide")
	assert.False(t, r.Enough())
	assert.Zero(t, r.Fewer)
	assert.True(t, read(Board{DiagonalIn: float64(r.Inches), Farthest: 12}).Enough(), "what is advised does")
	assert.False(t, read(Board{DiagonalIn: float64(r.Inches) - 2, Farthest: 12}).Enough(), "and nothing much smaller")

	r = read(Board{DiagonalIn: 55, Farthest: 10, Rows: 8})
	assert.Equal(t, 8, r.Rows, "the document is obeyed")
	assert.False(t, r.Enough())
	assert.Equal(t, 5, r.Fewer)
	assert.True(t, read(Board{DiagonalIn: 55, Farthest: 10, Rows: r.Fewer}).Enough(), "what is advised does")

	assert.InDelta(t, 45.3, read(Board{DiagonalIn: 55, Farthest: 8, Portrait: true, Rows: 6}).RowMM, 0.5)

	d = &Document{Services: []Service{{ID: "s", Prefix: new("HT"), Digits: 4}}, Counters: []Counter{{ID: "q", Zone: "a", Services: []string{"s"}}}}
	assert.InDelta(t, 0.7*51, read(Board{DiagonalIn: 55, Farthest: 8, Rows: 6, Zones: []string{"a"}}).RowMM, 0.5, "long numbers are written smaller")
	assert.InDelta(t, 51, read(Board{DiagonalIn: 55, Farthest: 8, Rows: 6, Zones: []string{"b"}}).RowMM, 0.5, "those of another zone are not written at all")
}
