package slip

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"path/filepath"

	xdraw "golang.org/x/image/draw" // scales with a filter, so that thin lines stay
)

// The largest logo that is read: a bomb of a small file must not fill the memory.
const (
	logoBytes = 1 << 20
	logoDots  = 2000
)

// readLogo reads a PNG, or says by the code of a sentence what is wrong with it.
func readLogo(read Reader, name string) (img image.Image, code, detail string) {
	if filepath.Base(name) != name || read == nil {
		return nil, "printer.template.logo_path", ""
	}
	b, err := read(name, logoBytes+1)
	if err != nil {
		return nil, "printer.template.logo_missing", ""
	}
	if len(b) > logoBytes {
		return nil, "printer.template.logo_large", ""
	}
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, "printer.template.logo_no_png", err.Error()
	}
	if c.Width > logoDots || c.Height > logoDots {
		return nil, "printer.template.logo_large", ""
	}
	if img, err = png.Decode(bytes.NewReader(b)); err != nil {
		return nil, "printer.template.logo_no_png", err.Error()
	}
	return img, "", ""
}

// twoColours scales a picture to so many dots and makes it black and white.
// Colours become patterns of dots; what is transparent stays white.
func twoColours(img image.Image, wide, high int) *image.Gray {
	b := img.Bounds()
	box := image.Rect(0, 0, wide, high)
	paper := image.NewRGBA(box)
	draw.Draw(paper, box, image.White, image.Point{}, draw.Src)
	xdraw.CatmullRom.Scale(paper, box, img, b, xdraw.Over, nil)
	dots := image.NewPaletted(box, color.Palette{color.White, color.Black})
	draw.FloydSteinberg.Draw(dots, box, paper, image.Point{})
	out := white(box.Dx(), box.Dy())
	for i, v := range dots.Pix {
		if v == 1 {
			out.Pix[i] = 0
		}
	}
	return out
}

// logo draws a picture over so many percent of the paper, no higher than half as
// high as the paper is wide. On a slow line it has half the dots, which is a
// quarter of the bytes.
func (g *Page) logo(l Line) {
	scale := 1
	if g.coarse {
		scale = 2
	}
	b := l.Picture.Bounds()
	wide := (g.Dots - 2*edge) * l.Size / 100 / scale
	high := wide * b.Dy() / b.Dx()
	if most := g.Dots / 2 / scale; high > most {
		wide, high = most*b.Dx()/b.Dy(), most
	}
	img := twoColours(l.Picture, max(1, wide), max(1, high))
	g.place(img, g.centred(img.Rect.Dx()*scale), scale)
}
