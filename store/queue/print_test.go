package queue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// sayEvent writes an event as a supervisor would say it.
func sayEvent(h *Hall, e Event) string {
	number := func(id TicketID) string {
		t, ok := h.Ticket(id)
		switch {
		case !ok:
			return fmt.Sprintf("#%d", id)
		case t.Number == "":
			return "a person without a ticket"
		}
		return t.Number
	}
	switch e := e.(type) {
	case Issued:
		return fmt.Sprintf("%s issued for %s, %d ahead%s", e.Number, e.Service, e.Told.Ahead, sayIssued(h, e))
	case CheckedIn:
		return number(e.Ticket) + " has come"
	case TicketCalled:
		return fmt.Sprintf("%s called to %s by %s%s", number(e.Ticket), e.Counter, e.How, when(e.Tier > 0, " as help"))
	case Recalled:
		return fmt.Sprintf("%s recalled to %s, call %d", number(e.Ticket), e.Counter, e.Call)
	case ResultCalled:
		return fmt.Sprintf("%s called to %s for its result", number(e.Ticket), e.Counter)
	case Started:
		return fmt.Sprintf("%s started at %s", number(e.Ticket), e.Counter)
	case TicketFinished:
		return fmt.Sprintf("%s finished at %s%s%s%s%s", number(e.Ticket), e.Counter, sayOutcomes(e.Outcomes),
			when(e.Next, ", by next"), when(e.Implied, ", never started"), when(e.Cause != "", ", "+e.Cause))
	case NoShowMarked:
		return fmt.Sprintf("%s no-show at %s%s", number(e.Ticket), e.Counter, when(e.Implied, ", by next"))
	case TicketReturned:
		return fmt.Sprintf("%s returned%s", number(e.Ticket), when(e.After > 0, fmt.Sprintf(" after %d calls", e.After)))
	case Postponed:
		return fmt.Sprintf("%s postponed by %d min", number(e.Ticket), e.Minutes)
	case TicketParked:
		return fmt.Sprintf("%s parked at %s for %s", number(e.Ticket), e.Counter, e.Reason)
	case Transferred:
		return fmt.Sprintf("%s transferred from %s to %s%s%s%s", number(e.Ticket), e.Counter, e.ToService,
			when(e.ToCounter != "", ", counter "+string(e.ToCounter)), when(e.ToClerk != "", ", clerk "+string(e.ToClerk)), when(e.Note != "", ", note "+e.Note))
	case TicketCancelled:
		return fmt.Sprintf("%s cancelled%s", number(e.Ticket), when(e.Reason != "", ": "+e.Reason))
	case TicketExpired:
		return number(e.Ticket) + " expired"
	case PriorityChanged:
		return fmt.Sprintf("%s class %s, was %s: %s", number(e.Ticket), class(e.Class), class(e.Was), e.Reason)
	case OutcomeSet:
		return fmt.Sprintf("%s outcome%s", number(e.Ticket), sayOutcomes(e.Outcomes))
	case DossierLinked:
		return fmt.Sprintf("%s has dossier %s", number(e.Ticket), e.Dossier)
	case ServedDirect:
		return fmt.Sprintf("%s finished at %s for %s%s", number(e.Ticket), e.Counter, e.Service, sayOutcomes(e.Outcomes))
	case Rated:
		return fmt.Sprintf("%s rated %d at %s%s", number(e.Ticket), e.Level, e.Counter, when(e.Reason != "", ": "+e.Reason))
	case Undone:
		return fmt.Sprintf("undone at %s:%s%s", e.Counter, when(e.Ticket != 0, " "+number(e.Ticket)+" not called"),
			when(e.Reopened != 0, fmt.Sprintf(" %s %s again", number(e.Reopened), e.Was)))
	}
	return sayOther(e)
}

