package queue

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBreaches(t *testing.T) {
	s := hallOf(t, "08:01:00 issue civil", "08:01:00 issue civil class=elder", "08:01:00 issue civil",
		"08:02:00 call q2 A003", "08:02:01 open q1")
	a1, a2, a3 := s.ticket("A001"), s.ticket("A002"), s.ticket("A003")
	next := Issued{Ticket: a3 + 1, Number: "A004", Series: "A", Index: 4, Service: "civil"}
	twice := next
	twice.Number, twice.Index = "A003", 3
	for name, c := range map[string]struct {
		event Event
		want  *Breach
	}{
		"the one who is next":          {TicketCalled{Ticket: a2, Counter: "q1", How: ByNext}, nil},
		"somebody else":                {TicketCalled{Ticket: a1, Counter: "q1", How: ByNext}, &Breach{"not_next", "A001", "A002"}},
		"by number":                    {TicketCalled{Ticket: a1, Counter: "q1", How: ByNumber}, nil},
		"held elsewhere":               {TicketCalled{Ticket: a3, Counter: "q1", How: ByNumber}, &Breach{"not_callable", "A003", ""}},
		"to a busy counter":            {TicketCalled{Ticket: a1, Counter: "q2", How: ByNumber}, &Breach{"not_callable", "A001", ""}},
		"nobody":                       {TicketCalled{Ticket: 99, Counter: "q1", How: ByNext}, &Breach{"unknown_ticket", "", ""}},
		"the next number":              {next, nil},
		"a number for the second time": {twice, &Breach{"bad_number", "A003", "A004"}},
		"finished where it is not":     {TicketFinished{Ticket: a3, Counter: "q1"}, &Breach{"not_held", "A003", ""}},
		"a result not parked for":      {ResultCalled{Ticket: a1, Counter: "q1"}, &Breach{"not_callable", "A001", ""}},
	} {
		assert.Equal(t, c.want, s.hall.Breach(Fact{At: s.now, Event: c.event}), name)
	}
}
