package centre

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// unending stands for the last number of a series that has none.
const unending = 99_999

// checkNumbers looks for numbers that two people could hold, and for ranges
// that end before the day's tickets do.
func (c *checker) checkNumbers() {
	for i := range c.d.Services {
		c.checkSeries(i, &c.d.Services[i])
	}
	for i, s := range c.d.Services {
		for j, other := range c.d.Services[:i] {
			c.checkPair(i, s, j, other)
		}
	}
	c.checkCaps()
	c.checkRhymes()
}

func (c *checker) checkSeries(i int, s *Service) {
	if p := *s.Prefix; len(p) > 2 || !(isDigits(p) || isLetters(p)) {
		c.wrong(at("service", i, "prefix"), "prefix_bad", "prefix", p)
	}
	if !c.within(at("service", i, "digits"), s.Digits, 2, 6) {
		s.Digits = 3 // so that the other checks do not count to it
	}
	c.within(at("service", i, "first"), s.First, 0, unending)
	c.within(at("service", i, "last"), s.Last, 0, unending)
	c.within(at("service", i, "cap"), s.Cap, 0, unending)
	if s.Last != 0 && s.Last < s.First {
		c.wrong(at("service", i, "last"), "range_empty", "first", s.First, "last", s.Last)
	}
}

// checkPair compares two services' series. Sharing one has to be said by the
// same prefix and has to agree in everything.
func (c *checker) checkPair(i int, s Service, j int, other Service) {
	a, b := *s.Prefix, *other.Prefix
	switch {
	case a == b && (s.Digits != other.Digits || s.First != other.First || s.Last != other.Last):
		c.wrong(at("service", i, "prefix"), "series_differs", "prefix", a, "service", s.ID, "other", other.ID)
	case a == b:
		c.odd(at("service", i, "prefix"), "series_shared", "prefix", a, "service", s.ID, "other", other.ID, "line", c.line(at("service", j, "prefix")))
	case isDigits(a) && isDigits(b):
		if n, clash := sameNumber(s, other); clash {
			c.wrong(at("service", i, "prefix"), "series_overlap", "number", n, "service", s.ID, "other", other.ID)
		}
	}
}

// sameNumber finds a number that both of two digits-only series can make, such
// as 11001 = 1 + 1001 = 11 + 001. Prefixes of one length cannot clash.
func sameNumber(s, t Service) (string, bool) {
	if len(*s.Prefix) > len(*t.Prefix) {
		s, t = t, s
	}
	rest, ok := strings.CutPrefix(*t.Prefix, *s.Prefix)
	if !ok || rest == "" {
		return "", false
	}
	head, _ := strconv.Atoi(rest)
	for m := t.Digits; m <= 6; m++ { // t's index written with m digits
		low := t.First
		if m > t.Digits {
			low = max(low, pow10(m-1))
		}
		high := min(last(t), pow10(m)-1)
		n := len(rest) + m // the same digits, read as s's index
		if n < s.Digits || n > s.Digits && rest[0] == '0' {
			continue
		}
		from, to := max(s.First, head*pow10(m)+low), min(last(s), head*pow10(m)+high)
		if low <= high && from <= to {
			return fmt.Sprintf("%s%0*d", *s.Prefix, n, from), true
		}
	}
	return "", false
}

func last(s Service) int {
	if s.Last == 0 {
		return unending
	}
	return s.Last
}

func pow10(n int) int { return int(math.Pow10(n)) }

// checkCaps compares the tickets that a series may have to give with its range.
func (c *checker) checkCaps() {
	caps := map[string]int{}
	for i, s := range c.d.Services {
		caps[*s.Prefix] += s.Cap
		if count := s.Last - s.First + 1; s.Last >= s.First && s.Last != 0 && caps[*s.Prefix] > count {
			c.wrong(at("service", i, "cap"), "range_small", "service", s.ID, "cap", caps[*s.Prefix], "count", count)
		}
	}
}

// rhyming are the letters whose Vietnamese names rhyme: bê, xê, dê, giê, pê, tê, vê.
const rhyming = "BCDGPTV"

// checkRhymes warns of letters that a loudspeaker makes alike.
func (c *checker) checkRhymes() {
	for _, z := range c.d.Zones {
		var heard []string
		for i, s := range c.d.Services {
			called := func(x Counter) bool { return x.Zone == z.ID && slices.Contains(x.Services, s.ID) }
			p := *s.Prefix
			if p == "" || slices.Contains(heard, p) || !slices.ContainsFunc(c.d.Counters, called) {
				continue
			}
			if k := slices.IndexFunc(heard, func(h string) bool { return rhyme(h, p) }); k >= 0 {
				c.odd(at("service", i, "prefix"), "rhyme", "prefix", p, "other", heard[k], "zone", z.ID)
			}
			heard = append(heard, p)
		}
	}
}

// rhyme reports whether two prefixes sound alike, letter by letter.
func rhyme(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && !(strings.IndexByte(rhyming, a[i]) >= 0 && strings.IndexByte(rhyming, b[i]) >= 0) {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func isLetters(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
}
