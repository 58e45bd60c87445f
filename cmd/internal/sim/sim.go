// Package sim lives through years of a large centre in minutes and writes its
// book: every number, call and rating by the rules of the house, in its record
// format, so that what is true of a book of ten years can be tried on one.
//
// People come in two waves a day, sit down, are called by keypads and pages, are
// recalled, do not come, are sent on to another service, come back, rate. The same
// seed gives the same years.
package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// Options of a simulation.
type Options struct {
	Dir     string    // where the book is begun
	First   time.Time // the first day
	Years   int
	Tickets int // numbers a day, on the average
	Seed    uint64
	// Progress is called after each month with what has been written so far.
	Progress func(Done)
}

// Done is how far it has come.
type Done struct {
	Day              queue.Day
	Days             int
	Tickets, Entries int
	Part             float64 // of the whole, 0 to 1
}

// counters of the simulated centre: with 1600 people a day three of four are busy.
const counters = 26

// Run writes the book, or leaves none. The centre is closed on Saturdays, Sundays and 2 September.
func Run(ctx context.Context, o Options) (done Done, err error) {
	src, err := centre.Template("province", centre.Answers{Name: centre.Text{"vi": "Trung tâm mô phỏng", "en": "Simulated centre"}, Counters: counters})
	if err != nil {
		return done, err
	}
	doc, findings := centre.Parse("sim.toml", src)
	if doc == nil {
		return done, fmt.Errorf("the simulated centre: %v", findings)
	}
	book, err := store.Build(o.Dir, store.Options{
		Zone: func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() },
	})
	if err != nil {
		return done, err
	}
	defer func() {
		if err == nil {
			err = book.Close()
		}
		if err != nil {
			err = errors.Join(err, book.Discard())
		}
	}()
	h := &hall{book: book, doc: doc, rand: rand.New(rand.NewPCG(o.Seed, 1))}
	first := time.Date(o.First.Year(), o.First.Month(), o.First.Day(), 0, 0, 0, 0, doc.Location())
	canonical, hash := doc.Canonical()
	err = book.Do(first, store.Request{Command: queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash}, By: queue.Actor{Via: "reload"}})
	if err != nil {
		return done, err
	}
	end := first.AddDate(o.Years, 0, 0)
	for day := first; day.Before(end); day = day.AddDate(0, 0, 1) {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		if tomorrow := day.AddDate(0, 0, 1); o.Progress != nil && tomorrow.Day() == 1 {
			done.Part = float64(day.Sub(first)) / float64(end.Sub(first))
			o.Progress(done)
		}
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday || day.Month() == time.September && day.Day() == 2 {
			continue
		}
		// Between three quarters and five quarters of the average.
		if err := h.day(day, o.Tickets*3/4+h.rand.IntN(o.Tickets/2+1)); err != nil {
			return done, fmt.Errorf("%s: %w", day.Format(time.DateOnly), err)
		}
		if err := book.Commit(); err != nil {
			return done, err
		}
		done.Day, done.Days, done.Tickets, done.Entries = queue.Day(day.Format(time.DateOnly)), done.Days+1, h.tickets, int(book.Seq())
	}
	done.Part = 1
	return done, nil
}
