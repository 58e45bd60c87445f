package kiosk

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store/queue"
)

// HelpAsked is the type of the note that somebody at a kiosk asks for a person.
const HelpAsked = "kiosk.help_asked"

// help is its payload in version 1.
type help struct {
	Kiosk queue.KioskID `cbor:"1,keyasint"`
}

func encodeHelp(id queue.KioskID) ([]byte, error) {
	b, err := cbor.Marshal(help{id})
	if err != nil {
		return nil, fmt.Errorf("noting a call for help: %w", err)
	}
	return b, nil
}

// noteTicket reads the ticket of a printer's note: field 1, as in every event.
func noteTicket(payload []byte) (queue.TicketID, bool) {
	var n struct {
		Ticket queue.TicketID `cbor:"1,keyasint"`
	}
	if err := cbor.Unmarshal(payload, &n); err != nil || n.Ticket == 0 {
		return 0, false
	}
	return n.Ticket, true
}
