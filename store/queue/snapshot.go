package queue

import (
	"errors"
	"fmt"
	"time"
)

// snapshotVersion is the one that is written. Every version must be read for ever:
// where the entries before have gone into the archive, the closing state of a day is
// all there is to begin from.
const snapshotVersion = 1

// snapshot is a hall on disk. Queues are not in it: they follow from the tickets.
//
// Instants are Unix milliseconds, 0 for none, in one list for each ticket and
// counter: as CBOR's text they were half of the bytes and most of the work of
// reading them. The hall has one offset from UTC.
type snapshot struct {
	Version  int             `cbor:"1,keyasint"`
	Rules    *Rules          `cbor:"2,keyasint"`
	Doc      []byte          `cbor:"3,keyasint"`
	Hash     string          `cbor:"4,keyasint"`
	Day      Day             `cbor:"5,keyasint"`
	Open     bool            `cbor:"6,keyasint"`
	At       int64           `cbor:"7,keyasint"`
	Offset   int             `cbor:"13,keyasint"` // seconds east of UTC, of all instants
	Last     TicketID        `cbor:"8,keyasint"`
	Tickets  []storedTicket  `cbor:"9,keyasint"`
	Lines    []line          `cbor:"10,keyasint"`
	Tallies  []tally         `cbor:"11,keyasint"`
	Counters []storedCounter `cbor:"12,keyasint"`
}

type storedTicket struct {
	Ticket
	Times []int64 `cbor:"50,keyasint"`
}

type storedCounter struct {
	Counter
	Times  []int64       `cbor:"50,keyasint"`
	Called *storedTicket `cbor:"51,keyasint,omitempty"` // by the last press
}

// times are a ticket's instants in the order in which they are stored.
func (t *Ticket) times() []*time.Time {
	return []*time.Time{
		&t.IssuedAt, &t.Slot, &t.From, &t.Due, &t.NotBefore,
		&t.LegAt, &t.CalledAt, &t.StartedAt, &t.EndedAt, &t.ParkedAt,
	}
}

func (c *Counter) times() []*time.Time {
	times := []*time.Time{&c.Since, &c.Until, &c.ArmedAt, &c.UndoUntil}
	if c.Press != nil {
		times = append(times, &c.Press.At)
	}
	return times
}

func storeTicket(t *Ticket) storedTicket { return storedTicket{*t, millis(t.times())} }

func storeCounter(c *Counter) storedCounter {
	s := storedCounter{Counter: *c, Times: millis(c.times())}
	if c.Press != nil && c.Press.Called != nil {
		called := storeTicket(c.Press.Called)
		s.Called = &called
	}
	return s
}

func millis(times []*time.Time) []int64 {
	all := make([]int64, len(times))
	for i, t := range times {
		if !t.IsZero() {
			all[i] = t.UnixMilli()
		}
	}
	return all
}

func setMillis(times []*time.Time, all []int64, zone *time.Location) error {
	if len(times) != len(all) {
		return errors.New("instants are missing")
	}
	for i, ms := range all {
		if ms != 0 {
			*times[i] = time.UnixMilli(ms).In(zone)
		}
	}
	return nil
}

// MarshalBinary gives equal bytes for equal halls.
func (h *Hall) MarshalBinary() ([]byte, error) {
	_, offset := h.at.Zone()
	s := snapshot{
		Version: snapshotVersion, Rules: h.rules, Doc: h.doc, Hash: h.hash,
		Day: h.day, Open: h.open, At: millis([]*time.Time{&h.at})[0], Offset: offset, Last: h.last,
		Lines: h.lines, Tallies: h.tallies,
		Tickets: make([]storedTicket, 0, h.tickets.size), Counters: make([]storedCounter, 0, len(h.counters)),
	}
	for _, t := range h.tickets.all() {
		s.Tickets = append(s.Tickets, storeTicket(t))
	}
	for _, c := range h.counters {
		s.Counters = append(s.Counters, storeCounter(c))
	}
	data, err := encoding.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding the hall: %w", err)
	}
	return data, nil
}

// UnmarshalBinary replaces the hall by what MarshalBinary has written. Its times
// keep their offset from UTC.
func (h *Hall) UnmarshalBinary(data []byte) error {
	var s snapshot
	err := decoding.Unmarshal(data, &s)
	if err == nil && s.Version != snapshotVersion {
		err = fmt.Errorf("version %d is not known", s.Version)
	}
	if err == nil {
		err = s.check()
	}
	if err == nil {
		err = s.setTimes()
	}
	if err != nil {
		return fmt.Errorf("decoding the hall: %w", err)
	}
	*h = Hall{
		rules: s.Rules, doc: s.Doc, hash: s.Hash, day: s.Day, open: s.Open, at: s.at(), last: s.Last,
		lines: s.Lines, tallies: s.Tallies,
	}
	for i := range s.Counters {
		h.counters = append(h.counters, &s.Counters[i].Counter)
	}
	for i := range s.Tickets {
		t := s.Tickets[i].Ticket // its own allocation: it lives longer than the list
		h.tickets.put(&t)
		if t.State == Waiting && t.Here() {
			h.line(t.Service).add(&t)
		}
	}
	return nil
}

func (s *snapshot) zone() *time.Location { return time.FixedZone("", s.Offset) }

func (s *snapshot) at() (at time.Time) {
	_ = setMillis([]*time.Time{&at}, []int64{s.At}, s.zone())
	return at
}

// setTimes gives tickets and counters their instants.
func (s *snapshot) setTimes() error {
	zone := s.zone()
	for i := range s.Tickets {
		if err := setMillis(s.Tickets[i].times(), s.Tickets[i].Times, zone); err != nil {
			return err
		}
	}
	for i := range s.Counters {
		c := &s.Counters[i]
		if err := setMillis(c.times(), c.Times, zone); err != nil {
			return err
		}
		if c.Called == nil {
			continue
		}
		if c.Press == nil {
			return errors.New("a call without a press")
		}
		if err := setMillis(c.Called.times(), c.Called.Times, zone); err != nil {
			return err
		}
		c.Press.Called = &c.Called.Ticket
	}
	return nil
}

// check refuses what would break the promises of a hall.
func (s *snapshot) check() error {
	if s.Rules == nil || len(s.Rules.Counters) != len(s.Counters) {
		return errors.New("counters and rules do not agree")
	}
	for i, c := range s.Counters {
		if c.ID != s.Rules.Counters[i].ID {
			return errors.New("counters and rules do not agree")
		}
	}
	for i, t := range s.Tickets {
		if t.ID != s.Tickets[0].ID+TicketID(i) || t.ID > s.Last {
			return errors.New("ticket ids are not in sequence")
		}
	}
	return nil
}

// Over is the hall of a day that is over as the next day finds it: without
// tickets and tallies, which DayOpened drops in any case. It is small.
func (h *Hall) Over() *Hall {
	c := h.Clone()
	c.tickets, c.lines, c.tallies = roll{}, nil, nil
	return c
}
