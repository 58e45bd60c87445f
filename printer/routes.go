package printer

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"xinmoi/assets"
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
			Method: http.MethodPost, Pattern: "/api/v1/reprints", Kind: door.KindSupervisor, Who: door.Staff,
			Request: reprintNumber{}, Answer: reprintAnswer{}, Status: http.StatusAccepted, Handle: r.reprintNumber,
		},
		{Method: http.MethodGet, Pattern: "/api/v1/printers", Kind: door.KindSupervisor, Who: door.Staff, Answer: printersJSON{}, Handle: r.listPrinters},
		{Method: http.MethodPost, Pattern: "/api/v1/printers/{id}/slips", Kind: door.KindSupervisor, Who: door.Staff, Request: slipWanted{}, Answer: told{}, Status: http.StatusAccepted, Handle: r.askSlip},
		{Method: http.MethodPost, Pattern: "/api/v1/printers/{id}/roll", Kind: door.KindSupervisor, Who: door.Staff, Answer: told{}, Status: http.StatusAccepted, Handle: r.changeRoll},
		{Method: http.MethodPost, Pattern: "/api/v1/printers/{id}/paper", Kind: door.KindSupervisor, Who: door.Staff, Request: paperAnswer{}, Answer: told{}, Status: http.StatusAccepted, Handle: r.answerPaper},
		{Method: http.MethodGet, Pattern: "/printer/{id}/preview", Kind: door.KindSupervisor, Who: door.Staff, Handle: r.preview},
		{Method: http.MethodGet, Pattern: "/supervisor/slip", Kind: door.KindSupervisor, Who: door.Staff, Handle: page("slip")},
		{Method: http.MethodGet, Pattern: "/supervisor/printers", Kind: door.KindSupervisor, Who: door.Staff, Handle: page("printers")},
		{Method: http.MethodGet, Pattern: "/api/v1/slip", Kind: door.KindSupervisor, Who: door.Staff, Answer: slipAnswer{}, Handle: r.getSlip},
		{
			Method: http.MethodPost, Pattern: "/api/v1/slip", Kind: door.KindSupervisor, Who: door.Staff, MaxBody: maxSlipBody,
			Request: slipBody{}, Answer: savedAnswer{}, Handle: r.saveSlip,
		},
		{
			Method: http.MethodPost, Pattern: "/api/v1/slip/preview", Kind: door.KindSupervisor, Who: door.Staff, MaxBody: maxSlipBody,
			Request: slipBody{}, Answer: drawnAnswer{}, Handle: r.drawSlip,
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
	return r.again(w, req, t, body.Printer)
}

// reprintNumber names a ticket of today by its number.
type reprintNumber struct {
	Number string `json:"number"`
}

func (r *Room) reprintNumber(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[reprintNumber](req)
	if err != nil {
		return err
	}
	t, ok := r.book.View().Hall.ByNumber(strings.ToUpper(strings.TrimSpace(body.Number)))
	if !ok {
		return queue.ErrUnknownTicket
	}
	return r.again(w, req, t, "")
}

func (r *Room) again(w http.ResponseWriter, req *http.Request, t *queue.Ticket, printer string) error {
	n := note{Ticket: t.ID, Printer: printer, Kiosk: t.Kiosk, Key: req.Header.Get("Idempotency-Key")}
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
	if n.Printer == "" && slices.ContainsFunc(r.inTurn(), func(o *order) bool { return o.kind == ticketSlip && o.ticket == n.Ticket }) {
		return nil // one comes out already, as soon as there is paper
	}
	_, err := r.write(req.Context(), noteAsked, n)
	return err
}

func page(name string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, err := w.Write(assets.Page(name))
		return err
	}
}
