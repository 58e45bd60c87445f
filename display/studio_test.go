package display_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sounds "xinmoi/assets/voice"
	"xinmoi/display/voice"
	"xinmoi/store/queue"
)

type studioPack struct {
	Language, Name   string
	Own, Shipped     bool
	Recorded, Needed int
	Skipped          []string
	Words            []struct{ Key, Meaning, Text string }
	Lines            []studioLine
}

type studioLine struct {
	Name, Text  string
	End, Needed bool
	Clip        *struct {
		MS     int
		LUFS   float64
		Noise  float64 `json:"noise_db"`
		Faults []string
	}
}

func (h *hall) pack(lang string) (p studioPack) {
	h.t.Helper()
	require.NoError(h.t, json.Unmarshal(h.get("/api/v1/voice/packs/"+lang), &p))
	return p
}

// clipOf is what the house plays for a clip.
func (h *hall) clipOf(name string) voice.Sound {
	h.t.Helper()
	s, err := voice.ReadWAV(h.get("/voice/" + name + ".wav"))
	require.NoError(h.t, err)
	return s
}

// speaker is somebody at a microphone: the shipped English voice, which nobody
// takes for the Vietnamese one.
func speaker(t testing.TB, text string, noise float64) []float64 {
	all, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(3, uint64(len(text))))
	b, err := all["en"].WAV(strings.TrimSuffix(text, "."))
	require.NoError(t, err, text)
	s, err := voice.ReadWAV(b)
	require.NoError(t, err)
	out := make([]float64, len(s.Samples)+voice.Rate)
	for i := range out {
		out[i] = noise * random.NormFloat64()
		if k := i - voice.Rate/2; k >= 0 && k < len(s.Samples) {
			out[i] += 0.4 * s.Samples[k]
		}
	}
	return out
}

func wav64(samples []float64) string {
	return base64.StdEncoding.EncodeToString(voice.Sound{Rate: voice.Rate, Samples: samples}.WAV())
}

// Mastering takes a small machine longer than an answer may take otherwise: the
// answer comes all the same.
func TestMasteringIsNotCutOff(t *testing.T) {
	h := newHall(t, small)
	id := h.upload(voice.Sound{Rate: voice.Rate, Samples: speaker(t, "seven.end", 0.001)}.WAV())
	impatient := httptest.NewUnstartedServer(h.handler)
	impatient.Config.WriteTimeout = time.Millisecond
	impatient.Start()
	defer impatient.Close()
	for _, call := range [][2]string{
		{"cut", fmt.Sprintf(`{"upload":%q,"lines":["bary.end"]}`, id)},
		{"keep", fmt.Sprintf(`{"upload":%q,"parts":[{"name":"bary.end","from_ms":300,"to_ms":1200}]}`, id)},
	} {
		path, body := call[0], call[1]
		resp, err := http.Post(impatient.URL+"/api/v1/voice/packs/vi/"+path, "application/json", strings.NewReader(body))
		if assert.NoError(t, err, path) {
			resp.Body.Close()
			assert.Equal(t, http.StatusOK, resp.StatusCode, path)
		}
	}
}

// upload sends a file in pieces, one of them twice.
func (h *hall) upload(b []byte) string {
	h.t.Helper()
	status, answer := h.ask("/api/v1/voice/uploads", "", "{}")
	require.Equal(h.t, 201, status, string(answer))
	var begun struct{ ID string }
	require.NoError(h.t, json.Unmarshal(answer, &begun))
	for at := 0; at < len(b); at += 300_000 {
		piece := fmt.Sprintf(`{"at":%d,"data":%q}`, at, base64.StdEncoding.EncodeToString(b[at:min(at+300_000, len(b))]))
		for range 1 + at%2 {
			status, answer = h.ask("/api/v1/voice/uploads/"+begun.ID, "", piece)
			require.Equal(h.t, 200, status, string(answer))
		}
	}
	return begun.ID
}

