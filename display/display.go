// Package display shows who is called where: the wall page and its voice here, the
// LED signs beside it.
//
// Promises and decisions:
//
//   - A board is a state reader: every message carries the whole picture,
//     computed from the hall, so that a screen which slept, reloaded or was
//     plugged in late is right at once. What may blink is decided by the event
//     in the message and never by the state: after a restart nothing old moves.
//   - The view "board" is an allow-list. No clerk, no class of priority, no
//     note, no ticket id reaches a public screen, in state or in event.
//   - A call lives on the board until newer ones push it out. A no-show moves
//     to "missed" and a ticket that was taken back or handed on disappears.
//   - Working hours are sent as instants for the coming days, and the page
//     compares them with its clock, which follows ours. Rejected: a timer here
//     that pushes "closed now", since a board that was offline at that second
//     would show the wrong thing all evening.
//   - Sizes are physical. How many rows a board has follows from its diagonal
//     and the farthest seat, so that a row can be read from there
//     (centre.Document.Reading).
package display

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"xinmoi/assets"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/feed"
)

// Options is what the room needs.
type Options struct {
	Book  *store.Book
	Feed  *feed.Feed
	Words func(lang, key string, args map[string]any) string
	Log   *slog.Logger
	Dir   string // for the room's own files, DATA/display; "" for none
	Aplay string // ALSA's player, for zones in which this machine speaks; "" for none
	Build string // of the pages: those that are older load themselves anew
}

// Room is everything that shows calls.
type Room struct {
	book  *store.Book
	words func(lang, key string, args map[string]any) string
	log   *slog.Logger
	voice *announcer // nil: without a feed nobody could be asked to speak

	emergency sync.Mutex // held while a message is set

	notices  *noticeboard
	build    string        // of the pages
	polls    chan struct{} // one slot for each old television
	stopping chan struct{}
	letGo    sync.Once
}

// New builds the room and registers its view with the feed, if there is one.
func New(o Options) *Room {
	r := &Room{book: o.Book, words: o.Words, log: o.Log, build: o.Build, notices: newNoticeboard(o.Dir),
		polls: make(chan struct{}, liteMost), stopping: make(chan struct{})}
	if o.Feed == nil {
		return r
	}
	o.Feed.Register(feed.View{Name: "board", Kind: door.KindBoard, Who: door.Anyone, Snapshot: r.boardState, Event: boardEvent})
	o.Feed.On("notice_failed", r.noticeFailed)
	var err error
	if r.voice, err = newAnnouncer(o); err != nil { // our own embedded clips, held by a test
		o.Log.Error("the hall has no voice", "error", err)
	}
	return r
}

// Run lets the boards announce the calls and looks for notices, until ctx ends.
func (r *Room) Run(ctx context.Context) error {
	var looking sync.WaitGroup
	defer looking.Wait()
	looking.Go(func() { r.notices.run(ctx) })
	if r.voice == nil {
		<-ctx.Done()
		return nil
	}
	return r.voice.run(ctx)
}

// LetGo answers everybody who waits for the next picture: the house stops.
func (r *Room) LetGo() { r.letGo.Do(func() { close(r.stopping) }) }

// Routes are the pages of the room.
func (r *Room) Routes() []door.Route {
	routes := []door.Route{
		{Method: "GET", Pattern: "/board/{id}", Kind: door.KindBoard, Who: door.Anyone, Handle: r.boardPage},
	}
	routes = append(routes, r.emergencyRoutes()...)
	routes = append(routes, r.liteRoutes()...)
	routes = append(routes, r.noticeRoutes()...)
	if r.voice != nil {
		routes = append(routes, r.voice.routes()...)
	}
	return routes
}

func (r *Room) boardPage(w http.ResponseWriter, req *http.Request) error {
	if _, ok := centre.InForce(r.book.View().Hall).Board(req.PathValue("id")); !ok {
		return &door.Problem{Code: "not_found"}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := w.Write(assets.Page("board"))
	return err
}
