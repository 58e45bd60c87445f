package queue

import "time"

func (c Issue) decide(d *draft) error {
	if err := d.offered(c); err != nil {
		return err
	}
	if _, ok := d.rules.class(c.Class); c.Class != "" && !ok {
		return ErrUnknownClass.with(map[string]any{"class": c.Class})
	}
	if !c.Slot.IsZero() && d.rules.Times.dayOf(c.Slot.In(d.now.Location())) != d.rules.Times.dayOf(d.now) {
		return badValue("slot")
	}
	if c.LowS < 0 || c.HighS < c.LowS {
		return badValue("wait")
	}
	d.ensureDay()
	d.emit(c.issued(d))
	d.tell()
	return nil
}

// offered turns an offer refused into a refusal.
func (d *draft) offered(c Issue) error {
	o := d.Offer(c.Service, c.Place, d.now, c.Unsure)
	if o.Open {
		return nil
	}
	args := map[string]any{"service": c.Service}
	if !o.BackAt.IsZero() {
		args["back_at"] = o.BackAt
	}
	return &Refusal{Code: o.Code, Args: args}
}

func (c Issue) issued(d *draft) Issued {
	rule, _ := d.rules.service(c.Service)
	series, index, _ := d.nextNumber(rule)
	e := Issued{
		Ticket: d.last + 1, Number: series.number(index), Series: rule.Series, Index: index,
		Service: c.Service, Place: orKiosk(c.Place), Class: c.Class, Lang: c.Lang, Kiosk: c.Kiosk, Print: c.Print, Unsure: c.Unsure,
		Told: Told{LowS: c.LowS, HighS: c.HighS, Bring: rule.bring(c.Lang)},
	}
	if !c.Slot.IsZero() {
		e.Slot = c.Slot.Unix()
	}
	return e
}

// tell adds to the number just issued how many stand ahead, which only a hall
// with the ticket in it knows. The ticket is the draft's own still.
func (d *draft) tell() {
	e := d.events[len(d.events)-1].(Issued)
	t := d.tickets.get(e.Ticket)
	t.Told.Ahead = d.Ahead(e.Ticket)
	e.Told = t.Told
	d.events[len(d.events)-1] = e
}

// bring returns the lines to bring in the ticket's language, else in Vietnamese.
func (s *ServiceRule) bring(lang string) []string {
	if lines, ok := s.Bring[lang]; ok {
		return lines
	}
	return s.Bring["vi"]
}

func (c CheckIn) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if t.State != Waiting || t.Here() {
		return t.in()
	}
	d.emit(CheckedIn{Ticket: t.ID})
	return nil
}

func (c Postpone) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(Waiting); err != nil {
		return err
	}
	if !t.Here() {
		return t.in()
	}
	if c.Minutes < 1 || c.Minutes > longestPostpone {
		return badValue("minutes")
	}
	d.emit(Postponed{Ticket: t.ID, Minutes: c.Minutes})
	return nil
}

// longestPostpone is in minutes: half a working day.
const longestPostpone = int(4 * time.Hour / time.Minute)
