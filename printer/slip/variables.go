package slip

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"xinmoi/store/centre"
)

// variables says what may stand in a template's braces: the values of a slip in
// a language. Several values make several lines. None, or only empty ones, leave
// a line out that has no other.
var variables = map[string]func(p *page, lang string) []string{
	"authority": func(p *page, lang string) []string { return one(p.slip.Centre.Centre.Authority.In(lang)) },
	"centre":    func(p *page, lang string) []string { return one(p.slip.Centre.Centre.Name.In(lang)) },
	"noun":      func(p *page, lang string) []string { return one(p.slip.Centre.Centre.Noun.In(lang)) },
	"number":    func(p *page, _ string) []string { return one(p.slip.Ticket.Number) },
	"service":   func(p *page, lang string) []string { return one(p.service().Name.In(lang)) },
	"field":     func(p *page, lang string) []string { return one(p.service().Field.In(lang)) },
	"priority":  (*page).priority,
	"counters":  (*page).counters,
	"zone": func(p *page, lang string) []string {
		return p.places(lang, func(z centre.Zone) centre.Text { return z.Name })
	},
	"floor": func(p *page, lang string) []string {
		return p.places(lang, func(z centre.Zone) centre.Text { return z.Floor })
	},
	"people": func(p *page, _ string) []string { return one(strconv.Itoa(p.slip.Ticket.Told.Ahead)) },
	"ahead":  (*page).ahead,
	"wait":   (*page).wait,
	"time":   func(p *page, _ string) []string { return p.when("15:04") },
	"date":   func(p *page, _ string) []string { return p.when("02/01/2006") },
	"bring":  func(p *page, _ string) []string { return p.slip.Ticket.Told.Bring },
	"qr":     func(p *page, _ string) []string { return one(p.slip.Link) },
	// Sentences of the locale files.
	"number_label": said("printer.number_label"),
	"scan":         said("printer.scan"),
	"bring_label":  said("printer.bring"),
	"thanks":       said("printer.thanks"),
	"valid":        said("printer.valid"),
}

// Variables lists the names that a template may use.
func Variables() []string { return slices.Sorted(maps.Keys(variables)) }

func one(s string) []string { return []string{s} }

func said(key string) func(*page, string) []string {
	return func(p *page, lang string) []string { return one(p.words(lang, key, nil)) }
}

// when is nothing where the clock could not be trusted: no time is better than a
// wrong one.
func (p *page) when(layout string) []string {
	if p.slip.Ticket.Unsure {
		return nil
	}
	return one(p.at().Format(layout))
}

func (p *page) priority(lang string) []string {
	c, ok := p.slip.Centre.Class(p.slip.Ticket.Class)
	if !ok {
		return nil
	}
	return one(p.words(lang, "printer.priority", map[string]any{"class": c.Name.In(lang)}))
}

// counters names the counters of the service, a line for each zone.
func (p *page) counters(lang string) (all []string) {
	for _, g := range groups(p.slip.Centre, string(p.slip.Ticket.Service)) {
		k := "printer.counters"
		if len(g.numbers) == 1 {
			k = "printer.counter"
		}
		s := p.words(lang, k, map[string]any{"counters": strings.Join(g.numbers, ", ")})
		before := " – "
		for _, t := range []centre.Text{g.zone.Name, g.zone.Floor} {
			if len(t) > 0 {
				s += before + t.In(lang)
				before = ", "
			}
		}
		all = append(all, s)
	}
	return all
}

// places joins what is said of the zones of the service's counters.
func (p *page) places(lang string, of func(centre.Zone) centre.Text) []string {
	var all []string
	for _, g := range groups(p.slip.Centre, string(p.slip.Ticket.Service)) {
		if s := of(g.zone).In(lang); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return one(strings.Join(all, ", "))
}

// ahead and wait are what the citizen was told at the kiosk, word for word.
func (p *page) ahead(lang string) []string {
	k := "printer.ahead"
	if p.slip.Ticket.Told.Ahead == 0 {
		k = "printer.ahead_none"
	}
	return one(p.words(lang, k, map[string]any{"n": p.slip.Ticket.Told.Ahead}))
}

func (p *page) wait(lang string) []string {
	t := p.slip.Ticket.Told
	if t.HighS == 0 {
		return nil
	}
	return one(p.words(lang, "printer.wait", map[string]any{"low": t.LowS / 60, "high": (t.HighS + 59) / 60}))
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
