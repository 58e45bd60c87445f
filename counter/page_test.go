package counter_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

var clerkScreen = assetstest.Size{W: 1366, H: 768}

// press presses a command's key once the command fits and nothing is under way,
// as a person would who looks at the page.
func press(p *assetstest.Tab, action, key string) {
	p.Wait(`document.getElementById("` + action + `")?.disabled === false`)
	p.Type(key)
}

// The whole way of a call with the keyboard alone, and what the wall shows.
func TestKeyboard(t *testing.T) {
	h := newHall(t, small)
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/counter/q1?lang=vi"), clerkScreen)
	wall := b.Open(t, h.url("/board/b1"), assetstest.Size{W: 1920, H: 1080}, assetstest.Held)
	page.WaitText("Quầy đang đóng")
	press(page, "open", kb.Enter)
	page.WaitText("Sẵn sàng")
	h.issue("civil", 3)
	page.Wait(`document.querySelector("#next small").textContent.startsWith("A001")`)
	press(page, "next", kb.Enter)
	page.Wait(`document.querySelector(".current .number")?.textContent === "A001"`)
	wall.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "A001"`)
	page.Wait(`document.getElementById("no-show").disabled`)
	wall.Pass(5 * time.Second)
	press(page, "recall", kb.F2)
	wall.WaitText("Gọi lần 2")
	press(page, "start", kb.F4)
	page.WaitText("Đã phục vụ")
	press(page, "park", kb.F8)
	page.Wait(`document.querySelector("dialog[open]")`)
	page.Type("2")
	page.Wait(`document.querySelector(".side").textContent.includes("Đợi kết quả")`)
	wall.Wait(`document.querySelectorAll(".quiet")[2].textContent.includes("A001")`)
	press(page, "next", kb.Enter)
	page.Wait(`document.querySelector(".current .number")?.textContent === "A002"`)
	page.Wait(`document.getElementById("undo")?.disabled === false`)
	page.Ctrl("z")
	page.Wait(`document.querySelector(".current.idle")`)
	wall.Wait(`!document.querySelector(".list").textContent.includes("A002")`)
	press(page, "other", kb.F9)
	page.Wait(`document.querySelector("dialog[open]")`)
	page.Type("a003" + kb.Enter)
	page.Wait(`document.querySelector(".current .number")?.textContent === "A003"`)
	press(page, "transfer", kb.F7)
	page.Wait(`document.querySelector("dialog[open]")`)
	page.Type(kb.Escape)
	page.Wait(`!document.querySelector("dialog")`)
	press(page, "finish", kb.F3)
	page.Wait(`document.querySelector(".current.idle")`)
	press(page, "pause", kb.F10)
	page.Wait(`document.querySelector("dialog[open]")`)
	page.Type("4")
	page.WaitText("Tạm dừng · Nghỉ trưa")
	assert.Empty(t, page.Errors())
	assert.Empty(t, wall.Errors())
}

// Enter in a field types and calls nobody; a disabled command does nothing.
func TestEnterInAFieldCallsNobody(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 2)
	h.call("open", "")
	page := assetstest.Start(t).Open(t, h.url("/counter/q1?lang=vi"), clerkScreen)
	page.WaitText("Sẵn sàng")
	page.Ctrl("k")
	page.Type("002" + kb.Enter)
	page.Wait(`document.querySelectorAll(".queue li").length === 1`)
	page.Type(kb.Escape + kb.F2 + kb.F3)
	time.Sleep(300 * time.Millisecond)
	assert.Empty(t, h.get("/api/v1/counters/q1").Counter.Ticket)
}

func TestSomebodyElseChangedTheTicket(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 3)
	h.call("open", "")
	h.call("next", "")
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/counter/q1?lang=vi"), clerkScreen)
	page.WaitText("A001")
	// The page stays behind: its feed is cut, but its line is thought to be good.
	assetstest.Eval[bool](page, `window.fetch = ((f) => (u, o) => f(u, { ...o, body: o?.body?.replace(/"ticket":\d+/, '"ticket":999') ?? o?.body }))(fetch), true`)
	press(page, "finish", kb.F3)
	page.Wait(`document.querySelector("[role=alert]")`)
	assert.Contains(t, page.Text(), "A001")
	assert.Equal(t, "A001", h.get("/api/v1/counters/q1").Counter.Ticket.Number, "the command about another ticket changed nothing")
}

// A lost line: calling is dimmed, finishing is sent again with the same key.
func TestOffline(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 3)
	h.call("open", "")
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/counter/q1?lang=vi"), clerkScreen)
	press(page, "next", kb.Enter)
	page.Wait(`document.querySelector(".current .number")?.textContent === "A001"`)
	h.halt()
	page.WaitText("Mất kết nối với máy chủ")
	page.Shot("counter-offline-vi")
	assert.True(t, assetstest.Eval[bool](page, `document.getElementById("next").disabled && !document.getElementById("finish").disabled`))
	press(page, "finish", kb.F3)
	page.WaitText("sẽ được gửi lại khi có mạng")
	h.start()
	page.Wait(`document.querySelector(".current.idle")`)
	done, _ := h.book.View().Hall.ByNumber("A001")
	assert.Equal(t, queue.Finished, done.State)
	assert.Equal(t, 2, h.book.View().Hall.Ahead(3)+1)
}

// After a power cut the page asks what became of the person at the counter.
func TestRestartNotice(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 2)
	h.call("open", "")
	h.call("next", "")
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/counter/q1?lang=vi"), clerkScreen)
	page.WaitText("A001")
	assert.NotContains(t, page.Text(), "khởi động lại")
	h.halt()
	time.Sleep(10 * time.Millisecond)
	h.start()
	page.WaitText("Máy vừa khởi động lại. Quầy đang gọi số A001.")
	page.Errors() // those of the lost line
	page.Check("counter-restart-vi", false, 4)
	page.Click(`[...document.querySelectorAll(".restart button")][1]`)
	page.WaitText("Đã phục vụ")
	h.halt()
	time.Sleep(10 * time.Millisecond)
	h.start()
	page.WaitText("Quầy đang phục vụ số A001.")
	page.Click(`[...document.querySelectorAll(".restart button")][1]`)
	page.Wait(`document.querySelector(".current.serving") && !document.querySelector(".restart")`)
}

// Every state of the page, in both languages: nothing cut off, nothing over
// another thing, axe clean.
func TestEveryPictureCanBeRead(t *testing.T) {
	h := newHall(t, small)
	b := assetstest.Start(t)
	pages := map[string]*assetstest.Tab{}
	for _, lang := range []string{"vi", "en"} {
		pages[lang] = b.Open(t, h.url("/counter/q1?lang="+lang), clerkScreen)
		pages[lang].Wait(`document.querySelector(".desk")`)
	}
	look := func(name, until string) {
		for _, page := range pages { // before the looks, which take their time: an undo is offered for ten seconds
			page.Wait(until)
		}
		for lang, page := range pages {
			page.Check("counter-"+name+"-"+lang, false, 4)
		}
	}
	look("closed", `document.querySelector("#open.big")`)
	h.call("pause", `{"reason":"online","until":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}`)
	look("paused", `document.querySelector(".mood.paused")`)
	h.call("open", "")
	h.call("sign-in", `{"clerk":"lo-van-phong"}`)
	look("nobody", `document.querySelector(".mood.ready")`)
	h.do(queue.Issue{Service: "civil", Class: "elder"})
	h.issue("civil", 9)
	for _, end := range []string{"no-show", "park", "park", "no-show"} {
		h.call("next", "")
		h.call(end, "")
	}
	h.book.Report("zone/a", device.Set(device.NoSound), "")
	look("silent", `document.querySelector(".notice.warn")?.textContent.length > 60`)
	h.book.Report("zone/a", nil, "")
	h.book.Report("keypad/x", []device.Condition{device.Offline}, "")
	look("ready", `document.querySelectorAll(".side li").length === 4`)
	for _, reason := range []string{"result", "supplement"} {
		h.call("next", "")
		h.call("park", `{"reason":"`+reason+`"}`)
	}
	look("parked", `document.querySelectorAll(".side li").length === 6`)
	h.do(queue.Issue{Service: "civil", Class: "elder"})
	h.call("next", "")
	look("called", `document.querySelector(".undo")`)
	h.call("recall", "")
	h.call("start", "")
	look("serving", `document.querySelector(".mood.serving")`)
	for key, name := range map[string]string{kb.F7: "transfer", kb.F8: "park"} {
		for lang, page := range pages {
			page.Type(key)
			page.Wait(`document.querySelector("dialog[open]")`)
			page.Check("counter-dialog-"+name+"-"+lang, false, 4)
			page.Type(kb.Escape)
			page.Wait(`!document.querySelector("dialog")`)
		}
	}
}

func TestSupervisor(t *testing.T) {
	h := newHall(t, small)
	h.issue("civil", 6)
	h.issue("land", 2)
	h.call("open", "")
	h.call("next", "")
	h.post("/api/v1/counters/q2/pause", `{"reason":"meeting"}`, "")
	h.book.Report("printer/p1", []device.Condition{device.MediaEmpty}, "")
	h.book.Report("keypad/k1", []device.Condition{device.Offline}, "192.168.1.9:4001: connection refused")
	b := assetstest.Start(t)
	for _, lang := range []string{"vi", "en"} {
		page := b.Open(t, h.url("/supervisor?lang="+lang), clerkScreen)
		page.Wait(`document.querySelector(".devices .bad") && document.querySelectorAll("tbody")[0].rows.length === 3`)
		page.WaitText(map[string]string{"vi": "192.168.1.9:4001: máy bên kia không nhận kết nối", "en": "192.168.1.9:4001: the other machine accepts no connection"}[lang])
		page.Check("supervisor-"+lang, assetstest.Scrolls, 4)
		if lang == "en" {
			continue
		}
		// The paper was changed: the question stands on top until it is answered.
		h.post("/api/v1/printers/p1/roll", `{}`, "")
		page.Wait(`document.querySelector("main > .notice")?.textContent.includes("Chữ có hiện trên giấy không?")`)
		page.Check("supervisor-paper-"+lang, assetstest.Scrolls, 4)
		page.Tap("main > .notice .button")
		page.Wait(`!document.querySelector("main > .notice")`)
		assetstest.Eval[bool](page, `((range) => { range.value = "35"; range.dispatchEvent(new Event("change", { bubbles: true })); return true; })(document.querySelector(".sound input[type=range]"))`)
		page.Wait(`document.querySelector(".sound output").textContent === "35 %"`)
		assert.Contains(t, fmt.Sprint(h.get("/api/v1/zones").Items), "percent:35", "the loudspeakers are softer at once")
		page.Click(`document.querySelector(".say-all button")`)
		page.Wait(`document.querySelector("dialog[open]")?.textContent.includes("sắp hết giờ làm việc")`)
		page.Check("supervisor-closing-"+lang, assetstest.Scrolls, 4)
		page.Type(kb.Escape)
		page.Wait(`!document.querySelector("dialog")`)
		page.Click(`document.querySelectorAll("tbody")[0].rows[2].querySelector("button")`)
		page.Wait(`document.querySelectorAll("tbody")[0].rows[2].textContent.includes("Sẵn sàng")`)
		page.Click(`document.querySelector(".head .button")`)
		page.Wait(`document.querySelector("dialog[open]")?.textContent.includes("Còn 7 người")`)
		page.Check("supervisor-close-"+lang, assetstest.Scrolls, 4)
		page.Type(kb.Escape)
		page.Wait(`!document.querySelector("dialog")`)
		assert.NotEmpty(t, h.book.View().Hall.Day(), "asked and not answered: nothing happened")

		page.Click(`document.querySelector(".urgent .choices button")`)
		page.Wait(`[...document.querySelectorAll(".urgent textarea")].every((e) => e.value)`)
		page.Click(`document.querySelector(".urgent .danger")`)
		page.Wait(`document.querySelector("dialog[open]")?.textContent.includes("lối thoát hiểm")`)
		page.Check("supervisor-emergency-ask-"+lang, assetstest.Scrolls, 4)
		page.Type(kb.Escape)
		page.Wait(`!document.querySelector("dialog")`)
		note, err := centre.EncodeEmergency(centre.Text{"vi": "Có cháy"})
		require.NoError(t, err)
		_, err = h.book.Note(t.Context(), centre.NoteEmergency, 1, note)
		require.NoError(t, err)
		page.Wait(`document.querySelector(".notice.error")?.textContent.includes("Có cháy") && !document.querySelector(".urgent")`)
		page.Check("supervisor-emergency-"+lang, assetstest.Scrolls, 4)
		desk := b.Open(t, h.url("/counter/q1"), clerkScreen)
		desk.WaitText("Thông báo khẩn đang hiện trên mọi màn hình: Có cháy")
		desk.Check("counter-emergency", false, 4)
	}
}

// The supervisor puts up a notice, is told what is wrong with another, and takes
// the first one down.
func TestSupervisorPutsUpNotices(t *testing.T) {
	h := newHall(t, small)
	page := assetstest.Start(t).Open(t, h.url("/supervisor"), clerkScreen)
	page.WaitText("Chưa có thông báo nào")
	put := func(name, content string) {
		page.Wait(`document.querySelector("input[type=file]")`)
		assetstest.Eval[bool](page, `(() => {
			const files = new DataTransfer(), input = document.querySelector("input[type=file]");
			files.items.add(new File(["`+content+`"], "`+name+`"));
			input.files = files.files;
			return input.dispatchEvent(new Event("change", { bubbles: true }));
		})()`)
	}
	put("lịch nghỉ.txt", "Nghỉ lễ từ ngày 30/4.")
	page.WaitText("lịch nghỉ.txt")
	page.Excuse("422")
	put("ảnh.png", "no picture")
	page.WaitText("ảnh.png: Nội dung không đúng với tên tệp")
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "display", "notices", "b.svg"), []byte("<svg/>"), 0o600))
	put("dài.txt", strings.Repeat("0123456789", 80_000)) // in several pieces
	page.WaitText("dài.txt: Chữ quá dài")
	page.WaitText("Không hiện được loại tệp này")
	page.Check("supervisor-notices", assetstest.Scrolls, 4)
	page.Click(`document.querySelector("[aria-label='Gỡ lịch nghỉ.txt']")`)
	page.Wait(`!document.body.innerText.includes("lịch nghỉ.txt")`)
}
