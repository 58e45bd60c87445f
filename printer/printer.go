// Package printer puts tickets on paper. It reads the journal as a durable edge
// reader: each ticket that is to be printed comes out once, in its turn, at the
// first usable printer of its kiosk; and what became of it is written down.
//
// Promises:
//
//   - Before the first byte of a ticket leaves, printer.started is on disk; after
//     the last one printer.printed, when the printer said so, or printer.sent,
//     when it is one that cannot say. The two words are never mixed. A ticket
//     that was started and has neither is printed again, marked "IN LẠI", while
//     it is fresh. So a break at any byte, of cable, paper, power or daemon, gives
//     one ticket, or two with the second marked; never none.
//   - Fresh is: issued less than print.fresh_s ago and still waiting or called
//     (an armed counter calls a number in the instant it is taken, and that
//     citizen wants paper too). What is no longer fresh is dropped with a note. Nothing comes out of a
//     printer that somebody has long stopped waiting for.
//   - The paper is a courtesy. Nothing here slows or fails the taking of a number.
//   - Paper that was put in upside down is noticed by people alone: after each
//     change a slip says ĐÃ THAY GIẤY and the staff are asked whether it can be
//     read. After "no" nothing is printed there until the roll is turned. Then
//     everybody who still waits, or has been called, and whose paper came out
//     since the change gets it again, marked, however long ago it was issued: they
//     hold a blank sheet, and print.fresh_s counts from the turning of the roll.
//   - A command that was broken off is flushed and its paper cut before the next
//     ticket, so that no rest of one stands on another.
//
// Decisions:
//
//   - What is due is the fold of the journal, tickets and notes, from a saved
//     number on. There is no second list that could disagree with it. The number
//     is saved rarely, since reading a few hundred entries again costs nothing.
//   - A note names the entry that asked for the paper, not the ticket alone: a
//     reprint asked for by hand is another piece of paper than the first.
//   - A fall-back printer takes a ticket only after it has stood for two seconds,
//     so that a printer which is just being opened is not passed by.
//   - On a slow line a ticket is written in the printer's own letters, as far as
//     its model is known to have them, or told by pictures that the printer keeps,
//     and drawn elsewhere: what takes 13 s at 9,600 baud as a picture takes half a
//     second so. See Set, and shelf for what is believed of kept pictures.
//   - A picture is kept while the printer has nothing to do, and a line that lacks
//     one is drawn: no ticket waits for its pictures. Page mode would put words and
//     figures of a line beside one another, but fewer printers have it, and it
//     costs forty bytes a line.
//   - Another printer than the one of the document prints all the same, drawn and
//     with a condition: in a hall, what broke is replaced by what is at hand.
//   - A fault within a ticket ends that ticket, even where the printer would go
//     on by itself when paper is back: the citizen would get two halves.
//   - The centre's own slip is a file in DATA/printer, not a part of its document:
//     it has a picture beside it, and whoever words a ticket need not touch what
//     runs the hall. One that is wrong is told on its page, and the hall prints
//     the slip of the house.
//   - Slips that are no tickets (test, code pages, change of paper, the day in
//     short, closing report) are orders of the same ledger: printed once, in
//     turn, with the same outcome words. They take no number.
//   - What a roll has given is counted in pieces and in millimetres, as far as the
//     journal tells of its beginning. Its end is foreseen by the rolls before it,
//     the median of five, or by roll_tickets; a printer that has warned of the end
//     by itself is believed instead. The notes of this room are written under one
//     lock, so that printer.rolls holds what the mark of the journal passes.
//   - A printer that answers is asked every 0.7 s, within a ticket too, also when
//     it tells its state by itself: one whose power has gone for a moment while its
//     wire stayed makes rubbish of the rest, and then says that it is done.
//   - After three broken attempts a ticket is dropped: better no paper than a
//     roll full of beginnings. Who waits without paper is told to the staff, for
//     these and for stale ones, and they reprint it when they see fit.
package printer

import (
	"log/slog"
	"sync"

	"xinmoi/printer/slip"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// Options is what the room needs.
type Options struct {
	Book  *store.Book
	Words slip.Words
	Log   *slog.Logger
	Dir   string // DATA/printer: the centre's own slip; "": that of the house
}

// Room is all printers of the house.
type Room struct {
	book  *store.Book
	words slip.Words
	log   *slog.Logger

	templates *templates

	mu      sync.Mutex
	ledger  *ledger
	drivers map[string]*Driver // with a wire, by id
}

// New makes the room. It reads the journal when the first printer is served.
func New(o Options) *Room {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Room{
		book: o.Book, words: o.Words, log: o.Log,
		templates: &templates{dir: o.Dir}, drivers: map[string]*Driver{},
	}
}

// Driver is one printer of the centre's document.
type Driver struct {
	room  *Room
	id    string
	model Model
	way   string // named in the document; "" for what suits
	log   *slog.Logger
	wake  chan struct{} // one slot: another printer's state has changed

	inTurn bool // it has answered GS r, or told its state when asked to; used by Serve alone
	usable bool // guarded by room.mu
}

// Printer makes the driver of a printer.
func (r *Room) Printer(p centre.Printer) *Driver {
	return &Driver{
		room: r, id: p.ID, model: modelFor(p), way: p.Way, wake: make(chan struct{}, 1),
		log: r.log.With("printer", p.ID),
	}
}

// device is the id by which the journal names it.
func (d *Driver) device() device.ID { return device.ID("printer/" + d.id) }

// setUsable tells the other printers whether they must take over.
func (d *Driver) setUsable(usable bool) {
	r := d.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.usable == usable {
		return
	}
	d.usable = usable
	for _, other := range r.drivers {
		select {
		case other.wake <- struct{}{}:
		default:
		}
	}
}
