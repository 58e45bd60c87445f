package display_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	sounds "xinmoi/assets/voice"
	"xinmoi/display/voice"
	"xinmoi/store/queue"
)

// render plays plans one after the other on an OfflineAudioContext, by the
// page's own code, and says of each clip's place in the wave which clip of all
// packs is most like it, and how much; second is the most like of the others.
const render = `(async (plans) => {
	const { load, schedule } = await import("/web/board/voice.js");
	const rate = 24000, delay = 144; // the limiter looks ahead by 6 ms
	const length = plans.reduce((sum, p) => sum + p.ms / 1000 + 0.5, 1);
	const ctx = new OfflineAudioContext(1, Math.ceil(length * rate), rate);
	const clips = await load(ctx);
	let t0 = 0.05;
	const places = [];
	for (const p of plans) {
		for (const c of p.cues) places.push({ want: c.clip, at: t0 + c.at / 1000 });
		t0 = schedule(ctx, clips, p.cues, t0).end + 0.3;
	}
	const wave = (await ctx.startRendering()).getChannelData(0);
	const alike = (from, clip) => {
		let xy = 0, xx = 0, yy = 0;
		for (let i = 0; i < clip.length; i++) {
			const x = wave[from + i] ?? 0, y = clip[i];
			xy += x * y; xx += x * x; yy += y * y;
		}
		return xy / Math.sqrt(xx * yy + 1e-12);
	};
	return places.map(({ want, at }) => {
		const from = Math.round(at * rate) + delay;
		const all = [...clips].map(([name, b]) => ({ name, score: alike(from, b.getChannelData(0)) })).sort((a, b) => b.score - a.score);
		return { want, got: all[0].name, score: all[0].score, second: all[1].score };
	});
})`

type match struct {
	Want, Got     string
	Score, Second float64
}

func planned(p voice.Plan) map[string]any {
	return map[string]any{"cues": p.Cues, "ms": p.Length.Milliseconds()}
}

// What is heard is what was planned: in the wave that the page makes, each clip
// lies where it should and is more like itself than any other clip is.
func TestTheWaveHasTheRightClips(t *testing.T) {
	h := newHall(t, small)
	packs, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel)
	call := func(number, sign string, langs ...string) voice.Call {
		return voice.Call{Kind: voice.First, Number: number, Sign: sign, Langs: langs}
	}
	for name, plans := range map[string][]voice.Plan{
		"single, two languages": {packs.Plan(call("A012", "5", "vi", "en"), voice.Style{}, voice.Full, false)},
		"simultaneous": {
			packs.Plan(call("B999", "21", "vi"), voice.Style{}, voice.Full, false),
			packs.Plan(call("H1047", "12", "vi", "en"), voice.Style{Natural: true}, voice.Full, true)},
		"backlog": {
			packs.Plan(call("L308", "3", "vi", "en"), voice.Style{}, voice.Short, true),
			packs.Plan(call("S456", "4", "vi"), voice.Style{}, voice.Shortest, true),
			packs.Plan(call("X127", "15", "vi"), voice.Style{}, voice.Shortest, true)},
	} {
		var arg []map[string]any
		for _, p := range plans {
			arg = append(arg, planned(p))
		}
		b, err := json.Marshal(arg)
		require.NoError(t, err)
		least, most := 1.0, 0.0
		for _, m := range assetstest.Eval[[]match](page, fmt.Sprintf("%s(%s)", render, b)) {
			assert.Equal(t, m.Want, m.Got, name)
			assert.Greater(t, m.Score, 0.95, m.Want)
			least, most = min(least, m.Score), max(most, m.Second)
		}
		t.Logf("%s: right clips at least %.3f, others at most %.3f", name, least, most)
	}
}

// spy notes what a page sends and every clip that it starts.
const spy = `(() => {
	window.sent = []; window.starts = [];
	const send = WebSocket.prototype.send;
	WebSocket.prototype.send = function (data) { window.sent.push(JSON.parse(data)); send.call(this, data); };
	const start = AudioBufferSourceNode.prototype.start;
	AudioBufferSourceNode.prototype.start = function (when) {
		window.starts.push({ when, end: when + this.buffer.duration, data: this.buffer.getChannelData(0) });
		start.call(this, when);
	};
})()`

