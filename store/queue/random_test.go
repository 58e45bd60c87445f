package queue

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var steps = flag.Int("steps", 20_000, "commands of the random test")

// TestRandom gives the same random commands to the hall and to the naive model
// and wants the same answers and the same state after each of them.
// go test ./store/queue -run Random -steps 1000000
func TestRandom(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			newRun(t, seed).steps(*steps / 4)
		})
	}
}

type run struct {
	t       *testing.T
	random  *rand.Rand
	hall    *Hall // by Decide and Apply
	again   *Hall // folded from the bytes of the journal
	naive   *naive
	now     time.Time
	version int
	day     Day
	given   map[string]TicketID // numbers of the day
	trace   []string            // the last commands, to be shown on failure
	seen    map[string]int      // events and refusals
}

func newRun(t *testing.T, seed uint64) *run {
	zone := time.FixedZone("ICT", 7*60*60)
	plain := new(naive)
	plain.clear()
	return &run{
		t: t, random: rand.New(rand.NewPCG(seed, 1)), hall: NewHall(), again: NewHall(), naive: plain,
		now: time.Date(2026, 11, 23, 7, 30, 0, 0, zone), given: map[string]TicketID{}, seen: map[string]int{},
	}
}

func (r *run) steps(n int) {
	r.step(r.configure(), true)
	for i := range n {
		r.pass()
		r.step(r.command(), i%25 == 0)
	}
	if n < 5000 {
		return
	}
	for _, must := range []string{"ticket.undone", "ticket.result_called", "repeated", "held_elsewhere", "counter.armed", "ticket.expired", "still_in_use", "cap_reached", "numbers.skipped", "why priority_turn", "why ordinary_turn", "why let_in", "why after_calls", "why handed_over"} {
		require.Positive(r.t, r.seen[must], "the random commands never led to %s", must)
	}
}

// pass lets time go by: mostly seconds, now and then a night.
func (r *run) pass() {
	switch i := r.random.IntN(400); {
	case i == 0:
		r.now = time.Date(r.now.Year(), r.now.Month(), r.now.Day()+1, 7, 30, 0, 0, r.now.Location())
	case i < 200:
		r.now = r.now.Add(time.Duration(r.random.IntN(4000)) * time.Millisecond)
	default:
		r.now = r.now.Add(time.Duration(r.random.IntN(25)) * time.Second)
	}
}

func (r *run) step(c Command, thorough bool) {
	r.trace = append(r.trace, fmt.Sprintf("%s %T%+v", r.now.Format(time.TimeOnly), c, c))
	var before, after []byte
	old := r.hall
	if thorough {
		before = marshal(r.t, old)
	}
	events, advanced, err := old.Advance(c, Actor{}, r.now)
	r.hall = old.Clone()
	for _, e := range events {
		r.seen[string(e.Type())]++
		if b := r.hall.Breach(Fact{At: r.now, Event: e}); b != nil {
			r.fail("%T%+v breaks the rules by which it was decided: %+v", e, e, b)
		}
		r.why(e)
		r.hall.Apply(Fact{At: r.now, Event: e})
		r.fold(e)
		r.number(e)
	}
	code := ""
	if err != nil {
		code = err.(*Refusal).Code
		r.seen[code]++
	}
	if want := r.naive.do(c, r.now); want != code {
		r.fail("answered %q, the naive model %q", code, want)
	}
	if thorough {
		if err == nil && !bytes.Equal(marshal(r.t, r.hall), marshal(r.t, advanced)) {
			r.fail("the fold of the events is another hall than the decision made")
		}
		after = marshal(r.t, old)
		if !bytes.Equal(before, after) {
			r.fail("the old hall has changed")
		}
		if !bytes.Equal(marshal(r.t, r.hall), marshal(r.t, r.again)) {
			r.fail("the fold of the journal is another hall")
		}
	}
	r.compare(thorough)
}

