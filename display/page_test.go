package display_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

var (
	panel   = assetstest.Size{W: 1920, H: 1080}
	upright = assetstest.Size{W: 1080, H: 1920}
	fine    = assetstest.Size{W: 3840, H: 2160}
)

// busy makes a hall in which everything that a board can show is there.
func busy(h *hall) {
	for _, q := range []queue.CounterID{"q1", "q2"} {
		h.do(queue.OpenCounter{Counter: q})
	}
	h.issue("civil", 20)
	h.issue("land", 12)
	end := func(q queue.CounterID, end queue.Command) {
		h.do(queue.CallNext{Counter: q})
		h.do(end)
	}
	end("q1", queue.MarkNoShow{Counter: "q1"})
	end("q2", queue.Park{Counter: "q2", Reason: queue.ParkResult})
	end("q1", queue.Park{Counter: "q1", Reason: queue.ParkResult})
	for range 3 {
		end("q1", queue.Finish{Counter: "q1"})
		end("q2", queue.Finish{Counter: "q2"})
	}
	h.do(queue.CallNext{Counter: "q2"})
	h.do(queue.Recall{Counter: "q2"})
	h.do(queue.CallNext{Counter: "q1"})
}

// longCalls fills a hall whose names and numbers are as long as they come.
func longCalls(h *hall) {
	h.do(queue.OpenCounter{Counter: "q1"})
	h.do(queue.OpenCounter{Counter: "q3"})
	h.issue("civil", 30)
	for range 4 {
		h.do(queue.CallNext{Counter: "q1"})
		h.do(queue.MarkNoShow{Counter: "q1"})
		h.do(queue.CallNext{Counter: "q3"})
		h.do(queue.Park{Counter: "q3", Reason: queue.ParkResult})
	}
	h.do(queue.ResultCall{Counter: "q3", Target: queue.Target{Number: "HT0002"}})
	h.do(queue.CallNext{Counter: "q1"})
}

func TestRowsAreAsHighAsReckoned(t *testing.T) {
	h := newHall(t, long)
	longCalls(h)
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/board/b1"), panel)
	page.WaitText("HT0009")
	mm := assetstest.Eval[float64](page, `(() => {
		const px = parseFloat(getComputedStyle(document.querySelector(".list .at")).fontSize);
		return 0.714 * px / parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--mm"));
	})()`)
	assert.InDelta(t, 58.9, mm, 0.5, "capitals in a row of a 55-inch panel, as large as they get for a seat at 12 m")
}

func TestFreshCallsBlinkAndOldOnesDoNot(t *testing.T) {
	h := newHall(t, small)
	busy(h)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel, assetstest.Held)
	page.Wait(`document.querySelector(".panel .number")`)
	assert.False(t, assetstest.Eval[bool](page, `!!document.querySelector(".fresh")`), "a board that is turned on shows the past and does not blink")
	h.do(queue.Finish{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q1"})
	number := h.number("q1")
	page.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + number + `"`)
	page.Check("board-fresh", false, 0)
	assert.Equal(t, "1s 5 step", assetstest.Eval[string](page, `(() => { const s = getComputedStyle(document.querySelector(".fresh")); return [s.animationDuration, s.animationIterationCount, s.animationName].join(" "); })()`))

	page.Pass(5 * time.Second)
	page.Wait(`!document.querySelector(".fresh")`)

	// Two at once: both are in the list at once, the panel shows them in turn.
	h.do(queue.Finish{Counter: "q1"})
	h.do(queue.Finish{Counter: "q2"})
	h.do(queue.CallNext{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q2"})
	one, two := h.number("q1"), h.number("q2")
	page.Wait(fmt.Sprintf(`["%s","%s"].every((n) => document.querySelector(".list").textContent.includes(n))`, one, two))
	page.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + one + `"`)
	page.Pass(5 * time.Second)
	page.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + two + `"`)

	// Taken back: it is gone from the wall at once.
	h.do(queue.Undo{Counter: "q2"})
	page.Wait(`!document.querySelector(".panel").textContent.includes("` + two + `") && !document.querySelector(".list").textContent.includes("` + two + `")`)
	page.Wait(`!document.querySelector(".fresh")`)

	h.do(queue.CallNext{Counter: "q2"})
	page.Wait(`document.querySelector(".fresh")`)
	page.ReducedMotion()
	assert.Equal(t, "none", assetstest.Eval[string](page, `getComputedStyle(document.querySelector(".fresh")).animationName`), "a frame only")
}

func (h *hall) number(q queue.CounterID) string {
	v := h.book.View()
	c, _ := v.Hall.Counter(q)
	t, ok := v.Hall.Ticket(c.Ticket)
	if !ok {
		h.t.Fatalf("nobody is at %s", q)
	}
	return t.Number
}

