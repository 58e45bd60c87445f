package queue

import "time"

// Hall is the whole state of the queue: the fold of every fact so far. Reading
// a published Hall needs no lock, since nothing in it is ever changed; the book
// clones it before it applies the next facts.
//
// The contract, in the order of a command's life:
//
//  1. Decide(command, by, now) says which events follow, or refuses. It changes nothing.
//  2. The caller makes the events durable.
//  3. Apply(fact) folds each in turn. It cannot fail and looks at no clock.
//
// Folding the same facts again gives an equal Hall.
type Hall struct {
	rules  Rules
	hash   string // of the document in force
	doc    []byte
	day    Day // "" when no day is open
	opened time.Time
}
