package printer

import (
	"slices"
	"time"

	"xinmoi/printer/slip"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// tally counts tickets.
type tally struct {
	slip.DayOf
	waits []int
}

func (c *tally) add(t *queue.Ticket) {
	switch t.State {
	case queue.Finished:
		c.Finished++
	case queue.NoShow:
		c.NoShow++
	}
	if !t.CalledAt.IsZero() {
		c.waits = append(c.waits, max(0, int(t.CalledAt.Sub(t.LegAt)/time.Second)-t.ParkedS))
	}
}

// sum fills in how long was waited, by nearest rank.
func (c *tally) sum() slip.DayOf {
	if c.Called = len(c.waits); c.Called > 0 {
		slices.Sort(c.waits)
		c.MedianS, c.P90S = c.waits[(c.Called-1)/2], c.waits[(c.Called*9+9)/10-1]
	}
	return c.DayOf
}

// day is the open day in figures, or the last one. Its head is that after
// day.closed, so that each slip of a closed day carries the same; while the day
// is open, that after the last entry.
func (r *Room) day(v *store.View, lang string) (slip.Day, error) {
	doc := centre.InForce(v.Hall)
	d := slip.Day{Closed: v.Hall.Day() == ""}
	var all tally
	services, counters := map[queue.ServiceID]*tally{}, map[queue.CounterID]*tally{}
	for _, s := range doc.Services {
		services[queue.ServiceID(s.ID)] = &tally{DayOf: slip.DayOf{Name: s.Name.In(lang)}}
	}
	for _, c := range doc.Counters {
		name := r.words(lang, "printer.counter", map[string]any{"counters": c.Number})
		counters[queue.CounterID(c.ID)] = &tally{DayOf: slip.DayOf{Name: name}}
	}
	for _, t := range v.Hall.Tickets() {
		d.Day = string(t.Day)
		if t.Number == "" {
			d.Direct++
			continue
		}
		all.Issued++
		all.add(t)
		if s := services[t.Service]; s != nil {
			s.Issued++
			s.add(t)
		}
		if c := counters[t.Counter]; c != nil {
			c.add(t)
		}
		switch t.State {
		case queue.Cancelled:
			d.Cancelled++
		case queue.Expired:
			d.Expired++
		case queue.Waiting, queue.Called, queue.Serving, queue.Parked:
			d.Open++
		}
		if t.Rating > 0 {
			d.Rated++
			if t.Rating >= 4 {
				d.Pleased++
			}
		}
	}
	sum := all.sum()
	d.Issued, d.Finished, d.NoShow = sum.Issued, sum.Finished, sum.NoShow
	d.Called, d.MedianS, d.P90S = sum.Called, sum.MedianS, sum.P90S
	for _, s := range doc.Services {
		d.Services = append(d.Services, services[queue.ServiceID(s.ID)].sum())
	}
	for _, c := range doc.Counters {
		d.Counters = append(d.Counters, counters[queue.CounterID(c.ID)].sum())
	}
	if open := v.Hall.Day(); open != "" {
		d.Day = string(open)
	}
	return d, r.seal(v, &d)
}

// seal adds the head of the journal's chain.
func (r *Room) seal(v *store.View, d *slip.Day) error {
	seq := v.Seq
	if d.Closed {
		r.mu.Lock()
		if r.ledger.closed != 0 {
			seq = r.ledger.closed
		}
		r.mu.Unlock()
	}
	h, err := r.book.HeadAfter(seq)
	if err != nil {
		return err
	}
	d.Head, d.HeadShort, d.HeadSeq = h.String(), h.Short(), uint64(h.Seq)
	return nil
}
