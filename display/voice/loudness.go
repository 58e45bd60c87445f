package voice

import (
	"errors"
	"math"
)

// What every clip is brought to. -18 LUFS is louder than broadcast: amplifiers
// of small halls have little in reserve.
const (
	Target  = -18.0 // LUFS
	Ceiling = -1.5  // dB of full scale, true peak
	margin  = 0.5   // dB below it for the samples, whose wave may rise between them
)

// LUFS is the loudness by BS.1770 with the gates of R 128. What is shorter than
// three seconds is repeated to that length, since blocks of 400 ms cannot
// measure a word. Silence gives minus infinity.
func (s Sound) LUFS() float64 {
	if len(s.Samples) == 0 {
		return math.Inf(-1)
	}
	in := s.Samples
	for len(in) < 3*s.Rate {
		in = append(in[:len(in):len(in)], s.Samples...)
	}
	shelf, pass := weighting(s.Rate)
	w := pass.run(shelf.run(in))
	block, step := s.Rate*4/10, s.Rate/10
	var power []float64
	for at := 0; at+block <= len(w); at += step {
		var sum float64
		for _, v := range w[at : at+block] {
			sum += v * v
		}
		power = append(power, sum/float64(block))
	}
	absolute := gated(power, -70)
	return lufs(gated(power, lufs(absolute)-10, -70))
}

func lufs(power float64) float64 { return -0.691 + 10*math.Log10(power) }

// gated is the mean power of the blocks above all the gates.
func gated(power []float64, gates ...float64) float64 {
	var sum float64
	n := 0
	for _, p := range power {
		above := true
		for _, g := range gates {
			above = above && lufs(p) > g
		}
		if above {
			sum, n = sum+p, n+1
		}
	}
	return sum / float64(max(n, 1))
}

// weighting is the K curve of BS.1770 for any rate; the standard lists it for
// 48 kHz only, and these are the analogue filters behind that list.
func weighting(rate int) (shelf, pass biquad) {
	k := math.Tan(math.Pi * 1681.974450955533 / float64(rate))
	q := 0.7071752369554196
	vh := math.Pow(10, 3.999843853973347/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	shelf = biquad{(vh + vb*k/q + k*k) / a0, 2 * (k*k - vh) / a0, (vh - vb*k/q + k*k) / a0, 2 * (k*k - 1) / a0, (1 - k/q + k*k) / a0}
	k = math.Tan(math.Pi * 38.13547087602444 / float64(rate))
	q = 0.5003270373238773
	a0 = 1 + k/q + k*k
	pass = biquad{1, -2, 1, 2 * (k*k - 1) / a0, (1 - k/q + k*k) / a0}
	return shelf, pass
}

// TruePeak is the greatest value of the wave in dB of full scale, looked for at
// four times the rate with the filter length that BS.1770 asks for, doubled.
func (s Sound) TruePeak() float64 {
	const phases, half = 4, 12
	var kernel [phases][2 * half]float64
	for p := range kernel {
		for k := range kernel[p] {
			d := float64(k-half+1) - float64(p)/phases
			kernel[p][k] = sinc(d) * hann(d/half)
		}
	}
	padded := append(append(make([]float64, half), s.Samples...), make([]float64, half)...)
	var peak float64
	for at := range s.Samples {
		for p := range kernel {
			var sum float64
			for k, c := range kernel[p] {
				sum += c * padded[at+1+k]
			}
			peak = max(peak, math.Abs(sum))
		}
	}
	return 20 * math.Log10(peak)
}

var errSilent = errors.New("nothing to be heard")

// Master brings a recording to what clips are: no rumble, clear consonants, no
// silence around it, one loudness, nothing above the ceiling, at Rate.
func Master(s Sound) (Sound, error) { return master(s, 0) }

// master cuts off at both ends what is not above the noise of the recording, its
// RMS.
func master(s Sound, noise float64) (Sound, error) {
	s = s.resample(Rate)
	s.Samples = bell(2500, 4, Rate).run(highPass(120, Rate).run(s.Samples))
	return level(s.trim(noise))
}

// Fits reports whether a clip is what clips are: one loudness, nothing clipped.
func (s Sound) Fits() bool {
	return s.Rate == Rate && math.Abs(s.LUFS()-Target) <= 1.5 && s.TruePeak() <= Ceiling && s.LeadMS() <= 20
}

// level sets the loudness under a ceiling that the wave between the samples keeps
// too: where it does not, the samples are held lower.
func level(s Sound) (Sound, error) {
	if s.LUFS() < -60 || math.IsInf(s.LUFS(), -1) || math.IsNaN(s.LUFS()) {
		return s, errSilent
	}
	ceiling := Ceiling - margin
	out := s.under(ceiling)
	for range 4 {
		over := out.TruePeak() - Ceiling
		if over <= 0 {
			break
		}
		ceiling -= over + 0.05
		out = s.under(ceiling)
	}
	return out, nil
}

// under sets the loudness, no sample above a ceiling in dB. Limiting takes some of
// it away, so it is done anew with more gain until it fits.
func (s Sound) under(ceiling float64) (out Sound) {
	gain := Target - s.LUFS()
	for range 8 {
		out = s.Times(math.Pow(10, gain/20)).limit(math.Pow(10, ceiling/20))
		missing := Target - out.LUFS()
		if math.Abs(missing) < 0.1 {
			break
		}
		gain += missing
	}
	return out
}

// Bells is the chime before a call: E5 and C5, or only the first for busy times.
func Bells(short bool) (Sound, error) {
	notes, length := []float64{659.26, 523.25}, 1.35
	if short {
		notes, length = notes[:1], 0.4
	}
	s := Sound{Rate: Rate, Samples: make([]float64, int(length*Rate))}
	for i, hz := range notes {
		from := int(float64(i) * 0.42 * Rate)
		for k := from; k < len(s.Samples); k++ {
			t := float64(k-from) / Rate
			strike := min(1, t/0.004) * math.Exp(-t*4.5) // 4 ms to rise, then a decay
			tone := math.Sin(2*math.Pi*hz*t) + 0.35*math.Sin(2*math.Pi*2*hz*t)*math.Exp(-3*t) + 0.12*math.Sin(2*math.Pi*3*hz*t)*math.Exp(-6*t)
			end := min(1, (length-float64(k)/Rate)/0.03)
			s.Samples[k] += strike * tone * end
		}
	}
	return level(s)
}
