package centre

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"time"
)

// Document is a centre as its technician writes it down in TOML. Field names
// are the words of the file. Everything has a sensible default, so that a small
// commune's file is short. A document from Parse, FromCanonical or InForce has
// its defaults filled in, is shared, and must not be changed.
type Document struct {
	Centre   Centre     `toml:"centre"`
	Access   Access     `toml:"access,omitempty"`
	Zones    []Zone     `toml:"zone,omitempty"`
	Services []Service  `toml:"service,omitempty"`
	Counters []Counter  `toml:"counter,omitempty"`
	Priority []Priority `toml:"priority,omitempty"`
	Order    Order      `toml:"order,omitempty"`
	Kiosks   []Kiosk    `toml:"kiosk,omitempty"`
	Printers []Printer  `toml:"printer,omitempty"`
	Keypads  []Keypad   `toml:"keypad,omitempty"`
	Frames   []Frames   `toml:"template,omitempty"`
	LEDs     []LED      `toml:"led,omitempty"`
	Boards   []Board    `toml:"board,omitempty"`
	Scan     Scan       `toml:"scan,omitempty"`
	Calendar Calendar   `toml:"calendar,omitempty"`
	Times    Times      `toml:"times,omitempty"`
	Print    Print      `toml:"print,omitempty"`
	Voice    Voice      `toml:"voice,omitempty"`
	Keep     Retention  `toml:"retention,omitempty"`
	Backup   Backup     `toml:"backup,omitempty"`

	zone *time.Location // Centre.TimeZone, loaded once
}

// Text is a text in several languages: { vi = "Hộ tịch", en = "Civil status" }.
type Text map[string]string

// In returns the text in lang, else in Vietnamese, else in any language.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	if s := t["vi"]; s != "" {
		return s
	}
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		return t[lang]
	}
	return ""
}

// Centre names the house.
type Centre struct {
	Name      Text     `toml:"name"`
	Authority Text     `toml:"authority,omitempty"`  // the body above it, first line on paper
	TimeZone  string   `toml:"time_zone,omitempty"`  // default Asia/Ho_Chi_Minh
	Languages []string `toml:"languages,omitempty"`  // default vi, en; the first one leads
	PublicURL string   `toml:"public_url,omitempty"` // where citizens' phones reach us; empty: no link and no QR
	Noun      Text     `toml:"noun,omitempty"`       // default { vi = "công dân", en = "visitor" }
}

// Access says who may come in from the network.
type Access struct {
	LAN   []string `toml:"lan,omitempty"`   // route kinds for non-loopback addresses: kiosk, board, phone, counter, rate, supervisor
	Hosts []string `toml:"hosts,omitempty"` // further Host names that are ours
}

// Zone is a part of the hall whose loudspeakers are heard together.
type Zone struct {
	ID        string `toml:"id"`
	Name      Text   `toml:"name"`
	Floor     Text   `toml:"floor,omitempty"`
	Direction string `toml:"direction,omitempty"` // left, right, straight, up, down: seen from its boards
	Sound     string `toml:"sound,omitempty"`     // auto (default), alsa, command, board, none: see SoundAuto
	Acoustic  string `toml:"acoustic,omitempty"`  // zones that hear each other share a name

	SoundDevice  string   `toml:"sound_device,omitempty"`  // of alsa: a name of aplay -L; default the box's own default
	SoundCommand []string `toml:"sound_command,omitempty"` // program and arguments
	Voice        Voice    `toml:"voice,omitempty"`
}

// Service is a field of work that one takes a number for.
type Service struct {
	ID       string   `toml:"id"`
	Name     Text     `toml:"name"`               // in people's words: "Khai sinh, khai tử, kết hôn"
	Field    Text     `toml:"field,omitempty"`    // the office's word: "Hộ tịch"
	Examples Text     `toml:"examples,omitempty"` // small print on the tile
	Prefix   *string  `toml:"prefix,omitempty"`   // 0 to 2 letters; default the next of A B H L S U X
	Digits   int      `toml:"digits,omitempty"`   // default 3
	First    int      `toml:"first,omitempty"`    // default 1
	Last     int      `toml:"last,omitempty"`     // default none
	At       []string `toml:"at,omitempty"`       // kiosk, greeter, transfer; default kiosk and greeter and transfer
	Cap      int      `toml:"cap,omitempty"`      // tickets a day
	Issue    []string `toml:"issue,omitempty"`    // "mon-fri 07:30-11:15"
	Bring    Bring    `toml:"bring,omitempty"`    // lines to bring, by language
}

// Bring is the lines of documents to bring, by language.
type Bring map[string][]string