// One line recorded anew is spoken from the next call on, by the boards that are
// open; all else is still the shipped voice.
func TestALineIsRecorded(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	before := h.pack("vi")
	assert.Equal(t, "Giọng máy tạm", before.Name)
	assert.False(t, before.Own)
	assert.Equal(t, 0, before.Recorded)
	assert.Greater(t, before.Needed, 30)
	assert.Less(t, before.Needed, 60, "one sheet of A4")
	var texts []string
	for _, l := range before.Lines {
		if l.Needed {
			texts = append(texts, l.Text)
		}
	}
	assert.Contains(t, texts, "Xin mời công dân có số thứ tự")
	assert.NotContains(t, texts, "Xin mời khách hàng có số thứ tự")
	assert.NotContains(t, texts, "ích-xì", "a letter that no number here has")

	machine := h.clipOf("vi/hai.end")
	status, b := h.ask("/api/v1/voice/packs/vi/clips/hai.end", "", `{"wav":"`+wav64(speaker(t, "two.end", 0.002))+`"}`)
	require.Equal(t, 200, status, string(b))
	var line studioLine
	require.NoError(t, json.Unmarshal(b, &line))
	require.NotNil(t, line.Clip)
	assert.InDelta(t, voice.Target, line.Clip.LUFS, 1.5)
	assert.Empty(t, line.Clip.Faults)
	mine := h.clipOf("vi/hai.end")
	assert.NotEqual(t, machine.Samples, mine.Samples)
	assert.InDelta(t, voice.Target, mine.LUFS(), 1.5)
	assert.LessOrEqual(t, mine.TruePeak(), voice.Ceiling)
	assert.LessOrEqual(t, mine.LeadMS(), 20.0)
	assert.Equal(t, 1, h.pack("vi").Recorded)

	h.halt()
	h.start()
	assert.Equal(t, mine.Samples, h.clipOf("vi/hai.end").Samples, "over a restart")
	h.issue("civil", 1)
	one := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	m := one.play(5e9)
	assert.Contains(t, m.Text, "không không một")

	for body, code := range map[string]string{
		`{"wav":"` + base64.StdEncoding.EncodeToString([]byte("ID3 this is an MP3")) + `"}`: "bad_sound",
		`{"wav":"` + wav64(make([]float64, voice.Rate)) + `"}`:                              "no_speech",
		`{}`: "bad_sound",
	} {
		status, b = h.ask("/api/v1/voice/packs/vi/clips/hai.end", "", body)
		assert.Equal(t, 422, status)
		assert.Contains(t, string(b), code)
	}
	status, _ = h.ask("/api/v1/voice/packs/vi/clips/nobody-says-this", "", `{"wav":"`+wav64(speaker(t, "two.end", 0))+`"}`)
	assert.Equal(t, 422, status)
	assert.Equal(t, mine.Samples, h.clipOf("vi/hai.end").Samples, "what was refused changed nothing")

	status, _ = h.ask("/api/v1/voice/packs/vi/remove", "", `{}`)
	assert.Equal(t, 200, status)
	assert.Equal(t, machine.Samples, h.clipOf("vi/hai.end").Samples)
}

// A centre that reads whole numbers records all words of them: 1012 has a
// thousand, and so has what comes after A999.
func TestTheScriptOfWholeNumbers(t *testing.T) {
	h := newHall(t, small+"\n[voice]\nnumbers = \"whole\"\nwords = [\"ngàn\"]\n")
	needed := h.needed()
	assert.Subset(t, needed, []string{"ngàn", "ngàn.", "linh", "mươi", "mươi.", "mười.", "mốt.", "tư.", "lăm.", "trăm", "trăm."})
	assert.NotContains(t, needed, "nghìn", "of another region")
}

// Each zone may have its own manner; what any of them says is in the script.
func TestTheScriptOfAllZones(t *testing.T) {
	other := strings.Replace(wide, `direction = "right"`, "direction = \"right\"\nvoice = { numbers = \"whole\", words = [\"ngàn\"] }", 1)
	require.NotContains(t, newHall(t, wide).needed(), "mốt.")
	assert.Subset(t, newHall(t, other).needed(), []string{"không", "mốt.", "tư.", "lăm.", "trăm", "ngàn"})
}

// needed are the lines that this hall's voice has to read, as on paper.
func (h *hall) needed() (all []string) {
	for _, l := range h.pack("vi").Lines {
		if l.Needed {
			all = append(all, l.Text+map[bool]string{true: "."}[l.End])
		}
	}
	return all
}

