package counter

import (
	"net/http"
	"time"

	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// whyJSON answers "why was this number called before that one?".
type whyJSON struct {
	Sentence string       `json:"sentence"` // in the reader's language
	Reason   queue.Reason `json:"reason"`
	First    string       `json:"first"` // the number that was called first, or the first asked for
	Second   string       `json:"second"`
	CalledAt door.Time    `json:"called_at,omitzero"` // First's call
	Counter  string       `json:"counter,omitempty"`
}

// why takes ?first=A012&second=A007&day=2026-11-22; no day is the last one.
func (r *Room) why(w http.ResponseWriter, req *http.Request) error {
	q := req.URL.Query()
	for _, field := range []string{"first", "second"} {
		if q.Get(field) == "" {
			return &door.Problem{Code: "bad_query", Args: map[string]any{"field": field}}
		}
	}
	day := q.Get("day")
	if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
		return &door.Problem{Code: "bad_query", Args: map[string]any{"field": "day"}}
	}
	found, hall, err := r.book.Why(queue.Day(day), q.Get("first"), q.Get("second"))
	if err != nil {
		return err
	}
	doc := centre.InForce(hall)
	out := whyJSON{
		Sentence: Teller{Words: r.words, Lang: door.Lang(req), Doc: doc}.Why(found),
		Reason:   found.Reason, First: found.Numbers[0], Second: found.Numbers[1], Counter: string(found.Counter),
	}
	if !found.At.IsZero() {
		out.CalledAt = door.Time{Time: found.At.In(doc.Location())}
	}
	return door.Write(w, http.StatusOK, out)
}

// Why is the answer in one sentence.
func (s Teller) Why(w queue.Why) string {
	args := map[string]any{"first": w.Numbers[0], "second": w.Numbers[1]}
	if w.Reason == queue.WhyNobodyCalled {
		return s.say("audit.why.nobody_called", args)
	}
	args["at"], args["counter"] = s.clock(w.At), s.counter(w.Counter)
	if w.Reason == queue.WhySameTime {
		args["at"], args["other"] = s.seconds(w.At), s.counter(w.SecondCounter)
		return s.say("audit.why.same_time", args)
	}
	args["because"] = s.because(w)
	if w.Reversed {
		return s.say("audit.why.reversed", args)
	}
	return s.say("audit.why", args)
}

// because is the reason as the end of a sentence.
func (s Teller) because(w queue.Why) string {
	clock, from, other := s.clock, since(&w.First), since(&w.Second)
	switch w.Reason {
	case queue.WhyEarlier, queue.WhyAppointment, queue.WhyTransferred, queue.WhyReturned:
		if from.Truncate(time.Second).Equal(other.Truncate(time.Second)) {
			return s.withinSecond(w, from)
		}
	}
	if from.Truncate(time.Minute).Equal(other.Truncate(time.Minute)) {
		clock = s.seconds
	}
	args := map[string]any{
		"first": w.Numbers[0], "second": w.Numbers[1], "counter": s.counter(w.Counter),
		"first_from": clock(from), "second_from": clock(other),
		"first_class": s.class(w.First.Class), "second_class": s.class(w.Second.Class),
		"first_service": s.service(w.First.Service), "second_service": s.service(w.Second.Service),
		"minutes": w.Minutes, "calls": w.N, "who": s.Who(w.By),
	}
	if !w.Second.NotBefore.IsZero() {
		args["until"] = s.clock(w.Second.NotBefore)
	}
	return s.say("audit.why."+string(w.Reason), args)
}

// withinSecond is the reason where both count as waiting from the same second, which
// clocks that show seconds would not tell apart.
func (s Teller) withinSecond(w queue.Why, from time.Time) string {
	key := "audit.why.within_second"
	if w.First.ID < w.Second.ID {
		key = "audit.why.same_second"
	}
	return s.say(key, map[string]any{"first": w.Numbers[0], "second": w.Numbers[1], "at": s.seconds(from)})
}

// since is when a ticket counts as waiting from; that of one which has not come is
// its issue.
func since(t *queue.Ticket) time.Time {
	if t.From.IsZero() {
		return t.IssuedAt
	}
	return t.From
}
