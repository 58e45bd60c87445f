package kiosk

import (
	"slices"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// Paper says what comes out of a kiosk's printer.
type Paper string

// What is to be expected.
const (
	PaperComing Paper = "coming" // a printer is ready, as far as is known
	PaperOut    Paper = "out"    // no paper
	PaperFault  Paper = "fault"  // a printer does not work for another reason
	PaperNone   Paper = "none"   // the kiosk has no printer
)

// State is what a kiosk shows.
type State struct {
	Kiosk     queue.KioskID    `json:"kiosk"`
	Name      centre.Text      `json:"name"`
	Authority centre.Text      `json:"authority,omitempty"`
	Languages []Language       `json:"languages"`
	TimeZone  string           `json:"time_zone"`
	Hours     []string         `json:"hours"`
	Phones    bool             `json:"phones"` // citizens' phones can reach us: links and QR codes are given
	Paper     Paper            `json:"paper"`
	PaperWhy  device.Condition `json:"paper_why,omitempty"` // what is wrong, with PaperFault
	Reader    bool             `json:"reader"`              // a scanner is there, as far as is known
	Untrusted bool             `json:"clock_untrusted"`
	DiskLow   bool             `json:"disk_low"`
	Doubt     bool             `json:"doubt,omitempty"` // the page is asked which ticket it was given last
	Services  []Service        `json:"services"`
	Priority  []Class          `json:"priority"`
	Last      *Last            `json:"last"`                // number taken here
	Emergency centre.Text      `json:"emergency,omitempty"` // shown instead of everything else
}

// Language is one that can be chosen, by its own name.
type Language struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Service is a service as it is offered.
type Service struct {
	ID       queue.ServiceID `json:"id"`
	Name     centre.Text     `json:"name"`
	Field    centre.Text     `json:"field,omitempty"`
	Examples centre.Text     `json:"examples,omitempty"`
	Prefix   string          `json:"prefix"`
	Open     bool            `json:"open"`             // a number can be taken
	Code     string          `json:"code,omitempty"`   // why not, or no_counter
	BackAt   door.Time       `json:"back_at,omitzero"` // when it changes, if known
	Waiting  int             `json:"waiting"`          // people
	Counters []string        `json:"counters"`         // numbers of the counters that serve it
	Zone     *Zone           `json:"zone,omitempty"`   // where these are, if all in one
}

// Zone is a part of the hall.
type Zone struct {
	Name      centre.Text `json:"name"`
	Floor     centre.Text `json:"floor,omitempty"`
	Direction string      `json:"direction,omitempty"`
}

// Class is a class of priority that people may declare.
type Class struct {
	ID   queue.ClassID `json:"id"`
	Name centre.Text   `json:"name"`
}

// Last is the number taken last at a kiosk, to ask whether one more is meant.
type Last struct {
	Number  string          `json:"number"`
	Service queue.ServiceID `json:"service"`
	At      door.Time       `json:"at"`
}

// kioskSnapshot is the whole state of the view of one kiosk.
func (k *Kiosk) kioskSnapshot(v *store.View, id string) (any, bool) {
	s, ok := k.state(v, queue.KioskID(id))
	return s, ok
}

func (k *Kiosk) state(v *store.View, id queue.KioskID) (State, bool) {
	doc := centre.InForce(v.Hall)
	self, ok := doc.Kiosk(id)
	if !ok {
		return State{}, false
	}
	now := k.book.Now()
	s := State{
		Kiosk: id,
		Name:  doc.Centre.Name, Authority: doc.Centre.Authority,
		Languages: k.languages(doc), TimeZone: doc.Location().String(), Hours: doc.Calendar.Hours,
		Phones: doc.Centre.PublicURL != "", Reader: reads(self, v.Devices),
		Untrusted: v.ClockUntrusted, DiskLow: v.DiskLow, Doubt: len(v.Outage.Doubt) > 0, Emergency: centre.Emergency(v),
		Services: []Service{}, Priority: []Class{}, Last: last(v.Hall, id),
	}
	s.Paper, s.PaperWhy = paper(self, v.Devices)
	for _, service := range doc.Services {
		if offers(self, service) {
			s.Services = append(s.Services, describe(v, doc, service, queue.AtKiosk, now))
		}
	}
	for _, p := range doc.Priority {
		s.Priority = append(s.Priority, Class{queue.ClassID(p.ID), p.Name})
	}
	return s, true
}

func (k *Kiosk) languages(doc *centre.Document) []Language {
	out := []Language{}
	for _, code := range doc.Centre.Languages {
		out = append(out, Language{code, k.words(code, "_name", nil)})
	}
	return out
}

// offers reports whether a kiosk has a tile for the service.
func offers(k centre.Kiosk, s centre.Service) bool {
	at := len(s.At) == 0 || slices.Contains(s.At, string(queue.AtKiosk))
	return at && (len(k.Services) == 0 || slices.Contains(k.Services, s.ID))
}

func describe(v *store.View, doc *centre.Document, s centre.Service, at queue.Place, now time.Time) Service {
	id := queue.ServiceID(s.ID)
	offer := v.Hall.Offer(id, at, now, v.ClockUntrusted)
	out := Service{
		ID: id, Name: s.Name, Field: s.Field, Examples: s.Examples,
		Open: offer.Open, Code: offer.Code, BackAt: door.Time{Time: offer.BackAt},
		Waiting: v.Hall.CountWaiting(id), Counters: []string{},
	}
	if s.Prefix != nil {
		out.Prefix = *s.Prefix
	}
	zones := map[string]bool{}
	for _, c := range doc.Counters {
		if slices.Contains(c.Services, s.ID) {
			out.Counters = append(out.Counters, c.Number)
			zones[c.Zone] = true
		}
	}
	if len(zones) == 1 {
		for zone := range zones {
			out.Zone = describeZone(doc, zone)
		}
	}
	return out
}

// describeZone returns nil for an unknown zone, and for the only one of a
// centre: naming it would help nobody.
func describeZone(doc *centre.Document, id string) *Zone {
	z, ok := doc.Zone(id)
	if !ok || len(doc.Zones) < 2 {
		return nil
	}
	return &Zone{Name: z.Name, Floor: z.Floor, Direction: z.Direction}
}

// broken are the conditions in which no paper comes out. A mute printer is none of
// them: it prints, and cannot say so.
var broken = []device.Condition{
	device.Offline, device.NoAccess, device.Busy, device.Stalled,
	device.MediaEmpty, device.MediaJam, device.WrongSide, device.CoverOpen, device.CutterJam, device.HeadHot, device.DeviceError,
}

// reads reports whether the kiosk has a scanner that is not known to be away.
func reads(k centre.Kiosk, devices []store.DeviceStatus) bool {
	if k.Reader == "" {
		return false
	}
	is, _ := condition(devices, device.ID("reader/"+k.ID))
	return is == PaperComing
}

// paper looks at the kiosk's printers in the order of fall-back: one that works
// is enough. A printer that nothing is known of is taken to work.
func paper(k centre.Kiosk, devices []store.DeviceStatus) (out Paper, why device.Condition) {
	out = PaperNone
	for _, p := range k.Printers {
		is, wrong := condition(devices, device.ID("printer/"+p))
		if is == PaperComing {
			return PaperComing, ""
		}
		if out == PaperNone {
			out, why = is, wrong // of the first printer, which stands beside the kiosk
		}
	}
	return out, why
}

func condition(devices []store.DeviceStatus, id device.ID) (Paper, device.Condition) {
	for _, d := range devices {
		if d.ID != id {
			continue
		}
		if d.Conditions.Has(device.MediaEmpty) {
			return PaperOut, ""
		}
		for _, c := range broken {
			if d.Conditions.Has(c) {
				return PaperFault, c
			}
		}
	}
	return PaperComing, ""
}

func last(h *queue.Hall, id queue.KioskID) *Last {
	tickets := h.Tickets()
	for i := len(tickets) - 1; i >= 0 && i >= len(tickets)-50; i-- {
		if t := tickets[i]; t.Kiosk == id && t.Number != "" {
			return &Last{Number: t.Number, Service: t.Service, At: door.Time{Time: t.IssuedAt}}
		}
	}
	return nil
}
