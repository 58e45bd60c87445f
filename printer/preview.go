package printer

import (
	"bytes"
	"cmp"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/printer/printertest" // shows what a job makes of the paper
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// preview is a slip as the printer would draw it: of the ticket asked for, or of
// the day's last one, or of a number that nobody has.
func (r *Room) preview(w http.ResponseWriter, req *http.Request) error {
	doc := centre.InForce(r.book.View().Hall)
	p, ok := doc.Printer(req.PathValue("id"))
	if !ok {
		return &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "printer"}}
	}
	s := slip.Slip{Centre: doc, Ticket: r.sample(doc)}
	if text := req.URL.Query().Get("ticket"); text != "" {
		t, err := r.ticket(text)
		if err != nil {
			return err
		}
		s.Ticket = t
	}
	s.Template, _, _ = r.templates.now()
	s.Link = doc.HolderURL(r.book.Link(s.Ticket))
	var b bytes.Buffer
	if err := drawFor(&b, s, p, r.words); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b.Bytes())
	return err
}

// sample is the day's last ticket, or one made up.
func (r *Room) sample(doc *centre.Document) *queue.Ticket {
	tickets := r.book.View().Hall.Tickets()
	for i := len(tickets) - 1; i >= 0; i-- {
		if tickets[i].Number != "" {
			return tickets[i]
		}
	}
	return madeUp(doc, Sample{Now: r.book.Now()})
}

// LeastDots and MostDots are the narrowest and the widest paper that is drawn for.
const (
	LeastDots = 200
	MostDots  = 1000
)

// Sample says what a made-up ticket is to be like. Everything may be left out.
type Sample struct {
	Template *slip.Template
	Service  string // default: the first
	Lang     string // the citizen's
	Class    string
	Reprint  bool
	Dots     int // across the paper, all drawn; default: as the printer does it
	Printer  centre.Printer
	Now      time.Time
}

func madeUp(doc *centre.Document, o Sample) *queue.Ticket {
	t := &queue.Ticket{
		IssuedAt: o.Now, Lang: o.Lang, Class: queue.ClassID(o.Class),
		Told: queue.Told{Ahead: 7, LowS: 20 * 60, HighS: 35 * 60},
	}
	v, ok := doc.Service(queue.ServiceID(o.Service))
	if !ok && len(doc.Services) > 0 {
		v = doc.Services[0]
	}
	prefix := ""
	if v.Prefix != nil {
		prefix = *v.Prefix
	}
	t.Number = fmt.Sprintf("%s%0*d", prefix, cmp.Or(v.Digits, 3), 0) // which nobody gets
	t.Service = queue.ServiceID(v.ID)
	if t.Told.Bring = v.Bring[o.Lang]; len(t.Told.Bring) == 0 && len(doc.Centre.Languages) > 0 {
		t.Told.Bring = v.Bring[doc.Centre.Languages[0]]
	}
	return t
}

// Preview writes a PNG of a made-up ticket of a document.
func Preview(w io.Writer, doc *centre.Document, o Sample, words slip.Words) error {
	link := doc.HolderURL(strings.Repeat("a", 20)) // as long as a true one
	s := slip.Slip{Template: o.Template, Centre: doc, Ticket: madeUp(doc, o), Link: link, Reprint: o.Reprint}
	if o.Dots == 0 {
		return drawFor(w, s, o.Printer, words)
	}
	press, err := slip.NewPress()
	if err != nil {
		return err
	}
	return draw(w, slip.Build(s, words), press, slip.Paper{Dots: o.Dots})
}

// draw writes a PNG of lines that are all drawn.
func draw(w io.Writer, lines []slip.Line, press *slip.Press, paper slip.Paper) error {
	page, err := press.Render(lines, paper)
	if err != nil {
		return err
	}
	return png.Encode(w, page.Image())
}

// drawFor writes a PNG of a slip as a printer of the document would make it: in
// the way that suits its model and the speed of its line. What it sets in its own
// letters is shown in those of the simulated printer, which stand as wide.
func drawFor(w io.Writer, s slip.Slip, p centre.Printer, words slip.Words) error {
	press, err := slip.NewPress()
	if err != nil {
		return err
	}
	m, bps := modelFor(p), lineOf(p.Port)
	way, lines, paper := wayOf(p.Way, m, bps), slip.Build(s, words), slip.Paper{Dots: m.Dots, Coarse: bps > 0 && bps < slowLine}
	if way == centre.WayRaster {
		return draw(w, lines, press, paper)
	}
	var job [][]byte
	var kept *shelf
	if way == centre.WayStored { // as once the printer has all pictures
		kept = newShelf()
		if _, _, err := set(way, lines, press, m, paper, longestPieces, kept); err != nil {
			return err
		}
		for _, want := range kept.wants {
			key := kept.freeKey(escpos.RAM, want.id)
			cmd, err := escpos.Define(escpos.RAM, key, want.img)
			if err != nil {
				continue // too large to be kept: drawn
			}
			job = append(job, cmd)
			kept.kept[escpos.RAM][want.id], kept.listed[escpos.RAM][key] = key, true
		}
	}
	pieces, _, err := set(way, lines, press, m, paper, longestPieces, kept)
	if err != nil {
		return err
	}
	papers := printertest.Print(printertest.Options{Dots: m.Dots, Pages: m.Pages, RAM: 1 << 20}, slices.Concat(append(job, pieces...)...))
	if len(papers) == 0 {
		return draw(w, lines, press, paper)
	}
	return png.Encode(w, papers[0].Image)
}