// One recording of the whole script gives a whole voice.
func TestAWholeScriptInOneRecording(t *testing.T) {
	h := newHall(t, small)
	shipped, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 1))
	var names []string
	var out []float64
	pause := func(ms int) {
		for range ms * voice.Rate / 1000 {
			out = append(out, 0.001*random.NormFloat64())
		}
	}
	pause(800)
	for _, l := range h.pack("vi").Lines {
		if !l.Needed {
			continue
		}
		names = append(names, l.Name)
		name := l.Name
		if !shipped["vi"].Has(name) { // "Khu A" as a whole has no clip
			t.Fatalf("%s is not shipped", name)
		}
		b, err := shipped["vi"].WAV(name)
		require.NoError(t, err)
		s, err := voice.ReadWAV(b)
		require.NoError(t, err)
		for _, v := range s.Samples {
			out = append(out, 0.3*v+0.001*random.NormFloat64())
		}
		pause(900 + random.IntN(300))
	}
	id := h.upload(voice.Sound{Rate: voice.Rate, Samples: out}.WAV())
	ask, err := json.Marshal(map[string]any{"upload": id, "lines": names})
	require.NoError(t, err)
	status, b := h.ask("/api/v1/voice/packs/vi/cut", "", string(ask))
	require.Equal(t, 200, status, string(b))
	var cut struct {
		Stretches []voice.Matched
		Quality   voice.Quality
	}
	require.NoError(t, json.Unmarshal(b, &cut))
	require.Len(t, cut.Stretches, len(names))
	var parts []map[string]any
	for i, s := range cut.Stretches {
		assert.Equal(t, i, s.Line)
		parts = append(parts, map[string]any{"name": names[s.Line], "from_ms": s.From, "to_ms": s.To})
	}
	keep, err := json.Marshal(map[string]any{"upload": id, "parts": parts})
	require.NoError(t, err)
	status, b = h.ask("/api/v1/voice/packs/vi/keep", "", string(keep))
	require.Equal(t, 200, status, string(b))
	p := h.pack("vi")
	assert.Equal(t, len(names), p.Recorded)
	for _, l := range p.Lines[:p.Needed] {
		s := h.clipOf("vi/" + l.Name)
		assert.InDelta(t, voice.Target, s.LUFS(), 1.5, l.Name)
		assert.LessOrEqual(t, s.TruePeak(), voice.Ceiling, l.Name)
		assert.Empty(t, l.Clip.Faults, l.Name)
	}
	status, b = h.ask("/api/v1/voice/packs/vi/keep", "", string(keep))
	assert.Equal(t, 404, status, "what was kept is no longer there: %s", b)
	assert.Contains(t, string(b), "upload_gone")

	// It goes to another house as one zip, byte for byte.
	zipped := h.get("/api/v1/voice/packs/vi/zip")
	other := newHall(t, small)
	status, b = other.ask("/api/v1/voice/packs", "", `{"upload":"`+other.upload(zipped)+`"}`)
	require.Equal(t, 200, status, string(b))
	var brought struct {
		Language          string
		Clips             int
		Mastered, Skipped []string
	}
	require.NoError(t, json.Unmarshal(b, &brought))
	assert.Equal(t, len(names), brought.Clips)
	assert.Empty(t, brought.Mastered)
	assert.Empty(t, brought.Skipped)
	for _, n := range names {
		assert.Equal(t, h.clipOf("vi/"+n).Samples, other.clipOf("vi/"+n).Samples, n)
	}
}

// A language without a grammar here is spoken as soon as everything of a sentence
// is recorded, and in Vietnamese until then.
func TestAVoiceInAnotherLanguage(t *testing.T) {
	h := newHall(t, small)
	h.do(queue.OpenCounter{Counter: "q1"})
	p := h.pack("tyz")
	assert.False(t, p.Own || p.Shipped)
	require.NotEmpty(t, p.Words)
	assert.Equal(t, "invite", p.Words[0].Key)
	assert.Equal(t, "Xin mời công dân có số thứ tự", p.Words[0].Meaning)
	status, b := h.ask("/api/v1/voice/packs/tyz", "", `{"name":"Slương chị Mai","words":{"invite":"Slinh mời cần mì slổ","1":"nâng","0":"không"}}`)
	require.Equal(t, 200, status, string(b))
	p = h.pack("tyz")
	assert.Equal(t, "Slương chị Mai", p.Name)
	clips := []string{"one.end", "two.end", "three.end", "four.end", "five.end", "six.end", "seven.end"}
	call := func() heard {
		h.do(queue.Issue{Service: "civil", Lang: "tyz"})
		one := h.ear(t, "b1", "one")
		h.do(queue.CallNext{Counter: "q1"})
		m := one.play(5e9)
		h.do(queue.Finish{Counter: "q1"})
		_ = one.conn.Close()
		return m
	}
	assert.NotContains(t, call().Text, "Slinh")
	for i, l := range p.Lines {
		if !l.Needed {
			continue
		}
		status, b := h.ask("/api/v1/voice/packs/tyz/clips/"+l.Name, "", `{"wav":"`+wav64(speaker(t, clips[i%len(clips)], 0.001))+`"}`)
		require.Equal(t, 200, status, "%s: %s", l.Name, b)
	}
	m := call()
	assert.Contains(t, m.Text, "Slinh mời cần mì slổ A, không không [hai], [đến quầy số] nâng.")
	spoken := 0
	for _, c := range m.Cues {
		if strings.HasPrefix(c.Clip, "tyz/") {
			spoken++
			h.clipOf(c.Clip)
		}
	}
	assert.Equal(t, 7, spoken)
	// A word that is written otherwise later keeps its clip.
	status, b = h.ask("/api/v1/voice/packs/tyz", "", `{"words":{"2":"slong"}}`)
	require.Equal(t, 200, status, string(b))
	assert.Equal(t, p.Needed, h.pack("tyz").Recorded)
	assert.Contains(t, call().Text, "không không [ba]")
	status, _ = h.ask("/api/v1/voice/packs/no_language!", "", `{"name":"x"}`)
	assert.Equal(t, 422, status)
	status, _ = h.ask("/api/v1/voice/packs/tyz", "", `{"words":{"nonsense":"x"}}`)
	assert.Equal(t, 422, status)
}

