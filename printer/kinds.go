package printer

import (
	"errors"

	"xinmoi/printer/slip"
	"xinmoi/store/centre"
)

// kind is what stands on a piece of paper.
type kind string

// The kinds.
const (
	ticketSlip  kind = ""
	testSlip    kind = "test"
	pagesSlip   kind = "pages" // candidate code pages, one below the other
	changedSlip kind = "changed"
	summarySlip kind = "summary"
	closingSlip kind = "closing"
)

// asked are the kinds that a person may ask for.
var askedKinds = []string{string(testSlip), string(pagesSlip), string(summarySlip), string(closingSlip)}

// after orders what is due: whether paper that was put in lies right must be
// known before tickets are printed on it.
func (k kind) after() int {
	if k == changedSlip {
		return 0
	}
	return 1
}

var errNoTicket = errors.New("no such ticket")

// lines are those of an order's slip, with a QR code or without.
func (s *session) lines(o order, code bool) ([]slip.Line, error) {
	r := s.d.room
	view := r.book.View()
	doc := centre.InForce(view.Hall)
	lang := o.lang
	if lang == "" && len(doc.Centre.Languages) > 0 {
		lang = doc.Centre.Languages[0]
	}
	staff := slip.Staff{Centre: doc, Lang: lang, Now: r.book.Now()}
	switch o.kind {
	case testSlip:
		t := slip.Testing{Staff: staff, Printer: s.d.id, Model: s.model.Title, Way: s.way()}
		if code {
			t.Link = doc.Centre.PublicURL
		}
		return slip.Test(t, r.words), nil
	case changedSlip:
		return slip.Changed(staff, s.d.id, r.words), nil
	case summarySlip, closingSlip:
		d, err := r.day(view, lang)
		if err != nil {
			return nil, err
		}
		if o.kind == summarySlip {
			return slip.Summary(staff, d, r.words), nil
		}
		return slip.Closing(staff, d, r.words), nil
	}
	t, ok := view.Hall.Ticket(o.ticket)
	if !ok {
		return nil, errNoTicket
	}
	own, _, _ := r.templates.now()
	what := slip.Slip{Template: own, Centre: doc, Ticket: t, Reprint: o.marked()}
	if code {
		what.Link = doc.HolderURL(r.book.Link(t))
	}
	return slip.Build(what, r.words), nil
}
