package keypad

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLines(t *testing.T) {
	var d LineDecoder
	var keys []string
	for _, chunk := range []string{"K1\r\nK", "2\r", "\n\n 7 \n", "\x00K3\r", strings.Repeat("x", 40) + "\r", "K4\n"} {
		for _, p := range d.Feed([]byte(chunk)) {
			keys = append(keys, p.Key)
		}
	}
	assert.Equal(t, []string{"K1", "K2", "7", "K4"}, keys)
	assert.Equal(t, 2, d.Junk)
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("K1\r\n\x80K2\rK3\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var whole, pieces LineDecoder
		var a, b []Press
		a = whole.Feed(in)
		for i := range in {
			b = append(b, pieces.Feed(in[i:i+1])...)
		}
		assert.Equal(t, a, b)
	})
}
