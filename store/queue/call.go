package queue

func (c Call) decide(d *draft) error {
	t, err := d.callable(c.Counter, c.Target, c.Expect)
	if err != nil {
		return err
	}
	if err := t.in(Waiting, Parked, NoShow); err != nil {
		return err
	}
	if t.State == Waiting && !t.Here() { // the clerk sees that the holder has come
		d.emit(CheckedIn{Ticket: t.ID})
	}
	how := c.How
	if how == "" {
		how = ByNumber
	}
	d.emit(TicketCalled{Ticket: t.ID, Counter: c.Counter, How: how})
	return nil
}

func (c ResultCall) decide(d *draft) error {
	t, err := d.callable(c.Counter, c.Target, Expect{})
	if err != nil {
		return err
	}
	if err := t.in(Parked); err != nil {
		return err
	}
	if t.Park != ParkResult {
		return t.in()
	}
	d.emit(ResultCalled{Ticket: t.ID, Counter: c.Counter})
	return nil
}

// callable finds a ticket to be called at a counter that is open and has none.
// Which services the counter has does not matter: somebody chose this ticket.
func (d *draft) callable(at CounterID, by Target, expect Expect) (*Ticket, error) {
	c, err := d.working(at)
	if err != nil {
		return nil, err
	}
	t, err := d.target(by)
	if err != nil {
		return nil, err
	}
	current := d.tickets.get(c.Ticket)
	if err := expected(current, expect); err != nil {
		return nil, err
	}
	if t.State.Held() && t.Counter != at {
		return nil, ErrHeldElsewhere.with(map[string]any{"number": t.Number, "counter": t.Counter})
	}
	if current != nil {
		return nil, ErrCounterBusy.with(map[string]any{"number": current.Number, "counter": at})
	}
	if err := d.dayIsOpen(); err != nil {
		return nil, err
	}
	return t, nil
}

func (c Recall) decide(d *draft) error {
	t, err := d.current(c.Counter, c.Expect)
	if err != nil {
		return err
	}
	d.emit(Recalled{Ticket: t.ID, Counter: c.Counter, Call: t.Calls + 1})
	return nil
}

func (c Start) decide(d *draft) error {
	t, err := d.current(c.Counter, c.Expect)
	if err != nil {
		return err
	}
	if err := t.in(Called); err != nil {
		return err
	}
	d.emit(Started{Ticket: t.ID, Counter: c.Counter})
	return nil
}

// Undo takes a call back as long as nothing but recalls has followed it.
func (c Undo) decide(d *draft) error {
	counter, err := d.somewhere(c.Counter)
	if err != nil {
		return err
	}
	press := counter.Press
	if press == nil {
		return ErrNothingToUndo.with(map[string]any{"counter": c.Counter})
	}
	if d.now.After(counter.UndoUntil) {
		return ErrTooLate.with(map[string]any{"counter": c.Counter})
	}
	e := Undone{Counter: c.Counter, Ticket: counter.Ticket}
	// What the press closed may have gone on elsewhere since.
	if t := d.tickets.get(press.Closed); t != nil && t.Counter == c.Counter && t.in(Finished, NoShow) == nil {
		e.Reopened, e.Was = t.ID, press.Was
	}
	if e.Ticket == 0 && e.Reopened == 0 {
		return ErrNothingToUndo.with(map[string]any{"counter": c.Counter})
	}
	d.emit(e)
	return nil
}
