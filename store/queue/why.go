package queue

import "time"

// Reason says why one number was called before another. Each is a sentence,
// "audit.why." and the reason.
type Reason string

// The reasons.
const (
	// Both stood in the queue and the counter could have called either.
	WhyEarlier       Reason = "earlier"        // it had waited longer
	WhyEarlierStill  Reason = "earlier_still"  // longer by more than the other's head start
	WhyPriority      Reason = "priority"       // the head start of its class
	WhyPriorityFirst Reason = "priority_first" // Strict
	WhyLetIn         Reason = "let_in"         // Strict: an ordinary one that had waited as long as the cap
	WhyPriorityTurn  Reason = "priority_turn"  // Interleave: so many ordinary calls had gone before
	WhyOrdinaryTurn  Reason = "ordinary_turn"  // Interleave: not yet so many
	WhyLineTurn      Reason = "line_turn"      // Interleave: in the other's line it was somebody else's turn
	WhyAppointment   Reason = "appointment"    // it counted from its slot
	WhyTransferred   Reason = "transferred"    // it kept its issue time
	WhyReturned      Reason = "returned"       // it kept its place
	WhyPostponed     Reason = "postponed"      // the other had asked to be later
	WhyAfterCalls    Reason = "after_calls"    // the other had to let some go first, having missed its call
	WhyHandedOver    Reason = "handed_over"    // it had been handed to this counter or clerk
	WhyOwnFirst      Reason = "own_first"      // the counter's own services go before those it helps with
	WhyOtherService  Reason = "other_service"  // the counter does not serve the other's service
	WhyOtherPlace    Reason = "other_place"    // the other was to go to another counter or clerk
	WhyNotCheckedIn  Reason = "not_checked_in" // the other's appointment had not been checked in
	WhyNotYetIssued  Reason = "not_yet_issued" // the other was issued only afterwards
	WhyNotInLine     Reason = "not_in_line"    // the other was not waiting then: cancelled, or absent
	WhySameTime      Reason = "same_time"      // in the same second, at two counters
	WhyByNumber      Reason = "by_number"      // somebody chose it
	WhyBySupervisor  Reason = "by_supervisor"  //
	WhyCalledBack    Reason = "called_back"    // somebody chose it, who was parked or had been absent
	WhyResult        Reason = "result"         // its result was ready
	WhyNobodyCalled  Reason = "nobody_called"  // neither has been called
	WhyNoReason      Reason = "no_reason"      // the rules did not lead to it: the audit tells of a fault
)

// sameMoment: two calls as near as this are told as one moment.
const sameMoment = time.Second

// Why answers which of two numbers was called first, and why.
type Why struct {
	Reason   Reason
	Reversed bool // it was the second of those asked for that was called first

	First, Second Ticket // as they stood just before the call; Second is zero if it was not issued yet
	Numbers       [2]string
	At            time.Time // of First's call
	Counter       CounterID
	By            Actor
	SecondAt      time.Time // of Second's first call after that; zero: not called
	SecondCounter CounterID

	Minutes int // of the head start, or of Strict's cap
	N       int // Interleave: ordinary calls before one of priority
}

// Inquiry follows two numbers through the facts of a day, to say which was called
// first and why. It folds them as the hall does.
type Inquiry struct {
	hall     *Hall
	numbers  [2]string
	calls    []overtaking
	rejoined map[TicketID]time.Time // last return into the queue
}

// overtaking is one call of either number.
type overtaking struct {
	which  int // of the two
	counts bool
	same   bool // the counter could have called the other as well
	why    Why
}

// NewInquiry begins before the facts of the day; before is not changed.
func NewInquiry(before *Hall, first, second string) *Inquiry {
	return &Inquiry{hall: before.Clone(), numbers: [2]string{first, second}, rejoined: map[TicketID]time.Time{}}
}

