package slip

import (
	"bytes"
	"fmt"
	"image"
	"sync"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
	"golang.org/x/text/unicode/norm"

	"xinmoi/assets/fonts"
)

// Press draws slips. It keeps the faces and is used by one goroutine.
type Press struct {
	faces  [3][]*font.Face // by Face: the face, then those asked for letters it lacks
	shaper shaping.HarfbuzzShaper
	split  shaping.Segmenter
	breaks segmenter.Segmenter
}

// fontsOnce are the embedded faces, read once: that takes longer than a slip.
var fontsOnce = sync.OnceValues(func() (all []*font.Font, err error) {
	for _, ttf := range [][]byte{fonts.Regular, fonts.SemiBold, fonts.Bold, fonts.Khmer} {
		f, err := font.ParseTTF(bytes.NewReader(ttf))
		if err != nil {
			return nil, fmt.Errorf("read an embedded font: %w", err)
		}
		all = append(all, f.Font)
	}
	return all, nil
})

// NewPress makes a press with faces of its own.
func NewPress() (*Press, error) {
	all, err := fontsOnce()
	if err != nil {
		return nil, err
	}
	var faces []*font.Face
	for _, f := range all {
		faces = append(faces, font.NewFace(f))
	}
	regular, semi, bold, khmer := faces[0], faces[1], faces[2], faces[3]
	return &Press{faces: [3][]*font.Face{
		Plain:   {regular, bold, khmer},
		Strong:  {semi, bold, khmer},
		Figures: {bold, khmer},
	}}, nil
}

// stack is a face and its helpers.
type stack []*font.Face

// ResolveFace is the first face that has the letter.
func (s stack) ResolveFace(r rune) *font.Face {
	for _, f := range s {
		if _, ok := f.NominalGlyph(r); ok {
			return f
		}
	}
	return s[0]
}

// text is a shaped line: runs of glyphs, and how much room they take.
type text struct {
	runs            []shaping.Output
	width           int // dots
	ascent, descent int // of the line, not of its ink
}

// shape lays out one line, left to right.
func (p *Press) shape(s string, face Face, size int) text {
	runes := []rune(norm.NFC.String(s))
	if len(runes) == 0 {
		return text{}
	}
	in := shaping.Input{
		Text: runes, RunEnd: len(runes), Direction: di.DirectionLTR,
		Size: fixed.I(size), Language: language.NewLanguage("vi"),
	}
	t := text{ascent: size, descent: size * 3 / 10} // 1.3 em: the least for stacked marks
	var width fixed.Int26_6
	for _, run := range p.split.Split(in, stack(p.faces[face])) {
		out := p.shaper.Shape(run)
		t.runs = append(t.runs, out)
		width += out.Advance
		t.ascent = max(t.ascent, out.GlyphBounds.Ascent.Ceil())
		t.descent = max(t.descent, -out.GlyphBounds.Descent.Floor())
	}
	t.width = width.Ceil()
	return t
}

// margin is white room left and right of the picture of a text, for marks that
// reach out of their letter's box.
const margin = 4

// draw paints a shaped line black on white.
func (t text) draw() *image.Gray {
	w, h := t.width+2*margin, t.ascent+t.descent
	z := vector.NewRasterizer(w, h)
	x := float32(margin)
	for _, run := range t.runs {
		scale := float32(run.Size) / 64 / float32(run.Face.Upem())
		for _, g := range run.Glyphs {
			outline, ok := run.Face.GlyphDataOutline(g.GlyphID)
			if ok {
				trace(z, outline, x+float32(g.XOffset)/64, float32(t.ascent)-float32(g.YOffset)/64, scale)
			}
			x += float32(g.Advance) / 64
		}
	}
	ink := image.NewAlpha(image.Rect(0, 0, w, h))
	z.Draw(ink, ink.Rect, image.Opaque, image.Point{})
	img := image.NewGray(ink.Rect)
	for i, a := range ink.Pix {
		if 255-a >= threshold {
			img.Pix[i] = 255
		}
	}
	return img
}

// threshold is the grey from which on a dot stays white.
const threshold = 140

// trace draws one glyph with its origin at x, y.
func trace(z *vector.Rasterizer, o font.GlyphOutline, x, y, scale float32) {
	at := func(p opentype.SegmentPoint) (float32, float32) { return x + p.X*scale, y - p.Y*scale }
	open := false
	for _, s := range o.Segments {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		cx, cy := at(s.Args[2])
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			if open {
				z.ClosePath()
			}
			open = true
			z.MoveTo(ax, ay)
		case opentype.SegmentOpLineTo:
			z.LineTo(ax, ay)
		case opentype.SegmentOpQuadTo:
			z.QuadTo(ax, ay, bx, by)
		case opentype.SegmentOpCubeTo:
			z.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	if open {
		z.ClosePath()
	}
}
