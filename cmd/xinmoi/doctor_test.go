package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/assets/locale"
	"xinmoi/printer"
	"xinmoi/store/centre"
)

// fakeMachine is a machine with a USB serial line, a scanner, a keypad, a ticket
// printer, and much that is of no use.
func fakeMachine(t *testing.T) machine {
	m := machine{t.TempDir()}
	write := func(path, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(m.path(path)), 0o755))
		require.NoError(t, os.WriteFile(m.path(path), []byte(text+"\n"), 0o644))
	}
	link := func(path, to string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(m.path(path)), 0o755))
		require.NoError(t, os.Symlink(to, m.path(path)))
	}
	usb := func(socket, id, maker, product string) {
		vendor, code, _ := strings.Cut(id, ":")
		write("sys/devices/"+socket+"/idVendor", vendor)
		write("sys/devices/"+socket+"/idProduct", code)
		write("sys/devices/"+socket+"/manufacturer", maker)
		write("sys/devices/"+socket+"/product", product)
	}
	class := func(class, name, number, socket string) {
		write("sys/class/"+class+"/"+name+"/dev", number)
		require.NoError(t, os.MkdirAll(m.path("sys/devices", socket, name), 0o755))
		link("sys/class/"+class+"/"+name+"/device", m.path("sys/devices", socket, name))
		write("run/udev/data/c"+number, "S:serial\nE:ID_PATH=pci-0000:00:14.0-usb-0:"+socket+":1.0")
	}
	usb("1", "1a86:7523", "", "USB Serial")
	class("tty", "ttyUSB0", "188:0", "1")
	write("dev/ttyUSB0", "")
	link("proc/412/fd/7", "/dev/ttyUSB0")
	write("proc/412/comm", "brltty")
	usb("2", "0c2e:0b6a", "Honeywell", "Scanner")
	class("tty", "ttyACM0", "166:0", "2")
	write("dev/ttyACM0", "")
	usb("3", "04b8:0202", "EPSON", "TM-T82")
	class("usbmisc", "lp0", "180:0", "3")
	write("sys/devices/3/lp0/ieee1284_id", "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82;CLS:PRINTER;")
	write("dev/usb/lp0", "")
	usb("4", "258a:0001", "SINO", "Keypad")
	class("input", "event3", "13:67", "4")
	write("dev/input/event3", "")
	write("sys/devices/4/event3/name", "SINO Keypad")
	write("sys/devices/4/event3/capabilities/key", "100 0 0 0 1 e280 80000")
	class("input", "event0", "13:64", "9") // a power button
	write("sys/devices/9/event0/capabilities/key", "10000000000000 0")
	class("tty", "ttyS0", "4:64", "8")
	write("sys/class/tty/ttyS0/type", "0")
	write("sys/class/tty/tty1/dev", "4:1")
	return m
}

// nobody answers at any port.
func nobody(context.Context, string) (printer.Heard, error) { return printer.Heard{}, nil }

func TestDoctorListsDevices(t *testing.T) {
	m := fakeMachine(t)
	all := m.devices()
	var ports []string
	for _, f := range all {
		ports = append(ports, f.port)
	}
	require.Equal(t, []string{
		"evdev:pci-0000:00:14.0-usb-0:4:1.0", "serial:/dev/ttyACM0?baud=9600", "serial:/dev/ttyUSB0?baud=9600", "usb:/dev/usb/lp0",
	}, ports)
	assert.Equal(t, found{
		kind: "serial", node: "/dev/ttyUSB0", port: "serial:/dev/ttyUSB0?baud=9600", name: "USB Serial", id: "1a86:7523", usb: m.path("sys/devices/1"),
		idPath: "pci-0000:00:14.0-usb-0:1:1.0", like: "bus", access: true, group: all[2].group, held: []string{"brltty (412)"},
	}, all[2])
	assert.Equal(t, "EPSON TM-T82", all[3].name)
	assert.Equal(t, "keypad", all[0].like)
	assert.True(t, all[0].access, "input devices have a folder of their own")
	assert.Equal(t, "/dev/input/event3", all[0].node)

	words, err := locale.New("")
	require.NoError(t, err)
	for _, lang := range []string{"vi", "en"} {
		var out bytes.Buffer
		e := env{out: &out, words: words, lang: lang}
		assert.Equal(t, exitFound, sayDevices(t.Context(), e, all, nobody))
		assert.Contains(t, out.String(), "brltty (412)")
		assert.NotContains(t, out.String(), "cmd.doctor")
		assert.Equal(t, exitGood, sayDevices(t.Context(), e, all[1:2], nobody))
		assert.Equal(t, exitFound, sayDevices(t.Context(), e, nil, nobody))
	}
}

