package counter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
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
//   - A keypad may speak at any time, and garbles what the host says then. So what
//     can wait (the number of people waiting, which changes on every display with
//     each call) is said in the second after a press, when the next one is least
//     likely, but not in its first half, in which a clerk presses twice. What has
//     found no such moment for 5 s is said with pauses, in which most presses fall.
//     What may have been garbled is said again.
//   - Keypads do not answer what is shown on them, so a dead one cannot be told
//     from a silent one. All are shown anew every 30 s: one that lost its power,
//     or heard noise, is right again by then.
type Bus struct {
	book *store.Book
	log  *slog.Logger
	pads []*pad
	lang func() language
	// modules are polled; nil for keypads that speak first
	modules []*module
	run     string // makes the idempotency keys of this run unlike those of any other
	made    atomic.Uint64
}

// pad is one keypad of the document.
type pad struct {
	id      device.ID
	addr    byte
	counter queue.CounterID
	keys    keypad.Map
}

// NewBus makes the bus of the keypads that share one port, at least one. They
// all speak the language of the first; a template is looked up in the document.
func NewBus(b *store.Book, log *slog.Logger, d *centre.Document, keypads []centre.Keypad) (*Bus, error) {
	lang, standard, err := languageOf(d, keypads)
	if err != nil {
		return nil, err
	}
	bus := &Bus{book: b, log: log, run: rand.Text()[:10], lang: lang}
	for _, k := range keypads {
		bus.pads = append(bus.pads, &pad{
			id: device.ID("keypad/" + k.ID), addr: byte(k.Address), counter: queue.CounterID(k.Counter),
			keys: keysOf(standard, k.Keys),
		})
		if k.Protocol == centre.Modbus {
			bus.addModule(k)
		}
	}
	return bus, nil
}

// Bus makes the bus of the keypads that share one port.
func (r *Room) Bus(d *centre.Document, keypads []centre.Keypad) (*Bus, error) {
	return NewBus(r.book, r.log, d, keypads)
}

// The times of a bus.
const (
	padGap       = 4 * time.Millisecond   // silence between frames, 3.5 characters at 9600
	padEcho      = 100 * time.Millisecond // an echoing adapter hands our own frame back within this time
	padMirrors   = 3                      // an echo known only by acknowledgements that come back shows itself after so many
	padRefresh   = 25 * time.Second       // everything is shown anew, within padPatience
	padHands     = 450 * time.Millisecond // after a press the same hand may press again
	padTurn      = 930 * time.Millisecond // and by now the next one on the bus
	padPatience  = 5 * time.Second        // so long another number of people waiting waits for a moment between presses
	padBreath    = 300 * time.Millisecond // between displays that have waited so long
	padGarbled   = 500 * time.Millisecond // what was said so short a time ago may have been garbled, if somebody else was
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
		lang: b.lang(), sent: map[string]time.Time{},
		strange: map[byte]bool{},
		heard:   make(chan heard), done: make(chan outcome, len(b.pads)),
	}
	if l, ok := wire.(device.Bauder); ok && l.Baud() > 0 {
		w.baud = l.Baud()
	}
	defer w.hands(ctx)()
	if b.modules != nil {
		return w.poll(ctx)
	}
	var reader sync.WaitGroup
	quit := make(chan struct{})
	reader.Go(func() { w.read(quit) })
	err := w.own(ctx)
	wire.Close() // ends the reader
	close(quit)
	reader.Wait()
	return err
}

// hands starts what carries the presses out, and returns what ends it.
func (w *busWire) hands(ctx context.Context) (stop func()) {
	var workers sync.WaitGroup
	for _, p := range w.Bus.pads {
		s := &padState{pad: p, presses: make(chan press, 4)}
		w.pads = append(w.pads, s)
		workers.Go(func() { w.work(ctx, s) })
	}
	return func() {
		for _, s := range w.pads {
			close(s.presses)
		}
		go func() { workers.Wait(); close(w.done) }()
		for range w.done { // let the last commands end; nobody is left to show them
		}
	}
}

// busWire is a bus with its wire open. Only own and what it calls touch it.
type busWire struct {
	*Bus
	wire  device.Wire
	baud  int
	pads  []*padState
	lang  language // the reader feeds it, the owner asks it for frames
	heard chan heard
	done  chan outcome

	acks    [][]byte  // to be sent before anything else
	spoken  time.Time // when a keypad last pressed
	calmAt  time.Time // when what has waited too long may be sent
	freeAt  time.Time // when the wire is free to speak on
	sent    map[string]time.Time
	last    string        // the last frame sent
	mirrors int           // presses in a row that were the last frame sent
	echo    bool          // the adapter hands our own frames back
	checked time.Time     // the last check in the morning that was shown
	strange map[byte]bool // addresses nobody has configured, told once
}

