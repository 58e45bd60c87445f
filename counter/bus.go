package counter

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"xinmoi/counter/keypad"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// Bus is the keypads of one port: what is pressed on them becomes commands,
// and what they can show follows the hall.
//
// Promises and decisions:
//
//   - One goroutine owns the wire. It acknowledges a press at once, before the
//     command is durable: a keypad repeats until it is heard, and the answer
//     says "heard" and no more. So no press is made twice because the disk was
//     slow, and none that was acknowledged is made again after a restart. What
//     came of it is seen on the display, which shows only what is in the journal.
//   - Commands run beside the wire, for each keypad in the order of its presses,
//     so that a slow disk delays no other keypad's acknowledgement.
//   - One press makes one command: a frame that comes again within 300 ms is the
//     same press, and a key that goes on and on is stuck and presses nothing.
//     The command carries a key of its own, and outcome_unknown is asked again.
//   - A press that was acknowledged is carried out even if the cable is pulled
//     the moment after.
//   - Keypads do not answer what is shown on them, so a dead one cannot be told
//     from a silent one. All are shown anew every 30 s: one that lost its power,
//     or heard noise, is right again by then.
type Bus struct {
	book *store.Book
	log  *slog.Logger
	pads []*pad
	hid  bool   // one keypad that is a keyboard, instead of a bus
	run  string // makes the idempotency keys of this run unlike those of any other
	made atomic.Uint64
}

// pad is one keypad of the document.
type pad struct {
	id      device.ID
	addr    byte
	counter queue.CounterID
}

// NewBus makes the bus of the keypads that share one port, at least one.
func NewBus(b *store.Book, log *slog.Logger, keypads []centre.Keypad) *Bus {
	bus := &Bus{book: b, log: log, run: rand.Text()[:10], hid: keypads[0].Protocol == centre.Keys}
	for _, k := range keypads {
		bus.pads = append(bus.pads, &pad{
			id: device.ID("keypad/" + k.ID), addr: byte(k.Address), counter: queue.CounterID(k.Counter),
		})
	}
	return bus
}

// Bus makes the bus of the keypads that share one port.
func (r *Room) Bus(keypads []centre.Keypad) *Bus { return NewBus(r.book, r.log, keypads) }

// The times of a bus.
const (
	padGap       = 4 * time.Millisecond   // silence between frames, 3.5 characters at 9600
	padEcho      = 100 * time.Millisecond // an echoing adapter hands our own frame back within this time
	padRefresh   = 30 * time.Second       // everything is shown anew
	padWink      = 600 * time.Millisecond // a refusal darkens the display for this long
	padWrite     = time.Second
	hidForget    = 5 * time.Second // digits without a key are forgotten
	padDefBaud   = 9600
	padOwnPress  = 2 * time.Second // a call within this time of a press is that press's
	bitsPerFrame = 10              // start, eight data, stop
)

// Serve works the bus over an open wire until the wire or ctx ends.
func (b *Bus) Serve(ctx context.Context, wire device.Wire) error {
	w := &busWire{
		Bus: b, wire: wire, baud: padDefBaud,
		byAddr: map[byte]*padState{}, sent: map[string]time.Time{},
		strange: map[byte]bool{},
		heard:   make(chan heard), done: make(chan outcome, len(b.pads)),
	}
	if l, ok := wire.(device.Bauder); ok && l.Baud() > 0 {
		w.baud = l.Baud()
	}
	var workers, reader sync.WaitGroup
	for _, p := range b.pads {
		s := &padState{pad: p, presses: make(chan press, 4)}
		w.pads = append(w.pads, s)
		w.byAddr[p.addr] = s
		workers.Go(func() { w.work(ctx, s) })
	}
	quit := make(chan struct{})
	decode := w.decoder()
	reader.Go(func() { w.read(decode, quit) })
	err := w.own(ctx)
	wire.Close() // ends the reader
	close(quit)
	reader.Wait()
	for _, s := range w.pads {
		close(s.presses)
	}
	go func() { workers.Wait(); close(w.done) }()
	for range w.done { // let the last commands end; nobody is left to show them
	}
	return err
}

// busWire is a bus with its wire open. Only own and what it calls touch it.
type busWire struct {
	*Bus
	wire   device.Wire
	baud   int
	pads   []*padState
	byAddr map[byte]*padState
	heard  chan heard
	done   chan outcome

	acks    []keypad.Frame // to be sent before anything else
	freeAt  time.Time      // when the wire is free to speak on
	sent    map[string]time.Time
	echo    bool          // the adapter hands our own frames back
	strange map[byte]bool // addresses nobody has configured, told once
}

