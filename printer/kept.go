package printer

import (
	"image"
	"regexp"
	"strings"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
)

// figures are what a line that varies is told in the printer's own letters.
var figures = regexp.MustCompile(`[0-9]+`)

// piece is a part of a line, one below the other: a picture that the printer
// keeps, or figures.
type piece struct {
	figures string
	place   escpos.Place
	key     escpos.Key
	high    int
}

// kept sets a line by pictures that the printer keeps. It is false when one of
// them is lacking: then the line is drawn, and what lacks is wanted. Where the
// figures of a line vary, each run of words is a picture, so that the same words
// are kept for any figures; they stand one below the other, since a kept picture
// is a line of its own.
func (s *setter) kept(l slip.Line) (bool, error) {
	var pieces []piece
	all := true
	for _, part := range parts(l) {
		if part.Varies {
			pieces = append(pieces, piece{figures: part.Text})
			continue
		}
		page, err := s.press.Render([]slip.Line{part}, slip.Paper{Dots: s.model.Dots})
		if err != nil {
			return false, err
		}
		for _, p := range page.Parts {
			for _, img := range strips(narrow(p, l.Left)) {
				id := pictureOf(img)
				if s.shows != nil {
					s.shows(id)
				}
				place, key, ok := s.shelf.find(id)
				if !ok {
					s.shelf.want(id, img)
					all = false
				}
				pieces = append(pieces, piece{place: place, key: key, high: img.Rect.Dy()})
			}
		}
	}
	if !all {
		return false, nil
	}
	s.gap(l.Gap)
	for _, p := range pieces {
		if p.figures != "" {
			st := escpos.Style{Wide: 2, High: 2}
			s.job.Line(p.figures, st)
			s.high += st.LineHigh()
			continue
		}
		s.job.Kept(p.place, p.key, l.Left)
		s.high += p.high
	}
	return true, nil
}

// parts splits a line that varies; the parts that are figures vary still.
func parts(l slip.Line) (all []slip.Line) {
	text := l.Text
	l.Gap = 0
	if !l.Varies {
		return []slip.Line{l}
	}
	add := func(text string, varies bool) {
		if text = strings.TrimSpace(text); text != "" {
			part := l
			part.Text, part.Varies = text, varies
			all = append(all, part)
		}
	}
	from := 0
	for _, at := range figures.FindAllStringIndex(text, -1) {
		add(text[from:at[0]], false)
		add(text[at[0]:at[1]], true)
		from = at[1]
	}
	add(text[from:], false)
	return all
}

// strips cuts a picture into ones that a flush would end.
func strips(img *image.Gray) (all []*image.Gray) {
	rows := escpos.MaxBandBytes / ((img.Rect.Dx() + 7) / 8)
	for y := 0; y < img.Rect.Dy(); y += rows {
		strip := image.NewGray(image.Rect(0, 0, img.Rect.Dx(), min(rows, img.Rect.Dy()-y)))
		copy(strip.Pix, img.Pix[y*img.Stride:])
		all = append(all, strip)
	}
	return all
}

// narrow is a part of a page without the white beside it, in all its dots. The
// printer puts it into the middle; at the left edge the white before it stays.
func narrow(p slip.Part, left bool) *image.Gray {
	if p.Scale == 2 {
		p.Image = escpos.Double(p.Image)
	}
	wide, high := p.Image.Rect.Dx(), p.Image.Rect.Dy()
	from, to := wide, 0
	for y := range high {
		for x, v := range p.Image.Pix[y*p.Image.Stride:][:wide] {
			if v < 128 {
				from, to = min(from, x), max(to, x+1)
			}
		}
	}
	if from >= to {
		from, to = 0, 1
	}
	lead := 0
	if left {
		lead, from = p.X, 0
	}
	out := image.NewGray(image.Rect(0, 0, lead+to-from, high))
	for y := range high {
		row := out.Pix[y*out.Stride:][:out.Stride]
		for x := range lead {
			row[x] = 255
		}
		copy(row[lead:], p.Image.Pix[y*p.Image.Stride:][from:to])
	}
	return out
}
