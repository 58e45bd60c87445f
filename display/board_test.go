package display

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

const hallOfTwoZones = `
[centre]
name = { vi = "Xã A" }
[[zone]]
id = "a"
name = { vi = "Khu A" }
[[zone]]
id = "b"
name = { vi = "Khu B" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch" }
[[service]]
id = "land"
name = { vi = "Đất đai" }
[[counter]]
id = "q1"
number = "1"
zone = "a"
services = ["civil"]
[[counter]]
id = "q2"
number = "2"
zone = "b"
services = ["land"]
[[priority]]
id = "elder"
name = { vi = "Cao tuổi" }
[[board]]
id = "all"
[[board]]
id = "b"
zones = ["b"]
[times]
repeat_s = 1
`

// script is a hall that is told what to do, one command a second.
type script struct {
	t    *testing.T
	hall *queue.Hall
	at   time.Time
	seq  store.Seq
}

func newScript(t *testing.T) *script {
	doc, findings := centre.Parse("centre.toml", []byte(hallOfTwoZones))
	require.NotNil(t, doc, "%v", findings)
	s := &script{t: t, hall: queue.NewHall(), at: time.Date(2026, 11, 23, 9, 41, 0, 0, doc.Location())}
	canonical, hash := doc.Canonical()
	s.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	s.do(queue.OpenCounter{Counter: "q1"})
	s.do(queue.OpenCounter{Counter: "q2"})
	return s
}

// do returns what the boards "all" and "b" are told of each event.
func (s *script) do(c queue.Command) (all, b []any) {
	s.t.Helper()
	s.at = s.at.Add(time.Second)
	events, err := s.hall.Decide(c, queue.Actor{Clerk: "secret-clerk"}, s.at)
	require.NoError(s.t, err)
	var entries []store.Entry
	for _, e := range events {
		fact := queue.Fact{At: s.at, By: queue.Actor{Clerk: "secret-clerk"}, Event: e}
		s.hall.Apply(fact)
		s.seq++
		entries = append(entries, store.Entry{Seq: s.seq, Fact: fact, Type: string(e.Type())})
	}
	for _, e := range entries {
		for id, told := range map[string]*[]any{"all": &all, "b": &b} {
			if m, ok := boardEvent(e, s.view(), id); ok {
				*told = append(*told, m)
			}
		}
	}
	return all, b
}

func (s *script) view() *store.View { return &store.View{Seq: s.seq, At: s.at, Hall: s.hall} }

func (s *script) board(id string) board {
	s.t.Helper()
	state, ok := (&Room{notices: newNoticeboard("")}).boardState(s.view(), id)
	require.True(s.t, ok)
	return state.(board)
}

func TestOnlyCallsOfItsZonesCarryANumber(t *testing.T) {
	s := newScript(t)
	all, b := s.do(queue.Issue{Service: "civil"})
	assert.Equal(t, []any{boardMessage{}}, all[len(all)-1:])
	assert.NotEmpty(t, b)
	all, b = s.do(queue.CallNext{Counter: "q1"})
	assert.Equal(t, []any{boardMessage{Number: "A001", Counter: "1", Call: 1}}, all)
	assert.Equal(t, []any{boardMessage{}}, b, "another zone's call changes counts at most")
	all, _ = s.do(queue.Recall{Counter: "q1"})
	assert.Equal(t, []any{boardMessage{Number: "A001", Counter: "1", Call: 2}}, all)
	all, b = s.do(queue.SignIn{Counter: "q1", Clerk: "secret-clerk"})
	assert.Empty(t, all, "who works where is nothing for a wall")
	assert.Empty(t, b)
}

