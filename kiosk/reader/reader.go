// Package reader tells apart what a citizen holds under a scanner: an identity
// card, a ticket of ours, the code of a dossier or of an appointment.
//
// Promises and decisions:
//
//   - Nothing personal leaves this package. Of an identity card it hands on what
//     the caller's key function makes of the number, and whether its holder has
//     reached an age: no name, no address, no date, no number. The bytes of the
//     scan are wiped where they stand. (Go may have copied them; what is not
//     referenced any more is not written down anywhere.)
//   - The key function has to be an HMAC with a key that dies with the day: a
//     plain hash of twelve digits is undone in minutes.
//   - A card has seven fields or more: newer cards have more than the first ones.
//     Its number, date and sex have to agree with each other, so that a torn
//     scan makes nobody older and is told from a good one.
//   - What comes from a scanner that types has lost its letters to the layout of
//     the keyboard; the digits of a card are safe, and are enough.
//   - Scanning is pure: no clock, no I/O. The caller ends a scan when nothing has
//     come for Idle, for some scanners send no suffix.
package reader

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Kind is what was scanned.
type Kind string

// The kinds of scan.
const (
	Card        Kind = "card"        // an identity card
	BadCard     Kind = "bad_card"    // one that was read wrongly: scan again
	HealthCard  Kind = "health_card" // no identity card
	Ticket      Kind = "ticket"      // one of our tickets
	Dossier     Kind = "dossier"
	Appointment Kind = "appointment"
	Unknown     Kind = "unknown"
)

// Scan is what a scan means.
type Scan struct {
	Kind   Kind
	Code   string // the ticket's link, the dossier's or the appointment's code
	Person string // of a card: what the key function made of its number
	Senior bool   // of a card: its holder is SeniorAge or older
}

// Options is what the meaning of a scan depends on.
type Options struct {
	Key         func(id []byte) string // an HMAC with the key of the day
	Now         time.Time              // in the centre's zone
	SeniorAge   int                    // 0: nobody is
	Appointment *regexp.Regexp         // the codes of the booking system; nil: none
}

var (
	ticketLink  = regexp.MustCompile(`(?i)^https?://[^/\s?#]+(?:/[^\s?#]*)?/t/([a-z2-7]{20})/?$`)
	bareLink    = regexp.MustCompile(`^[a-z2-7]{20}$`)
	dossierCode = regexp.MustCompile(`^(?:(?:[0-9]{2,3}\.){1,3}[A-Z][0-9]{2}|[A-Z][0-9]{2}(?:\.[0-9]{1,3}){0,3})-[0-9]{6}-[0-9]{4,6}$`)
	idNumber    = regexp.MustCompile(`^[0-9]{12}$`)
	healthCode  = regexp.MustCompile(`^(?:[A-Z]{2}[0-9]{13}|[0-9]{10})$`)
	aimPrefix   = regexp.MustCompile(`^\][A-Za-z][0-9]`)
)

// Read tells what raw means, and wipes it.
func Read(raw []byte, o Options) Scan {
	defer clear(raw)
	text := strings.TrimSpace(repair(string(raw)))
	text = strings.TrimSpace(aimPrefix.ReplaceAllString(text, ""))
	if fields := strings.Split(text, "|"); len(fields) > 1 || idNumber.MatchString(text) {
		return o.readCard(fields)
	}
	if m := ticketLink.FindStringSubmatch(text); m != nil {
		return Scan{Kind: Ticket, Code: strings.ToLower(m[1])}
	}
	switch {
	case bareLink.MatchString(text):
		return Scan{Kind: Ticket, Code: text}
	case dossierCode.MatchString(strings.ToUpper(text)):
		return Scan{Kind: Dossier, Code: strings.ToUpper(text)}
	case o.Appointment != nil && o.Appointment.MatchString(text):
		return Scan{Kind: Appointment, Code: text}
	}
	return Scan{Kind: Unknown}
}

// The fields of a card.
const (
	fieldNumber = 0
	fieldBorn   = 3
	fieldSex    = 4
	cardFields  = 7
)

// readCard reads the fields of a card, or its number alone.
func (o Options) readCard(fields []string) Scan {
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	number := fields[fieldNumber]
	switch {
	case healthCode.MatchString(number):
		return Scan{Kind: HealthCard}
	case !idNumber.MatchString(number):
		return Scan{Kind: Unknown}
	case len(fields) > 1 && len(fields) < cardFields:
		return Scan{Kind: BadCard}
	}
	year := 1900 + 100*(int(number[3]-'0')/2) + 10*int(number[4]-'0') + int(number[5]-'0')
	if year > o.Now.Year() || o.Now.Year()-year > maxAge {
		return Scan{Kind: BadCard}
	}
	born := time.Date(year, 12, 31, 0, 0, 0, 0, o.Now.Location()) // the number alone has the year only: the youngest who fits
	if len(fields) >= cardFields {
		exact, err := time.ParseInLocation("02012006", fields[fieldBorn], o.Now.Location())
		if err != nil || exact.Year() != year || exact.After(o.Now) || !sexAgrees(number, fields[fieldSex]) {
			return Scan{Kind: BadCard}
		}
		born = exact
	}
	s := Scan{Kind: Card, Senior: o.SeniorAge > 0 && !born.AddDate(o.SeniorAge, 0, 0).After(o.Now)}
	if o.Key != nil {
		id := []byte(number)
		s.Person = o.Key(id)
		clear(id)
	}
	return s
}

const maxAge = 130

// sexAgrees compares the field with the number, whose fourth digit is even for
// men. A field that cannot be read says nothing.
func sexAgrees(number, field string) bool {
	switch norm.NFC.String(field) {
	case "Nam":
		return number[3]%2 == 0
	case "Nữ":
		return number[3]%2 == 1
	}
	return true
}

// repair undoes what scanners do to the bytes of a card, which are UTF-8 without
// saying so: taken for Windows-1252 they became twice as long.
func repair(s string) string {
	if !utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok && r < 0x100 {
			c, ok = byte(r), true
		}
		if !ok {
			return norm.NFC.String(s)
		}
		b = append(b, c)
	}
	if utf8.Valid(b) {
		s = string(b)
	}
	return norm.NFC.String(s)
}
