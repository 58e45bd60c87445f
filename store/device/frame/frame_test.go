package frame

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMake(t *testing.T) {
	v := Values{Addr: 5, Row: 2, Waiting: 12, Number: "A012", Counter: "7"}
	for text, want := range map[string]string{
		"":                                "",
		"23 {addr:2/ascii} 0D":            "#05\r",
		"{row} {row:1/ascii} {addr}":      "\x022\x05",
		"{num:4/ascii} {counter:2/ascii}": "A012 7",
		"{num:3/0A} {wait:4/20}":          "\x00\x01\x02\x20\x20\x01\x02",
		"{num:5/0A}":                      "\x0a\x0a\x00\x01\x02",
		"{num:5/7seg}":                    "\x00\x77\x3f\x06\x5b",
		"{counter:2/7seg}":                "\x00\x07",
		"{wait:1/0A}":                     "\x09",
		"31 32 33 34 35 36 37 38 39 {crc16-modbus:0} {sum8:0}":        "123456789\x37\x4b\x5f",
		"FF 68 08 08 68 {addr} 02 {wait:3/0A} {num:3/0A} {sum8:5} 16": "\xff\x68\x08\x08\x68\x05\x02\x0a\x01\x02\x00\x01\x02\x17\x16",
	} {
		f, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, string(f.Make(v)), text)
	}
	f, err := Parse("{wait:3/0A} {num:2/ascii}")
	require.NoError(t, err)
	assert.Equal(t, "\x0a\x0a\x0a  ", string(f.Make(Values{Waiting: -1})), "nothing is blank")
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"{who}", "{}", "{num:x/0A}", "{num:3}", "{num:17/ascii}", "{num:0/0A}", "XX", "{addr:2/0A}", "{addr:2/7seg}", "{sum8}", "{sum8:x}", "{num:3/0A", "F"} {
		_, err := Parse(text)
		assert.Error(t, err, text)
	}
}

// TestSums against values of other programs: check values of "123456789".
func TestSums(t *testing.T) {
	for kind, want := range map[string][]byte{
		"sum8": {0xDD}, "lrc": {0x23}, "xor8": {0x31}, "crc16-modbus": {0x37, 0x4B}, "": nil,
	} {
		got, err := Sum(kind, []byte("123456789"))
		require.NoError(t, err)
		assert.Equal(t, want, got, kind)
	}
	_, err := Sum("md5", nil)
	assert.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add("FF 68 {addr} {num:3/0A} {sum8:1} 16", "A012", 3)
	f.Fuzz(func(_ *testing.T, text, number string, n int) {
		if x, err := Parse(text); err == nil {
			x.Make(Values{Addr: byte(n), Row: n, Waiting: n, Number: number, Counter: number})
		}
	})
}
