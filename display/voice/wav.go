package voice

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Rate is that of shipped clips, in Hz: speech has nothing above 12 kHz that a
// hall's loudspeaker would carry.
const Rate = 24000

// Sound is one channel, samples from -1 to 1.
type Sound struct {
	Rate    int
	Samples []float64
}

// MS is the length in milliseconds, a begun one counted.
func (s Sound) MS() int { return (len(s.Samples)*1000 + s.Rate - 1) / s.Rate }

// Times is the sound louder or softer.
func (s Sound) Times(gain float64) Sound {
	out := Sound{Rate: s.Rate, Samples: make([]float64, len(s.Samples))}
	for i, v := range s.Samples {
		out.Samples[i] = gain * v
	}
	return out
}

var errNotWAV = errors.New("not a WAV file of 16-bit samples")

// ReadWAV reads a file of 16-bit PCM, several channels as their mean, or of IMA
// ADPCM with one channel.
func ReadWAV(b []byte) (Sound, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return Sound{}, errNotWAV
	}
	var s Sound
	channels, block, frames := 0, 0, 0
	for rest := b[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(min(binary.LittleEndian.Uint32(rest[4:]), math.MaxInt32-16)) // an int may have 32 bits
		body := rest[8:]
		body = body[:min(size, len(body))] // programs that write to a pipe do not know the size
		switch id {
		case "fmt ":
			if len(body) < 16 {
				return Sound{}, errNotWAV
			}
			format, bits := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[14:])
			channels, s.Rate = int(binary.LittleEndian.Uint16(body[2:])), int(binary.LittleEndian.Uint32(body[4:]))
			if format == formatADPCM && bits == 4 && channels == 1 {
				block = max(int(binary.LittleEndian.Uint16(body[12:])), 5)
			} else if format != 1 || bits != 16 {
				return Sound{}, errNotWAV
			}
			if channels < 1 || channels > 8 || s.Rate < 8000 || s.Rate > 192000 {
				return Sound{}, fmt.Errorf("%w: %d channels at %d Hz", errNotWAV, channels, s.Rate)
			}
		case "fact":
			if len(body) >= 4 {
				frames = int(binary.LittleEndian.Uint32(body))
			}
		case "data":
			switch {
			case channels == 0:
				return Sound{}, errNotWAV
			case block > 0:
				s.Samples = unpack(body, block, frames)
			default:
				s.Samples = mean(body, channels)
			}
			return s, nil
		}
		rest = rest[min(8+size+size%2, len(rest)):]
	}
	return Sound{}, errNotWAV
}

func mean(body []byte, channels int) []float64 {
	out := make([]float64, len(body)/2/channels)
	for i := range out {
		for c := range channels {
			out[i] += float64(int16(binary.LittleEndian.Uint16(body[2*(i*channels+c):]))) / 32768
		}
		out[i] /= float64(channels)
	}
	return out
}

// WAV writes the sound as 16-bit PCM.
func (s Sound) WAV() []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	size := uint32(2 * len(s.Samples))
	b.WriteString("RIFF")
	put(36 + size)
	b.WriteString("WAVEfmt ")
	put(uint32(16))
	put([]uint16{1, 1})
	put([]uint32{uint32(s.Rate), uint32(2 * s.Rate)})
	put([]uint16{2, 16})
	b.WriteString("data")
	put(size)
	samples := make([]int16, len(s.Samples))
	for i, v := range s.Samples {
		samples[i] = int16(math.Round(min(max(v, -1), 32767.0/32768) * 32768))
	}
	put(samples)
	return b.Bytes()
}
