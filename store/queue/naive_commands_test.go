package queue

import (
	"slices"
	"time"
)

// do obeys a command, or returns the code of its refusal.
func (n *naive) do(c Command, now time.Time) string {
	n.now = now
	if code := n.obey(c); code != "" {
		return code
	}
	n.serveArmed()
	return ""
}

func (n *naive) obey(c Command) string {
	switch c := c.(type) {
	case Configure:
		return n.configure(c)
	case Issue:
		return n.issue(c)
	case OpenDay:
		if n.open {
			return "day_open"
		}
		n.ensureDay()
	case CloseDay:
		if !n.open {
			return "day_not_open"
		}
		n.endDay()
	case Tick:
		if n.open && !c.Untrusted && n.today() > n.day {
			n.endDay()
		}
	case CallNext:
		return n.callNext(c)
	case Call:
		return n.callOne(c.Counter, c.Target.Ticket, func(p *person) string {
			if !slices.Contains([]State{Waiting, Parked, NoShow}, p.state) {
				return "wrong_state"
			}
			if p.state == Waiting && p.from.IsZero() {
				n.checkIn(p)
			}
			n.call(p, n.place(c.Counter), false)
			return ""
		})
	case ResultCall:
		return n.callOne(c.Counter, c.Target.Ticket, func(p *person) string {
			if p.state != Parked || p.park != ParkResult {
				return "wrong_state"
			}
			n.call(p, n.place(c.Counter), true)
			return ""
		})
	case Undo:
		return n.undo(n.place(c.Counter))
	case Recall:
		return n.atCounter(c.Counter, c.Expect, func(p *person) string { p.calledAt = n.now; return "" })
	case Start:
		return n.atCounter(c.Counter, c.Expect, func(p *person) string {
			if p.state != Called {
				return "wrong_state"
			}
			p.state, n.place(c.Counter).undo = Serving, nil
			return ""
		})
	case Finish:
		return n.atCounter(c.Counter, c.Expect, func(p *person) string { n.close(p, Finished); return "" })
	case MarkNoShow:
		return n.atCounter(c.Counter, c.Expect, func(p *person) string {
			if p.state != Called {
				return "wrong_state"
			}
			n.close(p, NoShow)
			return ""
		})
	case Park:
		return n.atCounter(c.Counter, c.Expect, func(p *person) string {
			n.close(p, Parked)
			p.park = c.Reason
			return ""
		})
	case Transfer:
		return n.atCounter(c.Counter, c.Expect, func(p *person) string { return n.transfer(c, p) })
	default:
		return n.obeyMore(c)
	}
	return ""
}

func (n *naive) obeyMore(c Command) string {
	switch c := c.(type) {
	case CheckIn:
		return n.withTicket(c.Ticket, func(p *person) string {
			if p.state != Waiting || !p.from.IsZero() {
				return "wrong_state"
			}
			n.checkIn(p)
			return ""
		})
	case Postpone:
		return n.withTicket(c.Ticket, func(p *person) string {
			if p.state != Waiting || p.from.IsZero() {
				return "wrong_state"
			}
			p.notBefore = n.now.Add(time.Duration(c.Minutes) * time.Minute)
			return ""
		})
	case Return:
		return n.withTicket(c.Ticket, func(p *person) string { return n.back(c, p) })
	case Cancel:
		return n.withTicket(c.Ticket, func(p *person) string {
			switch p.state {
			case Called:
				n.close(p, Cancelled)
			case Waiting, Parked:
				p.state = Cancelled
			default:
				return "wrong_state"
			}
			return ""
		})
	case SetPriority:
		return n.withTicket(c.Ticket, func(p *person) string {
			if slices.Contains([]State{Finished, Cancelled, Expired}, p.state) {
				return "wrong_state"
			}
			p.class = c.Class
			return ""
		})
	case Rate:
		return n.withTicket(c.Ticket, func(p *person) string {
			switch {
			case p.state != Finished:
				return "wrong_state"
			case p.rating != 0:
				return "already_rated"
			case n.now.Sub(p.endedAt) > n.times(n.rules.Times.RateS, 60, time.Second):
				return "too_late"
			}
			p.rating = c.Level
			return ""
		})
	case OpenCounter:
		if p := n.place(c.Counter); p.state != Open {
			p.state = Open
			p.armedAt, p.undo = time.Time{}, nil
		}
	case CloseCounter:
		return n.rest(c.Counter, Closed)
	case PauseCounter:
		return n.rest(c.Counter, Paused)
	case SignIn:
		for _, other := range n.counters {
			if other.clerk == c.Clerk {
				other.clerk = ""
			}
		}
		n.place(c.Counter).clerk = c.Clerk
	case SignOut:
		n.place(c.Counter).clerk = ""
	case ServeDirect:
		return n.direct(c)
	case SkipNumbers:
		if !n.open {
			return "day_not_open"
		}
		n.series[c.Series] = max(n.series[c.Series], c.To)
	default:
		panic("the naive model does not know this command")
	}
	return ""
}

