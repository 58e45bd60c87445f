package sum

import (
	"time"

	"xinmoi/store/queue"
)

// Fold adds up one day, fact by fact.
type Fold struct {
	rules    *queue.Rules
	day      Day
	legs     map[queue.TicketID]*leg // the current one of each ticket
	closed   []*leg                  // by a transfer
	signedIn map[queue.CounterID]queue.ClerkID
}

// leg is one wait and the work after it.
type leg struct {
	service queue.ServiceID
	counter queue.CounterID // that called it last
	clerk   queue.ClerkID
	state   queue.State
	moved   bool // transferred
	direct  bool

	since    time.Time // began to wait; zero: an appointment whose holder has not come
	called   time.Time // first call
	from     time.Time
	undo     *leg // as it was before the last call
	servedS  int  // up to the last parking
	ended    time.Time
	rating   int
	outcomes map[queue.Outcome]int
}

// NewFold begins a day in the hall as it was before the day's first fact.
func NewFold(h *queue.Hall) *Fold {
	f := &Fold{rules: h.Rules(), legs: map[queue.TicketID]*leg{}, signedIn: map[queue.CounterID]queue.ClerkID{}}
	for _, c := range h.Counters() {
		if c.Clerk != "" {
			f.signedIn[c.ID] = c.Clerk
		}
	}
	return f
}

// Take adds the next fact. Those of another day than the first one opened belong
// into another Fold.
func (f *Fold) Take(fact queue.Fact) {
	switch e := fact.Event.(type) {
	case queue.DayOpened:
		f.day.Day = e.Day
	case queue.NumbersSkipped:
		f.skipped(e, fact.At)
	case queue.CentreConfigured:
		f.rules = &e.Rules
	case queue.SignedIn:
		f.signedIn[e.Counter] = e.Clerk
	case queue.SignedOut:
		delete(f.signedIn, e.Counter)
	case queue.Issued:
		l := &leg{service: e.Service, state: queue.Waiting}
		if e.Slot == 0 {
			l.since = fact.At
		}
		f.legs[e.Ticket] = l
		f.day.Tickets++
	case queue.ServedDirect:
		f.legs[e.Ticket] = &leg{
			service: e.Service, counter: e.Counter, clerk: f.clerk(e.Counter, fact.By), state: queue.Finished, direct: true,
			since: fact.At, outcomes: e.Outcomes,
		}
	default:
		f.takeLeg(fact)
	}
}

func (f *Fold) skipped(e queue.NumbersSkipped, at time.Time) {
	if e.CutMs != 0 {
		at = time.UnixMilli(e.CutMs).In(at.Location())
	}
	f.day.Skipped += e.To - e.From + 1
	f.day.Gaps = append(f.day.Gaps, Gap{
		Day: f.day.Day, From: f.rules.Number(e.Series, e.From), To: f.rules.Number(e.Series, e.To),
		Cause: e.Cause, At: at.Format("15:04"),
	})
}

// takeLeg is for what happens to a ticket that is there.
func (f *Fold) takeLeg(fact queue.Fact) {
	switch e := fact.Event.(type) {
	case queue.CheckedIn:
		f.change(e.Ticket, func(l *leg) { l.since = fact.At })
	case queue.TicketCalled:
		f.change(e.Ticket, func(l *leg) { f.call(l, e.Counter, fact) })
	case queue.ResultCalled:
		f.change(e.Ticket, func(l *leg) { f.call(l, e.Counter, fact) })
	case queue.Started:
		f.change(e.Ticket, func(l *leg) { l.state, l.from = queue.Serving, fact.At })
	case queue.TicketParked:
		f.change(e.Ticket, func(l *leg) {
			l.servedS += seconds(l.from, fact.At)
			l.state = queue.Parked
		})
	case queue.TicketFinished:
		f.change(e.Ticket, func(l *leg) { l.state, l.ended, l.outcomes = queue.Finished, fact.At, e.Outcomes })
	case queue.NoShowMarked:
		f.change(e.Ticket, func(l *leg) { l.state = queue.NoShow })
	case queue.TicketReturned:
		f.change(e.Ticket, func(l *leg) { l.state = queue.Waiting })
	case queue.TicketCancelled:
		f.change(e.Ticket, func(l *leg) { l.state = queue.Cancelled })
	case queue.TicketExpired:
		f.change(e.Ticket, func(l *leg) { l.state = queue.Expired })
	case queue.OutcomeSet:
		f.change(e.Ticket, func(l *leg) { l.outcomes = e.Outcomes })
	case queue.Rated:
		f.change(e.Ticket, func(l *leg) { l.rating = e.Level })
	case queue.Transferred:
		f.change(e.Ticket, func(l *leg) {
			l.state, l.ended, l.moved = queue.Finished, fact.At, true
			f.closed = append(f.closed, l)
			f.legs[e.Ticket] = &leg{service: e.ToService, state: queue.Waiting, since: fact.At}
		})
	case queue.Undone:
		f.change(e.Ticket, func(l *leg) {
			if l.undo != nil {
				*l = *l.undo
			}
		})
		f.change(e.Reopened, func(l *leg) { l.state, l.outcomes = e.Was, nil })
	}
}

func (f *Fold) change(id queue.TicketID, change func(*leg)) {
	if l := f.legs[id]; l != nil {
		change(l)
	}
}

func (f *Fold) call(l *leg, at queue.CounterID, fact queue.Fact) {
	before := *l
	before.undo, l.undo = nil, &before
	if l.since.IsZero() { // an appointment called without being checked in
		l.since = fact.At
	}
	if l.called.IsZero() {
		l.called = fact.At
	}
	l.state, l.counter, l.clerk, l.from = queue.Called, at, f.clerk(at, fact.By), fact.At
}

// clerk is the author, else who is signed in at the counter.
func (f *Fold) clerk(at queue.CounterID, by queue.Actor) queue.ClerkID {
	if by.Clerk != "" {
		return by.Clerk
	}
	return f.signedIn[at]
}

// Sum is the day as far as it has come.
func (f *Fold) Sum() *Day {
	d := f.day
	for _, l := range f.closed {
		d.add(l)
	}
	for _, l := range f.legs {
		d.add(l)
	}
	return &d
}

// add counts a leg in each row where it belongs.
func (d *Day) add(l *leg) {
	var r Row
	r.Legs = 1
	switch {
	case l.moved:
		r.Transferred = 1
	case l.state == queue.Finished:
		r.Finished = 1
	case l.state == queue.NoShow:
		r.NoShows = 1
	case l.state == queue.Cancelled:
		r.Cancelled = 1
	case l.state == queue.Expired:
		r.Expired = 1
	}
	if l.direct {
		r.Direct = 1
	}
	if !l.called.IsZero() {
		r.Wait.add(seconds(l.since, l.called))
	}
	if l.state == queue.Finished && !l.direct {
		r.Serve.add(l.servedS + seconds(l.from, l.ended))
	}
	if l.rating > 0 {
		r.rate(l.rating, 1)
	}
	for outcome, n := range l.outcomes {
		r.outcome(outcome, n)
	}
	d.Total.Merge(&r)
	row(&d.Services, l.service).Merge(&r)
	if l.counter != "" {
		row(&d.Counters, l.counter).Merge(&r)
	}
	if l.clerk != "" {
		row(&d.Clerks, l.clerk).Merge(&r)
	}
	if !l.since.IsZero() {
		row(&d.Hours, l.since.Hour()).Merge(&r)
	}
}

func seconds(from, to time.Time) int {
	if from.IsZero() {
		return 0
	}
	return int(to.Sub(from) / time.Second)
}
