package printer

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/printer/escpos"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// roll is the paper in a printer, as far as the journal tells: how much of it has
// been used, and whether it lies the right way round. Thermal paper put in upside
// down prints nothing, and the printer reports success.
type roll struct {
	Printer string    `cbor:"1,keyasint"`
	Changed store.Seq `cbor:"2,keyasint,omitempty"` // the entry that told of the change; 0: none has
	AtMs    int64     `cbor:"3,keyasint,omitempty"` // when, Unix milliseconds
	Tickets int       `cbor:"4,keyasint,omitempty"` // pieces of paper since
	MM      int       `cbor:"5,keyasint,omitempty"` // and their length
	Past    []int     `cbor:"6,keyasint,omitempty"` // millimetres that the last whole rolls gave
	Warns   bool      `cbor:"7,keyasint,omitempty"` // it has a sensor that warns before the end
	Asking  store.Seq `cbor:"8,keyasint,omitempty"` // the entry of which is asked whether its slip shows text; 0: nothing is
	Wrong   bool      `cbor:"9,keyasint,omitempty"` // a person has said that nothing shows

	// Not kept in the journal's printer.rolls:
	since []queue.TicketID // printed since the question stands, of this day

	// What the printer's sensors have said, in this life of the daemon.
	empty, low, opened bool
	outAt              time.Time // since when it says that there is no paper
}

const (
	pastRolls   = 5
	swapIn      = time.Second // nobody changes a roll in less: a sensor that flickers
	leastRoll   = 5000        // mm; less is no whole roll, and nothing is learnt from it
	nearPercent = 10          // of a roll is left: it is near its end
)

// roll is that of a printer, empty when nothing is known.
func (l *ledger) roll(printer string) *roll {
	r := l.rolls[printer]
	if r == nil {
		r = &roll{Printer: printer}
		l.rolls[printer] = r
	}
	return r
}

// used counts a piece of paper that has come out.
func (r *roll) used(n note) {
	r.Tickets++
	r.MM += n.MM
	if r.Asking != 0 && n.Ticket != 0 && !slices.Contains(r.since, n.Ticket) {
		r.since = append(r.since, n.Ticket)
	}
}

// foldRoll folds what has become of a roll.
func (l *ledger) foldRoll(e store.Entry, n note, now time.Time) {
	r := l.roll(n.Printer)
	switch e.Type {
	case noteRoll:
		if r.Changed != 0 && r.MM >= leastRoll {
			r.Past = append(r.Past, r.MM)
			r.Past = r.Past[max(0, len(r.Past)-pastRolls):]
		}
		r.Changed, r.AtMs, r.Tickets, r.MM = e.Seq, e.At.UnixMilli(), 0, 0
		r.Warns = r.Warns || n.Low
		r.Asking, r.Wrong, r.since = e.Seq, false, nil
	case noteTurned:
		again := r.since
		r.Asking, r.Wrong, r.since = e.Seq, false, nil
		for _, t := range again {
			l.want(&order{orderID: orderID{e.Seq, t}, printer: n.Printer, again: true, asked: e.At, seen: now})
		}
	case noteShows:
		if n.Order != r.Asking {
			return // an answer to an earlier question
		}
		if n.Yes {
			r.Asking, r.since = 0, nil
		}
		r.Wrong = !n.Yes
		return
	}
	l.want(&order{orderID: orderID{seq: e.Seq}, kind: changedSlip, printer: n.Printer, asked: e.At, seen: now})
}

// foldRolls takes the rolls as they were noted last.
func (l *ledger) foldRolls(e store.Entry) {
	var all []roll
	if cbor.Unmarshal(e.Note, &all) != nil {
		return // written by a later version
	}
	for i := range all {
		before := l.roll(all[i].Printer)
		all[i].since = before.since
		all[i].empty, all[i].low, all[i].opened, all[i].outAt = before.empty, before.low, before.opened, before.outAt
		*before = all[i]
	}
}

