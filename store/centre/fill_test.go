package centre

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// services writes a document of n services at one counter, then what else.
func services(n int, more string) string {
	var b strings.Builder
	b.WriteString("[centre]\nname = { vi = \"A\", en = \"A\" }\n")
	var ids []string
	for i := range n {
		fmt.Fprintf(&b, "[[service]]\nid = \"s%d\"\nname = { vi = \"A\", en = \"A\" }\n", i+1)
		ids = append(ids, fmt.Sprintf(`"s%d"`, i+1))
	}
	fmt.Fprintf(&b, "[[counter]]\nid = \"c1\"\nservices = [%s]\n[[kiosk]]\nid = \"k1\"\n[[printer]]\nid = \"p1\"\nport = \"usb:/dev/usb/lp0\"\n%s", strings.Join(ids, ", "), more)
	return b.String()
}

func prefixesOf(t *testing.T, src string) []string {
	t.Helper()
	d, findings := Parse("", []byte(src))
	require.NotNil(t, d, findings)
	var list []string
	for _, s := range d.Services {
		list = append(list, *s.Prefix)
	}
	return list
}

func TestDefaultLetters(t *testing.T) {
	assert.Equal(t, strings.Split("ABHLSUXQEKMNR", ""), prefixesOf(t, services(13, "")))
	many := prefixesOf(t, services(50, ""))
	assert.Equal(t, "AA", many[13])
	seen := map[string]bool{}
	for _, p := range many {
		assert.False(t, seen[p], p)
		seen[p] = true
	}
	d, findings := Parse("", []byte(services(80, "")))
	assert.Nil(t, d, "no letters are left, which is told and no panic")
	assert.Equal(t, "prefix_bad", findings[0].Code)

	// What the file says is not given a second time, and what is at the kiosk
	// comes first.
	src := strings.NewReplacer("id = \"s2\"", "id = \"s2\"\nprefix = \"A\"", "id = \"s1\"", "id = \"s1\"\nat = [\"transfer\"]").Replace(services(3, ""))
	assert.Equal(t, []string{"H", "A", "B"}, prefixesOf(t, src))
}

func TestDefaultDigits(t *testing.T) {
	led := "[[led]]\nid = \"l1\"\nport = \"tcp:10.0.0.9:502\"\ncounter = \"c1\"\n"
	assert.Equal(t, []string{"1", "2", "3"}, prefixesOf(t, services(3, led)))
	assert.Equal(t, []string{"A", "B", "H"}, prefixesOf(t, services(3, led+"letters = true\n")))
	assert.Equal(t, []string{"A", "B", "H"}, prefixesOf(t, services(3, led+"digits = 3\n")), "no room for the field")
	twelve := prefixesOf(t, services(12, led+"digits = 5\n"))
	assert.Equal(t, []string{"10", "11", "12"}, twelve[:3])

	// Only where needed: the service of a counter without a sign keeps its letter.
	two := strings.Replace(services(2, led), `services = ["s1", "s2"]`, "services = [\"s1\"]\n[[counter]]\nid = \"c2\"\nservices = [\"s2\"]", 1)
	assert.Equal(t, []string{"1", "A"}, prefixesOf(t, two))

	explicit := strings.Replace(services(3, led), "id = \"s2\"", "id = \"s2\"\nprefix = \"1\"", 1)
	assert.Equal(t, []string{"2", "1", "3"}, prefixesOf(t, explicit))
	long := strings.Replace(services(3, led+"digits = 5\n"), "id = \"s2\"", "id = \"s2\"\nprefix = \"10\"", 1)
	assert.Equal(t, []string{"11", "10", "12"}, prefixesOf(t, long), "one length, so that no number is made twice")
}

// TestNoNumberTwice makes all numbers of two digits-only series and compares
// what the check says with what is there.
func TestNoNumberTwice(t *testing.T) {
	series := []Service{}
	for _, prefix := range []string{"", "1", "10", "11", "2", "21", "0"} {
		for _, digits := range []int{2, 3} {
			for _, ends := range [][2]int{{1, 0}, {1, 99}, {100, 250}, {1001, 1200}, {105, 105}} {
				series = append(series, Service{Prefix: &prefix, Digits: digits, First: ends[0], Last: ends[1]})
			}
		}
	}
	all := func(s Service) map[string]bool {
		m := map[string]bool{}
		for n := s.First; n <= min(last(s), 2_500); n++ {
			m[s.number(n)] = true
		}
		return m
	}
	numbers := make([]map[string]bool, len(series))
	for i, s := range series {
		numbers[i] = all(s)
	}
	clashes := 0
	for i, s := range series {
		for j, u := range series[:i] {
			if *s.Prefix == *u.Prefix {
				continue
			}
			twice := false
			for n := range numbers[i] {
				if numbers[j][n] {
					twice = true
					break
				}
			}
			number, told := sameNumber(s, u)
			if twice {
				clashes++
				assert.True(t, told, "%q+%d %d-%d and %q+%d %d-%d", *s.Prefix, s.Digits, s.First, s.Last, *u.Prefix, u.Digits, u.First, u.Last)
			}
			if told && len(number) <= 4 {
				assert.True(t, numbers[i][number] && numbers[j][number], number)
			}
		}
	}
	assert.Greater(t, clashes, 50)
}

