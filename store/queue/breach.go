package queue

// Breach is a fact that the rules in force did not lead to.
type Breach struct {
	Code   string // not_next, bad_number, bad_id, not_callable, not_held, unknown_ticket, day_not_open
	Number string // of the ticket
	Want   string // the number that should have stood there; "": none
}

// Breach says whether a fact could not follow from the hall as it stands, for
// somebody who replays a journal before folding the fact; nil if it could. It
// decides anew what is a decision of the rules: the number issued, and who was
// next.
func (h *Hall) Breach(f Fact) *Breach {
	switch e := f.Event.(type) {
	case Issued:
		return h.issuedWrongly(e)
	case ServedDirect:
		if e.Ticket != h.last+1 {
			return &Breach{Code: "bad_id"}
		}
	case TicketCalled:
		return h.calledWrongly(e, f)
	case ResultCalled:
		if t := h.tickets.get(e.Ticket); t == nil || t.State != Parked || t.Park != ParkResult {
			return h.breach("not_callable", e.Ticket)
		}
	case Recalled:
		return h.notHeld(e.Ticket, e.Counter)
	case Started:
		return h.notHeld(e.Ticket, e.Counter)
	case TicketFinished:
		return h.notHeld(e.Ticket, e.Counter)
	case NoShowMarked:
		return h.notHeld(e.Ticket, e.Counter)
	case TicketParked:
		return h.notHeld(e.Ticket, e.Counter)
	case Transferred:
		return h.notHeld(e.Ticket, e.Counter)
	}
	return nil
}

func (h *Hall) breach(code string, id TicketID) *Breach {
	t := h.tickets.get(id)
	if t == nil {
		return &Breach{Code: "unknown_ticket"}
	}
	return &Breach{Code: code, Number: t.Number}
}

func (h *Hall) issuedWrongly(e Issued) *Breach {
	series, index, _ := h.nextNumber(ServiceRule{Series: e.Series})
	want := series.number(index)
	switch {
	case !h.open:
		return &Breach{Code: "day_not_open", Number: e.Number}
	case e.Number != want, e.Index != index, e.Ticket != h.last+1:
		return &Breach{Code: "bad_number", Number: e.Number, Want: want}
	}
	return nil
}

func (h *Hall) calledWrongly(e TicketCalled, f Fact) *Breach {
	t, c := h.tickets.get(e.Ticket), h.counter(e.Counter)
	if t == nil || c == nil || c.Ticket != 0 || t.in(Waiting, Parked, NoShow) != nil {
		return h.breach("not_callable", e.Ticket)
	}
	if e.How != ByNext {
		return nil
	}
	next, _ := h.next(c, f.At)
	if next == nil {
		return h.breach("not_callable", e.Ticket)
	}
	if next.ID != t.ID {
		return &Breach{Code: "not_next", Number: t.Number, Want: next.Number}
	}
	return nil
}

func (h *Hall) notHeld(id TicketID, counter CounterID) *Breach {
	if t := h.tickets.get(id); t == nil || !t.State.Held() || t.Counter != counter {
		return h.breach("not_held", id)
	}
	return nil
}
