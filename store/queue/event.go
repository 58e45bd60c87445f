package queue

import "time"

// Fact is an event with its instant and its author.
type Fact struct {
	At    time.Time // in the centre's time zone; never before the fact before it
	By    Actor
	Event Event
}

// Actor is who caused a command. Both parts may be empty.
type Actor struct {
	Clerk ClerkID `cbor:"1,keyasint,omitempty"`
	Via   string  `cbor:"2,keyasint,omitempty"` // "kiosk/k1", "keypad/q1", "page", "api", "clock", "reload"
}

// Event is something that has happened. It is never refused and never
// rewritten. New fields take new numbers; a field keeps its number and meaning
// for ever.
type Event interface{ Type() Type }

// Type names an event: subject, full stop, what happened.
type Type string

// The types of the queue's events, as they stand in the journal and the feed.
const (
	TypeIssued          Type = "ticket.issued"
	TypeCheckedIn       Type = "ticket.checked_in"
	TypeCalled          Type = "ticket.called"
	TypeRecalled        Type = "ticket.recalled"
	TypeResultCalled    Type = "ticket.result_called"
	TypeStarted         Type = "ticket.started"
	TypeFinished        Type = "ticket.finished"
	TypeNoShowMarked    Type = "ticket.no_show"
	TypeReturned        Type = "ticket.returned"
	TypePostponed       Type = "ticket.postponed"
	TypeParked          Type = "ticket.parked"
	TypeTransferred     Type = "ticket.transferred"
	TypeCancelled       Type = "ticket.cancelled"
	TypeExpired         Type = "ticket.expired"
	TypePriorityChanged Type = "ticket.priority_changed"
	TypeOutcomeSet      Type = "ticket.outcome_set"
	TypeDossierLinked   Type = "ticket.dossier_linked"
	TypeServedDirect    Type = "ticket.served_direct"
	TypeRated           Type = "ticket.rated"
	TypeUndone          Type = "ticket.undone"

	TypeCounterOpened Type = "counter.opened"
	TypeCounterPaused Type = "counter.paused"
	TypeCounterClosed Type = "counter.closed"
	TypeArmed         Type = "counter.armed"
	TypeSignedIn      Type = "counter.signed_in"
	TypeSignedOut     Type = "counter.signed_out"

	TypeDayOpened        Type = "day.opened"
	TypeDayClosed        Type = "day.closed"
	TypeNumbersSkipped   Type = "numbers.skipped"
	TypeCentreConfigured Type = "centre.configured"
)

// CallBy says how a ticket came to be called.
type CallBy string

// The ways of being called.
const (
	ByNext       CallBy = "next"
	ByNumber     CallBy = "number"
	BySupervisor CallBy = "supervisor"
)

