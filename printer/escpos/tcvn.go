package escpos

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Pages are the numbers under which a printer holds the two halves of TCVN-3
// (TCVN 5712:1993). A single page has no room for all capitals, so that makers
// put small letters on one page and capitals at about the same codes on another.
// The zero value: the printer has only ASCII.
type Pages struct{ Lower, Upper byte }

// TCVN is where Epson keeps them, and most who follow Epson.
var TCVN = Pages{30, 31}

// The letters from 0xA1 on; a space is a code without a letter. The capitals of
// the first row stand apart from their small letters. printer-db has U+00D0 for
// Đ, which is the Icelandic letter of the same look.
var (
	tcvnLower = []rune("       ăâêôơưđ      àảãáạ ằẳẵắ       ặầẩẫấậè ẻẽéẹềểễếệìỉ   ĩíịò ỏõóọồổỗốộờởỡớợù ủũúụừửữứựỳỷỹýỵ")
	tcvnUpper = []rune("ĂÂ    Đ  ÊÔƠƯ       ÀẢÃÁẠ ẰẲẴẮ       ẶẦẨẪẤẬÈ ẺẼÉẸỀỂỄẾỆÌỈ   ĨÍỊÒ ỎÕÓỌỒỔỖỐỘỜỞỠỚỢÙ ỦŨÚỤỪỬỮỨỰỲỶỸÝỴ")
)

const tcvnFirst = 0xA1

// plainer are signs that ASCII has something like.
var plainer = strings.NewReplacer("–", "-", "—", "-", "•", "*", "“", `"`, "”", `"`, "‘", "'", "’", "'", "…", "...", "\u00a0", " ")

// Readable reports whether a printer with these pages can write the text.
func (p Pages) Readable(s string) bool {
	for _, r := range plain(s) {
		if _, _, ok := p.code(r); !ok {
			return false
		}
	}
	return true
}

// Columns is how many cells the text takes.
func Columns(s string) int { return len([]rune(plain(s))) }

func plain(s string) string { return plainer.Replace(norm.NFC.String(s)) }

// code is the byte of a letter and the page it stands on, 0 for any page.
func (p Pages) code(r rune) (b, page byte, ok bool) {
	if r >= 0x20 && r < 0x7F {
		return byte(r), 0, true
	}
	if p == (Pages{}) {
		return 0, 0, false
	}
	for i, l := range tcvnLower {
		if l == r {
			return byte(tcvnFirst + i), p.Lower, true
		}
	}
	for i, u := range tcvnUpper {
		if u == r {
			return byte(tcvnFirst + i), p.Upper, true
		}
	}
	return 0, 0, false
}

// Letter is the letter of a byte on a page; false for a code without one.
func (p Pages) Letter(page, b byte) (rune, bool) {
	if b >= 0x20 && b < 0x7F {
		return rune(b), true
	}
	half := tcvnLower
	switch {
	case p == Pages{}:
		return 0, false
	case page == p.Upper:
		half = tcvnUpper
	case page != p.Lower:
		return 0, false
	}
	if i := int(b) - tcvnFirst; i >= 0 && i < len(half) && half[i] != ' ' {
		return half[i], true
	}
	return 0, false
}
