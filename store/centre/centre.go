// Package centre is the document of a centre: what its technician writes in one
// TOML file, checked, filled in with defaults, and turned into the rules of the
// queue.
//
// Promises and decisions:
//
//   - Parse tells everything that is wrong at once, each with its line and a
//     code; the sentence that says what to do is "centre.<code>" of the locale.
//     So values are set by a walk over the decoded tree instead of by the
//     decoder, which stops at the first wrong type.
//   - Errors are what would make the hall fail its people: a counter that serves
//     nobody, a number that two people could hold, a sign that cannot show its
//     number. Warnings are what may be meant.
//   - What the book keeps is the canonical form: the document with its defaults
//     filled in, so that a default changed in a later version changes nothing in
//     a hall that runs. FromCanonical therefore fills in nothing.
//   - Numbers called at a counter whose sign shows only digits are digits by
//     default, the field first: 1012 is number 12 of the first such service.
//   - Text is normalised to NFC on the way in: printers and signs draw the marks
//     of NFD beside their letters.
package centre

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Finding is one thing wrong with a document, or odd about it.
type Finding struct {
	Warning bool // the document can be used all the same
	File    string
	Line    int
	Code    string
	Args    map[string]any // holes of its sentence
}

// Key is that of the finding's sentence: "centre."+Code, or the code itself where
// a room that checks its own file has put its name before it.
func (f Finding) Key() string {
	if strings.Contains(f.Code, ".") {
		return f.Code
	}
	return "centre." + f.Code
}

// Parse reads and checks a document and fills in its defaults. The document is
// nil when a finding is an error. Findings are in the order of their lines.
func Parse(file string, src []byte) (*Document, []Finding) {
	src = norm.NFC.Bytes(bytes.TrimPrefix(src, []byte("\ufeff")))
	c := &checker{file: file, d: &Document{}, told: map[string]bool{}}
	if c.read(src, c.d) {
		c.checkNames()
		c.d.fill()
		c.checkCentre()
		c.checkPlaces()
		c.checkNumbers()
		c.checkDevices()
		c.checkScan()
		c.checkDisplays()
		c.checkCalendar()
		c.checkVoice()
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	if slices.ContainsFunc(c.found, func(f Finding) bool { return !f.Warning }) {
		return nil, c.found
	}
	c.d.zone = loadZone(c.d.Centre.TimeZone)
	return c.d, c.found
}

// checker collects findings. A place in the document is a path such as
// "service.2.prefix", with the index of a table in its array.
type checker struct {
	file  string
	d     *Document
	lines map[string]int
	found []Finding
	told  map[string]bool // paths with an error: one thing wrong is told once
}

// wrong notes an error at path, with its holes in pairs.
func (c *checker) wrong(path, code string, args ...any) { c.note(false, path, code, args) }

// odd notes a warning.
func (c *checker) odd(path, code string, args ...any) { c.note(true, path, code, args) }

func (c *checker) note(warning bool, path, code string, args []any) {
	if c.told[path] {
		return
	}
	c.told[path] = !warning
	f := Finding{Warning: warning, File: c.file, Line: c.line(path), Code: code, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i].(string)] = args[i+1]
	}
	c.found = append(c.found, f)
}

// line finds the line of a path, or of the nearest thing around it.
func (c *checker) line(path string) int {
	for path != "" {
		if n, ok := c.lines[path]; ok {
			return n
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
	return 1
}
