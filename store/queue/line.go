package queue

import (
	"cmp"
	"slices"
	"time"
)

// line is what stands and has happened at one service today. Lines outlive a
// change of the centre's document, so that no cap begins again at a reload.
type line struct {
	Service ServiceID `cbor:"1,keyasint"`
	Issued  int       `cbor:"2,keyasint,omitempty"` // numbers given, for the cap
	Calls   int       `cbor:"3,keyasint,omitempty"` // out of the queue
	Run     int       `cbor:"4,keyasint,omitempty"` // ordinary calls since the last priority call

	queue []*Ticket // those waiting, by due time, then sequence; never changed in place
}

// tally is the last number given today in a series. Like lines, tallies outlive
// a change of the document: no number is given twice in a day.
type tally struct {
	Prefix string `cbor:"1,keyasint"`
	Last   int    `cbor:"2,keyasint"`
}

// Numbers returns the last index given or skipped today in each series.
func (h *Hall) Numbers() map[string]int {
	last := make(map[string]int, len(h.tallies))
	for _, t := range h.tallies {
		last[t.Prefix] = t.Last
	}
	return last
}

// Series returns the prefix of the series that a service's numbers come from.
func (h *Hall) Series(s ServiceID) string {
	rule, _ := h.rules.service(s)
	return rule.Series
}

// lastIndex is 0 before the first number of the day.
func (h *Hall) lastIndex(series string) int {
	for _, t := range h.tallies {
		if t.Prefix == series {
			return t.Last
		}
	}
	return 0
}

// line returns the service's line, a new one if it had none.
func (h *Hall) line(s ServiceID) *line {
	if l := h.findLine(s); l != nil {
		return l
	}
	h.lines = append(h.lines, line{Service: s})
	return &h.lines[len(h.lines)-1]
}

// findLine returns nil where nobody has stood today.
func (h *Hall) findLine(s ServiceID) *line {
	for i := range h.lines {
		if h.lines[i].Service == s {
			return &h.lines[i]
		}
	}
	return nil
}

// byDue is the order of a line: due time, then sequence.
func byDue(a, b *Ticket) int {
	if c := a.Due.Compare(b.Due); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}

// add and remove change no element of the queue, which older halls share: they
// copy it, or leave out its first.
func (l *line) add(t *Ticket) {
	i, _ := slices.BinarySearchFunc(l.queue, t, byDue)
	l.queue = slices.Concat(l.queue[:i], []*Ticket{t}, l.queue[i:])
}

func (l *line) remove(t *Ticket) {
	switch i, found := slices.BinarySearchFunc(l.queue, t, byDue); {
	case !found:
	case i == 0:
		l.queue = l.queue[1:]
	default:
		l.queue = slices.Concat(l.queue[:i], l.queue[i+1:])
	}
}

// behind reports whether a ticket stands behind all others for now: postponed,
// or returned after so many further calls. It is called all the same when
// nobody else waits.
func (l *line) behind(t *Ticket, now time.Time) bool {
	return t.After > l.Calls || t.NotBefore.After(now)
}

// count keeps the tallies of a call out of the queue.
func (l *line) count(t *Ticket) {
	l.Calls++
	if t.Class == "" {
		l.Run++
	} else {
		l.Run = 0
	}
}

// uncount takes a call back. Others may have been called since.
func (l *line) uncount(t *Ticket, run int) {
	l.Calls--
	if t.Class == "" {
		l.Run = max(0, l.Run-1)
	} else {
		l.Run += run
	}
}
