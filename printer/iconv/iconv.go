// Package iconv stands in for github.com/qiniu/iconv, which binds to the C
// library and so would bring cgo into every build that uses hennedo/escpos.
// That package needs Open, Close and ConvString, and two encodings; this is
// those, over golang.org/x/text, under the same module path. The main module
// binds it by a replace line.
//
// One thing differs on purpose: where the C library gives up on a letter that
// the target encoding lacks, and the original then answers "" without an error,
// here the letter becomes a substitute and the rest of the text survives.
package iconv

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Iconv converts from UTF-8 to one encoding. Its zero value converts nothing.
type Iconv struct{ target encoding.Encoding }

// Open returns a converter. The source must be UTF-8; the targets known are
// cp850 and gbk, with iconv's suffixes (//TRANSLIT, //IGNORE) taken and ignored.
func Open(tocode, fromcode string) (Iconv, error) {
	if name := base(fromcode); name != "utf-8" && name != "utf8" {
		return Iconv{}, fmt.Errorf("iconv: no conversion from %q: only from utf-8", fromcode)
	}
	switch base(tocode) {
	case "cp850", "ibm850", "850":
		return Iconv{charmap.CodePage850}, nil
	case "gbk", "cp936":
		return Iconv{simplifiedchinese.GBK}, nil
	}
	return Iconv{}, fmt.Errorf("iconv: no conversion to %q", tocode)
}

// Close releases nothing. It is there because the original needs it.
func (cd Iconv) Close() error { return nil }

// ConvString converts s. A letter that the target lacks becomes its substitute
// byte (0x1A, or '?' in encodings that have no such byte).
func (cd Iconv) ConvString(s string) string {
	if cd.target == nil {
		return ""
	}
	out, err := encoding.ReplaceUnsupported(cd.target.NewEncoder()).String(s)
	if err != nil {
		return "" // as the original does; no input is known to lead here
	}
	return out
}

// base is the lower-case name of an encoding without its suffixes.
func base(code string) string {
	name, _, _ := strings.Cut(strings.ToLower(code), "//")
	return name
}
