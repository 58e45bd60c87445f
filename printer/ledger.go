package printer

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// orderID names a piece of paper: the entry that asked for it, and the ticket,
// since one entry may ask for many.
type orderID struct {
	seq    store.Seq
	ticket queue.TicketID
}

// order is one piece of paper that is wanted.
type order struct {
	orderID
	kind    kind          // "" is a ticket
	lang    string        // of another kind
	kiosk   queue.KioskID // its printers; "" where the printer is named
	printer string
	byHand  bool // a reprint that somebody asked for: printed in any state of the ticket
	again   bool // it has come out before, or should have: marked from the start
	asked   time.Time
	seen    time.Time // when this process first read it
	tries   int       // how often it was started
	at      string    // the printer that has it in hand
}

// marked reports whether its paper says IN LẠI.
func (o *order) marked() bool { return o.again || o.tries > 0 }

// ledger is what is wanted and not done: the fold of the journal.
type ledger struct {
	read   store.Seq
	saved  store.Seq // the mark
	orders map[orderID]*order
	rolls  map[string]*roll             // by printer
	closed store.Seq                    // the entry that closed the last day; 0: a day is open
	dirty  map[string]bool              // printers on which something was begun and not ended
	keys   map[string]queue.TicketID    // idempotency keys of what was asked for
	kept   map[string]keptSince         // by printer
	bare   map[queue.TicketID]store.Seq // tickets whose paper was given up, by the entry that asked for it
}

// keptSince is a printer's latest keptNote and its entry.
type keptSince struct {
	keptNote
	seq store.Seq
	at  time.Time
}

func newLedger(from store.Seq) *ledger {
	return &ledger{
		read: from, saved: from,
		orders: map[orderID]*order{}, rolls: map[string]*roll{}, dirty: map[string]bool{}, keys: map[string]queue.TicketID{},
		kept: map[string]keptSince{}, bare: map[queue.TicketID]store.Seq{},
	}
}

// fold takes the next entry.
func (l *ledger) fold(e store.Entry, now time.Time) {
	l.read = e.Seq
	if issued, ok := e.Event.(queue.Issued); ok {
		if issued.Print && issued.Kiosk != "" {
			l.want(&order{orderID: orderID{e.Seq, issued.Ticket}, kiosk: issued.Kiosk, asked: e.At, seen: now})
		}
		return
	}
	switch e.Event.(type) {
	case queue.DayClosed:
		l.closed = e.Seq
		clear(l.bare)
		return
	case queue.DayOpened:
		l.closed = 0
		clear(l.keys)
		for _, r := range l.rolls {
			r.since = nil
		}
		return
	}
	switch e.Type {
	case noteKept:
		var n keptNote
		if cbor.Unmarshal(e.Note, &n) == nil {
			l.kept[n.Printer] = keptSince{n, e.Seq, e.At}
		}
		return
	case noteRolls:
		l.foldRolls(e)
		return
	case noteAsked, noteStarted, notePrinted, noteSent, noteInterrupted, noteDropped, noteSlip, noteRoll, noteTurned, noteShows:
	default:
		return
	}
	n, err := readNote(e.Note)
	if err != nil {
		return // written by a later version; a ticket more on paper is the worst of it
	}
	l.foldNote(e, n, now)
}

// want adds an order.
func (l *ledger) want(o *order) { l.orders[o.orderID] = o }

func (l *ledger) foldNote(e store.Entry, n note, now time.Time) {
	id := orderID{n.Order, n.Ticket}
	o := l.orders[id]
	if n.Key != "" {
		l.keys[n.Key] = n.Ticket
	}
	switch e.Type {
	case noteAsked, noteSlip:
		l.want(&order{
			orderID: orderID{e.Seq, n.Ticket}, kind: n.Kind, lang: n.Lang, printer: n.Printer, kiosk: n.Kiosk,
			byHand: true, again: e.Type == noteAsked, asked: e.At, seen: now,
		})
	case noteStarted:
		l.dirty[n.Printer] = true
		if o != nil {
			o.tries++
			o.at = n.Printer
		}
	case notePrinted, noteSent:
		delete(l.dirty, n.Printer)
		delete(l.orders, id)
		delete(l.bare, n.Ticket)
		l.roll(n.Printer).used(n)
	case noteInterrupted:
		if o != nil {
			o.at = ""
		}
	case noteDropped:
		if o != nil && o.kind == ticketSlip && !o.byHand && n.Reason != reasonOver {
			l.bare[n.Ticket] = n.Order
		}
		delete(l.orders, id)
	default:
		l.foldRoll(e, n, now)
	}
}

