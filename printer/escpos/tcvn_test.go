package escpos

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vietnamese is the alphabet's letters that ASCII lacks, made from their rules
// and not copied from the table.
func vietnamese() (all []rune) {
	for _, row := range []string{
		"àảãáạ", "ăằẳẵắặ", "âầẩẫấậ", "đ", "èẻẽéẹ", "êềểễếệ", "ìỉĩíị",
		"òỏõóọ", "ôồổỗốộ", "ơờởỡớợ", "ùủũúụ", "ưừửữứự", "ỳỷỹýỵ",
	} {
		for _, r := range row {
			all = append(all, r, unicode.ToUpper(r))
		}
	}
	return all
}

func TestEveryLetterHasOneCode(t *testing.T) {
	all := vietnamese()
	require.Len(t, all, 134)
	seen := map[[2]byte]rune{}
	for _, r := range all {
		b, page, ok := TCVN.code(r)
		require.True(t, ok, "%c", r)
		assert.Zero(t, seen[[2]byte{page, b}], "%c", r)
		seen[[2]byte{page, b}] = r
		back, ok := TCVN.Letter(page, b)
		assert.True(t, ok)
		assert.Equal(t, string(r), string(back))
		assert.Equal(t, unicode.IsUpper(r), page == 31, "%c", r)
		_, _, ok = Pages{}.code(r)
		assert.False(t, ok)
	}
	letters := 0
	for page := range 256 {
		for b := 0x80; b < 0x100; b++ {
			if _, ok := TCVN.Letter(byte(page), byte(b)); ok {
				letters++
			}
		}
	}
	assert.Equal(t, 134, letters)
}

// Codes of TCVN 5712:1993 that can be looked up elsewhere.
func TestCodesOfTheStandard(t *testing.T) {
	for r, want := range map[rune][2]byte{
		'ă': {30, 0xA8}, 'đ': {30, 0xAE}, 'à': {30, 0xB5}, 'ạ': {30, 0xB9}, 'ằ': {30, 0xBB}, 'ắ': {30, 0xBE},
		'ặ': {30, 0xC6}, 'ậ': {30, 0xCB}, 'è': {30, 0xCC}, 'é': {30, 0xD0}, 'ệ': {30, 0xD6}, 'ĩ': {30, 0xDC},
		'ò': {30, 0xDF}, 'ợ': {30, 0xEE}, 'ù': {30, 0xEF}, 'ự': {30, 0xF9}, 'ỵ': {30, 0xFE},
		'Ă': {31, 0xA1}, 'Â': {31, 0xA2}, 'Đ': {31, 0xA7}, 'Ê': {31, 0xAA}, 'Ô': {31, 0xAB}, 'Ơ': {31, 0xAC},
		'Ư': {31, 0xAD}, 'À': {31, 0xB5}, 'Ỵ': {31, 0xFE},
	} {
		b, page, _ := TCVN.code(r)
		assert.Equal(t, want, [2]byte{page, b}, "%c", r)
	}
}

func TestLinesInTheLettersOfThePrinter(t *testing.T) {
	j := NewJob(Setup{Dots: 576, Pages: TCVN})
	j.Begin()
	j.Line("SỐ THỨ TỰ", Style{Wide: 1, High: 1, Bold: true})
	j.Line("A012", Style{Wide: 8, High: 8})
	j.Line("Đắk – “x”", Style{Wide: 1, High: 2, Left: true})
	got, err := j.Bytes()
	require.NoError(t, err)
	assert.Equal(t, golden(
		[]byte{0x1B, '@', 0x1C, '.'}, "begin",
		[]byte{0x1B, 'a', 1, 0x1B, 'E', 1}, "centred, bold",
		[]byte{'S', 0x1B, 't', 31, 0xE8, ' ', 'T', 'H', 0xF8, ' ', 'T', 0xF9, '\n'}, "one switch for all capitals",
		[]byte{0x1D, '!', 0x77, 0x1B, 'E', 0, 'A', '0', '1', '2', '\n'}, "the number",
		[]byte{0x1B, 'a', 0, 0x1D, '!', 0x01}, "left, double height",
		[]byte{0xA7, 0x1B, 't', 30, 0xBE, 'k', ' ', '-', ' ', '"', 'x', '"', '\n'}, "a capital, then small letters; signs as ASCII",
	), got)
}

func TestLineThatCannotBe(t *testing.T) {
	for name, do := range map[string]func(*Job){
		"a letter that the printer lacks": func(j *Job) { j.Line("ស", Style{Wide: 1, High: 1}) },
		"too long":                        func(j *Job) { j.Line(strings.Repeat("a", 49), Style{Wide: 1, High: 1}) },
		"no size":                         func(j *Job) { j.Line("a", Style{}) },
		"a command":                       func(j *Job) { j.Line("\x10\x04\x01", Style{Wide: 1, High: 1}) },
	} {
		j := NewJob(Setup{Dots: 576, Pages: TCVN})
		do(j)
		_, err := j.Bytes()
		assert.Error(t, err, name)
	}
	assert.True(t, TCVN.Readable("Cộng hoà – e\u0302\u0301"))
	assert.False(t, Pages{}.Readable("Cộng hoà"))
	assert.True(t, Pages{}.Readable("15:04 02/01/2006"))
}
