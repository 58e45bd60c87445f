package kiosk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// gave is what a kiosk's page says of itself while the book is in doubt whether a
// power cut has lost numbers: since when it has run without a break, and the last
// ticket that it was given. store/DESIGN.md says when that proves anything.
type gave struct {
	Epoch string         `json:"epoch"` // of the page's first snapshot, with the name of the run
	Born  store.Seq      `json:"born"`  // its number
	Last  queue.TicketID `json:"last"`  // 0: none
}

// heard takes a page's word, and confirms whatever is certain by now.
func (k *Kiosk) heard(view, id, _ string, body json.RawMessage) {
	var g gave
	if view != "kiosk" || json.Unmarshal(body, &g) != nil {
		return
	}
	v := k.book.View()
	if len(v.Outage.Doubt) == 0 {
		return
	}
	k.mu.Lock()
	k.gave[queue.KioskID(id)] = g
	all := make(map[queue.KioskID]gave, len(k.gave))
	for id, g := range k.gave {
		all[id] = g
	}
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, series := range v.Outage.Doubt {
		if !confirmed(v, series, all) {
			continue
		}
		if err := k.book.Confirm(ctx, series, v.Hall.Numbers()[series]); err != nil {
			k.log.Warn("a number could not be confirmed", "series", series, "err", err)
		}
	}
}

// confirmed reports whether every number of the series that was given today must
// be known to a page that has lived through the cut.
func confirmed(v *store.View, series string, all map[queue.KioskID]gave) bool {
	doc := centre.InForce(v.Hall)
	var givers []queue.KioskID
	for _, self := range doc.Kiosks {
		gives := slices.ContainsFunc(doc.Services, func(s centre.Service) bool {
			return offers(self, s) && v.Hall.Series(queue.ServiceID(s.ID)) == series
		})
		if gives {
			givers = append(givers, queue.KioskID(self.ID))
		}
	}
	last := map[queue.KioskID]queue.TicketID{}
	for _, t := range v.Hall.Tickets() {
		if t.Number == "" {
			continue
		}
		last[t.Kiosk] = t.ID
		if t.Series == series && !slices.Contains(givers, t.Kiosk) {
			return false // staff, or another program, or a kiosk that is no more
		}
	}
	for _, id := range givers {
		g, ok := all[id]
		epoch, _, _ := strings.Cut(g.Epoch, "-")
		lived := ok && epoch == v.Epoch && g.Born > 0 && g.Born <= v.Outage.After
		if !lived || g.Last == 0 || g.Last != last[id] {
			return false
		}
	}
	return len(givers) > 0
}