// keptFor is how long a keptNote is read again after a start: it is written anew
// each day, and a printer that has been away longer is filled anew.
const keptFor = 50 * time.Hour

// settled is the number up to which the journal need not be read again.
func (l *ledger) settled(now time.Time) store.Seq {
	s := l.read
	for id := range l.orders {
		s = min(s, id.seq-1)
	}
	for _, seq := range l.bare {
		s = min(s, seq-1)
	}
	if l.closed != 0 { // it is read again after a start
		s = min(s, l.closed-1)
	}
	for _, r := range l.rolls {
		if len(r.since) > 0 {
			s = min(s, r.Asking-1)
		}
	}
	for _, k := range l.kept {
		if now.Sub(k.at) < keptFor {
			s = min(s, k.seq-1)
		}
	}
	return s
}

const (
	reader    = "printer"
	readMost  = 512
	saveEvery = 500 // entries
)

// catchUp reads the journal to its end. The caller holds r.mu.
func (r *Room) catchUp(ctx context.Context) error {
	fresh := r.ledger == nil
	if fresh {
		r.ledger = newLedger(r.book.Mark(reader))
	}
	l := r.ledger
	now := r.book.Now()
	for {
		entries, err := r.book.Read(l.read, readMost)
		if err != nil {
			if fresh {
				r.ledger = nil
			}
			return err
		}
		for _, e := range entries {
			l.fold(e, now)
		}
		if len(entries) < readMost {
			break
		}
	}
	if fresh { // nothing is in anybody's hand yet: the daemon has ended in its midst
		for _, o := range l.orders {
			o.at = ""
		}
	}
	hall := r.book.View().Hall
	for id := range l.bare {
		if t, ok := hall.Ticket(id); !ok || !wants(t) {
			delete(l.bare, id)
		}
	}
	if s := l.settled(now); s >= l.saved+saveEvery {
		if err := r.noteRolls(ctx); err != nil {
			return err
		}
		if err := r.book.SetMark(ctx, reader, s); err != nil {
			return err
		}
		l.saved = s
	}
	return nil
}

// fallbackAfter is how long a ticket stands before another printer than the
// kiosk's first may take it.
const fallbackAfter = 2 * time.Second

// overdue is when paper that has not come out is told to the staff. The slowest
// ticket takes 13 s.
const overdue = 30 * time.Second

// triesMost is how often a ticket is begun.
const triesMost = 3

// next gives the driver a ticket into its hands, if one is its turn. What is
// stale is dropped on the way, also while the driver is not able to print.
func (r *Room) next(ctx context.Context, d *Driver) (o order, ok bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.catchUp(ctx); err != nil {
		return order{}, false, err
	}
	if err := r.dropStale(ctx); err != nil {
		return order{}, false, err
	}
	if !d.usable {
		return order{}, false, nil
	}
	now := r.book.Now()
	doc := centre.InForce(r.book.View().Hall)
	for _, o := range r.inTurn() {
		if o.at == "" && r.isTurnOf(d, o, doc, now) {
			o.at = d.id
			return *o, true, nil
		}
	}
	return order{}, false, nil
}

// inTurn lists the orders: what says whether the paper lies right, then the oldest.
func (r *Room) inTurn() []*order {
	out := make([]*order, 0, len(r.ledger.orders))
	for _, o := range r.ledger.orders {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *order) int {
		return cmp.Or(cmp.Compare(a.kind.after(), b.kind.after()), cmp.Compare(a.seq, b.seq), cmp.Compare(a.ticket, b.ticket))
	})
	return out
}

