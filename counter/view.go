package counter

import (
	"cmp"
	"slices"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// shown is how many waiting tickets the page lists; the count is always whole.
const shown = 40

// counterState is what the page of one counter shows.
type counterState struct {
	Day         queue.Day     `json:"day"`
	Centre      centre.Text   `json:"centre"`
	Languages   []string      `json:"languages"`
	Zone        string        `json:"time_zone"`
	Counter     counterJSON   `json:"counter"`
	Next        *queuedJSON   `json:"next"` // whom "next" would call now
	Queue       []queuedJSON  `json:"queue"`
	Waiting     int           `json:"waiting"`
	Parked      []ticketJSON  `json:"parked"`
	Absent      []ticketJSON  `json:"absent"` // no-shows of its services, newest first
	Services    []serviceJSON `json:"services"`
	Counters    []neighbour   `json:"counters"`
	Classes     []classJSON   `json:"classes"`
	NoShowLimit int           `json:"no_show_limit,omitempty"`
	Restarted   door.Time     `json:"restarted,omitzero"` // when the daemon started, if the counter's ticket is older
	Unsure      bool          `json:"clock_untrusted,omitempty"`
	DiskLow     bool          `json:"disk_low,omitempty"`
	Devices     []deviceJSON  `json:"devices"`             // of this counter, only those with something wrong
	Emergency   centre.Text   `json:"emergency,omitempty"` // on every screen
}

type queuedJSON struct {
	ID       queue.TicketID  `json:"id"`
	Number   string          `json:"number"`
	Service  queue.ServiceID `json:"service"`
	Class    queue.ClassID   `json:"class,omitempty"`
	Since    door.Time       `json:"since"` // began to wait in this leg
	Leg      int             `json:"leg"`
	Tier     int             `json:"tier,omitempty"` // 0: own service; 1: helped out with
	Mine     bool            `json:"mine,omitempty"` // transferred to this very counter or clerk
	Returned bool            `json:"returned,omitempty"`
}

type serviceJSON struct {
	ID      string      `json:"id"`
	Name    centre.Text `json:"name"`
	Field   centre.Text `json:"field,omitempty"`
	Own     bool        `json:"own,omitempty"`
	Waiting int         `json:"waiting"`
	Open    int         `json:"open"`  // counters open for it
	Takes   bool        `json:"takes"` // tickets may be transferred to it
}

type neighbour struct {
	ID     queue.CounterID    `json:"id"`
	Number string             `json:"number"`
	Name   centre.Text        `json:"name,omitempty"`
	State  queue.CounterState `json:"state"`
}

type classJSON struct {
	ID   string      `json:"id"`
	Name centre.Text `json:"name"`
}

// counterState is the feed's snapshot of view counter/{id}.
func (r *Room) counterState(v *store.View, id string) (any, bool) {
	h := v.Hall
	c, ok := h.Counter(queue.CounterID(id))
	if !ok {
		return nil, false
	}
	s := newScribe(h)
	tiers := s.tiers(c.ID)
	out := counterState{
		Day: h.Day(), Centre: s.doc.Centre.Name, Languages: s.languages(), Zone: s.doc.Location().String(), Counter: s.counter(c),
		Parked: []ticketJSON{}, Absent: s.absent(tiers), Services: s.services(tiers), Counters: []neighbour{},
		Classes: []classJSON{}, NoShowLimit: h.Rules().Times.NoShowLimit,
		Unsure: v.ClockUntrusted, DiskLow: v.DiskLow, Devices: s.troubles(v, id), Emergency: centre.Emergency(v),
	}
	out.Queue, out.Next = s.queue(c, tiers, v)
	out.Waiting = len(out.Queue)
	out.Queue = out.Queue[:min(len(out.Queue), shown)]
	for _, p := range c.Parked {
		if t, ok := h.Ticket(p); ok {
			out.Parked = append(out.Parked, s.ticket(t))
		}
	}
	for _, n := range h.Counters() {
		j := s.counter(n)
		out.Counters = append(out.Counters, neighbour{ID: j.ID, Number: j.Number, Name: j.Name, State: j.State})
	}
	for _, p := range s.doc.Priority {
		out.Classes = append(out.Classes, classJSON{ID: p.ID, Name: p.Name})
	}
	if t, ok := h.Ticket(c.Ticket); ok && c.Ticket != 0 && !t.CalledAt.After(r.started) && !t.StartedAt.After(r.started) {
		out.Restarted = s.stamp(r.started)
	}
	return out, true
}

// counterEvent lets every fact of the queue through to the clerk's page, since
// any of them may change who is next; of its fields only the number and places.
func counterEvent(e store.Entry, v *store.View, _ string) (any, bool) {
	switch {
	case e.Type == noteHelp:
		return helpAsked(e.Note)
	case e.Event == nil:
		return nil, e.Type == noteConditions || e.Type == centre.NoteEmergency
	}
	return named(e.Event, v.Hall), true
}

// subject is what an event message of the staff's views names.
type subject struct {
	Ticket  queue.TicketID  `json:"ticket,omitempty"`
	Number  string          `json:"number,omitempty"`
	Counter queue.CounterID `json:"counter,omitempty"`
	Call    int             `json:"call,omitempty"`
}

func named(e queue.Event, h *queue.Hall) subject {
	var s subject
	switch e := e.(type) {
	case queue.Issued:
		return subject{Ticket: e.Ticket, Number: e.Number}
	case queue.TicketCalled:
		s = subject{Ticket: e.Ticket, Counter: e.Counter, Call: 1}
	case queue.Recalled:
		s = subject{Ticket: e.Ticket, Counter: e.Counter, Call: e.Call}
	case queue.ResultCalled:
		s = subject{Ticket: e.Ticket, Counter: e.Counter}
	case queue.Transferred:
		s = subject{Ticket: e.Ticket, Counter: e.Counter}
	case queue.TicketFinished:
		s = subject{Ticket: e.Ticket, Counter: e.Counter}
	case queue.NoShowMarked:
		s = subject{Ticket: e.Ticket, Counter: e.Counter}
	case queue.Undone:
		s = subject{Ticket: e.Ticket, Counter: e.Counter}
	}
	if t, ok := h.Ticket(s.Ticket); ok && s.Ticket != 0 {
		s.Number = t.Number
	}
	return s
}

// tiers maps each service of a counter to its tier, 0 its own.
func (s scribe) tiers(id queue.CounterID) map[queue.ServiceID]int {
	out := map[queue.ServiceID]int{}
	for _, rule := range s.hall.Rules().Counters {
		if rule.ID != id {
			continue
		}
		for n, tier := range rule.Tiers {
			for _, sv := range tier {
				if _, ok := out[sv]; !ok {
					out[sv] = n
				}
			}
		}
	}
	return out
}

// queue lists who waits for a counter: first whom "next" would call, then the
// others by tier and by due time, each service in the order in which its people
// stand. Only the first place is a promise; the others may still change places.
func (s scribe) queue(c *queue.Counter, tiers map[queue.ServiceID]int, v *store.View) ([]queuedJSON, *queuedJSON) {
	type standing struct {
		*queue.Ticket
		due   time.Time // never before that of those ahead at its service
		place int
	}
	var waiting []standing
	for _, rule := range s.hall.Rules().Services {
		_, ours := tiers[rule.ID]
		var due time.Time
		for place, t := range s.hall.Waiting(rule.ID) {
			if t.Due.After(due) {
				due = t.Due
			}
			if handed(t) && forUs(t, c) || !handed(t) && ours {
				waiting = append(waiting, standing{t, due, place})
			}
		}
	}
	first, ok := s.hall.NextFor(c.ID, v.At)
	slices.SortFunc(waiting, func(a, b standing) int {
		if ok && a.ID != b.ID && (a.ID == first.ID || b.ID == first.ID) {
			if a.ID == first.ID {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(tiers[a.Service], tiers[b.Service]), a.due.Compare(b.due), cmp.Compare(a.place, b.place))
	})
	out := make([]queuedJSON, 0, len(waiting))
	for _, t := range waiting {
		out = append(out, queuedJSON{
			ID: t.ID, Number: t.Number, Service: t.Service, Class: t.Class, Since: s.stamp(t.LegAt), Leg: t.Leg,
			Tier: tiers[t.Service], Mine: handed(t.Ticket), Returned: t.NoShows > 0,
		})
	}
	if !ok || len(out) == 0 || out[0].ID != first.ID {
		return out, nil
	}
	return out, &out[0]
}

// handed says that a ticket was transferred to one counter or clerk only.
func handed(t *queue.Ticket) bool { return t.ForCounter != "" || t.ForClerk != "" }

func forUs(t *queue.Ticket, c *queue.Counter) bool {
	return t.ForCounter == c.ID || t.ForCounter == "" && t.ForClerk == c.Clerk
}

// absent lists the no-shows of the counter's services, the newest first.
func (s scribe) absent(tiers map[queue.ServiceID]int) []ticketJSON {
	out := []ticketJSON{}
	tickets := s.hall.Tickets()
	var gone []*queue.Ticket
	for _, t := range tickets {
		if _, ok := tiers[t.Service]; ok && t.State == queue.NoShow {
			gone = append(gone, t)
		}
	}
	slices.SortFunc(gone, func(a, b *queue.Ticket) int { return b.EndedAt.Compare(a.EndedAt) })
	for _, t := range gone[:min(len(gone), shown)] {
		out = append(out, s.ticket(t))
	}
	return out
}

// services lists every service, those of the counter marked.
func (s scribe) services(tiers map[queue.ServiceID]int) []serviceJSON {
	open := map[queue.ServiceID]int{}
	takes := map[queue.ServiceID]bool{}
	for _, rule := range s.hall.Rules().Services {
		takes[rule.ID] = len(rule.At) == 0 || slices.Contains(rule.At, queue.AtTransfer)
	}
	for _, rule := range s.hall.Rules().Counters {
		if c, ok := s.hall.Counter(rule.ID); ok && c.State == queue.Open {
			for sv := range s.tiers(rule.ID) {
				open[sv]++
			}
		}
	}
	out := []serviceJSON{}
	for _, d := range s.doc.Services {
		id := queue.ServiceID(d.ID)
		tier, mine := tiers[id]
		out = append(out, serviceJSON{
			ID: d.ID, Name: d.Name, Field: d.Field, Own: mine && tier == 0,
			Waiting: len(s.hall.Waiting(id)), Open: open[id], Takes: takes[id],
		})
	}
	return out
}

func (s scribe) languages() []string {
	if l := s.doc.Centre.Languages; len(l) > 0 {
		return l
	}
	return []string{"vi", "en"}
}
