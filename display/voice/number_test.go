package voice

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// How numbers are read in Vietnamese, as every schoolchild does.
var readings = map[int]string{
	0: "không", 5: "năm", 10: "mười", 11: "mười một", 14: "mười bốn", 15: "mười lăm", 20: "hai mươi",
	21: "hai mươi mốt", 24: "hai mươi tư", 25: "hai mươi lăm", 44: "bốn mươi tư", 51: "năm mươi mốt", 55: "năm mươi lăm",
	100: "một trăm", 101: "một trăm linh một", 104: "một trăm linh bốn", 105: "một trăm linh năm", 110: "một trăm mười",
	111: "một trăm mười một", 114: "một trăm mười bốn", 115: "một trăm mười lăm", 121: "một trăm hai mươi mốt",
	124: "một trăm hai mươi tư", 155: "một trăm năm mươi lăm", 500: "năm trăm", 505: "năm trăm linh năm",
	1000: "một nghìn", 1001: "một nghìn không trăm linh một", 1010: "một nghìn không trăm mười",
	1115: "một nghìn một trăm mười lăm", 2005: "hai nghìn không trăm linh năm",
	9999: "chín nghìn chín trăm chín mươi chín", 12345: "mười hai nghìn ba trăm bốn mươi lăm",
}

func TestWholeNumbersInVietnamese(t *testing.T) {
	for n, want := range readings {
		assert.Equal(t, want, strings.Join(vietnamese(n), " "), n)
		south := strings.NewReplacer("linh", "lẻ", "nghìn", "ngàn", "tư", "bốn").Replace(want)
		words := Style{Words: map[string]string{"linh": "lẻ", "nghìn": "ngàn", "tư": "bốn"}}
		assert.Equal(t, south, strings.Join(vi.read(strconv.Itoa(n), words, true), " "), n)
	}
}

func TestWholeNumbersInEnglish(t *testing.T) {
	for n, want := range map[int]string{
		0: "zero", 7: "seven", 12: "twelve", 20: "twenty", 21: "twenty one", 100: "one hundred", 105: "one hundred five",
		999: "nine hundred ninety nine", 1000: "one thousand", 1012: "one thousand twelve",
	} {
		assert.Equal(t, want, strings.Join(english(n), " "))
	}
}

func TestDigitByDigit(t *testing.T) {
	assert.Equal(t, "không một hai ba bốn năm sáu bảy tám chín", strings.Join(vi.read("0123456789", Style{}, false), " "))
	assert.Equal(t, "mười hai", strings.Join(vi.read("012", Style{}, true), " "))
	assert.Len(t, vi.read("12345678901234567890123", Style{}, true), 23, "a number too large to be read as one")
}

func TestRuns(t *testing.T) {
	assert.Equal(t, []string{"A", "012"}, runs("A012"))
	assert.Equal(t, []string{"Ư", "T", "7"}, runs("ưt-7"))
	assert.Equal(t, []string{"5", "A"}, runs("5a"))
	assert.Empty(t, runs(" –"))
}
