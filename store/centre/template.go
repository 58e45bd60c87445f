package centre

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/pelletier/go-toml/v2"
)

//go:embed templates
var templates embed.FS

// Kinds are the templates there are.
var Kinds = []string{"commune", "ward", "province"}

// MaxCounters is how many counters a template can lay out.
const MaxCounters = 99

// Answers are what a first document is made of. Empty ports leave the device
// out, as a note of how to add it.
type Answers struct {
	Name        Text // both languages
	Authority   Text // may be empty
	Counters    int
	PrinterPort string
	KeypadPort  string // one bus for all counters, by their number
	LEDPort     string
	PublicURL   string
}

type templateCounter struct {
	ID, Number string
	Services   []string
}

// Template writes a document that works, with notes for its technician.
func Template(kind string, a Answers) ([]byte, error) {
	if !slices.Contains(Kinds, kind) {
		return nil, fmt.Errorf("centre: no template %q, only %s", kind, strings.Join(Kinds, ", "))
	}
	if a.Counters < 1 || a.Counters > MaxCounters {
		return nil, fmt.Errorf("centre: %d counters; a template has 1 to %d", a.Counters, MaxCounters)
	}
	services, err := templates.ReadFile("templates/" + kind + ".toml")
	if err != nil {
		return nil, err
	}
	var d Document
	if err := toml.Unmarshal(services, &d); err != nil {
		return nil, fmt.Errorf("template %s: %w", kind, err)
	}
	t, err := template.New("").Funcs(template.FuncMap{"quote": quote}).ParseFS(templates, "templates/centre.toml.tmpl")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.ExecuteTemplate(&out, "centre.toml.tmpl", struct {
		Answers
		Services string
		Cells    int // of a sign: numbers of more than nine services have five digits
		Counters []templateCounter
	}{a, string(services), 4 + min(len(d.Services)/10, 1), shareOut(idsOf(d.Services, func(s Service) string { return s.ID }), a.Counters)})
	return out.Bytes(), err
}

// shareOut gives each of n counters neighbouring services. With more counters
// than services the later ones double the first, which are the busiest.
func shareOut(services []string, n int) []templateCounter {
	out := make([]templateCounter, n)
	for i := range out {
		out[i].Number = strconv.Itoa(i + 1)
		out[i].ID = "c" + out[i].Number
		if n >= len(services) {
			out[i].Services = services[i%len(services):][:1]
			continue
		}
		out[i].Services = services[i*len(services)/n : (i+1)*len(services)/n]
	}
	return out
}

// quote writes a TOML string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
