package counter

import (
	"net/http"
	"strconv"

	"xinmoi/store/door"
	"xinmoi/store/queue"
)

type ticketAnswer struct {
	Ticket ticketJSON `json:"ticket"`
}

type dayAnswer struct {
	Day queue.Day `json:"day"` // "" when no day is open
}

// ticketVerbs are the staff's calls on a ticket of the day and on the day.
func (r *Room) ticketVerbs() []door.Route {
	return []door.Route{
		{
			Method: "POST", Pattern: "/api/v1/tickets/{id}/outcome", Kind: door.KindCounter, Who: door.Staff,
			Request: outcomeBody{}, Answer: ticketAnswer{}, Handle: r.setOutcome,
		},
		{
			Method: "POST", Pattern: "/api/v1/tickets/{id}/dossier", Kind: door.KindCounter, Who: door.Staff,
			Request: dossierBody{}, Answer: ticketAnswer{}, Handle: r.linkDossier,
		},
		{
			Method: "POST", Pattern: "/api/v1/day/open", Kind: door.KindSupervisor, Who: door.Staff,
			Request: emptyBody{}, Answer: dayAnswer{}, Handle: r.day(queue.OpenDay{}),
		},
		{
			Method: "POST", Pattern: "/api/v1/day/close", Kind: door.KindSupervisor, Who: door.Staff,
			Request: emptyBody{}, Answer: dayAnswer{}, Handle: r.day(queue.CloseDay{}),
		},
	}
}

func (r *Room) setOutcome(w http.ResponseWriter, req *http.Request) error {
	b, err := door.Read[outcomeBody](req)
	if err != nil {
		return err
	}
	return r.onTicket(w, req, func(id queue.TicketID) queue.Command {
		return queue.SetOutcome{Ticket: id, Outcomes: b.Outcomes}
	})
}

func (r *Room) linkDossier(w http.ResponseWriter, req *http.Request) error {
	b, err := door.Read[dossierBody](req)
	if err != nil {
		return err
	}
	return r.onTicket(w, req, func(id queue.TicketID) queue.Command {
		return queue.LinkDossier{Ticket: id, Dossier: b.Dossier}
	})
}

func (r *Room) onTicket(w http.ResponseWriter, req *http.Request, command func(queue.TicketID) queue.Command) error {
	n, err := strconv.ParseUint(req.PathValue("id"), 10, 64)
	if err != nil {
		return queue.ErrUnknownTicket
	}
	id := queue.TicketID(n)
	v := r.book.View()
	t, ok := v.Hall.Ticket(id)
	if !ok {
		return queue.ErrUnknownTicket
	}
	a, err := door.Do(req, r.book, command(id), actor(v, t.Counter, req))
	if err != nil {
		return err
	}
	t, ok = a.View.Hall.Ticket(id)
	if !ok { // the day went by between the press and a repeated answer
		return queue.ErrUnknownTicket
	}
	return door.Write(w, http.StatusOK, ticketAnswer{Ticket: newScribe(a.View.Hall).ticket(t)})
}

func (r *Room) day(c queue.Command) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, req *http.Request) error {
		if _, err := door.Read[emptyBody](req); err != nil {
			return err
		}
		a, err := door.Do(req, r.book, c, actor(r.book.View(), "", req))
		if err != nil {
			return err
		}
		return door.Write(w, http.StatusOK, dayAnswer{Day: a.View.Hall.Day()})
	}
}