func TestOneZoneIsGiven(t *testing.T) {
	d, _ := Parse("", []byte(services(1, "[[board]]\nid = \"b1\"\n")))
	require.NotNil(t, d)
	assert.Equal(t, "hall", d.Counters[0].Zone)
	assert.Equal(t, "hall", d.Kiosks[0].Zone)
	assert.Equal(t, []string{"hall"}, d.Boards[0].Zones)
	assert.Equal(t, "auto", d.Zones[0].Sound)
	assert.Equal(t, []string{"p1"}, d.Kiosks[0].Printers)
	assert.Equal(t, "1", d.Counters[0].Number)
	assert.False(t, *d.Counters[0].Arm)
	assert.Equal(t, "generic-80", d.Printers[0].Model)
}

func TestWindows(t *testing.T) {
	mon, fri, sat := time.Monday, time.Friday, time.Saturday
	for _, tt := range []struct {
		s    string
		want queue.Window
	}{
		{"07:30-11:30", queue.Window{From: 450, To: 690}},
		{" 7:30 – 11:30 ", queue.Window{}}, // a space inside is days
		{"7:30–11:30", queue.Window{From: 450, To: 690}},
		{"mon,fri 00:00-24:00", queue.Window{Days: []time.Weekday{mon, fri}, To: 1440}},
		{"Sat 07:30-11:30", queue.Window{Days: []time.Weekday{sat}, From: 450, To: 690}},
		{"fri-mon 08:00-09:00", queue.Window{Days: []time.Weekday{fri, sat, 0, mon}, From: 480, To: 540}},
		{"", queue.Window{}}, {"07:30", queue.Window{}}, {"07:60-08:00", queue.Window{}}, {"08:00-08:00", queue.Window{}},
		{"08:00-25:00", queue.Window{}}, {"mon 8-9", queue.Window{}}, {"xxx 08:00-09:00", queue.Window{}}, {"-1:00-02:00", queue.Window{}},
	} {
		w, good := parseWindow(tt.s)
		assert.Equal(t, tt.want.To > 0, good, tt.s)
		if good {
			assert.Equal(t, tt.want, w, tt.s)
		}
	}
}

// TestHours compares the hours of each day with the moments at which the queue
// gives numbers, so that what boards show and what kiosks do cannot drift apart.
func TestHours(t *testing.T) {
	src := strings.Replace(services(1, `[calendar]
hours = ["13:30-17:00", "07:30-11:30", "sat 08:00-11:00"]
holidays = ["2027-04-30"]
make_up = ["2027-05-08", "2027-05-09"]
`), "id = \"s1\"", "id = \"s1\"\nissue = [\"13:30-17:00\", \"07:30-11:30\", \"sat 08:00-11:00\"]", 1)
	d, findings := Parse("", []byte(src))
	require.NotNil(t, d, findings)
	h := hallWith(d)
	hours := func(day string) (list []string) {
		at, err := time.ParseInLocation(time.DateOnly, day, d.Location())
		require.NoError(t, err)
		for _, w := range d.Hours(at) {
			list = append(list, fmt.Sprintf("%02d:%02d-%02d:%02d", w.From/60, w.From%60, w.To/60, w.To%60))
		}
		return list
	}
	ordinary := []string{"07:30-11:30", "13:30-17:00"}
	assert.Equal(t, ordinary, hours("2027-04-29"))
	assert.Empty(t, hours("2027-04-30"), "holiday")
	assert.Equal(t, []string{"08:00-11:00"}, hours("2027-05-01"), "Saturday morning")
	assert.Empty(t, hours("2027-05-02"), "Sunday")
	assert.Equal(t, ordinary, hours("2027-05-09"), "a Sunday made up")

	for at := time.Date(2027, 4, 25, 0, 15, 0, 0, d.Location()); at.Month() < 6; at = at.Add(30 * time.Minute) {
		minute := at.Hour()*60 + at.Minute()
		open := false
		for _, w := range d.Hours(at) {
			open = open || w.From <= minute && minute < w.To
		}
		offer := h.Offer("s1", queue.AtKiosk, at, false)
		assert.Equal(t, open, offer.Open, "%s %s %s", at.Weekday(), at, offer.Code)
	}
}
