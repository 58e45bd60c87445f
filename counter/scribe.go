package counter

import (
	"time"

	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// ticketJSON is a ticket as staff may see it.
type ticketJSON struct {
	ID        queue.TicketID        `json:"id"`
	Number    string                `json:"number"`
	Service   queue.ServiceID       `json:"service"`
	State     queue.State           `json:"state"`
	Class     queue.ClassID         `json:"class,omitempty"`
	Lang      string                `json:"lang,omitempty"`
	IssuedAt  door.Time             `json:"issued_at"`
	WaitedS   int                   `json:"waited_s"` // in this leg until the last call
	Leg       int                   `json:"leg"`
	Counter   queue.CounterID       `json:"counter,omitempty"`
	CalledAt  door.Time             `json:"called_at,omitzero"`
	Calls     int                   `json:"calls,omitempty"`
	StartedAt door.Time             `json:"started_at,omitzero"`
	EndedAt   door.Time             `json:"ended_at,omitzero"`
	Park      queue.ParkReason      `json:"park,omitempty"`
	ParkedAt  door.Time             `json:"parked_at,omitzero"`
	NoShows   int                   `json:"no_shows,omitempty"`
	Note      string                `json:"note,omitempty"`
	Dossier   string                `json:"dossier,omitempty"`
	Outcomes  map[queue.Outcome]int `json:"outcomes,omitempty"`
	Implied   bool                  `json:"implied,omitempty"`
}

// counterJSON is a counter as staff may see it.
type counterJSON struct {
	ID        queue.CounterID    `json:"id"`
	Number    string             `json:"number"`
	Name      centre.Text        `json:"name,omitempty"`
	Zone      string             `json:"zone,omitempty"`
	State     queue.CounterState `json:"state"`
	Reason    string             `json:"reason,omitempty"`
	Until     door.Time          `json:"until,omitzero"`
	Since     door.Time          `json:"since,omitzero"`
	Armed     bool               `json:"armed"`
	Clerk     queue.ClerkID      `json:"clerk,omitempty"`
	Profile   string             `json:"profile,omitempty"`
	UndoUntil door.Time          `json:"undo_until,omitzero"`
	Ticket    *ticketJSON        `json:"ticket"`
}

// scribe writes down one published hall.
type scribe struct {
	hall *queue.Hall
	doc  *centre.Document
}

func newScribe(h *queue.Hall) scribe { return scribe{hall: h, doc: centre.InForce(h)} }

// stamp is an instant in the centre's zone.
func (s scribe) stamp(t time.Time) door.Time {
	if t.IsZero() {
		return door.Time{}
	}
	return door.Time{Time: t.In(s.doc.Location())}
}

func (s scribe) ticket(t *queue.Ticket) ticketJSON {
	out := ticketJSON{
		ID: t.ID, Number: t.Number, Service: t.Service, State: t.State, Class: t.Class, Lang: t.Lang,
		IssuedAt: s.stamp(t.IssuedAt), Leg: t.Leg, Counter: t.Counter,
		CalledAt: s.stamp(t.CalledAt), Calls: t.Calls, StartedAt: s.stamp(t.StartedAt), EndedAt: s.stamp(t.EndedAt),
		NoShows: t.NoShows, Note: t.Note, Dossier: t.Dossier, Outcomes: t.Outcomes, Implied: t.Implied,
	}
	if !t.CalledAt.IsZero() {
		out.WaitedS = waited(t)
	}
	if t.State == queue.Parked || t.Park != "" {
		out.Park, out.ParkedAt = t.Park, s.stamp(t.ParkedAt)
	}
	return out
}

// waited is how many seconds of this leg the person waited until the last call,
// time spent parked not counted.
func waited(t *queue.Ticket) int {
	return max(0, int(t.CalledAt.Sub(t.LegAt)/time.Second)-t.ParkedS)
}

func (s scribe) counter(c *queue.Counter) counterJSON {
	out := counterJSON{
		ID: c.ID, State: c.State, Reason: c.Reason, Until: s.stamp(c.Until), Since: s.stamp(c.Since),
		Armed: c.Armed, Clerk: c.Clerk, Profile: c.Profile, UndoUntil: s.stamp(c.UndoUntil),
	}
	if d, ok := s.doc.Counter(c.ID); ok {
		out.Number, out.Name, out.Zone = d.Number, d.Name, d.Zone
	}
	if t, ok := s.hall.Ticket(c.Ticket); ok && c.Ticket != 0 {
		j := s.ticket(t)
		out.Ticket = &j
	}
	return out
}
