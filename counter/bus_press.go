package counter

import (
	"context"
	"errors"
	"strconv"
	"time"

	"xinmoi/counter/keypad"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// press is one press to be carried out.
type press struct {
	keypad.Press
	level int    // of a rating; 0: a key
	key   string // idempotency key
}

// outcome is what came of a press.
type outcome struct {
	pad     *padState
	refused bool // and is to be shown
	nobody  bool // next found nobody waiting
	ask     bool // light the rating pad
}

// The windows in which what comes again is not pressed again.
const (
	repeatWithin = 300 * time.Millisecond  // bouncing contacts, and a keypad that has not heard its acknowledgement
	stuckWithin  = 1500 * time.Millisecond // no finger keeps this up
	stuckAfter   = 3
)

type verdict int

const (
	fresh verdict = iota
	again         // the same press
	stuck         // a stuck key, said once
	freed         // fresh, and no longer stuck
)

// repeats tells a new press from the same one coming again.
type repeats struct {
	last    string
	at      time.Time
	streak  int // presses of the same, each soon after the one before
	bounces int // frames that were the same press
	told    bool
}

// judge takes a frame that has come. Windows slide: a frame that never stops
// coming is one press, however long it lasts.
func (r *repeats) judge(now time.Time, frame string) verdict {
	since := now.Sub(r.at)
	same := frame == r.last && since < stuckWithin
	r.last, r.at = frame, now
	if !same {
		r.streak, r.bounces = 1, 0
		if r.told {
			r.told = false
			return freed
		}
		return fresh
	}
	if since < repeatWithin {
		r.bounces++
	} else {
		r.streak, r.bounces = r.streak+1, 0
		if r.streak <= stuckAfter {
			return fresh
		}
	}
	if !r.told && (r.streak > stuckAfter || r.bounces > 5*stuckAfter) {
		r.told = true
		return stuck
	}
	return again
}

// work carries out the presses of one keypad in turn.
func (w *busWire) work(ctx context.Context, s *padState) {
	for p := range s.presses {
		o := outcome{pad: s}
		answer, action, err := w.carryOut(ctx, s.pad, p)
		var refusal *queue.Refusal
		switch {
		case errors.As(err, &refusal):
			o.refused = p.level == 0 // a citizen's late rating is nothing to the clerk
			w.log.Debug("press refused", "keypad", s.id, "action", action, "code", refusal.Code)
		case err != nil:
			o.refused = true
			if ctx.Err() == nil {
				w.log.Error("press", "keypad", s.id, "action", action, "err", err)
			}
		case action == keypad.Next:
			c, _ := answer.View.Hall.Counter(s.counter)
			o.nobody = c == nil || c.Ticket == 0
		case action == keypad.Rate:
			o.ask = true
		}
		w.done <- o
	}
}

// errNoMeaning refuses a key that has no meaning, such as digits before recall.
var errNoMeaning = &queue.Refusal{Code: queue.ErrBadValue.Code, Args: map[string]any{"field": "key"}}

// carryOut makes the command of a press and gives it to the book.
func (b *Bus) carryOut(ctx context.Context, p *pad, what press) (store.Answer, keypad.Action, error) {
	v := b.book.View()
	by := queue.Actor{Via: string(p.id)}
	if c, ok := v.Hall.Counter(p.counter); ok {
		by.Clerk = c.Clerk
	}
	if what.level > 0 {
		a, err := b.do(ctx, store.Request{
			Command: queue.Rate{Counter: p.counter, Level: what.level}, By: queue.Actor{Via: by.Via}, Key: what.key,
		})
		return a, "", err
	}
	action, ok := p.keys.Action(what.Press)
	if !ok {
		return store.Answer{}, "", errNoMeaning
	}
	digits := what.Digits
	if _, exact := p.keys[digits+" "+what.Key]; exact && action == keypad.Return {
		digits = "" // they are part of the key
	}
	c, err := command(v.Hall, p.counter, action, digits)
	if err != nil || c == nil {
		return store.Answer{View: v}, action, err
	}
	a, err := b.do(ctx, store.Request{Command: c, By: by, Key: what.key, Digest: string(action)})
	return a, action, err
}

// acknowledged is how long a press that the keypad was told of may take.
const acknowledged = 3 * time.Second

// do gives a command to the book, and asks again with the same key while the
// outcome is unknown. The keypad has been told that its press was heard, so the
// end of its wire does not end the command.
func (b *Bus) do(ctx context.Context, r store.Request) (store.Answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acknowledged)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		a, err := b.book.Do(ctx, r)
		if !errors.Is(err, store.ErrOutcomeUnknown) || wait > 2*time.Second || ctx.Err() != nil {
			return a, err
		}
		time.Sleep(wait)
	}
}