// zipOf makes a zip of files.
func zipOf(t testing.TB, files map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		f, err := z.Create(name)
		require.NoError(t, err)
		_, err = f.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// Whatever is brought in as a pack: good clips are used and mastered, bad ones
// named, nothing is written elsewhere, and the voice in use stays when nothing is
// good.
func TestPacksThatAreBroughtIn(t *testing.T) {
	h := newHall(t, small)
	soft := voice.Sound{Rate: 48000, Samples: func() []float64 {
		out := speaker(t, "nine.end", 0.0001)
		for i := range out {
			out[i] *= 0.1
		}
		return out
	}()}.WAV()
	manifest := func(m voice.Manifest) []byte {
		b, err := json.Marshal(m)
		require.NoError(t, err)
		return b
	}
	pack := voice.Manifest{Language: "vi", Name: "Giọng cô Hoa", Clips: []voice.Clip{
		{Name: "c1", Text: "chín", End: true, MS: 1}, {Name: "c2", Text: "tám", MS: 1}, {Name: "c3", Text: "bảy", MS: 1},
		{Name: "../../c4", Text: "sáu", MS: 1}, {Name: "c5", MS: 1}}}
	bring := func(b []byte) (int, string) {
		status, answer := h.ask("/api/v1/voice/packs", "", `{"upload":"`+h.upload(b)+`"}`)
		return status, string(answer)
	}
	status, answer := bring(zipOf(t, map[string][]byte{
		"giong/manifest.json": manifest(pack), "giong/c1.wav": soft, "giong/c2.wav": []byte("RIFF no sound"),
		"giong/../../c4.wav": soft, "giong/c5.wav": soft, "../../../evil.wav": soft}))
	require.Equal(t, 200, status, answer)
	assert.JSONEq(t, `{"language":"vi","name":"Giọng cô Hoa","clips":1,"mastered":["c1"],"skipped":["c2","c3","../../c4","c5"]}`, answer)
	mine := h.clipOf("vi/chisn.end")
	assert.InDelta(t, voice.Target, mine.LUFS(), 1.5)
	assert.Equal(t, voice.Rate, mine.Rate)
	assert.Equal(t, "Giọng cô Hoa", h.pack("vi").Name)

	for what, bad := range map[string]struct {
		zip  []byte
		code string
	}{
		"no zip":      {[]byte("PK but not really"), "no_zip"},
		"cut off":     {zipOf(t, map[string][]byte{"manifest.json": manifest(pack), "c1.wav": soft})[:2000], "no_zip"},
		"no manifest": {zipOf(t, map[string][]byte{"c1.wav": soft}), "no_pack"},
		"no JSON":     {zipOf(t, map[string][]byte{"manifest.json": []byte("{")}), "no_pack"},
		"no language": {zipOf(t, map[string][]byte{"manifest.json": manifest(voice.Manifest{Language: "!"}), "c1.wav": soft}), "no_pack"},
		"no words": {zipOf(t, map[string][]byte{"manifest.json": manifest(voice.Manifest{Language: "km", Clips: pack.Clips}), "c1.wav": soft}),
			"no_pack"},
		"no clips": {zipOf(t, map[string][]byte{"manifest.json": manifest(pack)}), "no_clips"},
		"a bomb":   {zipOf(t, map[string][]byte{"manifest.json": bytes.Repeat([]byte(" "), 30<<20)}), "no_pack"},
	} {
		status, answer := bring(bad.zip)
		assert.Equal(t, 422, status, what)
		assert.Contains(t, answer, bad.code, what)
	}
	assert.Equal(t, mine.Samples, h.clipOf("vi/chisn.end").Samples)
	status, b := h.ask("/api/v1/voice/packs", "", `{"upload":"../../../etc/passwd"}`)
	assert.Equal(t, 404, status, string(b))
	status, b = h.ask("/api/v1/voice/uploads/"+strings.Repeat("A", 26), "", `{"at":0,"data":""}`)
	assert.Equal(t, 404, status, string(b))
	res, err := http.Get(h.url("/api/v1/voice/packs/en/zip"))
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	assert.Equal(t, 404, res.StatusCode, "there is no own English voice to hand out")
}
