package counter_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

func TestAVisit(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 3)
	assert.Equal(t, "open", h.call("open", "").Counter.State)

	r := h.call("next", "{}")
	require.Equal(t, 200, r.Status, r.Code)
	require.NotNil(t, r.Counter.Ticket)
	first := r.Counter.Ticket
	assert.Equal(t, "called", first.State)
	assert.Equal(t, 1, first.Calls)
	assert.Equal(t, 2, h.call("recall", fmt.Sprintf(`{"ticket":%d}`, first.ID)).Counter.Ticket.Calls)
	assert.Equal(t, "serving", h.call("start", "").Counter.Ticket.State)

	r = h.call("finish", `{"outcomes":{"received":2,"returned":1}}`)
	assert.Nil(t, r.Counter.Ticket)
	done, _ := h.book.View().Hall.Ticket(queue.TicketID(first.ID))
	assert.Equal(t, map[queue.Outcome]int{queue.Received: 2, queue.Returned: 1}, done.Outcomes)
	path := fmt.Sprintf("/api/v1/tickets/%d", first.ID)
	assert.Equal(t, "H55.2026.001", h.post(path+"/dossier", `{"dossier":"H55.2026.001"}`, "").Ticket.Dossier)
	assert.Equal(t, 200, h.post(path+"/outcome", `{"outcomes":{"advised":1}}`, "").Status)

	second := h.call("next", "").Counter.Ticket
	assert.Nil(t, h.call("park", `{"reason":"result"}`).Counter.Ticket)
	assert.Equal(t, second.ID, h.call("result-call", fmt.Sprintf(`{"ticket":%d}`, second.ID)).Counter.Ticket.ID)
	assert.Nil(t, h.call("park", `{}`).Counter.Ticket)
	assert.Equal(t, 200, h.call("return", fmt.Sprintf(`{"ticket":%d,"after":0}`, second.ID)).Status)
	third := h.call("call", fmt.Sprintf(`{"number":"%s"}`, second.Number)).Counter.Ticket
	assert.Equal(t, second.ID, third.ID)
	assert.Nil(t, h.call("no-show", "").Counter.Ticket)

	last := h.call("next", "").Counter.Ticket
	assert.Nil(t, h.call("transfer", `{"counter":"q3","note":"thu phí"}`).Counter.Ticket)
	moved, _ := h.book.View().Hall.Ticket(queue.TicketID(last.ID))
	assert.Equal(t, queue.CounterID("q3"), moved.ForCounter)
	assert.Equal(t, "thu phí", moved.Note)
}

func TestCounterStates(t *testing.T) {
	h := newHall(t, small)
	until := time.Now().Add(time.Hour).Format(time.RFC3339)
	r := h.call("pause", `{"reason":"meeting","until":"`+until+`"}`)
	assert.Equal(t, "paused", r.Counter.State)
	assert.Equal(t, "meeting", r.Counter.Reason)
	assert.Equal(t, "open", h.call("open", "").Counter.State)
	assert.Equal(t, "lan", h.call("sign-in", `{"clerk":"lan"}`).Counter.Clerk)
	h.issue("civil", 1)
	a := h.call("next", "")
	assert.Equal(t, queue.ClerkID("lan"), h.ticket(a).Clerk)
	last, err := h.book.Read(h.book.View().Seq-1, 1)
	require.NoError(t, err)
	assert.Equal(t, queue.Actor{Clerk: "lan", Via: "api"}, last[0].By, "the actor is the clerk who is signed in")
	h.call("finish", "")
	assert.Empty(t, h.call("sign-out", "").Counter.Clerk)
	assert.Equal(t, 200, h.call("serve-direct", `{"service":"civil","outcomes":{"advised":3}}`).Status)
	assert.Equal(t, "closed", h.call("close", "").Counter.State)
	assert.Equal(t, "closed", h.get("/api/v1/counters/q1").Counter.State)
	assert.Len(t, h.get("/api/v1/counters").Items, 3)
}

func (h *hall) ticket(r reply) *queue.Ticket {
	h.t.Helper()
	require.NotNil(h.t, r.Counter.Ticket, r.Code)
	t, ok := h.book.View().Hall.Ticket(queue.TicketID(r.Counter.Ticket.ID))
	require.True(h.t, ok)
	return t
}

