package voice_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/display/voice"
)

// reading is someone who reads lines at a phone: pauses, noise, another loudness.
type reading struct {
	t      testing.TB
	pack   *voice.Pack
	rate   int
	out    []float64
	random *rand.Rand
	noise  float64 // of full scale
	gain   float64
	at     map[string]int // ms at which a line began
}

func newReading(t testing.TB) *reading {
	r := &reading{t: t, pack: packs(t)["vi"], rate: voice.Rate, random: rand.New(rand.NewPCG(7, 7)), noise: 0.002, gain: 0.5, at: map[string]int{}}
	r.pause(700)
	return r
}

func (r *reading) pause(ms int) {
	for range ms * r.rate / 1000 {
		r.out = append(r.out, r.noise*r.random.NormFloat64())
	}
}

func (r *reading) clip(name string) voice.Sound {
	b, err := r.pack.WAV(name)
	require.NoError(r.t, err, name)
	s, err := voice.ReadWAV(b)
	require.NoError(r.t, err)
	return s
}

func (r *reading) say(name string) {
	r.at[name] = len(r.out) * 1000 / r.rate
	for _, v := range r.clip(name).Samples {
		r.out = append(r.out, r.gain*v+r.noise*r.random.NormFloat64())
	}
}

func (r *reading) cough() {
	for i := range r.rate * 35 / 100 {
		r.out = append(r.out, 0.2*math.Exp(-float64(i)/3000)*r.random.NormFloat64())
	}
}

func (r *reading) recording() *voice.Recording {
	b := voice.Sound{Rate: r.rate, Samples: r.out}.WAV()
	rec, err := voice.OpenRecording(bytes.NewReader(b), int64(len(b)))
	require.NoError(r.t, err)
	return rec
}

// script is what a small centre reads, and how long it takes.
func script(t testing.TB) (names []string, lengths []time.Duration) {
	c := voice.Call{Kind: voice.First, Number: "A0123456789", Sign: "5", Langs: []string{"vi"}}
	var calls []voice.Styled
	for _, number := range []string{"A012", "B345", "H678", "L999", "S100", "U111", "X222", "333", "444", "555", "666", "777", "888", "0"} {
		c.Number = number
		calls = append(calls, voice.Styled{Call: c})
	}
	for _, say := range voice.Notices {
		calls = append(calls, voice.Styled{Call: voice.Call{Kind: voice.Notice, Text: say}})
	}
	needed, besides := voice.Script("vi", nil, calls)
	require.Greater(t, len(needed), 30)
	require.NotEmpty(t, besides)
	r := newReading(t)
	for _, p := range needed {
		names = append(names, p.Name)
		lengths = append(lengths, time.Duration(r.clip(p.Name).MS())*time.Millisecond)
	}
	return names, lengths
}

// One recording of the whole script becomes one clip a line.
func TestARecordingIsCutAtItsPauses(t *testing.T) {
	names, lengths := script(t)
	for what, quiet := range map[string]struct {
		noise, gain, alike float64
		pause              func(i int) int
	}{
		"even":                         {0.001, 0.5, 0.97, func(int) int { return 1000 }},
		"hurried":                      {0.001, 0.5, 0.97, func(i int) int { return 500 + 120*(i%5) }},
		"from afar":                    {0.002, 0.08, 0.8, func(i int) int { return 900 + 100*(i%3) }},
		"in the office":                {0.01, 0.5, 0.9, func(int) int { return 1000 }},
		"a phone that silences pauses": {0, 0.5, 0.97, func(int) int { return 800 }},
	} {
		t.Run(what, func(t *testing.T) {
			r := newReading(t)
			r.noise, r.gain, r.out = quiet.noise, quiet.gain, nil
			r.pause(900)
			for i, name := range names {
				r.say(name)
				r.pause(quiet.pause(i))
			}
			rec := r.recording()
			spans, q, err := rec.Cut(len(names))
			require.NoError(t, err)
			require.Len(t, spans, len(names))
			for i, m := range voice.Match(spans, lengths) {
				assert.Equal(t, i, m.Line)
				assert.InDelta(t, r.at[names[i]], m.From, 150, names[i])
			}
			t.Logf("%+v", q)
			if what == "hurried" || what == "even" {
				spans = spans[:8] // the rest is of the same making
			}
			sounds, qualities, err := rec.Take(spans)
			require.NoError(t, err)
			for i, s := range sounds {
				assert.InDelta(t, voice.Target, s.LUFS(), 1.5, names[i])
				assert.LessOrEqual(t, s.TruePeak(), voice.Ceiling, names[i])
				assert.Equal(t, voice.Rate, s.Rate)
				assert.Contains(t, []int{0, 1}, len(qualities[i].Verdicts), names[i])
				if i%4 == 0 {
					want, err := voice.Master(r.clip(names[i]))
					require.NoError(t, err)
					assert.InDelta(t, want.MS(), s.MS(), 120, names[i])
					assert.Greater(t, alike(s, want), quiet.alike, names[i])
				}
			}
		})
	}
}

