package centre

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pelletier/go-toml/v2"

	"xinmoi/store/queue"
)

// Canonical is the filled-in document as TOML, the same bytes for the same
// document, and its hash.
func (d *Document) Canonical() (doc []byte, hash string) {
	doc, err := toml.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("centre: a document of plain fields cannot be written: %v", err))
	}
	sum := sha256.Sum256(doc)
	return doc, hex.EncodeToString(sum[:])
}

// FromCanonical reads a canonical form. It fills in nothing.
func FromCanonical(doc []byte) (*Document, error) {
	d := &Document{}
	if err := toml.Unmarshal(doc, d); err != nil {
		return nil, fmt.Errorf("the document in force: %w", err)
	}
	d.zone = loadZone(d.Centre.TimeZone)
	return d, nil
}

// inForce remembers the last document decoded, so that every room can ask for
// it at every event: reading it takes a thousand times longer than
// comparing. It is the memo of a pure function and not state: two halls in one
// process only make each other decode again. A Cache passed to every room, and
// a decoded document inside the pure Hall, were rejected for it.
var inForce atomic.Pointer[decoded]

type decoded struct {
	doc []byte
	d   *Document
}

// InForce is the document by which the hall runs; before the first, and should
// the book hold one that this version cannot read, it is an empty one with
// defaults. It is shared: do not change it.
func InForce(h *queue.Hall) *Document {
	doc, _ := h.Document()
	if last := inForce.Load(); last != nil && bytes.Equal(last.doc, doc) {
		return last.d
	}
	d, err := FromCanonical(doc)
	if err != nil || len(doc) == 0 {
		d = &Document{}
		d.fill()
		d.zone = loadZone(d.Centre.TimeZone)
	}
	inForce.Store(&decoded{doc: bytes.Clone(doc), d: d})
	return d
}

// HolderURL is the address of a ticket's page for its holder's phone, "" where
// phones cannot reach us.
func (d *Document) HolderURL(link string) string {
	if d.Centre.PublicURL == "" {
		return ""
	}
	return strings.TrimRight(d.Centre.PublicURL, "/") + "/t/" + link
}

// Location is the time zone of the centre.
func (d *Document) Location() *time.Location {
	if d.zone != nil {
		return d.zone
	}
	return loadZone(d.Centre.TimeZone)
}

// loadZone falls back to Vietnam's seven hours, which have been the same all
// over the country since 1975, on a machine without zone files.
func loadZone(name string) *time.Location {
	if l, err := time.LoadLocation(name); err == nil && name != "" {
		return l
	}
	return time.FixedZone("+07", 7*60*60)
}

// Service finds a service by its id.
func (d *Document) Service(id queue.ServiceID) (Service, bool) {
	return find(d.Services, func(s Service) bool { return s.ID == string(id) })
}

// Counter finds a counter by its id.
func (d *Document) Counter(id queue.CounterID) (Counter, bool) {
	return find(d.Counters, func(c Counter) bool { return c.ID == string(id) })
}

// Class finds a class of priority by its id.
func (d *Document) Class(id queue.ClassID) (Priority, bool) {
	return find(d.Priority, func(p Priority) bool { return p.ID == string(id) })
}

// Kiosk finds a kiosk by its id.
func (d *Document) Kiosk(id queue.KioskID) (Kiosk, bool) {
	return find(d.Kiosks, func(k Kiosk) bool { return k.ID == string(id) })
}

// Zone finds a zone by its id.
func (d *Document) Zone(id string) (Zone, bool) {
	return find(d.Zones, func(z Zone) bool { return z.ID == id })
}

// Board finds a board by its id.
func (d *Document) Board(id string) (Board, bool) {
	return find(d.Boards, func(b Board) bool { return b.ID == id })
}

// Printer finds a printer by its id.
func (d *Document) Printer(id string) (Printer, bool) {
	return find(d.Printers, func(p Printer) bool { return p.ID == id })
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	for _, x := range list {
		if is(x) {
			return x, true
		}
	}
	return *new(T), false
}
