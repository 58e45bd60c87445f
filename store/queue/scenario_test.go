package queue

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the scenarios and golden files should say")

// TestScenarios runs testdata/*.txt. A stanza is some lines, a line ----, and
// what comes of them: the events in order, then how the hall stands. Lines with
// a clock are commands; lines without one describe the centre (testdata/README
// has the language). Look at each line that -update changes.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			got := newScenario(t).run(string(want))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(want), got)
		})
	}
}

// scenario is the hall of one file.
type scenario struct {
	t       *testing.T
	hall    *Hall
	rules   Rules
	version int
	now     time.Time
	facts   []Fact
}

func newScenario(t *testing.T) *scenario {
	zone := time.FixedZone("ICT", 7*60*60)
	return &scenario{t: t, hall: NewHall(), now: time.Date(2026, 11, 23, 0, 0, 0, 0, zone)} // a Monday
}

// run returns the file with the outcomes that the code gives now.
func (s *scenario) run(file string) string {
	var out strings.Builder
	for stanza := range strings.SplitSeq(strings.TrimSpace(file), "\n\n") {
		said, _, hasOutcome := strings.Cut(stanza, "\n----")
		if out.Len() > 0 {
			out.WriteString("\n")
		}
		out.WriteString(said + "\n")
		if hasOutcome {
			out.WriteString("----\n" + s.stanza(said))
		}
	}
	return out.String()
}

func (s *scenario) stanza(said string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(said, "\n") {
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(line, "#") {
			out.WriteString(s.line(line, words))
		}
	}
	s.checkFold()
	out.WriteString(s.stands())
	return out.String()
}

// line obeys one line and says what followed.
func (s *scenario) line(line string, words []string) string {
	if date, err := time.ParseInLocation(time.DateOnly, words[0], s.now.Location()); err == nil {
		s.now, words = date, words[1:]
	}
	clock, err := time.Parse(time.TimeOnly, words[0])
	if err != nil {
		s.describe(words)
		return ""
	}
	s.now = time.Date(s.now.Year(), s.now.Month(), s.now.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, s.now.Location())
	args := parseArgs(words[2:])
	switch words[1] {
	case "offer":
		return s.offer(args)
	case "why":
		return s.why(args.next(), args.next())
	}
	command := s.command(words[1], args)
	require.NotNil(s.t, command, line)
	return s.do(command, Actor{Clerk: ClerkID(args.take("by"))})
}

func (s *scenario) do(c Command, by Actor) string {
	before, err := s.hall.MarshalBinary()
	require.NoError(s.t, err)
	events, err := s.hall.Decide(c, by, s.now)
	after, _ := s.hall.MarshalBinary()
	require.True(s.t, bytes.Equal(before, after), "Decide changed the hall")
	if err != nil {
		return "refused: " + sayRefusal(err) + "\n"
	}
	if len(events) == 0 {
		return "nothing to do\n"
	}
	var out strings.Builder
	for _, e := range events {
		fact := Fact{At: s.now, By: by, Event: e}
		s.facts = append(s.facts, fact)
		s.hall.Apply(fact)
		fmt.Fprintln(&out, sayEvent(s.hall, e))
	}
	return out.String()
}

func (s *scenario) offer(args *args) string {
	service := args.next()
	o := s.hall.Offer(ServiceID(service), Place(args.take("at")), s.now, args.has("unsure"))
	text := service + " can be had"
	if !o.Open {
		text = service + " cannot be had"
	}
	if o.Code != "" {
		text += ": " + o.Code
	}
	if !o.BackAt.IsZero() {
		text += ", back " + o.BackAt.Format("Mon 2006-01-02 15:04")
	}
	return text + "\n"
}

// why says who of two was called first, and by which rule.
func (s *scenario) why(first, second string) string {
	q := NewInquiry(NewHall(), first, second)
	for _, f := range s.facts {
		q.Take(f)
	}
	w, err := q.Answer()
	if err != nil {
		return "refused: " + sayRefusal(err) + "\n"
	}
	if w.Reason == WhyNobodyCalled {
		return "why: " + string(w.Reason) + "\n"
	}
	text := fmt.Sprintf("why: %s at %s to %s before %s: %s", w.Numbers[0], w.At.Format(time.TimeOnly), w.Counter, w.Numbers[1], w.Reason)
	if w.Reversed {
		text += ", the other way round"
	}
	if w.Minutes > 0 {
		text += fmt.Sprintf(", %d minutes", w.Minutes)
	}
	if w.N > 0 {
		text += fmt.Sprintf(", every %d", w.N)
	}
	if w.By.Clerk != "" {
		text += ", by " + string(w.By.Clerk)
	}
	return text + "\n"
}

// checkFold folds the journal again, through the codec, and wants the same hall.
func (s *scenario) checkFold() {
	again := NewHall()
	for _, f := range s.facts {
		version, payload, err := EncodeEvent(f.Event)
		require.NoError(s.t, err)
		f.Event, err = DecodeEvent(f.Event.Type(), version, payload)
		require.NoError(s.t, err)
		again.Apply(f)
	}
	requireEqualHalls(s.t, s.hall, again)
	restored := new(Hall)
	require.NoError(s.t, restored.UnmarshalBinary(marshal(s.t, s.hall)))
	requireEqualHalls(s.t, s.hall, restored)
}

func marshal(t testing.TB, h *Hall) []byte {
	data, err := h.MarshalBinary()
	require.NoError(t, err)
	return data
}

func requireEqualHalls(t testing.TB, want, got *Hall) {
	require.True(t, bytes.Equal(marshal(t, want), marshal(t, got)), "halls differ")
	for _, s := range want.Rules().Services {
		require.Equal(t, sayQueue(want, s.ID), sayQueue(got, s.ID))
	}
}
