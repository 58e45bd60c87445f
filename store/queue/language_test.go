package queue

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// args are the words after a command: plain ones in order, and key=value.
type args struct {
	plain []string
	named map[string]string
}

func parseArgs(words []string) *args {
	a := &args{named: map[string]string{}}
	for _, w := range words {
		if key, value, ok := strings.Cut(w, "="); ok {
			a.named[key] = value
		} else {
			a.plain = append(a.plain, w)
		}
	}
	return a
}

func (a *args) next() string {
	if len(a.plain) == 0 {
		return ""
	}
	word := a.plain[0]
	a.plain = a.plain[1:]
	return word
}

func (a *args) take(key string) string {
	value := a.named[key]
	delete(a.named, key)
	return value
}

func (a *args) has(word string) bool {
	for _, w := range a.plain {
		if w == word {
			return true
		}
	}
	return false
}

// outcomes are the named arguments that are left: received=2 refused=1.
func (a *args) outcomes() map[Outcome]int {
	counts := map[Outcome]int{}
	for key, value := range a.named {
		counts[Outcome(key)] = atoi(value)
	}
	return counts
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

// describe notes a line about the centre; configure puts all of them in force.
func (s *scenario) describe(words []string) {
	a, r := parseArgs(words[1:]), &s.rules
	switch words[0] {
	case "forget": // everything said so far
		*r = Rules{}
	case "series":
		prefix := a.next()
		r.Series = append(r.Series, Series{prefix, atoi(a.take("digits")), atoi(a.take("first")), atoi(a.take("last"))})
	case "service":
		r.Services = append(r.Services, s.service(a))
	case "counter":
		r.Counters = append(r.Counters, counterRule(a))
	case "class":
		r.Classes = append(r.Classes, ClassRule{ID: ClassID(a.next()), HeadStartMin: atoi(a.next())})
	case "order":
		r.Order = Order{OrderKind(a.next()), atoi(a.take("cap")), atoi(a.take("every"))}
	case "times":
		r.Times = Times{
			NoShowBeforeS: atoi(a.take("no_show_before")), RepeatS: atoi(a.take("repeat")), UndoS: atoi(a.take("undo")),
			DayEndsMin: minutes(a.take("day_ends")), ReturnAfter: atoi(a.take("return_after")),
			GraceMin: atoi(a.take("grace")), RateS: atoi(a.take("rate")), NoShowLimit: atoi(a.take("no_show_limit")),
		}
	case "weekdays":
		r.Calendar.Weekdays = weekdays(a.next())
	case "hours":
		r.Calendar.Serve = windows(a.plain)
	case "holiday":
		r.Calendar.Holidays = append(r.Calendar.Holidays, Day(a.next()))
	case "make_up":
		r.Calendar.MakeUp = append(r.Calendar.MakeUp, Day(a.next()))
	default:
		require.Fail(s.t, "unknown word", words[0])
	}
	require.Empty(s.t, a.named, "unknown argument of %s", words[0])
}

func (s *scenario) service(a *args) ServiceRule {
	rule := ServiceRule{ID: ServiceID(a.next()), Series: a.next(), Cap: atoi(a.take("cap"))}
	for at := range strings.FieldsFuncSeq(a.take("at"), comma) {
		rule.At = append(rule.At, Place(at))
	}
	rule.Issue = windows(strings.FieldsFunc(a.take("issue"), comma))
	if bring := a.take("bring"); bring != "" {
		rule.Bring = map[string][]string{"vi": strings.FieldsFunc(bring, comma)}
	}
	if _, ok := s.rules.series(rule.Series); !ok {
		s.rules.Series = append(s.rules.Series, Series{Prefix: rule.Series})
	}
	return rule
}

// counterRule reads: q1 civil land | copies arm auto_open.
func counterRule(a *args) CounterRule {
	rule := CounterRule{ID: CounterID(a.next()), Tiers: [][]ServiceID{nil}}
	for _, word := range a.plain {
		switch word {
		case "|":
			rule.Tiers = append(rule.Tiers, nil)
		case "arm":
			rule.Arm = true
		case "auto_open":
			rule.AutoOpen = true
		default:
			last := &rule.Tiers[len(rule.Tiers)-1]
			*last = append(*last, ServiceID(word))
		}
	}
	return rule
}

func comma(r rune) bool { return r == ',' }

func minutes(clock string) int {
	h, m, _ := strings.Cut(clock, ":")
	return atoi(h)*60 + atoi(m)
}

func weekdays(list string) (days []time.Weekday) {
	for name := range strings.SplitSeq(list, "+") {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(d.String()[:3], name) {
				days = append(days, d)
			}
		}
	}
	return days
}

// windows reads 07:30-11:15 and mon+wed@07:30-11:15.
func windows(list []string) (all []Window) {
	for _, text := range list {
		var w Window
		if days, hours, ok := strings.Cut(text, "@"); ok {
			w.Days, text = weekdays(days), hours
		}
		from, to, _ := strings.Cut(text, "-")
		w.From, w.To = minutes(from), minutes(to)
		all = append(all, w)
	}
	return all
}

