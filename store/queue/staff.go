package queue

func (c OpenCounter) decide(d *draft) error {
	counter, err := d.somewhere(c.Counter)
	if err != nil {
		return err
	}
	if counter.State != Open {
		d.emit(CounterOpened{Counter: c.Counter})
	}
	return nil
}

func (c CloseCounter) decide(d *draft) error {
	counter, err := d.idle(c.Counter)
	if err != nil {
		return err
	}
	if counter.State != Closed {
		d.emit(CounterClosed(c))
	}
	return nil
}

// PauseCounter may also be said of a closed counter: "back at 14:00".
func (c PauseCounter) decide(d *draft) error {
	if _, err := d.idle(c.Counter); err != nil {
		return err
	}
	e := CounterPaused{Counter: c.Counter, Reason: c.Reason}
	if !c.Until.IsZero() {
		if !c.Until.After(d.now) {
			return badValue("until")
		}
		e.Until = c.Until.Unix()
	}
	d.emit(e)
	return nil
}

// idle finds a counter and refuses while it has a called or serving ticket.
func (d *draft) idle(id CounterID) (*Counter, error) {
	c, err := d.somewhere(id)
	if err != nil {
		return nil, err
	}
	if t := d.tickets.get(c.Ticket); t != nil {
		return nil, ErrCounterBusy.with(map[string]any{"number": t.Number, "counter": id})
	}
	return c, nil
}

func (c SignIn) decide(d *draft) error {
	counter, err := d.somewhere(c.Counter)
	if err != nil {
		return err
	}
	if c.Clerk == "" {
		return badValue("clerk")
	}
	if counter.Clerk == c.Clerk && counter.Profile == c.Profile {
		return nil
	}
	for _, other := range d.Counters() {
		if (other.ID == c.Counter) != (other.Clerk == c.Clerk) {
			d.signOut(other)
		}
	}
	d.emit(SignedIn(c))
	return nil
}

func (c SignOut) decide(d *draft) error {
	counter, err := d.somewhere(c.Counter)
	if err != nil {
		return err
	}
	d.signOut(counter)
	return nil
}

func (d *draft) signOut(c *Counter) {
	if c.Clerk != "" {
		d.emit(SignedOut{Counter: c.ID, Clerk: c.Clerk})
	}
}
