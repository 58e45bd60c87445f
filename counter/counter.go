// Package counter is the staff side of the hall: key presses and clicks become
// commands of store/queue, and what the clerk and the supervisor see is read
// from the hall that the book has published.
//
// Promises and decisions:
//
//   - Every button of the page and every key of a keypad is the same command;
//     the rules stand in store/queue and nowhere here.
//   - A body may name the ticket that the clerk sees. If another one is current
//     the rules refuse with ticket_changed, and the page shows the new state:
//     two people at one counter never finish each other's citizen unseen.
//   - The actor of a command is the clerk signed in at that counter, and the way
//     it came ("page", "api", "keypad/q1"). A body cannot name a clerk.
//   - The views "counter" and "supervisor" are allow-lists: a field reaches a
//     screen only by being copied into the structs of view.go and supervisor.go.
//     Rejected: sending queue.Ticket as it is, since its next field would leak.
//   - After a start the view says since when the daemon runs, if the ticket at
//     the counter is older. The page then asks the clerk what became of the
//     person, instead of guessing.
package counter

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"xinmoi/assets"
	"xinmoi/store"
	"xinmoi/store/door"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// Options is what the room needs.
type Options struct {
	Book    *store.Book
	Feed    *feed.Feed
	Words   func(lang, key string, args map[string]any) string
	Log     *slog.Logger
	Started time.Time // when the daemon started; zero: when New is called
}

// Room is the staff side of the hall.
type Room struct {
	book    *store.Book
	feed    *feed.Feed
	words   func(lang, key string, args map[string]any) string
	log     *slog.Logger
	started time.Time

	checking sync.Mutex // one answer of the morning's check at a time
}

// New builds the room and registers its views with the feed, if there is one.
func New(o Options) *Room {
	r := &Room{book: o.Book, feed: o.Feed, words: o.Words, log: o.Log, started: o.Started}
	if r.started.IsZero() {
		r.started = r.book.Now()
	}
	if r.feed != nil {
		r.feed.Register(feed.View{Name: "counter", Kind: door.KindCounter, Who: door.Staff, Snapshot: r.counterState, Event: counterEvent})
		r.feed.Register(feed.View{Name: "supervisor", Kind: door.KindSupervisor, Who: door.Staff, Snapshot: r.supervisorState, Event: supervisorEvent})
	}
	return r
}

// Routes are the pages and calls of the staff.
func (r *Room) Routes() []door.Route {
	routes := []door.Route{
		{Method: "GET", Pattern: "/counter/{id}", Kind: door.KindCounter, Who: door.Staff, Handle: r.counterPage},
		{Method: "GET", Pattern: "/supervisor", Kind: door.KindSupervisor, Who: door.Staff, Handle: r.supervisorPage},
		{Method: "GET", Pattern: "/api/v1/counters", Kind: door.KindCounter, Who: door.Staff, Answer: door.List[counterJSON]{}, Handle: r.listCounters},
		{Method: "GET", Pattern: "/api/v1/counters/{id}", Kind: door.KindCounter, Who: door.Staff, Answer: answer{}, Handle: r.getCounter},
		{
			Method: "GET", Pattern: "/api/v1/clock", Kind: door.KindSupervisor, Who: door.Staff, Answer: clockJSON{}, Handle: r.getClock,
			About: "What time it is, and what the machine's clock says.",
		},
		{
			Method: "POST", Pattern: "/api/v1/clock", Kind: door.KindSupervisor, Who: door.Staff, Request: clockBody{}, Answer: clockJSON{}, Handle: r.setClock,
			About: "Say what time it is, or that the machine's clock is right.",
		},
		{
			Method: "GET", Pattern: "/api/v1/audit/why", Kind: door.KindSupervisor, Who: door.Staff, Answer: whyJSON{}, Handle: r.why,
			About: "Why one number was called before another, in one sentence. Query: first=A012, second=A007, day=2026-11-22 (default: the last).",
		},
		{Method: "GET", Pattern: "/api/v1/devices", Kind: door.KindSystem, Who: door.Staff, Answer: door.List[deviceJSON]{}, Handle: r.listDevices},
	}
	routes = append(routes, r.counterVerbs()...)
	routes = append(routes, r.morningRoutes()...)
	return append(routes, r.ticketVerbs()...)
}

func (r *Room) counterPage(w http.ResponseWriter, req *http.Request) error {
	v := r.book.View()
	if _, ok := v.Hall.Counter(queue.CounterID(req.PathValue("id"))); !ok {
		return queue.ErrUnknownCounter
	}
	return page(w, "counter")
}

func (r *Room) supervisorPage(w http.ResponseWriter, _ *http.Request) error {
	return page(w, "supervisor")
}

func page(w http.ResponseWriter, name string) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := w.Write(assets.Page(name))
	return err
}

// actor is who gives a command at a counter: the clerk signed in there, by a
// page (browsers send Origin with every POST) or by another program.
func actor(v *store.View, id queue.CounterID, req *http.Request) queue.Actor {
	by := queue.Actor{Via: "api"}
	if req.Header.Get("Origin") != "" {
		by.Via = "page"
	}
	if c, ok := v.Hall.Counter(id); ok {
		by.Clerk = c.Clerk
	}
	return by
}
