package kiosk

import (
	"context"
	"crypto/rand"
	"regexp"
	"sync"
	"time"

	"xinmoi/kiosk/reader"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// scanned is the message to a kiosk's page about what was held under its scanner.
// It is outside the journal, and has nothing of what was read: of a card whether
// it is of the age of a class of priority, of a ticket what its holder may see.
type scanned struct {
	Kind    reader.Kind     `json:"kind"`
	Scan    string          `json:"scan,omitempty"`    // of a card: names its holder for the next number, for two minutes
	Class   *Class          `json:"class,omitempty"`   // of a card: the class of priority that its age gives
	Service queue.ServiceID `json:"service,omitempty"` // of a dossier: where results are collected
	Ticket  *Scanned        `json:"ticket,omitempty"`
}

// Scanned is a ticket of ours that was held under the scanner. Not its link: the
// page that shows it is not its holder's.
type Scanned struct {
	ID      queue.TicketID   `json:"id"`
	Number  string           `json:"number"`
	Service queue.ServiceID  `json:"service"`
	State   queue.State      `json:"state"`
	Ahead   int              `json:"ahead"`
	Wait    *Wait            `json:"wait"`
	Counter *Place           `json:"counter,omitempty"`
	Park    queue.ParkReason `json:"park,omitempty"`
	CheckIn bool             `json:"check_in,omitempty"` // an appointment, and its holder has come by this
}

// notKnown is the kind of a ticket's code that is none of today's.
const notKnown reader.Kind = "old_ticket"

// holders are the persons whose cards were read a moment ago, by a random name
// that the page sends back with the number it takes.
type holders struct {
	mu  sync.Mutex
	all map[string]holder
}

type holder struct {
	person string
	at     time.Time
}

// holderFor is how long a card is good for a number.
const holderFor = 2 * time.Minute

func (h *holders) add(person string) (name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for n, x := range h.all {
		if now.Sub(x.at) > holderFor {
			delete(h.all, n)
		}
	}
	if h.all == nil {
		h.all = map[string]holder{}
	}
	name = rand.Text()
	h.all[name] = holder{person, now}
	return name
}

// person is whom a scan names: "" for nobody, or one long ago.
func (h *holders) person(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	x, ok := h.all[name]
	if !ok || time.Since(x.at) > holderFor {
		return ""
	}
	return x.person
}

// scanned tells a kiosk's page what a scan means. raw is wiped.
func (k *Kiosk) scanned(ctx context.Context, kiosk queue.KioskID, raw []byte) {
	v := k.book.View()
	doc := centre.InForce(v.Hall)
	var failed error
	what := reader.Read(raw, k.meanings(doc, v.Hall.Day(), &failed))
	m := scanned{Kind: what.Kind}
	switch what.Kind {
	case reader.Card:
		if failed != nil { // the card is good for its age all the same
			k.log.Error("the key of the day", "err", failed)
		} else {
			m.Scan = k.holders.add(what.Person)
		}
		if c, ok := seniors(doc); ok && what.Senior {
			m.Class = &Class{queue.ClassID(c.ID), c.Name}
		}
	case reader.Ticket:
		m.Ticket = k.ticketOf(ctx, kiosk, what.Code)
		if m.Ticket == nil {
			m.Kind = notKnown
		}
	case reader.Dossier:
		if s, ok := doc.Service(queue.ServiceID(doc.Scan.Result)); ok && k.offeredAt(doc, kiosk, s) {
			m.Service = queue.ServiceID(s.ID)
		}
	}
	k.feed.Tell("kiosk", string(kiosk), "scanned", m)
}

func (k *Kiosk) offeredAt(doc *centre.Document, id queue.KioskID, s centre.Service) bool {
	self, ok := doc.Kiosk(id)
	return ok && offers(self, s)
}

// meanings are what the meaning of a scan depends on, by the document in force.
func (k *Kiosk) meanings(doc *centre.Document, today queue.Day, failed *error) reader.Options {
	o := reader.Options{Now: k.book.Now().In(doc.Location())}
	o.Key = func(id []byte) (person string) {
		person, *failed = k.persons.person(today, id)
		return person
	}
	if c, ok := seniors(doc); ok {
		o.SeniorAge = c.Age
	}
	if re, err := regexp.Compile(doc.Scan.Appointment); err == nil && doc.Scan.Appointment != "" {
		o.Appointment = re
	}
	return o
}

// seniors is the class of priority that is a matter of age.
func seniors(doc *centre.Document) (centre.Priority, bool) {
	for _, p := range doc.Priority {
		if p.Age > 0 {
			return p, true
		}
	}
	return centre.Priority{}, false
}

// ticketOf finds the day's ticket of a link; nil if there is none. The holder of
// an appointment has come.
func (k *Kiosk) ticketOf(ctx context.Context, kiosk queue.KioskID, link string) *Scanned {
	id, ok := k.book.ByLink(link)
	if !ok {
		return nil
	}
	v := k.book.View()
	t, ok := v.Hall.Ticket(id)
	if !ok {
		return nil
	}
	came := false
	if t.State == queue.Waiting && !t.Here() {
		a, err := k.book.Do(ctx, store.Request{Command: queue.CheckIn{Ticket: id}, By: queue.Actor{Via: "kiosk/" + string(kiosk)}})
		if err == nil {
			v, came = a.View, true
			t, _ = v.Hall.Ticket(id)
		} else {
			k.log.Warn("an appointment could not be checked in", "ticket", id, "err", err)
		}
	}
	s := k.scannedTicket(v, t)
	s.CheckIn = came
	return s
}

func (k *Kiosk) scannedTicket(v *store.View, t *queue.Ticket) *Scanned {
	s := &Scanned{
		ID: t.ID, Number: t.Number, Service: t.Service, State: t.State, Wait: told(t),
		Counter: place(centre.InForce(v.Hall), t),
	}
	switch t.State {
	case queue.Waiting:
		s.Ahead = v.Hall.Ahead(t.ID)
	case queue.Parked:
		s.Park = t.Park
	}
	return s
}

// had is the ticket that a person already has for a service and that is still
// good, unless the very same intent took it: that one is answered as before.
func (k *Kiosk) had(v *store.View, person string, service queue.ServiceID, intent string) (*queue.Ticket, bool) {
	if person == "" {
		return nil, false
	}
	o, ok := k.persons.of(person, service)
	if !ok || intent != "" && o.intent == intent {
		return nil, false
	}
	t, ok := v.Hall.Ticket(o.ticket)
	if !ok {
		return nil, false
	}
	switch t.State {
	case queue.Waiting, queue.Called, queue.Serving, queue.Parked:
		return t, true
	}
	return nil, false
}
