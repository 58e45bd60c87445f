package slip

import (
	_ "embed"
	"image"
	"slices"
	"strconv"
	"strings"
	"sync"

	"xinmoi/store/centre"
)

// Template says what stands on a slip, line by line. One from ReadTemplate is
// shared and must not be changed.
type Template struct {
	Logo      string         `toml:"logo,omitempty"`      // a PNG beside the file
	Languages []string       `toml:"languages,omitempty"` // on every slip; default: the first of the centre
	Lines     []TemplateLine `toml:"line,omitempty"`

	logo image.Image
}

// TemplateLine is a line of a Template; builtin.toml explains its fields.
type TemplateLine struct {
	Text    string      `toml:"text,omitempty"`
	Texts   centre.Text `toml:"texts,omitempty"`
	Show    string      `toml:"show,omitempty"`
	With    string      `toml:"with,omitempty"`
	Face    string      `toml:"face,omitempty"`
	Size    int         `toml:"size,omitempty"`   // default 26, figures 190
	Second  int         `toml:"second,omitempty"` // default 22
	Gap     int         `toml:"gap,omitempty"`
	Width   int         `toml:"width,omitempty"` // default 40
	Left    bool        `toml:"left,omitempty"`
	Point   bool        `toml:"point,omitempty"`
	Inverse bool        `toml:"inverse,omitempty"`
	Upper   bool        `toml:"upper,omitempty"`
}

// What a line shows instead of a text.
const (
	showRule = "rule"
	showCode = "qr"
	showLogo = "logo"
)

// faces are the words for a Face.
var faces = map[string]Face{"": Plain, "plain": Plain, "strong": Strong, "figures": Figures}

// The limits of a template. Larger letters than the largest would not stand on
// any paper; a roll is not to be emptied by one slip.
const (
	largest    = 400
	widestGap  = 200
	linesMost  = 60
	plainSize  = 26
	secondSize = 22
	numberSize = 190
	logoWidth  = 40
)

//go:embed builtin.toml
var builtin []byte

// Builtin is the text of the slip of the house, to begin one's own with.
func Builtin() string { return string(builtin) }

var houseTemplate = sync.OnceValue(func() *Template {
	t, found := ReadTemplate("builtin.toml", builtin, nil)
	if t == nil {
		panic("slip: " + found[0].Code)
	}
	return t
})

// Reader reads a file beside the template: its first most bytes.
type Reader func(name string, most int) ([]byte, error)

// ReadTemplate reads and checks a template. It is nil when a finding is an
// error. Read gets the logo; nil: none can be had.
func ReadTemplate(file string, src []byte, read Reader) (*Template, []centre.Finding) {
	t := &Template{}
	found := centre.ReadFile(file, src, t, func(f centre.File) { t.check(f, read) })
	if slices.ContainsFunc(found, func(f centre.Finding) bool { return !f.Warning }) {
		return nil, found
	}
	return t, found
}

func (t *Template) check(f centre.File, read Reader) {
	if n := len(t.Lines); n == 0 || n > linesMost {
		f.Wrong("line", "printer.template.lines", "n", n, "most", linesMost)
	}
	number, logo := false, false
	for i := range t.Lines {
		l, at := &t.Lines[i], "line."+strconv.Itoa(i)
		l.check(f, at)
		number = number || l.uses("number")
		logo = logo || l.Show == showLogo
		if l.Show == showLogo && t.Logo == "" {
			f.Wrong(at+".show", "printer.template.logo_unnamed")
		}
	}
	if !number {
		f.Wrong("line", "printer.template.no_number", "variable", "{number}")
	}
	for i, l := range t.Languages {
		f.Language("languages."+strconv.Itoa(i), l)
	}
	if t.Logo == "" {
		return
	}
	if !logo {
		f.Odd("logo", "printer.template.logo_unused")
	}
	img, code, detail := readLogo(read, t.Logo)
	if code != "" {
		f.Wrong("logo", code, "file", t.Logo, "detail", detail, "kb", logoBytes>>10, "dots", logoDots)
	}
	t.logo = img
}

// check checks one line and fills in its defaults.
func (l *TemplateLine) check(f centre.File, at string) {
	what := 0
	for _, has := range []bool{l.Text != "", len(l.Texts) > 0, l.Show != ""} {
		if has {
			what++
		}
	}
	if what != 1 {
		f.Wrong(at, "printer.template.line_empty")
	}
	if l.Show != "" {
		f.OneOf(at+".show", "show", l.Show, []string{showRule, showCode, showLogo})
	}
	f.OneOf(at+".face", "face", l.Face, []string{"", "plain", "strong", "figures"})
	known := Variables()
	if l.With != "" && !slices.Contains(known, l.With) {
		unknownVariable(f, at+".with", l.With)
	}
	where := map[string]string{at + ".text": l.Text}
	for lang, s := range l.Texts {
		where[at+".texts."+lang] = s
	}
	for path, s := range where {
		for _, v := range holes(s) {
			if !slices.Contains(known, v) {
				unknownVariable(f, path, v)
			}
		}
	}
	def := plainSize
	if l.Face == "figures" {
		def = numberSize
	}
	for _, n := range []struct {
		key            string
		at             *int
		def, low, high int
	}{
		{"size", &l.Size, def, smallest, largest}, {"second", &l.Second, secondSize, smallest, largest},
		{"width", &l.Width, logoWidth, 5, 100}, {"gap", &l.Gap, 0, 0, widestGap},
	} {
		if *n.at == 0 {
			*n.at = n.def
		}
		f.Within(at+"."+n.key, *n.at, n.low, n.high)
	}
}

func unknownVariable(f centre.File, path, name string) {
	f.Wrong(path, "printer.template.unknown_variable", "variable", "{"+name+"}", "known", "{"+strings.Join(Variables(), "} {")+"}")
}

// in is the line's text in a language, with its holes.
func (l *TemplateLine) in(lang string) string {
	if l.Text != "" {
		return l.Text
	}
	return l.Texts.In(lang)
}

func (l *TemplateLine) uses(variable string) bool {
	if len(l.Texts) == 0 {
		return slices.Contains(holes(l.Text), variable)
	}
	for _, s := range l.Texts { // in every language, or a citizen would lack it
		if !slices.Contains(holes(s), variable) {
			return false
		}
	}
	return true
}

// holes are the names of the variables in a text, in order.
func holes(s string) (names []string) {
	for {
		_, after, ok := strings.Cut(s, "{")
		if !ok {
			return names
		}
		name, rest, ok := strings.Cut(after, "}")
		if !ok {
			return names
		}
		names, s = append(names, name), rest
	}
}
