package counter

import (
	"net/http"
	"slices"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// noteConditions is the book's note of a change at a device.
const noteConditions = "device.conditions"

// supervisorState is the hall at a glance.
type supervisorState struct {
	Day       queue.Day     `json:"day"`
	Centre    centre.Text   `json:"centre"`
	Languages []string      `json:"languages"`
	Zone      string        `json:"time_zone"`
	Now       figures       `json:"now"`
	Counters  []deskJSON    `json:"counters"`
	Services  []serviceJSON `json:"services"`
	Devices   []deviceJSON  `json:"devices"`
	Zones     []zoneJSON    `json:"zones"` // those with a loudspeaker
	Unsure    bool          `json:"clock_untrusted,omitempty"`
	DiskLow   bool          `json:"disk_low,omitempty"`
	Outage    *outageJSON   `json:"outage,omitempty"` // of today
	Boards    []boardJSON   `json:"boards"`
	Emergency centre.Text   `json:"emergency,omitempty"` // on every screen
	Morning   morningJSON   `json:"morning"`
}

// figures are the numbers in the top row.
type figures struct {
	Waiting      int       `json:"waiting"`
	Oldest       door.Time `json:"oldest,omitzero"`         // since when the longest waits
	OldestNumber string    `json:"oldest_number,omitempty"` //
	P90WaitS     int       `json:"p90_wait_s"`              // of today's called tickets
	Called       int       `json:"called"`                  // how many those are
	Open         int       `json:"open"`
	Counters     int       `json:"counters"`
	Rated        int       `json:"rated"`
	Pleased      int       `json:"pleased"` // of those, 4 or 5 of 5
	Issued       int       `json:"issued"`
	Finished     int       `json:"finished"`
	NoShow       int       `json:"no_show"`
}

// deskJSON is one row of the table of counters.
type deskJSON struct {
	counterJSON
	Waiting int `json:"waiting"` // people waiting for its own services
}

// boardJSON is a wall board and how it can be read.
type boardJSON struct {
	ID       string  `json:"id"`
	Rows     int     `json:"rows"`
	RowMM    float64 `json:"row_mm"`
	NeedMM   float64 `json:"need_mm"`
	Farthest float64 `json:"farthest_m"`
	Small    bool    `json:"small,omitempty"`  // cannot be read from the farthest seat
	Fewer    int     `json:"fewer,omitempty"`  // rows with which it could
	Inches   int     `json:"inches,omitempty"` // diagonal with which it could
}

type zoneJSON struct {
	ID   string      `json:"id"`
	Name centre.Text `json:"name"`
}

type deviceJSON struct {
	ID         device.ID         `json:"id"`
	Kind       string            `json:"kind"`
	Counter    string            `json:"counter,omitempty"`
	Conditions device.Conditions `json:"conditions"`
	Known      bool              `json:"known"` // it has reported since the start
	Detail     string            `json:"detail,omitempty"`
	Since      door.Time         `json:"since,omitzero"`
}

// supervisorState is the feed's snapshot of view supervisor.
func (r *Room) supervisorState(v *store.View, _ string) (any, bool) {
	s := newScribe(v.Hall)
	out := supervisorState{
		Day: v.Hall.Day(), Centre: s.doc.Centre.Name, Languages: s.languages(), Zone: s.doc.Location().String(), Now: s.figures(),
		Counters: []deskJSON{}, Services: s.services(nil), Devices: s.devices(v),
		Zones: s.zones(), Unsure: v.ClockUntrusted, DiskLow: v.DiskLow, Outage: s.outage(v), Boards: s.boards(), Emergency: centre.Emergency(v),
		Morning: r.morning(v),
	}
	for _, c := range v.Hall.Counters() {
		desk := deskJSON{counterJSON: s.counter(c)}
		for sv, tier := range s.tiers(c.ID) {
			if tier == 0 {
				desk.Waiting += len(v.Hall.Waiting(sv))
			}
		}
		out.Counters = append(out.Counters, desk)
	}
	return out, true
}

func supervisorEvent(e store.Entry, v *store.View, id string) (any, bool) {
	if e.Type == centre.NoteMorning {
		return nil, true
	}
	return counterEvent(e, v, id)
}

// zones are the parts of the hall that are spoken to.
func (s scribe) zones() []zoneJSON {
	out := []zoneJSON{}
	for _, z := range s.doc.Zones {
		if z.Sound != "none" {
			out = append(out, zoneJSON{ID: z.ID, Name: z.Name})
		}
	}
	return out
}

func (s scribe) boards() []boardJSON {
	out := []boardJSON{}
	for _, b := range s.doc.Boards {
		r := s.doc.Reading(b)
		out = append(out, boardJSON{ID: b.ID, Rows: r.Rows, RowMM: r.RowMM, NeedMM: r.NeedMM, Farthest: b.Farthest,
			Small: !r.Enough(), Fewer: r.Fewer, Inches: r.Inches})
	}
	return out
}

// figures reads the day's tickets once.
func (s scribe) figures() figures {
	var f figures
	var waits []int
	var oldest *queue.Ticket
	for _, t := range s.hall.Tickets() {
		if t.Number == "" { // served without a ticket
			continue
		}
		f.Issued++
		if t.State == queue.Waiting {
			f.Waiting++
			if oldest == nil || t.LegAt.Before(oldest.LegAt) {
				oldest = t
			}
		}
		if !t.CalledAt.IsZero() {
			waits = append(waits, waited(t))
		}
		switch t.State {
		case queue.Finished:
			f.Finished++
		case queue.NoShow:
			f.NoShow++
		}
		if t.Rating > 0 {
			f.Rated++
			if t.Rating >= 4 {
				f.Pleased++
			}
		}
	}
	if oldest != nil {
		f.Oldest, f.OldestNumber = s.stamp(oldest.LegAt), oldest.Number
	}
	if f.Called = len(waits); f.Called > 0 {
		slices.Sort(waits)
		f.P90WaitS = waits[(len(waits)*9+9)/10-1] // nearest rank
	}
	for _, c := range s.hall.Counters() {
		f.Counters++
		if c.State == queue.Open {
			f.Open++
		}
	}
	return f
}

// devices lists what the document names and what has reported, in that order.
func (s scribe) devices(v *store.View) []deviceJSON {
	out := []deviceJSON{}
	at := map[device.ID]int{}
	add := func(kind, id, counter string) {
		d := deviceJSON{ID: device.ID(kind + "/" + id), Kind: kind, Counter: counter, Conditions: device.Conditions{}}
		at[d.ID] = len(out)
		out = append(out, d)
	}
	for _, p := range s.doc.Printers {
		add("printer", p.ID, "")
	}
	for _, k := range s.doc.Keypads {
		add("keypad", k.ID, k.Counter)
	}
	for _, l := range s.doc.LEDs {
		add("led", l.ID, l.Counter)
	}
	for _, k := range s.doc.Kiosks {
		if k.Reader != "" {
			add("reader", k.ID, "")
		}
	}
	for _, st := range v.Devices {
		i, ok := at[st.ID]
		if !ok {
			i = len(out)
			out = append(out, deviceJSON{ID: st.ID, Kind: st.ID.Kind()})
		}
		out[i].Known, out[i].Detail, out[i].Since = true, st.Detail, s.stamp(st.Since)
		if out[i].Conditions = st.Conditions; out[i].Conditions == nil {
			out[i].Conditions = device.Conditions{}
		}
	}
	return out
}

// troubles are the devices of one counter that have something wrong, and the
// loudspeakers of its zone: without them a clerk has to call people herself.
func (s scribe) troubles(v *store.View, counter string) []deviceJSON {
	out := []deviceJSON{}
	c, _ := s.doc.Counter(queue.CounterID(counter))
	for _, d := range s.devices(v) {
		ours := d.Counter == counter || d.ID == device.ID("zone/"+c.Zone)
		if ours && len(d.Conditions) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func (r *Room) listDevices(w http.ResponseWriter, _ *http.Request) error {
	v := r.book.View()
	return door.Write(w, http.StatusOK, door.Items(newScribe(v.Hall).devices(v)))
}
