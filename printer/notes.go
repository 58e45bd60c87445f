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
	noteKept        = "printer.kept" // what a printer keeps in its NV memory; a payload of its own

	noteVersion = 1
)

// Why a ticket was dropped.
const (
	reasonStale  = "stale"  // issued too long ago
	reasonOver   = "over"   // no longer waiting or called
	reasonFailed = "failed" // broken off too often
)

// note is the payload of all of them.
type note struct {
	Ticket  queue.TicketID `cbor:"1,keyasint"`
	Order   store.Seq      `cbor:"2,keyasint,omitempty"` // the entry that asked for the paper; not in reprint_asked, which is that entry
	Printer string         `cbor:"3,keyasint,omitempty"`
	Reprint bool           `cbor:"4,keyasint,omitempty"` // marked IN LẠI
	Reason  string         `cbor:"5,keyasint,omitempty"` // of dropped and interrupted
	Kiosk   queue.KioskID  `cbor:"7,keyasint,omitempty"` // of reprint_asked without a printer
	Key     string         `cbor:"6,keyasint,omitempty"` // idempotency key of reprint_asked
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

// write puts a note into the journal.
func (r *Room) write(ctx context.Context, typ string, n any) (store.Seq, error) {
	b, err := cbor.Marshal(n)
	if err != nil {
		return 0, err
	}
	return r.book.Note(ctx, typ, noteVersion, b)
}

// lastWord is how long a note may take that is written when all is ending.
const lastWord = 2 * time.Second

// writeLast puts a note into the journal even when ctx has ended. When it
// cannot, nothing is wrong: started without an end means the same.
func (r *Room) writeLast(ctx context.Context, typ string, n note) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	if _, err := r.write(ctx, typ, n); err != nil {
		r.log.Warn("a note of the printer was not written", "note", typ, "err", err)
	}
}

func readNote(b []byte) (note, error) {
	var n note
	err := cbor.Unmarshal(b, &n)
	return n, err
}