func TestOfflineBandAndBack(t *testing.T) {
	h := newHall(t, small)
	busy(h)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel)
	page.WaitText(h.number("q1"))
	page.Errors()
	h.halt()
	page.WaitText("Bảng số tạm dừng")
	page.WaitText("lúc ")
	page.Settle()
	page.Shot("board-offline")
	assert.Empty(t, page.Spill(false))
	assert.Empty(t, page.Axe())
	h.start()
	page.Wait(`!document.querySelector(".offline")`)
	assert.False(t, assetstest.Eval[bool](page, `!!document.querySelector(".fresh")`), "nothing old moves after a restart")
	h.do(queue.Finish{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q1"})
	page.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + h.number("q1") + `"`)
}

// A server that is off at three in the morning must not cost the board its page.
func TestTheNightlyReloadWaitsForTheServer(t *testing.T) {
	h := newHall(t, small)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel, `
		const real = { every: setInterval, now: Date.now };
		window.minutely = [];
		window.late = 0;
		window.setInterval = (fn, ms) => (ms === 60000 ? minutely.push(fn) : real.every.call(window, fn, ms));
		Date.now = () => real.now() + late;
		Date.prototype.getHours = () => 3;
		window.night = async () => { late = 3 * 3600000; await Promise.all(minutely.map((fn) => fn())); return true; };`)
	page.WaitText("Mời ông/bà lấy số")
	assetstest.Eval[bool](page, `window.same = true`)
	h.halt()
	page.WaitText("Bảng số tạm dừng")
	assert.Equal(t, 1, assetstest.Eval[int](page, `minutely.length`))
	assetstest.Eval[bool](page, `night()`)
	h.start()
	page.Wait(`!document.querySelector(".offline")`)
	assert.True(t, assetstest.Eval[bool](page, `window.same === true`), "it is the page of before")
	assetstest.Eval[bool](page, `setTimeout(night), true`)
	page.Wait(`window.same === undefined && document.querySelector("main.board")`)
}

func TestAZoneShowsItsOwn(t *testing.T) {
	h := newHall(t, wide)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.do(queue.OpenCounter{Counter: "q11"})
	h.issue("civil", 2)
	h.issue("land", 2)
	b := assetstest.Start(t)
	both, mine := b.Open(t, h.url("/board/b1"), panel), b.Open(t, h.url("/board/bb"), panel, assetstest.Held)
	both.WaitText("Mời ông/bà lấy số")
	mine.WaitText("Mời ông/bà lấy số")
	h.do(queue.CallNext{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q11"})
	both.Wait(`document.querySelectorAll(".list li").length === 2`)
	mine.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + h.number("q11") + `"`)
	assert.NotContains(t, mine.Text(), h.number("q1"))
	both.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + h.number("q11") + `"`)
	both.Check("board-zones", false, 0)
}

// Thousands of updates leave the page as small as it was. BenchmarkBoardHeap does
// the same for 100,000 calls.
func TestHeapStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a soak")
	}
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 40)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel)
	page.WaitText("đang chờ")
	updates := func(n int) {
		for range n / 2 {
			h.do(queue.CallNext{Counter: "q1"})
			h.do(queue.Undo{Counter: "q1"})
		}
		h.issue("civil", 1) // the page has come so far when it counts one more
		page.WaitText(fmt.Sprintf("%d người đang chờ", len(h.book.View().Hall.Waiting("civil"))))
	}
	updates(2000)
	before := page.Objects()
	updates(3000)
	after := page.Objects()
	t.Logf("objects of the page: %d -> %d bytes", before, after)
	assert.Less(t, after, before+10_000, "four bytes kept with each update would show")
}

// A clock in doubt: the board shows no time and does not say that the hall is shut.
func TestABoardWithAClockInDoubt(t *testing.T) {
	h := newHall(t, strings.Replace(small, "00:00-24:00", "00:00-00:01", 1))
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/board/b1"), panel)
	page.WaitText("Ngoài giờ làm việc")
	page.Wait(`document.querySelector("time")`)
	h.skew.Store(int64(3 * time.Hour))
	page.Wait(`!document.querySelector("time")`)
	page.WaitText("Mời ông/bà lấy số")
	busy(h)
	page.Wait(`document.querySelectorAll(".list li").length >= 3`)
	assert.NotRegexp(t, `\d:\d\d`, page.Text())
	page.Check("board-clock-in-doubt", false, 0)
	h.halt()
	page.WaitText("Bảng số tạm dừng")
	assert.NotRegexp(t, `\d:\d\d`, page.Text(), "nor when each was called")
}

// A day that somebody closes before its hours are over is closed on the boards.
func TestADayClosedByHandIsClosedOnTheBoards(t *testing.T) {
	h := newHallWith(t, office, "", at(9))
	h.issue("civil", 2)
	b := assetstest.Start(t)
	pages := []*assetstest.Tab{b.Open(t, h.url("/board/b1"), panel, still), b.Open(t, h.url("/board/b1/lite"), panel)}
	say := func(text string) {
		t.Helper()
		for _, page := range pages {
			page.WaitText(text)
		}
	}
	say("Mời ông/bà lấy số")
	h.do(queue.CloseDay{})
	say("Ngoài giờ làm việc")
	say("Làm việc lại từ 7 giờ 30")
	h.do(queue.OpenDay{})
	say("Mời ông/bà lấy số")
}
