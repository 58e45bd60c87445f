package queue

import (
	"fmt"
	"slices"
	"time"
)

// Rules is what the fold needs of the centre's document. It is part of the
// event CentreConfigured, so that every decision can be checked by the rules of
// its day. Names, zones, devices and looks are not rules and are not here.
type Rules struct {
	Series   []Series      `cbor:"1,keyasint,omitempty"`
	Services []ServiceRule `cbor:"2,keyasint,omitempty"`
	Counters []CounterRule `cbor:"3,keyasint,omitempty"`
	Classes  []ClassRule   `cbor:"4,keyasint,omitempty"`
	Order    Order         `cbor:"5,keyasint"`
	Calendar Calendar      `cbor:"6,keyasint"`
	Times    Times         `cbor:"7,keyasint"`
}

// Series is a run of numbers that begins again each business day.
type Series struct {
	Prefix string `cbor:"1,keyasint"`           // 0 to 2 letters, or the leading digits of a digits-only series
	Digits int    `cbor:"2,keyasint"`           // at least this many, padded with zeros; 0: 3
	First  int    `cbor:"3,keyasint"`           // 0: 1
	Last   int    `cbor:"4,keyasint,omitempty"` // 0: no end
}

// Place is where a service is offered.
type Place string

// The places of Issue and Transfer.
const (
	AtKiosk    Place = "kiosk"
	AtGreeter  Place = "greeter"  // staff take the number for somebody
	AtTransfer Place = "transfer" // only by transfer, such as the fee counter
)

// ServiceRule says how one service is queued.
type ServiceRule struct {
	ID     ServiceID           `cbor:"1,keyasint"`
	Series string              `cbor:"2,keyasint"`           // prefix of its series; services may share one
	At     []Place             `cbor:"3,keyasint"`           // empty: everywhere
	Cap    int                 `cbor:"4,keyasint,omitempty"` // tickets a day; 0: none
	Issue  []Window            `cbor:"5,keyasint,omitempty"` // when numbers are given; empty: any time
	Bring  map[string][]string `cbor:"6,keyasint,omitempty"` // by language
}

// CounterRule says what one counter serves, and how.
type CounterRule struct {
	ID       CounterID     `cbor:"1,keyasint"`
	Tiers    [][]ServiceID `cbor:"2,keyasint"`           // own services first, then those helped out with when idle
	AutoOpen bool          `cbor:"3,keyasint,omitempty"` // next opens it (default with a keypad)
	Arm      bool          `cbor:"4,keyasint,omitempty"` // next with nobody waiting arms it (default with a keypad)
}

// ClassRule is a class of priority.
type ClassRule struct {
	ID           ClassID `cbor:"1,keyasint"`
	HeadStartMin int     `cbor:"2,keyasint,omitempty"` // minutes taken off the issue time under HeadStart
}

// OrderKind is the priority rule of the centre.
type OrderKind string

// The three priority rules of the house.
const (
	HeadStart  OrderKind = "head_start"
	Strict     OrderKind = "strict"
	Interleave OrderKind = "interleave"
)

// Order is the priority rule and its number. The zero values stand for
// HeadStart, 30 minutes and 3 calls.
type Order struct {
	Kind   OrderKind `cbor:"1,keyasint"`
	CapMin int       `cbor:"2,keyasint,omitempty"` // Strict: an ordinary ticket waits at most this long before one is let in
	Every  int       `cbor:"3,keyasint,omitempty"` // Interleave: one priority ticket after this many ordinary calls
}

// Window is a stretch of a day, in minutes after midnight, on some weekdays.
type Window struct {
	Days []time.Weekday `cbor:"1,keyasint,omitempty"` // empty: every working day
	From int            `cbor:"2,keyasint"`
	To   int            `cbor:"3,keyasint"`
}

// Calendar says which days are worked.
type Calendar struct {
	Weekdays []time.Weekday `cbor:"1,keyasint,omitempty"` // ordinary working days; empty: all
	Holidays []Day          `cbor:"2,keyasint,omitempty"`
	MakeUp   []Day          `cbor:"3,keyasint,omitempty"` // worked although a weekend
	Serve    []Window       `cbor:"4,keyasint,omitempty"` // hours of service, for "come back at"
}

