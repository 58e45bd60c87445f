package display

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// Signs is the LED signs of one port. The sign of a counter shows the ticket
// that is called or served there; a sign for the hall has the last calls of its
// zones, the newest in the first row. Where there is none they show their idle
// text, or are dark.
//
// Promises and decisions:
//
//   - A sign shows the present. It is a state reader: what was called while its
//     cable was out is not shown afterwards, and nothing blinks that is older
//     than a blink.
//   - A fresh call blinks for at most 5 s. Blinking is a plan of single writes,
//     and whatever is overdue longest goes first, so no sign waits for another
//     one's blinking.
//   - Everything is written again after the wire came back, and every sign once
//     in 10 s: one that alone lost its power is right again by then. Reading back
//     instead was rejected, since it costs the same time on the line and many
//     signs cannot be asked.
//   - A sign that can be asked and does not answer is offline, it alone. It is
//     asked again after a second, then ever more rarely up to 10 s, so that dead
//     signs take no noticeable time from the living. Of signs that are only told
//     (ff68, templates) nothing is known but whether the wire is there.
type Signs struct {
	book  *store.Book
	log   *slog.Logger
	rows  []*row
	speak language

	eight   time.Time // until then all show eights, in the morning's check
	checked time.Time // the last one that was shown
}

// The times of the signs.
const (
	blinkEvery  = 500 * time.Millisecond
	blinkTimes  = 4 // dark times; 4 s in all
	signRefresh = 10 * time.Second
	signRetry   = time.Second
	signRetryTo = 10 * time.Second
	mutesToTell = 2 // a single lost answer is noise
)

// row is one row of a sign, and the plan for it. Most signs have one.
type row struct {
	led  centre.LED
	unit byte
	n    int // from 1
	of   int // cells for the counter's number

	said
	dueAt  time.Time
	blinks int              // writes of blinking that are left
	mutes  int              // failures in a row
	told   device.Condition // "": none
	eights bool             // the morning's check runs
}

// said is what a row shows.
type said struct {
	ticket  queue.TicketID
	calls   int // of that ticket, so that a recall blinks again
	number  string
	counter string // on a sign for the hall
}

// NewSigns makes the signs that share one port, at least one. They all speak the
// language of the first.
func NewSigns(b *store.Book, log *slog.Logger, d *centre.Document, leds []centre.LED) (*Signs, error) {
	speak, err := languageOf(d, leds[0])
	if err != nil {
		return nil, err
	}
	s := &Signs{book: b, log: log, speak: speak}
	for _, l := range leds {
		for n := range max(l.Rows, 1) {
			r := &row{led: l, unit: byte(l.Address), n: n + 1, of: d.CounterCells(l)}
			if l.Protocol != centre.Templated {
				r.unit += byte(n)
			}
			s.rows = append(s.rows, r)
		}
	}
	return s, nil
}

// Bus makes the signs that share one port.
func (r *Room) Bus(d *centre.Document, leds []centre.LED) (*Signs, error) {
	return NewSigns(r.book, r.log, d, leds)
}

// Floor is the shortest time in which each row is written once at that speed.
func (s *Signs) Floor(baud int) (round time.Duration) {
	for _, r := range s.rows {
		round += s.speak.cost(r, baud)
	}
	return round
}

func (r *row) id() device.ID { return device.ID("led/" + r.led.ID) }

