package sim

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// hall is the simulated centre.
type hall struct {
	book    *store.Builder
	doc     *centre.Document
	rand    *rand.Rand
	agenda  agenda
	tickets int
	keys    int
	busy    map[queue.CounterID]queue.TicketID // whose work has been planned
}

// event is something that will happen.
type event struct {
	at    time.Time
	quiet bool // it frees no counter and brings nobody
	do    func(at time.Time) error
}

// agenda is a heap of events by time.
type agenda []event

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(event)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func (h *hall) plan(at time.Time, do func(at time.Time) error) {
	heap.Push(&h.agenda, event{at: at, do: do})
}

// chance is true in so many of a hundred.
func (h *hall) chance(percent int) bool { return h.rand.IntN(100) < percent }

// between gives a length of time in seconds.
func (h *hall) between(least, most int) time.Duration {
	return time.Duration(least*1000+h.rand.IntN((most-least)*1000+1)) * time.Millisecond
}

// do carries out a command with a key, as pages and keypads send it. A refusal is
// part of life.
func (h *hall) do(at time.Time, c queue.Command, by queue.Actor) error {
	h.keys++
	key := fmt.Sprintf("%08x-5117-4a2b-9c3d-%012x", h.rand.Uint32(), h.keys)
	err := h.book.Do(at, store.Request{Command: c, By: by, Key: key, Digest: "simulated"})
	var no *queue.Refusal
	if errors.As(err, &no) {
		return nil
	}
	return err
}

// day lives through one day.
func (h *hall) day(midnight time.Time, tickets int) error {
	h.agenda, h.busy = nil, map[queue.CounterID]queue.TicketID{}
	open := midnight.Add(7*time.Hour + 25*time.Minute)
	h.plan(open, func(at time.Time) error { return h.do(at, queue.OpenDay{}, queue.Actor{Via: "page"}) })
	for i, c := range h.doc.Counters {
		clerk := queue.ClerkID(fmt.Sprintf("cb%02d", (i+midnight.YearDay())%len(h.doc.Counters)+1))
		h.plan(open.Add(h.between(30, 240)), func(at time.Time) error {
			by := queue.Actor{Via: "page"}
			if err := h.do(at, queue.SignIn{Counter: queue.CounterID(c.ID), Clerk: clerk}, by); err != nil {
				return err
			}
			return h.do(at, queue.OpenCounter{Counter: queue.CounterID(c.ID)}, by)
		})
	}
	for range tickets {
		from := midnight.Add(7*time.Hour + 31*time.Minute)
		if h.chance(40) {
			from = midnight.Add(13*time.Hour + 31*time.Minute)
		}
		h.plan(from.Add(h.between(0, 2*3600+40*60)), h.arrive)
	}
	h.plan(midnight.Add(18*time.Hour), func(at time.Time) error {
		return h.do(at, queue.CloseDay{}, queue.Actor{Via: "page"})
	})
	for len(h.agenda) > 0 {
		e := heap.Pop(&h.agenda).(event)
		if err := e.do(e.at); err != nil {
			return err
		}
		if e.quiet {
			continue
		}
		if err := h.look(e.at); err != nil {
			return err
		}
	}
	return nil
}

// arrive takes a number, which is printed.
func (h *hall) arrive(at time.Time) error {
	offered := slices.DeleteFunc(slices.Clone(h.doc.Services), func(s centre.Service) bool {
		return len(s.At) > 0 && !slices.Contains(s.At, string(queue.AtKiosk))
	})
	service := offered[h.rand.IntN(len(offered))]
	kiosk := h.doc.Kiosks[h.rand.IntN(len(h.doc.Kiosks))].ID
	issue := queue.Issue{Service: queue.ServiceID(service.ID), Kiosk: queue.KioskID(kiosk), Print: true, Lang: "vi"}
	if h.chance(12) && len(h.doc.Priority) > 0 {
		issue.Class = queue.ClassID(h.doc.Priority[h.rand.IntN(len(h.doc.Priority))].ID)
	}
	before := h.book.Seq()
	if err := h.do(at, issue, queue.Actor{Via: "kiosk/" + kiosk}); err != nil || h.book.Seq() == before {
		return err
	}
	h.tickets++
	order := h.book.Seq()
	ticket := h.book.Hall().Tickets()
	id := ticket[len(ticket)-1].ID
	heap.Push(&h.agenda, event{at: at.Add(1500 * time.Millisecond), quiet: true, do: func(at time.Time) error {
		note, err := cbor.Marshal(struct {
			Ticket  queue.TicketID `cbor:"1,keyasint"`
			Order   store.Seq      `cbor:"2,keyasint"`
			Printer string         `cbor:"3,keyasint"`
		}{id, order, "p1"})
		if err != nil {
			return err
		}
		return h.book.Note(at, "printer.printed", 1, note)
	}})
	return nil
}

