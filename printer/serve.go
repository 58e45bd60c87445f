package printer

import (
	"context"
	"errors"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/device"
)

// How often a printer is looked at. With the second for which the book waits
// before it believes a condition, the journal has it within two.
const (
	lookEvery     = 700 * time.Millisecond
	lookMute      = 30 * time.Second       // one that does not answer
	calms         = 4                      // stray bytes that a round of good answers makes up for
	turnOfOthers  = 500 * time.Millisecond // tickets that become this printer's by time alone
	longestPieces = escpos.MaxBandBytes
)

// Serve prints on one wire until it or ctx ends. It is called again for the next
// one, with all that is due still due.
func (d *Driver) Serve(ctx context.Context, wire device.Wire) error {
	press, err := slip.NewPress()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(d, wire)
	go s.read(ctx) // ended and waited for below
	defer func() {
		cancel()
		_ = wire.SetReadDeadline(time.Now()) // the reader ends
		<-s.gone
	}()
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	s.torn = d.room.isDirty(d.id)
	return s.live(ctx, press)
}

// enter joins the printers that have a wire. It reads the journal first, which
// says whether this one was left in the midst of something.
func (d *Driver) enter(ctx context.Context) error {
	d.room.mu.Lock()
	defer d.room.mu.Unlock()
	if err := d.room.catchUp(ctx); err != nil {
		return err
	}
	d.room.drivers[d.id] = d
	d.wasEmpty()
	return nil
}

func (d *Driver) leave() {
	d.setUsable(false)
	d.room.mu.Lock()
	defer d.room.mu.Unlock()
	if d.room.drivers[d.id] == d {
		delete(d.room.drivers, d.id)
	}
}

// live looks at the printer and prints what is due, in turns.
func (s *session) live(ctx context.Context, press *slip.Press) error {
	bell, stop := s.d.room.book.Bell()
	defer stop()
	tick := time.NewTicker(turnOfOthers)
	defer tick.Stop()
	again := time.NewTimer(0) // when it is looked at again
	defer again.Stop()
	looked := time.Time{}
	for {
		if time.Since(looked) >= s.lookEvery() {
			if err := s.look(ctx); err != nil {
				return err
			}
			looked = time.Now()
		}
		s.lookAtRoll(ctx)
		s.d.setUsable(s.ready && !s.lost && !s.silent && !s.stalled && !s.wrong && !s.faults().Stops())
		o, ok, err := s.d.room.next(ctx, s.d)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			s.d.log.Error("reading what is to be printed", "err", err)
		}
		if ok {
			err := s.print(ctx, press, o)
			switch {
			case err == nil:
			case errors.Is(err, errFault), errors.Is(err, errNoWord):
				looked = time.Time{}
			default:
				return s.end(ctx, err)
			}
			continue
		}
		again.Reset(max(0, s.lookEvery()-time.Since(looked)))
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		case <-s.gone:
			return s.end(ctx, s.lostWire())
		case r := <-s.in:
			before := s.faults()
			s.hear(r)
			if s.faults() != before {
				looked = time.Time{} // tell it at once
			}
		case <-bell:
		case <-s.d.wake:
		case <-tick.C:
			switch err := s.stock(ctx, press); {
			case err == nil:
			case errors.Is(err, errFault), errors.Is(err, errNoWord):
				looked = time.Time{}
			default:
				return s.end(ctx, err)
			}
		}
	}
}

// end is the error of a life: none when it was ended from outside.
func (s *session) end(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *session) lookEvery() time.Duration {
	if s.ready && !s.answers && !s.slow {
		return lookMute
	}
	return lookEvery
}

// look finds out how the printer is, greets it when it can be greeted, and
// tells the book.
func (s *session) look(ctx context.Context) error {
	s.askPort()
	if s.torn {
		if err := s.mend(ctx); err != nil || s.torn {
			s.report()
			return s.end(ctx, err)
		}
	}
	wasAuto, told := s.auto, s.told
	ok, err := s.askAll(ctx)
	if err != nil {
		return s.end(ctx, err)
	}
	s.silent = s.trusted() && !ok // its power may be gone: no ticket before it answers
	switch {
	case ok:
		s.noise = max(0, s.noise-calms)
		if s.lost {
			s.ready = false // it was off: it has forgotten how it was greeted
		}
		s.answers, s.lost = true, false
		if wasAuto && s.auto && told == s.told && s.asked()&^escpos.Feeding != s.told&^escpos.Feeding {
			s.auto = false // it no longer tells by itself: ask it to, again
			s.ready = false
		}
	case s.answers && time.Since(s.heard) >= lostIn && !s.faults().Stops():
		s.lost = true
	}
	if !s.ready && !s.faults().Stops() && (ok || !s.answers) {
		if err := s.greet(ctx); err != nil && !errors.Is(err, errFault) {
			return s.end(ctx, err)
		}
	}
	s.report()
	return nil
}

// asked is what the four answers say together.
func (s *session) asked() escpos.Fault {
	var f escpos.Fault
	for _, p := range s.polled {
		f |= p
	}
	return f &^ escpos.Erring // the others say which
}

// mend ends a command that was broken off. Before that nothing may be asked: the
// bytes of a question would become the size of a picture, and swallow tickets.
func (s *session) mend(ctx context.Context) error {
	if s.auto && s.faults().Stops() && time.Since(s.heard) < lostIn {
		return nil // it will tell when it goes on, unless it was switched off and on
	}
	err := s.write(ctx, append(escpos.Flush(), escpos.Reset...))
	if errors.Is(err, errFault) {
		return nil
	}
	s.torn = err != nil
	return err
}

// greet resets the printer, asks it to tell its state by itself, and finds out
// whether it answers in its turn. No answer may mean that it waits for the rest
// of a picture; then that is flushed. What has come out of something broken off
// is cut, so that it does not stand on the next ticket.
func (s *session) greet(ctx context.Context) error {
	broken := s.d.room.isDirty(s.d.id)
	heard := false
	if s.answers {
		var err error
		if heard, err = s.hello(ctx); err != nil {
			return err
		}
		if !heard {
			if err := s.write(ctx, append(escpos.Flush(), escpos.Reset...)); err != nil {
				return err
			}
			if heard, err = s.hello(ctx); err != nil {
				return err
			}
			broken = broken || heard // it was within a picture
		}
		if !heard && s.d.inTurn {
			return nil // it could answer before: it still waits for something. Again later
		}
		s.d.inTurn = heard
	} else if err := s.write(ctx, escpos.Reset); err != nil {
		return err
	}
	if err := s.identify(ctx, heard); err != nil {
		return err
	}
	if err := s.openShelf(ctx); err != nil {
		return err
	}
	if broken {
		cut, err := escpos.CutOff(s.model.setup(0))
		if err == nil {
			err = s.write(ctx, cut)
		}
		if err != nil {
			return err
		}
	}
	s.d.room.clean(s.d.id)
	s.ready = true
	return nil
}

// hello reports whether the printer has answered in its turn.
func (s *session) hello(ctx context.Context) (bool, error) {
	s.done, s.auto = false, false
	var b []byte
	for _, part := range [][]byte{escpos.Reset, escpos.AutoOn, escpos.AskDone} {
		b = append(b, part...)
	}
	if err := s.write(ctx, b); err != nil {
		return false, err
	}
	_, err := s.wait(ctx, answerIn+s.onLine(), func(r escpos.Reply) bool {
		s.done = s.done || r.Kind == escpos.Done
		return s.done
	})
	return s.done || s.auto, err
}