// why checks that whoever was called by the one key was called before each of
// those who went on waiting for a reason that can be told, and that it is true.
func (r *run) why(e Event) {
	call, ok := e.(TicketCalled)
	if !ok || call.How != ByNext {
		return
	}
	first, c := r.hall.tickets.get(call.Ticket), r.hall.counter(call.Counter)
	q := &Inquiry{hall: r.hall}
	for _, second := range r.hall.Tickets() {
		if second.State != Waiting || second == first {
			continue
		}
		reason := q.reason(c, first, second, ByNext, r.now)
		r.seen["why "+string(reason)]++
		alone := *r.hall.Clone()
		for i := range alone.lines {
			alone.lines[i].queue = nil
		}
		alone.enter(first)
		if second.Here() {
			alone.enter(second)
		}
		next, _ := alone.next(c, r.now)
		earlier := byDue(first, second) < 0
		switch reason {
		case WhyNoReason:
			r.fail("%s was called before %s for no reason", first.Number, second.Number)
		case WhyEarlier, WhyEarlierStill, WhyPriority, WhyTransferred, WhyReturned, WhyAppointment:
			if !earlier {
				r.fail("%s was called before %s as %s, but is due later", first.Number, second.Number, reason)
			}
		case WhyOtherService, WhyOtherPlace, WhyNotCheckedIn:
			if len(alone.standingFor(c, second)) > 0 {
				r.fail("%s was called before %s as %s, but could have been", first.Number, second.Number, reason)
			}
		case WhyPriorityTurn, WhyOrdinaryTurn, WhyLineTurn: // others in the lines matter
		default:
			if next != first {
				r.fail("%s was called before %s as %s, but of the two alone the other is next", first.Number, second.Number, reason)
			}
		}
	}
}

// standingFor is who would be next at c if only t waited.
func (h *Hall) standingFor(c *Counter, t *Ticket) (list []*Ticket) {
	for i := range h.lines {
		h.lines[i].queue = nil
	}
	if t.Here() {
		h.enter(t)
	}
	if next, _ := h.next(c, h.at); next != nil {
		list = append(list, next)
	}
	return list
}

func (r *run) fold(e Event) {
	version, payload, err := EncodeEvent(e)
	require.NoError(r.t, err)
	read, err := DecodeEvent(e.Type(), version, payload)
	require.NoError(r.t, err)
	r.again.Apply(Fact{At: r.now, Event: read})
}

// number checks that none is given twice in a day.
func (r *run) number(e Event) {
	switch e := e.(type) {
	case DayOpened:
		if e.Day != r.day {
			r.day, r.given = e.Day, map[string]TicketID{}
		}
	case Issued:
		if r.given[e.Number] != 0 {
			r.fail("%s given twice", e.Number)
		}
		r.given[e.Number] = e.Ticket
	}
}

// compare holds counters and queues together, and all tickets if asked to.
func (r *run) compare(thorough bool) {
	want, got := &strings.Builder{}, &strings.Builder{}
	if thorough {
		for _, p := range r.naive.tickets {
			fmt.Fprintln(want, p.line())
		}
		for _, t := range r.hall.Tickets() {
			p := person{
				id: t.ID, number: t.Number, service: t.Service, class: t.Class, state: t.State,
				counter: t.Counter, noShows: t.NoShows, rating: t.Rating,
			}
			fmt.Fprintln(got, p.line())
		}
	}
	for _, c := range r.naive.counters {
		fmt.Fprintln(want, r.naive.line(c))
	}
	for _, c := range r.hall.Counters() {
		parked := append([]TicketID(nil), c.Parked...)
		sortIDs(parked)
		fmt.Fprintln(got, fmt.Sprint(c.ID, " ", c.State, " ", c.Ticket, " ", parked, " ", c.Armed, " ", c.Clerk, " ", c.Last))
	}
	r.naive.now = r.hall.at
	for i, rule := range r.naive.rules.Services {
		if !thorough && i != len(r.trace)%len(r.naive.rules.Services) {
			continue // one of the queues each time
		}
		fmt.Fprintln(want, rule.ID, r.naive.waiting(rule.ID))
		waiting := r.hall.Waiting(rule.ID)
		fmt.Fprintln(got, rule.ID, numbers(waiting))
		for ahead, t := range waiting {
			if r.hall.Ahead(t.ID) != ahead || r.hall.CountWaiting(rule.ID) != len(waiting) {
				r.fail("%s has %d ahead of %d, says Ahead; in the list it is %d of %d", t.Number, r.hall.Ahead(t.ID), r.hall.CountWaiting(rule.ID), ahead, len(waiting))
			}
		}
	}
	if want.String() != got.String() {
		r.fail("hall and naive model differ: %s", difference(got.String(), want.String()))
	}
}

