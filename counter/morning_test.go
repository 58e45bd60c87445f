package counter_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// askMorning notes that a check was asked for, as the page's button does.
func (h *padHall) askMorning(asked time.Time) {
	h.Helper()
	note, err := centre.Morning{Asked: asked}.Encode()
	require.NoError(h, err)
	_, err = h.book.Note(context.Background(), centre.NoteMorning, 1, note)
	require.NoError(h, err)
}

func TestKeypadsShowThemselvesInTheMorning(t *testing.T) {
	inHall(t, func(t *testing.T, h *padHall) {
		h.issue("civil", 2)
		time.Sleep(time.Second)
		h.askMorning(h.book.Now())
		time.Sleep(time.Second)
		for addr := byte(1); addr <= 3; addr++ {
			assert.Equal(t, "888888", h.pads.Display(addr))
			assert.Equal(t, 1, h.pads.Beeps(addr))
		}
		h.issue("civil", 1) // the hall goes on meanwhile
		time.Sleep(5 * time.Second)
		assert.Equal(t, "888888", h.pads.Display(1))
		h.press(1, keypad.KeyNext)
		assert.Equal(t, "  2001", h.pads.Display(1), "a press is worth more than a check")
		time.Sleep(5 * time.Second)
		assert.Equal(t, "  2   ", h.pads.Display(2))
		note, _ := centre.Morning{Asked: h.book.Now().Add(-9 * time.Second)}.With("keypad/k1", true).Encode()
		_, err := h.book.Note(context.Background(), centre.NoteMorning, 1, note)
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		assert.Equal(t, 2, h.pads.Beeps(2), "another check: once more, and an answer to it is none")
		h.askMorning(h.book.Now().Add(-time.Minute))
		time.Sleep(time.Second)
		assert.Equal(t, 2, h.pads.Beeps(2), "one of a minute ago is over")
	})
}

const manyDevices = small + `
[[keypad]]
id = "k1"
port = "serial:/dev/ttyUSB0"
address = 1
counter = "q1"
[[keypad]]
id = "k2"
port = "evdev:usb-1"
counter = "q2"
[[led]]
id = "l1"
port = "serial:/dev/ttyUSB1"
counter = "q1"
`

func TestMorning(t *testing.T) {
	h := newHall(t, manyDevices)
	page := assetstest.Start(t).Open(t, h.url("/supervisor?lang=vi"), assetstest.Size{W: 1366, H: 1300})
	page.WaitText("Kiểm tra đầu ngày")
	require.Equal(t, http.StatusNotFound, h.post("/api/v1/morning/answers", `{"device":"led/l1","good":true}`, "").Status, "nothing was asked yet")
	// The printers are another room's, which is not in this hall.
	assetstest.Eval[bool](page, `window.slips = [], window.fetch = ((f) => (u, o) => u.includes("/slips") ? (slips.push(u + o.body), Promise.resolve(new Response("{}", {status: 202, headers: {"Content-Type": "application/json"}}))) : f(u, o))(fetch), true`)
	page.Tap(`[data-action="morning"]`)
	page.WaitText("Bảng số có hiện 8888 không?")
	page.WaitText("Bàn phím có kêu và hiện 888888 không?")
	page.WaitText("Có in ra PHIẾU THỬ không?")
	page.WaitText("Bấm thử một phím")
	page.Wait("slips.length > 0") // the page is told of the questions before its own call is answered
	assert.Equal(t, []string{`/api/v1/printers/p1/slips{"kind":"test"}`}, assetstest.Eval[[]string](page, "slips"))
	m, ok := centre.MorningOf(h.book.View())
	require.True(t, ok)
	assert.WithinDuration(t, h.book.Now(), m.Asked, 30*time.Second)

	page.Tap(`[data-device="led/l1"] [data-answer=good]`)
	page.Wait(`document.querySelector('[data-device="led/l1"] [data-answer=good][aria-pressed=true]')`)
	page.Tap(`[data-device="keypad/k1"] [data-answer=bad]`)
	page.WaitText("2/4 thiết bị đã trả lời, 1 không được")
	page.Tap(`[data-device="keypad/k1"] [data-answer=good]`) // looked again
	page.WaitText("2/4 thiết bị đã trả lời")
	h.book.Report("printer/p1", device.Set(device.Offline), "")
	page.Wait(`document.querySelector('[data-device="printer/p1"]').innerText.includes("không kết nối")`)
	page.Check("supervisor-morning-vi", assetstest.Scrolls, 4)
	assert.Equal(t, http.StatusNotFound, h.post("/api/v1/morning/answers", `{"device":"led/l9","good":true}`, "").Status)
	m, _ = centre.MorningOf(h.book.View())
	assert.Equal(t, map[string]bool{"led/l1": true, "keypad/k1": true}, m.Answers)
	entries, err := h.book.Read(0, 1000)
	require.NoError(t, err)
	noted := 0
	for _, e := range entries {
		if e.Type == centre.NoteMorning {
			noted++
		}
	}
	assert.Equal(t, 4, noted, "asked once, answered three times")

	page.Tap(`button[lang=en]`)
	page.WaitText("Does the sign show 8888?")
	page.Check("supervisor-morning-en", assetstest.Scrolls, 4)
	h.advance(24 * time.Hour)
	h.do(queue.OpenDay{})
	page.WaitText("Not done today")
	assert.Empty(t, page.Errors())
}
