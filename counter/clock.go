package counter

import (
	"net/http"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// clockJSON is what time it is, and what the machine makes of it.
type clockJSON struct {
	Now     door.Time `json:"now"`     // of the house
	Machine door.Time `json:"machine"` // its own clock
	Trusted bool      `json:"trusted"`
}

// clockBody answers "what time is it?": a time of the centre, "2026-11-26T19:45", or
// that the machine's clock is right.
type clockBody struct {
	Now   string `json:"now,omitempty"`
	Right bool   `json:"right,omitempty"`
}

// farthest is how far ahead of the last entry somebody may say it is. A slip of the
// finger in the year would end the day, and no day is ever taken back.
const farthest = 400 * 24 * time.Hour

func (r *Room) clock() clockJSON {
	zone := centre.InForce(r.book.View().Hall).Location()
	now, machine, trusted := r.book.Clock()
	return clockJSON{Now: door.Time{Time: now.In(zone)}, Machine: door.Time{Time: machine.In(zone)}, Trusted: trusted}
}

func (r *Room) getClock(w http.ResponseWriter, _ *http.Request) error {
	return door.Write(w, http.StatusOK, r.clock())
}

func (r *Room) setClock(w http.ResponseWriter, req *http.Request) error {
	b, err := door.Read[clockBody](req)
	if err != nil {
		return err
	}
	v := r.book.View()
	var now time.Time // zero: the machine is right
	if !b.Right {
		now, err = time.ParseInLocation("2006-01-02T15:04", b.Now, centre.InForce(v.Hall).Location())
		if err != nil {
			return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "now"}, Cause: err}
		}
	}
	if said := r.said(now); said.Sub(v.At) > farthest && v.Seq > 0 {
		return &door.Problem{Code: "clock_too_far", Args: map[string]any{"last": v.At}}
	}
	if err := r.book.SetClock(req.Context(), now, actor(v, "", req)); err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, r.clock())
}

// said is the instant that is meant.
func (r *Room) said(now time.Time) time.Time {
	if now.IsZero() {
		_, now, _ = r.book.Clock()
	}
	return now
}

// outageJSON says what a power cut has done to today's numbers.
type outageJSON struct {
	At      door.Time     `json:"at"`
	Lost    int           `json:"lost,omitempty"` // entries of the book
	Skipped []skippedJSON `json:"skipped"`
}

type skippedJSON struct {
	From  string    `json:"from"`
	To    string    `json:"to"`
	Cause string    `json:"cause"`
	At    door.Time `json:"at"`
}

// outage is nil when there is nothing to tell.
func (s scribe) outage(v *store.View) *outageJSON {
	if v.Outage.Lost == 0 && len(v.Outage.Skipped) == 0 {
		return nil
	}
	out := &outageJSON{At: s.stamp(v.Outage.At), Lost: v.Outage.Lost, Skipped: []skippedJSON{}}
	for _, e := range v.Outage.Skipped {
		out.Skipped = append(out.Skipped, skippedJSON{
			From: s.hall.Rules().Number(e.Series, e.From), To: s.hall.Rules().Number(e.Series, e.To), Cause: e.Cause, At: s.cut(e, v),
		})
	}
	return out
}

func (s scribe) cut(e queue.NumbersSkipped, v *store.View) door.Time {
	if e.CutMs == 0 {
		return s.stamp(v.Outage.At)
	}
	return s.stamp(time.UnixMilli(e.CutMs))
}
