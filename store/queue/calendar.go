package queue

import (
	"slices"
	"time"
)

// horizon is how many days ahead a working day is looked for.
const horizon = 60

// works reports whether a date is a working day.
func (c *Calendar) works(date time.Time) bool {
	d := dateOf(date)
	switch {
	case slices.Contains(c.Holidays, d):
		return false
	case slices.Contains(c.MakeUp, d), len(c.Weekdays) == 0:
		return true
	}
	return slices.Contains(c.Weekdays, date.Weekday())
}

// covers reports whether a window holds on a date. One that names its weekdays
// holds on them, be they ordinary working days or not ("Saturday mornings"). A
// make-up day stands for the first ordinary working day of the week and has its
// hours.
func (c *Calendar) covers(w Window, date time.Time) bool {
	d := dateOf(date)
	switch {
	case slices.Contains(c.Holidays, d):
		return false
	case len(w.Days) == 0:
		return c.works(date)
	case slices.Contains(c.MakeUp, d) && len(c.Weekdays) > 0 && slices.Contains(w.Days, c.Weekdays[0]):
		return true
	}
	return slices.Contains(w.Days, date.Weekday())
}

// within reports whether an instant lies in one of the windows.
func (c *Calendar) within(windows []Window, at time.Time) bool {
	minute := at.Hour()*60 + at.Minute()
	return slices.ContainsFunc(windows, func(w Window) bool {
		return c.covers(w, at) && w.From <= minute && minute < w.To
	})
}

// after returns the first instant not before at when a window begins; with no
// windows, that lies in a working day. Zero: none for a long time.
func (c *Calendar) after(windows []Window, at time.Time) (first time.Time) {
	for i := 0; i < horizon && first.IsZero(); i++ {
		date := midnight(at, i)
		if len(windows) == 0 && c.works(date) {
			first = latest(date, at)
		}
		for _, w := range windows {
			from := date.Add(time.Duration(w.From) * time.Minute)
			if c.covers(w, date) && !from.Before(at) && (first.IsZero() || from.Before(first)) {
				first = from
			}
		}
	}
	return first
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// midnight begins the date that many days after the one of at.
func midnight(at time.Time, days int) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day()+days, 0, 0, 0, 0, at.Location())
}
