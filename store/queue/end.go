package queue

import (
	"maps"
	"unicode/utf8"
)

func (c Finish) decide(d *draft) error {
	t, err := d.current(c.Counter, c.Expect)
	if err != nil {
		return err
	}
	outcomes, err := counted(c.Outcomes)
	if err != nil {
		return err
	}
	d.emit(TicketFinished{Ticket: t.ID, Counter: c.Counter, Outcomes: outcomes})
	return nil
}

func (c MarkNoShow) decide(d *draft) error {
	t, err := d.current(c.Counter, c.Expect)
	if err != nil {
		return err
	}
	if err := t.in(Called); err != nil {
		return err
	}
	d.emit(NoShowMarked{Ticket: t.ID, Counter: c.Counter})
	return nil
}

func (c Cancel) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(Waiting, Called, Parked); err != nil {
		return err
	}
	d.emit(TicketCancelled{Ticket: t.ID, Reason: c.Reason})
	return nil
}

// ServeDirect needs no free counter: the clerk records it beside the work.
func (c ServeDirect) decide(d *draft) error {
	if _, err := d.working(c.Counter); err != nil {
		return err
	}
	rule, _ := d.rules.counter(c.Counter)
	if c.Service == "" {
		c.Service = rule.own()
	}
	if _, ok := d.rules.service(c.Service); !ok {
		return ErrUnknownService.with(map[string]any{"service": c.Service})
	}
	outcomes, err := counted(c.Outcomes)
	if err != nil {
		return err
	}
	if d.Shut(d.now) != "" {
		return ErrDayNotOpen
	}
	d.ensureDay()
	d.emit(ServedDirect{Ticket: d.last + 1, Counter: c.Counter, Service: c.Service, Outcomes: outcomes})
	return nil
}

func (c SetOutcome) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(Finished); err != nil {
		return err
	}
	outcomes, err := counted(c.Outcomes)
	if err != nil {
		return err
	}
	d.emit(OutcomeSet{Ticket: t.ID, Outcomes: outcomes})
	return nil
}

// mostOutcomes is more than anybody carries in.
const mostOutcomes = 999

// counted checks counts by outcome; none said is one dossier received.
func counted(outcomes map[Outcome]int) (map[Outcome]int, error) {
	if len(outcomes) == 0 {
		return oneReceived(), nil
	}
	for outcome, n := range outcomes {
		switch outcome {
		case Received, Returned, Advised, Supplement, Refused:
		default:
			return nil, badValue("outcomes")
		}
		if n < 1 || n > mostOutcomes {
			return nil, badValue("outcomes")
		}
	}
	return maps.Clone(outcomes), nil
}

func oneReceived() map[Outcome]int { return map[Outcome]int{Received: 1} }

func (c LinkDossier) decide(d *draft) error {
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(Waiting, Called, Serving, Parked, Finished); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(c.Dossier); n < 1 || n > 40 || !utf8.ValidString(c.Dossier) {
		return badValue("dossier")
	}
	d.emit(DossierLinked{Ticket: t.ID, Dossier: c.Dossier})
	return nil
}

func (c Rate) decide(d *draft) error {
	if c.Ticket == 0 && c.Counter != "" {
		counter, err := d.somewhere(c.Counter)
		if err != nil {
			return err
		}
		c.Ticket = counter.Last
	}
	t, err := d.ticket(c.Ticket)
	if err != nil {
		return err
	}
	if err := t.in(Finished); err != nil {
		return err
	}
	switch {
	case c.Level < 1 || c.Level > 5:
		return badValue("level")
	case t.Rating != 0:
		return ErrAlreadyRated.with(map[string]any{"number": t.Number})
	case d.now.Sub(t.EndedAt) > d.rules.Times.rate():
		return ErrTooLate.with(map[string]any{"number": t.Number})
	}
	d.emit(Rated{Ticket: t.ID, Counter: t.Counter, Level: c.Level, Reason: c.Reason})
	return nil
}