// Take folds the next fact.
func (q *Inquiry) Take(f Fact) {
	switch e := f.Event.(type) {
	case DayOpened:
		if e.Day != q.hall.day {
			q.calls, q.rejoined = nil, map[TicketID]time.Time{}
		}
	case TicketReturned:
		q.rejoined[e.Ticket] = f.At
	case TicketCalled:
		q.called(e.Ticket, e.Counter, e.How, f)
	case ResultCalled:
		q.called(e.Ticket, e.Counter, "", f)
	case Undone:
		q.undone(e)
	}
	q.hall.Apply(f)
}

// undone forgets a call that was taken back.
func (q *Inquiry) undone(e Undone) {
	for i := len(q.calls) - 1; i >= 0 && e.Ticket != 0; i-- {
		if c := &q.calls[i]; c.why.First.ID == e.Ticket {
			q.calls = append(q.calls[:i], q.calls[i+1:]...)
			return
		}
	}
}

// called notes a call of one of the two, with the reason why it was not the other.
func (q *Inquiry) called(id TicketID, at CounterID, how CallBy, f Fact) {
	h := q.hall
	first, c := h.tickets.get(id), h.counter(at)
	if first == nil || c == nil || first.Number != q.numbers[0] && first.Number != q.numbers[1] {
		return
	}
	o := overtaking{why: Why{First: *first, At: f.At, Counter: at, By: f.By}}
	if o.why.By.Clerk == "" {
		o.why.By.Clerk = c.Clerk
	}
	if first.Number == q.numbers[1] {
		o.which = 1
	}
	second, there := h.ByNumber(q.numbers[1-o.which])
	switch {
	case !there:
		o.why.Reason = WhyNotYetIssued
	case second.State == Waiting:
		o.why.Second, o.counts = *second, true
		o.same = h.tierOf(c, second) >= 0 || second.Service == first.Service
		o.why.Reason = q.reason(c, first, second, how, f.At)
	default:
		o.why.Second, o.why.Reason = *second, WhyNotInLine
	}
	q.detail(&o.why)
	q.calls = append(q.calls, o)
}

// detail adds the numbers of the rule that decided.
func (q *Inquiry) detail(w *Why) {
	order := &q.hall.rules.Order
	switch w.Reason {
	case WhyPriority:
		w.Minutes = q.hall.headStart(&w.First)
	case WhyEarlierStill:
		w.Minutes = q.hall.headStart(&w.Second)
	case WhyLetIn:
		w.Minutes = int(order.cap() / time.Minute)
	case WhyPriorityTurn, WhyOrdinaryTurn:
		w.N = order.every()
	}
}

// headStart is in minutes.
func (h *Hall) headStart(t *Ticket) int { return int(t.From.Sub(t.Due) / time.Minute) }

// reason says why first was called at c while second waited.
func (q *Inquiry) reason(c *Counter, first, second *Ticket, how CallBy, now time.Time) Reason {
	h := q.hall
	next, _ := h.next(c, now)
	switch chosen := next == nil || next.ID != first.ID; {
	case how == "":
		return WhyResult
	case how != ByNext && first.State != Waiting:
		return WhyCalledBack
	case how == ByNumber && chosen:
		return WhyByNumber
	case how == BySupervisor && chosen:
		return WhyBySupervisor
	case chosen:
		return WhyNoReason
	}
	mine, other := h.tierOf(c, first), h.tierOf(c, second)
	switch {
	case !second.Here():
		return WhyNotCheckedIn
	case other < 0 && (second.ForCounter != "" || second.ForClerk != ""):
		return WhyOtherPlace
	case other < 0:
		return WhyOtherService
	case h.behind(second, now) && !h.behind(first, now):
		if second.NotBefore.After(now) {
			return WhyPostponed
		}
		return WhyAfterCalls
	case mine < other && (first.ForCounter != "" || first.ForClerk != ""):
		return WhyHandedOver
	case mine < other:
		return WhyOwnFirst
	}
	return q.byRule(first, second)
}