// difference shows the lines that differ.
func difference(got, want string) (text string) {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) {
			return text + "\nand the rest"
		}
		if g[i] != w[i] {
			text += fmt.Sprintf("\nhall  %s\nnaive %s", g[i], w[i])
		}
	}
	return text
}

func sortIDs(ids []TicketID) {
	for i := range ids {
		for j := range i {
			if ids[i] < ids[j] {
				ids[i], ids[j] = ids[j], ids[i]
			}
		}
	}
}

func numbers(list []*Ticket) (all []string) {
	for _, t := range list {
		all = append(all, t.Number)
	}
	return all
}

func (r *run) tail() string { return strings.Join(r.trace[max(0, len(r.trace)-12):], "\n") }

func (r *run) fail(format string, args ...any) {
	require.Fail(r.t, fmt.Sprintf(format, args...), r.tail())
}

// configure puts one of many centres in force. Services c and d, and counter q4,
// come and go.
func (r *run) configure() Command {
	r.version++
	rules := Rules{
		Series:  []Series{{Prefix: "A"}, {Prefix: "B"}},
		Classes: []ClassRule{{"elder", 15}, {"child", 5}},
		Services: []ServiceRule{
			{ID: "a", Series: "A"}, {ID: "b", Series: "B", Cap: 40}, {ID: "c", Series: "A"},
		},
		Counters: []CounterRule{
			{ID: "q1", Tiers: [][]ServiceID{{"a"}}},
			{ID: "q2", Tiers: [][]ServiceID{{"a", "b"}}, AutoOpen: true, Arm: true},
			{ID: "q3", Tiers: [][]ServiceID{{"c"}, {"a", "b"}}, Arm: true},
		},
		Order: Order{Kind: []OrderKind{HeadStart, Strict, Interleave}[r.version%3], CapMin: 5, Every: 2},
		Times: Times{ReturnAfter: 2, NoShowLimit: r.version % 2 * 3},
	}
	if r.random.IntN(2) == 0 {
		rules.Services = append(rules.Services, ServiceRule{ID: "d", Series: "B"})
		rules.Counters = append(rules.Counters, CounterRule{ID: "q4", Tiers: [][]ServiceID{{"d"}, {"b"}}, AutoOpen: true, Arm: true})
	}
	return Configure{Rules: rules, Hash: fmt.Sprint(r.version)}
}

func (r *run) command() Command {
	switch i := r.random.IntN(100); {
	case i < 26:
		return r.issue()
	case i < 50:
		return CallNext{Counter: r.counter(), Expect: r.expect()}
	case i < 72:
		return r.atCounter()
	case i < 90:
		return r.ofTicket()
	case i < 98:
		return r.staff()
	}
	return r.house()
}

func (r *run) issue() Command {
	issue := Issue{Service: ServiceID(r.pick("a", "a", "b", "c", "d")), Class: ClassID(r.pick("", "", "", "elder", "child"))}
	if r.random.IntN(8) == 0 {
		slot := r.now.Add(time.Duration(r.random.IntN(60)-20) * time.Minute).Truncate(time.Second)
		if slot.Day() == r.now.Day() {
			issue.Slot = slot
		}
	}
	return issue
}