// Events of tickets.
type (
	Issued struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Number  string    `cbor:"2,keyasint"`
		Series  string    `cbor:"3,keyasint,omitempty"`
		Index   int       `cbor:"4,keyasint"`
		Service ServiceID `cbor:"5,keyasint"`
		Place   Place     `cbor:"6,keyasint,omitempty"`
		Class   ClassID   `cbor:"7,keyasint,omitempty"`
		Lang    string    `cbor:"8,keyasint,omitempty"`
		Kiosk   KioskID   `cbor:"9,keyasint,omitempty"`
		Print   bool      `cbor:"10,keyasint,omitempty"`
		Slot    int64     `cbor:"11,keyasint,omitempty"` // Unix seconds; 0: walk-in
		Told    Told      `cbor:"12,keyasint"`
		Unsure  bool      `cbor:"13,keyasint,omitempty"` // the clock could not be trusted: no hours were held to, and no time is shown
	}
	CheckedIn struct {
		Ticket TicketID `cbor:"1,keyasint"`
	}
	// TicketCalled begins a leg's work: the ticket belongs to the counter.
	TicketCalled struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Counter CounterID `cbor:"2,keyasint"`
		How     CallBy    `cbor:"3,keyasint"`
		Tier    int       `cbor:"4,keyasint,omitempty"` // of the counter, 0 its own
	}
	Recalled struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Counter CounterID `cbor:"2,keyasint"`
		Call    int       `cbor:"3,keyasint"` // 2 for the first recall
	}
	ResultCalled struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Counter CounterID `cbor:"2,keyasint"`
	}
	Started struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Counter CounterID `cbor:"2,keyasint"`
	}
	TicketFinished struct {
		Ticket   TicketID        `cbor:"1,keyasint"`
		Counter  CounterID       `cbor:"2,keyasint"`
		Outcomes map[Outcome]int `cbor:"3,keyasint,omitempty"`
		Implied  bool            `cbor:"4,keyasint,omitempty"` // never started; the next call ended it
		Cause    string          `cbor:"5,keyasint,omitempty"` // "day_closed"
		Next     bool            `cbor:"6,keyasint,omitempty"` // by the one key, so that Undo takes it back
	}
	NoShowMarked struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Counter CounterID `cbor:"2,keyasint"`
		Implied bool      `cbor:"3,keyasint,omitempty"` // by a next within Times.NoShowBeforeS
	}
	TicketReturned struct {
		Ticket TicketID `cbor:"1,keyasint"`
		After  int      `cbor:"2,keyasint,omitempty"`
	}
	Postponed struct {
		Ticket  TicketID `cbor:"1,keyasint"`
		Minutes int      `cbor:"2,keyasint"`
	}
	TicketParked struct {
		Ticket  TicketID   `cbor:"1,keyasint"`
		Counter CounterID  `cbor:"2,keyasint"`
		Reason  ParkReason `cbor:"3,keyasint"`
	}
	// Transferred closes a leg and opens the next under the same number.
	Transferred struct {
		Ticket    TicketID  `cbor:"1,keyasint"`
		Counter   CounterID `cbor:"2,keyasint"`
		ToService ServiceID `cbor:"3,keyasint"`
		ToCounter CounterID `cbor:"4,keyasint,omitempty"`
		ToClerk   ClerkID   `cbor:"5,keyasint,omitempty"`
		Note      string    `cbor:"6,keyasint,omitempty"`
	}
	TicketCancelled struct {
		Ticket TicketID `cbor:"1,keyasint"`
		Reason string   `cbor:"2,keyasint,omitempty"`
	}
	TicketExpired struct {
		Ticket TicketID `cbor:"1,keyasint"`
	}
	PriorityChanged struct {
		Ticket TicketID `cbor:"1,keyasint"`
		Class  ClassID  `cbor:"2,keyasint,omitempty"`
		Was    ClassID  `cbor:"3,keyasint,omitempty"`
		Reason string   `cbor:"4,keyasint,omitempty"`
	}
	OutcomeSet struct {
		Ticket   TicketID        `cbor:"1,keyasint"`
		Outcomes map[Outcome]int `cbor:"2,keyasint"`
	}
	DossierLinked struct {
		Ticket  TicketID `cbor:"1,keyasint"`
		Dossier string   `cbor:"2,keyasint"`
	}
	ServedDirect struct {
		Ticket   TicketID        `cbor:"1,keyasint"`
		Counter  CounterID       `cbor:"2,keyasint"`
		Service  ServiceID       `cbor:"3,keyasint"`
		Outcomes map[Outcome]int `cbor:"4,keyasint,omitempty"`
	}
	Rated struct {
		Ticket  TicketID  `cbor:"1,keyasint"`
		Counter CounterID `cbor:"2,keyasint"`
		Level   int       `cbor:"3,keyasint"`
		Reason  string    `cbor:"4,keyasint,omitempty"`
	}
	// Undone takes back the last call. Ticket is 0 if the press had called nobody.
	// Reopened, if set, is the ticket that the same press had closed; it is back
	// at the counter in the state Was.
	Undone struct {
		Ticket   TicketID  `cbor:"1,keyasint"`
		Counter  CounterID `cbor:"2,keyasint"`
		Reopened TicketID  `cbor:"3,keyasint,omitempty"`
		Was      State     `cbor:"4,keyasint,omitempty"`
	}
)