func (n *naive) configure(c Configure) string {
	if c.Hash == n.hash {
		return ""
	}
	for _, p := range n.tickets {
		counter := p.counter
		switch p.state {
		case Waiting:
			counter = p.forCounter
		case Called, Serving, Parked:
		default:
			continue
		}
		_, service := c.Rules.service(p.service)
		if !service || !c.Rules.has(counter) {
			return "still_in_use"
		}
	}
	n.rules, n.hash = c.Rules, c.Hash
	var counters []*place
	for _, rule := range c.Rules.Counters {
		if old := n.place(rule.ID); old != nil {
			old.rule = rule
			counters = append(counters, old)
		} else {
			counters = append(counters, &place{rule: rule, state: Closed})
		}
	}
	n.counters = counters
	return ""
}

func (n *naive) issue(c Issue) string {
	rule, ok := n.rules.service(c.Service)
	again := n.open || n.today() <= n.day // numbers go on
	switch {
	case !ok:
		return "unknown_service"
	case !n.open && n.day != "" && n.today() <= n.day:
		return "day_not_open"
	case again && rule.Cap > 0 && n.issued[c.Service] >= rule.Cap:
		return "cap_reached"
	}
	n.ensureDay()
	n.lastID++
	n.series[rule.Series]++
	n.issued[c.Service]++
	p := &person{
		id: n.lastID, number: rule.Series + padded(n.series[rule.Series]), service: c.Service,
		class: c.Class, state: Waiting, slot: c.Slot, from: n.now,
	}
	if !c.Slot.IsZero() {
		p.from = time.Time{}
	}
	n.tickets = append(n.tickets, p)
	return ""
}