func (r *run) atCounter() Command {
	c, expect := r.counter(), r.expect()
	switch r.random.IntN(14) {
	case 0, 1:
		return Start{c, expect}
	case 2:
		return Recall{c, expect}
	case 3:
		return Finish{Counter: c, Expect: expect}
	case 4:
		return MarkNoShow{c, expect}
	case 5, 6:
		return Park{c, expect, ParkReason(r.pick("result", "fee"))}
	case 7, 8:
		return r.transfer(c, expect)
	case 9:
		return Call{Counter: c, Target: Target{Ticket: r.ticket()}}
	case 10:
		return ResultCall{Counter: c, Target: Target{Ticket: r.parked()}}
	}
	return Undo{c}
}

func (r *run) transfer(c CounterID, expect Expect) Command {
	switch r.random.IntN(3) {
	case 0:
		return Transfer{Counter: c, Expect: expect, ToCounter: r.counter()}
	case 1:
		return Transfer{Counter: c, Expect: expect, ToClerk: ClerkID(r.pick("lan", "minh"))}
	}
	return Transfer{Counter: c, Expect: expect, ToService: ServiceID(r.pick("a", "b", "c", "d"))}
}

func (r *run) ofTicket() Command {
	id := r.ticket()
	switch r.random.IntN(8) {
	case 0:
		return CheckIn{id}
	case 1:
		return Postpone{id, 1 + r.random.IntN(5)}
	case 2, 3:
		return Return{id, r.random.IntN(4) - 1}
	case 4:
		return Cancel{Ticket: id}
	case 5:
		return SetPriority{id, ClassID(r.pick("", "elder", "child")), "seen"}
	case 6:
		return Rate{Ticket: id, Level: 1 + r.random.IntN(5)}
	}
	return CallNext{Counter: r.counter()}
}

func (r *run) staff() Command {
	c := r.counter()
	switch r.random.IntN(8) {
	case 0, 1, 2:
		return OpenCounter{c}
	case 3:
		return CloseCounter{c}
	case 4:
		return PauseCounter{Counter: c}
	case 5:
		return SignIn{Counter: c, Clerk: ClerkID(r.pick("lan", "minh"))}
	case 6:
		return SignOut{c}
	}
	return ServeDirect{Counter: c}
}

func (r *run) house() Command {
	switch r.random.IntN(12) {
	case 0:
		return CloseDay{}
	case 1, 2:
		return OpenDay{}
	case 3, 4:
		return r.configure()
	case 5:
		return Tick{Untrusted: true}
	case 6:
		series := r.pick("A", "B")
		return SkipNumbers{Series: series, To: r.hall.Numbers()[series] + r.random.IntN(6) - 1, Cause: CausePowerCut}
	}
	return Tick{}
}

func (r *run) pick(words ...string) string { return words[r.random.IntN(len(words))] }

func (r *run) counter() CounterID {
	counters := r.hall.Counters()
	return counters[r.random.IntN(len(counters))].ID
}

// ticket is mostly a recent one or at a counter, sometimes one that does not exist.
func (r *run) ticket() TicketID {
	if c := r.hall.counter(r.counter()); r.random.IntN(3) == 0 && c.Ticket != 0 {
		return c.Ticket
	}
	return TicketID(max(0, int64(r.hall.last)-r.random.Int64N(30)+1))
}

func (r *run) parked() TicketID {
	for _, c := range r.hall.Counters() {
		if len(c.Parked) > 0 {
			return c.Parked[r.random.IntN(len(c.Parked))]
		}
	}
	return r.ticket()
}

// expect names now and then what the clerk sees: the right ticket or another.
func (r *run) expect() Expect {
	if r.random.IntN(10) > 0 {
		return Expect{}
	}
	if r.random.IntN(4) == 0 {
		return Expect{Nobody: true}
	}
	return Expect{Ticket: r.ticket()}
}