func sayOther(e Event) string {
	switch e := e.(type) {
	case CounterOpened:
		return fmt.Sprintf("%s opened%s", e.Counter, when(e.Implied, " by next"))
	case CounterPaused:
		return fmt.Sprintf("%s paused%s%s", e.Counter, when(e.Reason != "", ": "+e.Reason), when(e.Until != 0, ", until said"))
	case CounterClosed:
		return fmt.Sprintf("%s closed", e.Counter)
	case Armed:
		return fmt.Sprintf("%s armed", e.Counter)
	case SignedIn:
		return fmt.Sprintf("%s signed in at %s%s", e.Clerk, e.Counter, when(e.Profile != "", " as "+e.Profile))
	case SignedOut:
		return fmt.Sprintf("%s signed out at %s", e.Clerk, e.Counter)
	case DayOpened:
		return fmt.Sprintf("day %s opened", e.Day)
	case DayClosed:
		return fmt.Sprintf("day %s closed: %s", e.Day, e.Cause)
	case NumbersSkipped:
		return fmt.Sprintf("%s%d to %s%d are not given: %s", e.Series, e.From, e.Series, e.To, e.Cause)
	case CentreConfigured:
		return "centre configured: " + e.Hash
	}
	return fmt.Sprintf("%T %+v", e, e)
}

func sayIssued(h *Hall, e Issued) string {
	text := when(e.Class != "", ", "+string(e.Class)) + when(e.Place != AtKiosk, ", at "+string(e.Place)) + when(e.Kiosk != "", ", kiosk "+string(e.Kiosk))
	text += when(e.Told.HighS > 0, fmt.Sprintf(", wait %d to %d min", e.Told.LowS/60, e.Told.HighS/60))
	text += when(len(e.Told.Bring) > 0, ", bring "+strings.Join(e.Told.Bring, " and ")) + when(e.Print, ", print")
	if e.Slot != 0 {
		text += ", appointment " + unix(e.Slot, h.at).Format("15:04")
	}
	return text
}

func sayOutcomes(outcomes map[Outcome]int) string {
	text := ""
	for _, o := range slices.Sorted(maps.Keys(outcomes)) {
		text += fmt.Sprintf(", %d %s", outcomes[o], o)
	}
	return text
}

func sayRefusal(err error) string {
	var r *Refusal
	if !errors.As(err, &r) {
		return "not a refusal: " + err.Error()
	}
	text := r.Code
	for _, key := range slices.Sorted(maps.Keys(r.Args)) {
		value := r.Args[key]
		if at, ok := value.(time.Time); ok {
			value = at.Format("Mon 2006-01-02 15:04")
		}
		text += fmt.Sprintf(" %s=%v", key, value)
	}
	return text
}

// stands writes how the hall stands: the queues, then the counters at work.
func (s *scenario) stands() string {
	var out strings.Builder
	for _, rule := range s.hall.Rules().Services {
		if queue := sayQueue(s.hall, rule.ID); queue != "" {
			fmt.Fprintf(&out, "  %s:%s\n", rule.ID, queue)
		}
	}
	for _, c := range s.hall.Counters() {
		if c.State != Closed || len(c.Parked) > 0 {
			fmt.Fprintf(&out, "  %s %s\n", c.ID, s.sayCounter(c))
		}
	}
	return out.String()
}

func sayQueue(h *Hall, id ServiceID) string {
	text := ""
	for _, t := range h.Waiting(id) {
		text += " " + t.Number + when(t.Class != "", "("+string(t.Class)+")") +
			when(t.ForCounter != "", ">"+string(t.ForCounter)) + when(t.ForClerk != "", ">"+string(t.ForClerk))
	}
	return text
}

func (s *scenario) sayCounter(c *Counter) string {
	text := string(c.State) + when(c.Reason != "", " "+c.Reason) + when(!c.Until.IsZero(), " until "+c.Until.Format("15:04"))
	text += when(c.Clerk != "", " by "+string(c.Clerk)) + when(c.Armed, ", armed")
	if t, ok := s.hall.Ticket(c.Ticket); ok {
		text += fmt.Sprintf(", %s %s", t.Number, t.State)
	}
	for _, id := range c.Parked {
		t, _ := s.hall.Ticket(id)
		text += fmt.Sprintf(", parked %s for %s", t.Number, t.Park)
	}
	return text
}

func class(c ClassID) string {
	if c == "" {
		return "none"
	}
	return string(c)
}

func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}
