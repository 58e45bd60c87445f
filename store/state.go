package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store/device"
	"xinmoi/store/queue"
	"xinmoi/store/wait"
)

// state is what follows from the journal. The writer owns it and changes it
// before the commit: when that fails, the whole of it is dropped and folded
// again from disk. Only hall and devices are handed out, and never changed then.
type state struct {
	hall     *queue.Hall
	shared   bool // hall is published: clone it before the next change
	tail     tail
	keys     map[string]keyed // of the current day
	devices  map[device.ID]DeviceStatus
	standing map[string]Standing // replaced, never changed: views share it
	list     []DeviceStatus      // devices by id; nil: to be made again
	wait     *wait.Model
	snapped  Seq // newest snapshot, made or in the making

	outage    outage
	outageDay queue.Day // to which it belongs
}

func newState() *state {
	return &state{
		hall:    queue.NewHall(),
		tail:    tail{day: dayBefore},
		keys:    map[string]keyed{},
		devices: map[device.ID]DeviceStatus{},
		wait:    wait.New(),
	}
}

// keyed is what an idempotency key has caused.
type keyed struct {
	digest uint64
	first  Seq
	count  int
	at     time.Time
}

// digestOf makes a request's digest short enough to stand in each record.
func digestOf(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:])
}

// apply folds one record. The caller has set the tail.
func (s *state) apply(r *record) error {
	if r.Event != nil {
		if s.shared {
			s.hall, s.shared = s.hall.Clone(), false
		}
		s.hall.Apply(r.Fact)
	}
	return s.follow(r)
}

// adopt takes a hall that nobody else has in place of folding records into ours.
func (s *state) adopt(after *queue.Hall) { s.hall, s.shared = after, false }

// follow folds what a record means beside the hall, which has it already.
func (s *state) follow(r *record) error {
	s.remember(r)
	if err := s.interrupt(r); err != nil {
		return fmt.Errorf("note of an outage: %w", err)
	}
	if r.Event == nil {
		return s.applyNote(r)
	}
	s.learn(r)
	return nil
}

// remember keeps a record's key for the rest of the business day.
func (s *state) remember(r *record) {
	if r.Key != "" {
		s.keys[r.Key] = keyed{digest: r.digest, first: r.Seq, count: r.count, at: r.At}
	}
}

// stillRepeated is how long a key outlives its day: who pressed just before the
// day began may ask again just after.
const stillRepeated = 10 * time.Minute

// forget drops the keys of the day before.
func (s *state) forget(now time.Time) {
	maps.DeleteFunc(s.keys, func(_ string, k keyed) bool { return now.Sub(k.at) > stillRepeated })
}

// learn feeds the waiting times with first calls of ordinary tickets.
func (s *state) learn(r *record) {
	called, ok := r.Event.(queue.TicketCalled)
	if !ok || called.How != queue.ByNext {
		return
	}
	t, ok := s.hall.Ticket(called.Ticket)
	if !ok || !ordinary(t) || t.Leg != 1 || t.Calls != 1 || t.NoShows != 0 {
		return
	}
	waited := int(r.At.Sub(t.IssuedAt) / time.Second)
	s.wait.Observe(string(t.Service), t.Told.Ahead, waited, t.Told.LowS, t.Told.HighS)
}

// ordinary tickets wait in turn, so that their waits say something about the
// next ordinary one. No range is told to others.
func ordinary(t *queue.Ticket) bool { return t.Class == "" && t.Slot.IsZero() }

// foretell fills in what an Issue is to tell, and whether the clock is in doubt.
func (s *state) foretell(c queue.Command, unsure bool) queue.Command {
	issue, ok := c.(queue.Issue)
	if !ok {
		return c
	}
	issue.Unsure = unsure
	if issue.Class == "" && issue.Slot.IsZero() && s.wait.Learnt(string(issue.Service)) {
		issue.LowS, issue.HighS, _ = s.wait.Range(string(issue.Service), s.hall.CountWaiting(issue.Service))
	}
	return issue
}

// The notes that the book itself writes and folds.
const (
	noteDevice  = "device.conditions"
	noteStepped = "clock.stepped"
	noteTrusted = "clock.trusted"
	noteStarted = "book.started"
	noteDisk    = "book.disk"
	noteLost    = "book.lost"
	// noteConfirmed: no number of a series was lost in a power cut.
	noteConfirmed = "book.confirmed"
	// noteUnchanged holds the key of a command that changed nothing.
	noteUnchanged = "book.unchanged"
)

// ownNotes are the first words of those: no room may use them.
var ownNotes = map[string]bool{"device": true, "clock": true, "book": true}

func (s *state) applyNote(r *record) error {
	if stands(r.Type) {
		s.stand(Standing{Type: r.Type, Version: r.Version, Note: r.Note, Seq: r.Seq, At: r.At})
		return nil
	}
	if r.Type != noteDevice || r.Version != 1 {
		return nil
	}
	var n deviceNote
	if err := cbor.Unmarshal(r.Note, &n); err != nil {
		return fmt.Errorf("note of a device's conditions: %w", err)
	}
	s.devices[n.ID] = DeviceStatus{ID: n.ID, Conditions: n.Conditions, Detail: n.Detail, Since: r.At}
	s.list = nil
	return nil
}

func (s *state) deviceList() []DeviceStatus {
	if s.list == nil {
		s.list = slices.SortedFunc(maps.Values(s.devices), func(a, b DeviceStatus) int {
			return strings.Compare(string(a.ID), string(b.ID))
		})
	}
	return s.list
}

// snapshot is a state as stored: what folding from the first entry to Seq gives.
// The keys are not in it, since they are read from the day's records.
type snapshot struct {
	Seq     Seq          `cbor:"1,keyasint"`
	Hall    []byte       `cbor:"2,keyasint"`
	Wait    []byte       `cbor:"3,keyasint"`
	Devices []deviceNote `cbor:"4,keyasint"`
	// Standing is missing where nothing stands, and in the books of before.
	Standing []standingNote `cbor:"5,keyasint,omitempty"`
	// Outage is missing where there was none today.
	Outage    *outage   `cbor:"6,keyasint,omitempty"`
	OutageDay queue.Day `cbor:"7,keyasint,omitempty"`

	day queue.Day // its key
}

// restore puts the snapshot's state in place of an empty one; the tail is left
// to the caller.
func (s *state) restore(snap *snapshot) error {
	if err := s.hall.UnmarshalBinary(snap.Hall); err != nil {
		return err
	}
	if err := s.wait.UnmarshalBinary(snap.Wait); err != nil {
		return err
	}
	for _, d := range snap.Devices {
		s.devices[d.ID] = DeviceStatus{ID: d.ID, Conditions: d.Conditions, Detail: d.Detail, Since: time.UnixMilli(d.SinceMs)}
	}
	s.restand(snap.Standing)
	if s.outageDay = snap.OutageDay; snap.Outage != nil {
		s.outage = *snap.Outage
	}
	s.snapped = snap.Seq
	return nil
}

// localise puts the devices' times into the centre's zone.
func (s *state) localise(zone *time.Location) {
	for id, d := range s.devices {
		d.Since = d.Since.In(zone)
		s.devices[id] = d
	}
	for _, n := range s.standing {
		n.At = n.At.In(zone)
		s.stand(n)
	}
}
