// Package slip says what stands on a ticket and draws it. It reads the event's
// own words (Told) and computes nothing again; it knows no printer.
//
// Promises:
//
//   - Text that is too long for the paper shrinks a little, then wraps, and is
//     never cut off: between words, and inside a word only when the word alone
//     is wider than the paper.
//   - Every language goes one way: NFC, then shaping, then outlines. So loose
//     marks, Khmer and the letters of Ê Đê come out right.
//   - A QR code stands there only when the centre's address can be reached by
//     the phones of citizens.
//   - A template of the centre decides what stands where; it cannot take away
//     the number, nor the mark of a reprint.
//
// Decisions:
//
//   - The slip of the house is a template like any other (builtin.toml), so that
//     there is one way from template to paper, and one to begin one's own with.
//   - The leading language of the centre stands on every ticket; the language
//     that the citizen chose stands below it, smaller. The clerk must be able to
//     read the paper that is handed over.
//   - The threshold is 140 of 255 and hinting is off: looked at on 203 dpi, with
//     double marks (ấ, ộ, ữ) kept apart from 20 dots up. Nothing is smaller than
//     22, since the strokes of a thermal head are thinner than drawn.
//   - The QR code is drawn with half the dots, to be doubled: that loses nothing.
//     The number is drawn so only where the line is slow (Coarse).
package slip

import (
	"image"
	"slices"
	"strings"
	"time"
	"unicode"

	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// Words says a sentence of the locale files.
type Words func(lang, key string, args map[string]any) string

// Face is one of the typefaces.
type Face uint8

// The faces: a line of text, what matters, the number.
const (
	Plain Face = iota
	Strong
	Figures
)

// Line is one line of a slip, before it is known how wide the paper is.
type Line struct {
	Text    string
	Right   string // stands at the right edge of the same line, Text at the left one
	Face    Face
	Size    int         // dots of an em on paper 576 wide
	Gap     int         // dots above it
	Left    bool        // at the left edge, not centred
	Point   bool        // a point of a list: Left, with a bullet
	Inverse bool        // white on black
	QR      bool        // Text is what the code says
	Rule    bool        // a dashed line across
	Varies  bool        // words around figures of this ticket alone, such as how many are ahead
	Picture image.Image // Size percent of the paper wide
}

// Slip is what one ticket's paper is made from.
type Slip struct {
	Template *Template // nil: that of the house
	Centre   *centre.Document
	Ticket   *queue.Ticket
	Link     string // the holder's page; "" for no QR code
	Reprint  bool
}

// page collects the lines of a slip.
type page struct {
	words Words
	slip  Slip
	langs []string // the first leads
	lines []Line
}

// Build says what stands on the paper.
func Build(s Slip, words Words) []Line {
	t := s.Template
	if t == nil {
		t = houseTemplate()
	}
	p := &page{words: words, slip: s, langs: t.languages(s.Centre, s.Ticket.Lang)}
	if s.Reprint { // whatever the template says: two papers with one number must differ
		p.lines = append(p.lines, Line{Text: words(p.langs[0], "printer.reprint", nil), Face: Strong, Size: 36, Inverse: true})
	}
	for _, l := range t.Lines {
		p.add(l, t)
	}
	return p.lines
}

// languages are those of the template, or the leading one of the centre; and the
// ticket's where it is another.
func (t *Template) languages(d *centre.Document, lang string) []string {
	all := t.Languages
	switch {
	case len(all) > 0:
	case len(d.Centre.Languages) > 0:
		all = d.Centre.Languages[:1]
	default:
		all = []string{"vi"}
	}
	if lang == "" || slices.Contains(all, lang) {
		return all
	}
	return append(slices.Clip(all), lang)
}

// add sets a line of the template: one for each value of what it names, in each
// language.
func (p *page) add(l TemplateLine, t *Template) {
	if l.With != "" && p.isEmpty(l.With) {
		return
	}
	switch l.Show {
	case showRule:
		p.lines = append(p.lines, Line{Rule: true, Gap: l.Gap})
	case showCode:
		if p.slip.Link != "" {
			p.lines = append(p.lines, Line{QR: true, Text: p.slip.Link, Gap: l.Gap})
		}
	case showLogo:
		p.lines = append(p.lines, Line{Picture: t.logo, Size: l.Width, Gap: l.Gap})
	default:
		p.text(l)
	}
}

func (p *page) text(l TemplateLine) {
	var all [][]string // by language
	most := 0
	for _, lang := range p.langs {
		all = append(all, p.fill(l.in(lang), lang))
		most = max(most, len(all[len(all)-1]))
	}
	for i := range most {
		var said []string // the same in two languages is said once
		for k, lang := range all {
			if i >= len(lang) || lang[i] == "" || slices.Contains(said, lang[i]) {
				continue
			}
			said = append(said, lang[i])
			line := Line{
				Text: lang[i], Face: faces[l.Face], Size: l.Size, Gap: l.Gap,
				Left: l.Left || l.Point, Point: l.Point, Inverse: l.Inverse, Varies: l.Face != "figures" && l.varies() && hasLetter(lang[i]),
			}
			switch {
			case k > 0:
				line.Size, line.Face, line.Gap = l.Second, Plain, 0
			case l.Upper:
				line.Text = strings.ToUpper(line.Text)
			}
			p.lines = append(p.lines, line)
		}
	}
}

// fill puts the values into a text: as many texts as one of its variables has
// values, none where all of its variables are empty.
func (p *page) fill(text, lang string) (filled []string) {
	values, most, empty := map[string][]string{}, 1, true
	for _, name := range holes(text) {
		values[name] = variables[name](p, lang)
		most = max(most, len(values[name]))
		empty = empty && strings.Join(values[name], "") == ""
	}
	if empty && len(values) > 0 {
		return nil
	}
	for i := range most {
		s := text
		for name, v := range values {
			value := ""
			if len(v) > 0 {
				value = v[min(i, len(v)-1)]
			}
			s = strings.ReplaceAll(s, "{"+name+"}", value)
		}
		filled = append(filled, strings.TrimSpace(s))
	}
	return filled
}

// varies reports whether the line has figures of one ticket alone.
func (l *TemplateLine) varies() bool {
	return slices.ContainsFunc([]string{"ahead", "wait", "people", "time", "date", "number"}, l.uses)
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func (p *page) isEmpty(variable string) bool {
	return strings.Join(variables[variable](p, p.langs[0]), "") == ""
}

func (p *page) service() centre.Service {
	v, _ := p.slip.Centre.Service(p.slip.Ticket.Service)
	return v
}

func (p *page) at() time.Time { return p.slip.Ticket.IssuedAt.In(p.slip.Centre.Location()) }
