package centre

import (
	"math"
	"slices"

	"xinmoi/store/queue"
)

// Physical reading sizes of a wall board. Its page lays the rows out in the same
// shares of the panel's height, so that what is reckoned here hangs on the wall.
const (
	fewestRows   = 4 // that are chosen where the document says nothing
	mostRows     = 6
	capitals     = 0.714 // height of a capital in the font's size, Noto Sans
	rowFont      = 0.92  // of a row's height
	mmPerMetre   = 5.82  // 20 minutes of arc, comfortable for normal sight
	inch         = 25.4
	enoughWithin = 0.5 // mm: what nobody sees is not told
)

// panel is how a board is hung: shares of its height.
type panel struct {
	height float64 // of its diagonal, 16 by 9
	list   float64 // what the rows fill
	widest float64 // a font larger than that is too wide for a row
}

var (
	landscape = panel{height: 9 / math.Hypot(16, 9), list: 0.68, widest: 130.0 / 1080}
	portrait  = panel{height: 16 / math.Hypot(16, 9), list: 0.34, widest: 130.0 / 1920}
)

// Reading says how a board's rows look from the farthest seat.
type Reading struct {
	Rows   int     // of calls
	RowMM  float64 // height of capitals in a row on this panel
	NeedMM float64 // what the farthest seat needs
	Fewer  int     // rows with which it would do; 0: none
	Inches int     // diagonal with which these rows would do
}

// Enough reports whether the rows can be read from the farthest seat.
func (r Reading) Enough() bool { return r.RowMM >= r.NeedMM-enoughWithin }

// Reading reckons the rows of a board: as many as the document says, else the
// most, up to six, that can still be read from the farthest seat.
func (d *Document) Reading(b Board) Reading {
	p := landscape
	if b.Portrait {
		p = portrait
	}
	mm := b.DiagonalIn * inch * p.height * capitals * d.shrink(b)
	size := func(rows int) float64 { return mm * min(p.list/float64(rows)*rowFont, p.widest) }
	r := Reading{Rows: b.Rows, NeedMM: tenth(b.Farthest * mmPerMetre)}
	if r.Rows <= 0 {
		for r.Rows = mostRows; r.Rows > fewestRows && size(r.Rows) < r.NeedMM && size(r.Rows-1) > size(r.Rows); r.Rows-- {
		}
	}
	r.RowMM = tenth(size(r.Rows))
	for rows := r.Rows - 1; rows >= 1 && r.Fewer == 0 && !r.Enough(); rows-- {
		if size(rows) >= r.NeedMM-enoughWithin {
			r.Fewer = rows
		}
	}
	if size(r.Rows) > 0 {
		r.Inches = int(math.Ceil(b.DiagonalIn * r.NeedMM / size(r.Rows)))
	}
	return r
}

// shrink is by how much the page makes the longest number of the board smaller.
func (d *Document) shrink(b Board) float64 {
	longest := 0
	for _, c := range d.Counters {
		if c.Zone != "" && len(b.Zones) > 0 && !slices.Contains(b.Zones, c.Zone) {
			continue
		}
		for _, s := range c.Services {
			if s, ok := d.Service(queue.ServiceID(s)); ok {
				longest = max(longest, len(s.example()))
			}
		}
	}
	switch {
	case longest > 7:
		return 0.5
	case longest > 5:
		return 0.7
	}
	return 1
}

func tenth(mm float64) float64 { return math.Round(mm*10) / 10 }

// checkBoard looks at whether a board can be read from the farthest seat.
func (c *checker) checkBoard(path string, b Board) {
	r := c.d.Reading(b)
	if r.Enough() {
		return
	}
	args := []any{"id", b.ID, "inches", b.DiagonalIn, "rows", r.Rows, "far", b.Farthest, "mm", r.RowMM, "need", r.NeedMM, "larger", r.Inches}
	if r.Fewer > 0 {
		c.odd(path, "board_rows", append(args, "fewer", r.Fewer)...)
	} else {
		c.odd(path, "board_small", args...)
	}
}
