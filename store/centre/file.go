package centre

import (
	"bytes"
	"cmp"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// File is a room's own TOML file while it is checked.
type File struct{ c *checker }

// Wrong notes an error at a path such as "line.2.text", with its holes in pairs.
func (f File) Wrong(path, code string, args ...any) { f.c.wrong(path, code, args...) }

// Odd notes a warning.
func (f File) Odd(path, code string, args ...any) { f.c.odd(path, code, args...) }

// Within checks a number.
func (f File) Within(path string, n, low, high int) { f.c.within(path, n, low, high) }

// OneOf checks a word.
func (f File) OneOf(path, key, value string, known []string) { f.c.oneOf(path, key, value, known) }

// Language checks the code of a language.
func (f File) Language(path, lang string) { f.c.isLanguage(path, lang) }

// ReadFile sets the struct that into points to, whose fields have toml tags,
// from a room's own file. What is wrong with it is told as for a document: all
// at once, each with its line. The check is not called for a text that is no
// TOML.
func ReadFile(name string, src []byte, into any, check func(File)) []Finding {
	src = norm.NFC.Bytes(bytes.TrimPrefix(src, []byte("\ufeff")))
	c := &checker{file: name, told: map[string]bool{}}
	if c.read(src, into) {
		check(File{c})
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return c.found
}
