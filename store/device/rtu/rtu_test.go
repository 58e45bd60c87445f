package rtu

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheLengthOfAnAnswer(t *testing.T) {
	for fn, want := range map[byte]int{1: 6, 2: 6, 3: 21, 6: 8, 16: 8} {
		assert.Equal(t, want, answerLength([]byte{1, fn, 0, 0, 0, 8, 0, 0}), "function %d", fn)
	}
	assert.Equal(t, 7, answerLength([]byte{1, 2, 0, 0, 0, 9, 0, 0}), "nine inputs are two bytes")
	assert.InDelta(t, 23.958, float64(Cost(8, 8, 9600).Microseconds())/1000, 0.001)
}

func FuzzFind(f *testing.F) {
	f.Add([]byte{3, 0x10, 0, 0x70, 0, 2, 0x41, 0xF1}, false)
	f.Add([]byte{3, 0x90, 2, 0, 0}, true)
	f.Fuzz(func(t *testing.T, b []byte, echo bool) {
		for _, fn := range []byte{1, 2, 3, 6, 16} {
			m := NewMaster(nil)
			m.echo = echo
			request := []byte{3, fn, 0, 0x70, 0, 2, 4, 0x41, 0x30}
			if got, behind := m.find(request, b); got != nil && (len(got) < 5 || len(got)+len(behind) > len(b)) {
				t.Fatal("an answer of", len(got))
			}
			m.crossed(request, b)
		}
	})
}