// Times are the settings in seconds or minutes. The zero value of a field
// stands for the default named behind it; centre fills them all in.
type Times struct {
	NoShowBeforeS int `cbor:"1,keyasint,omitempty"` // 45: next within this time of the last call means no-show, not finished
	RepeatS       int `cbor:"2,keyasint,omitempty"` // 3: next within this time of the last call is a repeated press
	UndoS         int `cbor:"3,keyasint,omitempty"` // 10
	DayEndsMin    int `cbor:"4,keyasint,omitempty"` // 0: midnight
	ReturnAfter   int `cbor:"5,keyasint,omitempty"` // calls before a returned no-show is due; 0: now
	GraceMin      int `cbor:"6,keyasint,omitempty"` // 15: lateness at which an appointment still counts
	RateS         int `cbor:"7,keyasint,omitempty"` // 60: how long after finish a rating is taken
	NoShowLimit   int `cbor:"8,keyasint,omitempty"` // 0: no limit; else a ticket with this many no-shows cannot return
}

// or returns the setting, or its default where it is zero.
func or(setting, byDefault int, unit time.Duration) time.Duration {
	if setting == 0 {
		setting = byDefault
	}
	return time.Duration(setting) * unit
}

func (t *Times) noShowBefore() time.Duration { return or(t.NoShowBeforeS, 45, time.Second) }
func (t *Times) repeat() time.Duration       { return or(t.RepeatS, 3, time.Second) }
func (t *Times) undo() time.Duration         { return or(t.UndoS, 10, time.Second) }
func (t *Times) grace() time.Duration        { return or(t.GraceMin, 15, time.Minute) }
func (t *Times) rate() time.Duration         { return or(t.RateS, 60, time.Second) }

func (o Order) cap() time.Duration { return or(o.CapMin, 30, time.Minute) }
func (o Order) every() int         { return int(or(o.Every, 3, 1)) }

func (o Order) headStart() bool { return o.Kind != Strict && o.Kind != Interleave }

// dayOf returns the business day of an instant.
func (t *Times) dayOf(at time.Time) Day {
	return dateOf(at.Add(-time.Duration(t.DayEndsMin) * time.Minute))
}

func dateOf(at time.Time) Day { return Day(at.Format(time.DateOnly)) }

func (r *Rules) service(id ServiceID) (ServiceRule, bool) {
	return find(r.Services, func(s *ServiceRule) bool { return s.ID == id })
}

func (r *Rules) counter(id CounterID) (CounterRule, bool) {
	return find(r.Counters, func(c *CounterRule) bool { return c.ID == id })
}

func (r *Rules) class(id ClassID) (ClassRule, bool) {
	return find(r.Classes, func(c *ClassRule) bool { return c.ID == id })
}

func (r *Rules) series(prefix string) (Series, bool) {
	return find(r.Series, func(s *Series) bool { return s.Prefix == prefix })
}

func find[T any](list []T, is func(*T) bool) (found T, ok bool) {
	for i := range list {
		if is(&list[i]) {
			return list[i], true
		}
	}
	return found, false
}

// serves reports whether the counter serves a service, in any tier.
func (c *CounterRule) serves(s ServiceID) bool {
	return slices.ContainsFunc(c.Tiers, func(tier []ServiceID) bool { return slices.Contains(tier, s) })
}

// own is the first of the counter's own services.
func (c *CounterRule) own() ServiceID {
	for _, tier := range c.Tiers {
		for _, s := range tier {
			return s
		}
	}
	return ""
}

// offered reports whether the service is offered at a place.
func (s *ServiceRule) offered(at Place) bool { return len(s.At) == 0 || slices.Contains(s.At, at) }

// next returns the index after last in the series, and whether there is one.
func (s *Series) next(last int) (int, bool) {
	index := max(last+1, s.First, 1)
	return index, s.Last == 0 || index <= s.Last
}

// Number writes an index of a series as people read it: A012.
func (r *Rules) Number(series string, index int) string {
	s, ok := r.series(series)
	if !ok {
		s.Prefix = series // no longer in the document
	}
	return s.number(index)
}

// number writes an index as people read it: A012.
func (s *Series) number(index int) string {
	digits := s.Digits
	if digits == 0 {
		digits = 3
	}
	return fmt.Sprintf("%s%0*d", s.Prefix, digits, index)
}
