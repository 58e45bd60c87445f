package slip

import "strings"

// set is a line as it will be drawn: one row or several, in one size.
type set struct {
	size int
	rows []text
}

// shrink is how far a line may shrink before it wraps, and how far a wrapped one
// that is still too long, in hundredths.
const (
	shrink     = 85
	shrinkMost = 75
	smallest   = 22
	manyRows   = 3
)

// fit lays a line out within width dots.
func (p *Press) fit(l Line, size, width int) set {
	least := max(size*shrink/100, min(size, smallest))
	if l.Face == Figures {
		least = min(size, smallest) // a number is never broken in two
	}
	for s := size; s >= least; s-- {
		if t := p.shape(l.Text, l.Face, s); t.width <= width {
			return set{s, []text{t}}
		}
	}
	rows := p.wrap(l.Text, l.Face, size, width)
	if len(rows) > manyRows {
		size = max(size*shrinkMost/100, min(size, smallest))
		rows = p.wrap(l.Text, l.Face, size, width)
	}
	for widest(rows) > width && size > smallest { // one letter alone is too wide
		size = max(size*9/10, smallest)
		rows = p.wrap(l.Text, l.Face, size, width)
	}
	if !l.Left {
		rows = p.balance(l.Text, l.Face, size, width, rows)
	}
	return set{size, rows}
}

func widest(rows []text) int {
	most := 0
	for _, r := range rows {
		most = max(most, r.width)
	}
	return most
}

// wrap breaks a text between words, and a word that alone is too wide between
// its letters.
func (p *Press) wrap(s string, face Face, size, width int) []text {
	var rows []text
	row := ""
	end := func() {
		if r := strings.TrimSpace(row); r != "" {
			rows = append(rows, p.shape(r, face, size))
		}
		row = ""
	}
	add := func(piece string) {
		if p.shape(strings.TrimRight(row+piece, " "), face, size).width > width {
			end()
		}
		row += piece
	}
	p.breaks.Init([]rune(s))
	var pieces []string
	for it := p.breaks.LineIterator(); it.Next(); {
		pieces = append(pieces, string(it.Line().Text))
	}
	for _, piece := range pieces {
		if p.shape(strings.TrimRight(piece, " "), face, size).width <= width {
			add(piece)
			continue
		}
		p.breaks.Init([]rune(piece))
		for it := p.breaks.GraphemeIterator(); it.Next(); {
			add(string(it.Grapheme().Text))
		}
	}
	end()
	return rows
}

// balance makes the rows of a centred text about equally wide: the narrowest
// width that needs no more rows.
func (p *Press) balance(s string, face Face, size, width int, rows []text) []text {
	low, high := width/3, width
	for high-low > 8 {
		mid := (low + high) / 2
		if try := p.wrap(s, face, size, mid); len(try) == len(rows) {
			high, rows = mid, try
		} else {
			low = mid
		}
	}
	return rows
}
