package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/store/centre"
)

func TestCheckTellsTheRoundOfEachBus(t *testing.T) {
	words, err := locale.New("")
	require.NoError(t, err)
	pad := func(id, port, protocol string, address int) centre.Keypad {
		return centre.Keypad{ID: id, Port: port, Protocol: protocol, Address: address, Inputs: centre.Discrete, Keys: centre.Keymap{"1": "next", "8": "recall"}}
	}
	d := &centre.Document{
		Keypads: []centre.Keypad{
			pad("a", "serial:/dev/a?baud=19200", centre.FF68, 1), pad("b", "serial:/dev/a?baud=19200", centre.FF68, 2),
			pad("c", "tcp:h:1", centre.Modbus, 1), pad("d", "tcp:h:1", centre.Modbus, 1), pad("e", "evdev:x", centre.Keys, 1),
		},
		LEDs: []centre.LED{{ID: "l", Port: "serial:/dev/b", Digits: 4}, {ID: "m", Port: "serial:/dev/b", Protocol: centre.ModbusNumber, Digits: 4}},
	}
	var out bytes.Buffer
	sayBuses(env{out: &out, words: words, lang: "en"}, d)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3, "a keyboard is no bus")
	assert.Contains(t, lines[0], "24 ms at 19200 baud", "two times 15 bytes and 4 ms")
	assert.Contains(t, lines[1], "22 ms at 9600 baud", "one module: 14 bytes and two gaps")
	assert.Contains(t, lines[2], "53 ms at 9600 baud", "37 bytes and four gaps")
}
