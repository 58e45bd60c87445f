package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store/queue"
)

// Outage is what an unclean start has done to today's numbers, for the people who
// are asked about it.
type Outage struct {
	At      time.Time // of the last entry before it; zero: there was none today
	After   Seq       // the last entry before it
	Doubt   []string  // series of which the disk may have lost numbers, and nobody has asked for the next one yet
	Lost    int       // entries that somebody has seen and the journal does not have
	Skipped []queue.NumbersSkipped
}

// outage is the folded form. It is replaced and never changed: views share it.
type outage struct {
	AtMs    int64                  `cbor:"1,keyasint,omitempty"`
	After   Seq                    `cbor:"2,keyasint,omitempty"`
	Doubt   map[string]int         `cbor:"3,keyasint,omitempty"` // where each series would go on behind
	Lost    int                    `cbor:"4,keyasint,omitempty"`
	Skipped []queue.NumbersSkipped `cbor:"5,keyasint,omitempty"`
}

func (o *outage) isZero() bool {
	return o.AtMs == 0 && len(o.Doubt) == 0 && o.Lost == 0 && len(o.Skipped) == 0
}

// told is the outage as the view has it.
func (o *outage) told(zone *time.Location) Outage {
	if o.isZero() {
		return Outage{}
	}
	return Outage{
		At: time.UnixMilli(o.AtMs).In(zone), After: o.After, Doubt: slices.Sorted(maps.Keys(o.Doubt)),
		Lost: o.Lost, Skipped: o.Skipped,
	}
}

// settled returns the outage without doubt about a series.
func (o outage) settled(series string) outage {
	if _, ok := o.Doubt[series]; ok {
		o.Doubt = maps.Clone(o.Doubt)
		delete(o.Doubt, series)
	}
	return o
}

// confirmedNote is the payload of book.confirmed, version 1: every kiosk that gives
// numbers of the series has lived through the outage and knows of none after Last.
type confirmedNote struct {
	Series string `cbor:"1,keyasint,omitempty"`
	Last   int    `cbor:"2,keyasint"`
}

// lostNote is the payload of book.lost, version 1: somebody has seen more entries
// than the journal had at the start.
type lostNote struct {
	N    int   `cbor:"1,keyasint"`
	AtMs int64 `cbor:"2,keyasint,omitempty"` // of the last entry that was kept
}

// interrupt folds what concerns outages.
func (s *state) interrupt(r *record) error {
	switch e := r.Event.(type) {
	case queue.DayOpened:
		if e.Day > s.outageDay {
			s.outage, s.outageDay = outage{}, e.Day
		}
		return nil
	case queue.NumbersSkipped:
		s.outage = s.outage.settled(e.Series)
		s.outage.Skipped = append(slices.Clone(s.outage.Skipped), e)
		if s.outage.AtMs == 0 {
			s.outage.AtMs = e.CutMs
		}
		return nil
	}
	switch r.Type {
	case noteStarted:
		var n startNote
		if err := cbor.Unmarshal(r.Note, &n); err != nil {
			return err
		}
		if n.Lost > 0 || len(n.Doubt) > 0 {
			s.outage.AtMs, s.outage.After, s.outage.Doubt = n.CutMs, r.Seq-1, n.Doubt
			s.outage.Lost += n.Lost
		}
	case noteConfirmed:
		var n confirmedNote
		if err := cbor.Unmarshal(r.Note, &n); err != nil {
			return err
		}
		s.outage = s.outage.settled(n.Series)
	case noteLost:
		var n lostNote
		if err := cbor.Unmarshal(r.Note, &n); err != nil {
			return err
		}
		s.outage.Lost += n.N
		s.outage.AtMs = n.AtMs
	}
	return nil
}

// skipGap is how many numbers of a series a disk may have lost unnoticed: more
// than kiosks give in the seconds for which a card holds back what it has
// promised. Nobody minds a gap; two people with one number do.
const skipGap = 8

// doubts says of which series the disk may have lost numbers in a power cut, and
// behind which index each goes on if nobody knows better. After a process was
// killed there are none: what it wrote the kernel still has. A series that has
// given no number yet begins at its first one.
func (b *Book) doubts(start startNote) map[string]int {
	if start.Clean || start.SameBoot || start.First || start.Lost > 0 || b.st.hall.Day() == "" {
		return nil
	}
	doubt := b.st.hall.Numbers()
	for series := range doubt {
		doubt[series] += skipGap
	}
	return doubt
}

