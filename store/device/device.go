// Package device has the words that every room uses for a device in the hall:
// its id, what can be wrong with it, and the wire it is reached by.
//
// A driver is handed a Wire and never a path: opening, finding again after an
// unplug and backing off are done once, in cmd/internal/port. So a driver is
// tested over net.Pipe and runs unchanged over serial, USB or TCP.
//
// The package is pure: no clock, no goroutine, no file.
package device

import (
	"io"
	"slices"
	"strings"
	"time"
)

// ID names a device for ever, "kind/slug" as in the centre's document:
// "printer/p1", "keypad/q1", "led/l1", "board/b1".
type ID string

// Kind is the part of the id before the slash.
func (id ID) Kind() string {
	kind, _, _ := strings.Cut(string(id), "/")
	return kind
}

// Condition is something wrong with a device, in the keywords of IPP (RFC 8011
// section 5.4.12) where IPP has one. A device that works has none.
type Condition string

// The conditions a device can be in.
const (
	Offline     Condition = "offline"          // cannot be reached: not there, unplugged, switched off
	Mute        Condition = "mute"             // reached, but does not answer
	NoAccess    Condition = "no-access"        // there, but we may not open it (group rights)
	Busy        Condition = "busy"             // there, but another program holds it
	Stalled     Condition = "stalled"          // accepts no more bytes
	MediaEmpty  Condition = "media-empty"      // paper out
	MediaLow    Condition = "media-low"        // paper nearly out
	WrongSide   Condition = "media-wrong-side" // a person says that no text shows: thermal paper put in upside down
	MediaJam    Condition = "media-jam"        // paper jam
	CoverOpen   Condition = "cover-open"       //
	CutterJam   Condition = "cutter-jam"       //
	HeadHot     Condition = "head-hot"         // print head too hot, will go on by itself
	DeviceError Condition = "device-error"     // an error that the device does not name
	BadReplies  Condition = "bad-replies"      // answers that its protocol does not know
	Another     Condition = "another"          // not the device that the document names
	TwoAtOne    Condition = "two-at-one-address"
	NoSound     Condition = "no-sound"
	AgentLost   Condition = "agent-offline" // the machine that lends it is not connected

	StorageMissing Condition = "storage-missing" // the stick or folder is not there
	StorageFull    Condition = "storage-full"    // no room on it
	WorkFailed     Condition = "work-failed"     // what was to be done did not work; the detail says why
)

// Conditions is a set, sorted and without doubles.
type Conditions []Condition

// Set makes a sorted set of the given conditions.
func Set(cs ...Condition) Conditions {
	out := slices.Clone(cs)
	slices.Sort(out)
	return Conditions(slices.Compact(out))
}

// Has reports whether c is in the set.
func (s Conditions) Has(c Condition) bool { return slices.Contains(s, c) }

// Equal reports whether both sets hold the same conditions.
func (s Conditions) Equal(t Conditions) bool { return slices.Equal(s, t) }

// Wire is an open line to one device or bus. A tty, a usblp node, a net.Conn
// and a net.Pipe satisfy it as they are. Reads and writes end at their
// deadlines with an error for which os.ErrDeadlineExceeded holds; io.EOF means
// that the other end is gone, and nothing else does.
//
// For "evdev:" addresses the wire carries fixed records of 8 bytes, little
// endian: type u16, code u16, value i32 (struct input_event without its time).
type Wire interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// A Wire may be able to do more. Ask by assertion.
type (
	// Bauder tells the speed of the line in bits per second; 0: it is not known.
	Bauder interface{ Baud() int }
	// Identifier tells the IEEE 1284 id, "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82;".
	Identifier interface{ DeviceID() (string, error) }
	// PortStatuser reads the printer class status byte (USB printer class 1.1,
	// section 4.2.2): 0x20 paper empty, 0x10 selected, 0x08 no error.
	PortStatuser interface{ PortStatus() (byte, error) }
	// Queuer tells how many written bytes have not left the machine yet.
	Queuer interface{ Queued() (int, error) }
	// HangUpper tells that the device has gone, without reading or writing.
	HangUpper interface{ HungUp() bool }
	// Recorder tells that each read gives whole records of so many bytes.
	Recorder interface{ Record() int }
)

// Fault is why a wire cannot be opened, in the words of the house.
type Fault struct {
	Conditions Conditions `json:"conditions"`
	Detail     string     `json:"detail,omitempty"`
	Missing    bool       `json:"missing,omitempty"` // not there at all: worth another look soon
}

func (f *Fault) Error() string {
	words := make([]string, len(f.Conditions))
	for i, c := range f.Conditions {
		words[i] = string(c)
	}
	return strings.Join(words, ", ") + ": " + f.Detail
}
