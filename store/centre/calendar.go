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
	if _, ok := parseDays(cal.Weekdays); !ok {
		c.wrong("calendar.weekdays", "weekdays_bad", "value", cal.Weekdays)
	}
	for i, s := range cal.Hours {
		if _, ok := parseWindow(s); !ok {
			c.wrong(fmt.Sprintf("calendar.hours.%d", i), "hours_bad", "value", s)
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

// Hours are the hours of service on the day of t, in order; none on a day that
// is not worked. The queue reads its Calendar alike: hours that name weekdays
// hold on them whether these are ordinary working days or not, and a make-up
// day has the hours of the first working day of the week.
func (d *Document) Hours(t time.Time) []queue.Window {
	t = t.In(d.Location())
	r := d.calendarRules()
	day := queue.Day(t.Format(time.DateOnly))
	if slices.Contains(r.Holidays, day) {
		return nil
	}
	makeUp := slices.Contains(r.MakeUp, day) && len(r.Weekdays) > 0
	hours := slices.DeleteFunc(r.Serve, func(w queue.Window) bool {
		days := w.Days
		if len(days) == 0 {
			days = r.Weekdays
		}
		return !slices.Contains(days, t.Weekday()) && !(makeUp && slices.Contains(days, r.Weekdays[0]))
	})
	slices.SortFunc(hours, func(a, b queue.Window) int { return a.From - b.From })
	return hours
}