// noteRolls writes the rolls down before the mark passes what they follow from.
// The caller holds r.mu and has read the journal to its end.
func (r *Room) noteRolls(ctx context.Context) error {
	var all []roll
	for _, x := range r.ledger.rolls {
		all = append(all, *x)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b roll) int { return cmp.Compare(a.Printer, b.Printer) })
	_, err := r.write(ctx, noteRolls, all)
	return err
}

// whole is how many millimetres a roll gives: the median of those before. 0: not
// known yet.
func (r *roll) whole() int {
	if len(r.Past) == 0 {
		return 0
	}
	past := slices.Sorted(slices.Values(r.Past))
	return past[len(past)/2]
}

// left foretells how many tickets the roll still has, of how many: by the setting
// of the document, else by the rolls before.
func (r *roll) left(tickets int) (left, of int, known bool) {
	switch whole := r.whole(); {
	case r.Changed == 0:
		return 0, 0, false // it was begun at an unknown time
	case tickets > 0:
		of = tickets
	case whole > 0 && r.Tickets > 0 && r.MM > 0:
		of = whole * r.Tickets / r.MM
	default:
		return 0, 0, false
	}
	return max(0, of-r.Tickets), of, true
}

// isNearEnd reports whether the roll is foreseen to end soon. A printer with a
// sensor says so itself.
func (r *roll) isNearEnd(tickets int) bool {
	left, of, known := r.left(tickets)
	return known && !r.Warns && left*100 <= of*nearPercent
}

// watchRoll takes note of what the sensors say of the paper. A new roll is in
// when there is paper after there was none, or when the cover was opened and the
// warning of a near end is gone. Paper that is missing while the cover is open
// means nothing: many printers have the sensor in the cover.
func (s *session) watchRoll(ctx context.Context) {
	r := s.d.room
	r.mu.Lock()
	defer r.mu.Unlock()
	p, f := r.ledger.roll(s.d.id), s.faults()
	open := f&escpos.Cover != 0
	switch {
	case f&escpos.PaperOut == 0:
		p.empty = p.empty || !p.outAt.IsZero() && time.Since(p.outAt) >= swapIn
		p.outAt = time.Time{}
	case !open && p.outAt.IsZero():
		p.outAt = time.Now()
	}
	p.low = p.low || f&escpos.PaperLow != 0 && f&escpos.PaperOut == 0
	p.opened = p.opened || open && p.low
	if f.Stops() || !s.ready {
		return
	}
	if !p.empty && !(p.opened && f&escpos.PaperLow == 0) {
		return
	}
	n, typ := note{Printer: s.d.id, Sensor: true, Low: p.low}, noteRoll
	if p.Wrong { // the same roll, turned round
		typ = noteTurned
	}
	if _, err := r.write(ctx, typ, n); err != nil {
		return // tried again at the next look
	}
	p.empty, p.low, p.opened = false, false, false
}

// wasEmpty tells a life of the daemon that begins of a printer without paper.
func (d *Driver) wasEmpty() {
	for _, st := range d.room.book.View().Devices {
		if st.ID == d.device() {
			p := d.room.ledger.roll(d.id)
			p.empty = p.empty || st.Conditions.Has(device.MediaEmpty) && !st.Conditions.Has(device.CoverOpen)
		}
	}
}

// lookAtRoll finds out whether the roll lies wrong, or is foreseen to end soon,
// and tells the book when that has changed.
func (s *session) lookAtRoll(ctx context.Context) {
	s.watchRoll(ctx)
	r := s.d.room
	r.mu.Lock()
	_ = r.catchUp(ctx) // the reading for the next order tells of trouble
	p, _ := centre.InForce(r.book.View().Hall).Printer(s.d.id)
	x := r.ledger.roll(s.d.id)
	wrong, nearEnd := x.Wrong, x.isNearEnd(p.RollTickets)
	r.mu.Unlock()
	if wrong != s.wrong || nearEnd != s.nearEnd {
		s.wrong, s.nearEnd = wrong, nearEnd
		s.report()
	}
}
