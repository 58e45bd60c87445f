package queue

import "time"

// Names of things, each with its own type so that the compiler finds mix-ups.
// The slugs come from the centre's document and are never used again.
type (
	// TicketID is given once in the life of a book (epoch). A number is not an
	// identity: A012 comes back every day.
	TicketID  uint64
	ServiceID string
	CounterID string
	ClassID   string // a priority class; "" is an ordinary ticket
	ClerkID   string
	KioskID   string
	// Day is a business day, "2026-11-22". It begins with DayOpened and ends
	// with DayClosed, not at midnight.
	Day string
)

// State is where a ticket stands.
type State string

// The states of a ticket. Finished, NoShow, Cancelled and Expired end a leg;
// only NoShow can be taken back (Return).
const (
	Waiting   State = "waiting"
	Called    State = "called"
	Serving   State = "serving"
	Parked    State = "parked"
	Finished  State = "finished"
	NoShow    State = "no_show"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// Held reports whether a ticket in this state belongs to exactly one counter.
func (s State) Held() bool { return s == Called || s == Serving }

// Outcome is how the work on a ticket ended for the citizen.
type Outcome string

// The outcomes at the desk.
const (
	Received   Outcome = "received"   // dossier received
	Returned   Outcome = "returned"   // result handed over
	Advised    Outcome = "advised"    // advice given
	Supplement Outcome = "supplement" // asked to complete the dossier
	Refused    Outcome = "refused"    // dossier refused
)

// ParkReason says what a parked ticket waits for.
type ParkReason string

// The reasons for parking.
const (
	ParkSupplement ParkReason = "supplement"
	ParkResult     ParkReason = "result"
	ParkFee        ParkReason = "fee"
	ParkOther      ParkReason = "other"
)

// Told is what the citizen was told when the number was issued. Paper, screens
// and reports read it and never compute it again.
type Told struct {
	Ahead int      `cbor:"1,keyasint,omitempty"` // people ahead
	LowS  int      `cbor:"2,keyasint,omitempty"` // wait range in seconds; HighS 0: no range was told
	HighS int      `cbor:"3,keyasint,omitempty"`
	Bring []string `cbor:"4,keyasint,omitempty"` // lines to bring, in the language of the ticket
}

// Ticket is one citizen's number through the day, all its legs included. A
// *Ticket read from a Hall is never changed: a change puts a new one in place.
type Ticket struct {
	ID       TicketID  `cbor:"1,keyasint"`
	Number   string    `cbor:"2,keyasint,omitempty"` // as shown: "A012"; "" for a person served without a ticket
	Series   string    `cbor:"3,keyasint,omitempty"`
	Index    int       `cbor:"4,keyasint,omitempty"` // within the series
	Day      Day       `cbor:"5,keyasint,omitempty"`
	Service  ServiceID `cbor:"6,keyasint"` // of the current leg
	State    State     `cbor:"7,keyasint"`
	Class    ClassID   `cbor:"8,keyasint,omitempty"`
	Lang     string    `cbor:"9,keyasint,omitempty"`
	Kiosk    KioskID   `cbor:"10,keyasint,omitempty"`
	Print    bool      `cbor:"11,keyasint,omitempty"`
	Told     Told      `cbor:"12,keyasint"`
	IssuedAt time.Time `cbor:"-"`
	Slot     time.Time `cbor:"-"` // appointment; zero for a walk-in

	// Its place in the queue. From is since when it counts as waiting: the issue,
	// an appointment's slot or its late check-in. Zero: an appointment whose
	// holder has not come; it stands in no queue and next does not call it.
	From      time.Time `cbor:"-"`
	Due       time.Time `cbor:"-"`                     // From less the head start of its class: the order in which tickets stand
	NotBefore time.Time `cbor:"-"`                     // postponed: others go first until then
	After     int       `cbor:"18,keyasint,omitempty"` // returned: others go first until its service has had this many calls today

	// The current leg.
	Leg        int        `cbor:"20,keyasint"`           // 1, 2, …
	LegAt      time.Time  `cbor:"-"`                     // when it began to wait
	Counter    CounterID  `cbor:"22,keyasint,omitempty"` // that holds it, or held it last in this leg
	Clerk      ClerkID    `cbor:"23,keyasint,omitempty"`
	CalledAt   time.Time  `cbor:"-"` // last call or recall
	StartedAt  time.Time  `cbor:"-"`
	EndedAt    time.Time  `cbor:"-"`
	Calls      int        `cbor:"27,keyasint,omitempty"` // calls and recalls in this leg
	Park       ParkReason `cbor:"28,keyasint,omitempty"` // what it is parked for; stays after a result call
	ParkedAt   time.Time  `cbor:"-"`
	ParkedS    int        `cbor:"30,keyasint,omitempty"` // seconds spent parked in this leg, neither waiting nor serving
	ForCounter CounterID  `cbor:"31,keyasint,omitempty"` // transferred to this counter only
	ForClerk   ClerkID    `cbor:"32,keyasint,omitempty"` // transferred to this clerk only
	Note       string     `cbor:"33,keyasint,omitempty"` // the handing-over clerk's note

	Outcomes map[Outcome]int `cbor:"40,keyasint,omitempty"`
	Dossier  string          `cbor:"41,keyasint,omitempty"` // code of the dossier, free text up to 40 characters
	Rating   int             `cbor:"42,keyasint,omitempty"` // 1 to 5; 0: not rated
	Implied  bool            `cbor:"43,keyasint,omitempty"` // finished by the next call without ever being started
	NoShows  int             `cbor:"44,keyasint,omitempty"`
	Unsure   bool            `cbor:"45,keyasint,omitempty"` // issued while the clock could not be trusted
}

// Here reports whether the ticket's holder has come: always for a walk-in, from
// CheckIn on for an appointment.
func (t *Ticket) Here() bool { return !t.From.IsZero() }
