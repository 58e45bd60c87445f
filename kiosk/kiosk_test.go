package kiosk_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

func TestTakeANumber(t *testing.T) {
	h := open(t)
	h.issue("ho-tich", 2)
	status, got := h.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1","lang":"en"}`)
	require.Equal(t, http.StatusCreated, status)
	assert.Equal(t, "A003", got["number"])
	assert.Equal(t, "ho-tich", got["service"])
	assert.Equal(t, "waiting", got["state"])
	assert.EqualValues(t, 2, got["ahead"])
	assert.Nil(t, got["wait"])
	assert.Equal(t, "coming", got["paper"])
	assert.Regexp(t, `^2026-11-23T08:12:\d\d\.\d{3}\+07:00$`, got["issued_at"])
	assert.Regexp(t, `^[a-z2-7]{20}$`, got["link"])
	assert.NotContains(t, got, "url", "there is no public_url")
	ticket, ok := h.book.View().Hall.ByNumber("A003")
	require.True(t, ok)
	assert.Equal(t, queue.KioskID("k1"), ticket.Kiosk)
	assert.True(t, ticket.Print)
	assert.Equal(t, "en", ticket.Lang)
}

func TestTheSameKeyIsTheSameTicket(t *testing.T) {
	h := open(t)
	body := `{"service":"ho-tich","kiosk":"k1"}`
	var numbers sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			status, got := h.call("POST", "/api/v1/tickets", body, "Idempotency-Key", "tap-1")
			assert.Equal(t, http.StatusCreated, status)
			numbers.Store(got["number"], true)
		})
	}
	all.Wait()
	_, ok := numbers.Load("A001")
	assert.True(t, ok)
	assert.Equal(t, []string{"A001"}, h.tickets("k1"))
	status, got := h.call("POST", "/api/v1/tickets", `{"service":"dat-dai","kiosk":"k1"}`, "Idempotency-Key", "tap-1")
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Equal(t, "key_reused", got["code"])
}

func TestRefusals(t *testing.T) {
	h := open(t, "cap = 40", "cap = 1", `examples = { vi = "Sổ đỏ`, "issue = [\"mon-fri 13:30-16:00\"]\nexamples = { vi = \"Sổ đỏ")
	h.issue("chung-thuc", 1)
	cases := []struct {
		name, body string
		status     int
		code       string
	}{
		{"no such service", `{"service":"x","kiosk":"k1"}`, 404, "unknown_service"},
		{"no such kiosk", `{"service":"ho-tich","kiosk":"x"}`, 422, "bad_value"},
		{"not on this kiosk", `{"service":"ho-tich","kiosk":"k2"}`, 409, "not_offered_here"},
		{"only by transfer", `{"service":"phi","kiosk":"k1"}`, 409, "not_offered_here"},
		{"cap", `{"service":"chung-thuc","kiosk":"k1"}`, 409, "cap_reached"},
		{"hours", `{"service":"dat-dai","kiosk":"k1"}`, 409, "closed_now"},
		{"class", `{"service":"ho-tich","kiosk":"k1","priority":"vip"}`, 422, "unknown_class"},
		{"unknown field", `{"service":"ho-tich","kios":"k1"}`, 400, "unknown_field"},
		{"malformed", `{"service":`, 400, "malformed_json"},
		{"too large", `{"service":"` + strings.Repeat("x", 10<<20) + `"}`, 413, "body_too_large"},
	}
	before := h.book.View().Seq
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, got := h.call("POST", "/api/v1/tickets", c.body, "Accept-Language", "vi")
			assert.Equal(t, c.status, status)
			assert.Equal(t, c.code, got["code"])
			assert.NotEmpty(t, got["detail"])
			assert.NotContains(t, got["detail"], "door.")
		})
	}
	assert.Equal(t, before, h.book.View().Seq, "a refusal changes nothing")
	assert.Empty(t, h.logged.String())
}

