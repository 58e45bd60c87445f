package counter

import (
	"net/http"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
)

// morningJSON is the check of the devices before the doors open, as far as it
// has been answered.
type morningJSON struct {
	AskedAt door.Time    `json:"asked_at,omitzero"` // zero: not today
	Items   []checkedOne `json:"items"`
}

// checkedOne is one device. What is to be seen of it follows from its sign.
type checkedOne struct {
	ID         device.ID         `json:"id"`
	Kind       string            `json:"kind"`
	Counter    string            `json:"counter,omitempty"`
	Sign       string            `json:"sign"` // eights, beep, slip, none
	Answer     string            `json:"answer,omitempty"`
	Conditions device.Conditions `json:"conditions"`
}

// The signs of life that people are asked for.
const (
	signEights = "eights"
	signBeep   = "beep"
	signSlip   = "slip"
	signNone   = "none" // it can show nothing by itself: press it
)

const (
	answerGood = "good"
	answerBad  = "bad"
)

type answeredBody struct {
	Device device.ID `json:"device"`
	Good   bool      `json:"good"`
}

func (r *Room) morningRoutes() []door.Route {
	return []door.Route{
		{Method: "GET", Pattern: "/api/v1/morning", Kind: door.KindSupervisor, Who: door.Staff, Answer: morningJSON{}, Handle: r.getMorning,
			About: "The check of the devices before the doors open"},
		{Method: "POST", Pattern: "/api/v1/morning", Kind: door.KindSupervisor, Who: door.Staff, Request: emptyBody{}, Answer: morningJSON{}, Handle: r.postMorning,
			About: "Let each sign show eights and each keypad beep, for ten seconds. Printers make their slips by /api/v1/printers/{id}/slips."},
		{Method: "POST", Pattern: "/api/v1/morning/answers", Kind: door.KindSupervisor, Who: door.Staff, Request: answeredBody{}, Answer: morningJSON{}, Handle: r.postAnswered,
			About: "Say whether a device did"},
	}
}

func (r *Room) getMorning(w http.ResponseWriter, _ *http.Request) error {
	return door.Write(w, http.StatusOK, r.morning(r.book.View()))
}

func (r *Room) postMorning(w http.ResponseWriter, req *http.Request) error {
	if _, err := door.Read[emptyBody](req); err != nil {
		return err
	}
	return r.noteMorning(w, req, func(centre.Morning, bool) (centre.Morning, error) {
		return centre.Morning{Asked: r.book.Now()}, nil
	})
}

func (r *Room) postAnswered(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[answeredBody](req)
	if err != nil {
		return err
	}
	return r.noteMorning(w, req, func(m centre.Morning, today bool) (centre.Morning, error) {
		for _, one := range r.morning(r.book.View()).Items {
			if one.ID == body.Device && today {
				return m.With(string(body.Device), body.Good), nil
			}
		}
		return m, &door.Problem{Code: "not_found"}
	})
}

// noteMorning makes a note of what the last check becomes. Two who answer at once
// lose neither answer.
func (r *Room) noteMorning(w http.ResponseWriter, req *http.Request, change func(m centre.Morning, today bool) (centre.Morning, error)) error {
	r.checking.Lock()
	defer r.checking.Unlock()
	m, err := change(r.today(r.book.View()))
	if err != nil {
		return err
	}
	note, err := m.Encode()
	if err != nil {
		return err
	}
	if _, err := r.book.Note(req.Context(), centre.NoteMorning, 1, note); err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, r.morning(r.book.View()))
}

// today is the check of this business day.
func (r *Room) today(v *store.View) (m centre.Morning, ok bool) {
	m, ok = centre.MorningOf(v)
	zone := centre.InForce(v.Hall).Location()
	return m, ok && v.Hall.DayOf(m.Asked.In(zone)) == v.Hall.DayOf(r.book.Now().In(zone))
}

func (r *Room) morning(v *store.View) morningJSON {
	s := newScribe(v.Hall)
	m, asked := r.today(v)
	out := morningJSON{Items: []checkedOne{}}
	if asked {
		out.AskedAt = s.stamp(m.Asked)
	}
	for _, d := range s.devices(v) {
		one := checkedOne{ID: d.ID, Kind: d.Kind, Counter: d.Counter, Sign: s.signOf(d.ID), Conditions: d.Conditions}
		if one.Sign == "" {
			continue
		}
		if good, answered := m.Answers[string(d.ID)]; asked && answered {
			if one.Answer = answerBad; good {
				one.Answer = answerGood
			}
		}
		out.Items = append(out.Items, one)
	}
	return out
}

// signOf is how a device of the document shows itself; "" for one that is not
// asked.
func (s scribe) signOf(id device.ID) string {
	for _, p := range s.doc.Printers {
		if id == device.ID("printer/"+p.ID) {
			return signSlip
		}
	}
	for _, l := range s.doc.LEDs {
		if id == device.ID("led/"+l.ID) {
			return signEights
		}
	}
	for _, k := range s.doc.Keypads {
		if id != device.ID("keypad/"+k.ID) {
			continue
		}
		t, _ := s.doc.Template(k.Template)
		if k.Protocol == centre.FF68 || k.Protocol == centre.Templated && t.Beep != "" {
			return signBeep
		}
		return signNone
	}
	return ""
}
