package centre

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"xinmoi/store/queue"
)

// Rules are what the fold needs of the document.
func (d *Document) Rules() queue.Rules {
	r := queue.Rules{
		Order:    queue.Order{Kind: queue.OrderKind(d.Order.Rule), CapMin: d.Order.CapMin, Every: d.Order.Every},
		Calendar: d.calendarRules(),
		Times:    d.timesRules(),
	}
	seen := map[string]bool{}
	for _, s := range d.Services {
		prefix := value(s.Prefix)
		if !seen[prefix] {
			seen[prefix] = true
			r.Series = append(r.Series, queue.Series{Prefix: prefix, Digits: s.Digits, First: s.First, Last: s.Last})
		}
		rule := queue.ServiceRule{ID: queue.ServiceID(s.ID), Series: prefix, Cap: s.Cap, Issue: windows(s.Issue), Bring: s.Bring}
		for _, at := range s.At {
			rule.At = append(rule.At, queue.Place(at))
		}
		r.Services = append(r.Services, rule)
	}
	for _, c := range d.Counters {
		rule := queue.CounterRule{ID: queue.CounterID(c.ID), Tiers: [][]queue.ServiceID{serviceIDs(c.Services)}, AutoOpen: value(c.AutoOpen), Arm: value(c.Arm)}
		if len(c.Help) > 0 {
			rule.Tiers = append(rule.Tiers, serviceIDs(c.Help))
		}
		r.Counters = append(r.Counters, rule)
	}
	for _, p := range d.Priority {
		r.Classes = append(r.Classes, queue.ClassRule{ID: queue.ClassID(p.ID), HeadStartMin: value(p.HeadStartMin)})
	}
	return r
}

func (d *Document) timesRules() queue.Times {
	ends, _ := parseClock(d.Times.DayEnds)
	return queue.Times{
		NoShowBeforeS: value(d.Times.NoShowBeforeS),
		RepeatS:       value(d.Times.RepeatS),
		UndoS:         value(d.Times.UndoS),
		DayEndsMin:    ends,
		ReturnAfter:   value(d.Times.ReturnAfter),
		GraceMin:      value(d.Times.GraceMin),
		RateS:         value(d.Times.RateS),
		NoShowLimit:   value(d.Times.NoShowLimit),
	}
}

func (d *Document) calendarRules() queue.Calendar {
	weekdays, _ := parseDays(d.Calendar.Weekdays)
	c := queue.Calendar{Weekdays: weekdays, Serve: windows(d.Calendar.Hours)}
	for _, day := range d.Calendar.Holidays {
		c.Holidays = append(c.Holidays, queue.Day(day))
	}
	for _, day := range d.Calendar.MakeUp {
		c.MakeUp = append(c.MakeUp, queue.Day(day))
	}
	return c
}

func serviceIDs(ids []string) []queue.ServiceID {
	out := make([]queue.ServiceID, len(ids))
	for i, id := range ids {
		out[i] = queue.ServiceID(id)
	}
	return out
}

// value is what a pointer points at, or zero.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// windows parses those that can be parsed; the others have been told.
func windows(list []string) []queue.Window {
	var out []queue.Window
	for _, s := range list {
		if w, ok := parseWindow(s); ok {
			out = append(out, w)
		}
	}
	return out
}

// parseWindow reads "mon-fri 07:30-11:30"; without days it holds on every
// working day.
func parseWindow(s string) (queue.Window, bool) {
	s = strings.NewReplacer("–", "-", "—", "-").Replace(s)
	days, hours, both := strings.Cut(strings.TrimSpace(s), " ")
	var w queue.Window
	if both {
		var ok bool
		if w.Days, ok = parseDays(days); !ok {
			return w, false
		}
	} else {
		hours = days
	}
	from, to, ok := strings.Cut(strings.TrimSpace(hours), "-")
	if !ok {
		return w, false
	}
	var okFrom, okTo bool
	w.From, okFrom = parseClock(from)
	w.To, okTo = parseClock(to)
	return w, okFrom && okTo && w.From < w.To
}

// parseClock reads "07:30" as minutes after midnight, to "24:00".
func parseClock(s string) (int, bool) {
	hour, minute, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	total := int(h)*60 + int(m)
	return total, ok && errH == nil && errM == nil && len(minute) == 2 && m < 60 && total <= 24*60
}

const dayNames = "sun mon tue wed thu fri sat"

// parseDays reads "mon-fri" or "mon,wed,fri" or "mon-thu,sat".
func parseDays(s string) ([]time.Weekday, bool) {
	var days []time.Weekday
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(strings.Fields(dayNames), first), slices.Index(strings.Fields(dayNames), last)
		if from < 0 || to < 0 {
			return nil, false
		}
		for d := from; ; d = (d + 1) % 7 {
			if !slices.Contains(days, time.Weekday(d)) {
				days = append(days, time.Weekday(d))
			}
			if d == to {
				break
			}
		}
	}
	return days, true
}
