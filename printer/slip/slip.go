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
//
// Decisions:
//
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
	"slices"
	"strings"

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
	Face    Face
	Size    int  // dots of an em on paper 576 wide
	Gap     int  // dots above it
	Left    bool // at the left edge, not centred
	Point   bool // a point of a list: Left, with a bullet
	Inverse bool // white on black
	QR      bool // Text is what the code says
	Rule    bool // a dashed line across
	Varies  bool // words around figures of this ticket alone, such as how many are ahead
}

// Slip is what one ticket's paper is made from.
type Slip struct {
	Centre  *centre.Document
	Ticket  *queue.Ticket
	Link    string // the holder's page; "" for no QR code
	Reprint bool
}

// page collects lines in the leading language, each with its sister below.
type page struct {
	words  Words
	langs  []string // one or two
	centre *centre.Document
	lines  []Line
}

// Build says what stands on the paper.
func Build(s Slip, words Words) []Line {
	p := &page{words: words, langs: languages(s.Centre, s.Ticket.Lang), centre: s.Centre}
	t := s.Ticket
	if s.Reprint {
		p.lines = append(p.lines, Line{Text: p.say("printer.reprint", nil), Face: Strong, Size: 36, Inverse: true})
	}
	p.head()
	p.both(Line{Face: Strong, Size: 30, Gap: 14}, 22, p.key("printer.number_label", nil))
	p.lines = append(p.lines, Line{Text: t.Number, Face: Figures, Size: 190, Gap: 12})
	p.class(t.Class)
	if v, ok := s.Centre.Service(t.Service); ok {
		p.both(Line{Face: Strong, Size: 34, Gap: 18}, 24, v.Name.In)
	}
	p.where(t.Service)
	p.told(t.Told)
	at := t.IssuedAt.In(s.Centre.Location())
	p.lines = append(p.lines, Line{Text: at.Format("15:04 02/01/2006"), Face: Plain, Size: 26, Gap: 8})
	p.link(s.Link)
	p.bring(t.Told.Bring)
	p.foot()
	return p.lines
}

// languages is the leading one, and the ticket's where it is another.
func languages(d *centre.Document, lang string) []string {
	lead := "vi"
	if len(d.Centre.Languages) > 0 {
		lead = d.Centre.Languages[0]
	}
	if lang == "" || lang == lead {
		return []string{lead}
	}
	return []string{lead, lang}
}

func (p *page) say(k string, args map[string]any) string { return p.words(p.langs[0], k, args) }

// both adds a line in the leading language and, smaller, in the other one.
func (p *page) both(l Line, small int, text func(lang string) string) {
	var lead string
	for i, lang := range p.langs {
		s := strings.TrimSpace(text(lang))
		if i == 0 {
			lead = s
		} else if s == lead {
			continue // a name that is not translated
		} else {
			l.Size, l.Face, l.Gap = small, Plain, 0
		}
		if s != "" {
			l.Text = s
			p.lines = append(p.lines, l)
		}
	}
}

// key is the text of a key in any language, for both.
func (p *page) key(k string, args map[string]any) func(string) string {
	return func(lang string) string { return p.words(lang, k, args) }
}

func (p *page) head() {
	c := p.centre.Centre
	if len(c.Authority) > 0 {
		p.both(Line{Face: Plain, Size: 24, Gap: 4}, 22, c.Authority.In)
	}
	p.both(Line{Face: Strong, Size: 28, Gap: 2}, 22, func(lang string) string {
		if lang == p.langs[0] {
			return strings.ToUpper(c.Name.In(lang))
		}
		return c.Name.In(lang)
	})
	p.lines = append(p.lines, Line{Rule: true, Gap: 8})
}

func (p *page) class(id queue.ClassID) {
	c, ok := p.centre.Class(id)
	if !ok {
		return
	}
	p.both(Line{Face: Strong, Size: 28, Gap: 18}, 22, func(lang string) string {
		return p.words(lang, "printer.priority", map[string]any{"class": c.Name.In(lang)})
	})
}

// where names the counters of the service, by zone.
func (p *page) where(id queue.ServiceID) {
	for _, g := range groups(p.centre, string(id)) {
		k := "printer.counters"
		if len(g.numbers) == 1 {
			k = "printer.counter"
		}
		p.both(Line{Face: Strong, Size: 32, Gap: 6}, 24, func(lang string) string {
			s := p.words(lang, k, map[string]any{"counters": strings.Join(g.numbers, ", ")})
			before := " – "
			for _, t := range []centre.Text{g.zone.Name, g.zone.Floor} {
				if len(t) > 0 {
					s += before + t.In(lang)
					before = ", "
				}
			}
			return s
		})
	}
}

// told is what the citizen was told at the kiosk, word for word.
func (p *page) told(t queue.Told) {
	k := "printer.ahead"
	if t.Ahead == 0 {
		k = "printer.ahead_none"
	}
	p.both(Line{Face: Strong, Size: 28, Gap: 12, Varies: true}, 22, p.key(k, map[string]any{"n": t.Ahead}))
	if t.HighS > 0 {
		p.both(Line{Face: Plain, Size: 28, Gap: 2, Varies: true}, 22, p.key("printer.wait", map[string]any{
			"low": t.LowS / 60, "high": (t.HighS + 59) / 60,
		}))
	}
}

func (p *page) link(link string) {
	if link == "" {
		return
	}
	p.lines = append(p.lines, Line{QR: true, Text: link, Gap: 10})
	p.both(Line{Face: Plain, Size: 24}, 22, p.key("printer.scan", nil))
}

func (p *page) bring(lines []string) {
	if len(lines) == 0 {
		return
	}
	p.lines = append(p.lines, Line{Rule: true, Gap: 10})
	p.both(Line{Face: Strong, Size: 26, Gap: 8, Left: true}, 22, p.key("printer.bring", nil))
	for _, s := range lines {
		p.lines = append(p.lines, Line{Text: s, Face: Plain, Size: 26, Left: true, Point: true})
	}
}

func (p *page) foot() {
	p.lines = append(p.lines, Line{Rule: true, Gap: 10})
	p.both(Line{Face: Plain, Size: 26, Gap: 8}, 22, p.key("printer.thanks", nil))
	p.both(Line{Face: Plain, Size: 24, Gap: 2}, 22, p.key("printer.valid", nil))
}

// group is the counters of a service in one zone.
type group struct {
	zone    centre.Zone
	numbers []string
}

// groups lists the counters whose own service it is, in the order of the document.
func groups(d *centre.Document, service string) []group {
	var out []group
	at := map[string]int{}
	for _, c := range d.Counters {
		if !slices.Contains(c.Services, service) {
			continue
		}
		i, ok := at[c.Zone]
		if !ok {
			i = len(out)
			at[c.Zone] = i
			z, _ := d.Zone(c.Zone)
			out = append(out, group{zone: z})
		}
		out[i].numbers = append(out[i].numbers, c.Number)
	}
	return out
}
