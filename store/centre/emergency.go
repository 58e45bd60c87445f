package centre

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store"
)

// NoteEmergency is the type of the note that puts an emergency message on every
// screen, or takes it away. It stands in the book, so that a restart in the
// middle of an emergency changes nothing.
const NoteEmergency = "hall.emergency"

// MaxEmergency is the most letters in one language that can be read from afar.
const MaxEmergency = 200

// emergency is its payload, version 1. No text: it is over.
type emergency struct {
	Text Text `cbor:"1,keyasint,omitempty"`
}

// Emergency is the message that all screens show, nil when there is none.
func Emergency(v *store.View) Text {
	s, ok := v.Standing(NoteEmergency)
	if !ok || s.Version != 1 {
		return nil
	}
	return EmergencyIn(s.Note)
}

// EmergencyIn reads a note of it; nil: it is over.
func EmergencyIn(note []byte) Text {
	var e emergency
	if err := cbor.Unmarshal(note, &e); err != nil || len(e.Text) == 0 {
		return nil
	}
	return e.Text
}

// EncodeEmergency makes the note, of version 1.
func EncodeEmergency(text Text) ([]byte, error) { return cbor.Marshal(emergency{text}) }

// CleanEmergency is a message as it may be shown: on one line, in languages of
// the centre, at most MaxEmergency letters in each. Empty ones are left out.
func (d *Document) CleanEmergency(text Text) (Text, error) {
	out := Text{}
	for lang, s := range text {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
		switch {
		case s == "":
		case utf8.RuneCountInString(s) > MaxEmergency:
			return nil, fmt.Errorf("an emergency message of more than %d letters", MaxEmergency)
		case !slices.Contains(d.Centre.Languages, lang):
			return nil, fmt.Errorf("an emergency message in %q, which the centre does not have", lang)
		default:
			out[lang] = s
		}
	}
	return out, nil
}
