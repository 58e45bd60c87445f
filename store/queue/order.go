package queue

import (
	"iter"
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
	order := make([]*Ticket, 0, len(l.queue))
	for t := range h.standing(l) {
		order = append(order, t)
	}
	return order
}

// CountWaiting is the length of Waiting, without the work of ordering it.
func (h *Hall) CountWaiting(s ServiceID) int {
	if l := h.findLine(s); l != nil {
		return len(l.queue)
	}
	return 0
}

// Ahead returns how many stand before a ticket at its service; 0 for one that
// does not wait.
func (h *Hall) Ahead(id TicketID) int {
	t := h.tickets.get(id)
	if t == nil || t.State != Waiting || !t.Here() {
		return 0
	}
	ahead := 0
	for w := range h.standing(h.findLine(t.Service)) {
		if w.ID == id {
			break
		}
		ahead++
	}
	return ahead
}

// standing goes through a line in the order in which its tickets stand, no
// further than it is asked to: each number issued asks how many are ahead.
func (h *Hall) standing(l *line) iter.Seq[*Ticket] {
	return func(yield func(*Ticket) bool) {
		skip := func(i int, priority bool) int {
			for i < len(l.queue) && (l.behind(l.queue[i], h.at) || (l.queue[i].Class != "") != priority) {
				i++
			}
			return i
		}
		p, o := skip(0, true), skip(0, false)
		for run := l.Run; p < len(l.queue) || o < len(l.queue); {
			next := h.rules.Order.choose([]heads{{l.at(p), l.at(o), run}}, run > 0, h.at)
			if next.Class == "" {
				o, run = skip(o+1, false), run+1
			} else {
				p, run = skip(p+1, true), 0
			}
			if !yield(next) {
				return
			}
		}
		for _, t := range l.queue {
			if l.behind(t, h.at) && !yield(t) {
				return
			}
		}
	}
}

// at returns nil behind the end of the queue.
func (l *line) at(i int) *Ticket {
	if i < len(l.queue) {
		return l.queue[i]
	}
	return nil
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

func earlier(a, b *Ticket) *Ticket {
	if a == nil || b != nil && byDue(b, a) < 0 {
		return b
	}
	return a
}