func TestTheLifeOfACallOnTheBoard(t *testing.T) {
	s := newScript(t)
	for range 4 {
		s.do(queue.Issue{Service: "civil"})
		s.do(queue.Issue{Service: "land"})
	}
	s.do(queue.CallNext{Counter: "q1"})
	s.do(queue.CallNext{Counter: "q2"})
	calls := s.board("all").Calls
	require.Len(t, calls, 2)
	assert.Equal(t, "B001", calls[0].Number, "the newest first")
	assert.True(t, calls[0].Active)
	assert.Len(t, s.board("b").Calls, 1)
	assert.Equal(t, []string{"A002", "B002", "A003", "B003"}, s.board("all").Soon)

	s.do(queue.Recall{Counter: "q1"})
	assert.Equal(t, "A001", s.board("all").Calls[0].Number, "a recall moves up")
	assert.Equal(t, 2, s.board("all").Calls[0].Call)

	s.do(queue.Start{Counter: "q1"})
	assert.False(t, s.board("all").Calls[0].Active)
	s.do(queue.Park{Counter: "q1", Reason: queue.ParkResult})
	assert.Equal(t, []string{"A001"}, s.board("all").Results)
	assert.Len(t, s.board("all").Calls, 1)
	s.do(queue.ResultCall{Counter: "q1", Target: queue.Target{Number: "A001"}})
	assert.True(t, s.board("all").Calls[0].Result)
	assert.Equal(t, 1, s.board("all").Calls[0].Call, "called for its result the first time")
	assert.Empty(t, s.board("all").Results)
	s.do(queue.Finish{Counter: "q1"})
	assert.Equal(t, "A001", s.board("all").Calls[0].Number, "who is done stays among the last calls")

	s.do(queue.MarkNoShow{Counter: "q2"})
	missed := s.board("all").Missed
	require.Len(t, missed, 1)
	assert.Equal(t, "B001", missed[0].Number)
	assert.Equal(t, 30*time.Minute, missed[0].Until.Sub(s.at))
	assert.NotContains(t, numbers(s.board("all").Calls), "B001")
	for range 2 {
		s.do(queue.Call{Counter: "q2", Target: queue.Target{Number: "B001"}})
		assert.Empty(t, s.board("all").Missed)
		s.do(queue.MarkNoShow{Counter: "q2"})
	}
	assert.Empty(t, s.board("all").Missed, "after the third time nobody is asked for any more")
	s.do(queue.CallNext{Counter: "q2"})
	s.do(queue.MarkNoShow{Counter: "q2"})
	assert.Len(t, s.board("all").Missed, 1)
	s.at = s.at.Add(31 * time.Minute)
	assert.Empty(t, s.board("all").Missed)

	s.do(queue.CallNext{Counter: "q2"})
	assert.Equal(t, "B003", s.board("all").Calls[0].Number)
	s.do(queue.Undo{Counter: "q2"})
	assert.NotContains(t, numbers(s.board("all").Calls), "B003", "what was taken back is gone")
	s.do(queue.ServeDirect{Counter: "q1", Service: "civil"})
	assert.NotContains(t, numbers(s.board("all").Calls), "", "who has no number is not shown")
}

func numbers(calls []call) (out []string) {
	for _, c := range calls {
		out = append(out, c.Number)
	}
	return out
}

// What is not for the public stands nowhere in what a board is sent.
func TestNothingPrivateIsSent(t *testing.T) {
	s := newScript(t)
	s.do(queue.SignIn{Counter: "q1", Clerk: "secret-clerk"})
	s.do(queue.Issue{Service: "civil", Class: "elder"})
	s.do(queue.CallNext{Counter: "q1"})
	s.do(queue.Transfer{Counter: "q1", ToCounter: "q2", Note: "secret-note"})
	s.do(queue.Issue{Service: "civil", Class: "elder"})
	s.do(queue.CallNext{Counter: "q1"})
	b, err := json.Marshal(s.board("all"))
	require.NoError(t, err)
	for _, private := range []string{"secret", "elder", "clerk", `"id":1`, "ticket"} {
		assert.NotContains(t, string(b), private)
	}
}

func TestHours(t *testing.T) {
	doc, findings := centre.Parse("c.toml", []byte(`
[centre]
name = { vi = "Xã A" }
[[service]]
id = "s"
name = { vi = "S" }
[[counter]]
id = "q"
number = "1"
services = ["s"]
[calendar]
weekdays = "mon-fri"
hours = ["mon-fri 07:30-11:30", "mon-fri 13:30-17:00"]
holidays = ["2026-11-24"]
`))
	require.NotNil(t, doc, "%v", findings)
	from := time.Date(2026, 11, 23, 18, 0, 0, 0, doc.Location())
	got := hours(doc, from, "")
	require.Len(t, got, windows)
	assert.Equal(t, "2026-11-23T07:30:00+07:00", got[0].From.Format(time.RFC3339), "those of today that are over are sent too: between them lies lunch")
	assert.Equal(t, "2026-11-25T07:30:00+07:00", got[2].From.Format(time.RFC3339), "a holiday is left out")
	assert.Equal(t, got[2], hours(doc, from, "2026-11-23")[0], "a day that was closed by hand is over")
	wednesday := time.Date(2026, 11, 25, 0, 30, 0, 0, doc.Location()) // where Tuesday ends at two
	assert.Equal(t, got[2], hours(doc, wednesday, "2026-11-24")[0], "and no other with it")
}
