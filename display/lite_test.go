package display_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api" // reads JavaScript, and knows which year each of its forms is of
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/queue"
)

// isES5 holds a script to the language of 2009: what a transformation to it
// would change, or refuses, is of later.
func isES5(t *testing.T, script string) error {
	t.Helper()
	as := func(target api.Target) (string, error) {
		r := api.Transform(script, api.TransformOptions{Loader: api.LoaderJS, Target: target, MinifyWhitespace: true})
		if len(r.Errors) > 0 {
			return "", fmt.Errorf("%s", r.Errors[0].Text)
		}
		return string(r.Code), nil
	}
	now, err := as(api.ESNext)
	require.NoError(t, err)
	then, err := as(api.ES5)
	if err == nil && now != then {
		err = fmt.Errorf("is written otherwise in ES5: %s", then)
	}
	return err
}

func TestScriptsOfOldBrowsersAreES5(t *testing.T) {
	for _, file := range []string{"lite.js", "old.js"} {
		b, err := os.ReadFile("../assets/web/board/" + file)
		require.NoError(t, err)
		assert.NoError(t, isES5(t, string(b)), file)
		assert.Less(t, len(b), 5<<10, file)
		for _, later := range []string{"fetch", "Promise", "Object.assign", ".includes(", ".closest(", ".remove(", ".append(", "URLSearchParams"} {
			assert.False(t, strings.Contains(string(b), later), "%s: %s", file, later)
		}
	}
	for _, later := range []string{"let a = 1", "var f = () => 1", "var s = `a`", "var o = {a, b: 1}", "f(...a)", "class A {}", "a?.b", "for (var x of y) {}", "async function f() {}"} {
		assert.Error(t, isES5(t, later), "the check finds it: %s", later)
	}
	css, err := os.ReadFile("../assets/web/board/lite.css")
	require.NoError(t, err)
	for _, later := range []string{"var(", "min(", "max(", "clamp(", "grid-", "gap:", "inset", ":is(", ":where(", "aspect-ratio", "text-wrap", "clip-path", " rotate:"} {
		assert.False(t, strings.Contains(string(css), later), "unknown to a television of 2017: %s", later)
	}
}

// old takes from a browser what one of 2017 does not have.
const old = `
	for (const name of ["fetch", "WebSocket", "URLSearchParams", "ResizeObserver", "AudioContext", "IntersectionObserver"]) delete window[name];
	delete Array.prototype.at; delete Array.prototype.flat; delete Array.from; delete Object.assign; delete Object.entries; delete String.prototype.padStart;
`