// padState is what a bus knows of a keypad while its wire is open.
type padState struct {
	*pad
	presses chan press
	window  repeats
	pressed time.Time // last press made
	ticket  queue.TicketID
	shown   keypad.Frame
	redraw  bool
	darkTo  time.Time // a refusal is shown until then
	beeps   int       // to be sent
	ask     bool      // the rating pad is to be lit
}

// heard is what the reader hands over: frames, or the end.
type heard struct {
	frames  []keypad.Frame
	presses []keypad.Press
	open    bool // a frame has begun and goes on
	err     error
}

// decoder gives the language of the wire.
func (w *busWire) decoder() func(b []byte) heard {
	if !w.hid {
		var d keypad.Decoder
		return func(b []byte) heard { return heard{frames: d.Feed(b), open: d.Open()} }
	}
	var d keypad.HIDDecoder
	var last time.Time
	return func(b []byte) heard {
		if time.Since(last) > hidForget {
			d.Forget()
		}
		last = time.Now()
		return heard{presses: d.Feed(b)}
	}
}

// read reads until the wire ends.
func (w *busWire) read(decode func([]byte) heard, quit <-chan struct{}) {
	buf := make([]byte, 256)
	for {
		n, err := w.wire.Read(buf)
		h := decode(buf[:n])
		h.err = err
		select {
		case w.heard <- h:
		case <-quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// own is the one owner of the wire.
func (w *busWire) own(ctx context.Context) error {
	bell, stop := w.book.Bell()
	defer stop()
	refresh := time.NewTicker(padRefresh)
	defer refresh.Stop()
	w.follow(true)
	for {
		wait, err := w.speak(time.Now())
		if err != nil {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case h := <-w.heard:
			if h.open || len(h.frames) > 0 { // somebody speaks; noise is nobody
				w.freeAt = later(w.freeAt, time.Now().Add(padGap))
			}
			for _, f := range h.frames {
				w.hear(f)
			}
			for _, p := range h.presses {
				w.take(w.pads[0], time.Now(), p.Digits+" "+p.Key, press{Press: p})
			}
			if h.err != nil {
				timer.Stop()
				return fmt.Errorf("keypads: %w", h.err)
			}
		case o := <-w.done:
			w.ended(o)
		case <-bell:
			w.follow(false)
		case <-refresh.C:
			w.follow(true)
		case <-timer.C:
		}
		timer.Stop()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// speak sends one frame if there is one and the wire is free, acknowledgements
// first, and says when there may be more to send.
func (w *busWire) speak(now time.Time) (wait time.Duration, err error) {
	const idle = time.Hour
	if w.hid { // it shows nothing and beeps not
		return idle, nil
	}
	if wait := w.freeAt.Sub(now); wait > 0 {
		return wait, nil
	}
	if len(w.acks) > 0 {
		f := w.acks[0]
		w.acks = w.acks[1:]
		return 0, w.send(now, f)
	}
	wait = idle
	for _, s := range w.pads {
		f, ok, after := s.next(now)
		if ok {
			return 0, w.send(now, f)
		}
		if after > 0 {
			wait = min(wait, after)
		}
	}
	return wait, nil
}

// next is the next frame for a keypad, or how long until there is one.
func (s *padState) next(now time.Time) (f keypad.Frame, ok bool, after time.Duration) {
	switch {
	case s.beeps > 0:
		s.beeps--
		return keypad.Beep(s.addr), true, 0
	case s.ask:
		s.ask = false
		return keypad.AskRating(s.addr), true, 0
	case s.redraw:
		s.redraw = false
		if s.darkTo.After(now) {
			return keypad.Dark(s.addr), true, 0
		}
		return s.shown, true, 0
	case s.darkTo.IsZero():
		return f, false, 0
	}
	if after = s.darkTo.Sub(now); after > 0 {
		return f, false, after
	}
	s.darkTo = time.Time{}
	return s.shown, true, 0
}

// send writes one frame and reckons how long the wire is busy with it.
func (w *busWire) send(now time.Time, f keypad.Frame) error {
	b := f.Bytes()
	if err := w.wire.SetWriteDeadline(now.Add(padWrite)); err != nil {
		return err
	}
	if _, err := w.wire.Write(b); err != nil {
		return fmt.Errorf("keypads: %w", err)
	}
	line := time.Duration(len(b)) * bitsPerFrame * time.Second / time.Duration(w.baud)
	w.freeAt = now.Add(line + padGap)
	for old, until := range w.sent {
		if now.After(until) {
			delete(w.sent, old)
		}
	}
	w.sent[string(b)] = now.Add(line + padEcho)
	return nil
}

// hear takes one frame from the wire.
func (w *busWire) hear(f keypad.Frame) {
	now := time.Now()
	raw := string(f.Bytes())
	if until, ours := w.sent[raw]; ours && now.Before(until) {
		w.echo = w.echo || f.Fn == keypad.FnShow // no keypad says that; the first showing tells
		if w.echo {
			delete(w.sent, raw) // one echo per frame sent: what comes after is a keypad's
			return
		}
	}
	level, rated := f.Rating()
	p, pressed := f.Press()
	if !rated && !pressed {
		return
	}
	s := w.byAddr[f.Addr]
	if s == nil {
		if !w.strange[f.Addr] {
			w.strange[f.Addr] = true
			w.log.Warn("a keypad nobody has configured", "address", f.Addr, "keypad_of_this_bus", w.pads[0].id)
		}
		return
	}
	w.acks = append(w.acks, f.Ack())
	w.take(s, now, raw, press{Press: p, level: level})
}

// take makes a press of what was heard, unless it is the same press again.
func (w *busWire) take(s *padState, now time.Time, raw string, p press) {
	switch s.window.judge(now, raw) {
	case again:
		return
	case stuck:
		w.book.Report(s.id, device.Set(device.DeviceError), "stuck key")
		return
	case freed:
		w.book.Report(s.id, nil, "")
	}
	p.key = fmt.Sprintf("%s#%s-%d", s.id, w.run, w.made.Add(1))
	s.pressed = now
	select {
	case s.presses <- p:
	default: // the disk hangs; the clerk is told, and presses again
		s.refuse(now)
	}
}

// refuse shows a refusal as such a keypad can: a beep and a dark display.
func (s *padState) refuse(now time.Time) {
	s.beeps, s.darkTo, s.redraw = 1, now.Add(padWink), true
}

// ended shows what came of a press.
func (w *busWire) ended(o outcome) {
	now := time.Now()
	switch {
	case o.refused:
		o.pad.refuse(now)
	case o.nobody:
		o.pad.beeps = 1 // zero waiting and no number stand on the display
	case o.ask:
		o.pad.ask = true
	}
	if !o.refused && !o.pad.darkTo.IsZero() {
		o.pad.darkTo, o.pad.redraw = time.Time{}, true
	}
	w.follow(false)
}

// follow draws what has changed in the hall; all of it, if asked to.
func (w *busWire) follow(all bool) {
	v := w.book.View()
	now := time.Now()
	for _, s := range w.pads {
		f, ticket := content(v.Hall, s.pad)
		if all || string(f.Data) != string(s.shown.Data) {
			s.shown, s.redraw = f, true
		}
		if ticket != s.ticket && ticket != 0 && !all && now.Sub(s.pressed) > padOwnPress {
			s.beeps = 1 // called for this counter by somebody else, or by arming
		}
		s.ticket = ticket
	}
}

// content is what a keypad's display says: people waiting, current ticket.
func content(h *queue.Hall, p *pad) (keypad.Frame, queue.TicketID) {
	c, ok := h.Counter(p.counter)
	if !ok {
		return keypad.Dark(p.addr), 0
	}
	number := ""
	if t, ok := h.Ticket(c.Ticket); ok {
		number = t.Number
	}
	return keypad.Show(p.addr, waitingFor(h, p.counter), number), c.Ticket
}

// waitingFor counts the people whom the counter could call.
func waitingFor(h *queue.Hall, id queue.CounterID) (n int) {
	for _, s := range servicesOf(h, id) {
		for _, t := range h.Waiting(s) {
			if t.ForCounter == "" || t.ForCounter == id {
				n++
			}
		}
	}
	return n
}

// servicesOf lists the services of a counter, its own first, each once.
func servicesOf(h *queue.Hall, id queue.CounterID) (out []queue.ServiceID) {
	seen := map[queue.ServiceID]bool{}
	for _, rule := range h.Rules().Counters {
		if rule.ID != id {
			continue
		}
		for _, tier := range rule.Tiers {
			for _, s := range tier {
				if !seen[s] {
					seen[s] = true
					out = append(out, s)
				}
			}
		}
	}
	return out
}