// The answer says whether paper is to be expected.
func TestPaperIsForetold(t *testing.T) {
	take := func(h *hall, kiosk string) any {
		_, got := h.call("POST", "/api/v1/tickets", `{"service":"dat-dai","kiosk":"`+kiosk+`"}`)
		return got["paper"]
	}
	h := open(t)
	assert.Equal(t, "coming", take(h, "k1"))
	assert.Equal(t, "none", take(h, "k2"), "it has no printer")
	for _, c := range []struct {
		is   device.Conditions
		want string
		why  any
	}{
		{device.Set(device.MediaLow), "coming", nil},
		{device.Set(device.Mute), "coming", nil}, // it prints, and cannot say so
		{device.Set(device.MediaEmpty, device.CoverOpen), "out", nil},
		{device.Set(device.Offline), "fault", "offline"},
		{device.Set(device.CoverOpen), "fault", "cover-open"},
		{device.Set(device.CutterJam), "fault", "cutter-jam"},
	} {
		h := open(t) // another one: a device's conditions are noted every ten seconds at most
		h.condition("printer/p1", c.is)
		assert.Equal(t, c.want, take(h, "k1"), "%v", c.is)
		_, state := h.call("GET", "/api/v1/kiosks/k1", "")
		assert.Equal(t, c.want, state["paper"], "%v", c.is)
		assert.Equal(t, c.why, state["paper_why"], "%v", c.is)
	}
}

// Who has the link may look, cancel and postpone, and sees nothing of others.
func TestHolder(t *testing.T) {
	h := open(t, "PUBLIC", `public_url = "https://so.example/"`)
	h.issue("ho-tich", 1)
	_, got := h.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`)
	link := got["link"].(string)
	assert.Equal(t, "https://so.example/t/"+link, got["url"])
	path := "/api/v1/tickets/" + link

	status, held := h.call("GET", path, "")
	require.Equal(t, 200, status)
	assert.Equal(t, "A002", held["number"])
	assert.EqualValues(t, 1, held["ahead"])
	for _, secret := range []string{"id", "clerk", "note", "link", "kiosk"} {
		assert.NotContains(t, held, secret)
	}
	status, _ = h.call("POST", path+"/postpone", `{"minutes":10}`)
	assert.Equal(t, 200, status)
	status, held = h.call("POST", path+"/cancel", `{}`)
	assert.Equal(t, 200, status)
	assert.Equal(t, "cancelled", held["state"])
	status, got = h.call("POST", path+"/cancel", `{}`)
	assert.Equal(t, 409, status)
	assert.Equal(t, "wrong_state", got["code"])

	for _, wrong := range []string{strings.Repeat("a", 20), "7", "A002", strings.Repeat("9", 20)} {
		status, got = h.call("GET", "/api/v1/tickets/"+wrong, "")
		assert.Equal(t, 404, status, wrong)
		assert.Equal(t, "unknown_ticket", got["code"], wrong)
	}
}

// By id a ticket is for staff, which from the network wants lan to list it.
func TestStaff(t *testing.T) {
	h := open(t)
	h.issue("dat-dai", 2)
	_, list := h.call("GET", "/api/v1/tickets?day=2026-11-23", "")
	items := list["items"].([]any)
	require.Len(t, items, 2)
	path := fmt.Sprintf("/api/v1/tickets/%v", items[1].(map[string]any)["id"])
	status, got := h.call("POST", path+"/priority", `{"class":"cao-tuoi","reason":"thẻ"}`)
	require.Equal(t, 200, status, "%v", got)
	assert.Equal(t, "cao-tuoi", got["priority"])
	status, _ = h.call("GET", "/api/v1/tickets?day=2020-01-01", "")
	assert.Equal(t, 400, status)

	stranger := []string{"X-Forwarded-For", "192.0.2.7"}
	for _, c := range []struct{ method, path, body string }{
		{"GET", path, ""}, {"GET", "/api/v1/tickets", ""}, {"POST", path + "/cancel", "{}"},
		{"POST", path + "/return", "{}"}, {"POST", path + "/priority", `{"class":""}`},
		{"POST", "/api/v1/tickets", `{"service":"ho-tich"}`},
	} {
		status, got := h.call(c.method, c.path, c.body, stranger...)
		assert.Equal(t, 403, status, "%s %s", c.method, c.path)
		assert.Equal(t, "forbidden_here", got["code"])
	}
	status, got = h.call("POST", path+"/cancel", `{"reason":"left"}`)
	require.Equal(t, 200, status)
	assert.Equal(t, "cancelled", got["state"])
}

func TestALANWithKiosksOnly(t *testing.T) {
	h := open(t, `[access]`, "[access]\nlan = [\"kiosk\"]")
	stranger := []string{"X-Forwarded-For", "192.0.2.7"}
	status, got := h.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`, stranger...)
	require.Equal(t, 201, status)
	status, _ = h.call("POST", fmt.Sprintf("/api/v1/tickets/%v/cancel", got["link"]), `{}`, stranger...)
	assert.Equal(t, 200, status, "a wrong touch is taken back at the kiosk")
	status, _ = h.call("POST", "/api/v1/tickets", `{"service":"ho-tich"}`, stranger...)
	assert.Equal(t, 403, status, "without a kiosk it is for staff")
	status, _ = h.call("GET", fmt.Sprintf("/api/v1/tickets/%v", got["id"]), "", stranger...)
	assert.Equal(t, 403, status)
}

