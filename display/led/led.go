// Package led speaks the wire languages of LED signs: what a sign is to show,
// as bytes on its bus and back. It opens nothing; it is handed a wire.
//
// The first language is Modbus RTU as the LED-485 family of seven-segment signs
// knows it (sman-dk/LED-485_setuptool): text in ASCII, two characters a
// register, from register 0x70; and a number in register 0. store/device/rtu
// carries the frames.
package led

import (
	"strings"
	"time"

	"xinmoi/store/device/rtu"
)

// Fit makes of a ticket's number exactly cells characters, right-aligned. A sign
// without letters shows the digits alone. What does not fit loses its left end,
// for the right end is what changes from call to call.
func Fit(number string, cells int, letters bool) string {
	keep := func(r rune) rune {
		if r >= '0' && r <= '9' || letters && r > ' ' && r < 0x7f {
			return r
		}
		return -1
	}
	s := strings.Map(keep, strings.ToUpper(number))
	if len(s) >= cells {
		return s[len(s)-cells:]
	}
	return strings.Repeat(" ", cells-len(s)) + s
}

// registers is the text as register contents: an odd last character gets a
// space beside it.
func registers(text string) []byte {
	b := []byte(text)
	if len(b)%2 == 1 {
		b = append(b, ' ')
	}
	return b
}

// Cost is how long showing a text occupies the bus at least, the gaps before
// request and answer included, with a sign that answers at once.
func Cost(cells, baud int) time.Duration {
	return rtu.Cost(9+cells+cells%2, 8, baud)
}

// CostNumber is the same for a number.
func CostNumber(baud int) time.Duration { return rtu.Cost(8, 8, baud) }
