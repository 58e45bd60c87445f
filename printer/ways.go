package printer

import (
	"slices"
	"strings"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
)

// wayOf chooses how a ticket is told to the printer. On a fast line everything
// is drawn, which looks best and any printer can; on a slow one the printer's
// own letters are used as far as it is known to have them. A way that the
// document names is taken: who names it has looked at what comes out.
func wayOf(named string, m Model, bps int) string {
	switch {
	case named != "":
		return named
	case bps == 0 || bps >= slowLine:
		return centre.WayRaster
	case m.Pages != escpos.Pages{}:
		return centre.WayText
	case m.Keeps && m.QR:
		return centre.WayStored
	case m.QR:
		return centre.WayHybrid
	}
	return centre.WayRaster
}

// setter sets the lines of a slip one below the other.
type setter struct {
	job   *escpos.Job
	press *slip.Press
	model Model
	paper slip.Paper
	pages escpos.Pages // what of the printer's own letters may be used
	qr    bool
	high  int
	shelf *shelf        // of the stored way
	shows func(imageID) // told of each picture that could be kept; may be nil
}

// Set makes the bytes of a slip for a model in a way: whole commands, in pieces
// of about size bytes. High is how long the paper becomes, in dots.
func Set(way string, lines []slip.Line, press *slip.Press, m Model, paper slip.Paper, size int) (pieces [][]byte, high int, err error) {
	if way == centre.WayRaster {
		page, err := press.Render(lines, paper)
		if err != nil {
			return nil, 0, err
		}
		pieces, err := Job(page, m, size)
		return pieces, page.High, err
	}
	return set(way, lines, press, m, paper, size, nil)
}

// set is Set for a printer that may keep pictures.
func set(way string, lines []slip.Line, press *slip.Press, m Model, paper slip.Paper, size int, shelf *shelf) (pieces [][]byte, high int, err error) {
	if way == centre.WayRaster {
		return Set(way, lines, press, m, paper, size)
	}
	s := newSetter(way, press, m, paper, size, shelf)
	s.job.Begin()
	for _, l := range lines {
		if err := s.line(l); err != nil {
			return nil, 0, err
		}
	}
	s.job.End()
	pieces, err = s.job.Pieces(size)
	return pieces, s.high, err
}

func newSetter(way string, press *slip.Press, m Model, paper slip.Paper, size int, shelf *shelf) *setter {
	paper.Coarse = true
	s := &setter{press: press, model: m, paper: paper, qr: m.QR || way != centre.WayText, shelf: shelf}
	if way == centre.WayText {
		if s.pages = m.Pages; s.pages == (escpos.Pages{}) {
			s.pages = escpos.TCVN
		}
	}
	setup := m.setup(size)
	setup.Pages = s.pages
	setup.Lasting = shelf != nil
	s.job = escpos.NewJob(setup)
	return s
}

// line sets one line, in letters where the printer has them all, else as a
// picture.
func (s *setter) line(l slip.Line) error {
	switch {
	case l.Rule:
		s.gap(2 * l.Gap)
		return nil
	case l.QR && s.qr:
		return s.code(l)
	case !l.QR && l.Picture == nil && s.pages.Readable(l.Text+l.Right):
		s.text(l)
		return nil
	case !l.QR && s.shelf != nil && !s.shelf.closed:
		if ok, err := s.kept(l); ok || err != nil {
			return err
		}
	}
	page, err := s.press.Render([]slip.Line{l}, s.paper)
	if err != nil {
		return err
	}
	at := 0
	for _, part := range page.Parts {
		s.job.Feed(part.Y - at)
		s.job.Picture(part.Image, part.X, part.Scale)
		at = part.Y + part.Image.Rect.Dy()*part.Scale
	}
	s.job.Feed(page.High - at)
	s.high += page.High
	return nil
}

// codeModule is the side of a square of a code that the printer draws, in dots;
// quiet is the white above and below it. Left and right there is paper enough.
const (
	codeModule = 6
	quiet      = 4 * codeModule
)

func (s *setter) code(l slip.Line) error {
	side, err := slip.CodeSide(l.Text)
	if err != nil {
		return err
	}
	module := max(1, min(codeModule, s.model.Dots/(side+8)))
	s.gap(quiet)
	level := byte('M')
	if s.pages != (escpos.Pages{}) || s.shelf != nil {
		level = 'L' // 17 bytes less, of 400
	}
	s.job.QR(l.Text, module, level)
	s.high += side * module
	s.gap(quiet)
	return nil
}

// tight is the gap up to which letters stand close: the printer's own spacing is
// enough. A wider one is an empty line, which is one byte where a feed is three.
const tight = 15

func (s *setter) gap(dots int) {
	if dots > tight {
		s.job.Blank()
		s.high += escpos.LineHigh
	}
}

// text sets a line in the printer's own letters: larger where there is room and
// the drawn slip has it large, wrapped where it is too long.
func (s *setter) text(l slip.Line) {
	st := escpos.Style{Wide: 1, High: 1, Inverse: l.Inverse, Left: l.Left}
	cells := s.model.Dots / escpos.CellWide
	switch {
	case l.Face == slip.Figures:
		st.High = 8
		st.Wide = max(1, min(st.High, cells/max(1, escpos.Columns(l.Text))))
	case l.Inverse:
		st.Wide, st.High = 2, 2
	case l.Face == slip.Strong && l.Size >= large:
		st.High = 2
	}
	s.gap(l.Gap)
	text, indent := l.Text, ""
	if l.Inverse {
		text = " " + text + " "
	}
	if l.Point {
		text, indent = "- "+text, "  "
	}
	rows := wrapCells(text, indent, cells/st.Wide)
	if l.Right != "" {
		rows = spread(l.Text, l.Right, cells)
	}
	for _, row := range rows {
		s.job.Line(row, st)
		s.high += st.LineHigh()
	}
}

// spread sets a name and its value at the two edges; a long name wraps before.
func spread(name, value string, cells int) []string {
	left := cells - escpos.Columns(value)
	rows := wrapCells(name, "", max(1, left-1))
	last := &rows[len(rows)-1]
	*last += strings.Repeat(" ", max(1, left-escpos.Columns(*last))) + value
	return rows
}

// large is the size from which a strong line is set in double height.
const large = 32

// wrapCells breaks a text between words into rows of at most so many cells, a
// word that alone is longer between its letters. Rows after the first begin
// with indent.
func wrapCells(s, indent string, cells int) (rows []string) {
	if escpos.Columns(s) <= cells {
		return []string{s}
	}
	row := ""
	for _, word := range strings.SplitAfter(s, " ") {
		for escpos.Columns(strings.TrimRight(row+word, " ")) > cells {
			if strings.TrimSpace(row) == "" { // the word alone is too long
				letters := []rune(row + word)
				rows = append(rows, string(letters[:cells]))
				row, word = indent, string(letters[cells:])
				continue
			}
			rows = append(rows, strings.TrimRight(row, " "))
			row = indent
		}
		row += word
	}
	if strings.TrimSpace(row) != "" {
		rows = append(rows, strings.TrimRight(row, " "))
	}
	return slices.Clip(rows)
}
