package voice

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The packs that are shipped are IMA ADPCM in WAV files: four bits a sample
// instead of sixteen, since they weigh more than all else in the binary that is
// no program. They are read as 16-bit PCM before anything is done with them. A
// lossless way was measured: it saves a third and not three quarters. What is
// recorded in a centre stays PCM.

const (
	formatADPCM = 0x11
	blockBytes  = 512
	blockFrames = 2*(blockBytes-4) + 1 // the first sample of a block is whole
)

var stepChange = [16]int{-1, -1, -1, -1, 2, 4, 6, 8, -1, -1, -1, -1, 2, 4, 6, 8}

// steps are the 89 sizes of IMA's table. Each is a tenth more than the one before.
var steps = [89]int{7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
	130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411,
	1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487,
	12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767}

// coder is the state on both sides of the wire.
type coder struct{ value, index int }

// take moves on by one code.
func (c *coder) take(code int) int {
	step := steps[c.index]
	diff := step >> 3
	for bit, part := range []int{step >> 2, step >> 1, step} {
		if code&(1<<bit) != 0 {
			diff += part
		}
	}
	if code&8 != 0 {
		diff = -diff
	}
	c.value = min(max(c.value+diff, math.MinInt16), math.MaxInt16)
	c.index = min(max(c.index+stepChange[code], 0), len(steps)-1)
	return c.value
}

// code is the one that comes nearest to a sample.
func (c *coder) code(sample int) int {
	diff, code := sample-c.value, 0
	if diff < 0 {
		diff, code = -diff, 8
	}
	step := steps[c.index]
	for bit := 2; bit >= 0; bit-- {
		if part := step >> (2 - bit); diff >= part {
			code |= 1 << bit
			diff -= part
		}
	}
	return code
}

// ADPCM writes the sound as IMA ADPCM.
func (s Sound) ADPCM() []byte {
	var data bytes.Buffer
	var c coder
	sample := func(i int) int {
		return int(math.Round(min(max(s.Samples[min(i, len(s.Samples)-1)], -1), 32767.0/32768) * 32768))
	}
	for at := 0; at < len(s.Samples); at += blockFrames {
		c.value = sample(at)
		data.Write([]byte{byte(c.value), byte(c.value >> 8), byte(c.index), 0})
		for i := at + 1; i < at+blockFrames; i += 2 { // beyond the end the last sample stands
			low := c.code(sample(i))
			c.take(low)
			high := c.code(sample(i + 1))
			c.take(high)
			data.WriteByte(byte(high<<4 | low))
		}
	}
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	b.WriteString("RIFF")
	put(uint32(4 + 8 + 20 + 8 + 4 + 8 + data.Len()))
	b.WriteString("WAVEfmt ")
	put([]uint32{20})
	put([]uint16{formatADPCM, 1})
	put([]uint32{uint32(s.Rate), uint32(s.Rate * blockBytes / blockFrames)})
	put([]uint16{blockBytes, 4, 2, blockFrames})
	b.WriteString("fact")
	put([]uint32{4, uint32(len(s.Samples))})
	b.WriteString("data")
	put(uint32(data.Len()))
	b.Write(data.Bytes())
	return b.Bytes()
}

// unpack reads the blocks of a file, frames of them if it says how many.
func unpack(data []byte, block, frames int) []float64 {
	var out []float64
	for ; len(data) > 4; data = data[min(block, len(data)):] {
		c := coder{int(int16(binary.LittleEndian.Uint16(data))), min(int(data[2]), len(steps)-1)}
		out = append(out, float64(c.value)/32768)
		for _, b := range data[4:min(block, len(data))] {
			out = append(out, float64(c.take(int(b&15)))/32768, float64(c.take(int(b>>4)))/32768)
		}
	}
	if frames > 0 {
		out = out[:min(frames, len(out))]
	}
	return out
}
