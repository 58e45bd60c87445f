package printer

import (
	"context"
	"errors"
	"os"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// How long is waited for what.
const (
	answerIn     = 2 * time.Second        // an answer in its turn
	realTimeIn   = time.Second            // an answer to a real-time question,
	busyAnswerIn = 4 * time.Second        // of a slow printer, or within a ticket: it may stand behind what is still printed
	stallStep    = time.Second            // between two looks at a line that takes no more bytes
	stalledIn    = 3 * time.Second        // then it is stalled
	giveUpIn     = time.Minute            // then the wire is given up;
	passOnIn     = 10 * time.Second       // sooner, where another printer waits for the ticket
	lostIn       = 3 * time.Second        // without any answer, a printer that used to answer
	doneIn       = 15 * time.Second       // for "done", after all the time that printing takes
	pausesIn     = 500 * time.Millisecond // within one answer, at most
	noiseAtMost  = 16                     // bytes that no printer says, before it is not trusted
)

// Errors within a session. Those that are not errFault end it.
var (
	errGone    = errors.New("the printer is gone")
	errStalled = errors.New("the printer takes no more bytes")
	errFault   = errors.New("the printer has stopped")
	errNoWord  = errors.New("the printer has not said that it is done")
)

// session is one connected life: the wire, and what the printer has said on it.
type session struct {
	d     *Driver
	wire  device.Wire
	model Model  // the driver's, or what any printer can, when this is another one
	other string // what this one calls itself, then
	bps   int    // bytes a second of the line; 0: fast

	in   chan escpos.Reply
	gone chan struct{} // closed when reading has ended
	err  error         // why; read after gone

	answers bool // it has answered a real-time question
	done    bool // it answers GS r
	auto    bool // it tells its state by itself
	ready   bool // greeted, and not within a broken command
	lost    bool // it used to answer
	silent  bool // it has not answered the last time
	asking  bool // a real-time question is open
	slow    bool // it has answered one when nobody waited any more
	stalled bool
	torn    bool // a command may be broken off: nothing may be asked before a flush
	wrong   bool // a person says that no text shows on its paper
	nearEnd bool // its roll is foreseen to end soon

	patience func() time.Duration // with a line that takes no bytes, of the ticket in hand; nil: giveUpIn
	noise    int
	dones    int // answers to GS r so far
	heard    time.Time
	sentBy   time.Time       // when the last byte will have passed the line
	polled   [5]escpos.Fault // by number of the question
	told     escpos.Fault    // by itself
	port     escpos.Fault    // by the USB port
	reported escpos.Fault    // all of them, as the book was told

	shelf    *shelf           // nil: it keeps no pictures
	stood    *centre.Document // whose slips the shelf stands for,
	stoodFor *slip.Template   // in this form
	worked   time.Time        // when the last ticket was done
}

func newSession(d *Driver, wire device.Wire) *session {
	s := &session{d: d, wire: wire, model: d.model, in: make(chan escpos.Reply, 64), gone: make(chan struct{}), heard: time.Now()}
	if b, ok := wire.(device.Bauder); ok && b.Baud() > 0 {
		s.bps = b.Baud() / 10
	}
	return s
}

// read takes what the printer says, until the wire ends. It has a goroutine of
// its own, so that a printer which only sends cannot stop one that listens.
func (s *session) read(ctx context.Context) {
	defer close(s.gone)
	var p escpos.Parser
	b := make([]byte, 256)
	last := time.Now()
	for {
		n, err := s.wire.Read(b)
		var replies []escpos.Reply
		if n > 0 {
			if time.Since(last) > pausesIn {
				replies = p.Break()
			}
			last = time.Now()
		}
		for _, r := range append(replies, p.Feed(b[:n])...) {
			select {
			case s.in <- r:
			case <-ctx.Done():
				s.err = ctx.Err()
				return
			}
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			s.err = err
			return
		}
	}
}

// hear takes note of one answer.
func (s *session) hear(r escpos.Reply) {
	switch r.Kind {
	case escpos.Auto:
		s.auto, s.told = true, escpos.AutoFaults(r.Auto)
	case escpos.Done:
		s.dones++
	case escpos.RealTime:
		s.slow = s.slow || !s.asking
	case escpos.Noise:
		s.noise++
		return
	}
	s.heard = time.Now()
}

// wait hears answers until want says so, or for d at most.
func (s *session) wait(ctx context.Context, d time.Duration, want func(escpos.Reply) bool) (bool, error) {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-s.gone:
			return false, s.lostWire()
		case r := <-s.in:
			s.hear(r)
			if want(r) {
				return true, nil
			}
		case <-t.C:
			return false, nil
		}
	}
}

func (s *session) lostWire() error { return errors.Join(errGone, s.err) }

// drain hears what is there already.
func (s *session) drain() {
	for {
		select {
		case r := <-s.in:
			s.hear(r)
		default:
			return
		}
	}
}

// lineTime is how long so many bytes take on the line.
func (s *session) lineTime(n int) time.Duration {
	if s.bps == 0 {
		return 0
	}
	return time.Duration(n) * time.Second / time.Duration(s.bps)
}

// onLine is how long the bytes sent so far will still be on the line.
func (s *session) onLine() time.Duration { return max(0, time.Until(s.sentBy)) }

