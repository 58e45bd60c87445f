package voice

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

var (
	viDigits = strings.Fields("không một hai ba bốn năm sáu bảy tám chín")
	enSmall  = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	enTens   = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
)

// tooLarge numbers are read digit by digit.
const tooLarge = 1_000_000

// vietnamese reads a whole number, 0 to 999 999: mốt, tư and lăm after mươi,
// lăm after mười, linh for an empty ten, không trăm for an empty hundred inside.
func vietnamese(n int) []string {
	if n >= 1000 {
		words := append(vietnamese(n/1000), "nghìn")
		if n %= 1000; n == 0 {
			return words
		}
		return append(words, below1000(n, true)...)
	}
	return below1000(n, false)
}

func below1000(n int, inside bool) []string {
	var words []string
	if n >= 100 || inside {
		words = append(words, viDigits[n/100], "trăm")
		if n %= 100; n == 0 {
			return words
		}
		if n < 10 {
			return append(words, "linh", viDigits[n])
		}
	}
	ten, unit := n/10, n%10
	switch ten {
	case 0:
		return append(words, viDigits[unit])
	case 1:
		words = append(words, "mười")
	default:
		words = append(words, viDigits[ten], "mươi")
	}
	switch {
	case unit == 0:
	case unit == 1 && ten > 1:
		words = append(words, "mốt")
	case unit == 4 && ten > 1:
		words = append(words, "tư")
	case unit == 5:
		words = append(words, "lăm")
	default:
		words = append(words, viDigits[unit])
	}
	return words
}

// english reads a whole number, 0 to 999 999, without "and".
func english(n int) []string {
	switch {
	case n >= 1000:
		words := append(english(n/1000), "thousand")
		if n %= 1000; n == 0 {
			return words
		}
		return append(words, english(n)...)
	case n >= 100:
		words := []string{enSmall[n/100], "hundred"}
		if n %= 100; n == 0 {
			return words
		}
		return append(words, english(n)...)
	case n < 20:
		return enSmall[n : n+1 : n+1]
	case n%10 == 0:
		return []string{enTens[n/10]}
	}
	return []string{enTens[n/10], enSmall[n%10]}
}

// runs splits a number as shown into letters and digits: "A012" is A, 012.
func runs(number string) (all []string) {
	var digits strings.Builder
	flush := func() {
		if digits.Len() > 0 {
			all = append(all, digits.String())
			digits.Reset()
		}
	}
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case unicode.IsLetter(r):
			flush()
			all = append(all, strings.ToUpper(string(r)))
		default:
			flush()
		}
	}
	flush()
	return all
}

// isDigits reports whether a run is one of digits.
func isDigits(run string) bool { return run != "" && run[0] >= '0' && run[0] <= '9' }

// read says a run of digits, whole or one by one.
func (l *language) read(run string, s Style, whole bool) []string {
	if n, err := strconv.Atoi(run); whole && l.whole != nil && err == nil && n < tooLarge {
		words := slices.Clone(l.whole(n))
		for i, w := range words {
			words[i] = cmp.Or(s.Words[w], w)
		}
		return words
	}
	words := make([]string, len(run))
	for i, d := range run {
		words[i] = l.digits[d-'0']
	}
	return words
}