// padState is what a bus knows of a keypad while its wire is open.
type padState struct {
	*pad
	presses chan press
	window  repeats
	pressed time.Time // last press made
	ticket  queue.TicketID
	shown   []byte
	shownAt time.Time
	waiting int       // people, as shown
	redraw  bool      // shown is not on the display yet
	urgent  bool      // and must be at once
	due     time.Time // else between presses, or from now on at any time
	darkTo  time.Time // a refusal, or the morning's check, is shown until then
	instead []byte    // what is shown for so long
	beeps   int       // to be sent
	ask     bool      // the rating pad is to be lit
}

// heard is what the reader hands over: what was said, or the end.
type heard struct {
	said []said
	open bool // a frame has begun and goes on
	junk bool // something was garbled, or is noise
	err  error
}

// read reads until the wire ends.
func (w *busWire) read(quit <-chan struct{}) {
	buf := make([]byte, 256)
	timed, _ := w.lang.(timed)
	garbled, _ := w.lang.(garbled)
	junk := 0
	for {
		if timed != nil {
			at, _ := timed.next() // the zero time: no deadline
			if err := w.wire.SetReadDeadline(at); err != nil {
				return
			}
		}
		n, err := w.wire.Read(buf)
		if timed != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		h := heard{err: err}
		h.said, h.open = w.lang.feed(buf[:n])
		if garbled != nil {
			h.junk = garbled.junk() > junk
			junk = garbled.junk()
		}
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
	for _, s := range w.pads {
		s.urgent = true
	}
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
			if h.open || len(h.said) > 0 { // somebody speaks; noise is nobody
				w.freeAt = later(w.freeAt, time.Now().Add(padGap))
			}
			if h.junk {
				w.sayAgain()
			}
			for _, f := range h.said {
				w.hear(f)
			}
			if h.err != nil {
				timer.Stop()
				return fmt.Errorf("keypads: %w", h.err)
			}
		case o := <-w.done:
			w.ended(o)
		case <-bell:
			w.morning()
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
		f, ok, after := s.next(now, w.lang)
		if ok && len(f) == 0 { // it has no such thing
			return 0, nil
		}
		if ok {
			return 0, w.send(now, f)
		}
		if after > 0 {
			wait = min(wait, after)
		}
	}
	if s := w.patient(); s != nil {
		if calm := w.calm(now, s); calm > 0 {
			return min(wait, calm), nil
		}
		f := s.draw(now)
		w.calmAt = now.Add(lineTime(len(f), w.baud) + padBreath)
		if len(f) == 0 {
			return 0, nil
		}
		return 0, w.send(now, f)
	}
	return wait, nil
}

// patient is the display that has waited longest among those that can wait.
func (w *busWire) patient() (first *padState) {
	for _, s := range w.pads {
		if s.redraw && (first == nil || s.due.Before(first.due)) {
			first = s
		}
	}
	return first
}

// calm is how long until it may be told: now between two presses, else when it is
// due, though somebody presses without end.
func (w *busWire) calm(now time.Time, s *padState) time.Duration {
	since := now.Sub(w.spoken)
	if since >= padHands && since < padTurn {
		return 0
	}
	wait := later(s.due, w.calmAt).Sub(now)
	if since < padHands {
		wait = min(wait, padHands-since)
	}
	return wait
}

// sayAgain draws what was said while somebody was garbled.
func (w *busWire) sayAgain() {
	for _, s := range w.pads {
		if now := time.Now(); now.Sub(s.shownAt) < padGarbled {
			s.wants(now)
		}
	}
}

// wants has the display drawn between presses, or from due on at any time.
func (s *padState) wants(due time.Time) {
	if !s.redraw || due.Before(s.due) {
		s.due = due
	}
	s.redraw = true
}

// draw is the frame that shows what is to be shown.
func (s *padState) draw(now time.Time) []byte {
	s.redraw, s.urgent, s.shownAt = false, false, now
	if s.darkTo.After(now) {
		return s.instead
	}
	return s.shown
}

