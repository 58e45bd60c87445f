package counter_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

// step lets the machine's clock jump.
func (h *hall) step(d time.Duration) {
	h.t.Helper()
	was := h.book.View().ClockUntrusted
	h.clock.mu.Lock()
	h.clock.shift += d
	h.clock.mu.Unlock()
	require.Eventually(h.t, func() bool { return h.book.View().ClockUntrusted != was }, 20*time.Second, 10*time.Millisecond)
}

// powerCut ends the daemon as a power cut would, and starts it again.
func (h *hall) powerCut() {
	h.t.Helper()
	dir := h.t.TempDir()
	for _, name := range []string{"book.db", "book.begun", "secret", "watermark"} {
		if data, err := os.ReadFile(filepath.Join(h.dir, name)); err == nil {
			require.NoError(h.t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		}
	}
	h.halt()
	db, err := bolt.Open(filepath.Join(dir, "book.db"), 0o600, nil)
	require.NoError(h.t, err)
	require.NoError(h.t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("run"), []byte("boot before the cut"))
	}))
	require.NoError(h.t, db.Close())
	h.dir = dir
	h.start()
}

// The clock jumps: the supervisor is asked what time it is, and the answer holds.
func TestTheSupervisorIsAskedForTheTime(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 3)
	now := h.book.Now()
	day := string(h.book.View().Hall.Day())
	h.step(-49 * time.Hour)
	b := assetstest.Start(t)
	for _, lang := range []string{"vi", "en"} {
		page := b.Open(t, h.url("/supervisor?lang="+lang), clerkScreen)
		page.Wait(`document.querySelector("form.clock input") && document.querySelectorAll("form.clock button").length === 2`)
		assert.False(t, assetstest.Eval[bool](page, `document.querySelector(".head time") !== null`), "no time is shown")
		page.Check("supervisor-clock-"+lang, assetstest.Scrolls, 4)
		assert.Empty(t, page.Errors())
	}
	page := b.Open(t, h.url("/supervisor?lang=vi"), clerkScreen)
	page.WaitText("Đồng hồ máy có thể sai. Bây giờ là mấy giờ?")
	set := func(date, clock string) {
		assetstest.Eval[bool](page, `(() => { for (const [type, value] of [["date", "`+date+`"], ["time", "`+clock+`"]]) {
			const i = document.querySelector("form.clock input[type=" + type + "]"); i.value = value; i.dispatchEvent(new Event("input", { bubbles: true })); }
			return true; })()`)
		time.Sleep(50 * time.Millisecond)
		assetstest.Eval[bool](page, `document.querySelector("form.clock").requestSubmit(), true`)
	}
	tomorrow := now.AddDate(0, 0, 1).Format(time.DateOnly)
	set(tomorrow, "09:00")
	page.WaitText("số của 3 người đang chờ hết hiệu lực")
	page.Check("supervisor-clock-ends-vi", assetstest.Scrolls, 4)
	page.Click(`document.querySelector("dialog .button")`)
	page.Wait(`!document.querySelector("dialog")`)
	assert.True(t, h.book.View().ClockUntrusted, "nothing was set")
	set("2062-01-01", "09:00")
	page.Wait(`document.querySelector("dialog")`)
	page.Click(`document.querySelector("dialog .danger")`)
	page.WaitText("Xin xem lại năm, tháng, ngày")
	set(now.Format(time.DateOnly), now.Format("15:04"))
	page.Wait(`!document.querySelector("form.clock")`)
	assert.False(t, h.book.View().ClockUntrusted)
	assert.Equal(t, day, string(h.book.View().Hall.Day()))
	assert.WithinDuration(t, now, h.book.Now(), 2*time.Minute)
	require.Len(t, page.Errors(), 1, "the refusal")

	h.step(30 * time.Minute) // and the machine may be right
	page.Wait(`document.querySelectorAll("form.clock button").length === 2`)
	page.Click(`document.querySelectorAll("form.clock button")[1]`)
	if assetstest.Eval[bool](page, `document.querySelector("dialog .danger") !== null`) { // near midnight
		page.Click(`document.querySelector("dialog .danger")`)
	}
	page.Wait(`!document.querySelector("form.clock")`)
}

func TestClockByHTTP(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 1)
	for _, bad := range []string{`{}`, `{"now":"soon"}`, `{"now":"2062-01-01T09:00"}`} {
		assert.Equal(t, http.StatusUnprocessableEntity, h.post("/api/v1/clock", bad, "").Status, bad)
	}
	assert.Equal(t, http.StatusOK, h.get("/api/v1/clock").Status)
	assert.Equal(t, http.StatusOK, h.post("/api/v1/clock", `{"right":true}`, "").Status)
}

// A jump in the numbers is named, with its cause and its time.
func TestTheSupervisorIsToldOfAJump(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 41)
	h.powerCut()
	assert.Equal(t, "A050", h.issue("civil", 1).Number)
	at := h.book.View().Outage.At
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/supervisor?lang=vi"), clerkScreen)
	page.WaitText("Số A042–A049 không phát, do mất điện lúc " + strings.Replace(at.Format("15:04"), ":", " giờ ", 1)[boolInt(at.Hour() < 10):] + ".")
	page.Check("supervisor-jump-vi", assetstest.Scrolls, 4)
	page = b.Open(t, h.url("/supervisor?lang=en"), clerkScreen)
	page.WaitText("Numbers A042–A049 are not issued because of a power cut at")
	require.NoError(t, h.book.Seen(t.Context(), h.book.View().Epoch, h.book.View().Began+5))
	page.WaitText("The disk has lost the end of the book")
	page.Check("supervisor-lost-en", assetstest.Scrolls, 4)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// "Vì sao số này được gọi trước?", on the page.
func TestWhyOnThePage(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.Issue{Service: "civil", Lang: "vi"})
	h.do(queue.Issue{Service: "civil", Lang: "vi", Class: "elder"})
	h.do(queue.OpenCounter{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q1"})
	b := assetstest.Start(t)
	for lang, want := range map[string]string{"vi": "Số A002 được gọi vào Quầy 1 lúc", "en": "Number A002 was called to Counter 1 at"} {
		page := b.Open(t, h.url("/supervisor?lang="+lang), clerkScreen)
		page.Wait(`document.querySelector("form.why")`)
		ask := func(first, second string) {
			assetstest.Eval[bool](page, `(() => { const f = document.querySelector("form.why"); f.first.value = "`+first+`"; f.second.value = "`+second+`"; f.requestSubmit(); return true; })()`)
		}
		ask("a002", " A001 ")
		page.WaitText(want)
		page.Check("supervisor-why-"+lang, assetstest.Scrolls, 4)
		assert.Empty(t, page.Errors())
		ask("A002", "A077")
		page.WaitText("A077")
	}
}