// Serve works the signs over an open wire until the wire or ctx ends.
func (s *Signs) Serve(ctx context.Context, wire device.Wire) error {
	bell, stop := s.book.Bell()
	defer stop()
	bus, ended, end := s.speak.open(wire)
	defer end()
	s.eight = time.Time{}
	for _, r := range s.rows {
		*r = row{led: r.led, unit: r.unit, n: r.n, of: r.of}
	}
	s.look(true)
	for {
		now := time.Now()
		r := s.next()
		wait := r.dueAt.Sub(now)
		if !s.eight.IsZero() {
			if !now.Before(s.eight) {
				s.showEights(time.Time{})
				continue
			}
			wait = min(wait, s.eight.Sub(now))
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case err := <-ended:
				timer.Stop()
				return err
			case <-bell:
				s.look(false)
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		if err := s.write(ctx, bus, r); err != nil {
			return fmt.Errorf("signs: %w", err)
		}
		select {
		case <-bell:
			s.look(false)
		default:
		}
	}
}

// next is the row whose write is due first.
func (s *Signs) next() (first *row) {
	for _, r := range s.rows {
		if first == nil || r.dueAt.Before(first.dueAt) {
			first = r
		}
	}
	return first
}

// look reads the hall and plans what has changed.
func (s *Signs) look(start bool) {
	v := s.book.View()
	now := time.Now()
	m, _ := centre.MorningOf(v)
	if until, runs := m.Until(s.book.Now()); runs && !m.Asked.Equal(s.checked) {
		s.checked = m.Asked
		s.showEights(now.Add(until.Sub(s.book.Now())))
	}
	shown := map[string][]said{} // by sign, before the change
	calls := map[string][]said{}
	for _, r := range s.rows {
		shown[r.led.ID] = append(shown[r.led.ID], r.said)
	}
	for _, r := range s.rows {
		list, ok := calls[r.led.ID]
		if !ok {
			list = content(v, r.led)
			calls[r.led.ID] = list
		}
		var next said
		if r.n <= len(list) {
			next = list[r.n-1]
		}
		called := next.ticket != 0 && !hadCall(shown[r.led.ID], next)
		if !start && !called && next == r.said {
			continue
		}
		r.blinks = 0
		if called && !start {
			r.blinks = 2 * blinkTimes
		}
		r.said = next
		if r.mutes == 0 { // a dead sign keeps the time of its next trial
			r.dueAt = now
		}
	}
}

// showEights lets all rows show every segment until then; the zero time ends it.
func (s *Signs) showEights(until time.Time) {
	s.eight = until
	for _, r := range s.rows {
		r.eights, r.blinks = !until.IsZero(), 0
		if r.mutes == 0 {
			r.dueAt = time.Now()
		}
	}
}

// hadCall reports whether a sign showed that very call, in whichever row.
func hadCall(shown []said, c said) bool {
	for _, s := range shown {
		if s.ticket == c.ticket && s.calls == c.calls {
			return true
		}
	}
	return false
}

// content is what a sign shows, a row each.
func content(v *store.View, l centre.LED) []said {
	if l.Hall() {
		return hallCalls(v, l)
	}
	c, ok := v.Hall.Counter(queue.CounterID(l.Counter))
	if !ok {
		return nil
	}
	t, ok := v.Hall.Ticket(c.Ticket)
	if !ok {
		return nil
	}
	return []said{{ticket: t.ID, calls: t.Calls, number: t.Number}}
}

// hallCalls are the last calls of a sign's zones, as a board has them.
func hallCalls(v *store.View, l centre.LED) (out []said) {
	doc := centre.InForce(v.Hall)
	p := painter{hall: v.Hall, doc: doc, at: v.At, zones: map[string]centre.Zone{}}
	for _, id := range l.Zones {
		if z, ok := doc.Zone(id); ok {
			p.zones[id] = z
		}
	}
	for _, c := range p.calls(l.Rows) {
		t, _ := v.Hall.ByNumber(c.Number)
		s := said{calls: c.Call, number: c.Number, counter: c.Counter}
		if t != nil {
			s.ticket = t.ID
		}
		out = append(out, s)
	}
	return out
}

// write writes one row and plans its next write. Its error is the wire's.
func (s *Signs) write(ctx context.Context, bus bus, r *row) error {
	err := bus.show(ctx, r, r.blinks%2 == 1)
	now := time.Now()
	if err == nil {
		is := device.Condition("")
		if bus.two(r) {
			is = device.TwoAtOne
		}
		s.tell(r, is)
		r.mutes = 0
		r.dueAt = now.Add(signRefresh)
		if r.blinks > 0 {
			r.blinks--
			r.dueAt = now.Add(blinkEvery)
		}
		return nil
	}
	condition, ours := conditionOf(err)
	if !ours {
		return err
	}
	r.mutes++
	r.blinks = 0 // old when the sign is back
	r.dueAt = now.Add(min(signRetry<<min(r.mutes-1, 8), signRetryTo))
	if r.mutes == 1 {
		r.dueAt = now
	}
	if r.mutes == mutesToTell {
		s.tell(r, condition)
		s.log.Debug("sign", "id", r.id(), "err", err)
	}
	return nil
}

// tell says what is wrong with a sign; that nothing is, when no row of it has
// anything.
func (s *Signs) tell(r *row, is device.Condition) {
	if r.told == is {
		return
	}
	r.told = is
	if is != "" {
		s.book.Report(r.id(), device.Set(is), fmt.Sprintf("address %d", r.unit))
		return
	}
	for _, other := range s.rows {
		if other.led.ID == r.led.ID && other.told != "" {
			return
		}
	}
	s.book.Report(r.id(), nil, "")
}
