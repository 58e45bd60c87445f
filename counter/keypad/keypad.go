// Package keypad has the wire languages of call keypads: bytes to presses, and
// what is shown to bytes. It is pure: no I/O, no clock, no goroutine.
//
// Decoders are fed whatever a line carries, in pieces of any size, and find the
// next good frame after noise, half frames, frames run together and lengths
// that lie. They never wait for a time-out to do so: a good frame is seen as
// soon as its last byte is there, even behind the head of a broken one.
package keypad

import "strings"

// Press is one thing that a clerk did: a key, and the digits typed before it.
type Press struct {
	Addr   byte   // of the keypad on its bus; 0 where there is no bus
	Digits string // "" or digits typed before the key
	Key    string // as its language names it: "0C" on ff68, "enter" on HID
}

// Action is what a press asks for.
type Action string

// The actions of a keypad.
const (
	Next     Action = "next"
	Call     Action = "call" // the ticket with these digits
	CallBack Action = "call_back"
	Recall   Action = "recall"
	Start    Action = "start"
	Finish   Action = "finish"
	NoShow   Action = "no_show"
	Park     Action = "park"
	Return   Action = "return"   // back into the queue: the ticket with these digits, else the last no-show here
	Transfer Action = "transfer" // to the counter with these digits
	Pause    Action = "pause"    // and, when paused, open again
	Close    Action = "close"
	Undo     Action = "undo"
	Rate     Action = "rate" // finish and ask the citizen for a rating
)

// Actions lists them all, for checks of a key map.
var Actions = []Action{Next, Call, CallBack, Recall, Start, Finish, NoShow, Park, Return, Transfer, Pause, Close, Undo, Rate}

// Map says what the keys mean. Its keys are "KEY" for the key alone, "6 KEY"
// for the key after exactly these digits, "# KEY" for the key after any digits.
// Where a key is seen going down and up, "KEY long" and "KEY double" are keys of
// their own.
type Map map[string]Action

// Action looks a press up: exact digits first, then any digits. Digits before a
// key that has no meaning with digits have no meaning: a slip of the finger
// must not call anybody.
func (m Map) Action(p Press) (Action, bool) {
	if p.Digits == "" {
		a, ok := m[p.Key]
		return a, ok
	}
	if a, ok := m[p.Digits+" "+p.Key]; ok {
		return a, true
	}
	a, ok := m["# "+p.Key]
	return a, ok
}

// Gesture is how presses of a key are to be told apart, as the map has meanings
// for them.
func (m Map) Gesture(key string) Gesture {
	var g Gesture
	for k := range m {
		g.Long = g.Long || k == key+Long || strings.HasSuffix(k, " "+key+Long)
		g.Double = g.Double || k == key+Double || strings.HasSuffix(k, " "+key+Double)
	}
	return g
}
