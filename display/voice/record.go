package voice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// Recording is a WAV file of 16-bit PCM that is read in parts: ten minutes of
// speech as floats would not fit into a small box's memory beside the hall.
type Recording struct {
	r              io.ReaderAt
	rate, channels int
	data, frames   int64 // where samples begin, and how many of all channels
}

// OpenRecording reads the head of a WAV file.
func OpenRecording(r io.ReaderAt, size int64) (*Recording, error) {
	var head [12]byte
	if _, err := r.ReadAt(head[:], 0); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, errNotWAV
	}
	rec := &Recording{r: r}
	for at := int64(12); at+8 <= size; {
		var chunk [24]byte // head, and the fields of fmt
		n, err := r.ReadAt(chunk[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		length := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if n < len(chunk) || binary.LittleEndian.Uint16(chunk[8:]) != 1 || binary.LittleEndian.Uint16(chunk[22:]) != 16 {
				return nil, errNotWAV
			}
			rec.channels, rec.rate = int(binary.LittleEndian.Uint16(chunk[10:])), int(binary.LittleEndian.Uint32(chunk[12:]))
			if rec.channels < 1 || rec.channels > 8 || rec.rate < 8000 || rec.rate > 192000 {
				return nil, fmt.Errorf("%w: %d channels at %d Hz", errNotWAV, rec.channels, rec.rate)
			}
		case "data":
			if rec.channels == 0 {
				return nil, errNotWAV
			}
			rec.data = at + 8
			rec.frames = min(length, size-rec.data) / int64(2*rec.channels)
			return rec, nil
		}
		at += 8 + length + length%2
	}
	return nil, errNotWAV
}

// Length of the recording.
func (r *Recording) Length() time.Duration {
	return time.Duration(r.frames) * time.Second / time.Duration(r.rate)
}

// part reads frames, the channels as their mean. Beyond the end is nothing.
func (r *Recording) part(from, to int64) (Sound, error) {
	from, to = max(from, 0), min(to, r.frames)
	if from >= to {
		return Sound{Rate: r.rate}, nil
	}
	b := make([]byte, (to-from)*int64(2*r.channels))
	if _, err := r.r.ReadAt(b, r.data+from*int64(2*r.channels)); err != nil && !errors.Is(err, io.EOF) {
		return Sound{}, err
	}
	return Sound{Rate: r.rate, Samples: mean(b, r.channels)}, nil
}

// Quality is how good a recording was, before it was mastered.
type Quality struct {
	NoiseDB  float64 `json:"noise_db"` // of the pauses, below the speech: the more the better
	PeakDB   float64 `json:"peak_db"`  // of full scale
	Clipped  int     `json:"clipped,omitempty"`
	Verdicts []Fault `json:"faults,omitempty"`
}

// Fault is something that a speaker can do better.
type Fault string

// The faults of a recording.
const (
	TooLoud Fault = "clipped" // cut off at full scale
	Noisy   Fault = "noisy"
	TooSoft Fault = "soft"
)

const (
	clippedAt   = 32000.0 / 32768
	clippedFrom = 3   // samples of it that can be heard
	noisyBelow  = 22. // dB between speech and pauses
	softBelow   = -30 // dB of full scale
)

func (q *Quality) judge() {
	if q.Clipped >= clippedFrom {
		q.Verdicts = append(q.Verdicts, TooLoud)
	}
	if q.NoiseDB < noisyBelow {
		q.Verdicts = append(q.Verdicts, Noisy)
	}
	if q.PeakDB < softBelow {
		q.Verdicts = append(q.Verdicts, TooSoft)
	}
}

// levels is the loudness of each hundredth of a second in dB of full scale,
// without the hum below speech.
type levels struct {
	db            []float64
	peak          []float64
	clipped       []int
	noise, speech float64 // dB
}

const frameMS = 10

// listen reads the whole recording, second by second.
func (r *Recording) listen() (levels, error) {
	var l levels
	pass := highPass(120, r.rate)
	var state [2]float64
	frame := int64(r.rate) * frameMS / 1000
	for at := int64(0); at < r.frames; at += 100 * frame {
		s, err := r.part(at, at+100*frame)
		if err != nil {
			return l, err
		}
		filtered := pass.from(s.Samples, &state)
		for i := 0; i < len(filtered); i += int(frame) {
			end := min(i+int(frame), len(filtered))
			var sum, peak float64
			clipped := 0
			for k := i; k < end; k++ {
				sum += filtered[k] * filtered[k]
				if v := math.Abs(s.Samples[k]); v >= clippedAt {
					clipped++
				}
				peak = max(peak, math.Abs(s.Samples[k]))
			}
			l.db = append(l.db, max(10*math.Log10(sum/float64(end-i)+1e-12), -100))
			l.peak, l.clipped = append(l.peak, peak), append(l.clipped, clipped)
		}
	}
	if len(l.db) == 0 {
		return l, errSilent
	}
	sorted := slices.Sorted(slices.Values(l.db))
	l.noise, l.speech = sorted[len(sorted)/20], sorted[len(sorted)*19/20]
	l.noise = max(l.noise, l.speech-60) // a phone makes its pauses quite silent
	return l, nil
}
