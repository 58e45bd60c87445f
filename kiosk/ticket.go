package kiosk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// Wait is a learnt range in seconds.
type Wait struct {
	LowS  int `json:"low_s"`
	HighS int `json:"high_s"`
}

// Issued is the answer to taking a number.
type Issued struct {
	ID       queue.TicketID  `json:"id"`
	Number   string          `json:"number"`
	Service  queue.ServiceID `json:"service"`
	State    queue.State     `json:"state"`
	IssuedAt door.Time       `json:"issued_at"`
	Ahead    int             `json:"ahead"`
	Wait     *Wait           `json:"wait"` // null until it is learnt
	Link     string          `json:"link"` // the holder's: whoever has it may cancel and postpone
	URL      string          `json:"url,omitempty"`
	Paper    Paper           `json:"paper"`
	Counter  *Place          `json:"counter,omitempty"` // called there at once
	Again    bool            `json:"again,omitempty"`   // the person of the scanned card had this number already
}

// Place is a counter as citizens are sent to it.
type Place struct {
	ID     queue.CounterID `json:"id"`
	Number string          `json:"number"`
	Name   centre.Text     `json:"name,omitempty"`
	Zone   *Zone           `json:"zone,omitempty"`
}

type issueBody struct {
	Service  queue.ServiceID `json:"service"`
	Kiosk    queue.KioskID   `json:"kiosk,omitempty"`
	Print    *bool           `json:"print,omitempty"` // default: true with a kiosk
	Priority queue.ClassID   `json:"priority,omitempty"`
	Lang     string          `json:"lang,omitempty"`
	Scan     string          `json:"scan,omitempty"` // the card that was scanned, by the name its message gave
}

// postTicket takes a number: at a kiosk, or with none named by a member of staff
// for somebody.
func (k *Kiosk) postTicket(w http.ResponseWriter, r *http.Request) error {
	body, err := door.Read[issueBody](r)
	if err != nil {
		return err
	}
	doc := centre.InForce(k.book.View().Hall)
	if body.Lang == "" {
		body.Lang = door.Lang(r)
	}
	if !slices.Contains(doc.Centre.Languages, body.Lang) {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "lang"}}
	}
	command := queue.Issue{Service: body.Service, Place: queue.AtGreeter, Class: body.Priority, Lang: body.Lang}
	by := queue.Actor{Via: "api"}
	out := PaperNone
	if body.Kiosk != "" {
		self, ok := doc.Kiosk(body.Kiosk)
		if !ok {
			return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "kiosk"}}
		}
		if s, ok := doc.Service(body.Service); ok && !offers(self, s) {
			return queue.ErrNotOfferedHere
		}
		command.Place, command.Kiosk = queue.AtKiosk, body.Kiosk
		by.Via = "kiosk/" + string(body.Kiosk)
		command.Print = body.Print == nil || *body.Print
		if command.Print {
			out, _ = paper(self, k.book.View().Devices) // the page's state says why
		}
	} else {
		if err := door.Admit(r, door.KindCounter, door.Staff); err != nil {
			return err
		}
		command.Print = body.Print != nil && *body.Print
	}
	person, intent := k.holders.person(body.Scan), r.Header.Get("Idempotency-Key")
	if v := k.book.View(); body.Kiosk != "" {
		if t, had := k.had(v, person, body.Service, intent); had {
			again := k.issued(v, t, PaperNone)
			again.Again = true
			return door.Write(w, http.StatusOK, again)
		}
	}
	answer, err := door.Do(r, k.book, command, by)
	if err != nil {
		return err
	}
	t, ok := issued(answer)
	if !ok {
		return queue.ErrUnknownTicket // the day has turned since the key was first used
	}
	if person != "" {
		if err := k.persons.took(person, body.Service, owned{t.ID, intent}); err != nil {
			k.log.Error("the tickets of cards", "err", err) // somebody may take a second number
		}
	}
	return door.Write(w, http.StatusCreated, k.issued(answer.View, t, out))
}

// issued finds the ticket that the command made.
func issued(a store.Answer) (*queue.Ticket, bool) {
	for _, e := range a.Entries {
		if i, ok := e.Event.(queue.Issued); ok {
			return a.View.Hall.Ticket(i.Ticket)
		}
	}
	return nil, false
}

func (k *Kiosk) issued(v *store.View, t *queue.Ticket, paper Paper) Issued {
	doc := centre.InForce(v.Hall)
	link := k.book.Link(t)
	return Issued{
		ID: t.ID, Number: t.Number, Service: t.Service, State: t.State,
		IssuedAt: door.Time{Time: t.IssuedAt}, Ahead: t.Told.Ahead, Wait: told(t),
		Link: link, URL: doc.HolderURL(link), Paper: paper, Counter: place(doc, t),
	}
}

