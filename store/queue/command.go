package queue

import "time"

// Command asks for a change. It may be refused; nothing has changed then. What
// each one does stands in its decide method, in the file of its subject.
type Command interface{ decide(*draft) error }

// Expect names the ticket that the clerk sees at the counter, or says that
// Nobody is there. Zero: not said.
// If another one is current, the command is refused with ticket_changed.
type Expect struct {
	Ticket TicketID
	Nobody bool
}

// Target picks a ticket by id, or by the number shown today.
type Target struct {
	Ticket TicketID
	Number string
}

// Commands of citizens.
type (
	// Issue takes a number.
	Issue struct {
		Service ServiceID
		Place   Place // default AtKiosk
		Kiosk   KioskID
		Print   bool
		Class   ClassID
		Lang    string
		Slot    time.Time // an appointment's start; zero for a walk-in. It waits from CheckIn on
		LowS    int       // wait range to tell, filled in by the book; HighS 0: none
		HighS   int
		Unsure  bool // the clock cannot be trusted, says the book: no hours are held to
	}
	// CheckIn says that the holder of an appointment ticket has come.
	CheckIn struct{ Ticket TicketID }
	// Postpone is the citizen's own "xin lùi lượt": for so many minutes everybody
	// else goes first.
	Postpone struct {
		Ticket  TicketID
		Minutes int
	}
	// Rate rates the work on a just-finished ticket, once.
	Rate struct {
		Ticket  TicketID
		Counter CounterID // instead of Ticket: the one last finished there
		Level   int       // 1 to 5
		Reason  string    // slug, for low levels
	}
)

// Commands of a counter.
type (
	// CallNext is the one key: it ends the current ticket and calls the next.
	CallNext struct {
		Counter CounterID
		Expect  Expect
	}
	// Call calls a chosen ticket: waiting, parked or no-show.
	Call struct {
		Counter CounterID
		Target  Target
		Expect  Expect
		How     CallBy // default ByNumber
	}
	// ResultCall calls a ticket parked for its result.
	ResultCall struct {
		Counter CounterID
		Target  Target
	}
	Recall struct {
		Counter CounterID
		Expect  Expect
	}
	Start struct {
		Counter CounterID
		Expect  Expect
	}
	Finish struct {
		Counter  CounterID
		Expect   Expect
		Outcomes map[Outcome]int // default one "received"
	}
	MarkNoShow struct {
		Counter CounterID
		Expect  Expect
	}
	Park struct {
		Counter CounterID
		Expect  Expect
		Reason  ParkReason
	}
	// Transfer hands the current ticket on, to exactly one of the three. It keeps
	// its number, its issue time and its class.
	Transfer struct {
		Counter   CounterID
		Expect    Expect
		ToService ServiceID
		ToCounter CounterID
		ToClerk   ClerkID
		Note      string
	}
	// Undo takes back the last call of this counter, and with it what the same
	// press closed, within Times.UndoS. A press that closed a ticket and found
	// nobody waiting is taken back too.
	Undo struct{ Counter CounterID }

	OpenCounter  struct{ Counter CounterID }
	CloseCounter struct{ Counter CounterID }
	PauseCounter struct {
		Counter CounterID
		Reason  string    // slug: meeting, field, online, lunch, other
		Until   time.Time // zero: not said
	}
	// SignIn says who works at a counter. Whoever was there, and the same clerk
	// elsewhere, is signed out.
	SignIn struct {
		Counter CounterID
		Clerk   ClerkID
		Profile string
	}
	SignOut struct{ Counter CounterID }
	// ServeDirect records a person served without a ticket.
	ServeDirect struct {
		Counter  CounterID
		Service  ServiceID
		Outcomes map[Outcome]int
	}
)

// Commands on any ticket.
type (
	// Return puts a no-show or parked ticket back into the queue.
	Return struct {
		Ticket TicketID
		After  int // further calls of its service before it is due; -1: the centre's setting
	}
	Cancel struct {
		Ticket TicketID
		Reason string
	}
	SetPriority struct {
		Ticket TicketID
		Class  ClassID
		Reason string
	}
	SetOutcome struct {
		Ticket   TicketID
		Outcomes map[Outcome]int
	}
	LinkDossier struct {
		Ticket  TicketID
		Dossier string
	}
)

// Commands of the house.
type (
	OpenDay  struct{}
	CloseDay struct{}
	// Tick lets time act: it closes a day that has run out. Only Tick and
	// CloseDay close a day, so the book ticks before the first command of a run.
	Tick struct {
		// Untrusted: the clock was stepped or is not set. Nothing opens or closes.
		Untrusted bool
	}
	// SkipNumbers lets a series go on behind To. The book asks for it when the
	// disk may have lost numbers that are in people's hands.
	SkipNumbers struct {
		Series string
		To     int // index
		Cause  string
		CutMs  int64 // when it happened, Unix milliseconds
	}
	// Configure puts another version of the centre's document in force.
	Configure struct {
		Rules    Rules
		Document []byte // canonical form
		Hash     string // of the document
	}
)