func padded(i int) string {
	digits := []byte{'0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)}
	if i >= 1000 {
		return padded(i / 1000)[2:] + string(digits)
	}
	return string(digits)
}

func (n *naive) checkIn(p *person) {
	p.from = p.slot
	if n.now.Sub(p.slot) > n.times(n.rules.Times.GraceMin, 15, time.Minute) {
		p.from = n.now
	}
}

// agrees reports whether the clerk sees who is there.
func agrees(p *person, e Expect) bool {
	if p == nil {
		return e.Ticket == 0
	}
	return !e.Nobody && (e.Ticket == 0 || e.Ticket == p.id)
}

func (n *naive) callNext(c CallNext) string {
	at := n.place(c.Counter)
	p := n.current(c.Counter)
	if !agrees(p, c.Expect) {
		return "ticket_changed"
	}
	done := false
	switch {
	case at.state == Open:
	case at.rule.AutoOpen:
		at.state, at.armedAt, at.undo, done = Open, time.Time{}, nil, true
	default:
		return "counter_" + string(at.state)
	}
	if p != nil {
		since := n.now.Sub(p.calledAt)
		if since < n.times(n.rules.Times.RepeatS, 3, time.Second) {
			return "repeated"
		}
		done = true
		before := *p
		if p.state == Called && since < n.times(n.rules.Times.NoShowBeforeS, 45, time.Second) {
			n.close(p, NoShow)
		} else {
			n.close(p, Finished)
		}
		at.undo = &reversal{at: n.now, closed: &before}
	}
	if q := n.next(at); q != nil {
		n.call(q, at, false)
		return ""
	}
	if at.rule.Arm {
		if at.armedAt.IsZero() || at.armedAt.Format(time.DateOnly) != n.now.Format(time.DateOnly) {
			at.armedAt = n.now
		}
		return ""
	}
	if !done {
		return "nobody_waiting"
	}
	return ""
}

func (n *naive) callOne(c CounterID, id TicketID, call func(*person) string) string {
	at, p, current := n.place(c), n.person(id), n.current(c)
	switch {
	case at.state != Open:
		return "counter_" + string(at.state)
	case p == nil:
		return "unknown_ticket"
	case p.state.Held() && p.counter != c:
		return "held_elsewhere"
	case current != nil:
		return "counter_busy"
	case !n.open:
		return "day_not_open"
	}
	return call(p)
}

func (n *naive) undo(at *place) string {
	u := at.undo
	if u == nil {
		return "nothing_to_undo"
	}
	if n.now.Sub(u.at) > n.times(n.rules.Times.UndoS, 10, time.Second) {
		return "too_late"
	}
	var reopen *person
	if u.closed != nil {
		if p := n.person(u.closed.id); p.counter == at.rule.ID && (p.state == Finished || p.state == NoShow) {
			reopen = p
		}
	}
	if u.called == nil && reopen == nil {
		return "nothing_to_undo"
	}
	if u.called != nil {
		p := n.person(u.called.id)
		class := p.class
		*p = *u.called
		p.class = class
		if p.state == Waiting {
			n.calls[p.service]--
			if u.called.class != "" {
				n.run[p.service] += u.run
			} else {
				n.run[p.service] = max(0, n.run[p.service]-1)
			}
		}
		at.ordinary = u.ordinary
	}
	if reopen != nil {
		if at.last == reopen.id {
			at.last = 0
		}
		reopen.state, reopen.noShows, reopen.endedAt = u.closed.state, u.closed.noShows, time.Time{}
	}
	at.undo, at.armedAt = nil, time.Time{}
	return ""
}

func (n *naive) atCounter(c CounterID, expect Expect, then func(*person) string) string {
	p := n.current(c)
	if !agrees(p, expect) {
		return "ticket_changed"
	}
	if p == nil {
		return "no_current_ticket"
	}
	return then(p)
}

func (n *naive) withTicket(id TicketID, then func(*person) string) string {
	if p := n.person(id); p != nil {
		return then(p)
	}
	return "unknown_ticket"
}

func (n *naive) transfer(c Transfer, p *person) string {
	service := p.service
	switch {
	case c.ToService == p.service, c.ToCounter == c.Counter, c.ToClerk != "" && c.ToClerk == n.place(c.Counter).clerk:
		return "bad_target"
	case c.ToService != "":
		service = c.ToService
	case c.ToCounter != "":
		to := n.place(c.ToCounter)
		if to == nil {
			return "unknown_counter"
		}
		if !to.rule.serves(service) {
			service = to.rule.Tiers[0][0]
		}
	}
	if _, ok := n.rules.service(service); !ok {
		return "unknown_service"
	}
	n.close(p, Waiting)
	p.service, p.forCounter, p.forClerk, p.counter, p.park = service, c.ToCounter, c.ToClerk, "", ""
	return ""
}

func (n *naive) back(c Return, p *person) string {
	limit := n.rules.Times.NoShowLimit
	_, known := n.rules.service(p.service)
	switch {
	case p.state != NoShow && p.state != Parked:
		return "wrong_state"
	case !n.open:
		return "day_not_open"
	case p.state == NoShow && limit > 0 && p.noShows >= limit:
		return "no_show_limit"
	case !known:
		return "unknown_service"
	}
	after := c.After
	if after == -1 {
		after = n.rules.Times.ReturnAfter
	}
	p.state, p.notBefore, p.after, p.park = Waiting, time.Time{}, 0, ""
	if after > 0 {
		p.after = n.calls[p.service] + after
	}
	return ""
}

func (n *naive) rest(c CounterID, s CounterState) string {
	if n.current(c) != nil {
		return "counter_busy"
	}
	if at := n.place(c); at.state != s || s == Paused {
		at.state, at.armedAt, at.undo = s, time.Time{}, nil
	}
	return ""
}

func (n *naive) direct(c ServeDirect) string {
	at := n.place(c.Counter)
	switch {
	case at.state != Open:
		return "counter_" + string(at.state)
	case !n.open && n.day != "" && n.today() <= n.day:
		return "day_not_open"
	}
	n.ensureDay()
	n.lastID++
	n.tickets = append(n.tickets, &person{id: n.lastID, service: at.rule.Tiers[0][0], state: Finished, counter: c.Counter, endedAt: n.now})
	at.last = n.lastID
	return ""
}