func TestLiteShowsCallsInAnOldBrowser(t *testing.T) {
	h := newHall(t, wide)
	busy(h)
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/board/b1"), panel, old)
	page.Wait(`location.pathname === "/board/b1/lite"`) // the page of today has sent it there
	page.WaitText(h.number("q1"))
	h.do(queue.Finish{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q1"})
	number := h.number("q1")
	page.Wait(`document.querySelector(".panel.fresh .number")?.textContent === "` + number + `"`)
	page.Wait(`document.querySelector(".row b")?.textContent === "` + number + `"`)
	h.do(queue.Recall{Counter: "q1"})
	page.WaitText("Gọi lần 2")

	// The server goes and comes back: the page says so, and heals.
	page.Errors()
	page.Excuse("ERR_CONNECTION")
	h.halt()
	page.Wait(`getComputedStyle(document.getElementById("lost")).display === "block"`)
	page.Settle()
	page.Shot("lite-offline")
	assert.Empty(t, page.Spill(false))
	assert.Contains(t, page.Text(), "lúc ")
	h.start()
	page.Wait(`getComputedStyle(document.getElementById("lost")).display === "none"`)
	h.do(queue.Finish{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q1"})
	page.WaitText(h.number("q1"))

	require.Equal(t, 200, h.post("/api/v1/emergency", `{"text":{"vi":"Có cháy. Mời mọi người bình tĩnh rời toà nhà theo lối thoát hiểm gần nhất.","en":"Fire. Please leave the building."}}`))
	page.WaitText("Có cháy")
	page.Layout("lite-emergency", false, 0)
	require.Equal(t, 200, h.post("/api/v1/emergency/end", `{}`))
	page.WaitText(h.number("q1"))
}

func TestEveryPictureOfLite(t *testing.T) {
	h, l := newHall(t, wide), newHall(t, long)
	closed := newHall(t, strings.Replace(small, "00:00-24:00", "00:00-00:01", 1))
	busy(h)
	longCalls(l)
	b := assetstest.Start(t)
	for name, page := range map[string]*assetstest.Tab{
		"busy-vi":   b.Open(t, h.url("/board/b1/lite"), panel),
		"busy-en":   b.Open(t, h.url("/board/b1/lite?lang=en"), panel),
		"long-vi":   b.Open(t, l.url("/board/b1/lite"), panel),
		"long-en":   b.Open(t, l.url("/board/b1/lite?lang=en"), panel),
		"closed-vi": b.Open(t, closed.url("/board/b1/lite"), panel),
	} {
		for _, size := range []assetstest.Size{panel, upright, {W: 1280, H: 720}, fine} {
			page.Resize(size)
			page.Layout(fmt.Sprintf("lite-%s-%s", name, size), false, 0)
		}
		page.Check("lite-"+name, false, 0)
		// Where to go: the arrow turned as on the board of today, and the floor.
		switch name {
		case "busy-vi":
			assert.Equal(t, []string{"bên trái", "bên trái", "bên trái"}, way(page)[:3])
			assert.Equal(t, "rotate(180 12 12)", assetstest.Eval[string](page, `document.querySelector(".panel .arrow path").getAttribute("transform")`))
			assert.Contains(t, page.Text(), "Khu A, tầng một")
		case "long-en":
			assert.Equal(t, []string{"straight ahead", "straight ahead", "to the right"}, way(page))
		}
	}
}

// way is where the arrows of a page point to, in words.
func way(page *assetstest.Tab) []string {
	return assetstest.Eval[[]string](page, `[...document.querySelectorAll(".arrow")].map((a) => a.getAttribute("aria-label"))`)
}

// The answer waits for a change, is let go when the house stops, and stands for
// what it shows.
func TestLitePollWaits(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 2)
	type now struct {
		Seen, HTML string
		Rest       bool
	}
	ask := func(seen string) (n now) {
		resp, err := http.Get(h.url("/board/b1/lite/now?seen=" + seen))
		if !assert.NoError(t, err) {
			return n
		}
		defer resp.Body.Close()
		assert.Equal(t, 200, resp.StatusCode)
		assert.NoError(t, json.NewDecoder(resp.Body).Decode(&n))
		return n
	}
	first := ask("")
	assert.NotContains(t, first.HTML, `class="number "`)
	answered := make(chan now)
	go func() { answered <- ask(first.Seen) }()
	select {
	case n := <-answered:
		// The minute may have turned meanwhile; anything else is wrong.
		require.NotEqual(t, first.HTML, n.HTML, "answered although nothing changed")
		go func() { answered <- ask(n.Seen) }()
	case <-time.After(300 * time.Millisecond):
	}
	h.do(queue.CallNext{Counter: "q1"})
	second := <-answered
	assert.Contains(t, second.HTML, `<p class="number ">A001</p>`)
	// Two at most are asked: the minute may turn.
	go func() { answered <- ask(ask(second.Seen).Seen) }()
	h.room.LetGo()
	select {
	case <-answered:
	case <-time.After(5 * time.Second):
		t.Error("the house waits for its televisions when it stops")
	}
	resp, err := http.Get(h.url("/board/nobody/lite"))
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, 404, resp.StatusCode)
}
