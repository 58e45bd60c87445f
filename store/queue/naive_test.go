package queue

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// naive is the hall written down a second time, as plainly as can be: slices,
// loops and sorting, everything looked for anew each time, changed in place. It
// knows the commands and no events. The random test holds the two together.
type naive struct {
	rules    Rules
	hash     string
	tickets  []*person
	counters []*place
	day      Day
	open     bool
	lastID   TicketID
	series   map[string]int
	issued   map[ServiceID]int
	calls    map[ServiceID]int
	run      map[ServiceID]int
	now      time.Time
}

type person struct {
	id         TicketID
	number     string
	service    ServiceID
	class      ClassID
	state      State
	counter    CounterID
	slot, from time.Time
	notBefore  time.Time
	after      int
	park       ParkReason
	calledAt   time.Time
	endedAt    time.Time
	noShows    int
	forCounter CounterID
	forClerk   ClerkID
	rating     int
}

type place struct {
	rule     CounterRule
	state    CounterState
	armedAt  time.Time
	clerk    ClerkID
	last     TicketID
	ordinary bool
	undo     *reversal
}

// reversal is what the last press did.
type reversal struct {
	at       time.Time
	called   *person // a copy from before the call
	ordinary bool
	run      int
	closed   *person // a copy from before it was closed
}

func (n *naive) clear() {
	n.tickets, n.series = nil, map[string]int{}
	n.issued, n.calls, n.run = map[ServiceID]int{}, map[ServiceID]int{}, map[ServiceID]int{}
}

func (n *naive) current(c CounterID) *person {
	for _, p := range n.tickets {
		if p.counter == c && (p.state == Called || p.state == Serving) {
			return p
		}
	}
	return nil
}

