package display_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/display/voice"
	"xinmoi/store/queue"
)

// ear is a board's page as far as sound goes.
type ear struct {
	t    *testing.T
	name string
	conn *websocket.Conn
}

// patience is for what must come; a loaded machine takes its time.
const patience = 20 * time.Second

type heard struct {
	Type   string      `json:"type"`
	To     string      `json:"to"`
	ID     string      `json:"id"`
	Zone   string      `json:"zone"`
	Text   string      `json:"text"`
	Cues   []voice.Cue `json:"cues"`
	MS     int         `json:"length_ms"`
	Silent bool        `json:"silent"`
	Volume float64     `json:"volume"`
}

func (h *hall) ear(t *testing.T, board, name string) *ear {
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+h.addr+"/api/v1/stream?view=board/"+board+"&client="+name, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	e := &ear{t: t, name: name, conn: conn}
	_, ok := e.hear(patience, func(m heard) bool { return m.Type == "snapshot" })
	require.True(t, ok, "the feed does not know of the page")
	e.send("sound", "", "ready")
	return e
}

func (e *ear) send(typ, id, state string) {
	e.t.Helper()
	require.NoError(e.t, e.conn.WriteJSON(map[string]string{"type": typ, "id": id, "state": state}))
}

// next is the next announcement for this page.
func (e *ear) next(within time.Duration) (heard, bool) {
	e.t.Helper()
	return e.hear(within, func(m heard) bool { return m.Type == "announce" && m.To == e.name })
}

// hear is the next message that is wanted.
func (e *ear) hear(within time.Duration, wanted func(heard) bool) (heard, bool) {
	e.t.Helper()
	require.NoError(e.t, e.conn.SetReadDeadline(time.Now().Add(within)))
	for {
		_, b, err := e.conn.ReadMessage()
		if err != nil {
			return heard{}, false
		}
		var m heard
		require.NoError(e.t, json.Unmarshal(b, &m))
		if wanted(m) {
			return m, true
		}
	}
}

// play plays an announcement in no time.
func (e *ear) play(within time.Duration) heard {
	e.t.Helper()
	m, ok := e.next(within)
	require.True(e.t, ok, "nothing was to be spoken")
	e.send("started", m.ID, "")
	e.send("finished", m.ID, "")
	return m
}

// logged are the outcomes in the log, in order.
func (h *hall) logged() (all []string) {
	entries, err := h.book.Read(0, 10000)
	require.NoError(h.t, err)
	for _, e := range entries {
		if e.Type == "display.announced" {
			var n map[int]any
			require.NoError(h.t, cbor.Unmarshal(e.Note, &n))
			all = append(all, n[4].(string))
		}
	}
	return all
}

func (h *hall) eventually(what string, holds func() bool) {
	h.t.Helper()
	require.Eventually(h.t, holds, patience, 10*time.Millisecond, what)
}

func TestACallIsSpokenByOnePage(t *testing.T) {
	h := newHall(t, wide)
	for _, q := range []queue.CounterID{"q1", "q11"} {
		h.do(queue.OpenCounter{Counter: q})
	}
	h.issue("civil", 3)
	h.issue("land", 1)
	one := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	m := one.play(patience)
	assert.Equal(t, "Xin mời công dân có số thứ tự A, không không một, đến quầy số một. Xin nhắc lại: số A, không không một, quầy số một.", m.Text)
	assert.Equal(t, "vi/chime", m.Cues[0].Clip)
	assert.Equal(t, "a", m.Zone)
	assert.Positive(t, m.MS)
	h.eventually("the log has it", func() bool { return len(h.logged()) == 1 })

	// A board of zone b speaks there; whoever is there too stays silent.
	two := h.ear(t, "bb", "two")
	time.Sleep(100 * time.Millisecond)
	h.do(queue.CallNext{Counter: "q11"})
	m = two.play(patience)
	assert.Equal(t, "b", m.Zone)
	assert.Contains(t, m.Text, "quầy số mười một")
	h.do(queue.Recall{Counter: "q1"})
	m = one.play(patience)
	assert.Equal(t, "Xin nhắc lại: số A, không không một, quầy số một.", m.Text)
	h.eventually("the log has all", func() bool { return len(h.logged()) == 3 })
	assert.Equal(t, []string{"spoken", "spoken", "spoken"}, h.logged())
}

// A page that comes back by a new line before the old one is known to be dead is
// the same page. One that has gone is not asked.
func TestPagesComeAndGo(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 3)
	pages := func(n int) {
		h.eventually("the feed knows of it", func() bool { return h.feed.Stats().Clients == n })
	}
	old := h.ear(t, "b1", "one")
	one := h.ear(t, "b1", "one")
	_ = old.conn.Close()
	pages(1)
	h.do(queue.CallNext{Counter: "q1"})
	one.play(patience)
	h.eventually("the log has it", func() bool { return len(h.logged()) == 1 })

	two := h.ear(t, "b1", "two")
	_ = one.conn.Close()
	pages(1)
	h.do(queue.Recall{Counter: "q1"})
	m, ok := two.hear(patience, func(m heard) bool { return m.Type == "announce" })
	require.True(t, ok)
	assert.Equal(t, "two", m.To, "at once, and not when the other has failed to begin")
}

func TestTheLanguageOfTheTicketComesSecond(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.do(queue.Issue{Service: "civil", Lang: "en"})
	one := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	assert.Contains(t, one.play(patience).Text, "Ticket number A, zero zero one, please proceed to counter one.")
}

