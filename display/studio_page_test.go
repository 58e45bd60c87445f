package display_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
	sounds "xinmoi/assets/voice"
	"xinmoi/display/voice"
	"xinmoi/store/queue"
)

var laptop = assetstest.Size{W: 1366, H: 768}

// readAloud is the script read by the shipped voice, as a phone would record it.
func (h *hall) readAloud(rate int) (recording []byte, names []string) {
	h.t.Helper()
	shipped, err := voice.ReadPacks(sounds.Packs)
	require.NoError(h.t, err)
	random := rand.New(rand.NewPCG(5, 5))
	out := make([]float64, voice.Rate/2)
	for _, l := range h.pack("vi").Lines {
		if !l.Needed {
			continue
		}
		b, err := shipped["vi"].WAV(l.Name)
		require.NoError(h.t, err)
		s, err := voice.ReadWAV(b)
		require.NoError(h.t, err)
		names = append(names, l.Name)
		out = append(out, s.Samples...)
		out = append(out, make([]float64, (900+random.IntN(200))*voice.Rate/1000)...)
	}
	for i := range out {
		out[i] = 0.4*out[i] + 0.0015*random.NormFloat64()
	}
	return voice.Sound{Rate: rate, Samples: out}.WAV(), names
}

// likeness is the correlation of two sounds where it is best, within 60 ms.
func likeness(a, b voice.Sound) float64 {
	best := 0.0
	for shift := -1440; shift <= 1440; shift++ {
		var xy, xx, yy float64
		for i := 0; i < len(b.Samples); i += 3 {
			y := b.Samples[i]
			yy += y * y
			if k := i + shift; k >= 0 && k < len(a.Samples) {
				x := a.Samples[k]
				xy, xx = xy+x*y, xx+x*x
			}
		}
		best = max(best, xy/math.Sqrt(xx*yy+1e-12))
	}
	return best
}

// A recording made on a phone, in each format that phones make, becomes the voice
// of the house: cut, matched, looked through and kept in the page. The page is no
// secure context.
func TestAPhonesRecordingBecomesAVoice(t *testing.T) {
	h := newHall(t, small)
	b := assetstest.Start(t)
	dir := t.TempDir()
	recording, names := h.readAloud(voice.Rate)
	file := filepath.Join(dir, "phone.wav")
	require.NoError(t, os.WriteFile(file, recording, 0o600))
	files := []string{file}
	if ffmpeg, err := exec.LookPath("ffmpeg"); err == nil {
		for _, ext := range []string{".m4a", ".mp3"} {
			out := filepath.Join(dir, "phone"+ext)
			said, err := exec.Command(ffmpeg, "-v", "error", "-i", file, "-b:a", "96k", out).CombinedOutput()
			require.NoError(t, err, string(said))
			files = append(files, out)
		}
	} else {
		t.Log("without ffmpeg only WAV is tried")
	}
	page := b.Open(t, h.url("/studio"), laptop)
	page.WaitText("Ghi một lần cho cả kịch bản")
	page.WaitText("ngay trên máy chủ")
	page.Check("studio-begin-vi", assetstest.Scrolls, 0)
	_, sheets := page.PDF()
	assert.Equal(t, 1, sheets, "the script on one sheet")

	shipped, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	for _, file := range files {
		page.Upload("#take-file", file)
		page.Wait(`document.querySelector(".look")`)
		if file == files[0] {
			page.Check("studio-look-vi", assetstest.Scrolls, 0)
		}
		assert.Equal(t, len(names), assetstest.Eval[int](page, `document.querySelectorAll(".look tbody tr").length`))
		page.Click(`document.querySelector("#keep")`)
		page.Wait(`/Đã giữ \d+ đoạn/.test(document.querySelector(".state").textContent)`)
		p := h.pack("vi")
		require.Equal(t, p.Needed, p.Recorded, file)
		least := 1.0
		for i, name := range names {
			s := h.clipOf("vi/" + name)
			assert.InDelta(t, voice.Target, s.LUFS(), 1.5, "%s of %s", name, file)
			assert.LessOrEqual(t, s.TruePeak(), voice.Ceiling, "%s of %s", name, file)
			if i%11 != 1 { // the other ones are of the same making
				continue
			}
			raw, err := shipped["vi"].WAV(name)
			require.NoError(t, err)
			was, err := voice.ReadWAV(raw)
			require.NoError(t, err)
			want, err := voice.Master(was)
			require.NoError(t, err)
			alike := likeness(s, want)
			assert.Greater(t, alike, 0.9, "%s of %s", name, file)
			least = min(least, alike)
		}
		t.Logf("%s: %d clips, correlation with what was read at least %.3f", filepath.Ext(file), len(names), least)
	}
	page.Layout("studio-recorded-vi", assetstest.Scrolls, 0)

	// Slips are mended by hand: a stretch can be no line, joined, moved.
	page.Upload("#take-file", files[0])
	page.Wait(`document.querySelector(".look")`)
	page.Click(`document.querySelectorAll(".look tbody tr")[3].querySelector('[aria-label*="tiến một dòng"]')`)
	page.Wait(`document.querySelector(".look .notice.warn")`)
	page.WaitText("Chưa có:")
	page.Layout("studio-mend-vi", assetstest.Scrolls, 0)
	page.Click(`document.querySelectorAll(".look tbody tr")[2].querySelectorAll(".tools button")[2]`)
	page.Wait(`document.querySelectorAll(".look tbody tr").length === ` + strconv.Itoa(len(names)-1))

	page.Upload("#zip-file", files[0])
	page.WaitText("Tệp này không phải tệp zip")
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("no sound"), 0o600))
	page.Upload("#take-file", text)
	page.WaitText("Trình duyệt không đọc được tệp này")
	assert.Contains(t, strings.Join(page.Errors(), " "), "422", "the browser notes what was refused")
	zipped := filepath.Join(dir, "voice.zip")
	require.NoError(t, os.WriteFile(zipped, h.get("/api/v1/voice/packs/vi/zip"), 0o600))
	page.Upload("#zip-file", zipped)
	page.WaitText("Đã nhập “Giọng thu tại trung tâm”")

	en := b.Open(t, h.url("/studio?lang=en&voice=tyz"), laptop)
	en.WaitText("What is said in Tày")
	en.Check("studio-tay-en", assetstest.Scrolls, 0)
	en = b.Open(t, h.url("/studio?lang=en"), laptop)
	en.WaitText("Recorded")
	en.Layout("studio-recorded-en", assetstest.Scrolls, 0)
	en.Click(`document.querySelector(".button.danger")`)
	en.Wait(`document.querySelector("dialog[open]")`)
	en.Check("studio-remove-en", assetstest.Scrolls, 0)
	en.Click(`document.querySelector("dialog .danger")`)
	en.Wait(`!document.body.textContent.includes("Remove this voice")`)
	assert.False(t, h.pack("vi").Own)
}