// command is what a press asks of the rules; nil when there is nothing to do.
func command(h *queue.Hall, id queue.CounterID, a keypad.Action, digits string) (queue.Command, error) {
	c, ok := h.Counter(id)
	if !ok {
		return nil, queue.ErrUnknownCounter
	}
	switch a {
	case keypad.Next:
		return queue.CallNext{Counter: id}, nil
	case keypad.Recall:
		return queue.Recall{Counter: id}, nil
	case keypad.Start:
		return queue.Start{Counter: id}, nil
	case keypad.Finish:
		return queue.Finish{Counter: id}, nil
	case keypad.NoShow:
		return queue.MarkNoShow{Counter: id}, nil
	case keypad.Park:
		return queue.Park{Counter: id, Reason: queue.ParkOther}, nil
	case keypad.Undo:
		return queue.Undo{Counter: id}, nil
	case keypad.Close:
		return queue.CloseCounter{Counter: id}, nil
	case keypad.Pause:
		if c.State == queue.Paused {
			return queue.OpenCounter{Counter: id}, nil
		}
		return queue.PauseCounter{Counter: id, Reason: "other"}, nil
	case keypad.Rate:
		if c.Ticket == 0 && c.Last != 0 {
			return nil, nil // finished already: only the asking is left
		}
		return queue.Finish{Counter: id}, nil
	case keypad.CallBack:
		return callBack(h, c)
	case keypad.Return:
		t, err := toReturn(h, id, digits)
		return queue.Return{Ticket: t, After: -1}, err
	case keypad.Call:
		t, err := byDigits(h, id, digits)
		return queue.Call{Counter: id, Target: queue.Target{Ticket: t}}, err
	case keypad.Transfer:
		for _, to := range centre.InForce(h).Counters {
			if to.Number == digits {
				return queue.Transfer{Counter: id, ToCounter: queue.CounterID(to.ID)}, nil
			}
		}
		return nil, queue.ErrBadTarget
	}
	return nil, errNoMeaning
}

// callBack calls the ticket that the counter parked last.
func callBack(h *queue.Hall, c *queue.Counter) (queue.Command, error) {
	if len(c.Parked) == 0 {
		return nil, queue.ErrUnknownTicket
	}
	target := queue.Target{Ticket: c.Parked[len(c.Parked)-1]}
	if t, ok := h.Ticket(target.Ticket); ok && t.Park == queue.ParkResult {
		return queue.ResultCall{Counter: c.ID, Target: target}, nil
	}
	return queue.Call{Counter: c.ID, Target: target}, nil
}

// toReturn finds whom to put back into the queue: the number that was typed, or
// who was last marked as absent at this counter.
func toReturn(h *queue.Hall, id queue.CounterID, digits string) (queue.TicketID, error) {
	if digits != "" {
		return byDigits(h, id, digits)
	}
	var last *queue.Ticket
	for _, t := range h.Tickets() {
		if t.State == queue.NoShow && t.Counter == id && (last == nil || t.EndedAt.After(last.EndedAt)) {
			last = t
		}
	}
	if last == nil {
		return 0, queue.ErrUnknownTicket
	}
	return last.ID, nil
}

// byDigits finds the ticket that digits mean at a counter: 12 is A012, or 1012,
// if that is one of its services. Two that fit are none, since a guess would
// call a stranger.
func byDigits(h *queue.Hall, id queue.CounterID, digits string) (queue.TicketID, error) {
	want, err := strconv.Atoi(digits)
	if err != nil {
		return 0, queue.ErrUnknownTicket
	}
	served := map[queue.ServiceID]bool{}
	for _, s := range servicesOf(h, id) {
		served[s] = true
	}
	var found queue.TicketID
	for _, t := range h.Tickets() {
		if !served[t.Service] || t.State != queue.Waiting && t.State != queue.Parked && t.State != queue.NoShow {
			continue
		}
		if t.Index != want && t.Number != digits {
			continue
		}
		if found != 0 {
			return 0, queue.ErrUnknownTicket
		}
		found = t.ID
	}
	if found == 0 {
		return 0, queue.ErrUnknownTicket
	}
	return found, nil
}