// Counter is a place where a clerk works.
type Counter struct {
	ID       string   `toml:"id"`
	Number   string   `toml:"number"` // as on the sign above it: "5"
	Name     Text     `toml:"name,omitempty"`
	Zone     string   `toml:"zone,omitempty"`
	Room     Text     `toml:"room,omitempty"` // said after its number: { vi = "phòng 102", en = "room 102" }
	Services []string `toml:"services"`       // own
	Help     []string `toml:"help,omitempty"` // when idle
	AutoOpen *bool    `toml:"auto_open,omitempty"`
	Arm      *bool    `toml:"arm,omitempty"`
}

// Priority is a class of people called earlier.
type Priority struct {
	ID           string `toml:"id"`
	Name         Text   `toml:"name"`
	HeadStartMin *int   `toml:"head_start_min,omitempty"` // default 15
	Age          int    `toml:"age,omitempty"`            // offered to whoever scans a card that says so
}

// Order is the centre's priority rule.
type Order struct {
	Rule   string `toml:"rule,omitempty"` // head_start (default), strict, interleave
	CapMin int    `toml:"cap_min,omitempty"`
	Every  int    `toml:"every,omitempty"`
}

// Kiosk is a touchscreen where numbers are taken.
type Kiosk struct {
	ID       string   `toml:"id"`
	Zone     string   `toml:"zone,omitempty"`
	Printers []string `toml:"printers,omitempty"` // in order of fall-back
	Services []string `toml:"services,omitempty"` // default: all offered at the kiosk
	Reader   string   `toml:"reader,omitempty"`   // the port of its scanner
}

// Scan says what the codes mean that citizens hold under a kiosk's scanner.
type Scan struct {
	Result      string `toml:"result,omitempty"`      // the service offered to whoever scans a dossier's code
	Appointment string `toml:"appointment,omitempty"` // the codes of the booking system, a regular expression
}

// Printer is a ticket printer.
type Printer struct {
	ID          string `toml:"id"`
	Port        string `toml:"port"`
	Model       string `toml:"model,omitempty"`        // default generic-80
	Way         string `toml:"way,omitempty"`          // default: what suits the model and the speed of its line
	Pages       string `toml:"pages,omitempty"`        // "30/31": its code pages of small Vietnamese letters and of capitals, where the model's are others
	RollTickets int    `toml:"roll_tickets,omitempty"` // tickets of a roll; default: learnt from the rolls before
}

// Keypad is a clerk's hardware keys, and its small display if it has one.
type Keypad struct {
	ID       string `toml:"id"`
	Port     string `toml:"port"` // several on one bus name the same port
	Protocol string `toml:"protocol,omitempty"`
	Address  int    `toml:"address,omitempty"` // on the bus
	Counter  string `toml:"counter"`
	Template string `toml:"template,omitempty"` // of protocol template
	Inputs   string `toml:"inputs,omitempty"`   // of protocol modbus: discrete (default), coils, registers
	First    int    `toml:"first,omitempty"`    // of protocol modbus: the input that is key "1"
	Keys     Keymap `toml:"keys,omitempty"`     // changes what single keys mean; "none" takes a meaning away
}

// Keymap says what keys mean: { "0C" = "next", "# 0C" = "call" }.
type Keymap map[string]string

// Frames describes the frames of a keypad that has no driver. Positions count
// from 0 at the first byte, negative ones from the end, -1 being the last byte;
// bytes are written in hex. counter/keypad gives them their meaning.
type Frames struct {
	ID      string       `toml:"id"`
	Start   string       `toml:"start,omitempty"`
	End     string       `toml:"end,omitempty"`
	Length  *FrameLength `toml:"length,omitempty"` // left out: a frame ends at end
	Min     int          `toml:"min,omitempty"`
	Max     int          `toml:"max,omitempty"` // default 32
	Same    FrameBytes   `toml:"same,omitempty"`
	Check   FrameCheck   `toml:"check,omitempty"`
	Address *int         `toml:"address,omitempty"` // left out: one keypad on its port
	Key     int          `toml:"key,omitempty"`
	Digits  []int        `toml:"digits,omitempty"` // from, up to but not including
	Skip    FrameBytes   `toml:"skip,omitempty"`   // a frame with these bytes is no press
	Ack     string       `toml:"ack,omitempty"`    // "echo", or a frame: "06"
	Show    string       `toml:"show,omitempty"`   // frames to the keypad: "FF 68 {addr} {num:3/0A} {sum8:1}"
	Beep    string       `toml:"beep,omitempty"`
	Ask     string       `toml:"ask,omitempty"` // for a rating
	Keys    Keymap       `toml:"keys,omitempty"`
}

