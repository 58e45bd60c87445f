package kiosk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

var portrait = assetstest.Size{W: 1080, H: 1920}

func TestOneTouchOneTicket(t *testing.T) {
	h := open(t)
	h.issue("ho-tich", 7)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.Wait(`document.querySelector("[data-service=ho-tich]")`)
	assetstest.Eval[bool](p, `((b) => { b.click(); b.click(); return true; })(document.querySelector("[data-service=ho-tich]"))`)
	p.Wait(`document.querySelector(".number")?.textContent === "A008"`)
	p.WaitText("Còn 7 người trước ông/bà")
	p.WaitText("Số này được gọi vào quầy 1 hoặc 2")
	time.Sleep(300 * time.Millisecond)
	assert.Equal(t, []string{"A008"}, h.tickets("k1"))

	p.Tap(`[data-action="done"]`)
	p.Wait(`document.querySelector(".tiles")`)
	time.Sleep(1600 * time.Millisecond)
	p.Tap(`[data-service="ho-tich"]`)
	p.WaitText("Ông/bà vừa lấy số A008. Có lấy thêm một số nữa không?")
	p.Tap(`[data-action="kiosk.again_yes"]`)
	p.Wait(`document.querySelector(".number")?.textContent === "A009"`)
	p.Tap(`[data-action="mistake"]`)
	p.WaitText("Đã trả lại số A009")
	ticket, ok := h.book.View().Hall.ByNumber("A009")
	require.True(t, ok)
	assert.Equal(t, queue.Cancelled, ticket.State)
	assert.Empty(t, p.Errors())
}

// A touch whose answer is lost is sent again under its key: one ticket.
func TestLostAnswerMakesNoSecondTicket(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait, `{
		const real = window.fetch;
		window.lost = 0;
		window.fetch = async (url, o) => {
			const answer = await real(url, o);
			if (o?.method === "POST" && window.lost++ < 2) throw new TypeError("the line is cut");
			return answer;
		};
	}`)
	p.Tap(`[data-service="dat-dai"]`)
	p.Wait(`document.querySelector(".number")?.textContent === "H001"`)
	assert.Equal(t, 3, assetstest.Eval[int](p, "window.lost"))
	assert.Equal(t, []string{"H001"}, h.tickets("k1"))
}

func TestPaperOutIsSaidAndTheNumberStays(t *testing.T) {
	h := open(t)
	h.book.Report("printer/p1", device.Set(device.MediaEmpty), "")
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.WaitText("Máy in đang hết giấy")
	p.Tap(`[data-service="ho-tich"]`)
	p.Wait(`document.querySelector(".ticket[data-paper=out]")`)
	p.WaitText("hãy nhớ hoặc chụp ảnh số")
	p.Check("paper-out-real", !assetstest.Scrolls, 20)
	p.Tap(`[data-action="done"]`)
	h.book.Report("printer/p1", nil, "")
	p.Wait(`!document.body.innerText.includes("hết giấy")`)
}

// What is wrong with the printer is said in words, before and after the touch.
func TestTheFaultOfThePrinterIsSaid(t *testing.T) {
	h := open(t)
	h.book.Report("printer/p1", device.Set(device.CoverOpen), "")
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.WaitText("nắp đang mở")
	p.Check("cover-open-home", !assetstest.Scrolls, 20)
	p.Tap(`[data-service="ho-tich"]`)
	p.Wait(`document.querySelector(".ticket[data-paper=fault]")`)
	p.WaitText("nắp đang mở")
	p.Check("cover-open", !assetstest.Scrolls, 20)
}

// The page follows its ticket's paper: home soon when it is out, and a word about
// it when it does not come.
func TestThePageFollowsThePaper(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait, assetstest.Held)
	take := func(service, number string) []byte {
		p.Tap(`[data-service="` + service + `"]`)
		p.Wait(`document.querySelector(".number")?.textContent === "` + number + `"`)
		ticket, ok := h.book.View().Hall.ByNumber(number)
		require.True(t, ok)
		note, err := cbor.Marshal(map[int]any{1: ticket.ID})
		require.NoError(t, err)
		return note
	}
	_, err := h.book.Note(t.Context(), "printer.printed", 1, take("ho-tich", "A001"))
	require.NoError(t, err)
	p.Wait(`document.querySelector(".ticket[data-paper=printed]")`)
	p.Pass(6 * time.Second)
	p.Wait(`document.querySelector(".tiles")`)

	time.Sleep(1600 * time.Millisecond) // no touch counts sooner
	_, err = h.book.Note(t.Context(), "printer.interrupted", 1, take("dat-dai", "H001"))
	require.NoError(t, err)
	p.Wait(`document.querySelector(".ticket[data-paper=fault]")`)
	p.Pass(40 * time.Second)
	p.Wait(`document.querySelector(".tiles")`)

	time.Sleep(1600 * time.Millisecond)
	take("tra-ket-qua", "X001") // and from this one nothing is heard
	p.Pass(12 * time.Second)
	p.Wait(`document.querySelector(".remember")`)
}

