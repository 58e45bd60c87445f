package counter_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// state is what the page of a counter is sent, as far as the tests ask.
type state struct {
	Counter struct {
		State  string
		Ticket *struct{ Number, Note string }
	}
	Next           *struct{ Number, Class string }
	Queue          []struct{ Number string }
	Waiting        int
	Parked, Absent []struct{ Number string }
	Services       []struct {
		ID      string
		Own     bool
		Takes   bool
		Open    int
		Waiting int
	}
	Restarted string
	Devices   []struct {
		ID         string
		Conditions []string
	}
	Now struct {
		Waiting, Called, Open, Finished, Issued int
	}
}

// look reads the first snapshot of a view.
func (h *hall) look(view string) (s state, raw string) {
	h.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(h.url("/api/v1/stream?view="+view), "http", "ws", 1), http.Header{})
	require.NoError(h.t, err)
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, b, err := conn.ReadMessage()
	require.NoError(h.t, err)
	var m struct {
		Type  string
		State state
	}
	require.NoError(h.t, json.Unmarshal(b, &m))
	require.Equal(h.t, "snapshot", m.Type)
	return m.State, string(b)
}

func TestWhoIsNextStandsFirst(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 2)
	h.issue("land", 2)
	h.do(queue.Issue{Service: "civil", Class: "elder"})
	h.call("open", "")
	s, _ := h.look("counter/q1")
	require.NotNil(t, s.Next)
	assert.Equal(t, "A003", s.Next.Number, "a head start puts the old person first")
	assert.Equal(t, "elder", s.Next.Class)
	assert.Equal(t, []string{"A003", "A001", "A002"}, queueOf(s))
	assert.Equal(t, 3, s.Waiting)

	h.do(queue.OpenCounter{Counter: "q3"})
	h.do(queue.CallNext{Counter: "q3"})
	h.do(queue.Transfer{Counter: "q3", ToCounter: "q1", Note: "bản sao"})
	s, _ = h.look("counter/q1")
	assert.Contains(t, queueOf(s), "B001", "handed to this very counter, although it has not the service")
	s, raw := h.look("counter/q2")
	assert.NotContains(t, queueOf(s), "B001", "and to no other")
	assert.NotContains(t, raw, "bản sao", "a note is for who takes the ticket over")
	require.Equal(t, 200, h.call("call", `{"number":"B001"}`).Status)
	s, _ = h.look("counter/q1")
	assert.Equal(t, "bản sao", s.Counter.Ticket.Note)
}

func queueOf(s state) (out []string) {
	for _, q := range s.Queue {
		out = append(out, q.Number)
	}
	return out
}

func TestParkedAbsentAndServices(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 4)
	h.call("open", "")
	for _, end := range []string{"park", "no-show"} {
		h.call("next", "")
		h.call(end, "")
	}
	s, _ := h.look("counter/q1")
	assert.Len(t, s.Parked, 1)
	assert.Len(t, s.Absent, 1)
	assert.Nil(t, s.Counter.Ticket)
	require.Len(t, s.Services, 3)
	assert.True(t, s.Services[0].Own)
	assert.Equal(t, 1, s.Services[0].Open)
	assert.Equal(t, 2, s.Services[0].Waiting)
	assert.True(t, s.Services[2].Takes, "the fee counter takes transfers")
	s, _ = h.look("counter/q3")
	assert.Empty(t, s.Absent, "those of other services are not this counter's")
}

func TestRestartedIsToldOnlyOfAnOlderTicket(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 2)
	h.call("open", "")
	h.call("next", "")
	s, _ := h.look("counter/q1")
	assert.Empty(t, s.Restarted)
	h.halt()
	time.Sleep(5 * time.Millisecond)
	h.start()
	s, _ = h.look("counter/q1")
	assert.NotEmpty(t, s.Restarted)
	h.call("recall", "")
	s, _ = h.look("counter/q1")
	assert.Empty(t, s.Restarted, "answered")
}

func TestSupervisorFigures(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 3)
	h.call("open", "")
	h.call("next", "")
	h.call("finish", "")
	h.call("serve-direct", `{"service":"civil"}`)
	h.book.Report("printer/p1", device.Set(device.MediaEmpty), "")
	require.Eventually(t, func() bool {
		r := h.get("/api/v1/devices")
		return len(r.Items) == 1 && len(r.Items[0]["conditions"].([]any)) == 1
	}, 20*time.Second, 50*time.Millisecond)
	s, _ := h.look("supervisor/all")
	assert.Equal(t, 2, s.Now.Waiting)
	assert.Equal(t, 1, s.Now.Called)
	assert.Equal(t, 1, s.Now.Open)
	assert.Equal(t, 1, s.Now.Finished, "who had no number is not counted among the numbers")
	assert.Equal(t, 3, s.Now.Issued)
	require.Len(t, s.Devices, 1)
	assert.Equal(t, []string{"media-empty"}, s.Devices[0].Conditions)
}
