package printertest

import (
	"image"
	"image/color"

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/font/basicfont"
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
	said   []byte
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
	line           []byte // text of the line begun
}

func newSheet(dots int) *sheet {
	s := &sheet{dots: dots}
	s.clear()
	s.reset()
	return s
}

// reset is ESC @: the style, and the line begun.
func (s *sheet) reset() {
	s.x, s.align, s.wide, s.tall, s.module, s.spacing = 0, 0, 1, 1, 3, -1
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
	for i := range len(data) * 8 * s.scaleX {
		bit := i / s.scaleX
		if data[bit/8]&(0x80>>(bit%8)) != 0 {
			s.dot(at+i, 0)
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
	s.line = append(s.line, b...)
	s.said = append(s.said, b...)
}

func (s *sheet) lineHeight() int {
	if s.spacing >= 0 {
		return s.spacing
	}
	return 30
}

// The built-in letters are 12 dots wide and 24 high.
const (
	cellWide = 12
	cellHigh = 24
)

// endLine draws the line begun and says how far to feed.
func (s *sheet) endLine() int {
	s.said = append(s.said, '\n')
	x := s.start(len(s.line) * cellWide * s.wide)
	for _, c := range s.line {
		s.letter(x, c)
		x += cellWide * s.wide
	}
	high := s.lineHeight()
	if len(s.line) > 0 {
		high = max(high, cellHigh*s.tall)
	}
	s.line, s.x = nil, 0
	return high
}

// letter draws one letter of the built-in face, stretched to its cell. Bytes
// beyond ASCII depend on the code page and come out as an empty box.
func (s *sheet) letter(x int, c byte) {
	face := basicfont.Face7x13
	w, h := cellWide*s.wide, cellHigh*s.tall
	for dy := range h {
		for dx := range w {
			gx, gy := dx*(face.Width+1)/w, dy*face.Height/h
			box := dx == 0 || dy == 0 || dx == w-1 || dy == h-1
			black := c >= 0x7F && box
			if c > 0x20 && c < 0x7F {
				_, _, _, a := face.Mask.At(gx, (int(c)-0x20)*(face.Ascent+face.Descent)+gy).RGBA()
				black = gx < face.Width && a > 0
			}
			if black {
				s.dot(x+dx, dy)
			}
		}
	}
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