// Events of counters.
type (
	CounterOpened struct {
		Counter CounterID `cbor:"1,keyasint"`
		Implied bool      `cbor:"2,keyasint,omitempty"` // by next
	}
	CounterPaused struct {
		Counter CounterID `cbor:"1,keyasint"`
		Reason  string    `cbor:"2,keyasint,omitempty"`
		Until   int64     `cbor:"3,keyasint,omitempty"` // Unix seconds; 0: not said
	}
	CounterClosed struct {
		Counter CounterID `cbor:"1,keyasint"`
	}
	// Armed: nobody was waiting; the next ticket of its services is called there.
	Armed struct {
		Counter CounterID `cbor:"1,keyasint"`
	}
	SignedIn struct {
		Counter CounterID `cbor:"1,keyasint"`
		Clerk   ClerkID   `cbor:"2,keyasint"`
		Profile string    `cbor:"3,keyasint,omitempty"`
	}
	SignedOut struct {
		Counter CounterID `cbor:"1,keyasint"`
		Clerk   ClerkID   `cbor:"2,keyasint"`
	}
)

// Events of the house.
type (
	DayOpened struct {
		Day Day `cbor:"1,keyasint"`
	}
	DayClosed struct {
		Day   Day    `cbor:"1,keyasint"`
		Cause string `cbor:"2,keyasint,omitempty"` // "day_ends", "asked"
	}
	// NumbersSkipped: From to To of a series are not given today.
	NumbersSkipped struct {
		Series string `cbor:"1,keyasint,omitempty"`
		From   int    `cbor:"2,keyasint"`
		To     int    `cbor:"3,keyasint"`
		Cause  string `cbor:"4,keyasint"` // "power_cut", "lost_end"
		// CutMs is when the journal last knew everything, Unix milliseconds; 0 in
		// the events of before.
		CutMs int64 `cbor:"5,keyasint,omitempty"`
	}
	CentreConfigured struct {
		Rules    Rules  `cbor:"1,keyasint"`
		Document []byte `cbor:"2,keyasint"`
		Hash     string `cbor:"3,keyasint"`
	}
)

func (Issued) Type() Type           { return TypeIssued }
func (CheckedIn) Type() Type        { return TypeCheckedIn }
func (TicketCalled) Type() Type     { return TypeCalled }
func (Recalled) Type() Type         { return TypeRecalled }
func (ResultCalled) Type() Type     { return TypeResultCalled }
func (Started) Type() Type          { return TypeStarted }
func (TicketFinished) Type() Type   { return TypeFinished }
func (NoShowMarked) Type() Type     { return TypeNoShowMarked }
func (TicketReturned) Type() Type   { return TypeReturned }
func (Postponed) Type() Type        { return TypePostponed }
func (TicketParked) Type() Type     { return TypeParked }
func (Transferred) Type() Type      { return TypeTransferred }
func (TicketCancelled) Type() Type  { return TypeCancelled }
func (TicketExpired) Type() Type    { return TypeExpired }
func (PriorityChanged) Type() Type  { return TypePriorityChanged }
func (OutcomeSet) Type() Type       { return TypeOutcomeSet }
func (DossierLinked) Type() Type    { return TypeDossierLinked }
func (ServedDirect) Type() Type     { return TypeServedDirect }
func (Rated) Type() Type            { return TypeRated }
func (Undone) Type() Type           { return TypeUndone }
func (CounterOpened) Type() Type    { return TypeCounterOpened }
func (CounterPaused) Type() Type    { return TypeCounterPaused }
func (CounterClosed) Type() Type    { return TypeCounterClosed }
func (Armed) Type() Type            { return TypeArmed }
func (SignedIn) Type() Type         { return TypeSignedIn }
func (SignedOut) Type() Type        { return TypeSignedOut }
func (DayOpened) Type() Type        { return TypeDayOpened }
func (DayClosed) Type() Type        { return TypeDayClosed }
func (NumbersSkipped) Type() Type   { return TypeNumbersSkipped }
func (CentreConfigured) Type() Type { return TypeCentreConfigured }

// unix turns stored Unix seconds into an instant in the zone of ref; 0 is zero.
func unix(s int64, ref time.Time) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).In(ref.Location())
}
