package voice_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sounds "xinmoi/assets/voice"
	"xinmoi/display/voice"
)

func packs(t testing.TB) voice.Packs {
	t.Helper()
	all, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	return all
}

// Every shipped clip is what a hall needs: one loudness, no clipping, no silence
// before it, and the length that its manifest says.
func TestShippedClips(t *testing.T) {
	for lang, p := range packs(t) {
		assert.Contains(t, p.Name, "Giọng máy tạm")
		for _, c := range p.Clips {
			b, err := p.WAV(c.Name)
			require.NoError(t, err, c.Name)
			s, err := voice.ReadWAV(b)
			require.NoError(t, err, c.Name)
			what := lang + "/" + c.Name
			assert.Equal(t, voice.Rate, s.Rate, what)
			assert.Equal(t, 44+2*len(s.Samples), len(b), "%s: not mono of 16 bits", what)
			assert.Equal(t, c.MS, s.MS(), what)
			assert.InDelta(t, voice.Target, s.LUFS(), 1.5, what)
			assert.LessOrEqual(t, s.TruePeak(), voice.Ceiling, what)
			assert.LessOrEqual(t, s.LeadMS(), 20.0, what)
		}
	}
}

func TestEveryPromptHasItsClip(t *testing.T) {
	all := packs(t)
	for _, lang := range []string{"vi", "en"} {
		for _, p := range voice.Prompts(lang) {
			assert.True(t, all[lang].Has(p.Name), "%s: %q", lang, p.Text)
		}
	}
	assert.Nil(t, voice.Prompts("km"))
}

// Whatever is called, nothing of it is left out: the plan has as many clips as
// its sentences have, and none overlaps the next.
func TestEverySentenceHasItsClips(t *testing.T) {
	all := packs(t)
	length := map[string]int{}
	for lang, p := range all {
		for _, c := range p.Clips {
			length[lang+"/"+c.Name] = c.MS
		}
	}
	langs := []string{"vi", "en"}
	for n := 0; n < 1100; n += 7 {
		for _, kind := range []voice.Kind{voice.First, voice.Recall, voice.Result} {
			for _, style := range []voice.Style{{}, {Natural: true}, {Natural: true, Words: map[string]string{"linh": "lẻ", "nghìn": "ngàn"}, Times: 3}} {
				letter := string("AĂÂBCDĐEÊFGHIJKLMNOÔƠPQRSTUƯVWXYZ"[n%8])
				c := voice.Call{Kind: kind, Number: fmt.Sprintf("%s%03d", letter, n), Sign: fmt.Sprint(1 + n%199), Langs: langs,
					Place: map[string]string{"vi": "Khu B, tầng 2", "en": "Zone B"}}
				plan := all.Plan(c, style, voice.Full, false)
				free, seen := 0, ""
				for _, cue := range plan.Cues {
					require.Contains(t, length, cue.Clip)
					assert.GreaterOrEqual(t, cue.At, free, plan.Text)
					free, seen = cue.At+length[cue.Clip], seen+cue.Clip+" "
				}
				assert.Equal(t, plan.Length, time.Duration(free)*time.Millisecond)
				assert.Contains(t, seen, "en/")
				assert.NotContains(t, seen, "closing")
			}
		}
	}
}

