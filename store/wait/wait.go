// Package wait learns how long people wait, and says it as a range once it has
// learnt enough.
//
// For each service it keeps the last waits by the number of people that were
// ahead, as seconds for each place in the queue: a queue twice as long takes
// twice as long, and what one place costs differs less from day to day than the
// whole wait. The range is what most of those would give. It is told only when
// at least MinTickets people of the service have been called and at least
// MinRight per cent of the ranges that were told, or would have been, were
// right: a wrong promise is worse than none.
//
// Rejected: a model of the counters at work (a hall's counters open and close
// by the minute, and the waits say so by themselves), averages (one long lunch
// spoils them for weeks) and clock times (they read as appointments).
//
// The package is pure: no clock, no disk.
package wait

import (
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// When a range may be told.
const (
	MinTickets = 200
	MinRight   = 80
)

const (
	kept   = 96  // last waits kept for each class of people ahead
	enough = 24  // of them make a range; with fewer, the classes beside help
	judged = 200 // last ranges that are judged
	lowAt  = 6   // per cent of the waits below the range
	highAt = 94  // per cent of the waits not above it
)

// Model is what has been learnt. It is not safe for use by several goroutines.
type Model struct{ services map[string]*service }

type service struct {
	Called int      `cbor:"1,keyasint"`
	Waits  []window `cbor:"2,keyasint"` // by class of people ahead
	Rights []byte   `cbor:"3,keyasint"` // last judgements, 1 for right, oldest first
}

// window holds the last waits, oldest first, in seconds for each place.
type window []float32

// New returns a model that knows nothing.
func New() *Model { return &Model{services: map[string]*service{}} }

// class puts numbers of people ahead together: 0, 1, 2–3, 4–7, 8–15, …
func class(ahead int) int {
	n := 0
	for ; ahead > 0 && n < 7; ahead >>= 1 {
		n++
	}
	return n
}

// places is by what a wait is divided: those ahead and oneself.
func places(ahead int) float32 { return float32(max(ahead, 0) + 1) }

// Observe learns that somebody with so many people ahead waited so long, and
// judges the range that was told; highS 0 when none was.
func (m *Model) Observe(name string, ahead, waitedS, lowS, highS int) {
	waitedS = max(waitedS, 0)
	s := m.services[name]
	if s == nil {
		s = &service{Waits: make([]window, class(1<<30)+1)}
		m.services[name] = s
	}
	if highS == 0 { // judge the one that would have been told
		lowS, highS = s.estimate(ahead)
	}
	if highS > 0 {
		right := byte(0)
		if lowS <= waitedS && waitedS <= highS {
			right = 1
		}
		s.Rights = push(s.Rights, right, judged)
	}
	s.Called++
	w := &s.Waits[class(ahead)]
	*w = push(*w, float32(waitedS)/places(ahead), kept)
}

// push appends v and drops the oldest beyond n.
func push[S ~[]E, E any](s S, v E, n int) S {
	if len(s) >= n {
		s = slices.Delete(s, 0, len(s)-n+1)
	}
	return append(s, v)
}

// Range says how long somebody with so many people ahead will wait, in seconds,
// whole minutes. ok is false, and both are 0, as long as it has not been learnt.
func (m *Model) Range(name string, ahead int) (lowS, highS int, ok bool) {
	if !m.Learnt(name) {
		return 0, 0, false
	}
	lowS, highS = m.services[name].estimate(ahead)
	if highS == 0 {
		return 0, 0, false
	}
	return lowS, highS, true
}

// Learnt reports whether ranges of a service may be told.
func (m *Model) Learnt(name string) bool {
	s := m.services[name]
	return s != nil && s.Called >= MinTickets && s.reliable()
}

func (s *service) reliable() bool {
	right := 0
	for _, r := range s.Rights {
		right += int(r)
	}
	return len(s.Rights) > 0 && right*100 >= MinRight*len(s.Rights)
}

// estimate is the range by what is known; 0, 0 with too little.
func (s *service) estimate(ahead int) (lowS, highS int) {
	c := class(ahead)
	waits := slices.Clone(s.Waits[c])
	for d := 1; len(waits) < enough && d < len(s.Waits); d++ {
		if c-d >= 0 {
			waits = append(waits, s.Waits[c-d]...)
		}
		if c+d < len(s.Waits) {
			waits = append(waits, s.Waits[c+d]...)
		}
	}
	if len(waits) < enough {
		return 0, 0
	}
	slices.Sort(waits)
	low := waits[(len(waits)-1)*lowAt/100] * places(ahead)
	high := waits[(len(waits)*highAt+99)/100-1] * places(ahead)
	return int(low) / 60 * 60, max((int(high)+60)/60*60, 60)
}

// MarshalBinary gives what has been learnt, the same bytes for the same model.
func (m *Model) MarshalBinary() ([]byte, error) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	return mode.Marshal(m.services)
}

// UnmarshalBinary takes over what MarshalBinary gave.
func (m *Model) UnmarshalBinary(data []byte) error {
	services := map[string]*service{}
	if err := cbor.Unmarshal(data, &services); err != nil {
		return err
	}
	classes := class(1<<30) + 1
	for _, s := range services {
		for len(s.Waits) < classes {
			s.Waits = append(s.Waits, nil)
		}
		s.Waits = s.Waits[:classes]
	}
	m.services = services
	return nil
}
