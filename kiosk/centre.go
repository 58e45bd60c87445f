package kiosk

import (
	"net/http"

	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// Centre is the house as anyone may see it.
type Centre struct {
	At        door.Time   `json:"at"`
	Name      centre.Text `json:"name"`
	Authority centre.Text `json:"authority,omitempty"`
	Languages []Language  `json:"languages"`
	TimeZone  string      `json:"time_zone"`
	Hours     []string    `json:"hours"`
	Day       queue.Day   `json:"day"` // "" while none is open
	Services  []Service   `json:"services"`
	Counters  []Counter   `json:"counters"`
}

// Counter is a counter as anyone may see it: no clerk, no ticket.
type Counter struct {
	ID     queue.CounterID    `json:"id"`
	Number string             `json:"number"`
	Name   centre.Text        `json:"name,omitempty"`
	Zone   string             `json:"zone,omitempty"`
	State  queue.CounterState `json:"state"`
	Until  door.Time          `json:"until,omitzero"` // of a pause
}

func (k *Kiosk) getCentre(w http.ResponseWriter, _ *http.Request) error {
	v := k.book.View()
	doc := centre.InForce(v.Hall)
	now := k.book.Now()
	out := Centre{
		At: door.Time{Time: now}, Name: doc.Centre.Name, Authority: doc.Centre.Authority,
		Languages: k.languages(doc), TimeZone: doc.Location().String(), Hours: doc.Calendar.Hours,
		Day: v.Hall.Day(), Services: []Service{}, Counters: []Counter{},
	}
	for _, s := range doc.Services {
		out.Services = append(out.Services, describe(v, doc, s, queue.AtKiosk, now))
	}
	for _, c := range doc.Counters {
		line := Counter{ID: queue.CounterID(c.ID), Number: c.Number, Name: c.Name, Zone: c.Zone, State: queue.Closed}
		if is, ok := v.Hall.Counter(line.ID); ok {
			line.State, line.Until = is.State, door.Time{Time: is.Until}
		}
		out.Counters = append(out.Counters, line)
	}
	return door.Write(w, http.StatusOK, out)
}

func (k *Kiosk) getKiosk(w http.ResponseWriter, r *http.Request) error {
	s, ok := k.state(k.book.View(), queue.KioskID(r.PathValue("id")))
	if !ok {
		return &door.Problem{Code: "not_found"}
	}
	return door.Write(w, http.StatusOK, s)
}

// Ticket is a ticket as staff see it.
type Ticket struct {
	ID       queue.TicketID  `json:"id"`
	Number   string          `json:"number"`
	Service  queue.ServiceID `json:"service"`
	State    queue.State     `json:"state"`
	Class    queue.ClassID   `json:"priority,omitempty"`
	Lang     string          `json:"lang,omitempty"`
	Kiosk    queue.KioskID   `json:"kiosk,omitempty"`
	IssuedAt door.Time       `json:"issued_at"`
	Ahead    int             `json:"ahead"`
	Leg      int             `json:"leg"`
	Counter  queue.CounterID `json:"counter,omitempty"`
	Clerk    queue.ClerkID   `json:"clerk,omitempty"`
	CalledAt door.Time       `json:"called_at,omitzero"`
	StartAt  door.Time       `json:"started_at,omitzero"`
	EndedAt  door.Time       `json:"ended_at,omitzero"`
	Calls    int             `json:"calls"`
	NoShows  int             `json:"no_shows"`
	Note     string          `json:"note,omitempty"`
}

func describeTicket(h *queue.Hall, t *queue.Ticket) Ticket {
	out := Ticket{
		ID: t.ID, Number: t.Number, Service: t.Service, State: t.State, Class: t.Class, Lang: t.Lang,
		Kiosk: t.Kiosk, IssuedAt: door.Time{Time: t.IssuedAt}, Leg: t.Leg, Counter: t.Counter, Clerk: t.Clerk,
		CalledAt: door.Time{Time: t.CalledAt}, StartAt: door.Time{Time: t.StartedAt}, EndedAt: door.Time{Time: t.EndedAt},
		Calls: t.Calls, NoShows: t.NoShows, Note: t.Note,
	}
	if t.State == queue.Waiting {
		out.Ahead = h.Ahead(t.ID)
	}
	return out
}

// getTickets lists the tickets of the open or last day; other days are history,
// which the reports read.
func (k *Kiosk) getTickets(w http.ResponseWriter, r *http.Request) error {
	h := k.book.View().Hall
	day := queue.Day(r.URL.Query().Get("day"))
	out := []Ticket{}
	for _, t := range h.Tickets() {
		if day != "" && t.Day != day {
			return &door.Problem{Code: "bad_query", Args: map[string]any{"field": "day"}}
		}
		out = append(out, describeTicket(h, t))
	}
	return door.Write(w, http.StatusOK, door.Items(out))
}
