package queue

import "time"

// draft is a decision in the making: the hall as it will be, with the events so
// far already folded in. A command looks only at the draft, so that each of its
// events is decided in view of those before it.
type draft struct {
	*Hall
	now    time.Time
	by     Actor
	events []Event
}

func (d *draft) emit(e Event) {
	d.events = append(d.events, e)
	d.Apply(Fact{At: d.now, By: d.by, Event: e})
}

// Decide says which events follow from a command, or refuses it; the error is
// always a *Refusal. No events and no error: all is as was asked for already.
// The argument now is in the centre's time zone and never before the last fact.
func (h *Hall) Decide(c Command, by Actor, now time.Time) ([]Event, error) {
	events, _, err := h.Advance(c, by, now)
	return events, err
}

// Advance decides as Decide does, and also returns the hall after the events:
// equal to what Apply of each makes of h, and nobody else's, so that a decision
// need not be folded a second time.
func (h *Hall) Advance(c Command, by Actor, now time.Time) (events []Event, after *Hall, err error) {
	if err := bounded(c, by); err != nil {
		return nil, nil, err
	}
	d := &draft{Hall: h.Clone(), now: now, by: by}
	if err := c.decide(d); err != nil {
		return nil, nil, err
	}
	d.serveArmed()
	return d.events, d.Hall, nil
}

// serveArmed calls at armed counters, the one armed longest first, whoever may
// be called there now, whatever made it possible.
func (d *draft) serveArmed() {
	for {
		var longest *Counter
		for _, c := range d.counters {
			if c.Armed && (longest == nil || c.ArmedAt.Before(longest.ArmedAt)) {
				if t, _ := d.next(c, d.now); t != nil {
					longest = c
				}
			}
		}
		if longest == nil || !d.callNext(longest) {
			return
		}
	}
}

// callNext calls at a counter whoever is next there, and reports whether there
// was anybody.
func (d *draft) callNext(c *Counter) bool {
	t, tier := d.next(c, d.now)
	if t == nil {
		return false
	}
	d.emit(TicketCalled{Ticket: t.ID, Counter: c.ID, How: ByNext, Tier: tier})
	return true
}

// somewhere finds a counter in any state.
func (d *draft) somewhere(id CounterID) (*Counter, error) {
	if c := d.counter(id); c != nil {
		return c, nil
	}
	return nil, ErrUnknownCounter.with(map[string]any{"counter": id})
}

// working finds a counter and refuses if it is not open.
func (d *draft) working(id CounterID) (*Counter, error) {
	c, err := d.somewhere(id)
	if err != nil {
		return nil, err
	}
	args := map[string]any{"counter": id}
	switch c.State {
	case Closed:
		return nil, ErrCounterClosed.with(args)
	case Paused:
		return nil, ErrCounterPaused.with(args)
	}
	return c, nil
}

// current finds the ticket at a counter that the clerk means.
func (d *draft) current(id CounterID, expect Expect) (*Ticket, error) {
	c, err := d.somewhere(id)
	if err != nil {
		return nil, err
	}
	t := d.tickets.get(c.Ticket)
	if err := expected(t, expect); err != nil {
		return nil, err
	}
	if t == nil {
		return nil, ErrNoCurrentTicket.with(map[string]any{"counter": id})
	}
	return t, nil
}

// expected refuses if another ticket is current than the clerk saw.
func expected(t *Ticket, expect Expect) error {
	var id TicketID
	number := ""
	if t != nil {
		id, number = t.ID, t.Number
	}
	if (expect.Ticket != 0 || expect.Nobody) && expect.Ticket != id {
		return ErrTicketChanged.with(map[string]any{"number": number})
	}
	return nil
}

// ticket finds a ticket of the open or last day.
func (d *draft) ticket(id TicketID) (*Ticket, error) {
	if t := d.tickets.get(id); t != nil {
		return t, nil
	}
	return nil, ErrUnknownTicket
}

// target finds a ticket by id or number.
func (d *draft) target(by Target) (*Ticket, error) {
	if by.Ticket != 0 {
		return d.ticket(by.Ticket)
	}
	if t, ok := d.ByNumber(by.Number); ok {
		return t, nil
	}
	return nil, ErrUnknownTicket.with(map[string]any{"number": by.Number})
}

// in refuses if the ticket is in none of the states.
func (t *Ticket) in(states ...State) error {
	for _, s := range states {
		if t.State == s {
			return nil
		}
	}
	return ErrWrongState.with(map[string]any{"number": t.Number, "state": t.State})
}

// badValue refuses a value out of its range.
func badValue(field string) error { return ErrBadValue.with(map[string]any{"field": field}) }
