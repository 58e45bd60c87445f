package kiosk

import (
	"strings"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// change is an event of which a public page needs to know only that something
// has changed; what has, is in the state that comes with it.
type change struct{}

// printed is what a kiosk is told of its own ticket's paper.
type printed struct {
	Ticket queue.TicketID `json:"ticket"`
}

// kioskEvent passes on what can change a tile, and what the printer notes of
// tickets taken at this kiosk. The number of people waiting is in the state.
func (k *Kiosk) kioskEvent(e store.Entry, v *store.View, id string) (any, bool) {
	room, _, _ := strings.Cut(e.Type, ".")
	if room == "printer" {
		ticket, ok := noteTicket(e.Note)
		if !ok {
			return nil, false
		}
		t, ok := v.Hall.Ticket(ticket)
		return printed{ticket}, ok && string(t.Kiosk) == id
	}
	return change{}, room != "kiosk" // the call for help of another kiosk changes nothing here
}

// phoneEvent passes on what can change the holder's place: anything about the
// tickets of the same service. It tells no field of it.
func (k *Kiosk) phoneEvent(e store.Entry, v *store.View, link string) (any, bool) {
	id, ok := k.book.ByLink(link)
	if !ok {
		return nil, false
	}
	mine, ok := v.Hall.Ticket(id)
	if !ok {
		return nil, false
	}
	switch e.Type {
	case "centre.configured", "day.opened", "day.closed", centre.NoteEmergency:
		return change{}, true
	}
	about, ok := subject(e.Event)
	if !ok {
		return nil, false
	}
	other, ok := v.Hall.Ticket(about)
	return change{}, about == id || ok && other.Service == mine.Service
}

// subject is the ticket that an event is about and that it may move in the
// queue. What is merely written on a ticket moves nobody.
func subject(e queue.Event) (queue.TicketID, bool) {
	switch e := e.(type) {
	case queue.Issued:
		return e.Ticket, true
	case queue.CheckedIn:
		return e.Ticket, true
	case queue.TicketCalled:
		return e.Ticket, true
	case queue.Recalled:
		return e.Ticket, true
	case queue.ResultCalled:
		return e.Ticket, true
	case queue.Started:
		return e.Ticket, true
	case queue.TicketFinished:
		return e.Ticket, true
	case queue.NoShowMarked:
		return e.Ticket, true
	case queue.TicketReturned:
		return e.Ticket, true
	case queue.Postponed:
		return e.Ticket, true
	case queue.TicketParked:
		return e.Ticket, true
	case queue.Transferred:
		return e.Ticket, true
	case queue.TicketCancelled:
		return e.Ticket, true
	case queue.TicketExpired:
		return e.Ticket, true
	case queue.PriorityChanged:
		return e.Ticket, true
	case queue.Undone:
		return e.Ticket, true
	}
	return 0, false
}