// skips says which numbers are not given after this start because the journal has
// certainly lost its end: the watermark is ahead of it.
func (b *Book) skips(now time.Time, start startNote, known level) (all []queue.Command) {
	if start.Lost == 0 {
		return nil
	}
	hall := b.st.hall
	last := hall.Numbers()
	day := hall.Day()
	if day == "" && known.Day == hall.DayOf(now) { // its opening was lost
		all = append(all, queue.OpenDay{})
		day, last = known.Day, map[string]int{}
	}
	if day == "" {
		return nil
	}
	if known.Day == day {
		for series, n := range known.Numbers {
			last[series] = max(last[series], n)
		}
	}
	for _, series := range slices.Sorted(maps.Keys(last)) {
		all = append(all, queue.SkipNumbers{Series: series, To: last[series] + skipGap, Cause: queue.CauseLostEnd, CutMs: start.CutMs})
	}
	return all
}

// skipInDoubt lets the series of the next number go on where no lost one can be,
// unless the kiosks have confirmed its last. The event stands before the number.
func (b *Book) skipInDoubt(t *batch, service queue.ServiceID) error {
	series := b.st.hall.Series(service)
	to, ok := b.st.outage.Doubt[series]
	if !ok || b.st.hall.Day() == "" { // a new day begins its numbers anew
		return nil
	}
	skip := queue.SkipNumbers{Series: series, To: to, Cause: queue.CausePowerCut, CutMs: b.st.outage.AtMs}
	r, err := b.command(t, &Request{Command: skip, By: queue.Actor{Via: "clock"}})
	if r.err != nil {
		b.log.Error("numbers in doubt could not be skipped", "series", series, "err", r.err)
	}
	return err
}

// Confirm says that no number of a series after last is in anybody's hands, so that
// after a power cut none need be skipped. Who says so must know it from a memory
// that the cut has not touched; package kiosk has the conditions. It does nothing
// when there is no doubt, or when the series has gone on.
func (b *Book) Confirm(ctx context.Context, series string, last int) error {
	return b.within(ctx, func(t *batch) (result, error) {
		if _, ok := b.st.outage.Doubt[series]; !ok || b.st.hall.Numbers()[series] != last {
			return result{}, nil
		}
		return b.own(t, noteConfirmed, confirmedNote{series, last})
	})
}

// mostLost bounds what is believed of somebody who says that entries are lost: a
// page may be anybody's, and a disk does not hold back more than some seconds.
const mostLost = 64

// Seen says that somebody has seen an entry of this epoch before this run began. If
// the machine was cut off and the journal did not have it then, its end is lost:
// that is noted, the numbers that may be in people's hands are skipped, and a new
// epoch begins, in which nobody can say so again.
func (b *Book) Seen(ctx context.Context, epoch string, seen Seq) error {
	if v := b.View(); epoch != v.Epoch || seen <= v.Began || !b.cutOff {
		return nil
	}
	return b.within(ctx, func(t *batch) (result, error) {
		if epoch != b.epoch || seen <= b.began {
			return result{}, nil
		}
		lost := int(min(seen-b.began, mostLost))
		b.log.Error("a screen has seen entries that the journal has lost", "had", seen, "has", b.began)
		cut := b.cut.UnixMilli()
		done, err := b.own(t, noteLost, lostNote{lost, cut})
		if err != nil || done.err != nil {
			return done, err
		}
		t.epoch = randomName()
		if b.st.hall.Day() == "" {
			return done, nil
		}
		last := b.st.hall.Numbers()
		for _, series := range slices.Sorted(maps.Keys(last)) {
			skip := queue.SkipNumbers{Series: series, To: last[series] + max(lost, skipGap), Cause: queue.CauseLostEnd, CutMs: cut}
			if r, err := b.command(t, &Request{Command: skip, By: queue.Actor{Via: "clock"}}); err != nil || r.err != nil {
				return r, err
			}
		}
		return done, nil
	})
}

// within runs a decision of the book's own among the others.
func (b *Book) within(ctx context.Context, decide func(*batch) (result, error)) error {
	_, err := b.submit(ctx, &job{within: decide})
	return err
}

// own records a note of the book's, version 1.
func (b *Book) own(t *batch, typ string, payload any) (result, error) {
	data, err := cbor.Marshal(payload)
	if err != nil {
		return result{}, err
	}
	return b.record(t, []record{{Entry: Entry{Type: typ, Version: 1, Note: data}}}, nil)
}
