package escpos

import "fmt"

// Style is how a line of the printer's own letters looks.
type Style struct {
	Wide, High int // times the plain letter, 1 to 8
	Bold       bool
	Inverse    bool // white on black
	Left       bool // not centred
}

// The printer's own letters, in dots. A line of plain ones moves the paper on by
// LineHigh, one of higher ones by its height.
const (
	CellWide = 12
	CellHigh = 24
	LineHigh = 30
)

// LineHigh is how far a line in this style moves the paper on.
func (s Style) LineHigh() int { return max(LineHigh, CellHigh*s.High) }

// style is what the printer has been told so far. After ESC @ it is plain, at
// the left edge, on a page that a switch of the printer decides.
type style struct {
	size, bold, inverse, align byte
	page                       byte // 0: not told
}

// untold is a printer of which nothing is known.
var untold = style{size: 0xFF, bold: 0xFF, inverse: 0xFF, align: 0xFF}

// Line prints one line in the printer's own letters, told by as few commands as
// the line before allows.
func (j *Job) Line(s string, st Style) {
	if st.Wide < 1 || st.Wide > 8 || st.High < 1 || st.High > 8 {
		j.fail(fmt.Errorf("escpos: text size %d x %d", st.Wide, st.High))
		return
	}
	if n := Columns(s) * CellWide * st.Wide; n > j.setup.Dots {
		j.fail(fmt.Errorf("%w: %d dots of text on %d", ErrTooWide, n, j.setup.Dots))
		return
	}
	j.flushFeed()
	j.align(flag(!st.Left))
	j.tell(&j.now.size, byte((st.Wide-1)<<4|(st.High-1)), gs, '!')
	j.tell(&j.now.bold, flag(st.Bold), esc, 'E')
	j.tell(&j.now.inverse, flag(st.Inverse), gs, 'B')
	for _, r := range plain(s) {
		b, page, ok := j.setup.Pages.code(r)
		if !ok {
			j.fail(fmt.Errorf("escpos: the printer has no letter %q", r))
			return
		}
		if page != 0 {
			j.tell(&j.now.page, page, esc, 't')
		}
		j.write([]byte{b})
	}
	j.raw(lf)
}

// Use takes the letters of the lines that follow from other pages.
func (j *Job) Use(p Pages) { j.setup.Pages = p }

// Blank prints an empty line.
func (j *Job) Blank() {
	j.flushFeed()
	j.raw(lf)
}

// align is 0 for left, 1 for centred. It may stand at the start of a line only.
func (j *Job) align(n byte) { j.tell(&j.now.align, n, esc, 'a') }

// tell sends a setting that is not in force yet.
func (j *Job) tell(now *byte, want byte, cmd ...byte) {
	if *now != want {
		*now = want
		j.raw(append(cmd, want)...)
	}
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}