func (n *naive) person(id TicketID) *person {
	for _, p := range n.tickets {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (n *naive) place(id CounterID) *place {
	for _, c := range n.counters {
		if c.rule.ID == id {
			return c
		}
	}
	return nil
}

func (n *naive) due(p *person) time.Time {
	if k := n.rules.Order.Kind; k == Strict || k == Interleave {
		return p.from
	}
	for _, c := range n.rules.Classes {
		if c.ID == p.class {
			return p.from.Add(-time.Duration(c.HeadStartMin) * time.Minute)
		}
	}
	return p.from
}

// queue lists those who wait, are there, and are (or are not) behind the others.
func (n *naive) queue(behind bool, fits func(*person) bool) (list []*person) {
	for _, p := range n.tickets {
		isBehind := p.after > n.calls[p.service] || p.notBefore.After(n.now)
		if p.state == Waiting && !p.from.IsZero() && isBehind == behind && fits(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *person) int {
		return cmp.Or(n.due(a).Compare(n.due(b)), cmp.Compare(a.id, b.id))
	})
	return list
}

// next is who is called at a counter.
func (n *naive) next(c *place) *person {
	for _, behind := range []bool{false, true} {
		for tier, services := range c.rule.Tiers {
			list := n.queue(behind, func(p *person) bool {
				if p.forCounter != "" || p.forClerk != "" {
					return tier == 0 && (p.forCounter == c.rule.ID || p.forClerk != "" && p.forClerk == c.clerk)
				}
				return slices.Contains(services, p.service)
			})
			if p := n.byRule(list, c.ordinary); p != nil {
				return p
			}
		}
	}
	return nil
}

// byRule picks from a list in the order of due times.
func (n *naive) byRule(list []*person, ordinary bool) *person {
	if len(list) == 0 {
		return nil
	}
	isOrdinary := func(p *person) bool { return p.class == "" }
	firstOrdinary := slices.IndexFunc(list, isOrdinary)
	firstPriority := slices.IndexFunc(list, func(p *person) bool { return p.class != "" })
	switch n.rules.Order.Kind {
	case Strict:
		limit := time.Duration(cmp.Or(n.rules.Order.CapMin, 30)) * time.Minute
		overdue := firstOrdinary >= 0 && n.now.Sub(list[firstOrdinary].from) >= limit
		if firstPriority < 0 || overdue && !ordinary {
			return list[firstOrdinary]
		}
		return list[firstPriority]
	case Interleave:
		for _, p := range list { // the first whose class has the turn at its service
			same := slices.DeleteFunc(slices.Clone(list), func(q *person) bool { return q.service != p.service })
			mixed := slices.ContainsFunc(same, isOrdinary) && slices.ContainsFunc(same, func(q *person) bool { return q.class != "" })
			turn := n.run[p.service] >= cmp.Or(n.rules.Order.Every, 3)
			if !mixed || turn == (p.class != "") {
				return p
			}
		}
	}
	return list[0]
}

// waiting is the order at one service: what one counter for it alone would call.
func (n *naive) waiting(s ServiceID) (numbers []string) {
	of := func(p *person) bool { return p.service == s }
	list, run := n.queue(false, of), n.run[s]
	for len(list) > 0 {
		p := n.byRule(list, n.run[s] > 0)
		list = slices.DeleteFunc(list, func(q *person) bool { return q == p })
		numbers = append(numbers, p.number)
		if n.run[s]++; p.class != "" {
			n.run[s] = 0
		}
	}
	n.run[s] = run
	for _, p := range n.queue(true, of) {
		numbers = append(numbers, p.number)
	}
	return numbers
}

func (n *naive) call(p *person, c *place, result bool) {
	undo := &reversal{at: n.now, ordinary: c.ordinary, run: n.run[p.service]}
	if c.undo != nil && c.undo.called == nil && c.undo.at.Equal(n.now) {
		undo.closed = c.undo.closed
	}
	before := *p
	undo.called = &before
	if p.state == Waiting {
		n.calls[p.service]++
		n.run[p.service]++
		if p.class != "" {
			n.run[p.service] = 0
		}
		c.ordinary = p.class == ""
	}
	p.state, p.counter, p.calledAt, p.after, p.notBefore = Called, c.rule.ID, n.now, 0, time.Time{}
	if !result {
		p.park = ""
	}
	c.armedAt, c.undo = time.Time{}, undo
}

func (n *naive) close(p *person, s State) {
	p.state, p.endedAt = s, n.now
	c := n.place(p.counter)
	c.armedAt, c.undo = time.Time{}, nil
	if s == Finished {
		c.last = p.id
	}
	if s == NoShow {
		p.noShows++
	}
}

func (n *naive) serveArmed() {
	for {
		var best *place
		for _, c := range n.counters {
			if !c.armedAt.IsZero() && n.next(c) != nil && (best == nil || c.armedAt.Before(best.armedAt)) {
				best = c
			}
		}
		if best == nil {
			return
		}
		n.call(n.next(best), best, false)
	}
}

func (n *naive) times(setting, byDefault int, unit time.Duration) time.Duration {
	return time.Duration(cmp.Or(setting, byDefault)) * unit
}

func (n *naive) today() Day {
	return Day(n.now.Add(-time.Duration(n.rules.Times.DayEndsMin) * time.Minute).Format(time.DateOnly))
}

func (n *naive) ensureDay() {
	if n.open {
		return
	}
	n.open = true
	if d := n.today(); d > n.day {
		n.day = d
		n.clear()
		for _, c := range n.counters {
			c.last, c.ordinary = 0, false
			if c.armedAt.Before(n.now.Add(-12 * time.Hour)) {
				c.armedAt = time.Time{}
			}
		}
	}
}

func (n *naive) endDay() {
	for _, p := range n.tickets {
		switch p.state {
		case Called, Serving:
			n.close(p, Finished)
		case Waiting, Parked:
			p.state = Expired
		}
	}
	for _, c := range n.counters {
		c.state, c.clerk, c.armedAt, c.undo = Closed, "", time.Time{}, nil
	}
	n.open = false
}

// line says how a ticket and a counter stand, to be compared with the hall.
func (p *person) line() string {
	counter := p.counter
	if p.state == Waiting {
		counter = ""
	}
	return fmt.Sprint(p.id, " ", p.number, " ", p.service, " ", p.class, " ", p.state, " ", counter, " ", p.noShows, " ", p.rating)
}

func (n *naive) line(c *place) string {
	var current TicketID
	if p := n.current(c.rule.ID); p != nil {
		current = p.id
	}
	var parked []TicketID
	for _, p := range n.tickets {
		if p.state == Parked && p.counter == c.rule.ID {
			parked = append(parked, p.id)
		}
	}
	return fmt.Sprint(c.rule.ID, " ", c.state, " ", current, " ", parked, " ", !c.armedAt.IsZero(), " ", c.clerk, " ", c.last)
}
