package display

import (
	"math"

	"xinmoi/store/centre"
)

// Physical reading sizes. The page lays its rows out in the same share of the
// panel's height, so that what is computed here is what hangs on the wall.
const (
	usualDiagonal = 55.0         // inches
	usualFarthest = 8.0          // metres
	capitals      = 0.714        // of the font's size, Noto Sans
	listShare     = 0.68         // of the panel's height, that the rows fill
	rowFont       = 0.92         // of a row's height
	widest        = 130.0 / 1080 // of the panel's height: a larger font is too wide for a row
	mmPerMetre    = 5.82         // 20 minutes of arc, comfortable for normal sight
)

// fit says how many rows a board has, how high their capitals are on its panel,
// and how high they should be for the farthest seat. A number in the document
// is obeyed; else it is the most, up to six, that can still be read from there.
func fit(b centre.Board) (rows int, rowMM, needMM float64) {
	diagonal, farthest := b.DiagonalIn, b.Farthest
	if diagonal <= 0 {
		diagonal = usualDiagonal
	}
	if farthest <= 0 {
		farthest = usualFarthest
	}
	height := diagonal * 25.4 * 9 / math.Hypot(16, 9)
	size := func(rows int) float64 { return height * capitals * min(listShare/float64(rows)*rowFont, widest) }
	needMM = farthest * mmPerMetre
	if rows = b.Rows; rows <= 0 {
		for rows = most; rows > fewest && size(rows) < needMM && size(rows-1) > size(rows); rows-- {
		}
	}
	return rows, round(size(rows)), round(needMM)
}

func round(mm float64) float64 { return math.Round(mm*10) / 10 }
