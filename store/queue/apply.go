package queue

import (
	"slices"
	"time"
)

// Apply folds one fact into the hall. Where a ticket stands follows from the
// ticket alone (see put), so that it cannot stand in two places.
func (h *Hall) Apply(f Fact) {
	h.at = f.At
	if !h.applyToTicket(f) && !h.applyToCounter(f) {
		h.applyToHouse(f)
	}
}

func (h *Hall) applyToTicket(f Fact) bool {
	switch e := f.Event.(type) {
	case Issued:
		h.issued(e, f.At)
	case CheckedIn:
		h.change(e.Ticket, f, func(t *Ticket) { h.checkedIn(t, f.At) })
	case TicketCalled:
		h.called(e.Ticket, e.Counter, f, "")
	case ResultCalled:
		h.called(e.Ticket, e.Counter, f, ParkResult)
	case Recalled:
		h.change(e.Ticket, f, func(t *Ticket) { t.CalledAt, t.Calls = f.At, e.Call })
	case Started:
		h.change(e.Ticket, f, func(t *Ticket) { t.State, t.StartedAt = Serving, f.At })
		h.changeCounter(e.Counter, (*Counter).free)
	case TicketFinished:
		h.finished(e, f)
	case NoShowMarked:
		h.noShow(e, f)
	case TicketReturned:
		h.change(e.Ticket, f, func(t *Ticket) { h.returned(t, e.After) })
	case Postponed:
		h.change(e.Ticket, f, func(t *Ticket) { t.NotBefore = f.At.Add(time.Duration(e.Minutes) * time.Minute) })
	case TicketParked:
		h.change(e.Ticket, f, func(t *Ticket) { t.State, t.Park, t.ParkedAt = Parked, e.Reason, f.At })
	case Transferred:
		h.change(e.Ticket, f, func(t *Ticket) { transferred(t, e, f.At) })
	case TicketCancelled:
		h.change(e.Ticket, f, func(t *Ticket) { t.State, t.EndedAt = Cancelled, f.At })
	case TicketExpired:
		h.change(e.Ticket, f, func(t *Ticket) { t.State, t.EndedAt = Expired, f.At })
	case PriorityChanged:
		h.change(e.Ticket, f, func(t *Ticket) { t.Class = e.Class; h.setDue(t) })
	case OutcomeSet:
		h.change(e.Ticket, f, func(t *Ticket) { t.Outcomes = e.Outcomes })
	case DossierLinked:
		h.change(e.Ticket, f, func(t *Ticket) { t.Dossier = e.Dossier })
	case ServedDirect:
		h.servedDirect(e, f)
	case Rated:
		h.change(e.Ticket, f, func(t *Ticket) { t.Rating = e.Level })
	case Undone:
		h.undone(e, f)
	default:
		return false
	}
	return true
}

func (h *Hall) applyToCounter(f Fact) bool {
	switch e := f.Event.(type) {
	case CounterOpened:
		h.changeCounter(e.Counter, func(c *Counter) { c.turn(Open, f.At) })
	case CounterPaused:
		h.changeCounter(e.Counter, func(c *Counter) {
			c.turn(Paused, f.At)
			c.Reason, c.Until = e.Reason, unix(e.Until, f.At)
		})
	case CounterClosed:
		h.changeCounter(e.Counter, func(c *Counter) { c.turn(Closed, f.At) })
	case Armed:
		h.changeCounter(e.Counter, func(c *Counter) { c.Armed, c.ArmedAt = true, f.At })
	case SignedIn:
		h.changeCounter(e.Counter, func(c *Counter) { c.Clerk, c.Profile = e.Clerk, e.Profile })
	case SignedOut:
		h.changeCounter(e.Counter, func(c *Counter) { c.Clerk, c.Profile = "", "" })
	default:
		return false
	}
	return true
}

func (h *Hall) applyToHouse(f Fact) {
	switch e := f.Event.(type) {
	case DayOpened:
		h.dayOpened(e.Day)
	case DayClosed:
		h.open = false
	case NumbersSkipped:
		h.tally(e.Series).Last = e.To
	case CentreConfigured:
		h.configured(e, f)
	}
}

// change puts a changed copy of a ticket in place of the old one.
func (h *Hall) change(id TicketID, f Fact, change func(*Ticket)) {
	old := h.tickets.get(id)
	if old == nil {
		return
	}
	t := *old
	change(&t)
	if old.State == Parked && t.State != Parked {
		t.ParkedS += int(f.At.Sub(old.ParkedAt) / time.Second)
		if t.State != Called {
			t.Park = ""
		}
	}
	h.put(&t)
}

