package voice

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func tone(hz, amplitude, seconds float64, rate int) Sound {
	s := Sound{Rate: rate, Samples: make([]float64, int(seconds*float64(rate)))}
	for i := range s.Samples {
		s.Samples[i] = amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return s
}

// The reference of BS.1770: 997 Hz at full scale in one channel is -3.01 LUFS.
func TestLoudnessOfTheReferenceTone(t *testing.T) {
	for _, rate := range []int{24000, 44100, 48000} {
		assert.InDelta(t, -3.01, tone(997, 1, 4, rate).LUFS(), 0.05, rate)
		assert.InDelta(t, -23.01, tone(997, 0.1, 0.3, rate).LUFS(), 0.3, "%d: a short one", rate)
	}
	assert.True(t, math.IsInf(Sound{Rate: Rate}.LUFS(), -1))
}

func TestMasterBringsEverythingToOneLoudness(t *testing.T) {
	for _, amplitude := range []float64{0.003, 0.1, 0.9} {
		raw := tone(300, amplitude, 0.5, 22050)
		raw.Samples = append(make([]float64, 8000), raw.Samples...)
		s, err := Master(raw)
		require.NoError(t, err)
		assert.Equal(t, Rate, s.Rate)
		assert.InDelta(t, Target, s.LUFS(), 1)
		assert.LessOrEqual(t, s.TruePeak(), Ceiling)
		assert.LessOrEqual(t, s.LeadMS(), 20.0)
	}
	_, err := Master(Sound{Rate: Rate, Samples: make([]float64, Rate)})
	assert.ErrorIs(t, err, errSilent)
	_, err = Master(Sound{Rate: Rate})
	assert.ErrorIs(t, err, errSilent)
}

func TestLimiterNeverLetsAPeakThrough(t *testing.T) {
	s := tone(200, 0.3, 0.2, Rate)
	for i := 500; i < len(s.Samples); i += 700 {
		s.Samples[i] = 3
	}
	assert.LessOrEqual(t, s.limit(0.5).Peak(), 0.5+1e-9)
	quiet := tone(200, 0.3, 0.2, Rate)
	assert.InDeltaSlice(t, quiet.Samples, quiet.limit(0.5).Samples, 1e-12, "what is under the ceiling is left alone")
}

func TestResamplingKeepsATone(t *testing.T) {
	got := tone(1000, 0.5, 0.5, 22050).resample(24000)
	want := tone(1000, 0.5, 0.5, 24000)
	for i := 2000; i < 10000; i++ {
		require.InDelta(t, want.Samples[i], got.Samples[i], 0.003)
	}
}

func TestWAVThereAndBack(t *testing.T) {
	s := tone(440, 0.5, 0.1, Rate)
	back, err := ReadWAV(s.WAV())
	require.NoError(t, err)
	assert.Equal(t, Rate, back.Rate)
	assert.InDeltaSlice(t, s.Samples, back.Samples, 1.0/32768)
	loud, err := ReadWAV(Sound{Rate: Rate, Samples: []float64{2, -2}}.WAV())
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{1, -1}, loud.Samples, 1e-4)
}

func FuzzReadWAV(f *testing.F) {
	f.Add(tone(440, 0.5, 0.01, Rate).WAV())
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\xff\xff\xff\xff"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00\x80\xbb\x00\x00\x00\x00\x00\x00\x04\x00\x10\x00data\xff\xff\xff\xff\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadWAV(b)
		if err == nil {
			_ = s.WAV()
		}
	})
}

// A tone at a quarter of the rate, sampled 45° off its peaks, is 3 dB louder
// than its samples say.
func TestTruePeakFindsWhatLiesBetweenSamples(t *testing.T) {
	s := Sound{Rate: Rate, Samples: make([]float64, 4000)}
	for i := range s.Samples {
		s.Samples[i] = 0.5 * math.Sin(math.Pi/2*float64(i)+math.Pi/4)
	}
	assert.InDelta(t, 0.5/math.Sqrt2, s.Peak(), 1e-6)
	assert.InDelta(t, 20*math.Log10(0.5), s.TruePeak(), 0.2) // it rises a little where the tone begins
}
