package printer

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// The calls of the people who look after the printers.

// printerJSON is a printer of the document, and its paper.
type printerJSON struct {
	ID         string            `json:"id"`
	Title      string            `json:"title"` // of its model
	Conditions device.Conditions `json:"conditions"`
	Known      bool              `json:"known"` // it has reported since the start
	Tickets    int               `json:"tickets"`
	Metres     float64           `json:"metres"`
	Since      door.Time         `json:"since,omitzero"` // the roll was changed; zero: nobody has said so yet, and counting began later
	Left       *int              `json:"left,omitempty"` // tickets, foretold; left out: not known
	Of         int               `json:"of,omitempty"`
	Asking     store.Seq         `json:"asking,omitempty"` // whether text shows on the slip of this entry; 0: nothing is asked
	Wrong      bool              `json:"wrong,omitempty"`  // no text shows: the roll must be turned
	Blank      int               `json:"blank,omitempty"`  // tickets that will be printed again then
}

// printersJSON are all of them, and what is wrong with the centre's own slip when
// that of the house is printed instead.
type printersJSON struct {
	Items   []printerJSON `json:"items"`
	Slip    []string      `json:"slip"`
	Lacking []string      `json:"lacking"` // numbers of people who wait and got no paper
}

func (r *Room) listPrinters(w http.ResponseWriter, req *http.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.catchUp(req.Context()); err != nil {
		return err
	}
	v := r.book.View()
	doc := centre.InForce(v.Hall)
	out := printersJSON{Items: []printerJSON{}, Slip: []string{}, Lacking: []string{}}
	for _, t := range r.lacking(v.Hall, r.book.Now()) {
		out.Lacking = append(out.Lacking, t.Number)
	}
	if t, found, err := r.templates.now(); t == nil && (len(found) > 0 || err != nil) {
		out.Slip = r.slipTrouble(door.Lang(req), found, err)
	}
	for _, p := range doc.Printers {
		m, _ := ModelOf(p.Model)
		x := r.ledger.roll(p.ID)
		j := printerJSON{
			ID: p.ID, Title: m.Title, Conditions: device.Conditions{}, Tickets: x.Tickets, Metres: float64(x.MM/100) / 10,
			Asking: x.Asking, Wrong: x.Wrong,
		}
		if x.AtMs != 0 {
			j.Since = door.Time{Time: time.UnixMilli(x.AtMs).In(doc.Location())}
		}
		if left, of, known := x.left(p.RollTickets); known {
			j.Left, j.Of = &left, of
		}
		for _, id := range x.since {
			if t, ok := v.Hall.Ticket(id); ok && wants(t) {
				j.Blank++
			}
		}
		for _, st := range v.Devices {
			if st.ID == device.ID("printer/"+p.ID) {
				j.Known = true
				j.Conditions = append(j.Conditions, st.Conditions...)
			}
		}
		if x.Wrong && !j.Conditions.Has(device.WrongSide) { // the book notes it a little later
			j.Conditions = append(j.Conditions, device.WrongSide)
		}
		out.Items = append(out.Items, j)
	}
	return door.Write(w, http.StatusOK, out)
}

// wants reports whether the holder of a ticket can still use its paper.
func wants(t *queue.Ticket) bool { return t.State == queue.Waiting || t.State == queue.Called }

// slipWanted asks for a slip that is no ticket.
type slipWanted struct {
	Kind string `json:"kind"` // test, pages, summary, closing
	Lang string `json:"lang,omitempty"`
}

func (r *Room) askSlip(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[slipWanted](req)
	if err != nil {
		return err
	}
	if !slices.Contains(askedKinds, body.Kind) {
		return &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "kind"}}
	}
	return r.tell(w, req, noteSlip, note{Kind: kind(body.Kind), Lang: cmp.Or(body.Lang, door.Lang(req))})
}

// changeRoll is a person's word that there is a new roll in a printer, or that
// the one in it lies the other way round now.
func (r *Room) changeRoll(w http.ResponseWriter, req *http.Request) error {
	return r.tell(w, req, noteRoll, note{})
}

// paperAnswer says whether text shows on the slip that came out.
type paperAnswer struct {
	Asking store.Seq `json:"asking"`
	Shows  bool      `json:"shows"`
}

func (r *Room) answerPaper(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[paperAnswer](req)
	if err != nil {
		return err
	}
	return r.tell(w, req, noteShows, note{Order: body.Asking, Yes: body.Shows})
}

// told is the answer to what was said or asked for.
type told struct {
	Printer string `json:"printer"`
}

// tell writes a note of a printer into the journal, once for each key.
func (r *Room) tell(w http.ResponseWriter, req *http.Request, typ string, n note) error {
	n.Printer, n.Key = req.PathValue("id"), req.Header.Get("Idempotency-Key")
	if _, ok := centre.InForce(r.book.View().Hall).Printer(n.Printer); !ok {
		return &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "printer"}}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.catchUp(req.Context()); err != nil {
		return err
	}
	if _, done := r.ledger.keys[n.Key]; !done {
		if typ == noteRoll && r.ledger.roll(n.Printer).Wrong {
			typ = noteTurned
		}
		if _, err := r.write(req.Context(), typ, n); err != nil {
			return err
		}
	}
	return door.Write(w, http.StatusAccepted, told{n.Printer})
}
