package display_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

// post sends JSON and returns the status.
func (h *hall) post(path, body string) int {
	h.t.Helper()
	resp, err := http.Post(h.url(path), "application/json", strings.NewReader(body))
	require.NoError(h.t, err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestEmergencyIsOnTheBoardUntilItIsEnded(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 2)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel)
	page.WaitText("Mời ông/bà lấy số")
	require.Equal(t, 200, h.post("/api/v1/emergency", `{"text":{"vi":"Có cháy. Mời mọi người bình tĩnh rời toà nhà theo lối thoát hiểm gần nhất.","en":"Fire. Please stay calm and leave the building by the nearest exit."}}`))
	page.WaitText("Có cháy")
	for _, size := range []assetstest.Size{panel, upright, fine} {
		page.Resize(size)
		page.Check(fmt.Sprintf("board-emergency-%s", size), false, 0)
	}
	h.do(queue.CallNext{Counter: "q1"})
	h.halt()
	h.start()
	fresh := assetstest.Start(t).Open(t, h.url("/board/b1"), panel)
	fresh.WaitText("Có cháy")
	assert.NotContains(t, fresh.Text(), "A001", "nothing else matters now")

	most := strings.Repeat("Nghiêng ", 24) + "khẩn cấp"
	require.Equal(t, 200, h.post("/api/v1/emergency", `{"text":{"vi":"`+most+`","en":"`+most+`"}}`))
	fresh.WaitText("khẩn cấp")
	for _, size := range []assetstest.Size{panel, upright} {
		fresh.Resize(size)
		fresh.Check(fmt.Sprintf("board-emergency-long-%s", size), false, 0)
	}
	// A board that has lost the server may show what is over, and must say so.
	h.halt()
	fresh.Excuse("ERR_")
	fresh.WaitText("thông báo có thể đã cũ")
	for _, size := range []assetstest.Size{panel, upright} {
		fresh.Resize(size)
		fresh.Check(fmt.Sprintf("board-emergency-offline-%s", size), false, 0)
	}
	h.start()
	fresh.Wait(`!document.querySelector(".stale")`)
	require.Equal(t, 200, h.post("/api/v1/emergency/end", `{}`))
	fresh.WaitText("A001")
}

func TestAnEmergencyIsNotedOnceAndHeldToItsLimits(t *testing.T) {
	h := newHall(t, small)
	noted := func() (n int) {
		entries, err := h.book.Read(0, 1000)
		require.NoError(t, err)
		for _, e := range entries {
			if e.Type == "hall.emergency" {
				n++
			}
		}
		return n
	}
	ear := h.ear(t, "b1", "one")
	assert.Equal(t, 200, h.post("/api/v1/emergency/end", `{}`))
	assert.Equal(t, 0, noted(), "nothing is ended that was not begun")
	for range 2 {
		assert.Equal(t, 200, h.post("/api/v1/emergency", `{"text":{"vi":" Có\n cháy\u0000! ","en":" "}}`))
	}
	assert.Equal(t, 1, noted(), "sent twice it is one")
	m := ear.play(patience)
	assert.Equal(t, "a", m.Zone)
	_, again := ear.next(300 * time.Millisecond)
	assert.False(t, again, "and spoken once")
	for body, why := range map[string]string{
		`{"text":{}}`:               "no text",
		`{}`:                        "no text",
		`{"text":{"vi":"\u200b "}}`: "nothing to be seen",
		`{"text":{"fr":"Au feu"}}`:  "not a language of the centre",
		`{"text":{"vi":"` + strings.Repeat("a", 201) + `"}}`: "too long",
	} {
		assert.Equal(t, 422, h.post("/api/v1/emergency", body), why)
	}
	assert.Equal(t, 1, noted())
	assert.Equal(t, 200, h.post("/api/v1/emergency/end", `{}`))
	assert.Equal(t, 2, noted())
}