// Nothing that is plugged in goes unmentioned, and each is told what would make
// it of use.
func TestDoctorNamesStrangers(t *testing.T) {
	m := fakeMachine(t)
	plug := func(socket, device string, parts map[string]string) { // "class driver" of each interface
		for name, text := range map[string]string{"idVendor": "1234", "idProduct": socket, "product": device} {
			path := m.path("sys/devices", socket, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(text+"\n"), 0o644))
		}
		for part, text := range parts {
			class, driver, _ := strings.Cut(text, " ")
			dir := m.path("sys/devices", socket, socket+":"+part)
			require.NoError(t, os.MkdirAll(dir, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "bInterfaceClass"), []byte(class+"\n"), 0o644))
			if driver != "" {
				require.NoError(t, os.Symlink("/sys/bus/usb/drivers/"+driver, filepath.Join(dir, "driver")))
			}
		}
	}
	plug("10", "Hub", nil)
	require.NoError(t, os.WriteFile(m.path("sys/devices/10/bDeviceClass"), []byte("09\n"), 0o644))
	plug("11", "Scanner", map[string]string{"1.0": "03 usbhid"})
	plug("12", "Touchscreen", map[string]string{"1.0": "03 usbhid"})
	require.NoError(t, os.MkdirAll(m.path("sys/devices/12/12:1.0/0003:1234/input/input7/event7"), 0o755))
	plug("13", "Adapter", map[string]string{"1.0": "ff "})
	plug("14", "Loudspeaker", map[string]string{"1.0": "01 snd-usb-audio", "1.1": "03 usbhid"})
	plug("15", "Stick", map[string]string{"1.0": "08 usb-storage"})
	plug("16", "POS80", map[string]string{"1.0": "07 "})
	require.NoError(t, os.MkdirAll(m.path("sys/bus/usb/devices"), 0o755))
	for _, socket := range []string{"1", "2", "3", "4", "10", "11", "12", "13", "14", "15", "16"} {
		require.NoError(t, os.Symlink(m.path("sys/devices", socket), m.path("sys/bus/usb/devices", socket)))
	}
	all := m.strangers(m.devices())
	assert.Equal(t, []stranger{
		{"Adapter", "1234:13", "driverless"}, {"Loudspeaker", "1234:14", "sound"}, {"Scanner", "1234:11", "hid"},
		{"Stick", "1234:15", "other"}, {"Touchscreen", "1234:12", "pointer"},
	}, all)
	words, err := locale.New("")
	require.NoError(t, err)
	for _, lang := range []string{"vi", "en"} {
		var out bytes.Buffer
		sayStrangers(env{out: &out, words: words, lang: lang}, all)
		assert.Equal(t, 6, strings.Count(out.String(), "\n"))
		assert.NotContains(t, out.String(), "cmd.doctor")
	}
}

func TestDoctorPrintsRules(t *testing.T) {
	words, err := locale.New("")
	require.NoError(t, err)
	var out bytes.Buffer
	sayRules(env{out: &out, words: words, lang: "en"}, append(fakeMachine(t).devices(), found{node: "/dev/ttyS1", kind: "serial"}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 7)
	assert.Contains(t, lines[1], `IMPORT{builtin}="path_id"`, "before the printer's rule: udev does not look for its socket")
	lines = lines[1:]
	assert.Equal(t, `SUBSYSTEM=="tty", ENV{ID_PATH}=="pci-0000:00:14.0-usb-0:1:1.0", SYMLINK+="xinmoi/bus0", MODE="0660", GROUP="dialout", ENV{ID_MM_DEVICE_IGNORE}="1"`, lines[3])
	assert.Contains(t, lines[1], `SYMLINK+="xinmoi/keypad0"`)
	assert.Contains(t, lines[5], "# ")
}

func TestDoctorListens(t *testing.T) {
	master, slave, err := pty.Open()
	require.NoError(t, err)
	defer master.Close()
	defer slave.Close()
	_, err = unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	require.NoError(t, err)
	words, err := locale.New("")
	require.NoError(t, err)
	config := filepath.Join(t.TempDir(), "centre.toml")
	src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "Xã", "en": "Commune"}, Authority: centre.Text{"vi": "UBND xã", "en": "Committee"}, Counters: 1})
	require.NoError(t, err)
	src = append(src, "\n[[template]]\nid = \"box\"\nstart = \"FF 68\"\nend = \"16\"\naddress = 5\nkey = -3\nkeys = { \"0C\" = \"next\" }\n"...)
	require.NoError(t, os.WriteFile(config, src, 0o600))
	in, out := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- runDoctor(ctx, env{out: out, errw: io.Discard, words: words, lang: "en"}, []string{"--listen", "serial:" + slave.Name(), "--config", config})
		out.Close()
	}()
	var said strings.Builder
	buf := make([]byte, 256)
	deadline := time.Now().Add(10 * time.Second)
	for sent := false; !strings.Contains(said.String(), "template box") && time.Now().Before(deadline); {
		n, err := in.Read(buf)
		require.NoError(t, err)
		said.Write(buf[:n])
		if !sent && strings.Contains(said.String(), "Listening") {
			sent = true
			_, err := master.Write([]byte{0xFF, 0x68, 3, 3, 0x68, 5, 1, 0x0C, 0x12, 0x16})
			require.NoError(t, err)
		}
	}
	assert.Contains(t, said.String(), "ff68  address 5  key 0C = next")
	assert.Contains(t, said.String(), "template box  address 5  key 0C = next")
	cancel()
	go io.Copy(io.Discard, in)
	assert.Equal(t, exitGood, <-code)
}