// The paper may be out before the answer comes, which was lost and is asked for again.
func TestThePaperIsOutBeforeTheAnswer(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait, `{
		const real = window.fetch, Socket = window.WebSocket;
		const late = new Promise((go) => { window.answer = () => (go(), true); });
		window.fetch = async (url, o) => {
			const answer = await real(url, o);
			if (o?.method === "POST") await late;
			return answer;
		};
		window.WebSocket = class extends Socket {
			constructor(...a) {
				super(...a);
				this.addEventListener("message", (e) => { window.out ||= e.data.includes("printer.printed"); });
			}
		};
	}`)
	p.Tap(`[data-service="ho-tich"]`)
	require.Eventually(t, func() bool { return len(h.tickets("k1")) == 1 }, 15*time.Second, 10*time.Millisecond)
	ticket, ok := h.book.View().Hall.ByNumber("A001")
	require.True(t, ok)
	note, err := cbor.Marshal(map[int]any{1: ticket.ID})
	require.NoError(t, err)
	_, err = h.book.Note(t.Context(), "printer.printed", 1, note)
	require.NoError(t, err)
	p.Wait(`window.out`)
	assetstest.Eval[bool](p, `window.answer()`)
	p.Wait(`document.querySelector(".ticket[data-paper=printed]")`)
}

func TestWithoutServerTheKioskSaysWhereToGo(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.Tap(`[data-service="ho-tich"]`)
	p.Wait(`document.querySelector(".number")?.textContent === "A001"`)
	again := h.cut()
	time.Sleep(2500 * time.Millisecond)
	assert.Contains(t, p.Text(), "A001", "a number that was taken stays in sight")
	p.Tap(`[data-action="done"]`)
	p.WaitText("Máy lấy số tạm dừng")
	p.WaitText("Mời ông/bà đến quầy Hướng dẫn")
	assert.False(t, assetstest.Eval[bool](p, `!!document.querySelector(".tile")`))
	p.Excuse("net::ERR_") // the cut line is logged by the browser, rightly
	p.Check("offline-real", !assetstest.Scrolls, 20)
	again()
	p.Wait(`document.querySelector("[data-service=ho-tich]")`)
	p.Tap(`[data-service="dat-dai"]`)
	p.Wait(`document.querySelector(".number")?.textContent === "H001"`)
}

func TestLanguageAndLargeTextAreForOnePerson(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait, assetstest.Held)
	p.Tap(`[data-lang="en"]`)
	p.WaitText("What are you here for?")
	assert.Equal(t, "en", assetstest.Eval[string](p, "document.documentElement.lang"))
	p.Tap(`[data-action="large"]`)
	p.Wait(`document.querySelector(".kiosk.large")`)
	// Nobody touches anything: 45 s, then the question, then 20 s, then home.
	p.Pass(45 * time.Second)
	p.WaitText("Do you need more time?")
	p.Tap(`[data-action="kiosk.idle_more"]`)
	p.Wait(`!document.querySelector("[role=alertdialog]") && document.querySelector(".large")`)
	p.Pass(45 * time.Second)
	p.WaitText("Do you need more time?")
	p.Pass(20 * time.Second)
	p.WaitText("Mời ông/bà chọn việc cần làm")
	assert.False(t, assetstest.Eval[bool](p, `!!document.querySelector(".large")`))
}

func TestPriorityIsDeclared(t *testing.T) {
	h := open(t)
	h.issue("ho-tich", 3)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.Tap(`[data-action="priority"]`)
	p.WaitText("Ông/bà thuộc diện nào?")
	p.Tap(`[data-group="cao-tuoi"]`)
	p.WaitText("Lấy số ưu tiên: Người từ 60 tuổi trở lên")
	p.Tap(`[data-service="ho-tich"]`)
	p.Wait(`document.querySelector(".number")?.textContent === "A004"`)
	ticket, ok := h.book.View().Hall.ByNumber("A004")
	require.True(t, ok)
	assert.Equal(t, queue.ClassID("cao-tuoi"), ticket.Class)
	p.Tap(`[data-action="done"]`)
	p.Wait(`document.querySelector(".hint")`) // the next person is not in that group
}

func TestHelpIsNoted(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.Tap(`[data-action="help"]`)
	p.WaitText("Đã báo người hỗ trợ")
	entries, err := h.book.Read(0, 1000)
	require.NoError(t, err)
	var asked int
	for _, e := range entries {
		if e.Type == "kiosk.help_asked" {
			asked++
		}
	}
	assert.Equal(t, 1, asked)
}

func TestUnknownKioskSaysSo(t *testing.T) {
	h := open(t)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k9", portrait)
	p.WaitText("Máy này chưa được khai báo")
	p.WaitText("“k9”")
}

func TestTheHoursCloseTheKiosk(t *testing.T) {
	h := open(t, `examples = { vi = "Sổ đỏ`, `issue = ["mon-fri 07:30-11:00", "mon-fri 13:30-16:00"]
examples = { vi = "Sổ đỏ`)
	p := assetstest.Start(t).Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.Wait(`document.querySelector("button[data-service=dat-dai]")`)
	h.set(monday.Add(3 * time.Hour)) // 11:12: no event tells it
	p.Wait(`document.querySelector("li.tile.off[data-service=dat-dai]")`)
	p.WaitText("Ngoài giờ lấy số. Mời ông/bà quay lại từ 13 giờ 30.")
	assert.True(t, assetstest.Eval[bool](p, `!!document.querySelector("button[data-service=ho-tich]")`))
}

