package queue

import (
	"slices"
	"time"
)

// Hall is the whole state of the queue: the fold of every fact so far. Reading
// a published Hall needs no lock, since nothing in it is ever changed; the book
// clones it before it applies the next facts.
//
// The contract, in the order of a command's life:
//
//  1. Decide(command, by, now) says which events follow, or refuses. It changes nothing.
//  2. The caller makes the events durable.
//  3. Apply(fact) folds each in turn. It cannot fail and looks at no clock.
//     Advance does 1 and 3 in one.
//
// Folding the same facts again gives an equal Hall.
type Hall struct {
	rules *Rules // never changed in place
	doc   []byte
	hash  string // of the document in force

	day  Day // the open day, else the last one
	open bool
	at   time.Time // of the last fact
	last TicketID  // the last id given, for ever

	tickets  roll
	lines    []line
	tallies  []tally
	counters []*Counter // in the order of the document
}

// NewHall returns the hall before the first fact.
func NewHall() *Hall { return &Hall{rules: new(Rules)} }

// Clone returns a hall that can be changed without the old one being touched.
// It copies short lists of pointers: some microseconds on the busiest day.
func (h *Hall) Clone() *Hall {
	c := *h
	c.tickets.pages = slices.Clone(h.tickets.pages)
	c.lines = slices.Clone(h.lines)
	c.tallies = slices.Clone(h.tallies)
	c.counters = slices.Clone(h.counters)
	return &c
}

// Rules returns the rules in force. They must not be changed.
func (h *Hall) Rules() *Rules { return h.rules }

// Document returns the centre's document in force and its hash; "" if none is.
func (h *Hall) Document() (doc []byte, hash string) { return h.doc, h.hash }

// Day returns the open business day, or "".
func (h *Hall) Day() Day {
	if !h.open {
		return ""
	}
	return h.day
}

// Ticket returns a ticket of the open day, or of the last one.
func (h *Hall) Ticket(id TicketID) (*Ticket, bool) {
	t := h.tickets.get(id)
	return t, t != nil
}

// ByNumber returns the day's ticket with this number.
func (h *Hall) ByNumber(number string) (*Ticket, bool) {
	if number == "" {
		return nil, false
	}
	for _, page := range slices.Backward(h.tickets.pages) {
		for _, t := range slices.Backward(page[:]) {
			if t != nil && t.Number == number {
				return t, true
			}
		}
	}
	return nil, false
}

// Tickets returns the day's tickets in the order of issue, with those of people
// served without one, which have no number.
func (h *Hall) Tickets() []*Ticket { return h.tickets.all() }

// Counter returns a counter of the document in force.
func (h *Hall) Counter(id CounterID) (*Counter, bool) {
	c := h.counter(id)
	return c, c != nil
}

// Counters returns the counters in the order of the document.
func (h *Hall) Counters() []*Counter { return slices.Clone(h.counters) }
