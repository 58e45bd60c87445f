// Package sum adds up a business day: how long people waited and were served,
// who did not come, how they were rated, by service, counter, clerk and hour.
//
// The book keeps one [Day] for each day that is over, so that reports and
// retention never need the entries of years ago. A day's sum follows from its
// entries alone, and from who was signed in when it began; once the entries
// have gone into the archive it stands for them, so every version of it must be
// read for ever (see [Decode]).
//
// Decisions: people are counted by legs, since each wait and each piece of work
// belongs to the service of its leg; a transferred ticket has several. Only the
// margins are kept (by service, by counter, …) and not every combination: five
// kilobytes a day instead of fifty. Times are kept as counts in classes, so that
// a median over a year can be told within its class, which no list of daily
// medians gives.
//
// The package is pure: no clock, no disk.
package sum

import (
	"maps"
	"slices"

	"xinmoi/store/queue"
)

// Bounds are the upper ends of the classes of times, in seconds, each belonging
// to its class; what is longer is in the last one, which has no end.
var Bounds = [...]int{60, 120, 180, 300, 420, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400}

// Times adds up lengths of time.
type Times struct {
	N       int   `cbor:"1,keyasint,omitempty"`
	TotalS  int   `cbor:"2,keyasint,omitempty"`
	LongS   int   `cbor:"3,keyasint,omitempty"` // the longest
	Classes []int `cbor:"4,keyasint,omitempty"` // how many in each class; zeros at the end are left out
}

func (t *Times) add(seconds int) {
	seconds = max(seconds, 0)
	class, _ := slices.BinarySearch(Bounds[:], seconds)
	for len(t.Classes) <= class {
		t.Classes = append(t.Classes, 0)
	}
	t.Classes[class]++
	t.N++
	t.TotalS += seconds
	t.LongS = max(t.LongS, seconds)
}

func (t *Times) merge(o Times) {
	t.N += o.N
	t.TotalS += o.TotalS
	t.LongS = max(t.LongS, o.LongS)
	for len(t.Classes) < len(o.Classes) {
		t.Classes = append(t.Classes, 0)
	}
	for i, n := range o.Classes {
		t.Classes[i] += n
	}
}

// Mean in seconds; 0 of none.
func (t Times) Mean() int {
	if t.N == 0 {
		return 0
	}
	return t.TotalS / t.N
}

// Within gives the length that so many per cent did not exceed, as the upper end
// of its class, but never more than the longest. 0 of none.
func (t Times) Within(percent int) int {
	want := (t.N*percent + 99) / 100
	for class, n := range t.Classes {
		if want -= n; want <= 0 && class < len(Bounds) {
			return min(Bounds[class], t.LongS)
		}
	}
	return t.LongS
}

// Row is what is known of one service, counter, clerk or hour.
type Row struct {
	Legs        int                   `cbor:"1,keyasint,omitempty"` // began to wait, or were served without a number
	Finished    int                   `cbor:"2,keyasint,omitempty"`
	Transferred int                   `cbor:"3,keyasint,omitempty"`
	NoShows     int                   `cbor:"4,keyasint,omitempty"` // and did not come back
	Cancelled   int                   `cbor:"5,keyasint,omitempty"`
	Expired     int                   `cbor:"6,keyasint,omitempty"`  // still waiting or parked at the end of the day
	Direct      int                   `cbor:"7,keyasint,omitempty"`  // of the finished, without a number
	Wait        Times                 `cbor:"8,keyasint"`            // from the beginning of the leg to its first call
	Serve       Times                 `cbor:"9,keyasint"`            // from start, or else call, to the end, without the time parked
	Ratings     []int                 `cbor:"10,keyasint,omitempty"` // of 1, 2, … 5
	Outcomes    map[queue.Outcome]int `cbor:"11,keyasint,omitempty"`
}

// Merge adds another row.
func (r *Row) Merge(o *Row) {
	r.Legs += o.Legs
	r.Finished += o.Finished
	r.Transferred += o.Transferred
	r.NoShows += o.NoShows
	r.Cancelled += o.Cancelled
	r.Expired += o.Expired
	r.Direct += o.Direct
	r.Wait.merge(o.Wait)
	r.Serve.merge(o.Serve)
	for level, n := range o.Ratings {
		r.rate(level+1, n)
	}
	for outcome, n := range o.Outcomes {
		r.outcome(outcome, n)
	}
}

func (r *Row) rate(level, n int) {
	for len(r.Ratings) < level {
		r.Ratings = append(r.Ratings, 0)
	}
	r.Ratings[level-1] += n
}

func (r *Row) outcome(o queue.Outcome, n int) {
	if r.Outcomes == nil {
		r.Outcomes = map[queue.Outcome]int{}
	}
	r.Outcomes[o] += n
}

// Rated counts the ratings, and of those the good ones: 4 and 5.
func (r *Row) Rated() (all, good int) {
	for i, n := range r.Ratings {
		all += n
		if i >= 3 {
			good += n
		}
	}
	return all, good
}

// Day is the sum of one business day, or with Merge of several.
type Day struct {
	Day      queue.Day                `cbor:"1,keyasint"`
	Tickets  int                      `cbor:"2,keyasint,omitempty"` // numbers issued
	Total    Row                      `cbor:"3,keyasint"`
	Services map[queue.ServiceID]*Row `cbor:"4,keyasint,omitempty"`
	Counters map[queue.CounterID]*Row `cbor:"5,keyasint,omitempty"`
	Clerks   map[queue.ClerkID]*Row   `cbor:"6,keyasint,omitempty"`
	Hours    map[int]*Row             `cbor:"7,keyasint,omitempty"`                   // of the day, 0 to 23, in which the leg began
	Skipped  int                      `cbor:"8,keyasint,omitempty"`                   // numbers that were not given
	Gaps     []Gap                    `cbor:"9,keyasint,omitempty" json:",omitempty"` // which those were
}

// Gap is a run of numbers that was not given, and why.
type Gap struct {
	Day   queue.Day `cbor:"1,keyasint" json:"day"`
	From  string    `cbor:"2,keyasint" json:"from"` // as people read it: A042
	To    string    `cbor:"3,keyasint" json:"to"`
	Cause string    `cbor:"4,keyasint" json:"cause"` // queue.CausePowerCut, queue.CauseLostEnd
	At    string    `cbor:"5,keyasint" json:"at"`    // when it happened, "09:03" by the centre's clock
}

// Merge adds another day's figures.
func (d *Day) Merge(o *Day) {
	d.Tickets += o.Tickets
	d.Skipped += o.Skipped
	d.Gaps = append(d.Gaps, o.Gaps...)
	d.Total.Merge(&o.Total)
	mergeRows(&d.Services, o.Services)
	mergeRows(&d.Counters, o.Counters)
	mergeRows(&d.Clerks, o.Clerks)
	mergeRows(&d.Hours, o.Hours)
}

func mergeRows[K comparable](rows *map[K]*Row, more map[K]*Row) {
	for k, r := range more {
		row(rows, k).Merge(r)
	}
}

// row finds or makes a row.
func row[K comparable](rows *map[K]*Row, k K) *Row {
	if *rows == nil {
		*rows = map[K]*Row{}
	}
	r := (*rows)[k]
	if r == nil {
		r = new(Row)
		(*rows)[k] = r
	}
	return r
}

// Keys lists the keys of rows in order.
func Keys[K ~string | ~int](rows map[K]*Row) []K { return slices.Sorted(maps.Keys(rows)) }
