package voice

import "math"

// biquad is a second-order filter, its a0 made 1.
type biquad struct{ b0, b1, b2, a1, a2 float64 }

func (f biquad) run(in []float64) []float64 { return f.from(in, new([2]float64)) }

// from goes on from the state in which another stretch has left the filter.
func (f biquad) from(in []float64, z *[2]float64) []float64 {
	out := make([]float64, len(in))
	for i, x := range in {
		y := f.b0*x + z[0]
		z[0] = f.b1*x - f.a1*y + z[1]
		z[1] = f.b2*x - f.a2*y
		out[i] = y
	}
	return out
}

// highPass is a Butterworth of second order.
func highPass(hz float64, rate int) biquad {
	w := 2 * math.Pi * hz / float64(rate)
	alpha, cos := math.Sin(w)/math.Sqrt2, math.Cos(w)
	a0 := 1 + alpha
	return biquad{(1 + cos) / 2 / a0, -(1 + cos) / a0, (1 + cos) / 2 / a0, -2 * cos / a0, (1 - alpha) / a0}
}

// bell lifts the surroundings of a frequency.
func bell(hz, db float64, rate int) biquad {
	w := 2 * math.Pi * hz / float64(rate)
	a := math.Pow(10, db/40)
	alpha, cos := math.Sin(w)/2, math.Cos(w) // Q = 1
	a0 := 1 + alpha/a
	return biquad{(1 + alpha*a) / a0, -2 * cos / a0, (1 - alpha*a) / a0, -2 * cos / a0, (1 - alpha/a) / a0}
}

// resample changes the rate by a windowed sinc of 32 zero crossings to a side.
func (s Sound) resample(rate int) Sound {
	if s.Rate == rate {
		return s
	}
	const half = 32
	ratio := float64(rate) / float64(s.Rate)
	cut := min(1, ratio) * 0.97
	out := make([]float64, int(float64(len(s.Samples))*ratio))
	for i := range out {
		centre := float64(i) / ratio
		reach := half / cut
		var sum float64
		for k := max(int(math.Ceil(centre-reach)), 0); k <= int(centre+reach) && k < len(s.Samples); k++ {
			d := centre - float64(k)
			sum += s.Samples[k] * sinc(d*cut) * cut * hann(d/reach)
		}
		out[i] = sum
	}
	return Sound{Rate: rate, Samples: out}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func hann(x float64) float64 { return 0.5 + 0.5*math.Cos(math.Pi*x) }

// limit turns down what is above the ceiling, smoothly over 5 ms on each side,
// so that it neither clips nor clicks.
func (s Sound) limit(ceiling float64) Sound {
	w := s.Rate / 200
	n := len(s.Samples)
	need := make([]float64, n)
	for i, v := range s.Samples {
		need[i] = min(1, ceiling/max(math.Abs(v), 1e-9))
	}
	least := lowest(need, w)
	out := make([]float64, n)
	var sum float64
	at := func(k int) float64 { return least[min(max(k, 0), n-1)] }
	for k := -w; k < w; k++ {
		sum += at(k)
	}
	for i := range out { // the mean of minima that all reach over i is never above need[i]
		sum += at(i + w)
		out[i] = s.Samples[i] * min(sum/float64(2*w+1), need[i])
		sum -= at(i - w)
	}
	return Sound{Rate: s.Rate, Samples: out}
}

// lowest is the least of the w values on each side, and the value itself.
func lowest(in []float64, w int) []float64 {
	out := make([]float64, len(in))
	var rising []int // places whose values rise; the first is the least
	for i := range len(in) + w {
		if i < len(in) {
			for len(rising) > 0 && in[rising[len(rising)-1]] >= in[i] {
				rising = rising[:len(rising)-1]
			}
			rising = append(rising, i)
		}
		if i >= w {
			if rising[0] < i-2*w {
				rising = rising[1:]
			}
			out[i-w] = in[rising[0]]
		}
	}
	return out
}

// trim cuts silence: all but 5 ms before the first sound and 30 ms after the
// last, with short fades. Silence is 40 dB below the peak, or the noise.
func (s Sound) trim(noise float64) Sound {
	first, end := s.above(s.Peak() / 100)
	if noise > s.Peak()/400 {
		first, end = s.louder(2 * noise)
	}
	if first >= end {
		return s
	}
	from, to := max(first-s.Rate*5/1000, 0), min(end+s.Rate*30/1000, len(s.Samples))
	out := append([]float64(nil), s.Samples[from:to]...)
	fade := min(s.Rate*3/1000, len(out)/2)
	for i := range fade {
		g := float64(i) / float64(fade)
		out[i] *= g
		out[len(out)-1-i] *= g
	}
	return Sound{Rate: s.Rate, Samples: out}
}

// above is where sound begins and ends.
func (s Sound) above(quiet float64) (first, end int) {
	first = len(s.Samples)
	for i, v := range s.Samples {
		if math.Abs(v) > quiet {
			first, end = min(first, i), i+1
		}
	}
	return first, end
}

// louder is where stretches of 5 ms are louder than noise, one sample of which
// can be anything.
func (s Sound) louder(rms float64) (first, end int) {
	first = len(s.Samples)
	frame := s.Rate / 200
	for at := 0; at+frame <= len(s.Samples); at += frame {
		var sum float64
		for _, v := range s.Samples[at : at+frame] {
			sum += v * v
		}
		if sum > rms*rms*float64(frame) {
			first, end = min(first, at), at+frame
		}
	}
	return max(first-2*frame, 0), min(end+frame, len(s.Samples))
}

// LeadMS is the silence before the first sound.
func (s Sound) LeadMS() float64 {
	first, _ := s.above(s.Peak() / 100)
	return 1000 * float64(first) / float64(s.Rate)
}

// Peak is the greatest sample.
func (s Sound) Peak() float64 {
	var p float64
	for _, v := range s.Samples {
		p = max(p, math.Abs(v))
	}
	return p
}
