package queue

func (c Park) decide(d *draft) error {
	t, err := d.current(c.Counter, c.Expect)
	if err != nil {
		return err
	}
	switch c.Reason {
	case "":
		c.Reason = ParkOther
	case ParkSupplement, ParkResult, ParkFee, ParkOther:
	default:
		return badValue("reason")
	}
	d.emit(TicketParked{Ticket: t.ID, Counter: c.Counter, Reason: c.Reason})
	return nil
}

// Return puts somebody back who missed the call, or who has come back with what
// was asked for. The ticket keeps its place, which by now is among the first:
// it is due at once, or after so many further calls.
func (c Return) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(NoShow, Parked); err != nil {
		return err
	}
	if err := d.dayIsOpen(); err != nil {
		return err
	}
	times := &d.rules.Times
	if t.State == NoShow && times.NoShowLimit > 0 && t.NoShows >= times.NoShowLimit {
		return ErrNoShowLimit.with(map[string]any{"number": t.Number})
	}
	if _, ok := d.rules.service(t.Service); !ok {
		return ErrUnknownService.with(map[string]any{"service": t.Service})
	}
	if c.After == -1 {
		c.After = times.ReturnAfter
	}
	if c.After < 0 || c.After > mostCalls {
		return badValue("after")
	}
	d.emit(TicketReturned{Ticket: t.ID, After: c.After})
	return nil
}

// mostCalls bounds "after N further calls".
const mostCalls = 1000

func (c Transfer) decide(d *draft) error {
	t, err := d.current(c.Counter, c.Expect)
	if err != nil {
		return err
	}
	e := Transferred{
		Ticket: t.ID, Counter: c.Counter, ToService: t.Service,
		ToCounter: c.ToCounter, ToClerk: c.ToClerk, Note: c.Note,
	}
	switch from := d.counter(c.Counter); {
	case c.targets() != 1, c.ToCounter == c.Counter, c.ToService == t.Service,
		c.ToClerk != "" && c.ToClerk == from.Clerk:
		return ErrBadTarget
	case c.ToService != "":
		e.ToService = c.ToService
	case c.ToCounter != "":
		rule, ok := d.rules.counter(c.ToCounter)
		if !ok {
			return ErrUnknownCounter.with(map[string]any{"counter": c.ToCounter})
		}
		if !rule.serves(t.Service) {
			e.ToService = rule.own()
		}
	}
	if e.ToService != t.Service {
		rule, ok := d.rules.service(e.ToService)
		args := map[string]any{"service": e.ToService}
		if !ok {
			return ErrUnknownService.with(args)
		}
		if !rule.offered(AtTransfer) {
			return ErrNotOfferedHere.with(args)
		}
	}
	d.emit(e)
	return nil
}

// targets counts the places that the transfer names.
func (c Transfer) targets() (n int) {
	for _, named := range []bool{c.ToService != "", c.ToCounter != "", c.ToClerk != ""} {
		if named {
			n++
		}
	}
	return n
}

func (c SetPriority) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(Waiting, Called, Serving, Parked, NoShow); err != nil {
		return err
	}
	if _, ok := d.rules.class(c.Class); c.Class != "" && !ok {
		return ErrUnknownClass.with(map[string]any{"class": c.Class})
	}
	if c.Reason == "" {
		return ErrReasonNeeded
	}
	if c.Class != t.Class {
		d.emit(PriorityChanged{Ticket: t.ID, Class: c.Class, Was: t.Class, Reason: c.Reason})
	}
	return nil
}
