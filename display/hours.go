package display

import (
	"time"

	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// window is one stretch of work.
type window struct {
	From door.Time `json:"from"`
	To   door.Time `json:"to"`
}

// lately is how old the newest call may be outside working hours to stay on the
// large panel; the page of today has the same.
const lately = 5 * time.Minute

const (
	ahead   = 30 // days that hours looks ahead: longer than the longest holiday
	windows = 20
)

// hours are the stretches of work from the day of now on. Of days up to shut, which
// was closed by hand, nothing is left; "": none was. None at all: the centre has no
// hours, and is never said to be closed.
func hours(d *centre.Document, now time.Time, shut queue.Day) []window {
	out := []window{}
	for n := 0; n < ahead && len(out) < windows; n++ {
		at := func(minute int) door.Time {
			return door.Time{Time: time.Date(now.Year(), now.Month(), now.Day()+n, 0, minute, 0, 0, now.Location())}
		}
		if at(0).Format(time.DateOnly) <= string(shut) {
			continue
		}
		for _, w := range d.Hours(at(0).Time) {
			out = append(out, window{From: at(w.From), To: at(w.To)})
		}
	}
	return out
}

// phase says whether the centre is at work, at lunch or closed, and when work
// begins again; assets/web/board/hours.js does the same in the page.
func phase(hours []window, now time.Time) (is string, next time.Time) {
	lunch := false
	for _, w := range hours {
		if !now.Before(w.From.Time) && now.Before(w.To.Time) {
			return "open", time.Time{}
		}
		if next.IsZero() && w.From.After(now) {
			next = w.From.Time
		}
	}
	for _, w := range hours {
		y, m, d := w.To.Date()
		ny, nm, nd := next.Date()
		lunch = lunch || !w.To.After(now) && y == ny && m == nm && d == nd
	}
	switch {
	case len(hours) == 0:
		return "open", time.Time{}
	case lunch:
		return "lunch", next
	}
	return "closed", next
}
