package slip

import (
	"fmt"
	"image"
	"image/draw"

	"github.com/skip2/go-qrcode"
)

// Paper is what a slip is drawn for.
type Paper struct {
	Dots   int  // across: 576, 384 and their like
	Coarse bool // a slow line: the number with half the dots, the text smaller
}

// Part is a picture on the paper. Parts do not stand beside one another.
type Part struct {
	X, Y  int // dots
	Scale int // 1, or 2: each pixel is two dots wide and high
	Image *image.Gray
}

// Page is a drawn slip.
type Page struct {
	Dots, High int
	Parts      []Part // from the top down

	coarse bool
}

// edge is the white left and right of everything; narrow is the width up to
// which paper counts as the 58 mm kind, on which text is a little smaller.
const (
	edge   = 8
	narrow = 432
)

// Render draws lines for the paper. The only error is a link that no QR code
// can hold.
func (p *Press) Render(lines []Line, paper Paper) (*Page, error) {
	page := &Page{Dots: paper.Dots, coarse: paper.Coarse}
	for _, l := range lines {
		page.High += l.Gap
		switch {
		case l.Rule && page.coarse:
			page.High += l.Gap // white does as well, and costs nothing
		case l.Rule:
			page.rule()
		case l.QR:
			if err := page.code(l.Text); err != nil {
				return nil, err
			}
		case l.Picture != nil:
			page.logo(l)
		case l.Inverse:
			page.inverse(p, l)
		case l.Face == Figures:
			page.figures(p, l)
		default:
			page.text(p, l)
		}
	}
	return page, nil
}

// size is the size of a line's letters on this paper. On a slow line everything
// is a little smaller: a third fewer bytes with the number and the rules.
func (g *Page) size(l Line) int {
	percent := 100
	switch {
	case l.Face == Figures:
	case g.coarse:
		percent = 86
	case g.Dots <= narrow:
		percent = 90
	}
	return max(l.Size*percent/100, min(l.Size, smallest))
}

// place adds a picture of scaled dots at the height reached.
func (g *Page) place(img *image.Gray, x, scale int) {
	g.Parts = append(g.Parts, Part{X: x, Y: g.High, Scale: scale, Image: img})
	g.High += img.Rect.Dy() * scale
}

func (g *Page) centred(wide int) int { return max(0, (g.Dots-wide)/2) }

func (g *Page) text(p *Press, l Line) {
	var bullet text
	indent := 0
	if l.Point {
		bullet = p.shape("• ", l.Face, g.size(l))
		indent = bullet.width
	}
	wide := g.Dots - 2*edge - indent
	value := p.shape(l.Right, Strong, g.size(l))
	if l.Right != "" && value.width > wide*2/3 { // a line of its own, which may wrap
		g.text(p, Line{Text: l.Text, Face: l.Face, Size: l.Size, Left: true})
		g.text(p, Line{Text: l.Right, Face: Strong, Size: l.Size, Left: true})
		return
	}
	if l.Right != "" {
		wide -= value.width + 2*margin
	}
	fitted := p.fit(l, g.size(l), wide)
	for i, row := range fitted.rows {
		img, x := row.draw(), edge-margin+indent
		switch {
		case l.Right != "" && i == len(fitted.rows)-1:
			img = beside(img, value.draw(), g.Dots-2*edge-value.width)
		case !l.Left:
			x = g.centred(row.width + 2*margin)
		case l.Point && i == 0:
			img, x = beside(bullet.draw(), img, indent), edge-margin
		}
		g.place(img, x, 1)
	}
}

// beside draws b over a, so many dots further right.
func beside(a, b *image.Gray, right int) *image.Gray {
	out := white(right+b.Rect.Dx(), max(a.Rect.Dy(), b.Rect.Dy()))
	draw.Draw(out, a.Rect, a, image.Point{}, draw.Src)
	draw.Draw(out, b.Rect.Add(image.Pt(right, 0)), b, image.Point{}, draw.Src)
	return out
}

// figures draws the number: as large as it fits, and no higher than its ink.
func (g *Page) figures(p *Press, l Line) {
	scale := 1
	if g.coarse {
		scale = 2
	}
	fitted := p.fit(l, g.size(l)/scale, (g.Dots-2*edge)/scale)
	for _, row := range fitted.rows {
		img := ink(row.draw())
		g.place(img, g.centred(img.Rect.Dx()*scale), scale)
	}
}

// inverse draws white letters on a black bar.
func (g *Page) inverse(p *Press, l Line) {
	const pad = 10
	for _, row := range p.fit(l, g.size(l), g.Dots-2*edge-4*pad).rows {
		in := ink(row.draw())
		out := image.NewGray(image.Rect(0, 0, in.Rect.Dx()+6*pad, in.Rect.Dy()+2*pad)) // black
		for y := range in.Rect.Dy() {
			for x := range in.Rect.Dx() {
				out.Pix[(y+pad)*out.Stride+x+3*pad] = 255 - in.Pix[y*in.Stride+x]
			}
		}
		g.place(out, g.centred(out.Rect.Dx()), 1)
		g.High += pad
	}
}

// rule draws a dashed line.
func (g *Page) rule() {
	img := white(g.Dots-2*edge, 2)
	for i := range img.Pix {
		if i%img.Stride%12 < 8 {
			img.Pix[i] = 0
		}
	}
	g.place(img, edge, 1)
}

// module is the side of a square of the QR code in dots: 0.75 mm at 203 dpi,
// what phones read from an arm's length.
const module = 6

// CodeSide is how many modules the QR code of a link has on each side, without
// its quiet zone.
func CodeSide(link string) (int, error) {
	q, err := newCode(link)
	if err != nil {
		return 0, err
	}
	return 17 + 4*q.VersionNumber, nil
}

func newCode(link string) (*qrcode.QRCode, error) {
	q, err := qrcode.New(link, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("QR code of a link of %d letters: %w", len(link), err)
	}
	return q, nil
}

// code draws a QR code with its quiet zone, in half the dots.
func (g *Page) code(link string) error {
	q, err := newCode(link)
	if err != nil {
		return err
	}
	bits := q.Bitmap() // with four modules of white around
	side := module / 2
	for side > 1 && len(bits)*side*2 > g.Dots {
		side--
	}
	img := white(len(bits)*side, len(bits)*side)
	if img.Rect.Dx()*2 > g.Dots {
		return fmt.Errorf("QR code of a link of %d letters: wider than the paper", len(link))
	}
	for y, row := range bits {
		for x, black := range row {
			if black {
				r := image.Rect(x*side, y*side, (x+1)*side, (y+1)*side)
				draw.Draw(img, r, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	g.place(img, g.centred(2*img.Rect.Dx()), 2)
	return nil
}

// Image is the page as it will look.
func (g *Page) Image() *image.Gray {
	out := white(g.Dots, g.High)
	for _, part := range g.Parts {
		for y := range part.Image.Rect.Dy() * part.Scale {
			for x := range part.Image.Rect.Dx() * part.Scale {
				v := part.Image.Pix[y/part.Scale*part.Image.Stride+x/part.Scale]
				out.Pix[(part.Y+y)*out.Stride+part.X+x] = v
			}
		}
	}
	return out
}

func white(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

// ink cuts the white off all four sides.
func ink(img *image.Gray) *image.Gray {
	box := image.Rectangle{}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if img.Pix[y*img.Stride+x] == 0 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	out := image.NewGray(image.Rect(0, 0, box.Dx(), box.Dy()))
	draw.Draw(out, out.Rect, img, box.Min, draw.Src)
	return out
}
