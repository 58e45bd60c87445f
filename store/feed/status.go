package feed

import (
	"slices"
	"strings"
	"time"

	"xinmoi/store"
)

// ClientStatus is what is known of one screen.
type ClientStatus struct {
	View, ID, Client string
	Since            time.Time // connected
	LastSeen         time.Time // last sign of life of the connection
	Sent             store.Seq // last number written to it
	Shown            store.Seq // last number it says it has shown
	ShownAt          time.Time // when it last said so; zero: never
}

// deadAfter is when a screen that has gone quiet counts as dead.
const deadAfter = 30 * time.Second

// Alive reports whether connection and page both gave a sign of life lately. A
// page that has never said shown is judged by its connection alone.
func (s ClientStatus) Alive(now time.Time) bool {
	return now.Sub(s.LastSeen) < deadAfter && (s.ShownAt.IsZero() || now.Sub(s.ShownAt) < deadAfter)
}

// Clients lists who is connected, by view, id and name.
func (f *Feed) Clients() []ClientStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]ClientStatus, 0, f.clients)
	for _, t := range f.topics {
		for c := range t.clients {
			all = append(all, c.status())
		}
	}
	slices.SortFunc(all, func(a, b ClientStatus) int {
		return strings.Compare(a.View+"/"+a.ID+"/"+a.Client, b.View+"/"+b.ID+"/"+b.Client)
	})
	return all
}

func (c *client) status() ClientStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ClientStatus{View: c.key.view, ID: c.key.id, Client: c.name, Since: c.came, LastSeen: c.seen,
		Sent: c.sent, Shown: c.shown, ShownAt: c.shownAt}
}

// Stats are figures for /metrics.
type Stats struct {
	Clients int
	Resyncs uint64 // queues dropped because a client was slow
	Ahead   uint64 // clients that had seen later numbers than the book has
}

// Stats returns the figures of this run.
func (f *Feed) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.stats
	s.Clients = f.clients
	return s
}
