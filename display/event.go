package display

import (
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// boardMessage is all that an event tells a public screen.
type boardMessage struct {
	Number  string `json:"number,omitempty"`
	Counter string `json:"counter,omitempty"` // number on the sign
	Call    int    `json:"call,omitempty"`
}

// boardEvent lets through the facts that change the picture. Only calls in the
// board's own zones carry a number: those are what may blink.
func boardEvent(e store.Entry, v *store.View, id string) (any, bool) {
	var (
		ticket  queue.TicketID
		counter queue.CounterID
		call    int
	)
	if e.Type == centre.NoteEmergency {
		return boardMessage{}, true
	}
	switch e := e.Event.(type) {
	case queue.TicketCalled:
		ticket, counter, call = e.Ticket, e.Counter, 1
	case queue.Recalled:
		ticket, counter, call = e.Ticket, e.Counter, e.Call
	case queue.ResultCalled:
		ticket, counter, call = e.Ticket, e.Counter, 1
	case queue.Undone:
		ticket, counter = e.Ticket, e.Counter
	case queue.Issued, queue.CheckedIn, queue.Started, queue.TicketFinished, queue.NoShowMarked, queue.TicketReturned,
		queue.Postponed, queue.TicketParked, queue.Transferred, queue.TicketCancelled, queue.TicketExpired, queue.PriorityChanged,
		queue.CounterOpened, queue.CounterPaused, queue.CounterClosed, queue.DayOpened, queue.DayClosed, queue.CentreConfigured:
		return boardMessage{}, true
	default:
		return nil, false
	}
	doc := centre.InForce(v.Hall)
	c, ok := doc.Counter(counter)
	t, known := v.Hall.Ticket(ticket)
	if !ok || !known || !watches(doc, id, c) {
		return boardMessage{}, true
	}
	return boardMessage{Number: t.Number, Counter: c.Number, Call: min(call, nth(t, call))}, true
}

// watches reports whether a board shows the calls of a counter.
func watches(doc *centre.Document, id string, c centre.Counter) bool {
	b, ok := doc.Board(id)
	if !ok {
		return false
	}
	if len(b.Zones) == 0 || c.Zone == "" {
		return true
	}
	for _, z := range b.Zones {
		if z == c.Zone {
			return true
		}
	}
	return false
}
