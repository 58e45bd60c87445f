package queue

import "time"

// Offer says whether a number of a service can be had, and if not, when again.
type Offer struct {
	Open   bool
	Code   string    // of the refusal; NoCounter with Open still true
	BackAt time.Time // the next working day or hour; zero: not known
}

// NoCounter is the code of a service whose counters are all closed or paused.
// Its numbers are given all the same.
const NoCounter = "no_counter"

// no is an offer refused.
func no(refusal *Refusal, back time.Time) Offer { return Offer{Code: refusal.Code, BackAt: back} }

// Offer answers what Issue would say. While the clock cannot be trusted (unsure),
// no hours are held to, and none are told.
func (h *Hall) Offer(s ServiceID, at Place, now time.Time, unsure bool) Offer {
	o := h.offer(s, at, now, unsure)
	if unsure {
		o.BackAt = time.Time{}
	}
	return o
}

func (h *Hall) offer(s ServiceID, at Place, now time.Time, unsure bool) Offer {
	rule, ok := h.rules.service(s)
	switch {
	case h.hash == "":
		return no(ErrNotConfigured, time.Time{})
	case !ok:
		return no(ErrUnknownService, time.Time{})
	case !rule.offered(orKiosk(at)):
		return no(ErrNotOfferedHere, time.Time{})
	case h.Shut(now) != "":
		return no(ErrDayNotOpen, h.tomorrow(rule, now))
	case len(rule.Issue) > 0 && !unsure && !h.rules.Calendar.within(rule.Issue, now):
		return no(ErrClosedNow, h.back(rule, now))
	}
	if h.open || h.rules.Times.dayOf(now) <= h.day { // else all numbers are there again
		if l := h.findLine(s); l != nil && rule.Cap > 0 && l.Issued >= rule.Cap {
			return no(ErrCapReached, h.tomorrow(rule, now))
		}
		if _, _, ok := h.nextNumber(rule); !ok {
			return no(ErrNumbersUsedUp, h.tomorrow(rule, now))
		}
	}
	return h.served(s)
}

// DayOf returns the business day of an instant, by the rules in force.
func (h *Hall) DayOf(at time.Time) Day { return h.rules.Times.dayOf(at) }

// Shut is the day that was closed by hand, or "": no number is given until the
// next one, or until OpenDay.
func (h *Hall) Shut(now time.Time) Day {
	if h.open || h.rules.Times.dayOf(now) > h.day {
		return ""
	}
	return h.day
}

// served says whether any counter serves the service now.
func (h *Hall) served(s ServiceID) Offer {
	var back time.Time
	for i, c := range h.counters {
		if !h.rules.Counters[i].serves(s) {
			continue
		}
		if c.State == Open {
			return Offer{Open: true}
		}
		if !c.Until.IsZero() && (back.IsZero() || c.Until.Before(back)) {
			back = c.Until
		}
	}
	return Offer{Open: true, Code: NoCounter, BackAt: back}
}

// back is when the service is offered again after at: by its hours of issue,
// else by the centre's hours of service.
func (h *Hall) back(rule ServiceRule, at time.Time) time.Time {
	windows := rule.Issue
	if len(windows) == 0 {
		windows = h.rules.Calendar.Serve
	}
	return h.rules.Calendar.after(windows, at)
}

// tomorrow is when the service is offered on the next working day, counted from
// the end of this business day.
func (h *Hall) tomorrow(rule ServiceRule, now time.Time) time.Time {
	ends := time.Duration(h.rules.Times.DayEndsMin) * time.Minute
	return h.back(rule, midnight(now.Add(-ends), 1).Add(ends))
}

// nextNumber is the next index and series of a service; false: used up.
func (h *Hall) nextNumber(rule ServiceRule) (Series, int, bool) {
	series, _ := h.rules.series(rule.Series)
	index, ok := series.next(h.lastIndex(rule.Series))
	return series, index, ok
}

func orKiosk(at Place) Place {
	if at == "" {
		return AtKiosk
	}
	return at
}