// write sends bytes, as slowly as the printer takes them.
func (s *session) write(ctx context.Context, b []byte) error {
	began := time.Now()
	for len(b) > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		step := b
		if s.bps > 0 {
			step = b[:min(len(b), s.bps)]
		}
		_ = s.wire.SetWriteDeadline(time.Now().Add(stallStep + 2*s.lineTime(len(step))))
		n, err := s.wire.Write(step)
		b = b[n:]
		s.sentBy = time.Now().Add(s.onLine() + s.lineTime(n))
		switch {
		case err == nil && s.stalled:
			s.stalled = false
			return errFault // it was out of order meanwhile, and what it has made of this nobody knows
		case err == nil:
			began = time.Now()
			continue
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return errors.Join(errGone, err)
		case n > 0:
			began = time.Now()
		}
		s.drain()
		if s.faults().Stops() {
			return errFault
		}
		if s.stalled = s.stalled || time.Since(began) >= stalledIn; s.stalled { // to the end, though it takes some bytes again
			s.d.setUsable(false)
			s.report()
		}
		if time.Since(began) >= s.givesUpIn() {
			return errStalled
		}
	}
	return nil
}

// givesUpIn is how long a line may take no bytes.
func (s *session) givesUpIn() time.Duration {
	if s.patience != nil {
		return s.patience()
	}
	return giveUpIn
}

// ask asks a real-time question and waits for its answer: one at a time, since
// an answer does not say to which question it belongs.
func (s *session) ask(ctx context.Context, question []byte, read func(byte) escpos.Fault) (bool, error) {
	if s.slow {
		return s.askFor(ctx, busyAnswerIn, question, read)
	}
	return s.askFor(ctx, realTimeIn, question, read)
}

// askFor is ask with another patience.
func (s *session) askFor(ctx context.Context, patience time.Duration, question []byte, read func(byte) escpos.Fault) (bool, error) {
	s.drain()
	if err := s.write(ctx, question); err != nil {
		if errors.Is(err, errFault) {
			return false, nil
		}
		return false, err
	}
	s.asking = true
	defer func() { s.asking = false }()
	return s.wait(ctx, patience+s.onLine(), func(r escpos.Reply) bool {
		if r.Kind != escpos.RealTime {
			return false
		}
		s.polled[question[2]] = read(r.Byte)
		return true
	})
}

// askAll asks all four. No answer to the first one is none to all.
func (s *session) askAll(ctx context.Context) (bool, error) {
	for _, q := range []struct {
		question []byte
		read     func(byte) escpos.Fault
	}{
		{escpos.AskPaper, escpos.PaperFaults},
		{escpos.AskOffline, escpos.OfflineFaults},
		{escpos.AskError, escpos.ErrorFaults},
		{escpos.AskPrinter, escpos.PrinterFaults},
	} {
		if ok, err := s.ask(ctx, q.question, q.read); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// askPort reads what the USB port itself knows; that works with mute printers.
func (s *session) askPort() {
	p, ok := s.wire.(device.PortStatuser)
	if !ok {
		return
	}
	b, err := p.PortStatus()
	if err != nil {
		return
	}
	s.port = 0
	if b&0x20 != 0 {
		s.port = escpos.PaperOut
	}
}

// faults is all that is known to be wrong. What the printer tells by itself is
// newer than any answer to a question.
func (s *session) faults() escpos.Fault {
	if s.noise > noiseAtMost {
		return s.port // nothing that it says is believed
	}
	if s.auto {
		return s.told | s.port
	}
	f := s.port
	for _, p := range s.polled {
		f |= p
	}
	return f
}

// trusted reports whether what it says can be believed.
func (s *session) trusted() bool { return s.answers && s.noise <= noiseAtMost }

// report tells the book the state of the printer.
func (s *session) report() {
	s.reported = s.faults()
	s.d.room.book.Report(s.d.device(), s.conditions(), s.other)
}

// conditionsOf are the words for what a printer says of itself.
func conditionsOf(f escpos.Fault) (c device.Conditions) {
	for _, x := range []struct {
		fault escpos.Fault
		is    device.Condition
	}{
		{escpos.PaperOut, device.MediaEmpty},
		{escpos.Cover, device.CoverOpen},
		{escpos.Cutter, device.CutterJam},
		{escpos.Hot, device.HeadHot},
		{escpos.Mechanics, device.MediaJam},
		{escpos.Broken, device.DeviceError},
	} {
		if f&x.fault != 0 {
			c = append(c, x.is)
		}
	}
	if len(c) == 0 && f.Stops() {
		c = append(c, device.DeviceError) // stopped, and does not say why
	}
	if f&escpos.PaperLow != 0 && f&escpos.PaperOut == 0 {
		c = append(c, device.MediaLow)
	}
	return c
}

func (s *session) conditions() device.Conditions {
	f := s.faults()
	c := conditionsOf(f &^ escpos.PaperLow)
	if (f&escpos.PaperLow != 0 || s.nearEnd) && f&escpos.PaperOut == 0 {
		c = append(c, device.MediaLow)
	}
	if s.wrong {
		c = append(c, device.WrongSide)
	}
	if s.other != "" {
		c = append(c, device.Another)
	}
	if s.noise > noiseAtMost {
		c = append(c, device.BadReplies)
	}
	switch {
	case s.lost:
		c = append(c, device.Offline)
	case s.stalled && !f.Stops():
		c = append(c, device.Stalled)
	case s.ready && !s.answers && s.noise <= noiseAtMost:
		c = append(c, device.Mute)
	}
	return device.Set(c...)
}
