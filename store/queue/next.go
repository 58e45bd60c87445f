package queue

// CallNext is the one key of a counter. It opens the counter where the rules
// say so, ends the current ticket, and calls the next. It must never turn an
// absent person into a finished one.
func (c CallNext) decide(d *draft) error {
	counter, err := d.somewhere(c.Counter)
	if err != nil {
		return err
	}
	current := d.tickets.get(counter.Ticket)
	if err := expected(current, c.Expect); err != nil {
		return err
	}
	rule, _ := d.rules.counter(c.Counter)
	if counter.State != Open {
		if _, err := d.working(c.Counter); !rule.AutoOpen {
			return err
		}
		d.emit(CounterOpened{Counter: c.Counter, Implied: true})
	}
	if current != nil {
		if err := d.endByNext(current); err != nil {
			return err
		}
	}
	switch counter = d.counter(c.Counter); {
	case d.callNext(counter), d.armedToday(counter):
	case rule.Arm:
		d.emit(Armed{Counter: c.Counter})
	case len(d.events) == 0:
		return ErrNobodyWaiting.with(map[string]any{"counter": c.Counter})
	}
	return nil
}

// endByNext ends the ticket that next finds at its counter. Somebody called a
// moment ago has not been served; called a long time ago, and never started, the
// clerk has served and does not use the key.
func (d *draft) endByNext(t *Ticket) error {
	since := d.now.Sub(t.CalledAt)
	switch {
	case since < d.rules.Times.repeat():
		return ErrRepeated.with(map[string]any{"number": t.Number})
	case t.State == Called && since < d.rules.Times.noShowBefore():
		d.emit(NoShowMarked{Ticket: t.ID, Counter: t.Counter, Implied: true})
	default:
		d.emit(TicketFinished{
			Ticket: t.ID, Counter: t.Counter, Outcomes: oneReceived(),
			Implied: t.State == Called, Next: true,
		})
	}
	return nil
}

// armedToday: what was armed after hours of an earlier day has to be said again.
func (d *draft) armedToday(c *Counter) bool {
	times := &d.rules.Times
	return c.Armed && times.dayOf(c.ArmedAt) == times.dayOf(d.now)
}