func TestOneKey(t *testing.T) {
	h := newHall(t, small)
	next := func() reply { return h.post("/api/v1/counters/q2/next", "", "") }
	r := next()
	assert.Equal(t, 200, r.Status, r.Code)
	assert.True(t, r.Counter.Armed, "nobody waits: the counter opens and is armed")
	number := h.issue("land", 1).Number
	r = h.get("/api/v1/counters/q2")
	require.NotNil(t, r.Counter.Ticket, "the next ticket is called there at once, be it one helped out with")
	assert.Equal(t, number, r.Counter.Ticket.Number)
	assert.Equal(t, "repeated", next().Code)
	h.advance(5 * time.Second)
	h.issue("civil", 1)
	r = next()
	require.NotNil(t, r.Counter.Ticket)
	gone, _ := h.book.View().Hall.ByNumber(number)
	assert.Equal(t, queue.NoShow, gone.State, "called five seconds ago is absent, not finished")
	r = h.post("/api/v1/counters/q2/undo", "", "")
	require.NotNil(t, r.Counter.Ticket, r.Code)
	assert.Equal(t, number, r.Counter.Ticket.Number, "undo brings back whom the same press closed")
}

// Every refusal is told as a problem with its code, and changes nothing.
func TestRefusals(t *testing.T) {
	h := newHall(t, small)
	h.call("open", "")
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{"counters/q9/next", "", 404, "unknown_counter"},
		{"counters/q1/next", "", 409, "nobody_waiting"},
		{"counters/q3/next", "", 409, "counter_closed"},
		{"counters/q1/recall", "", 409, "no_current_ticket"},
		{"counters/q1/start", "", 409, "no_current_ticket"},
		{"counters/q1/finish", "", 409, "no_current_ticket"},
		{"counters/q1/no-show", "", 409, "no_current_ticket"},
		{"counters/q1/park", "", 409, "no_current_ticket"},
		{"counters/q1/transfer", `{"counter":"q2"}`, 409, "no_current_ticket"},
		{"counters/q1/undo", "", 409, "nothing_to_undo"},
		{"counters/q1/call", `{"number":"Z999"}`, 404, "unknown_ticket"},
		{"counters/q1/result-call", `{"ticket":999}`, 404, "unknown_ticket"},
		{"counters/q1/return", `{"ticket":999}`, 404, "unknown_ticket"},
		{"counters/q1/serve-direct", `{"service":"none"}`, 404, "unknown_service"},
		{"counters/q1/serve-direct", `{"service":"civil","outcomes":{"eaten":1}}`, 422, "bad_value"},
		{"counters/q1/sign-in", `{}`, 422, "bad_value"},
		{"counters/q1/pause", `{"until":"2001-01-01T00:00:00Z"}`, 422, "bad_value"},
		{"counters/q1/next", `{"ticket":999}`, 409, "ticket_changed"},
		{"counters/q1/next", `{"tickets":1}`, 400, "unknown_field"},
		{"counters/q1/next", `{"ticket":"A001"}`, 400, "wrong_type"},
		{"counters/q1/next", `{`, 400, "malformed_json"},
		{"counters/q1/next", `{"x":"` + strings.Repeat("x", 10<<20) + `"}`, 413, "body_too_large"},
		{"tickets/999/outcome", `{"outcomes":{"advised":1}}`, 404, "unknown_ticket"},
		{"tickets/abc/dossier", `{"dossier":"x"}`, 404, "unknown_ticket"},
		{"day/close", "", 409, "day_not_open"},
	} {
		before := h.book.View().Seq
		r := h.post("/api/v1/"+c.path, c.body, "")
		assert.Equal(t, c.code, r.Code, c.path)
		assert.Equal(t, c.status, r.Status, c.path)
		assert.NotEmpty(t, r.Detail, c.path)
		assert.Equal(t, before, h.book.View().Seq, c.path)
	}
	assert.Equal(t, "method_not_allowed", h.get("/api/v1/counters/q1/next").Code)
	assert.Equal(t, "unknown_counter", h.get("/counter/q9").Code)
	assert.Equal(t, "unsupported_media_type", h.send("POST", "/api/v1/counters/q1/next", "x=1", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}).Code)
}

