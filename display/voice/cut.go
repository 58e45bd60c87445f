package voice

import (
	"errors"
	"math"
	"slices"
	"time"
)

// Span is a stretch of a recording, in milliseconds.
type Span struct {
	From int `json:"from_ms"`
	To   int `json:"to_ms"`
}

func (s Span) ms() float64 { return float64(s.To - s.From) }

// ErrNoSpeech says that nothing in a recording stands out from its noise.
var ErrNoSpeech = errors.New("no speech in the recording")

// The pauses of someone who reads line by line.
const (
	breath    = 150 // ms: a shorter pause is within a word
	sure      = 250 // no pause between lines is shorter
	usual     = 450 // between lines when counting them does not help
	clickMS   = 60  // what is shorter and soft is no speech
	clickDB   = 12
	leadMS    = 60 // kept before speech: consonants begin softly
	tailMS    = 120
	liftShare = 0.3 // of the way from noise to speech: what is above is speech
	liftLeast = 6.  // dB
)

// Cut finds the stretches of speech between pauses. lines is how many were to be
// read: when so many stand out by the length of their pauses, there are so many.
func (r *Recording) Cut(lines int) ([]Span, Quality, error) {
	l, err := r.listen()
	if err != nil {
		return nil, Quality{}, err
	}
	q := l.quality(Span{0, len(l.db) * frameMS})
	all := l.voiced()
	if len(all) == 0 {
		return nil, q, ErrNoSpeech
	}
	return l.pad(join(all, pause(all, lines))), q, nil
}

// voiced are the stretches above the noise that are no clicks.
func (l levels) voiced() []Span {
	if l.speech-l.noise < liftLeast {
		return nil
	}
	threshold := l.noise + max(liftLeast, liftShare*(l.speech-l.noise))
	var all []Span
	for i, db := range l.db {
		at := i * frameMS
		switch {
		case db < threshold:
		case len(all) > 0 && at-all[len(all)-1].To < breath:
			all[len(all)-1].To = at + frameMS
		default:
			all = append(all, Span{at, at + frameMS})
		}
	}
	return slices.DeleteFunc(all, func(s Span) bool {
		loudest := slices.Max(l.db[s.From/frameMS : s.To/frameMS])
		return s.To-s.From < clickMS && loudest < l.speech-clickDB/2 || loudest < l.speech-2*clickDB
	})
}

// pause is the length from which on a pause is one between lines.
func pause(all []Span, lines int) int {
	var gaps []int
	for i := 1; i < len(all); i++ {
		gaps = append(gaps, all[i].From-all[i-1].To)
	}
	slices.SortFunc(gaps, func(a, b int) int { return b - a })
	switch n := lines - 1; {
	case n == 0:
		return math.MaxInt
	case n > len(gaps) || gaps[n-1] < sure:
		return usual
	case n == len(gaps):
		return min(gaps[n-1], usual)
	case gaps[n]*5 <= gaps[n-1]*4: // they stand out
		return gaps[n-1]
	}
	return usual
}

func join(all []Span, pause int) []Span {
	out := []Span{all[0]}
	for _, s := range all[1:] {
		if at := &out[len(out)-1]; s.From-at.To < pause {
			at.To = s.To
		} else {
			out = append(out, s)
		}
	}
	return out
}

// pad gives each stretch some of the pauses around it.
func (l levels) pad(all []Span) []Span {
	out := slices.Clone(all)
	for i := range out {
		before, after := all[i].From, len(l.db)*frameMS-all[i].To
		if i > 0 {
			before = (all[i].From - all[i-1].To) / 2
		}
		if i+1 < len(all) {
			after = (all[i+1].From - all[i].To) / 2
		}
		out[i].From -= min(leadMS, before)
		out[i].To += min(tailMS, after)
	}
	return out
}

