package printertest

import (
	"image"
	"image/color"

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"xinmoi/assets/fonts"
	"xinmoi/printer/escpos"
)

// Bits is a picture of one bit a dot. PNG makes small files of it.
type Bits struct {
	wide, high int
	stride     int
	bits       []byte
}

var twoColours = color.Palette{color.White, color.Black}

// ColorModel is white and black.
func (b *Bits) ColorModel() color.Model { return twoColours }

// Bounds begins at 0, 0.
func (b *Bits) Bounds() image.Rectangle { return image.Rect(0, 0, b.wide, b.high) }

// At is one dot.
func (b *Bits) At(x, y int) color.Color { return twoColours[b.ColorIndexAt(x, y)] }

// Packed is the picture row by row, a bit a dot from the highest on, each row in
// whole bytes.
func (b *Bits) Packed() []byte { return b.bits }

// ColorIndexAt is 1 for black.
func (b *Bits) ColorIndexAt(x, y int) uint8 {
	if x < 0 || y < 0 || x >= b.wide || y >= b.high {
		return 0
	}
	return b.bits[y*b.stride+x/8] >> (7 - x%8) & 1
}

// sheet is the paper under the head, and the style in force.
type sheet struct {
	dots   int
	page   Bits   // what has passed the head
	ahead  []byte // rows under the head, not fed yet
	said   []rune
	links  []string
	x      int
	align  int // 0 left, 1 centre, 2 right
	wide   int // size of text
	tall   int
	module int
	link   string

	spacing        int // dots a line; -1: the plain one
	rows           int // of the picture begun, still to come
	scaleX, scaleY int
	line           []cell // text of the line begun
	codePage       byte
	bold, inverse  bool
	pages          escpos.Pages
	face           font.Face // of letters twice as high as the plain ones
}

// cell is one letter of a line, and its look.
type cell struct {
	letter        rune
	wide, tall    int
	bold, inverse bool
}

func newSheet(dots int, pages escpos.Pages) *sheet {
	s := &sheet{dots: dots, pages: pages}
	s.clear()
	s.reset()
	return s
}

// reset is ESC @: the style, and the line begun.
func (s *sheet) reset() {
	s.x, s.align, s.wide, s.tall, s.module, s.spacing = 0, 0, 1, 1, 3, -1
	s.codePage, s.bold, s.inverse = 0, false, false
	s.scaleX, s.scaleY = 1, 1
	s.line, s.ahead = nil, nil
}

// clear puts fresh paper under the head.
func (s *sheet) clear() {
	s.page = Bits{wide: s.dots, stride: (s.dots + 7) / 8}
	s.said, s.links, s.ahead = nil, nil, nil
}

func (s *sheet) high() int { return s.page.high }

func (s *sheet) paper() Paper {
	page := s.page
	return Paper{Image: &page, Text: string(s.said), Links: s.links}
}

// feed moves what lies under the head out.
func (s *sheet) feed(dots int) {
	n := dots * s.page.stride
	if short := n - len(s.ahead); short > 0 {
		s.ahead = append(s.ahead, make([]byte, short)...)
	}
	s.page.bits = append(s.page.bits, s.ahead[:n]...)
	s.ahead = s.ahead[n:]
	s.page.high += dots
}

// dot blackens one dot, so many rows under the head.
func (s *sheet) dot(x, y int) {
	if x < 0 || x >= s.dots {
		return
	}
	for len(s.ahead) < (y+1)*s.page.stride {
		s.ahead = append(s.ahead, make([]byte, s.page.stride)...)
	}
	s.ahead[y*s.page.stride+x/8] |= 0x80 >> (x % 8)
}

// row puts one row of a picture under the head.
func (s *sheet) row(data []byte) {
	at := s.start(len(data) * 8 * s.scaleX)
	for i, v := range data {
		for bit := 0; v != 0; v, bit = v<<1, bit+1 {
			if v&0x80 == 0 {
				continue
			}
			for dx := range s.scaleX {
				s.dot(at+(i*8+bit)*s.scaleX+dx, 0)
			}
		}
	}
}

