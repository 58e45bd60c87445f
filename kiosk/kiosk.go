// Package kiosk is the citizen's side of the hall: the services on offer, taking
// a number, and the page of a ticket on the citizen's own phone.
//
// Promises:
//
//   - A number is shown only after the book has answered; the page's large
//     number comes from the answer 201 and from nothing else.
//   - The answer says whether paper is to be expected (paper), so that the page
//     can tell people to remember the number when it is not.
//   - What the public pages get is listed field by field in state.go and
//     phone.go. No clerk, no other citizen's number and no note of a clerk is
//     among it.
//   - Of an identity card under the scanner nothing is kept but whether its holder
//     has a number of a service today, under a key that dies with the day
//     (persons.go). Without a card everything works as with one.
//   - A ticket belongs to who holds its link. The link is told to the one who
//     took the number and to nobody else; staff go by id.
//
// Decisions: a kiosk's state is sent whole, since it is small and lets the
// browser fold nothing. It has no field that changes by itself, because the feed
// looks at it every few seconds and sends it when it differs: so do the hours of
// issue reach the page. Names are sent in all languages, so that one state serves
// every page of a kiosk, whatever language its citizen has chosen.
package kiosk

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"xinmoi/assets"
	"xinmoi/store"
	"xinmoi/store/door"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// Options are what the room works with. All but Dir are needed.
type Options struct {
	Book  *store.Book
	Feed  *feed.Feed
	Words func(lang, key string, args map[string]any) string
	Log   *slog.Logger
	Dir   string // the room's folder; "": nothing outlives the process
}

// Kiosk is the room.
type Kiosk struct {
	book  *store.Book
	feed  *feed.Feed
	words func(lang, key string, args map[string]any) string
	log   *slog.Logger
	page  []byte
	phone []byte

	persons persons
	holders holders

	mu    sync.Mutex
	asked map[queue.KioskID]time.Time // for help, last
	gave  map[queue.KioskID]gave      // what the pages have said of themselves in this run
}

// New makes the room and registers its views.
func New(o Options) *Kiosk {
	k := &Kiosk{book: o.Book, feed: o.Feed, words: o.Words, log: o.Log,
		page: assets.Page("kiosk"), phone: assets.Page("phone"),
		asked: map[queue.KioskID]time.Time{}, gave: map[queue.KioskID]gave{}}
	if o.Dir != "" {
		k.persons.dir = filepath.Join(o.Dir, PersonsFolder)
	}
	if err := k.persons.begin(o.Book.View().Hall.Day()); err != nil {
		o.Log.Error("the key of the day", "err", err)
	}
	o.Feed.On("gave", k.heard)
	o.Feed.Register(feed.View{Name: "kiosk", Kind: door.KindKiosk, Who: door.Anyone,
		Snapshot: k.kioskSnapshot, Event: k.kioskEvent})
	o.Feed.Register(feed.View{Name: "phone", Kind: door.KindPhone, Who: door.Anyone,
		Snapshot: k.phoneSnapshot, Event: k.phoneEvent})
	return k
}

// Run destroys the key of the day when the day ends, until ctx ends.
func (k *Kiosk) Run(ctx context.Context) error {
	bell, stop := k.book.Bell()
	defer stop()
	for {
		if err := k.persons.turn(k.book.View().Hall.Day()); err != nil {
			k.log.Error("the key of the day", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-bell:
		}
	}
}

// Routes are the room's part of the table.
func (k *Kiosk) Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Pattern: "/kiosk/{id}", Kind: door.KindKiosk, Who: door.Anyone,
			About: "The page of a kiosk", Handle: html(k.page)},
		{Method: "GET", Pattern: "/t/{link}", Kind: door.KindPhone, Who: door.Anyone,
			About: "The page of a ticket, for its holder's phone", Handle: html(k.phone)},
		{Method: "GET", Pattern: "/api/v1/centre", Kind: door.KindAPI, Who: door.Anyone,
			About: "Centre, services and counters as they stand", Answer: Centre{}, Handle: k.getCentre},
		{Method: "GET", Pattern: "/api/v1/kiosks/{id}", Kind: door.KindKiosk, Who: door.Anyone,
			About: "What a kiosk shows, as its view in the stream", Answer: State{}, Handle: k.getKiosk},
		{Method: "POST", Pattern: "/api/v1/kiosks/{id}/help", Kind: door.KindKiosk, Who: door.Anyone,
			About: "Call a person to a kiosk", Answer: struct{}{}, Status: http.StatusAccepted, Handle: k.postHelp},
		{Method: "POST", Pattern: "/api/v1/tickets", Kind: door.KindKiosk, Who: door.Anyone,
			About: "Take a number", Request: issueBody{}, Answer: Issued{}, Status: http.StatusCreated, Handle: k.postTicket},
		{Method: "GET", Pattern: "/api/v1/tickets", Kind: door.KindCounter, Who: door.Staff,
			About: "The tickets of the open or last day", Answer: door.List[Ticket]{}, Handle: k.getTickets},
		// A ticket is its holder's by the link, which nobody guesses, so these
		// are open wherever any page is. By id they are for staff: see holds.
		{Method: "GET", Pattern: "/api/v1/tickets/{id}", Kind: door.KindAPI, Who: door.Anyone,
			About: "A ticket, by its holder's link or, for staff, by id", Answer: Held{}, Handle: k.getTicket},
		{Method: "GET", Pattern: "/api/v1/tickets/{id}/qr.svg", Kind: door.KindAPI, Who: door.Anyone,
			About: "The QR code of a ticket's page", Handle: k.getQR},
		{Method: "POST", Pattern: "/api/v1/tickets/{id}/cancel", Kind: door.KindAPI, Who: door.Anyone,
			About: "Give a number back", Request: cancelBody{}, Answer: Held{}, Handle: k.postCancel},
		{Method: "POST", Pattern: "/api/v1/tickets/{id}/postpone", Kind: door.KindAPI, Who: door.Anyone,
			About: "Be called later", Request: postponeBody{}, Answer: Held{}, Handle: k.postPostpone},
		{Method: "POST", Pattern: "/api/v1/tickets/{id}/return", Kind: door.KindCounter, Who: door.Staff,
			About: "Put a missed or parked ticket back into the queue", Request: returnBody{}, Answer: Ticket{}, Handle: k.postReturn},
		{Method: "POST", Pattern: "/api/v1/tickets/{id}/priority", Kind: door.KindCounter, Who: door.Staff,
			About: "Set the class of priority", Request: priorityBody{}, Answer: Ticket{}, Handle: k.postPriority},
	}
}

// html serves a page. Its address names what it shows; the page asks for that.
func html(page []byte) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
		return nil
	}
}