// alike is the best correlation of two sounds within 80 ms.
func alike(a, b voice.Sound) float64 {
	best := 0.0
	for shift := -2000; shift <= 2000; shift++ {
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

// A cough, a line that was left out, one that was read twice and one with a
// pause in it: the rest is found all the same.
func TestSlipsOfAReader(t *testing.T) {
	names, lengths := script(t)
	lineOf := func(part string) int {
		for i, n := range names {
			if strings.HasPrefix(n, part) {
				return i
			}
		}
		t.Fatal(part)
		return 0
	}
	missing, twice, broken := lineOf("xin-nhawsc-laji"), lineOf("kisnh-thuwa"), lineOf("xin-mowfi-coong-daan")
	r := newReading(t)
	for i, name := range names {
		switch i {
		case missing:
			continue
		case broken: // she stops in the middle
			s := r.clip(name)
			half := len(s.Samples) / 2
			r.at[name] = len(r.out) * 1000 / r.rate
			for k, v := range s.Samples {
				if k == half {
					r.pause(600)
				}
				r.out = append(r.out, r.gain*v+r.noise*r.random.NormFloat64())
			}
		default:
			r.say(name)
		}
		r.pause(1000)
		if i == 8 {
			r.cough()
			r.pause(1000)
		}
		if i == twice {
			r.say(name)
			r.pause(1000)
		}
	}
	spans, _, err := r.recording().Cut(len(names))
	require.NoError(t, err)
	right, none := 0, 0
	for _, m := range voice.Match(spans, lengths) {
		if m.Line < 0 {
			none++
		} else if math.Abs(float64(r.at[names[m.Line]]-m.From)) < 150 {
			right++
		}
	}
	t.Logf("%d lines, %d stretches: %d right, %d for no line", len(names), len(spans), right, none)
	assert.GreaterOrEqual(t, right, len(names)-4)
}

func TestFaultsOfARecording(t *testing.T) {
	read := func(change func(r *reading)) (*reading, []voice.Span, voice.Quality, error) {
		r := newReading(t)
		change(r)
		for _, n := range []string{"a", "hai.end", "xin-mowfi-soos"} {
			r.say(n)
			r.pause(1000)
		}
		spans, q, err := r.recording().Cut(3)
		return r, spans, q, err
	}
	_, spans, q, err := read(func(*reading) {})
	require.NoError(t, err)
	assert.Len(t, spans, 3)
	assert.Empty(t, q.Verdicts)
	_, _, q, err = read(func(r *reading) { r.gain = 4 })
	require.NoError(t, err)
	assert.Equal(t, []voice.Fault{voice.TooLoud}, q.Verdicts)
	_, _, q, err = read(func(r *reading) { r.noise, r.out = 0.03, nil; r.pause(700) })
	require.NoError(t, err)
	assert.Equal(t, []voice.Fault{voice.Noisy}, q.Verdicts)
	_, _, q, err = read(func(r *reading) { r.gain, r.noise, r.out = 0.02, 0.0001, nil; r.pause(700) })
	require.NoError(t, err)
	assert.Equal(t, []voice.Fault{voice.TooSoft}, q.Verdicts)

	r := newReading(t)
	r.pause(3000)
	_, _, err = r.recording().Cut(3)
	assert.ErrorIs(t, err, voice.ErrNoSpeech)
	r.out = make([]float64, 3*voice.Rate)
	_, _, err = r.recording().Cut(1)
	assert.ErrorIs(t, err, voice.ErrNoSpeech)
}

func TestOtherFilesAreNoRecordings(t *testing.T) {
	good := voice.Sound{Rate: 48000, Samples: make([]float64, 4800)}.WAV()
	open := func(b []byte) (*voice.Recording, error) {
		return voice.OpenRecording(bytes.NewReader(b), int64(len(b)))
	}
	r, err := open(good)
	require.NoError(t, err)
	assert.Equal(t, 100*time.Millisecond, r.Length())
	r, err = open(good[:1044]) // cut off, as an upload that broke
	require.NoError(t, err)
	assert.Less(t, r.Length(), 11*time.Millisecond)
	float := bytes.Clone(good)
	float[20] = 3
	for what, b := range map[string][]byte{"nothing": {}, "MP3": []byte("ID3\x04" + strings.Repeat("x", 400)), "head only": good[:30], "no data": good[:36], "float": float} {
		_, err := open(b)
		assert.Error(t, err, what)
	}
}

// Whatever bytes are sent as a recording, nothing falls over.
func FuzzRecording(f *testing.F) {
	good := voice.Sound{Rate: 8000, Samples: make([]float64, 900)}.WAV()
	f.Add(good)
	f.Add(good[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := voice.OpenRecording(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		spans, _, err := r.Cut(3)
		if err == nil && len(spans) > 0 {
			_, _, _ = r.Take(spans[:1])
		}
	})
}