// clock is an instant of the scenario's day; zero for "".
func (s *scenario) clock(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	y, m, d := s.now.Date()
	return time.Date(y, m, d, 0, minutes(text), 0, 0, s.now.Location())
}

// ticket finds a ticket by number, or by #id.
func (s *scenario) ticket(word string) TicketID {
	if id, ok := strings.CutPrefix(word, "#"); ok {
		return TicketID(atoi(id))
	}
	t, ok := s.hall.ByNumber(word)
	if !ok {
		return 999_999
	}
	return t.ID
}

func (s *scenario) command(word string, a *args) Command {
	switch word {
	case "configure":
		s.version++
		return Configure{Rules: s.rules, Hash: fmt.Sprint("version ", s.version)}
	case "configure-again":
		return Configure{Rules: s.rules, Hash: fmt.Sprint("version ", s.version)}
	case "open-day":
		return OpenDay{}
	case "close-day":
		return CloseDay{}
	case "tick":
		return Tick{Untrusted: a.has("untrusted")}
	case "issue":
		return Issue{
			Service: ServiceID(a.next()), Place: Place(a.take("at")), Kiosk: KioskID(a.take("kiosk")), Class: ClassID(a.take("class")),
			Lang: a.take("lang"), Slot: s.clock(a.take("slot")), LowS: atoi(a.take("low")), HighS: atoi(a.take("high")), Print: a.has("print"), Unsure: a.has("unsure"),
		}
	case "skip":
		return SkipNumbers{Series: a.next(), To: atoi(a.next()), Cause: a.take("cause")}
	case "rate":
		by := a.next()
		if _, ok := s.hall.Counter(CounterID(by)); ok {
			return Rate{Counter: CounterID(by), Level: atoi(a.next()), Reason: a.take("reason")}
		}
		return Rate{Ticket: s.ticket(by), Level: atoi(a.next()), Reason: a.take("reason")}
	}
	if c := s.ofTicket(word, a); c != nil {
		return c
	}
	return s.ofCounter(word, a)
}

func (s *scenario) ofTicket(word string, a *args) Command {
	if len(a.plain) == 0 {
		return nil
	}
	id, rest := s.ticket(a.plain[0]), &args{plain: a.plain[1:], named: a.named}
	switch word {
	case "check-in":
		return CheckIn{Ticket: id}
	case "postpone":
		return Postpone{Ticket: id, Minutes: atoi(rest.next())}
	case "return":
		after := rest.take("after")
		if after == "setting" {
			after = "-1"
		}
		return Return{Ticket: id, After: atoi(after)}
	case "cancel":
		return Cancel{Ticket: id, Reason: rest.take("reason")}
	case "priority":
		class := rest.next()
		if class == "none" {
			class = ""
		}
		return SetPriority{Ticket: id, Class: ClassID(class), Reason: rest.take("reason")}
	case "outcome":
		return SetOutcome{Ticket: id, Outcomes: rest.outcomes()}
	case "dossier":
		return LinkDossier{Ticket: id, Dossier: rest.next()}
	}
	return nil
}

func (s *scenario) ofCounter(word string, a *args) Command {
	c := CounterID(a.next())
	var sees Expect
	switch number := a.take("sees"); number {
	case "":
	case "nobody":
		sees.Nobody = true
	default:
		sees.Ticket = s.ticket(number)
	}
	switch word {
	case "next":
		return CallNext{Counter: c, Expect: sees}
	case "call":
		how := CallBy("")
		if a.has("supervisor") {
			how = BySupervisor
		}
		return Call{Counter: c, Target: Target{Number: a.next()}, Expect: sees, How: how}
	case "result":
		return ResultCall{Counter: c, Target: Target{Number: a.next()}}
	case "recall":
		return Recall{Counter: c, Expect: sees}
	case "start":
		return Start{Counter: c, Expect: sees}
	case "finish":
		return Finish{Counter: c, Expect: sees, Outcomes: a.outcomes()}
	case "no-show":
		return MarkNoShow{Counter: c, Expect: sees}
	case "park":
		return Park{Counter: c, Expect: sees, Reason: ParkReason(a.next())}
	case "transfer":
		return Transfer{
			Counter: c, Expect: sees, ToService: ServiceID(a.take("service")),
			ToCounter: CounterID(a.take("counter")), ToClerk: ClerkID(a.take("clerk")), Note: a.take("note"),
		}
	case "undo":
		return Undo{Counter: c}
	case "open":
		return OpenCounter{Counter: c}
	case "close":
		return CloseCounter{Counter: c}
	case "pause":
		return PauseCounter{Counter: c, Reason: a.take("reason"), Until: s.clock(a.take("until"))}
	case "sign-in":
		return SignIn{Counter: c, Clerk: ClerkID(a.next()), Profile: a.take("profile")}
	case "sign-out":
		return SignOut{Counter: c}
	case "direct":
		service := a.take("service")
		return ServeDirect{Counter: c, Service: ServiceID(service), Outcomes: a.outcomes()}
	}
	return nil
}
