package display

import (
	"cmp"
	"slices"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

const (
	missedFor = 30 * time.Minute // a missed number stays on the board
	listed    = 6                // numbers in each quiet row
)

// board is what a wall page shows. Public fields only.
type board struct {
	Day       bool          `json:"day"` // a day is open
	Centre    centre.Text   `json:"centre"`
	Authority centre.Text   `json:"authority,omitempty"`
	Languages []string      `json:"languages"`
	TimeZone  string        `json:"time_zone"`
	Diagonal  float64       `json:"diagonal_in"`
	Rows      int           `json:"rows"`
	RowMM     float64       `json:"row_mm"`  // height of capitals in a row on this panel
	NeedMM    float64       `json:"need_mm"` // what the farthest seat needs
	Zones     []zone        `json:"zones"`
	Calls     []call        `json:"calls"` // newest first, one more than there are rows
	Waiting   int           `json:"waiting"`
	Services  []serviceWait `json:"services"`
	Soon      []string      `json:"soon"`
	Missed    []missed      `json:"missed"`
	Results   []string      `json:"results"` // parked until the result is there
	Hours     []window      `json:"hours"`   // the next working stretches
	Unsure    bool          `json:"clock_untrusted,omitempty"`
	Notices   []notice      `json:"notices"`             // shown while nobody is called
	Emergency centre.Text   `json:"emergency,omitempty"` // shown instead of everything else
}

type zone struct {
	ID        string      `json:"id"`
	Name      centre.Text `json:"name"`
	Floor     centre.Text `json:"floor,omitempty"`
	Direction string      `json:"direction,omitempty"`
	Counters  []string    `json:"counters"` // numbers, in the order of the document
}

// call is one line of the board.
type call struct {
	Number    string      `json:"number"`
	Counter   string      `json:"counter"` // number on the sign
	Name      centre.Text `json:"name,omitempty"`
	Zone      string      `json:"zone,omitempty"`
	Direction string      `json:"direction,omitempty"`
	Call      int         `json:"call"` // 2: "Gọi lần 2"
	At        door.Time   `json:"at"`
	Result    bool        `json:"result,omitempty"` // called to collect a result
	Active    bool        `json:"active"`           // called and not yet being served
}

type missed struct {
	Number string    `json:"number"`
	Until  door.Time `json:"until"`
}

type serviceWait struct {
	Name    centre.Text `json:"name"`
	Prefix  string      `json:"prefix,omitempty"`
	Waiting int         `json:"waiting"`
}

// painter draws the board of some zones from one published hall.
type painter struct {
	hall  *queue.Hall
	doc   *centre.Document
	at    time.Time
	zones map[string]centre.Zone // of this board; a counter without a zone belongs to every board
}

// boardState is the feed's snapshot of view board/{id}.
func (r *Room) boardState(v *store.View, id string) (any, bool) {
	doc := centre.InForce(v.Hall)
	b, ok := doc.Board(id)
	if !ok {
		return nil, false
	}
	p := painter{hall: v.Hall, doc: doc, at: v.At, zones: map[string]centre.Zone{}}
	for _, z := range doc.Zones {
		if len(b.Zones) == 0 || slices.Contains(b.Zones, z.ID) {
			p.zones[z.ID] = z
		}
	}
	read := doc.Reading(b)
	out := board{
		Day: v.Hall.Day() != "", Centre: doc.Centre.Name, Authority: doc.Centre.Authority, Languages: doc.Centre.Languages, TimeZone: doc.Location().String(),
		Diagonal: b.DiagonalIn, Rows: read.Rows, RowMM: read.RowMM, NeedMM: read.NeedMM,
		Zones: p.zoneList(), Calls: p.calls(read.Rows + 1), Soon: p.soon(), Missed: p.missed(), Results: p.results(),
		Hours: hours(doc, v.At.In(doc.Location()), v.Hall.Shut(v.At)), Unsure: v.ClockUntrusted, Emergency: centre.Emergency(v),
		Notices: r.notices.good(),
	}
	if len(out.Languages) == 0 {
		out.Languages = []string{"vi", "en"}
	}
	out.Services = p.services()
	for _, s := range out.Services {
		out.Waiting += s.Waiting
	}
	return out, true
}

// counter finds a counter of this board's zones.
func (p painter) counter(id queue.CounterID) (centre.Counter, bool) {
	c, ok := p.doc.Counter(id)
	if !ok {
		return c, false
	}
	if c.Zone == "" || len(p.doc.Zones) == 0 {
		return c, true
	}
	_, here := p.zones[c.Zone]
	return c, here
}

func (p painter) zoneList() []zone {
	out := []zone{}
	for _, z := range p.doc.Zones {
		if _, ok := p.zones[z.ID]; !ok {
			continue
		}
		j := zone{ID: z.ID, Name: z.Name, Floor: z.Floor, Direction: z.Direction, Counters: []string{}}
		for _, c := range p.doc.Counters {
			if c.Zone == z.ID {
				j.Counters = append(j.Counters, c.Number)
			}
		}
		out = append(out, j)
	}
	return out
}

// calls are the last n calls of the board's zones, newest first.
func (p painter) calls(n int) []call {
	var called []*queue.Ticket
	for _, t := range p.hall.Tickets() {
		switch t.State {
		case queue.Called, queue.Serving, queue.Finished:
		default:
			continue
		}
		if t.Number == "" || t.CalledAt.IsZero() {
			continue
		}
		if _, here := p.counter(t.Counter); here {
			called = append(called, t)
		}
	}
	slices.SortFunc(called, func(a, b *queue.Ticket) int {
		return cmp.Or(b.CalledAt.Compare(a.CalledAt), cmp.Compare(b.ID, a.ID))
	})
	out := []call{}
	for _, t := range called[:min(n, len(called))] {
		c, _ := p.counter(t.Counter)
		out = append(out, call{
			Number: t.Number, Counter: c.Number, Name: c.Name, Zone: c.Zone, Direction: p.zones[c.Zone].Direction,
			Call: nth(t, t.Calls), At: p.stamp(t.CalledAt), Result: t.Park == queue.ParkResult, Active: t.State == queue.Called,
		})
	}
	return out
}

// nth is how often a ticket has been called. The calls of its leg count on when it
// is called for its result, which is another call: of those no number is told.
func nth(t *queue.Ticket, calls int) int {
	if t.Park == queue.ParkResult {
		return 1
	}
	return calls
}

// here lists the services that counters of this board's zones serve, in the
// order of the document.
func (p painter) here() []centre.Service {
	var out []centre.Service
	for _, s := range p.doc.Services {
		if slices.ContainsFunc(p.doc.Counters, func(c centre.Counter) bool {
			_, here := p.counter(queue.CounterID(c.ID))
			return here && slices.Contains(c.Services, s.ID)
		}) {
			out = append(out, s)
		}
	}
	return out
}

func (p painter) services() []serviceWait {
	prefix := map[queue.ServiceID]string{}
	for _, r := range p.hall.Rules().Services {
		prefix[r.ID] = r.Series
	}
	out := []serviceWait{}
	for _, s := range p.here() {
		id := queue.ServiceID(s.ID)
		out = append(out, serviceWait{Name: s.Name, Prefix: prefix[id], Waiting: len(p.hall.Waiting(id))})
	}
	return out
}

// soon are the numbers that are called next: first those that the open counters
// would call now, then those who stand behind them at their own services.
func (p painter) soon() []string {
	var open []queue.CounterID
	out := []string{}
	add := func(t *queue.Ticket) {
		if !slices.Contains(out, t.Number) && t.ForCounter == "" && t.ForClerk == "" {
			out = append(out, t.Number)
		}
	}
	for _, c := range p.hall.Counters() {
		if _, here := p.counter(c.ID); here && c.State == queue.Open {
			open = append(open, c.ID)
			if t, ok := p.hall.NextFor(c.ID, p.at); ok {
				add(t)
			}
		}
	}
	for place := range 2 {
		for _, id := range open {
			c, _ := p.doc.Counter(id)
			for _, s := range c.Services {
				if w := p.hall.Waiting(queue.ServiceID(s)); place < len(w) {
					add(w[place])
				}
			}
		}
	}
	return out[:min(listed, len(out))]
}

// missed are the no-shows of the last half hour, the newest first. A ticket
// that has missed its turn the third time is no longer asked for.
func (p painter) missed() []missed {
	var gone []*queue.Ticket
	for _, t := range p.hall.Tickets() {
		if t.State == queue.NoShow && t.NoShows < 3 && p.at.Sub(t.EndedAt) < missedFor {
			if _, here := p.counter(t.Counter); here {
				gone = append(gone, t)
			}
		}
	}
	slices.SortFunc(gone, func(a, b *queue.Ticket) int { return b.EndedAt.Compare(a.EndedAt) })
	out := []missed{}
	for _, t := range gone[:min(listed, len(gone))] {
		out = append(out, missed{Number: t.Number, Until: p.stamp(t.EndedAt.Add(missedFor))})
	}
	return out
}

// results are the numbers that wait in the hall for their result.
func (p painter) results() []string {
	out := []string{}
	for _, c := range p.hall.Counters() {
		if _, here := p.counter(c.ID); !here {
			continue
		}
		for _, id := range c.Parked {
			if t, ok := p.hall.Ticket(id); ok && t.Park == queue.ParkResult && t.Number != "" {
				out = append(out, t.Number)
			}
		}
	}
	return out[:min(2*listed, len(out))]
}

// stamp is an instant in the centre's zone.
func (p painter) stamp(t time.Time) door.Time { return door.Time{Time: t.In(p.doc.Location())} }