// half is about half of what a call takes to be spoken: a page that is to come
// to its end is given this besides the patience for things that come at once.
const half = 6 * time.Second

const canBeHeard = `window.sent.some((m) => m.type === "sound" && m.state === "ready")`

// Of two open boards one speaks; when it goes away in the middle of a sentence,
// the other one says it.
func TestOneOfTwoBoardsSpeaks(t *testing.T) {
	t.Parallel() // it mostly waits for speech
	h := newHall(t, small)
	for _, q := range []queue.CounterID{"q1", "q2"} {
		h.do(queue.OpenCounter{Counter: q})
	}
	h.issue("civil", 3)
	b := assetstest.Start(t)
	one := b.Open(t, h.url("/board/b1"), panel, spy)
	one.Wait(canBeHeard)
	two := b.Open(t, h.url("/board/b1"), panel, spy)
	two.Wait(canBeHeard)

	h.do(queue.CallNext{Counter: "q1"})
	time.Sleep(half)
	one.Wait(`window.sent.some((m) => m.type === "finished")`)
	type start struct{ When, End float64 }
	starts := assetstest.Eval[[]start](one, "window.starts.map(({ when, end }) => ({ when, end }))")
	packs, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	plan := packs.Plan(voice.Call{Kind: voice.First, Number: "A001", Sign: "1", Langs: []string{"vi"}}, voice.Style{}, voice.Full, false)
	require.Len(t, starts, len(plan.Cues))
	for i, s := range starts {
		assert.InDelta(t, float64(plan.Cues[i].At)/1000, s.When-starts[0].When, 1e-6)
		if i > 0 {
			assert.GreaterOrEqual(t, s.When, starts[i-1].End, "two clips at once")
		}
	}
	assert.Equal(t, 0, assetstest.Eval[int](two, "window.starts.length"))
	h.eventually("the log has it", func() bool { return len(h.logged()) == 1 })

	h.do(queue.CallNext{Counter: "q2"})
	one.Wait(`window.sent.filter((m) => m.type === "started").length === 2`)
	time.Sleep(time.Second)
	assetstest.Eval[bool](one, `(setTimeout(() => location.replace("about:blank"), 0), true)`)
	two.Wait(fmt.Sprintf("window.starts.length === %d", len(plan.Cues)))
	time.Sleep(half)
	two.Wait(`window.sent.some((m) => m.type === "finished")`)
	h.eventually("the log has it", func() bool { return len(h.logged()) == 2 })
	assert.Equal(t, []string{"spoken", "spoken"}, h.logged())
	assert.Empty(t, two.Errors())
}

// A browser that blocks sound is told of on the board, and the picture goes on.
func TestABoardThatCannotBeHeardSaysSo(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 2)
	b := assetstest.Start(t)
	page := b.Open(t, h.url("/board/b1"), panel, `
		Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
		AudioContext.prototype.resume = () => new Promise(() => {});`)
	h.do(queue.CallNext{Counter: "q1"})
	page.WaitText("A001")
	page.WaitText("Loa chưa bật. Xin xem số trên màn hình.")
	page.Check("board-blocked", false, 0)
	heard := b.Open(t, h.url("/board/b1"), panel, spy)
	heard.Wait(canBeHeard)
	page.Wait(`!document.body.innerText.includes("Loa chưa bật")`) // another board of the zone speaks
}

// A restart in the middle of a sentence is not heard: the page goes on, and
// says that it has it when it is asked again.
func TestARestartCutsNoSentence(t *testing.T) {
	t.Parallel() // it mostly waits for speech
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 2)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel, spy)
	page.Wait(canBeHeard)
	h.do(queue.CallNext{Counter: "q1"})
	page.Wait(`window.starts.length > 0`)
	clips := assetstest.Eval[int](page, "window.starts.length")
	h.halt()
	h.start()
	time.Sleep(half)
	page.Wait(`window.sent.some((m) => m.type === "finished")`)
	h.eventually("the log has it", func() bool { return len(h.logged()) == 1 })
	time.Sleep(time.Second)
	assert.Equal(t, clips, assetstest.Eval[int](page, "window.starts.length"), "nothing is said twice")
	assert.Equal(t, []string{"spoken"}, h.logged())
}
