package counter_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"xinmoi/counter"
	"xinmoi/counter/keypad"
)

func TestHear(t *testing.T) {
	hear := counter.Hear()
	press := keypad.Frame{Addr: 5, Fn: keypad.FnKey, Data: []byte{6, keypad.KeyConfirm}}.Bytes()
	assert.Empty(t, hear(press[:4]))
	assert.Equal(t, []string{"ff68  address 5  key 6 0F = no_show"}, hear(press[4:]))
	assert.Equal(t, []string{"ff68  address 2  rating 5"}, hear(keypad.Frame{Addr: 2, Fn: keypad.FnRated, Data: []byte{0}}.Bytes()))
	assert.Equal(t, []string{"ff68  address 2  function 03  "}, hear(keypad.Beep(2).Bytes()))
	assert.Empty(t, hear([]byte{0x80, '\r', 'K'}))
	assert.Equal(t, []string{`line  key "K1"`}, hear([]byte("1\r\n")))
}
