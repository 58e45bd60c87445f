package slip

import (
	"fmt"
	"strings"
	"time"

	"xinmoi/store/centre"
)

// Slips for those who work in the hall. They carry no number and are in one
// language.

// Staff is what all of them have.
type Staff struct {
	Centre *centre.Document
	Lang   string
	Now    time.Time
}

// sheet collects the lines of such a slip.
type sheet struct {
	Staff
	words Words
	lines []Line
}

func (s *sheet) add(l Line) { s.lines = append(s.lines, l) }

func (s *sheet) say(key string, args map[string]any) string {
	return s.words(s.Lang, key, args)
}

// head is the bar that says what the slip is, and whose.
func (s *sheet) head(key string) {
	s.add(Line{Text: s.say(key, nil), Face: Strong, Size: 40, Inverse: true, Gap: 8})
	s.add(Line{Text: s.Centre.Centre.Name.In(s.Lang), Face: Strong, Size: 26, Gap: 6})
}

func (s *sheet) now() string { return s.Now.In(s.Centre.Location()).Format("15:04 02/01/2006") }

// row is a name and its value at the two edges.
func (s *sheet) row(key string, value any) {
	s.add(Line{Text: s.say(key, nil), Right: fmt.Sprint(value), Size: 26, Left: true, Gap: 2})
}

// Testing says where a test slip comes from.
type Testing struct {
	Staff
	Printer string // its id, or its port
	Model   string
	Way     string
	Link    string // for a QR code; "" for none
}

// Test is a slip by which a technician sees that a printer prints all of what
// tickets are made of: marks, figures, a code, both edges.
func Test(t Testing, words Words) []Line {
	s := &sheet{Staff: t.Staff, words: words}
	s.head("printer.test")
	s.add(Line{Text: s.say("printer.test.no_number", nil), Size: 26, Gap: 6})
	s.add(Line{Rule: true, Gap: 10})
	s.row("printer.test.printer", t.Printer)
	s.row("printer.test.model", t.Model)
	s.row("printer.test.way", t.Way)
	s.row("printer.test.time", s.now())
	s.add(Line{Rule: true, Gap: 10})
	s.add(Line{Text: s.say("printer.test.marks", nil), Size: 26, Left: true, Gap: 8})
	for _, row := range []string{"ăâêôơưđ ĂÂÊÔƠƯĐ", "ấầẩẫậ ếềểễệ ốồổỗộ", "ứừửữự ớờởỡợ ằẳẵắặ", "Ấ Ể Ỗ Ự Ợ Ặ ỹ ỵ ĩ ị", "Ngõ Huyện Đống Đa"} {
		s.add(Line{Text: row, Face: Strong, Size: 34, Gap: 4})
	}
	s.add(Line{Text: "A0123456789", Face: Figures, Size: 120, Gap: 16})
	if t.Link != "" {
		s.add(Line{QR: true, Text: t.Link, Gap: 10})
		s.add(Line{Text: s.say("printer.test.code", nil), Size: 24})
	}
	s.add(Line{Rule: true, Gap: 10})
	s.add(Line{Text: s.say("printer.test.edges", nil), Size: 24, Gap: 6})
	return s.lines
}

// Calibration is what stands above the rows of a slip on which a printer shows
// the same bytes on one code page after another.
func Calibration(t Staff, printer, sample string, words Words) []Line {
	s := &sheet{Staff: t, words: words}
	s.head("printer.pages")
	s.row("printer.test.printer", printer)
	s.add(Line{Text: s.say("printer.pages.what", nil), Size: 26, Left: true, Gap: 8})
	s.add(Line{Text: sample, Face: Strong, Size: 30, Gap: 4})
	s.add(Line{Text: strings.ToUpper(sample), Face: Strong, Size: 30, Gap: 2})
	s.add(Line{Text: s.say("printer.pages.then", map[string]any{"line": `pages = "30/31"`}), Size: 26, Left: true, Gap: 8})
	s.add(Line{Text: s.say("printer.pages.none", nil), Size: 26, Left: true, Gap: 4})
	s.add(Line{Rule: true, Gap: 14})
	return s.lines
}

// Changed is the slip that comes out when paper is back: whoever put it in sees
// whether it prints on the right side.
func Changed(t Staff, printer string, words Words) []Line {
	s := &sheet{Staff: t, words: words}
	s.head("printer.changed")
	s.row("printer.test.printer", printer)
	s.row("printer.test.time", s.now())
	s.add(Line{Text: s.say("printer.changed.read", nil), Face: Strong, Size: 30, Gap: 14})
	s.add(Line{Text: s.say("printer.changed.blank", nil), Size: 26, Gap: 8})
	return s.lines
}

