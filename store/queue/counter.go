package queue

import (
	"slices"
	"time"
)

// CounterState says whether a counter calls.
type CounterState string

// The states of a counter. A counter that is not open holds no called or
// serving ticket; parked ones stay with it.
const (
	Open   CounterState = "open"
	Paused CounterState = "paused"
	Closed CounterState = "closed"
)

// Counter is a counter as it stands. A *Counter read from a Hall is never
// changed: a change puts a new one in place.
type Counter struct {
	ID      CounterID    `cbor:"1,keyasint"`
	State   CounterState `cbor:"2,keyasint"`
	Since   time.Time    `cbor:"-"`                    // when it came into this state
	Reason  string       `cbor:"4,keyasint,omitempty"` // of a pause
	Until   time.Time    `cbor:"-"`                    // of a pause; zero: not said
	Clerk   ClerkID      `cbor:"6,keyasint,omitempty"`
	Profile string       `cbor:"7,keyasint,omitempty"`

	Ticket TicketID   `cbor:"8,keyasint,omitempty"` // called or serving here; 0: none
	Last   TicketID   `cbor:"9,keyasint,omitempty"` // finished here last
	Parked []TicketID `cbor:"10,keyasint,omitempty"`

	Armed   bool      `cbor:"11,keyasint,omitempty"` // the next ticket of its services is called here
	ArmedAt time.Time `cbor:"-"`
	// Ordinary says that the last ticket called here out of the queue was an
	// ordinary one: under Strict it is then the turn of priority.
	Ordinary bool `cbor:"13,keyasint,omitempty"`

	UndoUntil time.Time `cbor:"-"`                     // zero: nothing to undo
	Press     *Press    `cbor:"15,keyasint,omitempty"` // what Undo would take back
}

// Press is what one press at a counter did, kept so that it can be taken back.
type Press struct {
	At       time.Time `cbor:"-"`
	Called   *Ticket   `cbor:"-"`                    // as it was before; nil: nobody was called
	Run      int       `cbor:"3,keyasint,omitempty"` // of its line, before
	Ordinary bool      `cbor:"4,keyasint,omitempty"` // of the counter, before
	Closed   TicketID  `cbor:"5,keyasint,omitempty"`
	Was      State     `cbor:"6,keyasint,omitempty"` // of Closed, before
}

// counter returns nil for an unknown counter.
func (h *Hall) counter(id CounterID) *Counter {
	for _, c := range h.counters {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// changeCounter puts a changed copy of a counter in place of the old one.
func (h *Hall) changeCounter(id CounterID, change func(*Counter)) {
	for i, old := range h.counters {
		if old.ID == id {
			c := *old
			change(&c)
			h.counters[i] = &c
			return
		}
	}
}

// free lets go of whatever the counter was about to do or undo.
func (c *Counter) free() {
	c.Armed, c.ArmedAt = false, time.Time{}
	c.Press, c.UndoUntil = nil, time.Time{}
}

// park and unpark copy the list, which older copies of the counter share.
func (c *Counter) park(id TicketID) {
	c.Parked = slices.Concat(c.Parked, []TicketID{id})
}

func (c *Counter) unpark(id TicketID) {
	if i := slices.Index(c.Parked, id); i >= 0 {
		c.Parked = slices.Concat(c.Parked[:i], c.Parked[i+1:])
	}
}