func TestRefusalsWithATicket(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 2)
	h.call("open", "")
	h.post("/api/v1/counters/q2/open", "", "")
	first := h.call("next", "").Counter.Ticket
	for _, c := range []struct{ path, body, code string }{
		{"q1/next", "", "repeated"},
		{"q1/close", "", "counter_busy"},
		{"q1/pause", "", "counter_busy"},
		{"q1/call", `{"number":"A002"}`, "counter_busy"},
		{"q2/call", fmt.Sprintf(`{"ticket":%d}`, first.ID), "held_elsewhere"},
		{"q1/result-call", fmt.Sprintf(`{"ticket":%d}`, first.ID), "counter_busy"},
		{"q1/return", fmt.Sprintf(`{"ticket":%d}`, first.ID), "wrong_state"},
		{"q1/park", `{"reason":"tired"}`, "bad_value"},
		{"q1/transfer", `{}`, "bad_target"},
		{"q1/transfer", `{"counter":"q1"}`, "bad_target"},
		{"q1/transfer", `{"counter":"q9"}`, "unknown_counter"},
		{"q1/transfer", `{"service":"none"}`, "unknown_service"},
		{"q1/finish", fmt.Sprintf(`{"ticket":%d}`, first.ID+1), "ticket_changed"},
		{"q1/call", fmt.Sprintf(`{"number":"A002","seen":%d}`, first.ID+1), "ticket_changed"},
	} {
		r := h.post("/api/v1/counters/"+c.path, c.body, "")
		assert.Equal(t, c.code, r.Code, "%s %s", c.path, c.body)
	}
	h.call("start", "")
	assert.Equal(t, "wrong_state", h.call("start", "").Code)
	assert.Equal(t, "wrong_state", h.call("no-show", "").Code)
}

func TestTwoClerksAtOnceGetTwoTickets(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 20)
	h.call("open", "")
	h.post("/api/v1/counters/q2/open", "", "")
	for range 10 {
		var wait sync.WaitGroup
		got := make([]reply, 2)
		for i, q := range []string{"q1", "q2"} {
			wait.Go(func() { got[i] = h.post("/api/v1/counters/"+q+"/next", "", "") })
		}
		wait.Wait()
		require.NotEqual(t, h.ticket(got[0]).ID, h.ticket(got[1]).ID)
		h.advance(50 * time.Second)
	}
}

func TestARepeatedKeyIsOneCall(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 5)
	h.call("open", "")
	var wait sync.WaitGroup
	got := make([]reply, 8)
	for i := range got {
		wait.Go(func() { got[i] = h.post("/api/v1/counters/q1/next", "{}", "press-1") })
	}
	wait.Wait()
	for _, r := range got {
		assert.Equal(t, got[0].Counter.Ticket.ID, h.ticketID(r))
	}
	assert.Equal(t, 1, got[0].Counter.Ticket.Calls)
	assert.Equal(t, "key_reused", h.post("/api/v1/counters/q1/next", `{"ticket":1}`, "press-1").Code)
	h.halt()
	h.start()
	assert.Equal(t, got[0].Counter.Ticket.ID, h.ticketID(h.post("/api/v1/counters/q1/next", "{}", "press-1")), "after a restart too")
}

func (h *hall) ticketID(r reply) uint64 {
	if r.Counter.Ticket == nil {
		h.t.Errorf("no ticket: %d %s", r.Status, r.Code)
		return 0
	}
	return r.Counter.Ticket.ID
}

func TestReturnLeavesThePlaceToTheCentre(t *testing.T) {
	h := newHall(t, strings.Replace(small, "[times]", "[times]\nreturn_after = 2", 1))
	h.issue("civil", 3)
	h.call("open", "")
	gone := h.ticket(h.call("next", ""))
	h.call("no-show", "")
	require.Equal(t, 200, h.call("return", fmt.Sprintf(`{"ticket":%d}`, gone.ID)).Status)
	s, _ := h.look("counter/q1")
	assert.Equal(t, []string{"A002", "A003", "A001"}, queueOf(s), "two others are called first")
}

func TestTheDay(t *testing.T) {
	h := newHall(t, small)
	assert.NotEmpty(t, h.post("/api/v1/day/open", "", "").Day)
	assert.Equal(t, "day_open", h.post("/api/v1/day/open", "", "").Code)
	waiting := h.issue("civil", 1)
	assert.Empty(t, h.post("/api/v1/day/close", "", "").Day)
	gone, _ := h.book.View().Hall.Ticket(waiting.ID)
	assert.Equal(t, queue.Expired, gone.State)
}
