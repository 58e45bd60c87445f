package queue

import (
	"slices"
	"time"
)

// heads are the first priority ticket and the first ordinary one of a line.
type heads struct {
	priority, ordinary *Ticket
	run                int // of the line
}

// Waiting returns those who wait for a service in the order in which they stand
// as of the last fact: as one counter for this service alone would call them.
// Appointments whose holder has not come are not among them.
func (h *Hall) Waiting(s ServiceID) []*Ticket {
	l := h.findLine(s)
	if l == nil {
		return nil
	}
	var priority, ordinary, behind []*Ticket
	for _, t := range l.queue {
		switch {
		case l.behind(t, h.at):
			behind = append(behind, t)
		case t.Class != "":
			priority = append(priority, t)
		default:
			ordinary = append(ordinary, t)
		}
	}
	order := make([]*Ticket, 0, len(l.queue))
	for run := l.Run; len(priority)+len(ordinary) > 0; {
		next := h.rules.Order.choose([]heads{{first(priority), first(ordinary), run}}, run > 0, h.at)
		if next.Class == "" {
			ordinary, run = ordinary[1:], run+1
		} else {
			priority, run = priority[1:], 0
		}
		order = append(order, next)
	}
	return append(order, behind...)
}

// Ahead returns how many stand before a ticket at its service; 0 for one that
// does not wait.
func (h *Hall) Ahead(id TicketID) int {
	t := h.tickets.get(id)
	if t == nil {
		return 0
	}
	return max(0, slices.IndexFunc(h.Waiting(t.Service), func(w *Ticket) bool { return w.ID == id }))
}

// NextFor returns the ticket that the one key would call at a counter.
func (h *Hall) NextFor(id CounterID, now time.Time) (*Ticket, bool) {
	if c := h.counter(id); c != nil {
		t, _ := h.next(c, now)
		return t, t != nil
	}
	return nil, false
}

// next goes through the counter's tiers, its own services first; within a tier
// the centre's rule decides. Those who stand behind come only after everybody
// else in all tiers.
func (h *Hall) next(c *Counter, now time.Time) (t *Ticket, tier int) {
	rule, _ := h.rules.counter(c.ID)
	for _, behind := range []bool{false, true} {
		for tier, services := range rule.Tiers {
			var all []heads
			for i := range h.lines {
				l := &h.lines[i]
				mine := slices.Contains(services, l.Service)
				first := l.heads(func(t *Ticket) bool {
					return l.behind(t, now) == behind && t.may(c, mine, tier)
				})
				all = append(all, first)
			}
			if t := h.rules.Order.choose(all, c.Ordinary, now); t != nil {
				return t, tier
			}
		}
	}
	return nil, 0
}

// may reports whether next may call the ticket at c as one of this tier. One
// handed to a counter or a clerk belongs to the first tier there, whatever its
// service, and to nobody else.
func (t *Ticket) may(c *Counter, mine bool, tier int) bool {
	switch {
	case t.ForCounter != "":
		return tier == 0 && t.ForCounter == c.ID
	case t.ForClerk != "":
		return tier == 0 && t.ForClerk == c.Clerk
	}
	return mine
}

func (l *line) heads(may func(*Ticket) bool) heads {
	found := heads{run: l.Run}
	for _, t := range l.queue {
		head := &found.priority
		if t.Class == "" {
			head = &found.ordinary
		}
		if *head == nil && may(t) {
			*head = t
		}
	}
	return found
}

// choose applies the priority rule to the heads of the lines of a tier. The
// argument ordinary says that the last call was an ordinary one.
func (o Order) choose(lines []heads, ordinary bool, now time.Time) *Ticket {
	var p, t, either *Ticket // the first priority ticket, the first ordinary one, the first of each line's choice
	for _, l := range lines {
		p, t = earlier(p, l.priority), earlier(t, l.ordinary)
		if l.priority != nil && (l.ordinary == nil || l.run >= o.every()) {
			either = earlier(either, l.priority)
		} else {
			either = earlier(either, l.ordinary)
		}
	}
	switch o.Kind {
	case Interleave:
		return either
	case Strict:
		// One ordinary ticket is let in at a time, or priority would wait for all
		// of them in a hall where everybody waits longer than the cap.
		letIn := t != nil && !ordinary && now.Sub(t.From) >= o.cap()
		if p == nil || letIn {
			return t
		}
		return p
	}
	return earlier(p, t)
}

func first(list []*Ticket) *Ticket {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func earlier(a, b *Ticket) *Ticket {
	if a == nil || b != nil && byDue(b, a) < 0 {
		return b
	}
	return a
}