// FrameLength says where the length stands, twice perhaps, and how many more
// bytes a frame has than it says.
type FrameLength struct {
	At    int `toml:"at"`
	Again int `toml:"again,omitempty"`
	Add   int `toml:"add,omitempty"`
}

// FrameBytes are bytes by their position: { 4 = "68" }.
type FrameBytes map[string]string

// FrameCheck is a checksum over the bytes from From up to To, where it stands.
type FrameCheck struct {
	Kind string `toml:"kind,omitempty"`
	From int    `toml:"from,omitempty"`
	To   int    `toml:"to,omitempty"`
}

// LED is a sign that shows the ticket of one counter, or a sign for the hall
// with the last calls of its zones, one in a row.
type LED struct {
	ID       string   `toml:"id"`
	Port     string   `toml:"port"`
	Protocol string   `toml:"protocol,omitempty"`
	Address  int      `toml:"address,omitempty"` // of the first row; by Modbus each row has the next
	Counter  string   `toml:"counter,omitempty"`
	Zones    []string `toml:"zones,omitempty"`    // of a sign for the hall; default all
	Rows     int      `toml:"rows,omitempty"`     // of a sign for the hall
	Digits   int      `toml:"digits,omitempty"`   // cells of the display, or of a row: the number and, in the hall, the counter
	Letters  *bool    `toml:"letters,omitempty"`  // whether it can show letters
	Idle     string   `toml:"idle,omitempty"`     // shown when nobody is called; default dark
	Template string   `toml:"template,omitempty"` // of protocol template: its show
}

// Hall reports whether a sign shows the calls of zones and not of one counter.
func (l LED) Hall() bool { return l.Rows > 0 }

// Board is a wall screen.
type Board struct {
	ID         string   `toml:"id"`
	Zones      []string `toml:"zones,omitempty"` // default all
	DiagonalIn float64  `toml:"diagonal_in,omitempty"`
	Farthest   float64  `toml:"farthest_m,omitempty"`
	Portrait   bool     `toml:"portrait,omitempty"` // hung upright
	Rows       int      `toml:"rows,omitempty"`     // default: as many as can be read from there
}

// Calendar says when the centre works.
type Calendar struct {
	Weekdays string   `toml:"weekdays,omitempty"` // "mon-fri" (default)
	Hours    []string `toml:"hours,omitempty"`    // "mon-fri 07:30-11:30", "mon-fri 13:30-17:00"
	Holidays []string `toml:"holidays,omitempty"` // "2027-01-01"
	MakeUp   []string `toml:"make_up,omitempty"`
}

// Times are the settings of the rules; see queue.Times for meaning and defaults.
type Times struct {
	NoShowBeforeS *int   `toml:"no_show_before_s,omitempty"`
	RepeatS       *int   `toml:"repeat_s,omitempty"`
	UndoS         *int   `toml:"undo_s,omitempty"`
	DayEnds       string `toml:"day_ends,omitempty"` // "00:00"
	ReturnAfter   *int   `toml:"return_after,omitempty"`
	GraceMin      *int   `toml:"grace_min,omitempty"`
	RateS         *int   `toml:"rate_s,omitempty"`
	NoShowLimit   *int   `toml:"no_show_limit,omitempty"`
}

// Print says what is printed and when it is too late for it.
type Print struct {
	FreshS *int `toml:"fresh_s,omitempty"` // default 90
}

// Retention says how long the journal's entries stay in the book. Older months go
// into the archive folder, where audit still reads them; reports do not notice.
type Retention struct {
	Years *int `toml:"years,omitempty"` // 0: all; left out: what the machine can hold, see KeepYears
}

// KeepYears is how many years stay in the book; 0 is all of them. A 32-bit machine
// cannot map a large file, so there it is two unless the document says otherwise.
func (d *Document) KeepYears() int {
	if d.Keep.Years == nil && bits.UintSize == 32 {
		return 2
	}
	return value(d.Keep.Years)
}

// Backup says where the book is copied to each day.
type Backup struct {
	Folder string `toml:"folder,omitempty"` // a folder, or
	Stick  string `toml:"stick,omitempty"`  // where a USB stick is mounted; without the stick there is no backup
	At     string `toml:"at,omitempty"`     // default 12:15
	Keep   *int   `toml:"keep,omitempty"`   // how many backups stay; default 14
}

// To is the folder of the backups, "" for none.
func (b Backup) To() string { return cmp.Or(b.Folder, b.Stick) }

// Minute is the time of the backup in minutes after midnight.
func (b Backup) Minute() int {
	m, _ := parseClock(b.At)
	return m
}
