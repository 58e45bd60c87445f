package printer

import (
	"context"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/printer/escpos"
	"xinmoi/store"
	"xinmoi/store/queue"
)

// The notes of this room in the journal.
const (
	noteAsked       = "printer.reprint_asked"
	noteStarted     = "printer.started"
	notePrinted     = "printer.printed"
	noteSent        = "printer.sent"
	noteInterrupted = "printer.interrupted"
	noteDropped     = "printer.dropped"
	noteKept        = "printer.kept"         // what a printer keeps in its NV memory; a payload of its own
	noteSlip        = "printer.slip_asked"   // a slip that is no ticket
	noteRoll        = "printer.roll_changed" // seen by the printer's sensors, or said by a person
	noteTurned      = "printer.roll_turned"  // after "no text shows"
	noteShows       = "printer.text_shows"   // a person's answer to whether it does
	noteRolls       = "printer.rolls"        // the rolls so far, so that old entries need not be read again; a payload of its own

	noteVersion = 1
)

// Why a ticket was dropped.
const (
	reasonStale  = "stale"  // issued too long ago
	reasonOver   = "over"   // no longer waiting or called
	reasonFailed = "failed" // broken off too often
)

// note is the payload of the others.
type note struct {
	Ticket  queue.TicketID `cbor:"1,keyasint"`
	Order   store.Seq      `cbor:"2,keyasint,omitempty"` // the entry that asked for the paper; not in one that asks. Of text_shows the entry whose slip it is about
	Printer string         `cbor:"3,keyasint,omitempty"`
	Reprint bool           `cbor:"4,keyasint,omitempty"`  // marked IN LẠI
	Reason  string         `cbor:"5,keyasint,omitempty"`  // of dropped and interrupted
	Kiosk   queue.KioskID  `cbor:"7,keyasint,omitempty"`  // of reprint_asked without a printer
	Key     string         `cbor:"6,keyasint,omitempty"`  // idempotency key of what was asked for
	Kind    kind           `cbor:"8,keyasint,omitempty"`  // of slip_asked
	Lang    string         `cbor:"9,keyasint,omitempty"`  // of slip_asked
	MM      int            `cbor:"10,keyasint,omitempty"` // of printed and sent: paper used
	Yes     bool           `cbor:"11,keyasint,omitempty"` // of text_shows
	Sensor  bool           `cbor:"12,keyasint,omitempty"` // of roll_changed: the printer saw it; else a person said so
	Low     bool           `cbor:"13,keyasint,omitempty"` // of roll_changed: it had warned before
}

// keptNote says what we have put into the NV memory of a printer, and how often
// it was written on a day.
type keptNote struct {
	Printer string    `cbor:"1,keyasint"`
	Unit    string    `cbor:"2,keyasint"` // its serial number
	Day     string    `cbor:"3,keyasint"` // 2006-01-02
	Writes  int       `cbor:"4,keyasint"`
	Keys    []keptKey `cbor:"5,keyasint"`
}

type keptKey struct {
	_       struct{} `cbor:",toarray"`
	Picture uint64
	Key     escpos.Key
}

// write puts a note into the journal. The caller holds r.mu, so that a note of
// the rolls holds all that this room has written before.
func (r *Room) write(ctx context.Context, typ string, n any) (store.Seq, error) {
	b, err := cbor.Marshal(n)
	if err != nil {
		return 0, err
	}
	return r.book.Note(ctx, typ, noteVersion, b)
}

// note is write for those who do not hold r.mu.
func (r *Room) note(ctx context.Context, typ string, n any) (store.Seq, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.write(ctx, typ, n)
}

// lastWord is how long a note may take that is written when all is ending.
const lastWord = 2 * time.Second

// writeLast puts a note into the journal even when ctx has ended. When it
// cannot, nothing is wrong: started without an end means the same.
func (r *Room) writeLast(ctx context.Context, typ string, n note) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	if _, err := r.note(ctx, typ, n); err != nil {
		r.log.Warn("a note of the printer was not written", "note", typ, "err", err)
	}
}

func readNote(b []byte) (note, error) {
	var n note
	err := cbor.Unmarshal(b, &n)
	return n, err
}
