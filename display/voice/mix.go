package voice

import (
	"fmt"
	"strings"
)

// Mix is a plan as one sound, for whatever plays a whole file. Clips keep their
// loudness; none lies over another one.
func (all Packs) Mix(p Plan) (Sound, error) {
	out := Sound{Rate: Rate, Samples: make([]float64, int(p.Length.Milliseconds())*Rate/1000)}
	for _, cue := range p.Cues {
		lang, name, _ := strings.Cut(cue.Clip, "/")
		pack := all[lang]
		if pack == nil {
			return out, fmt.Errorf("no voice in %q", lang)
		}
		b, err := pack.WAV(name)
		if err != nil {
			return out, err
		}
		s, err := ReadWAV(b)
		if err != nil {
			return out, fmt.Errorf("%s: %w", cue.Clip, err)
		}
		at := cue.At * Rate / 1000
		s = s.resample(Rate)
		if missing := at + len(s.Samples) - len(out.Samples); missing > 0 {
			out.Samples = append(out.Samples, make([]float64, missing)...)
		}
		for i, v := range s.Samples {
			out.Samples[at+i] += v
		}
	}
	return out, nil
}