// On the server itself, a secure context, a line is recorded with the microphone:
// Chromium's own, that hears a file.
func TestALineByMicrophone(t *testing.T) {
	h := newHall(t, small)
	file := filepath.Join(t.TempDir(), "said.wav")
	said := speaker(t, "seven.end", 0.001)
	require.NoError(t, os.WriteFile(file, voice.Sound{Rate: voice.Rate, Samples: said}.WAV(), 0o600))
	b := assetstest.Start(t, "use-fake-ui-for-media-stream", "use-fake-device-for-media-stream", "use-file-for-fake-audio-capture="+file)
	page := b.Open(t, strings.Replace(h.url("/studio"), "127.0.0.1", "localhost", 1), laptop)
	const row = `[...document.querySelectorAll("tbody tr")].find((r) => r.querySelector("th")?.textContent === "bảy.")`
	page.Wait(row)
	press := func() { page.Click(row + `.querySelectorAll(".tools button")[1]`) }
	press()
	page.Wait(row + `.querySelector("meter")`)
	press() // a double tap
	page.WaitText("Bản ghi quá ngắn")
	assert.Empty(t, page.Errors())
	const kept, refused = row + `.textContent.includes("Đã ghi")`, `document.querySelector("[role=alert]")?.textContent.includes("Hãy ghi lại")`
	for try := 1; ; try++ { // a machine that is short of time hears pieces; people try again
		press()
		page.Wait(row + `.querySelector("meter")`)
		page.Wait(row + `.querySelector("meter").value > 0.1`)
		page.Wait(`new Promise((done) => setTimeout(() => done(true), 2500))`)
		press()
		page.Wait(kept + "||" + refused)
		errors := page.Errors()
		if assetstest.Eval[bool](page, kept) {
			require.Empty(t, errors)
			break
		}
		require.Less(t, try, 5, "%v", errors)
		t.Logf("recorded again: %v", errors)
	}
	s := h.clipOf("vi/bary.end")
	assert.InDelta(t, voice.Target, s.LUFS(), 1.5)
	assert.LessOrEqual(t, s.TruePeak(), voice.Ceiling)
}

// A board that is open speaks with a new recording without being loaded anew.
func TestAnOpenBoardFetchesWhatWasRecorded(t *testing.T) {
	h := newHall(t, small)
	page := assetstest.Start(t).Open(t, h.url("/board/b1"), panel, spy)
	page.Wait(canBeHeard)
	const fetched = `performance.getEntriesByType("resource").filter((e) => e.name.includes("/voice/vi/")).length`
	assetstest.Eval[bool](page, `performance.setResourceTimingBufferSize(2000), true`)
	before := assetstest.Eval[int](page, fetched)
	status, b := h.ask("/api/v1/voice/packs/vi/clips/moojt.end", "", `{"wav":"`+wav64(speaker(t, "one.end", 0.001))+`"}`)
	require.Equal(t, 200, status, string(b))
	page.Wait(`performance.getEntriesByType("resource").some((e) => /moojt\.end\.wav\?/.test(e.name))`)
	assert.LessOrEqual(t, assetstest.Eval[int](page, fetched), before+1, "and nothing else")
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 1)
	h.do(queue.CallNext{Counter: "q1"})
	page.Wait(`window.starts.length > 5`)
	mine := len(h.clipOf("vi/moojt.end").Samples)
	// The page's clock may run at another rate than the clip.
	page.Wait(fmt.Sprintf(`window.starts.some((s) => Math.abs((s.end - s.when) * %d - %d) < 50)`, voice.Rate, mine))
}

// What the page says before it has anything to show is in words.
func TestTheStudioSaysThatItLoads(t *testing.T) {
	h := newHall(t, small)
	page := assetstest.Start(t).Open(t, h.url("/studio"), laptop, `
		const real = window.fetch;
		window.go = new Promise((done) => { window.answer = done; });
		window.fetch = async (at, ...more) => { if (String(at).includes("/voice/packs")) await go; return real(at, ...more); };`)
	page.WaitText("Đang tải…")
	assetstest.Eval[bool](page, `window.answer(), true`)
	page.WaitText("Ghi một lần cho cả kịch bản")
}