// printersOf are the printers that an order may come out of, in their order.
func printersOf(o *order, doc *centre.Document) []string {
	if o.printer != "" {
		return []string{o.printer}
	}
	k, _ := doc.Kiosk(o.kiosk)
	return k.Printers
}

// patience is how long a printer may hold an order while it takes no bytes.
func (r *Room) patience(d *Driver, o order) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range printersOf(&o, centre.InForce(r.book.View().Hall)) {
		if other := r.drivers[id]; id != d.id && other != nil && other.usable {
			return passOnIn
		}
	}
	return giveUpIn
}

// isTurnOf reports whether the driver is the first usable printer for an order.
func (r *Room) isTurnOf(d *Driver, o *order, doc *centre.Document, now time.Time) bool {
	for i, id := range printersOf(o, doc) {
		if id == d.id {
			return i == 0 || now.Sub(o.seen) >= fallbackAfter
		}
		if other := r.drivers[id]; other != nil && other.usable {
			return false
		}
	}
	return false
}

// dropStale writes off what is no longer wanted.
func (r *Room) dropStale(ctx context.Context) error {
	view, now := r.book.View(), r.book.Now()
	fresh := time.Duration(freshS(centre.InForce(view.Hall))) * time.Second
	dropped := false
	for _, o := range r.inTurn() {
		reason := ""
		t, ok := view.Hall.Ticket(o.ticket)
		switch {
		case o.at != "":
		case now.Sub(o.asked) >= fresh:
			reason = reasonStale
		case o.tries >= triesMost:
			reason = reasonFailed
		case o.kind != ticketSlip:
		case !ok, !o.byHand && !wants(t):
			reason = reasonOver
		}
		if reason == "" {
			continue
		}
		if _, err := r.write(ctx, noteDropped, note{Ticket: o.ticket, Order: o.seq, Reason: reason}); err != nil {
			return err
		}
		dropped = true
	}
	if dropped {
		return r.catchUp(ctx)
	}
	return nil
}

// lacking lists the tickets whose holders still wait and whose paper was given
// up, or has been due for longer than a printer needs. A kiosk that has no printer
// promised none. The caller holds r.mu and has read the journal to its end.
func (r *Room) lacking(hall *queue.Hall, now time.Time) []*queue.Ticket {
	out := []*queue.Ticket{}
	doc := centre.InForce(hall)
	add := func(id queue.TicketID) {
		t, ok := hall.Ticket(id)
		if !ok || t.State != queue.Waiting || slices.Contains(out, t) {
			return
		}
		if k, _ := doc.Kiosk(t.Kiosk); len(k.Printers) > 0 {
			out = append(out, t)
		}
	}
	for id := range r.ledger.bare {
		add(id)
	}
	for _, o := range r.ledger.orders {
		if o.kind == ticketSlip && now.Sub(o.asked) >= overdue {
			add(o.ticket)
		}
	}
	slices.SortFunc(out, func(a, b *queue.Ticket) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// freshS is the setting, or its default where a document was not filled in.
func freshS(d *centre.Document) int {
	if d.Print.FreshS != nil {
		return *d.Print.FreshS
	}
	return 90
}

// release takes an order out of a driver's hands, started or not.
func (r *Room) release(ctx context.Context, id orderID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.catchUp(ctx) // a start must be folded first; the next reading tells of trouble
	if o := r.ledger.orders[id]; o != nil {
		o.at = ""
	}
}

// isDirty reports whether something was begun on a printer and not ended.
func (r *Room) isDirty(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ledger != nil && r.ledger.dirty[id]
}

// soil notes, for this life of the daemon, that a command may be broken off.
func (r *Room) soil(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ledger != nil {
		r.ledger.dirty[id] = true
	}
}

func (r *Room) clean(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ledger != nil {
		delete(r.ledger.dirty, id)
	}
}
