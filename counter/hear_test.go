package counter_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter"
	"xinmoi/counter/keypad"
	"xinmoi/store/centre"
)

func TestHear(t *testing.T) {
	hear, err := counter.Hear(nil)
	require.NoError(t, err)
	press := keypad.Frame{Addr: 5, Fn: keypad.FnKey, Data: []byte{6, keypad.KeyConfirm}}.Bytes()
	assert.Empty(t, hear(press[:4]))
	assert.Equal(t, []string{"ff68  address 5  key 6 0F = no_show"}, hear(press[4:]))
	assert.Equal(t, []string{"ff68  address 2  rating 5"}, hear(keypad.Frame{Addr: 2, Fn: keypad.FnRated, Data: []byte{0}}.Bytes()))
	assert.Equal(t, []string{"ff68  address 2  function 03  "}, hear(keypad.Beep(2).Bytes()))
	assert.Empty(t, hear([]byte{0x80, '\r', 'K'}))
	assert.Equal(t, []string{`line  key "K1"`}, hear([]byte("1\r\n")))
}

// TestHearWhatIsDescribed: who has written a template sees what it makes of the
// presses before the hall depends on it.
func TestHearWhatIsDescribed(t *testing.T) {
	doc, findings := centre.Parse("centre.toml", []byte(padCentre+`
[[template]]
id = "box"
start = "02"
end = "03"
min = 5
address = 1
key = 2
check = { kind = "xor8", from = 1, to = -2 }
keys = { "31" = "next" }
`))
	require.NotNil(t, doc, "%v", findings)
	hear, err := counter.Hear(doc)
	require.NoError(t, err)
	assert.Empty(t, hear([]byte{2, 7, 0x31, 7, 3}), "a wrong checksum")
	assert.Empty(t, hear([]byte{2, 7, 0x31}))
	assert.Equal(t, []string{"template box  address 7  key 31 = next"}, hear([]byte{7 ^ 0x31, 3}))
	assert.Equal(t, []string{"template box  no key  02 07 32 35 03"}, hear([]byte{2, 7, 0x32, 7 ^ 0x32, 3}))
}

func TestHearKeys(t *testing.T) {
	hear := counter.HearKeys()
	assert.Empty(t, hear([]byte{1, 0, 79, 0, 1, 0, 0, 0, 1, 0, 79, 0, 0, 0, 0, 0}), "a digit")
	assert.Equal(t, []string{"keys  key 1 dot = start"}, hear([]byte{1, 0, 83, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
}