func TestForms(t *testing.T) {
	all := packs(t)
	c := voice.Call{Kind: voice.First, Number: "A012", Sign: "5", Langs: []string{"vi", "en"}}
	full := all.Plan(c, voice.Style{}, voice.Full, false)
	assert.Equal(t, "Xin mời công dân có số thứ tự A, không một hai, đến quầy số năm. "+
		"Xin nhắc lại: số A, không một hai, quầy số năm. Ticket number A, zero one two, please proceed to counter five.", full.Text)
	assert.Equal(t, []string{"vi/chime", "vi/xin-mowfi-coong-daan-cos-soos-thuws-tuwj", "vi/a", "vi/khoong", "vi/moojt", "vi/hai.end",
		"vi/ddeesn-quaafy-soos", "vi/nawm.end"}, names(full)[:8])
	short := all.Plan(c, voice.Style{}, voice.Short, true)
	assert.Equal(t, "Xin mời công dân có số thứ tự A, không một hai, đến quầy số năm.", short.Text)
	assert.Equal(t, "vi/chime-short", names(short)[0])
	shortest := all.Plan(c, voice.Style{}, voice.Shortest, true)
	assert.Equal(t, "Xin mời số A, không một hai, đến quầy số năm.", shortest.Text)
	assert.Equal(t, "vi/xin-mowfi-soos", names(shortest)[0])
	assert.Equal(t, "vi/chime-short", names(all.Plan(c, voice.Style{}, voice.Shortest, false))[0])
	c.Langs = []string{"en", "vi"}
	assert.Equal(t, "Number A, zero one two, please proceed to counter five.", all.Plan(c, voice.Style{}, voice.Shortest, true).Text,
		"the second language is dropped, not the first")
	c.Langs = []string{"km", "en"}
	assert.Equal(t, shortest.Text, all.Plan(c, voice.Style{}, voice.Shortest, true).Text, "without a voice it is Vietnamese")
	assert.Greater(t, full.Length, short.Length)
	assert.Greater(t, short.Length, shortest.Length)
	t.Logf("full %v (Vietnamese alone %v), short %v, shortest %v", full.Length,
		all.Plan(voice.Call{Kind: voice.First, Number: "A012", Sign: "5"}, voice.Style{}, voice.Full, false).Length, short.Length, shortest.Length)
}

func names(p voice.Plan) (all []string) {
	for _, c := range p.Cues {
		all = append(all, c.Clip)
	}
	return all
}

// What a language cannot say is said in Vietnamese.
func TestAMissingClipFallsBackToVietnamese(t *testing.T) {
	all := packs(t)
	manifest, err := json.Marshal(voice.Manifest{Language: "en", Name: "half", Clips: []voice.Clip{{Name: "number", Text: "Ticket number", MS: 10}}})
	require.NoError(t, err)
	half, _, err := voice.ReadPack(fstest.MapFS{"manifest.json": {Data: manifest}, "number.wav": {}}, true)
	require.NoError(t, err)
	mixed := voice.Packs{"vi": all["vi"], "en": half}
	c := voice.Call{Kind: voice.First, Number: "A012", Sign: "5"}
	for _, langs := range [][]string{{"en"}, {"km"}, {"en", "vi"}, nil} {
		c.Langs = langs
		plan := mixed.Plan(c, voice.Style{}, voice.Full, false)
		assert.Equal(t, 1, strings.Count(plan.Text, "Xin mời công dân"), "%v: %s", langs, plan.Text)
		for _, n := range names(plan) {
			assert.True(t, strings.HasPrefix(n, "vi/"), n)
		}
	}
	c.Langs = nil
	bare := all.Plan(c, voice.Style{Noun: map[string]string{"vi": "bà con"}}, voice.Full, false)
	assert.Equal(t, "vi/xin-mowfi-soos", names(bare)[1], "a noun that nobody has recorded")
	assert.Contains(t, names(bare), "vi/moojt")
}

func TestPacksThatAreNoPacks(t *testing.T) {
	for what, fs := range map[string]fstest.MapFS{
		"no manifest":  {},
		"no JSON":      {"manifest.json": {Data: []byte("{")}},
		"no file":      {"manifest.json": {Data: []byte(`{"language":"vi","clips":[{"name":"a","ms":1}]}`)}},
		"outside":      {"manifest.json": {Data: []byte(`{"language":"vi","clips":[{"name":"../a","ms":1}]}`)}, "a.wav": {}},
		"no length":    {"manifest.json": {Data: []byte(`{"language":"vi","clips":[{"name":"a"}]}`)}, "a.wav": {}},
		"hidden":       {"manifest.json": {Data: []byte(`{"language":"vi","clips":[{"name":".a","ms":1}]}`)}, ".a.wav": {}},
		"no name":      {"manifest.json": {Data: []byte(`{"language":"vi","clips":[{"ms":1}]}`)}, ".wav": {}},
		"no words":     {"manifest.json": {Data: []byte(`{"language":"km"}`)}},
		"only English": nil,
	} {
		if fs == nil {
			fs = fstest.MapFS{"en/manifest.json": {Data: []byte(`{"language":"en"}`)}}
			_, err := voice.ReadPacks(fs)
			assert.Error(t, err, what)
			continue
		}
		_, _, err := voice.ReadPack(fs, true)
		assert.Error(t, err, what)
	}
}
