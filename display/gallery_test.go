package display_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

// view is one state of the board: how a hall comes into it, and what the page
// shows then.
type view struct {
	name, toml string
	at         time.Time // of the hall; zero: now
	board      string
	do         func(h *hall)
	wait       string
	script     string // before the page's own
}

// lettered is a hall with as many series as there are letters.
var lettered = func() string {
	s := strings.Split(small, "[[service]]")[0]
	for i := range 8 {
		s += fmt.Sprintf("[[service]]\nid = \"s%d\"\nname = { vi = \"Lĩnh vực %d\", en = \"Field %d\" }\n", i, i, i)
	}
	return s + `[[counter]]
id = "q1"
number = "1"
zone = "a"
services = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"]
[[board]]
id = "b1"
[calendar]
weekdays = "mon-sun"
hours = ["mon-sun 00:00-24:00"]
`
}()

var office = strings.Replace(small, `"mon-sun 00:00-24:00"`, `"mon-sun 07:30-11:30", "mon-sun 13:30-17:00"`, 1)

func at(hour int) time.Time {
	return time.Date(2026, 11, 23, hour, 15, 0, 0, time.FixedZone("", 7*3600))
}

// still keeps a page from fetching a voice that nobody hears here.
const still = `{ const ask = fetch; window.fetch = (path, options) => /^\/(api\/v1\/)?voice/.test(path) ? new Promise(() => {}) : ask(path, options); }`

const deaf = `Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });`

var views = []view{
	{name: "empty", toml: wide, do: func(*hall) {}, wait: `.rest`},
	{name: "busy", toml: wide, do: busy, wait: `.list li:nth-child(6)`},
	{name: "one-zone", toml: small, do: busy, wait: `.fair`},
	{name: "its-zone", toml: wide, board: "bb", do: func(h *hall) {
		h.do(queue.OpenCounter{Counter: "q11"})
		h.issue("land", 3)
		h.do(queue.CallNext{Counter: "q11"})
	}, wait: `.list li`},
	{name: "long", toml: long, do: longCalls, wait: `.list li:nth-child(2)`},
	{name: "lettered", toml: lettered, do: func(h *hall) {
		h.do(queue.OpenCounter{Counter: "q1"})
		for i := range 8 {
			h.issue(queue.ServiceID(fmt.Sprintf("s%d", i)), 13)
		}
		h.do(queue.CallNext{Counter: "q1"})
	}, wait: `.lines .num:nth-child(8)`},
	{name: "again", toml: small, do: func(h *hall) {
		busy(h)
		h.do(queue.Recall{Counter: "q1"})
	}, wait: `.again`},
	{name: "result", toml: small, do: func(h *hall) {
		busy(h)
		h.do(queue.Finish{Counter: "q1"})
		h.do(queue.ResultCall{Counter: "q1", Target: queue.Target{Number: "A002"}})
	}, wait: `.panel .number`},
	{name: "lunch", toml: office, at: at(12), do: func(*hall) {}, wait: `.back`},
	{name: "closed", toml: office, at: at(19), do: func(*hall) {}, wait: `.back`},
	{name: "deaf", toml: small, do: busy, wait: `.offline`, script: deaf},
	{name: "offline", toml: small, do: busy, wait: `.list li:nth-child(6)`},
}

// TestGallery looks at every state in both languages on an upright panel, on a
// lying one and on a fine one: nothing cut off, covered or off the screen, and
// nothing for axe to say. With SHOTS set it leaves pictures to look at. The
// emergency, the notices and the board of old televisions have tests of their own.
func TestGallery(t *testing.T) {
	b := assetstest.Start(t)
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			h := newHallWith(t, v.toml, "", v.at)
			v.do(h)
			if v.board == "" {
				v.board = "b1"
			}
			var pages []*assetstest.Tab
			for _, lang := range []string{"vi", "en"} {
				page := b.Open(t, h.url("/board/"+v.board+"?lang="+lang), panel, still+v.script)
				page.Wait(`document.documentElement.lang === "` + lang + `" && document.querySelector("` + v.wait + `") && document.querySelector("small")`)
				pages = append(pages, page)
			}
			if v.name == "offline" {
				h.halt()
				for _, page := range pages {
					page.Excuse("ERR_")
					page.Wait(`document.querySelector(".offline")`)
				}
			}
			for i, page := range pages {
				for _, size := range []assetstest.Size{panel, upright, fine}[:3-i] { // a fine panel is the lying one, larger
					page.Resize(size)
					page.Layout(fmt.Sprintf("board-%s-%s-%s", v.name, []string{"vi", "en"}[i], size), false, 0)
				}
			}
			pages[0].Check("board-"+v.name, false, 0)
			if v.name == "offline" {
				h.start()
			}
		})
	}
}