// Day is a business day in figures.
type Day struct {
	Day    string // "2026-11-22"
	Closed bool   // over; else these are the figures so far

	Issued, Finished, NoShow, Cancelled, Expired, Open int // tickets; Open: not ended yet
	Direct                                             int // people served without a ticket
	Called, MedianS, P90S                              int // tickets that were called, and how long they had waited
	Rated, Pleased                                     int

	Services []DayOf
	Counters []DayOf

	Head, HeadShort string // of the journal's chain
	HeadSeq         uint64
}

// DayOf is a part of a day.
type DayOf struct {
	Name                     string
	Issued, Finished, NoShow int
	Called, MedianS, P90S    int
}

// Summary is the day on a short slip, and Closing the supervisor's whole report.
// Both carry the head of the journal's chain, by which it is shown later that
// nothing before was changed.
func Summary(t Staff, d Day, words Words) []Line {
	s := &sheet{Staff: t, words: words}
	s.day("printer.summary", d)
	s.add(Line{Rule: true, Gap: 10})
	s.add(Line{Text: s.say("printer.day.head", map[string]any{"n": d.HeadSeq}), Size: 22, Gap: 6})
	s.add(Line{Text: d.HeadShort, Face: Strong, Size: 30})
	return s.lines
}

// Closing is the supervisor's report of a day.
func Closing(t Staff, d Day, words Words) []Line {
	s := &sheet{Staff: t, words: words}
	s.day("printer.closing", d)
	s.parts("printer.day.services", d.Services, true)
	s.parts("printer.day.counters", d.Counters, false)
	s.add(Line{Rule: true, Gap: 10})
	s.add(Line{Text: s.say("printer.day.head", map[string]any{"n": d.HeadSeq}), Size: 22, Gap: 6})
	s.add(Line{Text: d.HeadShort, Face: Strong, Size: 30})
	for full := d.Head; full != ""; full = full[min(16, len(full)):] {
		s.add(Line{Text: grouped(full[:min(16, len(full))]), Size: 24})
	}
	s.add(Line{Rule: true, Gap: 14})
	for _, key := range []string{"printer.closing.supervisor", "printer.closing.signature"} {
		s.add(Line{Text: s.say(key, nil), Size: 26, Left: true, Gap: 8})
	}
	s.add(Line{Rule: true, Gap: 110}) // room to sign
	return s.lines
}

func (s *sheet) day(title string, d Day) {
	s.head(title)
	day := d.Day
	if at, err := time.Parse(time.DateOnly, d.Day); err == nil {
		day = at.Format("02/01/2006")
	}
	s.add(Line{Text: s.say("printer.day.of", map[string]any{"day": day}), Face: Strong, Size: 30, Gap: 6})
	k := "printer.day.closed"
	if !d.Closed {
		k = "printer.day.so_far"
	}
	s.add(Line{Text: s.say(k, map[string]any{"at": s.now()}), Size: 24})
	s.add(Line{Rule: true, Gap: 10})
	for _, r := range []struct {
		key string
		n   int
		or  bool // shown where it is 0 too
	}{
		{"printer.day.issued", d.Issued, true}, {"printer.day.finished", d.Finished, true}, {"printer.day.no_show", d.NoShow, true},
		{"printer.day.cancelled", d.Cancelled, false}, {"printer.day.expired", d.Expired, false},
		{"printer.day.open", d.Open, !d.Closed}, {"printer.day.direct", d.Direct, false},
	} {
		if r.n > 0 || r.or {
			s.row(r.key, r.n)
		}
	}
	if d.Called > 0 {
		s.row("printer.day.median", minutes(d.MedianS))
		s.row("printer.day.p90", minutes(d.P90S))
	}
	if d.Rated > 0 {
		s.row("printer.day.pleased", fmt.Sprintf("%d/%d", d.Pleased, d.Rated))
	}
}

// minutes rounds up: nobody is said to have waited less than they did.
func minutes(seconds int) int { return (seconds + 59) / 60 }

// parts lists services or counters; what had no ticket is left out.
func (s *sheet) parts(title string, all []DayOf, issued bool) {
	first := true
	for _, p := range all {
		if p.Issued+p.Finished+p.NoShow+p.Called == 0 {
			continue
		}
		if first {
			s.add(Line{Rule: true, Gap: 10})
			s.add(Line{Text: s.say(title, nil), Face: Strong, Size: 30, Gap: 6})
			first = false
		}
		s.add(Line{Text: p.Name, Face: Strong, Size: 26, Left: true, Gap: 8})
		if issued {
			s.row("printer.day.issued", p.Issued)
		}
		s.row("printer.day.finished", p.Finished)
		s.row("printer.day.no_show", p.NoShow)
		if p.Called > 0 && issued {
			s.row("printer.day.wait", fmt.Sprintf("%d – %d", minutes(p.MedianS), minutes(p.P90S)))
		}
	}
}

// grouped sets a space after every four digits, as people copy them.
func grouped(s string) string {
	var out []string
	for ; s != ""; s = s[min(4, len(s)):] {
		out = append(out, s[:min(4, len(s))])
	}
	return strings.Join(out, " ")
}
