package display

import (
	"time"

	"xinmoi/store/centre"
	"xinmoi/store/door"
)

// window is one stretch of work.
type window struct {
	From door.Time `json:"from"`
	To   door.Time `json:"to"`
}

const (
	ahead   = 30 // days that hours looks ahead: longer than the longest holiday
	windows = 20
)

// hours are the stretches of work from the day of now on. None at all: the
// centre has no hours, and is never said to be closed.
func hours(d *centre.Document, now time.Time) []window {
	out := []window{}
	for n := 0; n < ahead && len(out) < windows; n++ {
		at := func(minute int) door.Time {
			return door.Time{Time: time.Date(now.Year(), now.Month(), now.Day()+n, 0, minute, 0, 0, now.Location())}
		}
		for _, w := range d.Hours(at(0).Time) {
			out = append(out, window{From: at(w.From), To: at(w.To)})
		}
	}
	return out
}
