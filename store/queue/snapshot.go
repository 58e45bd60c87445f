package queue

import (
	"errors"
	"fmt"
	"time"
)

// snapshotVersion changes when an older snapshot can no longer be read; the book
// then folds the journal again, since a snapshot is only a short cut.
const snapshotVersion = 1

// snapshot is a hall on disk. Queues are not in it: they follow from the tickets.
type snapshot struct {
	Version  int        `cbor:"1,keyasint"`
	Rules    *Rules     `cbor:"2,keyasint"`
	Doc      []byte     `cbor:"3,keyasint"`
	Hash     string     `cbor:"4,keyasint"`
	Day      Day        `cbor:"5,keyasint"`
	Open     bool       `cbor:"6,keyasint"`
	At       time.Time  `cbor:"7,keyasint"`
	Last     TicketID   `cbor:"8,keyasint"`
	Tickets  []*Ticket  `cbor:"9,keyasint"`
	Lines    []line     `cbor:"10,keyasint"`
	Tallies  []tally    `cbor:"11,keyasint"`
	Counters []*Counter `cbor:"12,keyasint"`
}

// MarshalBinary gives equal bytes for equal halls.
func (h *Hall) MarshalBinary() ([]byte, error) {
	data, err := encoding.Marshal(snapshot{
		Version: snapshotVersion, Rules: h.rules, Doc: h.doc, Hash: h.hash,
		Day: h.day, Open: h.open, At: h.at, Last: h.last,
		Tickets: h.tickets.all(), Lines: h.lines, Tallies: h.tallies, Counters: h.counters,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the hall: %w", err)
	}
	return data, nil
}

// UnmarshalBinary replaces the hall by what MarshalBinary has written. Its times
// keep their offset from UTC.
func (h *Hall) UnmarshalBinary(data []byte) error {
	var s snapshot
	if err := decoding.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("decoding the hall: %w", err)
	}
	if s.Version != snapshotVersion {
		return fmt.Errorf("decoding the hall: version %d is not known", s.Version)
	}
	if err := s.check(); err != nil {
		return fmt.Errorf("decoding the hall: %w", err)
	}
	*h = Hall{
		rules: s.Rules, doc: s.Doc, hash: s.Hash, day: s.Day, open: s.Open, at: s.At, last: s.Last,
		lines: s.Lines, tallies: s.Tallies, counters: s.Counters,
	}
	for _, t := range s.Tickets {
		h.tickets.put(t)
		if t.State == Waiting && t.Here() {
			h.line(t.Service).add(t)
		}
	}
	return nil
}

// check refuses what would break the promises of a hall.
func (s *snapshot) check() error {
	if s.Rules == nil || len(s.Rules.Counters) != len(s.Counters) {
		return errors.New("counters and rules do not agree")
	}
	for i, c := range s.Counters {
		if c == nil || c.ID != s.Rules.Counters[i].ID {
			return errors.New("counters and rules do not agree")
		}
	}
	for i, t := range s.Tickets {
		if t == nil || t.ID != s.Tickets[0].ID+TicketID(i) || t.ID > s.Last {
			return errors.New("ticket ids are not in sequence")
		}
	}
	return nil
}