// The phone page through a ticket's life, small and readable.
func TestPhonePage(t *testing.T) {
	h := open(t, "PUBLIC", `public_url = "https://so.example"`)
	h.issue("ho-tich", 5)
	status, ticket := h.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`)
	require.Equal(t, 201, status)
	link := ticket["link"].(string)
	assert.Equal(t, "https://so.example/t/"+link, ticket["url"])
	p := assetstest.Start(t).Open(t, h.server.URL+"/t/"+link+"?lang=vi", assetstest.Size{W: 360, H: 740})
	p.WaitText("Còn 5 người trước ông/bà")
	p.Check("phone-waiting", assetstest.Scrolls, 0)
	size := assetstest.Eval[int](p, `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
		.filter((e) => !e.name.includes("icon")).reduce((n, e) => n + e.transferSize, 0)`)
	assert.Less(t, size, 64<<10, "60 KB and the headers")

	for _, t := range h.book.View().Hall.Tickets()[:3] {
		h.do(queue.Cancel{Ticket: t.ID})
	}
	p.WaitText("Sắp đến lượt")
	p.Check("phone-near", assetstest.Scrolls, 0)
	p.Tap(`[data-action="postpone"]`)
	p.WaitText("Đã lùi lượt")
	h.do(queue.Call{Counter: "c2", Target: queue.Target{Number: ticket["number"].(string)}})
	p.WaitText("Mời ông/bà đến quầy 2")
	p.Check("phone-called", assetstest.Scrolls, 0)
	h.do(queue.Start{Counter: "c2"})
	p.WaitText("đang được phục vụ tại quầy 2")
	again := h.cut()
	p.WaitText("Mất kết nối")
	p.Excuse("net::ERR_") // of the attempts while it is cut
	p.Check("phone-old", assetstest.Scrolls, 0)
	again()
	h.do(queue.Finish{Counter: "c2"})
	p.WaitText("Đã phục vụ xong")
	p.Check("phone-finished", assetstest.Scrolls, 0)
}

func TestPhoneGivesTheNumberUp(t *testing.T) {
	h := open(t)
	_, ticket := h.call("POST", "/api/v1/tickets", `{"service":"ho-tich","kiosk":"k1"}`)
	b := assetstest.Start(t)
	p := b.Open(t, h.server.URL+"/t/"+ticket["link"].(string)+"?lang=en", assetstest.Size{W: 360, H: 740})
	p.WaitText("You are next")
	p.Tap(`[data-action="cancel"]`)
	p.WaitText("Give up number A001?")
	p.Check("phone-sure", assetstest.Scrolls, 0)
	p.Tap(`[data-action="cancel-yes"]`)
	p.WaitText("This number has been given back")
	lost := b.Open(t, h.server.URL+"/t/"+strings.Repeat("a", 20)+"?lang=vi", assetstest.Size{W: 360, H: 740})
	lost.WaitText("Không tìm thấy số này")
	lost.Errors() // the 404 that says so
	lost.Check("phone-unknown", assetstest.Scrolls, 0)
}

// The clock jumps into the night: no hour is held to and none is shown, and the
// page says so.
func TestAClockInDoubt(t *testing.T) {
	h := open(t)
	h.alone.Store(true)
	b := assetstest.Start(t)
	p := b.Open(t, h.server.URL+"/kiosk/k1", portrait)
	p.Wait(`document.querySelector(".clock")`)
	h.set(monday.Add(13 * time.Hour))
	require.Eventually(t, func() bool { return h.book.View().ClockUntrusted }, 20*time.Second, 10*time.Millisecond)
	p.Wait(`!document.querySelector(".clock") && document.querySelector(".notices .warn")`)
	p.Check("clock-in-doubt-vi", !assetstest.Scrolls, 20)
	p.Tap(`[data-service="ho-tich"]`)
	p.Wait(`document.querySelector(".number")?.textContent === "A001"`)
	assert.NotRegexp(t, `\d\d:\d\d`, p.Text())
	ticket, ok := h.book.View().Hall.ByNumber("A001")
	require.True(t, ok)
	assert.True(t, ticket.Unsure)
	assert.Empty(t, p.Errors())

	q := b.Open(t, h.server.URL+"/kiosk/k1", portrait)
	q.Tap(`[data-lang="en"]`)
	q.WaitText("The clock of this machine may be wrong")
	q.Tap(`[data-action="large"]`)
	q.Wait(`document.querySelector(".kiosk.large")`)
	q.Check("clock-in-doubt-en-large", !assetstest.Scrolls, 20)
	h.set(monday.Add(time.Minute))
	h.alone.Store(false) // a time source keeps the clock now
	q.Wait(`document.querySelector(".clock") && !document.querySelector(".notices .warn")`)
}