func (l levels) quality(s Span) Quality {
	from, to := s.From/frameMS, min(s.To/frameMS, len(l.db))
	q := Quality{NoiseDB: math.Round(l.speech - l.noise)}
	var peak float64
	for i := from; i < to; i++ {
		peak = max(peak, l.peak[i])
		q.Clipped += l.clipped[i]
	}
	q.PeakDB = math.Round(200*math.Log10(peak+1e-5)) / 10
	q.judge()
	return q
}

// Take masters stretches of a recording, each a clip.
func (r *Recording) Take(spans []Span) ([]Sound, []Quality, error) {
	l, err := r.listen()
	if err != nil {
		return nil, nil, err
	}
	noise := math.Pow(10, l.noise/20)
	var sounds []Sound
	var all []Quality
	for _, span := range spans {
		frame := func(ms int) int64 { return int64(ms) * int64(r.rate) / 1000 }
		raw, err := r.part(frame(span.From), frame(span.To))
		if err != nil {
			return nil, nil, err
		}
		if len(raw.Samples) == 0 {
			return nil, nil, ErrNoSpeech
		}
		s, err := master(raw, noise)
		if errors.Is(err, errSilent) {
			err = ErrNoSpeech
		}
		if err != nil {
			return nil, nil, err
		}
		sounds, all = append(sounds, s), append(all, l.quality(span))
	}
	return sounds, all, nil
}

// Matched is a stretch of a recording and the line that it seems to be; -1: none.
type Matched struct {
	Span
	Line int `json:"line"`
}

// What is unlikely, as the logarithm of a ratio of lengths is: it costs 1 to take
// a stretch for a line of e times its length.
const (
	costSkip = 0.9 // a cough, or a line that was not read
	costJoin = 0.35
	joinMost = 3
)

// Match finds for each stretch the line that it is, in order, by their lengths.
// A stretch may be no line, a line may be missing, and a line may have been read
// with a pause in it.
func Match(spans []Span, lines []time.Duration) []Matched {
	scale := pace(spans, lines)
	n, m := len(spans), len(lines)
	type cell struct {
		cost float64
		how  int // -1: the line is missing; 0: the stretch is none; k: so many stretches are the line
	}
	best := make([][]cell, n+1)
	for i := range best {
		best[i] = make([]cell, m+1)
		for j := range best[i] {
			if i == 0 && j == 0 {
				continue
			}
			c := cell{cost: math.Inf(1)}
			try := func(cost float64, how int) {
				if cost < c.cost {
					c = cell{cost, how}
				}
			}
			for k := 1; k <= joinMost && k <= i && j > 0; k++ {
				whole := Span{spans[i-k].From, spans[i-1].To}.ms()
				far := math.Abs(math.Log(whole / (scale * float64(lines[j-1].Milliseconds()))))
				try(best[i-k][j-1].cost+far+float64(k-1)*costJoin, k)
			}
			if i > 0 {
				try(best[i-1][j].cost+costSkip, 0)
			}
			if j > 0 {
				try(best[i][j-1].cost+costSkip, -1)
			}
			best[i][j] = c
		}
	}
	var out []Matched
	for i, j := n, m; i > 0 || j > 0; {
		switch how := best[i][j].how; how {
		case -1:
			j--
		case 0:
			i--
			out = append(out, Matched{spans[i], -1})
		default:
			i, j = i-how, j-1
			out = append(out, Matched{Span{spans[i].From, spans[i+how-1].To}, j})
		}
	}
	slices.Reverse(out)
	return out
}

// pace is how much slower the speaker is than was expected, by the middle of
// both, so that some coughs and missing lines change little.
func pace(spans []Span, lines []time.Duration) float64 {
	if len(spans) == 0 || len(lines) == 0 {
		return 1
	}
	var a, b []float64
	for _, s := range spans {
		a = append(a, s.ms())
	}
	for _, l := range lines {
		b = append(b, float64(l.Milliseconds()))
	}
	slices.Sort(a)
	slices.Sort(b)
	return min(max(a[len(a)/2]/b[len(b)/2], 0.5), 2.5)
}
