package printer

import (
	"context"
	"errors"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// slowLine is the speed in bytes a second under which a ticket is drawn with
// fewer bytes: 115,200 baud is fast.
const slowLine = 11520

// draw makes the job of an order: whole commands, in pieces.
func (s *session) draw(press *slip.Press, o order) ([][]byte, int, error) {
	m, size := s.model, pieceSize(s.bps)
	if o.kind == pagesSlip {
		return s.pages(press, o, size)
	}
	paper := slip.Paper{Dots: m.Dots, Coarse: s.bps > 0 && s.bps < slowLine}
	way, shelf := s.way(), s.shelf
	if o.kind != ticketSlip && shelf != nil {
		shelf = newShelf() // its figures are not worth keeping
		shelf.closed = true
	}
	if way == centre.WayStored && (shelf == nil || shelf.closed) {
		way = centre.WayHybrid
	}
	lines, err := s.lines(o, true)
	if err != nil {
		return nil, 0, err
	}
	pieces, high, err := set(way, lines, press, m, paper, size, shelf)
	if err == nil {
		return pieces, high, nil
	}
	// A link that no code holds: the slip is good without.
	s.d.log.Warn("printing without a QR code", "err", err)
	if lines, err = s.lines(o, false); err != nil {
		return nil, 0, err
	}
	return set(way, lines, press, m, paper, size, shelf)
}

// way is how this printer is told a ticket.
func (s *session) way() string {
	if s.other != "" {
		return centre.WayRaster // what any printer can
	}
	return wayOf(s.d.way, s.model, s.bps)
}

// pieceSize is how many bytes are sent between two looks: less than a second of
// line time.
func pieceSize(bps int) int {
	if bps == 0 {
		return longestPieces
	}
	return max(240, min(longestPieces, int(int64(bps)*int64(lookEvery)/int64(time.Second))))
}

// Job turns a page into the bytes for a model, in pieces of about size bytes
// between which something else may be sent.
func Job(page *slip.Page, m Model, size int) ([][]byte, error) {
	return drawn(page, m, size).Pieces(size)
}

func drawn(page *slip.Page, m Model, size int) *escpos.Job {
	j := escpos.NewJob(m.setup(size))
	j.Begin()
	put(j, page)
	j.End()
	return j
}

// put adds a drawn page to a job.
func put(j *escpos.Job, page *slip.Page) {
	at := 0
	for _, part := range page.Parts {
		j.Feed(part.Y - at)
		j.Picture(part.Image, part.X, part.Scale)
		at = part.Y + part.Image.Rect.Dy()*part.Scale
	}
	j.Feed(page.High - at)
}

// print puts one order on paper and writes down what became of it.
func (s *session) print(ctx context.Context, press *slip.Press, o order) error {
	r := s.d.room
	defer func() { s.worked = time.Now() }()
	if s.shelf != nil {
		if err := s.checkShelf(ctx); err != nil {
			s.ready = false
			r.release(ctx, o.orderID)
			return err
		}
	}
	pieces, high, err := s.draw(press, o)
	if err != nil { // nothing that the printer could help
		s.d.log.Error("drawing a ticket", "ticket", o.ticket, "err", err)
		_, err = r.note(ctx, noteDropped, note{Ticket: o.ticket, Order: o.seq, Printer: s.d.id, Reason: reasonFailed})
		r.release(ctx, o.orderID)
		return err
	}
	n := note{Ticket: o.ticket, Order: o.seq, Printer: s.d.id, Reprint: o.marked()}
	if _, err := r.note(ctx, noteStarted, n); err != nil {
		r.release(ctx, o.orderID)
		if ctx.Err() != nil {
			return err
		}
		s.d.log.Error("a ticket waits, since the journal takes no note", "err", err)
		_, err = s.wait(ctx, time.Second, func(escpos.Reply) bool { return false })
		return err
	}
	s.patience = func() time.Duration { return r.patience(s.d, o) }
	typ, err := s.send(ctx, pieces, high)
	s.patience = nil
	if err != nil {
		s.ready, s.torn = false, true
		if n.Reason = word(err); ctx.Err() != nil {
			n.Reason = "stopping"
		}
		r.writeLast(ctx, noteInterrupted, n)
		r.release(ctx, o.orderID)
		s.d.setUsable(false)
		if ctx.Err() == nil && !errors.Is(err, errGone) {
			s.report()
		}
		s.clear(ctx, err)
		return err
	}
	n.MM = s.model.length(high)
	r.writeLast(ctx, typ, n)
	return nil
}

// clear lets a printer that knows how to forget the rest of a broken ticket.
func (s *session) clear(ctx context.Context, err error) {
	if s.model.Clears && errors.Is(err, errFault) {
		_ = s.write(ctx, escpos.Clear)
	}
}

// word is why a ticket was interrupted, for the journal.
func word(err error) string {
	switch {
	case errors.Is(err, errFault):
		return "fault"
	case errors.Is(err, errNoWord):
		return "no-answer"
	case errors.Is(err, errStalled):
		return "stalled"
	}
	return "gone"
}

// send sends a job and waits for its outcome: the type of its last note.
func (s *session) send(ctx context.Context, pieces [][]byte, high int) (string, error) {
	looked, dones := time.Now(), s.dones
	for _, p := range pieces {
		if s.trusted() && time.Since(looked)+s.lineTime(len(p)) > lookEvery {
			if err := s.askWithin(ctx); err != nil {
				return "", err
			}
			looked = time.Now()
		}
		if err := s.write(ctx, p); err != nil {
			return "", err
		}
		s.drain()
		s.tell()
		if s.faults().Stops() {
			return "", errFault
		}
	}
	need := s.onLine() + time.Duration(high)*time.Second/time.Duration(s.model.Speed)
	return s.outcome(ctx, need, dones)
}

// askWithin asks for the state between two pieces of a ticket, those too that
// tell it by themselves: one that does not answer has lost its power meanwhile,
// and what it makes of the rest nobody knows.
func (s *session) askWithin(ctx context.Context) error {
	for _, q := range []struct {
		question []byte
		read     func(byte) escpos.Fault
	}{{escpos.AskPaper, escpos.PaperFaults}, {escpos.AskOffline, escpos.OfflineFaults}} {
		ok, err := s.askFor(ctx, busyAnswerIn, q.question, q.read)
		if err != nil {
			return err
		}
		if !ok && !s.faults().Stops() {
			return errNoWord
		}
	}
	if s.polled[2]&escpos.Erring != 0 { // some error: which one
		if _, err := s.askFor(ctx, busyAnswerIn, escpos.AskError, escpos.ErrorFaults); err != nil {
			return err
		}
	}
	s.tell()
	return nil
}

// tell tells the book what has changed since it was told the last time.
func (s *session) tell() {
	if s.faults() != s.reported {
		s.report()
	}
}

// outcome waits until the ticket is out. Need is how long that takes from now on,
// as far as can be computed; dones is how often it had said "done" before.
func (s *session) outcome(ctx context.Context, need time.Duration, dones int) (string, error) {
	said := func() bool { return s.done && s.trusted() && s.dones > dones }
	end := time.Now().Add(need)
	if s.done && s.trusted() {
		end = end.Add(doneIn)
	}
	for time.Now().Before(end) && !said() {
		step := min(time.Until(end), lookEvery)
		_, err := s.wait(ctx, step, func(escpos.Reply) bool { return said() || s.auto && s.faults().Stops() })
		if err != nil {
			return "", err
		}
		if s.trusted() && !s.auto && !said() {
			if err := s.askWithin(ctx); err != nil {
				return "", err
			}
		}
		if s.faults().Stops() && !said() {
			return "", errFault
		}
	}
	if said() {
		return notePrinted, nil // it has printed all, whatever came after
	}
	return s.verdict(ctx)
}

// verdict decides on a ticket that nobody has said to be done.
func (s *session) verdict(ctx context.Context) (string, error) {
	switch {
	case !s.trusted():
		return noteSent, s.drained(ctx)
	case s.done:
		return "", errNoWord // it answers in its turn, and has not
	}
	ok, err := s.askAll(ctx)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", errNoWord
	case s.faults().Stops():
		return "", errFault
	}
	return notePrinted, nil
}

// drained waits until the last byte has left this machine, where that can be
// known.
func (s *session) drained(ctx context.Context) error {
	q, ok := s.wire.(device.Queuer)
	if !ok {
		return nil
	}
	for began := time.Now(); time.Since(began) < s.givesUpIn(); {
		n, err := q.Queued()
		if err != nil || n == 0 {
			s.stalled = false
			return nil
		}
		if s.stalled = time.Since(began) >= stalledIn; s.stalled {
			s.d.setUsable(false)
			s.report()
		}
		if _, err := s.wait(ctx, 100*time.Millisecond+s.lineTime(n)/2, func(escpos.Reply) bool { return false }); err != nil {
			return err
		}
	}
	return errStalled
}
