package printer

import (
	"bytes"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// Routes are the calls of this room.
func (r *Room) Routes() []door.Route {
	return []door.Route{
		{
			Method: http.MethodPost, Pattern: "/api/v1/tickets/{id}/reprint", Kind: door.KindCounter, Who: door.Staff,
			Request: reprintBody{}, Answer: reprintAnswer{}, Handle: r.reprint,
		},
		{
			Method: http.MethodGet, Pattern: "/printer/{id}/preview", Kind: door.KindSupervisor, Who: door.Staff,
			Handle: r.preview,
		},
	}
}

// reprintBody may name the printer; else it is those of the ticket's kiosk.
type reprintBody struct {
	Printer string `json:"printer,omitempty"`
}

type reprintAnswer struct {
	Ticket queue.TicketID `json:"ticket"`
	Number string         `json:"number"`
}

func (r *Room) ticket(text string) (*queue.Ticket, error) {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, queue.ErrUnknownTicket
	}
	t, ok := r.book.View().Hall.Ticket(queue.TicketID(id))
	if !ok || t.Number == "" {
		return nil, queue.ErrUnknownTicket
	}
	return t, nil
}

// reprint puts a ticket on paper again, marked. The same key again is the same
// piece of paper.
func (r *Room) reprint(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[reprintBody](req)
	if err != nil {
		return err
	}
	t, err := r.ticket(req.PathValue("id"))
	if err != nil {
		return err
	}
	n := note{Ticket: t.ID, Printer: body.Printer, Kiosk: t.Kiosk, Key: req.Header.Get("Idempotency-Key")}
	doc := centre.InForce(r.book.View().Hall)
	if n.Printer == "" {
		if k, _ := doc.Kiosk(t.Kiosk); len(k.Printers) == 0 && len(doc.Printers) > 0 {
			n.Printer = doc.Printers[0].ID // a number taken by the greeter
		}
	}
	if _, ok := doc.Printer(n.Printer); n.Printer != "" && !ok || len(doc.Printers) == 0 {
		return &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "printer"}}
	}
	if err := r.askReprint(req, n); err != nil {
		return err
	}
	return door.Write(w, http.StatusAccepted, reprintAnswer{Ticket: t.ID, Number: t.Number})
}

// askReprint writes the request down, once for each key.
func (r *Room) askReprint(req *http.Request, n note) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.catchUp(req.Context()); err != nil {
		return err
	}
	if ticket, ok := r.ledger.keys[n.Key]; ok {
		if ticket != n.Ticket {
			return &queue.Refusal{Code: "key_reused"}
		}
		return nil
	}
	_, err := r.write(req.Context(), noteAsked, n)
	return err
}

// preview is a slip as the printer would draw it: of the ticket asked for, or of
// the day's last one, or of a number that nobody has.
func (r *Room) preview(w http.ResponseWriter, req *http.Request) error {
	view := r.book.View()
	doc := centre.InForce(view.Hall)
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
	s.Link = doc.HolderURL(r.book.Link(s.Ticket.ID))
	var b bytes.Buffer
	if err := draw(&b, s, p.Model, r.words); err != nil {
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
	return madeUp(doc, r.book.Now())
}

func madeUp(doc *centre.Document, now time.Time) *queue.Ticket {
	t := &queue.Ticket{Number: "A000", IssuedAt: now, Told: queue.Told{Ahead: 7}}
	if len(doc.Services) > 0 {
		t.Service = queue.ServiceID(doc.Services[0].ID)
		if len(doc.Centre.Languages) > 0 {
			t.Told.Bring = doc.Services[0].Bring[doc.Centre.Languages[0]]
		}
	}
	return t
}

// Preview writes a PNG of a made-up ticket, drawn for a printer of the document.
func Preview(w io.Writer, doc *centre.Document, p centre.Printer, words slip.Words, now time.Time) error {
	link := doc.HolderURL(strings.Repeat("a", 20)) // as long as a true one
	s := slip.Slip{Centre: doc, Ticket: madeUp(doc, now), Link: link}
	return draw(w, s, p.Model, words)
}

// draw writes a PNG of a slip.
func draw(w io.Writer, s slip.Slip, model string, words slip.Words) error {
	m, ok := ModelOf(model)
	if !ok {
		m, _ = ModelOf(centre.DefaultModel)
	}
	press, err := slip.NewPress()
	if err != nil {
		return err
	}
	page, err := press.Render(slip.Build(s, words), slip.Paper{Dots: m.Dots})
	if err != nil {
		return err
	}
	return png.Encode(w, page.Image())
}