// look plans the work on whoever has been called since, and lets free counters call.
func (h *hall) look(at time.Time) error {
	hall := h.book.Hall()
	if hall.Day() == "" {
		return nil
	}
	for _, c := range hall.Counters() {
		switch {
		case c.Ticket != 0 && h.busy[c.ID] != c.Ticket:
			h.busy[c.ID] = c.Ticket
			h.serve(at, c.ID, c.Ticket)
		case c.Ticket == 0: // whoever was there may come again
			h.busy[c.ID] = 0
		}
		if c.Ticket != 0 || c.State != queue.Open || c.Armed {
			continue
		}
		if !h.somebody(c.ID) { // quicker than to ask who
			continue
		}
		if next, _ := hall.NextFor(c.ID, at); next == nil {
			continue
		}
		if err := h.do(at, queue.CallNext{Counter: c.ID}, queue.Actor{Via: "keypad/" + string(c.ID)}); err != nil {
			return err
		}
		if now, _ := h.book.Hall().Counter(c.ID); now != nil && now.Ticket != 0 {
			h.busy[c.ID] = now.Ticket
			h.serve(at, c.ID, now.Ticket)
		}
	}
	return nil
}

// somebody reports whether anybody waits for a service of the counter.
func (h *hall) somebody(id queue.CounterID) bool {
	hall := h.book.Hall()
	c, _ := h.doc.Counter(id)
	waits := func(s string) bool { return hall.CountWaiting(queue.ServiceID(s)) > 0 }
	return slices.ContainsFunc(c.Services, waits) || slices.ContainsFunc(c.Help, waits)
}

// serve plans what becomes of a called ticket.
func (h *hall) serve(at time.Time, c queue.CounterID, t queue.TicketID) {
	expect := queue.Expect{Ticket: t}
	pad, page := queue.Actor{Via: "keypad/" + string(c)}, queue.Actor{Via: "page"}
	then := func(after time.Duration, by queue.Actor, cmd queue.Command) time.Time {
		at = at.Add(after)
		h.plan(at, func(at time.Time) error { return h.do(at, cmd, by) })
		return at
	}
	if h.chance(40) {
		then(h.between(20, 40), pad, queue.Recall{Counter: c, Expect: expect})
	}
	if h.chance(4) {
		then(h.between(20, 40), pad, queue.MarkNoShow{Counter: c, Expect: expect})
		if h.chance(40) {
			then(h.between(60, 900), page, queue.Return{Ticket: t, After: -1})
		}
		return
	}
	then(h.between(10, 45), pad, queue.Start{Counter: c, Expect: expect})
	work := h.between(60, 420)
	if h.chance(8) {
		work = h.between(420, 1500)
	}
	switch {
	case h.chance(6):
		to := h.doc.Counters[h.rand.IntN(len(h.doc.Counters))].Services[0]
		then(work, page, queue.Transfer{Counter: c, Expect: expect, ToService: queue.ServiceID(to)})
		then(time.Second, pad, queue.Finish{Counter: c, Expect: expect}) // where it cannot be sent
		return
	case h.chance(2):
		then(work, page, queue.Park{Counter: c, Expect: expect, Reason: queue.ParkSupplement})
		then(h.between(300, 1800), page, queue.Return{Ticket: t})
		return
	}
	then(work, pad, queue.Finish{Counter: c, Expect: expect})
	if h.chance(45) {
		level := 5 - min(h.rand.IntN(8)/2, h.rand.IntN(5))
		then(h.between(3, 20), queue.Actor{Via: "rate/" + string(c)}, queue.Rate{Ticket: t, Level: level})
	}
}
