package display_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// tapRoute serves the worklet that listens to what a page plays.
var tapRoute = door.Route{Method: "GET", Pattern: "/test/tap.js", Kind: door.KindAsset, Who: door.Anyone,
	Handle: func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/javascript")
		_, err := w.Write([]byte(`registerProcessor("tap", class extends AudioWorkletProcessor {
			process([[x]]) {
				if (x) this.port.postMessage({ frame: currentFrame, x: x.slice() });
				return true;
			}
		});`))
		return err
	}}

// tap puts the worklet beside the output, and keeps what it hears.
const tap = `(() => {
	window.tape = [];
	const connect = AudioNode.prototype.connect;
	window.AudioContext = class extends AudioContext {
		constructor() {
			super();
			window.context = this;
			this.audioWorklet.addModule("/test/tap.js").then(() => {
				const node = new AudioWorkletNode(this, "tap", { channelCount: 1, channelCountMode: "explicit" });
				node.port.onmessage = (e) => window.tape.push(e.data);
				connect.call(node, this.destination);
				window.tap = node;
			});
		}
	};
	AudioNode.prototype.connect = function (to, ...rest) {
		if (window.context && to === window.context.destination && window.tap) connect.call(this, window.tap);
		return connect.call(this, to, ...rest);
	};
})()`

// compare says of each clip that was started which of all clips lies in the
// tape at its time, and how many samples beside it.
const compare = `(async () => {
	const { load } = await import("/web/board/voice.js");
	const rate = context.sampleRate, delay = Math.round(0.006 * rate);
	const first = tape[0].frame;
	const wave = new Float32Array(tape.at(-1).frame + 128 - first);
	for (const { frame, x } of tape) wave.set(x, frame - first);
	const alike = (from, clip) => {
		let xy = 0, xx = 0, yy = 0;
		for (let i = 0; i < clip.length; i += 2) {
			const x = wave[from + i] ?? 0, y = clip[i];
			xy += x * y; xx += x * x; yy += y * y;
		}
		return xy / Math.sqrt(xx * yy + 1e-12);
	};
	const clips = [...await load(context)].map(([name, b]) => ({ name, data: b.getChannelData(0) }));
	const wanted = window.sent.flatMap((m) => m.type === "started" ? [m.id] : []);
	return { ids: wanted, rate, places: window.starts.map(({ when, data }) => {
		const from = Math.round(when * rate) + delay - first;
		const own = clips.find((c) => c.data.length === data.length && c.data.every((v, i) => v === data[i]));
		let lag = 0, score = -1;
		for (let d = -40; d <= 40; d++) {
			const s = alike(from + d, data);
			if (s > score) { score = s; lag = d; }
		}
		const best = clips.map((c) => ({ name: c.name, score: alike(from + lag, c.data) })).sort((a, b) => b.score - a.score)[0];
		return { want: own?.name ?? "", got: best.name, score, lag };
	}) };
})()`

// What comes out of a running page is what was to be said: two calls at once,
// one after the other, every clip at its time.
func TestWhatComesOutOfThePage(t *testing.T) {
	t.Parallel() // it mostly waits for speech
	h := newHall(t, small)
	for _, q := range []queue.CounterID{"q1", "q2"} {
		h.do(queue.OpenCounter{Counter: q})
	}
	h.issue("civil", 2)
	// Only a secure context has worklets: the page itself needs none.
	address := strings.Replace(h.url("/board/b1"), "127.0.0.1", "localhost", 1)
	page := assetstest.Start(t).Open(t, address, panel, spy, tap)
	page.Wait(canBeHeard + " && window.tap")
	h.do(queue.CallNext{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q2"})
	for n := 1; n <= 2; n++ {
		page.Wait(fmt.Sprintf(`window.sent.filter((m) => m.type === "started").length >= %d`, n))
		time.Sleep(half)
		page.Wait(fmt.Sprintf(`window.sent.filter((m) => m.type === "finished").length >= %d`, n))
	}
	heard := assetstest.Eval[struct {
		IDs    []string
		Rate   float64
		Places []struct {
			Want, Got string
			Score     float64
			Lag       int
		}
	}](page, compare)
	require.Len(t, heard.IDs, 2)
	assert.NotEqual(t, heard.IDs[0], heard.IDs[1])
	require.Len(t, heard.Places, 32)
	least, lags := 1.0, map[int]int{}
	for _, p := range heard.Places {
		assert.Equal(t, p.Want, p.Got)
		assert.Greater(t, p.Score, 0.95, p.Want)
		assert.InDelta(t, 0, p.Lag, 5, p.Want)
		least = min(least, p.Score)
		lags[p.Lag]++
	}
	t.Logf("%d clips at %v Hz, all alike by at least %.3f, samples beside their time: %v", len(heard.Places), heard.Rate, least, lags)
}
