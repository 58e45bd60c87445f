package centre

import (
	"maps"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store"
)

// NoteMorning is the type of the note of the check before the doors open: every
// sign shows eights, every keypad beeps, every printer makes a slip, and people
// say whether it did. It stands in the book, with all that was answered so far.
const NoteMorning = "hall.morning"

// MorningFor is how long the devices show themselves.
const MorningFor = 10 * time.Second

// Morning is the last check.
type Morning struct {
	Asked   time.Time
	Answers map[string]bool // by device id: good, or not
}

// morning is its payload, version 1.
type morning struct {
	Asked   int64           `cbor:"1,keyasint"` // Unix milliseconds
	Answers map[string]bool `cbor:"2,keyasint,omitempty"`
}

// MorningOf is the last check that was asked for; false: there was none yet.
func MorningOf(v *store.View) (Morning, bool) {
	s, ok := v.Standing(NoteMorning)
	var m morning
	if !ok || s.Version != 1 || cbor.Unmarshal(s.Note, &m) != nil {
		return Morning{}, false
	}
	return Morning{time.UnixMilli(m.Asked), m.Answers}, true
}

// Until is when the devices stop showing themselves, if they do now.
func (m Morning) Until(now time.Time) (at time.Time, runs bool) {
	at = m.Asked.Add(MorningFor)
	return at, !now.Before(m.Asked) && now.Before(at)
}

// With is the check with one more answer.
func (m Morning) With(device string, good bool) Morning {
	answers := maps.Clone(m.Answers)
	if answers == nil {
		answers = map[string]bool{}
	}
	answers[device] = good
	return Morning{m.Asked, answers}
}

// Encode makes the note, of version 1.
func (m Morning) Encode() ([]byte, error) {
	return cbor.Marshal(morning{m.Asked.UnixMilli(), m.Answers})
}
