package counter

import (
	"net/http"
	"time"

	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// Bodies of the calls. Ticket, where it is not the target, is the ticket that
// the clerk sees, 0 for an empty counter; it may be left out.
type (
	seenBody struct {
		Ticket *queue.TicketID `json:"ticket,omitempty"`
	}
	targetBody struct {
		Ticket queue.TicketID `json:"ticket,omitempty"`
		Number string         `json:"number,omitempty"`
		Seen   queue.TicketID `json:"seen,omitempty"` // the ticket at the counter while another is asked for
	}
	finishBody struct {
		Ticket   queue.TicketID        `json:"ticket,omitempty"`
		Outcomes map[queue.Outcome]int `json:"outcomes,omitempty"`
	}
	parkBody struct {
		Ticket queue.TicketID   `json:"ticket,omitempty"`
		Reason queue.ParkReason `json:"reason,omitempty"`
	}
	transferBody struct {
		Ticket  queue.TicketID  `json:"ticket,omitempty"`
		Service queue.ServiceID `json:"service,omitempty"`
		Counter queue.CounterID `json:"counter,omitempty"`
		Clerk   queue.ClerkID   `json:"clerk,omitempty"`
		Note    string          `json:"note,omitempty"`
	}
	returnBody struct {
		Ticket queue.TicketID `json:"ticket"`
		After  *int           `json:"after,omitempty"` // left out: the centre's setting
	}
	pauseBody struct {
		Reason string    `json:"reason,omitempty"`
		Until  time.Time `json:"until,omitzero"`
	}
	signInBody struct {
		Clerk   queue.ClerkID `json:"clerk"`
		Profile string        `json:"profile,omitempty"`
	}
	directBody struct {
		Service  queue.ServiceID       `json:"service"`
		Outcomes map[queue.Outcome]int `json:"outcomes,omitempty"`
	}
	outcomeBody struct {
		Outcomes map[queue.Outcome]int `json:"outcomes"`
	}
	dossierBody struct {
		Dossier string `json:"dossier"`
	}
	emptyBody struct{}
)

func (b seenBody) expect() queue.Expect {
	if b.Ticket == nil {
		return queue.Expect{}
	}
	return queue.Expect{Ticket: *b.Ticket, Nobody: *b.Ticket == 0}
}

func (b targetBody) target() queue.Target   { return queue.Target{Ticket: b.Ticket, Number: b.Number} }
func (b finishBody) expect() queue.Expect   { return queue.Expect{Ticket: b.Ticket} }
func (b parkBody) expect() queue.Expect     { return queue.Expect{Ticket: b.Ticket} }
func (b transferBody) expect() queue.Expect { return queue.Expect{Ticket: b.Ticket} }

// answer is the counter after the call.
type answer struct {
	Counter counterJSON `json:"counter"`
}

// counterVerbs are the POST calls below a counter, one line each.
func (r *Room) counterVerbs() []door.Route {
	type id = queue.CounterID
	return []door.Route{
		verb(r, "next", func(c id, b seenBody) queue.Command { return queue.CallNext{Counter: c, Expect: b.expect()} }),
		verb(r, "recall", func(c id, b seenBody) queue.Command { return queue.Recall{Counter: c, Expect: b.expect()} }),
		verb(r, "start", func(c id, b seenBody) queue.Command { return queue.Start{Counter: c, Expect: b.expect()} }),
		verb(r, "no-show", func(c id, b seenBody) queue.Command { return queue.MarkNoShow{Counter: c, Expect: b.expect()} }),
		verb(r, "finish", func(c id, b finishBody) queue.Command {
			return queue.Finish{Counter: c, Expect: b.expect(), Outcomes: b.Outcomes}
		}),
		verb(r, "call", func(c id, b targetBody) queue.Command {
			return queue.Call{Counter: c, Target: b.target(), Expect: queue.Expect{Ticket: b.Seen}}
		}),
		verb(r, "result-call", func(c id, b targetBody) queue.Command { return queue.ResultCall{Counter: c, Target: b.target()} }),
		verb(r, "park", func(c id, b parkBody) queue.Command {
			return queue.Park{Counter: c, Expect: b.expect(), Reason: b.Reason}
		}),
		verb(r, "transfer", func(c id, b transferBody) queue.Command {
			return queue.Transfer{
				Counter: c, Expect: b.expect(), ToService: b.Service, ToCounter: b.Counter, ToClerk: b.Clerk,
				Note: b.Note,
			}
		}),
		verb(r, "return", func(_ id, b returnBody) queue.Command {
			after := -1
			if b.After != nil {
				after = *b.After
			}
			return queue.Return{Ticket: b.Ticket, After: after}
		}),
		verb(r, "undo", func(c id, _ emptyBody) queue.Command { return queue.Undo{Counter: c} }),
		verb(r, "open", func(c id, _ emptyBody) queue.Command { return queue.OpenCounter{Counter: c} }),
		verb(r, "pause", func(c id, b pauseBody) queue.Command {
			return queue.PauseCounter{Counter: c, Reason: b.Reason, Until: b.Until}
		}),
		verb(r, "close", func(c id, _ emptyBody) queue.Command { return queue.CloseCounter{Counter: c} }),
		verb(r, "sign-in", func(c id, b signInBody) queue.Command {
			return queue.SignIn{Counter: c, Clerk: b.Clerk, Profile: b.Profile}
		}),
		verb(r, "sign-out", func(c id, _ emptyBody) queue.Command { return queue.SignOut{Counter: c} }),
		verb(r, "serve-direct", func(c id, b directBody) queue.Command {
			return queue.ServeDirect{Counter: c, Service: b.Service, Outcomes: b.Outcomes}
		}),
	}
}

// verb is the route POST /api/v1/counters/{id}/name with body T.
func verb[T any](r *Room, name string, command func(queue.CounterID, T) queue.Command) door.Route {
	var body T
	return door.Route{
		Method: "POST", Pattern: "/api/v1/counters/{id}/" + name, Kind: door.KindCounter, Who: door.Staff,
		Request: body, Answer: answer{},
		Handle: func(w http.ResponseWriter, req *http.Request) error {
			body, err := door.Read[T](req)
			if err != nil {
				return err
			}
			id := queue.CounterID(req.PathValue("id"))
			v := r.book.View()
			if _, ok := v.Hall.Counter(id); !ok {
				return queue.ErrUnknownCounter
			}
			a, err := door.Do(req, r.book, command(id, body), actor(v, id, req))
			if err != nil {
				return err
			}
			return writeCounter(w, a.View.Hall, id)
		},
	}
}

func (r *Room) getCounter(w http.ResponseWriter, req *http.Request) error {
	return writeCounter(w, r.book.View().Hall, queue.CounterID(req.PathValue("id")))
}

func writeCounter(w http.ResponseWriter, h *queue.Hall, id queue.CounterID) error {
	c, ok := h.Counter(id)
	if !ok {
		return queue.ErrUnknownCounter
	}
	return door.Write(w, http.StatusOK, answer{Counter: newScribe(h).counter(c)})
}

func (r *Room) listCounters(w http.ResponseWriter, _ *http.Request) error {
	h := r.book.View().Hall
	s := newScribe(h)
	var out []counterJSON
	for _, c := range h.Counters() {
		out = append(out, s.counter(c))
	}
	return door.Write(w, http.StatusOK, door.Items(out))
}