func TestCentre(t *testing.T) {
	h := open(t)
	h.issue("dat-dai", 3)
	h.do(queue.PauseCounter{Counter: "c3", Reason: "meeting", Until: monday.Add(2 * 60 * 60e9)})
	status, got := h.call("GET", "/api/v1/centre", "")
	require.Equal(t, 200, status)
	assert.Equal(t, "2026-11-23", got["day"])
	services := map[string]map[string]any{}
	for _, s := range got["services"].([]any) {
		services[s.(map[string]any)["id"].(string)] = s.(map[string]any)
	}
	land := services["dat-dai"]
	assert.EqualValues(t, 3, land["waiting"])
	assert.Equal(t, true, land["open"])
	assert.Equal(t, "no_counter", land["code"])
	assert.Equal(t, "2026-11-23T10:12:00.000+07:00", land["back_at"])
	assert.Equal(t, []any{"3"}, land["counters"])
	assert.Equal(t, "not_offered_here", services["phi"]["code"])
	assert.Len(t, got["counters"], 5)
}

func TestQR(t *testing.T) {
	h := open(t, "PUBLIC", `public_url = "https://so.example"`)
	_, got := h.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`)
	w, err := http.Get(h.server.URL + "/api/v1/tickets/" + got["link"].(string) + "/qr.svg")
	require.NoError(t, err)
	defer w.Body.Close()
	svg, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	assert.Equal(t, "image/svg+xml", w.Header.Get("Content-Type"))
	assert.True(t, bytes.HasPrefix(svg, []byte("<svg ")))
	assert.Greater(t, bytes.Count(svg, []byte("h1v1h-1z")), 200)
	status, _ := h.call("GET", "/api/v1/tickets/"+strings.Repeat("a", 20)+"/qr.svg", "")
	assert.Equal(t, 404, status)
}

func TestHelpIsAskedOnceAtATime(t *testing.T) {
	h := open(t)
	before := h.book.View().Seq
	for range 3 {
		status, _ := h.call("POST", "/api/v1/kiosks/k1/help", "{}")
		assert.Equal(t, http.StatusAccepted, status)
	}
	assert.Equal(t, before+1, h.book.View().Seq)
	status, _ := h.call("POST", "/api/v1/kiosks/x/help", "{}")
	assert.Equal(t, 404, status)
}