// next is the next frame for a keypad that cannot wait, or how long until there is
// one.
func (s *padState) next(now time.Time, lang language) (f []byte, ok bool, after time.Duration) {
	switch {
	case s.beeps > 0:
		s.beeps--
		return lang.beep(s.addr), true, 0
	case s.ask:
		s.ask = false
		return lang.ask(s.addr), true, 0
	case s.redraw && s.urgent:
		return s.draw(now), true, 0
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
func (w *busWire) send(now time.Time, b []byte) error {
	if err := w.wire.SetWriteDeadline(now.Add(padWrite)); err != nil {
		return err
	}
	if _, err := w.wire.Write(b); err != nil {
		return fmt.Errorf("keypads: %w", err)
	}
	line := lineTime(len(b), w.baud)
	w.freeAt = now.Add(line + padGap)
	for old, until := range w.sent {
		if now.After(until) {
			delete(w.sent, old)
		}
	}
	w.last = string(b)
	w.sent[w.last] = now.Add(line + padEcho)
	return nil
}

// hear takes one thing said on the wire.
func (w *busWire) hear(f said) {
	now := time.Now()
	if until, ours := w.sent[f.raw]; ours && now.Before(until) {
		w.mirrors++
		if f.raw != w.last {
			w.mirrors = 0
		}
		// A press may be a keypad's own, once or twice; nobody else says the rest.
		w.echo = w.echo || !f.pressed || w.mirrors == padMirrors
		if w.echo {
			delete(w.sent, f.raw) // one echo per frame sent: what comes after is a keypad's
			return
		}
	}
	if !f.pressed {
		return
	}
	w.spoken = now
	s := w.padOf(f)
	if s == nil {
		if a := f.press.Addr; !w.strange[a] {
			w.strange[a] = true
			w.log.Warn("a keypad nobody has configured", "address", a, "keypad_of_this_bus", w.pads[0].id)
		}
		return
	}
	if len(f.ack) > 0 {
		w.acks = append(w.acks, f.ack)
	}
	w.take(s, now, f.raw, press{Press: f.press, level: f.level})
}

// padOf finds the keypad that spoke: by its address if its language has one,
// and where several share one box, by the key.
func (w *busWire) padOf(f said) (first *padState) {
	for _, s := range w.pads {
		if w.lang.addressed() && s.addr != f.press.Addr {
			continue
		}
		if _, ok := s.keys.Action(f.press); ok || f.level > 0 {
			return s
		}
		if first == nil {
			first = s
		}
	}
	return first
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
		s.refuse(now, w.lang)
	}
}

// refuse shows a refusal as such a keypad can: a beep and a dark display.
func (s *padState) refuse(now time.Time, lang language) {
	s.beeps, s.darkTo, s.redraw, s.urgent, s.instead = 1, now.Add(padWink), true, true, lang.show(s.addr, -1, "")
}

// ended shows what came of a press.
func (w *busWire) ended(o outcome) {
	now := time.Now()
	switch {
	case o.refused:
		o.pad.refuse(now, w.lang)
	case o.nobody:
		o.pad.beeps = 1 // zero waiting and no number stand on the display
	case o.ask:
		o.pad.ask = true
	}
	if !o.refused && !o.pad.darkTo.IsZero() {
		o.pad.darkTo, o.pad.redraw, o.pad.urgent = time.Time{}, true, true
	}
	w.follow(false)
}

// morning lets every keypad beep and show all segments, when the check before
// the doors open was asked for a moment ago.
func (w *busWire) morning() {
	m, ok := centre.MorningOf(w.book.View())
	until, runs := m.Until(w.book.Now())
	if !ok || !runs || w.checked.Equal(m.Asked) {
		return
	}
	w.checked = m.Asked
	for _, s := range w.pads {
		s.beeps, s.redraw, s.urgent = 1, true, true
		s.darkTo, s.instead = time.Now().Add(until.Sub(w.book.Now())), w.lang.show(s.addr, 888, "888888")
	}
}

// follow draws what has changed in the hall; all of it, if asked to.
func (w *busWire) follow(all bool) {
	v := w.book.View()
	now := time.Now()
	for _, s := range w.pads {
		waiting, number, ticket := content(v.Hall, s.counter)
		if f := w.lang.show(s.addr, waiting, number); all || string(f) != string(s.shown) {
			s.shown = f
			due := now.Add(padPatience)
			if ticket == 0 && (waiting > 0) != (s.waiting > 0) { // an idle clerk looks out for this
				due = now
			}
			s.wants(due)
			s.urgent = s.urgent || ticket != s.ticket
			s.waiting = waiting
		}
		if ticket != s.ticket && ticket != 0 && !all && now.Sub(s.pressed) > padOwnPress {
			s.beeps = 1 // called for this counter by somebody else, or by arming
		}
		s.ticket = ticket
	}
}

// content is what a keypad's display says: people waiting, -1 for nothing at
// all, and the current ticket.
func content(h *queue.Hall, id queue.CounterID) (waiting int, number string, ticket queue.TicketID) {
	c, ok := h.Counter(id)
	if !ok {
		return -1, "", 0
	}
	if t, ok := h.Ticket(c.Ticket); ok {
		number = t.Number
	}
	return waitingFor(h, id), number, c.Ticket
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
