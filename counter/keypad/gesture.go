package keypad

import "time"

// How long a key is held to be a long press, and how soon a second press has to
// follow to make a double one. Old hands are slow: half a second is no hold.
const (
	LongAfter    = 700 * time.Millisecond
	DoubleWithin = 350 * time.Millisecond
)

// What a map writes behind a key that is held, or pressed twice: "enter long".
const (
	Long   = " long"
	Double = " double"
)

// Gesture tells a short press of one key from a long and from a double one. A
// key with neither meaning counts as it goes down; one with a double meaning is
// decided when no second press has followed, so a map without it is quicker.
// It can serve only keys whose way down and up is seen.
type Gesture struct {
	Long, Double bool // those that mean something

	state gestureState
	at    time.Time // when it came into that state
}

type gestureState int

const (
	up      gestureState = iota
	held                 // down, and not decided
	between              // let go, and a second press may follow
	spent                // down, and counted already
)

// Change takes the key going down or up, and returns "", Long or Double when it
// makes a press.
func (g *Gesture) Change(down bool, now time.Time) (kind string, made bool) {
	switch {
	case down && g.state == up && !g.Long && !g.Double:
		g.state = spent
		return "", true
	case down && g.state == up:
		g.state, g.at = held, now
	case down && g.state == between:
		g.state = spent
		return Double, true
	case !down && g.state == held && g.Long && now.Sub(g.at) >= LongAfter:
		g.state = up
		return Long, true
	case !down && g.state == held && g.Double:
		g.state, g.at = between, now
	case !down && g.state == held:
		g.state = up
		return "", true
	case !down && g.state == spent:
		g.state = up
	}
	return "", false
}

// Due is what time alone has decided.
func (g *Gesture) Due(now time.Time) (kind string, made bool) {
	at, waits := g.Next()
	switch {
	case !waits || now.Before(at):
		return "", false
	case g.state == held:
		g.state = spent
		return Long, true
	}
	return g.Settle()
}

// Next is when Due is to be asked; false when time decides nothing.
func (g *Gesture) Next() (at time.Time, waits bool) {
	switch {
	case g.state == held && g.Long:
		return g.at.Add(LongAfter), true
	case g.state == between:
		return g.at.Add(DoubleWithin), true
	}
	return time.Time{}, false
}

// Reset forgets what went before: a key that is down when it is first seen is
// not pressed, and has to be let go first.
func (g *Gesture) Reset(down bool) {
	g.state = up
	if down {
		g.state = spent
	}
}

// Settle decides at once, because another key was pressed: what was let go was
// one short press.
func (g *Gesture) Settle() (kind string, made bool) {
	if g.state != between {
		return "", false
	}
	g.state = up
	return "", true
}
