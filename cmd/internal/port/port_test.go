package port

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
)

func TestParseAndString(t *testing.T) {
	for _, tt := range []struct{ in, out string }{
		{"serial:/dev/ttyUSB0", "serial:/dev/ttyUSB0?baud=9600"},
		{"serial:/dev/ttyUSB0?baud=9600&parity=none&flow=none", "serial:/dev/ttyUSB0?baud=9600"},
		{"serial:/dev/xinmoi/bus0?baud=19200&parity=even&stop=2&bits=7&flow=rtscts", "serial:/dev/xinmoi/bus0?baud=19200&bits=7&parity=even&stop=2&flow=rtscts"},
		{"usb:/dev/usb/lp0", "usb:/dev/usb/lp0"},
		{"tcp:192.168.1.50:9100", "tcp:192.168.1.50:9100"},
		{"tcp:[fe80::1]:9100", "tcp:[fe80::1]:9100"},
		{"tcp:192.168.1.51:4001?baud=19200", "tcp:192.168.1.51:4001?baud=19200"},
		{"evdev:pci-0000:00:14.0-usb-0:3:1.0", "evdev:pci-0000:00:14.0-usb-0:3:1.0"},
		{"agent:kiosk1/printer0", "agent:kiosk1/printer0"},
	} {
		a, err := Parse(tt.in)
		require.NoError(t, err, tt.in)
		assert.Equal(t, tt.out, a.String())
		again, err := Parse(a.String())
		require.NoError(t, err)
		assert.Equal(t, a, again)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, bad := range []string{
		"", "serial", "serial:", "serial:ttyUSB0", "/dev/ttyUSB0", "bluetooth:x",
		"serial:/dev/ttyUSB0?baud=14400", // tarm/serial cannot set it
		"serial:/dev/ttyUSB0?baud=fast", "serial:/dev/ttyUSB0?parity=mark", "serial:/dev/ttyUSB0?flow=dtr",
		"serial:/dev/ttyUSB0?speed=9600", "serial:/dev/ttyUSB0?stop=3", "serial:/dev/ttyUSB0?bits=%zz",
		"usb:lp0", "usb:/dev/usb/lp0?baud=9600",
		"tcp:printer", "tcp::9100", "tcp:host:0", "tcp:host:70000", "tcp:host:x", "tcp:host:9100?parity=even", "tcp:host:9100?baud=1",
		"agent:kiosk1", "agent:/printer0", "agent:kiosk1/", "evdev:?x",
	} {
		_, err := Parse(bad)
		assert.Error(t, err, bad)
	}
}

func TestAgentPortsAreAskedFor(t *testing.T) {
	a, err := Parse("agent:kiosk1/printer0")
	require.NoError(t, err)
	_, err = Open(t.Context(), a)
	assert.Equal(t, &device.Fault{Conditions: device.Set(device.AgentLost), Detail: "kiosk1"}, Explain(err, a))

	asked := ""
	_, err = Opener{Lent: func(_ context.Context, box, name string) (device.Wire, error) {
		asked = box + " " + name
		return nil, nil
	}}.Open(t.Context(), a)
	require.NoError(t, err)
	assert.Equal(t, "kiosk1 printer0", asked)
}

func TestParseDeviceID(t *testing.T) {
	id, err := parseDeviceID([]byte("\x00\x0cMFG:EPSON;trailing"))
	require.NoError(t, err)
	assert.Equal(t, "MFG:EPSON;", id)
	for _, bad := range []string{"", "\x00", "\x00\x01", "\x00\x09MFG"} {
		_, err := parseDeviceID([]byte(bad))
		assert.Error(t, err, "%q", bad)
	}
}

func TestRepackDropsTheKernelsTime(t *testing.T) {
	var events []byte
	for i := range 2 {
		e := make([]byte, inputEvent)
		copy(e[inputEvent-record:], []byte{1, 0, byte(0x4f + i), 0, 1, 0, 0, 0}) // EV_KEY, KEY_KP1, pressed
		events = append(events, e...)
	}
	out := make([]byte, 64)
	n := repack(out, append(events, 1, 2, 3))
	assert.Equal(t, []byte{1, 0, 0x4f, 0, 1, 0, 0, 0, 1, 0, 0x50, 0, 1, 0, 0, 0}, out[:n])
}

// A slip in a document does not write tickets into a file.
func TestAFileIsNoDevice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "centre.toml")
	require.NoError(t, os.WriteFile(file, []byte("the document"), 0o600))
	for _, addr := range []string{"usb:" + file, "serial:" + file, "evdev:" + file, "usb:" + filepath.Dir(file)} {
		a, err := Parse(addr)
		require.NoError(t, err)
		_, err = Open(t.Context(), a)
		assert.Error(t, err, addr)
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "the document", string(text))
}
