package centre

import (
	"fmt"
	"slices"
	"time"

	"xinmoi/store/queue"
)

// checkCalendar looks at days and hours.
func (c *checker) checkCalendar() {
	cal := c.d.Calendar
	worked, ok := parseDays(cal.Weekdays)
	if !ok {
		c.wrong("calendar.weekdays", "weekdays_bad", "value", cal.Weekdays)
	}
	for i, s := range cal.Hours {
		path := fmt.Sprintf("calendar.hours.%d", i)
		w, good := parseWindow(s)
		if !good {
			c.wrong(path, "hours_bad", "value", s)
			continue
		}
		if idle := slices.ContainsFunc(w.Days, func(d time.Weekday) bool { return !slices.Contains(worked, d) }); ok && idle {
			c.odd(path, "hours_idle", "value", s, "weekdays", cal.Weekdays)
		}
	}
	c.days("calendar.holidays", cal.Holidays)
	c.days("calendar.make_up", cal.MakeUp)
	for i, day := range cal.MakeUp {
		if slices.Contains(cal.Holidays, day) {
			c.wrong(fmt.Sprintf("calendar.make_up.%d", i), "day_both", "value", day)
		}
	}
}

func (c *checker) days(path string, days []string) {
	for i, day := range days {
		p := fmt.Sprintf("%s.%d", path, i)
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			c.wrong(p, "date_bad", "value", day)
		} else if slices.Index(days, day) < i {
			c.odd(p, "twice_in_list", "value", day)
		}
	}
}

// Works reports whether the centre works on the day of t.
func (d *Document) Works(t time.Time) bool {
	t = t.In(d.Location())
	day := t.Format(time.DateOnly)
	weekdays, _ := parseDays(d.Calendar.Weekdays)
	return slices.Contains(d.Calendar.MakeUp, day) ||
		slices.Contains(weekdays, t.Weekday()) && !slices.Contains(d.Calendar.Holidays, day)
}

// Hours are the hours of service on the day of t, in order. A make-up day on
// which no hours fall is worked as a Monday is.
func (d *Document) Hours(t time.Time) []queue.Window {
	t = t.In(d.Location())
	if !d.Works(t) {
		return nil
	}
	on := func(day time.Weekday) []queue.Window {
		return slices.DeleteFunc(windows(d.Calendar.Hours), func(w queue.Window) bool {
			return len(w.Days) > 0 && !slices.Contains(w.Days, day)
		})
	}
	hours := on(t.Weekday())
	if len(hours) == 0 && slices.Contains(d.Calendar.MakeUp, t.Format(time.DateOnly)) {
		hours = on(time.Monday)
	}
	slices.SortFunc(hours, func(a, b queue.Window) int { return a.From - b.From })
	return hours
}

// OpensAfter is when the next hours of service begin after t, within two
// months; the zero time when none do.
func (d *Document) OpensAfter(t time.Time) time.Time {
	t = t.In(d.Location())
	for i := range 62 {
		day := time.Date(t.Year(), t.Month(), t.Day()+i, 0, 0, 0, 0, t.Location())
		for _, w := range d.Hours(day) {
			from := time.Date(day.Year(), day.Month(), day.Day(), 0, w.From, 0, 0, t.Location())
			if from.After(t) {
				return from
			}
		}
	}
	return time.Time{}
}