// A restart swallows no call and repeats none that was spoken, answered or is
// too old.
func TestAfterARestart(t *testing.T) {
	h := newHall(t, small)
	for _, q := range []queue.CounterID{"q1", "q2"} {
		h.do(queue.OpenCounter{Counter: q})
	}
	h.issue("civil", 5)
	one := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	one.play(patience)
	h.eventually("the log has it", func() bool { return len(h.logged()) == 1 })
	h.do(queue.CallNext{Counter: "q2"})
	m, ok := one.next(patience)
	require.True(t, ok)
	one.send("started", m.ID, "")
	h.halt()
	h.start()
	again := h.ear(t, "b1", "one")
	second := again.play(patience)
	assert.Equal(t, m.ID, second.ID, "the same id, so that a page which has played it says so at once")
	h.eventually("the log has it", func() bool { return len(h.logged()) == 2 })

	h.do(queue.Recall{Counter: "q1"})
	_, ok = again.next(patience)
	require.True(t, ok)
	h.do(queue.Start{Counter: "q1"}) // has come
	h.halt()
	h.start()
	_, ok = h.ear(t, "b1", "one").next(time.Second)
	assert.False(t, ok, "nobody is called who has come, nothing twice")
	assert.Equal(t, []string{"spoken", "spoken"}, h.logged())
}

func TestASilentZoneIsTold(t *testing.T) {
	// Both boards hang in zone a.
	h := newHall(t, strings.NewReplacer("diagonal_in = 55\n", "diagonal_in = 55\nzones = [\"a\"]\n", `zones = ["b"]`, `zones = ["a"]`).Replace(wide))
	silent := func(id, detail string) func() bool {
		return func() bool {
			for _, d := range h.book.View().Devices {
				if string(d.ID) == id && strings.Contains(d.Detail, detail) {
					return d.Conditions.Has("no-sound")
				}
			}
			return false
		}
	}
	h.eventually("no board is open", silent("zone/a", "không có loa"))
	h.eventually("no board is there at all", silent("zone/b", "không có loa"))
	page := h.ear(t, "b1", "one")
	page.send("sound", "", "blocked")
	h.eventually("the browser blocks", silent("board/b1", "--autoplay-policy"))
}

// ask sends JSON and gives status and answer.
func (h *hall) ask(path, key, body string) (int, []byte) {
	h.t.Helper()
	r, err := http.NewRequest("POST", h.url(path), strings.NewReader(body))
	require.NoError(h.t, err)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	return res.StatusCode, b
}

func TestAnnouncementsOnDemand(t *testing.T) {
	h := newHall(t, small)
	one := h.ear(t, "b1", "one")
	post := func(zone, key, body string) int {
		status, _ := h.ask("/api/v1/zones/"+zone+"/announce", key, body)
		return status
	}
	assert.Equal(t, 202, post("a", "k1", `{"say":"test"}`))
	assert.Equal(t, "Kiểm tra loa khu A.", one.play(patience).Text)
	assert.Equal(t, 202, post("a", "k1", `{"say":"test"}`), "the same key is spoken once")
	assert.Equal(t, 202, post("a", "k2", `{"say":"closing"}`))
	text := one.play(patience).Text
	assert.Contains(t, text, "sắp hết giờ")
	assert.Contains(t, text, "about to close")
	assert.Equal(t, 404, post("z", "k3", `{"say":"test"}`))
	assert.Equal(t, 422, post("a", "k4", `{"say":"hello"}`))
}

// Who says that a number was not called can be shown when it was, and where.
func TestTheLogCanBeRead(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q2"})
	h.issue("civil", 2)
	one := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q2"})
	m, ok := one.next(patience)
	require.True(t, ok)
	one.send("started", m.ID, "")
	h.do(queue.Recall{Counter: "q2"})
	h.do(queue.Recall{Counter: "q2"})
	h.eventually("the second recall is known", func() bool { return len(h.logged()) == 1 })
	one.send("finished", m.ID, "")
	one.play(patience)
	h.eventually("the log has all", func() bool { return len(h.logged()) == 3 })
	res, err := http.Get(h.url("/api/v1/announcements"))
	require.NoError(t, err)
	defer res.Body.Close()
	var log struct {
		Items []struct {
			Number, Counter, Call, Zone, Board, Outcome string
			Called                                      time.Time `json:"called_at"`
			Started                                     time.Time `json:"started_at"`
			Length                                      float64   `json:"length_s"`
		}
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&log))
	require.Len(t, log.Items, 3)
	newest, first := log.Items[0], log.Items[1]
	assert.Equal(t, "ticket.called", first.Call)
	assert.Equal(t, []string{"A001", "2", "a", "b1", "spoken"}, []string{first.Number, first.Counter, first.Zone, first.Board, first.Outcome})
	assert.False(t, first.Started.Before(first.Called.Truncate(time.Millisecond)))
	assert.InDelta(t, 11.4, first.Length, 0.5)
	assert.Equal(t, "ticket.recalled", newest.Call)
	assert.Equal(t, "merged", log.Items[2].Outcome, "the second recall came while the first one waited")
	assert.Equal(t, "spoken", newest.Outcome)
}

func TestClipsAreServed(t *testing.T) {
	h := newHall(t, small)
	get := func(path string) *http.Response {
		res, err := http.Get(h.url(path))
		require.NoError(t, err)
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	res := get("/voice/vi/khoong.wav")
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, "audio/wav", res.Header.Get("Content-Type"))
	for _, path := range []string{"/voice/vi/no.wav", "/voice/km/a.wav", "/voice/vi/manifest.json", "/voice/vi/khoong"} {
		assert.Equal(t, 404, get(path).StatusCode, path)
	}
	var v struct {
		Packs []struct{ Language, Name string }
	}
	require.NoError(t, json.NewDecoder(get("/api/v1/voice").Body).Decode(&v))
	require.Len(t, v.Packs, 2)
	assert.Equal(t, "Giọng máy tạm", v.Packs[0].Name)
}