// modelFor is the model of a printer of the document, with what this one has
// of its own; one that is not known, such as of a later version, is a plain one.
func modelFor(p centre.Printer) Model {
	m, ok := ModelOf(p.Model)
	if !ok {
		m, _ = ModelOf(centre.DefaultModel)
	}
	if p.Pages != "" {
		m.Pages = pagesOf(p.Pages)
	}
	return m
}

// lineOf is the speed of a port by its address, in bytes a second; 0: fast.
func lineOf(port string) int {
	_, options, _ := strings.Cut(port, "?")
	q, _ := url.ParseQuery(options)
	baud, _ := strconv.Atoi(q.Get("baud"))
	if baud == 0 && strings.HasPrefix(port, "serial:") {
		baud = 9600
	}
	return baud / 10
}

// The calls of the page on which the slip is edited.

// maxSlipBody leaves room for the largest logo, in base64.
const maxSlipBody = 2 << 20

type (
	slipAnswer struct {
		Template string          `json:"template"` // its text; that of the house where the centre has none
		Own      bool            `json:"own"`
		Findings []string        `json:"findings"` // in words; with an error the hall prints the slip of the house
		Good     bool            `json:"good"`
		Logo     bool            `json:"logo"` // there is a logo.png
		Services []choice        `json:"services"`
		Classes  []choice        `json:"classes"`
		Printers []printerChoice `json:"printers"`
		Langs    []string        `json:"languages"`
		Centre   centre.Text     `json:"centre"`
	}
	choice struct {
		ID   string      `json:"id"`
		Name centre.Text `json:"name"`
	}
	printerChoice struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Way   string `json:"way"` // raster, text, stored, hybrid
	}
	slipBody struct {
		Template string `json:"template"`
		Logo     []byte `json:"logo,omitempty"` // a PNG for logo.png; left out: the one that is there
		Service  string `json:"service,omitempty"`
		Lang     string `json:"lang,omitempty"`
		Class    string `json:"class,omitempty"`
		Printer  string `json:"printer,omitempty"` // as it would make it
		Dots     int    `json:"dots,omitempty"`    // without one: across the paper, 200 to 1000
		Reprint  bool   `json:"reprint,omitempty"`
	}
	drawnAnswer struct {
		PNG      []byte   `json:"png"` // what would be printed: the slip of the house where the template has an error
		Findings []string `json:"findings"`
		Good     bool     `json:"good"`
	}
	savedAnswer struct {
		Saved    bool     `json:"saved"`
		Findings []string `json:"findings"`
	}
)

func (r *Room) getSlip(w http.ResponseWriter, req *http.Request) error {
	doc := centre.InForce(r.book.View().Hall)
	a := slipAnswer{
		Services: []choice{}, Classes: []choice{}, Printers: []printerChoice{},
		Langs: doc.Centre.Languages, Centre: doc.Centre.Name,
	}
	a.Template, a.Own, a.Logo = r.templates.text()
	t, found, err := r.templates.now()
	a.Findings, a.Good = r.slipTrouble(door.Lang(req), found, err), !a.Own || t != nil
	for _, s := range doc.Services {
		a.Services = append(a.Services, choice{s.ID, s.Name})
	}
	for _, c := range doc.Priority {
		a.Classes = append(a.Classes, choice{c.ID, c.Name})
	}
	for _, p := range doc.Printers {
		m := modelFor(p)
		a.Printers = append(a.Printers, printerChoice{p.ID, m.Title, wayOf(p.Way, m, lineOf(p.Port))})
	}
	return door.Write(w, http.StatusOK, a)
}

// slipTrouble is what is wrong with the centre's own slip, in words.
func (r *Room) slipTrouble(lang string, found []centre.Finding, err error) []string {
	out := r.say(lang, found)
	if err != nil {
		out = append(out, r.words(lang, "printer.template.unreadable", map[string]any{"detail": err.Error()}))
	}
	return out
}

// say puts findings into words, a line each.
func (r *Room) say(lang string, found []centre.Finding) []string {
	out := []string{}
	for _, f := range found {
		out = append(out, r.words(lang, "printer.template.line", map[string]any{"n": f.Line, "what": r.words(lang, f.Key(), f.Args)}))
	}
	return out
}

// drawSlip shows a template that is not saved yet, as it would be printed.
func (r *Room) drawSlip(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[slipBody](req)
	if err != nil {
		return err
	}
	if body.Dots != 0 && (body.Dots < LeastDots || body.Dots > MostDots) {
		return &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "dots"}}
	}
	t, found := r.templates.try(body)
	doc := centre.InForce(r.book.View().Hall)
	p, ok := doc.Printer(body.Printer)
	switch {
	case ok:
		body.Dots = 0
	case body.Printer != "":
		return &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "printer"}}
	}
	var b bytes.Buffer
	err = Preview(&b, doc, Sample{
		Template: t, Service: body.Service, Lang: body.Lang, Class: body.Class, Reprint: body.Reprint,
		Printer: p, Dots: body.Dots, Now: r.book.Now(),
	}, r.words)
	if err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, drawnAnswer{PNG: b.Bytes(), Findings: r.say(door.Lang(req), found), Good: t != nil})
}

// saveSlip puts a template into use; an empty one is that of the house. One with
// an error is not saved.
func (r *Room) saveSlip(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[slipBody](req)
	if err != nil {
		return err
	}
	a := savedAnswer{Saved: true, Findings: []string{}}
	if strings.TrimSpace(body.Template) == "" {
		err = r.templates.remove()
	} else {
		t, found := r.templates.try(body)
		if a.Saved, a.Findings = t != nil, r.say(door.Lang(req), found); a.Saved {
			err = r.templates.save(body)
		}
	}
	if err != nil {
		r.log.Error("saving the slip", "err", err)
		return &queue.Refusal{Code: "not_saved"}
	}
	return door.Write(w, http.StatusOK, a)
}
