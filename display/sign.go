package display

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"xinmoi/display/led"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// Signs is the LED signs of one port. Each shows the ticket that its counter
// has called or is serving, and is dark otherwise.
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
//     in 30 s: one that alone lost its power is right again by then.
//   - A sign that does not answer is offline, it alone. It is asked again after
//     a second, then ever more rarely up to 10 s, so that dead signs take no
//     noticeable time from the living.
type Signs struct {
	book  *store.Book
	log   *slog.Logger
	signs []*sign
}

// The times of the signs.
const (
	blinkEvery  = 500 * time.Millisecond
	blinkTimes  = 4 // dark times; 4 s in all
	signRefresh = 30 * time.Second
	signRetry   = time.Second
	signRetryTo = 10 * time.Second
	mutesToTell = 2 // a single lost answer is noise
)

// sign is one sign and the plan for it.
type sign struct {
	id      device.ID
	unit    byte
	counter queue.CounterID
	cells   int
	letters bool
	number  bool // knows numbers only

	ticket queue.TicketID
	calls  int // of that ticket, so that a recall blinks again
	text   string

	dueAt  time.Time
	blinks int // writes of blinking that are left
	mutes  int // failures in a row
	told   bool
}

// NewSigns makes the signs that share one port.
func NewSigns(b *store.Book, log *slog.Logger, leds []centre.LED) *Signs {
	s := &Signs{book: b, log: log}
	for _, l := range leds {
		s.signs = append(s.signs, &sign{
			id: device.ID("led/" + l.ID), unit: byte(l.Address), counter: queue.CounterID(l.Counter),
			cells: max(l.Digits, 1), letters: l.Letters != nil && *l.Letters, number: l.Protocol == "modbus-number",
		})
	}
	return s
}

// Bus makes the signs that share one port.
func (r *Room) Bus(leds []centre.LED) *Signs { return NewSigns(r.book, r.log, leds) }

// Floor is the shortest time in which each sign is written once at that speed.
func (s *Signs) Floor(baud int) (round time.Duration) {
	for _, g := range s.signs {
		if g.number {
			round += led.CostNumber(baud)
		} else {
			round += led.Cost(g.cells, baud)
		}
	}
	return round
}

// Serve works the signs over an open wire until the wire or ctx ends.
func (s *Signs) Serve(ctx context.Context, wire device.Wire) error {
	bell, stop := s.book.Bell()
	defer stop()
	m := led.NewMaster(wire)
	for _, g := range s.signs {
		*g = sign{id: g.id, unit: g.unit, counter: g.counter, cells: g.cells, letters: g.letters, number: g.number}
	}
	s.look(true)
	for {
		now := time.Now()
		g := s.next()
		wait := time.Hour
		if g != nil {
			wait = g.dueAt.Sub(now)
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-bell:
				s.look(false)
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		if err := s.write(ctx, m, g); err != nil {
			return fmt.Errorf("signs: %w", err)
		}
		select {
		case <-bell:
			s.look(false)
		default:
		}
	}
}

// next is the sign whose write is due first.
func (s *Signs) next() (first *sign) {
	for _, g := range s.signs {
		if first == nil || g.dueAt.Before(first.dueAt) {
			first = g
		}
	}
	return first
}

// look reads the hall and plans what has changed.
func (s *Signs) look(start bool) {
	h := s.book.View().Hall
	now := time.Now()
	for _, g := range s.signs {
		ticket, calls, number := current(h, g.counter)
		text := led.Fit(number, g.cells, g.letters)
		called := ticket != 0 && (ticket != g.ticket || calls != g.calls)
		if !start && !called && text == g.text {
			continue
		}
		g.blinks = 0
		if called && !start {
			g.blinks = 2 * blinkTimes
		}
		g.ticket, g.calls, g.text = ticket, calls, text
		if g.mutes == 0 { // a dead sign keeps the time of its next trial
			g.dueAt = now
		}
	}
}

// current is the ticket called or serving at a counter.
func current(h *queue.Hall, id queue.CounterID) (ticket queue.TicketID, calls int, number string) {
	c, ok := h.Counter(id)
	if !ok {
		return 0, 0, ""
	}
	t, ok := h.Ticket(c.Ticket)
	if !ok {
		return 0, 0, ""
	}
	return t.ID, t.Calls, t.Number
}

// write writes one sign and plans its next write. Its error is the wire's.
func (s *Signs) write(ctx context.Context, m *led.Master, g *sign) error {
	text := g.text
	if g.blinks%2 == 1 {
		text = strings.Repeat(" ", g.cells)
	}
	err := g.show(ctx, m, text)
	now := time.Now()
	if err == nil {
		if g.told {
			s.book.Report(g.id, nil, "")
		}
		g.mutes, g.told = 0, false
		g.dueAt = now.Add(signRefresh)
		if g.blinks > 0 {
			g.blinks--
			g.dueAt = now.Add(blinkEvery)
		}
		return nil
	}
	condition, ours := conditionOf(err)
	if !ours {
		return err
	}
	g.mutes++
	g.blinks = 0 // old when the sign is back
	g.dueAt = now.Add(min(signRetry<<min(g.mutes-1, 8), signRetryTo))
	if g.mutes == 1 {
		g.dueAt = now
	}
	if g.mutes == mutesToTell {
		g.told = true
		s.book.Report(g.id, device.Set(condition), fmt.Sprintf("address %d", g.unit))
		s.log.Debug("sign", "id", g.id, "err", err)
	}
	return nil
}

func (g *sign) show(ctx context.Context, m *led.Master, text string) error {
	if !g.number {
		return m.Show(ctx, g.unit, text)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(text)) // blank is 0: such a sign is never dark
	if n > math.MaxInt16 {
		n %= 10_000
	}
	return m.ShowNumber(ctx, g.unit, int16(n))
}

// conditionOf tells a sign's fault from the wire's.
func conditionOf(err error) (c device.Condition, sign bool) {
	switch {
	case errors.Is(err, led.ErrMute):
		return device.Offline, true
	case errors.Is(err, led.ErrGarbled), errors.Is(err, led.ErrRefused):
		return device.BadReplies, true
	}
	return "", false
}
