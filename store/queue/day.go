package queue

import "slices"

// What is said of a day that ended, and of the tickets it ended with.
const (
	CauseDayEnds   = "day_ends"   // it ran out
	CauseAsked     = "asked"      // somebody closed it
	CauseDayClosed = "day_closed" // of a ticket
)

// Why numbers are skipped.
const (
	CausePowerCut = "power_cut" // the disk may have promised more than it kept
	CauseLostEnd  = "lost_end"  // the journal has lost its end
)

func (OpenDay) decide(d *draft) error {
	switch {
	case d.hash == "":
		return ErrNotConfigured
	case d.open:
		return ErrDayOpen
	}
	d.openDay()
	return nil
}

func (CloseDay) decide(d *draft) error {
	if err := d.dayIsOpen(); err != nil {
		return err
	}
	d.closeDay(CauseAsked)
	return nil
}

func (c Tick) decide(d *draft) error {
	if d.open && !c.Untrusted && d.rules.Times.dayOf(d.now) > d.day {
		d.closeDay(CauseDayEnds)
	}
	return nil
}

func (d *draft) dayIsOpen() error {
	if d.open {
		return nil
	}
	return ErrDayNotOpen
}

// ensureDay opens the day for its first ticket.
func (d *draft) ensureDay() {
	if !d.open {
		d.openDay()
	}
}

// openDay never goes back to a day before the last one, whatever the clock says.
func (d *draft) openDay() {
	d.emit(DayOpened{Day: max(d.day, d.rules.Times.dayOf(d.now))})
}

// closeDay ends every leg and sends everybody home: an armed counter must not
// call the first citizen of tomorrow to an empty chair.
func (d *draft) closeDay(cause string) {
	for _, t := range d.Tickets() {
		switch {
		case t.State.Held():
			d.emit(TicketFinished{Ticket: t.ID, Counter: t.Counter, Cause: CauseDayClosed})
		case t.State == Waiting, t.State == Parked:
			d.emit(TicketExpired{Ticket: t.ID})
		}
	}
	for _, c := range d.Counters() {
		d.signOut(c)
		if c.State != Closed {
			d.emit(CounterClosed{Counter: c.ID})
		}
	}
	d.emit(DayClosed{Day: d.day, Cause: cause})
}

func (c SkipNumbers) decide(d *draft) error {
	series, ok := d.rules.series(c.Series)
	switch {
	case !ok:
		return badValue("series")
	case c.Cause != CausePowerCut && c.Cause != CauseLostEnd:
		return badValue("cause")
	}
	if err := d.dayIsOpen(); err != nil {
		return err
	}
	to := c.To
	if series.Last > 0 {
		to = min(to, series.Last)
	}
	if from, more := series.next(d.lastIndex(c.Series)); more && from <= to {
		d.emit(NumbersSkipped{Series: c.Series, From: from, To: to, Cause: c.Cause, CutMs: c.CutMs})
	}
	return nil
}

func (c Configure) decide(d *draft) error {
	if c.Hash == "" {
		return badValue("hash")
	}
	if c.Hash == d.hash {
		return nil
	}
	if held := d.heldBack(&c.Rules); len(held) > 0 {
		return ErrStillInUse.with(map[string]any{"tickets": held})
	}
	d.emit(CentreConfigured(c))
	return nil
}

// heldBack lists the numbers of the tickets that stand at a service or a counter
// which the new rules no longer have.
func (d *draft) heldBack(rules *Rules) (numbers []string) {
	for _, t := range d.Tickets() {
		counter := t.Counter
		switch {
		case t.State == Waiting:
			counter = t.ForCounter
		case !t.State.Held() && t.State != Parked:
			continue
		}
		if _, ok := rules.service(t.Service); !ok || !rules.has(counter) {
			numbers = append(numbers, t.Number)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// has reports whether the rules have the counter; none is always there.
func (r *Rules) has(id CounterID) bool {
	_, ok := r.counter(id)
	return ok || id == ""
}