// put is the only way a ticket comes into the hall or changes. Queues and
// counters follow from the ticket's state.
func (h *Hall) put(t *Ticket) {
	old := h.tickets.get(t.ID)
	h.tickets.put(t)
	if old != nil && old.State.Held() && t.State.Held() && old.Counter == t.Counter {
		return
	}
	if old != nil && old.State == Parked && t.State == Parked && old.Counter == t.Counter {
		return
	}
	if old != nil {
		h.leave(old)
	}
	h.enter(t)
}

func (h *Hall) enter(t *Ticket) {
	switch {
	case t.State == Waiting && t.Here():
		h.line(t.Service).add(t)
	case t.State.Held():
		h.changeCounter(t.Counter, func(c *Counter) { c.Ticket = t.ID })
	case t.State == Parked:
		h.changeCounter(t.Counter, func(c *Counter) { c.park(t.ID) })
	}
}

func (h *Hall) leave(t *Ticket) {
	switch {
	case t.State == Waiting && t.Here():
		h.line(t.Service).remove(t)
	case t.State.Held():
		h.changeCounter(t.Counter, func(c *Counter) { c.Ticket = 0; c.free() })
	case t.State == Parked:
		h.changeCounter(t.Counter, func(c *Counter) { c.unpark(t.ID) })
	}
}

// turn brings a counter into another state.
func (c *Counter) turn(s CounterState, at time.Time) {
	c.free()
	c.State, c.Since, c.Reason, c.Until = s, at, "", time.Time{}
}

func (h *Hall) issued(e Issued, at time.Time) {
	t := &Ticket{
		ID: e.Ticket, Number: e.Number, Series: e.Series, Index: e.Index, Day: h.day,
		Service: e.Service, State: Waiting, Class: e.Class, Lang: e.Lang, Kiosk: e.Kiosk,
		Print: e.Print, Told: e.Told, Unsure: e.Unsure, IssuedAt: at, Slot: unix(e.Slot, at), Leg: 1, LegAt: at,
	}
	if t.Slot.IsZero() {
		t.From = at
	}
	h.setDue(t)
	h.last = e.Ticket
	h.line(e.Service).Issued++
	h.tally(e.Series).Last = e.Index
	h.put(t)
}

// tally returns the series' tally, a new one if it had none.
func (h *Hall) tally(prefix string) *tally {
	i := slices.IndexFunc(h.tallies, func(t tally) bool { return t.Prefix == prefix })
	if i < 0 {
		i = len(h.tallies)
		h.tallies = append(h.tallies, tally{Prefix: prefix})
	}
	return &h.tallies[i]
}

// setDue places a ticket by its From and its class. Under the other rules a
// class has no head start.
func (h *Hall) setDue(t *Ticket) {
	t.Due = t.From
	if class, ok := h.rules.class(t.Class); ok && h.rules.Order.headStart() && t.Here() {
		t.Due = t.From.Add(-time.Duration(class.HeadStartMin) * time.Minute)
	}
}

// checkedIn: an appointment counts from its slot, or from now if it is too late.
func (h *Hall) checkedIn(t *Ticket, at time.Time) {
	t.From, t.LegAt = t.Slot, at
	if at.After(t.Slot.Add(h.rules.Times.grace())) {
		t.From = at
	}
	h.setDue(t)
}

func (h *Hall) called(id TicketID, counter CounterID, f Fact, park ParkReason) {
	before, c := h.tickets.get(id), h.counter(counter)
	if before == nil || c == nil {
		return
	}
	l := h.line(before.Service)
	press := &Press{At: f.At, Called: before, Run: l.Run, Ordinary: c.Ordinary}
	if p := c.Press; p != nil && p.Called == nil && p.At.Equal(f.At) {
		press.Closed, press.Was = p.Closed, p.Was
	}
	queued := before.State == Waiting
	if queued {
		l.count(before)
	}
	h.change(id, f, func(t *Ticket) {
		t.State, t.Counter, t.Clerk, t.Park = Called, counter, f.clerk(c), park
		t.CalledAt, t.StartedAt, t.EndedAt = f.At, time.Time{}, time.Time{}
		t.NotBefore, t.After = time.Time{}, 0
		t.Calls++
	})
	h.changeCounter(counter, func(c *Counter) {
		c.free()
		c.Press, c.UndoUntil = press, f.At.Add(h.rules.Times.undo())
		if queued {
			c.Ordinary = before.Class == ""
		}
	})
}

// clerk is who did it: the author, else who is signed in at the counter.
func (f Fact) clerk(c *Counter) ClerkID {
	if f.By.Clerk != "" {
		return f.By.Clerk
	}
	return c.Clerk
}