// start is where something so wide begins.
func (s *sheet) start(wide int) int {
	switch free := s.dots - wide; {
	case s.align == 1 && s.x == 0:
		return max(0, free/2)
	case s.align == 2 && s.x == 0:
		return max(0, free)
	}
	return s.x
}

func (s *sheet) text(b []byte) {
	for _, c := range b {
		r, ok := s.pages.Letter(s.codePage, c)
		if !ok {
			r = '\uFFFD'
		}
		s.line = append(s.line, cell{r, s.wide, s.tall, s.bold, s.inverse})
		s.said = append(s.said, r)
	}
}

func (s *sheet) lineHeight() int {
	if s.spacing >= 0 {
		return s.spacing
	}
	return escpos.LineHigh
}

// endLine draws the line begun and says how far to feed.
func (s *sheet) endLine() int {
	s.said = append(s.said, '\n')
	wide, tall := 0, 0
	for _, c := range s.line {
		wide += escpos.CellWide * c.wide
		tall = max(tall, escpos.CellHigh*c.tall)
	}
	x := s.start(wide)
	for _, c := range s.line {
		s.letter(x, tall-escpos.CellHigh*c.tall, c)
		x += escpos.CellWide * c.wide
	}
	s.line, s.x = nil, 0
	return max(s.lineHeight(), tall)
}

// letterSize is the height in which letters are drawn, to be stretched to their
// cells.
const letterSize = 2 * escpos.CellHigh

// letter draws one letter, stretched or squeezed to its cell. Built-in letters
// of printers are uglier, and no less legible.
func (s *sheet) letter(x, y int, c cell) {
	w, h := escpos.CellWide*c.wide, escpos.CellHigh*c.tall
	ink := s.glyph(c.letter)
	for dy := range h {
		for dx := range w {
			black := ink(dx*letterSize/2/w, dy*letterSize/h) || c.bold && dx > 0 && ink((dx-1)*letterSize/2/w, dy*letterSize/h)
			if black != c.inverse {
				s.dot(x+dx, y+dy)
			}
		}
	}
}

// glyph tells which dots of a letter in its cell of letterSize/2 x letterSize
// are black. A code without a letter is a box.
func (s *sheet) glyph(r rune) func(x, y int) bool {
	if r == '\uFFFD' {
		return func(x, y int) bool { return x < 2 || y < 2 || x >= letterSize/2-2 || y >= letterSize-2 }
	}
	if s.face == nil {
		s.face = newFace()
	}
	dot := fixed.P(0, letterSize*3/4)
	box, mask, at, advance, ok := s.face.Glyph(dot, r)
	if !ok {
		return func(int, int) bool { return false }
	}
	wide := advance.Ceil() // a wide letter is squeezed, a narrow one stands in the middle
	shift := max(0, letterSize/2-wide) / 2
	return func(x, y int) bool {
		if wide > letterSize/2 {
			x = x * wide * 2 / letterSize
		}
		p := image.Pt(x-shift, y)
		if !p.In(box) {
			return false
		}
		_, _, _, a := mask.At(at.X+p.X-box.Min.X, at.Y+p.Y-box.Min.Y).RGBA()
		return a > 0x7FFF
	}
}

func newFace() font.Face {
	f, err := opentype.Parse(fonts.Bold)
	if err != nil {
		panic("printertest: an embedded font: " + err.Error())
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: letterSize * 0.7, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic("printertest: an embedded font: " + err.Error())
	}
	return face
}

// qr draws the stored code and says how far to feed.
func (s *sheet) qr() int {
	q, err := qrcode.New(s.link, qrcode.Medium)
	if err != nil {
		return 0 // a printer prints nothing
	}
	q.DisableBorder = true
	bits := q.Bitmap()
	at := s.start(len(bits) * s.module)
	for y := range len(bits) * s.module {
		for x := range len(bits) * s.module {
			if bits[y/s.module][x/s.module] {
				s.dot(at+x, y)
			}
		}
	}
	s.links = append(s.links, s.link)
	return len(bits) * s.module
}
