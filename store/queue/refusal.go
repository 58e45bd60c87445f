package queue

// Refusal is the rules saying no. It is shown to people in their language and
// is not an error of the program. Code is stable; store/door has the HTTP
// status and assets/locale the sentence for each.
type Refusal struct {
	Code string
	Args map[string]any // for the sentence: "number", "counter", "service", "tickets", "back_at"
}

func (r *Refusal) Error() string { return "refused: " + r.Code }

// Is makes errors.Is(err, queue.ErrNobodyWaiting) compare the code only.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

// with returns a copy that names what the sentence needs.
func (r *Refusal) with(args map[string]any) *Refusal {
	return &Refusal{Code: r.Code, Args: args}
}

// Every refusal the rules can give.
var (
	ErrUnknownService  = &Refusal{Code: "unknown_service"}
	ErrUnknownCounter  = &Refusal{Code: "unknown_counter"}
	ErrUnknownTicket   = &Refusal{Code: "unknown_ticket"}
	ErrUnknownClass    = &Refusal{Code: "unknown_class"}
	ErrNotOfferedHere  = &Refusal{Code: "not_offered_here"}
	ErrClosedNow       = &Refusal{Code: "closed_now"}        // outside the hours of issue; args: back_at
	ErrCapReached      = &Refusal{Code: "cap_reached"}       // the day's numbers of a service are used; args: back_at
	ErrNumbersUsedUp   = &Refusal{Code: "numbers_used_up"}   // the series' range has ended
	ErrNobodyWaiting   = &Refusal{Code: "nobody_waiting"}    //
	ErrRepeated        = &Refusal{Code: "repeated"}          // the same press again within Times.RepeatS
	ErrTicketChanged   = &Refusal{Code: "ticket_changed"}    // another ticket is current than the clerk saw; args: number
	ErrNoCurrentTicket = &Refusal{Code: "no_current_ticket"} // the command needs a called or serving ticket
	ErrCounterBusy     = &Refusal{Code: "counter_busy"}      // a ticket is current; finish it first; args: number
	ErrCounterClosed   = &Refusal{Code: "counter_closed"}
	ErrCounterPaused   = &Refusal{Code: "counter_paused"}
	ErrHeldElsewhere   = &Refusal{Code: "held_elsewhere"} // another counter holds the ticket; args: number, counter
	ErrWrongState      = &Refusal{Code: "wrong_state"}    // the command does not fit the ticket's state; args: number, state
	ErrNothingToUndo   = &Refusal{Code: "nothing_to_undo"}
	ErrTooLate         = &Refusal{Code: "too_late"} // undo or rating after its time
	ErrAlreadyRated    = &Refusal{Code: "already_rated"}
	ErrNoShowLimit     = &Refusal{Code: "no_show_limit"}
	ErrReasonNeeded    = &Refusal{Code: "reason_needed"}
	ErrBadTarget       = &Refusal{Code: "bad_target"}  // transfer to nowhere, to itself, or to two places
	ErrBadValue        = &Refusal{Code: "bad_value"}   // a number out of its range; args: field
	ErrSameNumber      = &Refusal{Code: "same_number"} // a number to be compared with itself
	ErrDayOpen         = &Refusal{Code: "day_open"}
	ErrDayNotOpen      = &Refusal{Code: "day_not_open"}
	ErrStillInUse      = &Refusal{Code: "still_in_use"} // a service or counter to be removed still holds tickets; args: tickets
	ErrNotConfigured   = &Refusal{Code: "not_configured"}
)
