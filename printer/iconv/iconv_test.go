package iconv

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestConvString(t *testing.T) {
	for _, c := range []struct{ to, in, want string }{
		{"cp850", "Ticket 12", "Ticket 12"},
		{"CP850//TRANSLIT", "é ü ß", "\x82 \x81 \xe1"},
		{"gbk", "请", "\xc7\xeb"},
		{"gbk", "", ""},
	} {
		cd, err := Open(c.to, "utf-8")
		if err != nil {
			t.Fatal(err)
		}
		if got := cd.ConvString(c.in); got != c.want {
			t.Errorf("%s of %q = %q, want %q", c.to, c.in, got, c.want)
		}
		if err := cd.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The original loses the whole text when one letter cannot be converted.
func TestUnknownLettersDoNotLoseTheText(t *testing.T) {
	for _, to := range []string{"cp850", "gbk"} {
		cd, err := Open(to, "UTF-8")
		if err != nil {
			t.Fatal(err)
		}
		got := cd.ConvString("Số 12 mời quầy 5\xff")
		for _, kept := range []string{"S", " 12 m", "qu", "y 5"} {
			if !strings.Contains(got, kept) {
				t.Errorf("%s: %q lost from %q", to, kept, got)
			}
		}
	}
}

func TestOpenRefusesWhatItCannotDo(t *testing.T) {
	for _, c := range [][2]string{{"koi8-r", "utf-8"}, {"gbk", "latin1"}, {"", ""}} {
		if _, err := Open(c[0], c[1]); err == nil {
			t.Errorf("Open(%q, %q) gave no error", c[0], c[1])
		}
	}
	if got := (Iconv{}).ConvString("A"); got != "" {
		t.Errorf("zero value converted to %q", got)
	}
}

func FuzzConvString(f *testing.F) {
	f.Add("Số 12 mời quầy 5")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		for _, to := range []string{"cp850", "gbk"} {
			cd, err := Open(to, "utf-8")
			if err != nil {
				t.Fatal(err)
			}
			if got := cd.ConvString(s); len(got) < utf8.RuneCountInString(s) {
				t.Errorf("%s of %q: %d bytes for %d letters", to, s, len(got), utf8.RuneCountInString(s))
			}
		}
	})
}