// byRule compares two that stand in the same tier.
func (q *Inquiry) byRule(first, second *Ticket) Reason {
	priority, ordinary := first.Class != "" && second.Class == "", first.Class == "" && second.Class != ""
	sameLine := first.Service == second.Service
	earlier := byDue(first, second) < 0
	switch order := &q.hall.rules.Order; {
	case order.Kind == Strict && priority:
		return WhyPriorityFirst
	case order.Kind == Strict && ordinary:
		return WhyLetIn
	case order.Kind == Interleave && priority && (sameLine || !earlier):
		return WhyPriorityTurn
	case order.Kind == Interleave && ordinary && (sameLine || !earlier):
		return WhyOrdinaryTurn
	case !earlier && order.Kind == Interleave:
		return WhyLineTurn
	case !earlier:
		return WhyNoReason
	case first.From.After(second.From):
		return WhyPriority
	}
	return q.earlier(first, second)
}

// earlier says why a ticket counts as having waited longer. One that came into
// this queue after the other, and stands before it all the same, wants a word more.
func (q *Inquiry) earlier(first, second *Ticket) Reason {
	since := second.LegAt
	if back := q.rejoined[second.ID]; back.After(since) {
		since = back
	}
	switch {
	case q.rejoined[first.ID].After(since):
		return WhyReturned
	case first.Leg > 1 && first.LegAt.After(since):
		return WhyTransferred
	case !first.Slot.IsZero() && first.From.Equal(first.Slot):
		return WhyAppointment
	case q.hall.headStart(second) > q.hall.headStart(first):
		return WhyEarlierStill
	}
	return WhyEarlier
}

// tierOf is the first tier in which next may call the ticket at a counter; -1: none.
func (h *Hall) tierOf(c *Counter, t *Ticket) int {
	rule, _ := h.rules.counter(c.ID)
	for tier, services := range rule.Tiers {
		for _, s := range services {
			if t.may(c, s == t.Service, tier) {
				return tier
			}
		}
	}
	return -1
}

// behind is line.behind of the ticket's line.
func (h *Hall) behind(t *Ticket, now time.Time) bool {
	l := h.findLine(t.Service)
	return l != nil && l.behind(t, now)
}

// Answer says which of the two was called first, and why. The first call that
// passed over the other while it waited is what counts, best one at a counter that
// could have called either; without such a call the first call of all. The error
// is a *Refusal: a number that was not given that day.
func (q *Inquiry) Answer() (Why, error) {
	for _, number := range q.numbers {
		if _, ok := q.hall.ByNumber(number); !ok {
			return Why{}, ErrUnknownTicket.with(map[string]any{"number": number})
		}
	}
	if q.numbers[0] == q.numbers[1] {
		return Why{}, ErrSameNumber
	}
	found := q.find()
	if found == nil {
		return Why{Reason: WhyNobodyCalled, Numbers: q.numbers}, nil
	}
	w := found.why
	w.Reversed = found.which == 1
	w.Numbers = [2]string{q.numbers[found.which], q.numbers[1-found.which]}
	for _, c := range q.calls {
		if c.which != found.which && !c.why.At.Before(w.At) {
			w.SecondAt, w.SecondCounter = c.why.At, c.why.Counter
			break
		}
	}
	if !w.SecondAt.IsZero() && w.SecondAt.Sub(w.At) < sameMoment && w.SecondCounter != w.Counter && found.counts {
		w.Reason = WhySameTime
	}
	if w.Second.ID == 0 {
		t, _ := q.hall.ByNumber(w.Numbers[1])
		w.Second = *t
	}
	return w, nil
}

// find picks the call to be explained.
func (q *Inquiry) find() *overtaking {
	for _, wanted := range []func(*overtaking) bool{
		func(o *overtaking) bool { return o.counts && o.same && o.which == 0 },
		func(o *overtaking) bool { return o.counts && o.which == 0 },
		func(o *overtaking) bool { return o.counts && o.same },
		func(o *overtaking) bool { return o.counts },
		func(*overtaking) bool { return true },
	} {
		for i := range q.calls {
			if wanted(&q.calls[i]) {
				return &q.calls[i]
			}
		}
	}
	return nil
}