func (h *Hall) finished(e TicketFinished, f Fact) {
	h.closed(e.Ticket, e.Counter, e.Next, f, func(t *Ticket) {
		t.State, t.EndedAt, t.Outcomes, t.Implied = Finished, f.At, e.Outcomes, e.Implied
	})
	h.changeCounter(e.Counter, func(c *Counter) { c.Last = e.Ticket })
}

func (h *Hall) noShow(e NoShowMarked, f Fact) {
	h.closed(e.Ticket, e.Counter, e.Implied, f, func(t *Ticket) {
		t.State, t.EndedAt = NoShow, f.At
		t.NoShows++
	})
}

// closed ends a leg; what next ended can be undone.
func (h *Hall) closed(id TicketID, counter CounterID, next bool, f Fact, change func(*Ticket)) {
	before := h.tickets.get(id)
	if before == nil {
		return
	}
	h.change(id, f, change)
	if next {
		h.changeCounter(counter, func(c *Counter) {
			c.Press = &Press{At: f.At, Closed: id, Was: before.State}
			c.UndoUntil = f.At.Add(h.rules.Times.undo())
		})
	}
}

// returned: the ticket keeps its place, or gets it back after so many calls.
func (h *Hall) returned(t *Ticket, after int) {
	t.State, t.EndedAt, t.NotBefore, t.After = Waiting, time.Time{}, time.Time{}, 0
	if after > 0 {
		t.After = h.line(t.Service).Calls + after
	}
}

func transferred(t *Ticket, e Transferred, at time.Time) {
	t.State, t.Service, t.ForCounter, t.ForClerk, t.Note = Waiting, e.ToService, e.ToCounter, e.ToClerk, e.Note
	t.Leg, t.LegAt = t.Leg+1, at
	t.Counter, t.Clerk, t.Park = "", "", ""
	t.CalledAt, t.StartedAt, t.ParkedAt = time.Time{}, time.Time{}, time.Time{}
	t.Calls, t.ParkedS = 0, 0
}

func (h *Hall) servedDirect(e ServedDirect, f Fact) {
	t := &Ticket{
		ID: e.Ticket, Day: h.day, Service: e.Service, State: Finished, Counter: e.Counter,
		IssuedAt: f.At, From: f.At, Due: f.At, Leg: 1, LegAt: f.At, EndedAt: f.At, Outcomes: e.Outcomes,
	}
	h.last = e.Ticket
	h.changeCounter(e.Counter, func(c *Counter) {
		t.Clerk = f.clerk(c)
		c.Last = e.Ticket
	})
	h.put(t)
}

func (h *Hall) undone(e Undone, f Fact) {
	c := h.counter(e.Counter)
	if c == nil || c.Press == nil {
		return
	}
	press := c.Press
	if was, now := press.Called, h.tickets.get(e.Ticket); was != nil && now != nil {
		t := *was
		t.Class, t.Dossier = now.Class, now.Dossier
		h.setDue(&t)
		h.put(&t)
		if was.State == Waiting {
			h.line(was.Service).uncount(was, press.Run)
		}
	}
	h.change(e.Reopened, f, func(t *Ticket) {
		if t.State == NoShow {
			t.NoShows--
		}
		t.State, t.EndedAt, t.Implied, t.Outcomes = e.Was, time.Time{}, false, nil
	})
	h.changeCounter(e.Counter, func(c *Counter) {
		c.free()
		if press.Called != nil {
			c.Ordinary = press.Ordinary
		}
		if e.Reopened != 0 && c.Last == e.Reopened {
			c.Last = 0
		}
	})
}

// dayOpened begins a new day with nothing in it. The same day opened again goes
// on with its numbers.
func (h *Hall) dayOpened(d Day) {
	h.open = true
	if d == h.day {
		return
	}
	h.day, h.tickets, h.lines, h.tallies = d, roll{}, nil, nil
	for i := range h.counters {
		h.changeCounter(h.counters[i].ID, func(c *Counter) {
			c.Last, c.Ordinary = 0, false
			if c.Armed && h.rules.Times.dayOf(c.ArmedAt) < d { // pressed after the day was closed
				c.free()
			}
		})
	}
}

// configured puts other rules in force, also for those who wait already.
// Counters that stay keep their state.
func (h *Hall) configured(e CentreConfigured, f Fact) {
	h.rules, h.doc, h.hash = &e.Rules, e.Document, e.Hash
	counters := make([]*Counter, len(e.Rules.Counters))
	for i, rule := range e.Rules.Counters {
		if counters[i] = h.counter(rule.ID); counters[i] == nil {
			counters[i] = &Counter{ID: rule.ID, State: Closed, Since: f.At}
		}
	}
	h.counters = counters
	for _, t := range h.Tickets() {
		h.change(t.ID, f, h.setDue)
	}
}
