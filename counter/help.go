package counter

import "github.com/fxamacker/cbor/v2"

// noteHelp is the kiosk's note that somebody there asks for a person. The rooms
// meet in the journal: its payload names the kiosk in field 1.
const noteHelp = "kiosk.help_asked"

// help is what the staff's pages hear of it.
type help struct {
	Kiosk string `cbor:"1,keyasint" json:"kiosk"`
}

func helpAsked(note []byte) (any, bool) {
	var h help
	err := cbor.Unmarshal(note, &h)
	return h, err == nil && h.Kiosk != ""
}