// told is the range that was told when the number was issued.
func told(t *queue.Ticket) *Wait {
	if t.Told.HighS == 0 {
		return nil
	}
	return &Wait{t.Told.LowS, t.Told.HighS}
}

// place is where the ticket has been called to, if it has.
func place(doc *centre.Document, t *queue.Ticket) *Place {
	if !t.State.Held() {
		return nil
	}
	c, ok := doc.Counter(t.Counter)
	if !ok {
		return nil
	}
	return &Place{ID: t.Counter, Number: c.Number, Name: c.Name, Zone: describeZone(doc, c.Zone)}
}

// linkLen is the length of a holder's link; an id is never that long.
const linkLen = 20

// holds finds the ticket that {id} names: by the holder's link for whoever has
// it, by id for staff.
func (k *Kiosk) holds(r *http.Request) (id queue.TicketID, staff bool, err error) {
	name := r.PathValue("id")
	if len(name) == linkLen {
		id, ok := k.book.ByLink(strings.ToLower(name))
		if !ok {
			return 0, false, queue.ErrUnknownTicket
		}
		return id, false, nil
	}
	if err := door.Admit(r, door.KindCounter, door.Staff); err != nil {
		return 0, true, err
	}
	n, err := strconv.ParseUint(name, 10, 64)
	if err != nil {
		return 0, true, queue.ErrUnknownTicket
	}
	return queue.TicketID(n), true, nil
}

func (k *Kiosk) getTicket(w http.ResponseWriter, r *http.Request) error {
	id, staff, err := k.holds(r)
	if err != nil {
		return err
	}
	return k.answer(w, k.book.View(), id, staff)
}

// answer writes a ticket as staff, or as its holder, may see it.
func (k *Kiosk) answer(w http.ResponseWriter, v *store.View, id queue.TicketID, staff bool) error {
	t, ok := v.Hall.Ticket(id)
	if !ok {
		return queue.ErrUnknownTicket
	}
	if staff {
		return door.Write(w, http.StatusOK, describeTicket(v.Hall, t))
	}
	return door.Write(w, http.StatusOK, k.held(v, t))
}

type cancelBody struct {
	Reason string `json:"reason,omitempty"`
}

func (k *Kiosk) postCancel(w http.ResponseWriter, r *http.Request) error {
	// A holder's reason is one of the pages' own words: the journal is no place
	// for what a stranger writes.
	holder := len(r.PathValue("id")) == linkLen
	return act(k, w, r, func(id queue.TicketID, b cancelBody) queue.Command {
		if holder && b.Reason != "mistake" {
			b.Reason = "holder"
		}
		return queue.Cancel{Ticket: id, Reason: b.Reason}
	})
}

type postponeBody struct {
	Minutes int    `json:"minutes,omitempty"` // default 10
	Reason  string `json:"reason,omitempty"`  // taken for the sake of uniform bodies; not kept
}

func (k *Kiosk) postPostpone(w http.ResponseWriter, r *http.Request) error {
	return act(k, w, r, func(id queue.TicketID, b postponeBody) queue.Command {
		if b.Minutes == 0 {
			b.Minutes = 10
		}
		return queue.Postpone{Ticket: id, Minutes: b.Minutes}
	})
}

type returnBody struct {
	After  *int   `json:"after,omitempty"` // further calls before it is due; default: the centre's setting
	Reason string `json:"reason,omitempty"`
}

func (k *Kiosk) postReturn(w http.ResponseWriter, r *http.Request) error {
	return act(k, w, r, func(id queue.TicketID, b returnBody) queue.Command {
		after := -1
		if b.After != nil {
			after = *b.After
		}
		return queue.Return{Ticket: id, After: after}
	})
}

type priorityBody struct {
	Class  queue.ClassID `json:"class"` // "" is ordinary
	Reason string        `json:"reason,omitempty"`
}

func (k *Kiosk) postPriority(w http.ResponseWriter, r *http.Request) error {
	return act(k, w, r, func(id queue.TicketID, b priorityBody) queue.Command {
		return queue.SetPriority{Ticket: id, Class: b.Class, Reason: b.Reason}
	})
}

// act reads a body, carries out the command that follows from it and answers
// with the ticket.
func act[B any](k *Kiosk, w http.ResponseWriter, r *http.Request, command func(queue.TicketID, B) queue.Command) error {
	id, staff, err := k.holds(r)
	if err != nil {
		return err
	}
	body, err := door.Read[B](r)
	if err != nil {
		return err
	}
	by := queue.Actor{Via: "holder"}
	if staff {
		by.Via = "api"
	}
	answer, err := door.Do(r, k.book, command(id, body), by)
	if err != nil {
		return err
	}
	return k.answer(w, answer.View, id, staff)
}
