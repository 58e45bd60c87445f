// The test of this folder boots Debian's kernel in a virtual machine, and the
// program on it as it ships, with devices behind the kernel's own drivers: a USB
// printer (usblp), two USB keypads (usbhid, evdev), one of them lent by an agent,
// two USB serial adapters (ftdi_sio) and a serial port (8250). It is run by
// "make test-vm".
package vmtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/display/displaytest"
)

const centre = `
[centre]
name = { vi = "Xã Thử", en = "Test Commune" }
[[zone]]
id = "hall"
name = { vi = "Sảnh" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch" }
[[counter]]
id = "q1"
zone = "hall"
services = ["civil"]
[[counter]]
id = "q2"
zone = "hall"
services = ["civil"]
[[counter]]
id = "q3"
zone = "hall"
services = ["civil"]
[[counter]]
id = "q4"
zone = "hall"
services = ["civil"]
[[kiosk]]
id = "k1"
zone = "hall"
printers = ["p1"]
[[printer]]
id = "p1"
port = "usb:/dev/usb/lp0"
[[keypad]]
id = "hid1"
protocol = "keys"
port = "evdev:pci-0000:00:10.0-usb-0:1:1.0"
counter = "q1"
[[keypad]]
id = "hid2"
protocol = "keys"
port = "agent:box/pad" # an agent on the same machine lends the keypad in socket 2
counter = "q2"
[[keypad]]
id = "ff"
port = "serial:/dev/ttyUSB0?baud=9600"
address = 5
counter = "q3"
[[keypad]]
id = "box"
protocol = "modbus"
inputs = "discrete"
port = "serial:/dev/ttyS1?baud=9600"
address = 1
counter = "q4"
keys = { 1 = "next", 2 = "recall" }
[[led]]
id = "l3"
port = "serial:/dev/ttyUSB1?baud=9600"
address = 3
counter = "q3"
letters = true
[[led]]
id = "l4"
port = "serial:/dev/ttyUSB1?baud=9600"
address = 4
counter = "q4"
letters = true
`

func TestTheHallOnARealKernel(t *testing.T) {
	if os.Getenv("XINMOI_VM") == "" {
		t.Skip("boots a virtual machine: make test-vm")
	}
	for _, program := range []string{"qemu-system-x86_64", "apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: run this on Debian, after  sudo apt-get install qemu-system-x86", program)
		}
	}
	v := boot(t)
	signs, pads, box := displaytest.New(4, 3, 4), countertest.New(5), countertest.NewModules(8, 1)
	signs.SetBaud(9600)
	box.SetBaud(9600)
	serve := func(name string, f func(io.ReadWriteCloser) error) { go func() { _ = f(v.wire(name)) }() }
	serve("signs", func(w io.ReadWriteCloser) error { return signs.Serve(t.Context(), w) })
	serve("buttons", func(w io.ReadWriteCloser) error { return box.Serve(t.Context(), w) })
	serve("pads", func(w io.ReadWriteCloser) error { return pads.Serve(t.Context(), w) })
	v.plug("hid1", "usb-kbd", 1)
	v.plug("hid2", "usb-kbd", 2)
	v.plug("adapter", "usb-serial", 3, "chardev", "pads")
	time.Sleep(time.Second) // the one plugged in first is ttyUSB0
	v.plug("adapter2", "usb-serial", 4, "chardev", "signs")
	v.plug("tablet", "usb-tablet", 5)

	v.within(4*time.Minute, "the daemon answers", func() bool { _, err := v.get("/readyz"); return err == nil })
	t.Logf("the daemon answers %v after the start", time.Since(v.began).Round(100*time.Millisecond))
	v.eventually("every device is good", func() bool { return v.conditions() == "" })

	t.Run("doctor", func(t *testing.T) { v := v.in(t); v.doctor() })
	t.Run("a ticket comes out of the USB printer", func(t *testing.T) {
		v := v.in(t)
		v.take()
		v.eventually("paper", func() bool { return v.papers() == 1 })
	})
	t.Run("keypads call, and the signs follow", func(t *testing.T) {
		v := v.in(t)
		for range 5 {
			v.take()
		}
		v.press("kp_enter") // goes to the keypad plugged in last
		v.eventually("called by the second HID keypad", func() bool { return v.called("q2") == "A001" })
		require.NoError(t, pads.Press(t.Context(), 5, keypad.KeyNext))
		v.eventually("called by the ff68 keypad", func() bool { return v.called("q3") == "A002" })
		v.eventually("called by the Modbus button", func() bool {
			// Again, as people do: a guest that is starved misses an answer, and what
			// is closed when a module comes back is no press.
			box.Hold(1, 1, true)
			defer box.Hold(1, 1, false)
			for end := time.Now().Add(4 * time.Second); v.called("q4") != "A003"; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					return false
				}
			}
			return true
		})
		v.eventually("the signs follow", func() bool { return signs.Text(3) == "A002" && signs.Text(4) == "A003" })
		v.eventually("and the keypad's display", func() bool { return strings.HasSuffix(pads.Display(5), "002") })
	})
	t.Run("a keypad pulled and put back is known by its socket", func(t *testing.T) {
		v := v.in(t)
		before := v.nodes()
		v.pull("hid1")
		v.eventually("told", v.has("keypad/hid1 offline"))
		v.plug("hid1", "usb-kbd", 1)
		assert.Less(t, v.healed("HID keypad", "/dev/input/event", before), 2*time.Second)
		v.press("kp_enter")
		v.eventually("called by the first HID keypad", func() bool { return v.called("q1") == "A004" })
		assert.Equal(t, "A001", v.called("q2"), "and not by its twin")
	})
	t.Run("the keys of a keypad reach nobody else", func(t *testing.T) {
		v := v.in(t)
		nodes := v.nodes()
		last := nodes[len(nodes)-1]
		require.Contains(t, last.Node, "event")
		heard := make(chan string, 1)
		go func() {
			s, err := v.ask("GET", "/spy", url.Values{"node": {last.Node}})
			if err != nil {
				s = err.Error()
			}
			heard <- s
		}()
		time.Sleep(time.Second)
		v.press("kp_add")
		assert.Equal(t, "0", <-heard, "bytes read beside the daemon")
	})
	t.Run("a serial adapter pulled and put back", func(t *testing.T) {
		v := v.in(t)
		before := v.nodes()
		v.pull("adapter")
		v.eventually("told", v.has("keypad/ff offline"))
		v.plug("adapter", "usb-serial", 3, "chardev", "pads")
		assert.Less(t, v.healed("serial adapter", "/dev/ttyUSB0", before), 2*time.Second)
		v.eventually("its keys are heard", func() bool { return pads.Press(t.Context(), 5, keypad.KeyNext) == nil })
		v.eventually("and call", func() bool { return v.called("q3") == "A005" })
	})
	t.Run("an adapter whose driver has nothing to say is found again too", func(t *testing.T) {
		v := v.in(t)
		before := v.nodes()
		v.pull("adapter2")
		signs.SetPower(3, false)
		time.Sleep(time.Second) // far less than a sign is written again after
		signs.SetPower(3, true)
		require.NotEqual(t, "A005", signs.Text(3))
		v.plug("adapter2", "usb-serial", 4, "chardev", "signs")
		assert.Less(t, v.healed("signs' adapter", "/dev/ttyUSB", before), 2*time.Second)
		for _, n := range v.nodes() {
			assert.NotEqual(t, "/dev/ttyUSB2", n.Node, "the daemon has kept the old one open")
		}
		v.eventually("the sign is right again", func() bool { return signs.Text(3) == "A005" })
	})
	t.Run("paper out, told by the USB port alone", func(t *testing.T) {
		v := v.in(t)
		before := v.papers()
		v.must("POST", "/printer/paper-out")
		v.eventually("told", v.has("printer/p1 media-empty"))
		v.take()
		time.Sleep(3 * time.Second)
		assert.Equal(t, before, v.papers(), "nothing is printed without paper")
		v.must("POST", "/printer/paper-in")
		v.eventually("the late ticket", func() bool { return v.papers() == before+1 })
		v.eventually("and that is told", func() bool { return !v.has("printer/p1")() })
	})
	t.Run("a printer pulled and put back", func(t *testing.T) {
		v := v.in(t)
		before, papers := v.nodes(), v.papers()
		v.must("POST", "/printer/pull")
		v.eventually("told", v.has("printer/p1 offline"))
		v.take()
		v.must("POST", "/printer/plug")
		assert.Less(t, v.healed("USB printer", "/dev/usb/lp", before), 2*time.Second)
		v.eventually("the late ticket", func() bool { return v.papers() == papers+1 })
	})
	t.Logf("the whole run took %v", time.Since(v.began).Round(time.Second))
}

// in is the machine as a part of the test sees it.
func (v *vm) in(t *testing.T) *vm {
	w := *v
	w.t = t
	return &w
}

// get asks the daemon.
func (v *vm) get(path string) ([]byte, error) {
	c := http.Client{Timeout: 20 * time.Second}
	resp, err := c.Get(v.daemon + path)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// take takes a number at the kiosk.
func (v *vm) take() {
	v.t.Helper()
	resp, err := http.Post(v.daemon+"/api/v1/tickets", "application/json", strings.NewReader(`{"service":"civil","kiosk":"k1"}`))
	require.NoError(v.t, err)
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	require.Equal(v.t, http.StatusCreated, resp.StatusCode, "%s", b)
}

// conditions are the devices that have any: "printer/p1 offline".
func (v *vm) conditions() string {
	b, err := v.get("/api/v1/devices")
	if err != nil {
		return err.Error()
	}
	var list struct {
		Items []struct {
			ID         string
			Known      bool
			Conditions []string
		}
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return err.Error()
	}
	var all []string
	for _, d := range list.Items {
		if !d.Known {
			all = append(all, d.ID+" unknown")
		} else if len(d.Conditions) > 0 {
			all = append(all, d.ID+" "+strings.Join(d.Conditions, " "))
		}
	}
	return strings.Join(all, ", ")
}

// has reports whether a device is told to be so.
func (v *vm) has(condition string) func() bool {
	return func() bool { return strings.Contains(v.conditions(), condition) }
}

// called is the number at a counter, as the journal has it.
func (v *vm) called(counter string) string {
	b, err := v.get("/api/v1/counters/" + counter)
	if err != nil {
		return err.Error()
	}
	var c struct {
		Counter struct{ Ticket *struct{ Number string } }
		Ticket  *struct{ Number string }
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return err.Error()
	}
	switch {
	case c.Counter.Ticket != nil:
		return c.Counter.Ticket.Number
	case c.Ticket != nil:
		return c.Ticket.Number
	}
	return ""
}

func (v *vm) papers() int {
	v.t.Helper()
	var all []struct{ High int }
	require.NoError(v.t, json.Unmarshal([]byte(v.must("GET", "/papers")), &all))
	return len(all)
}

// doctor asks the program what it sees, and for rules.
func (v *vm) doctor() {
	v.t.Helper()
	said, err := v.ask("GET", "/run", url.Values{"arg": {"doctor"}})
	require.NoError(v.t, err)
	for _, device := range []string{
		"evdev:pci-0000:00:10.0-usb-0:1:1.0\n", "evdev:pci-0000:00:10.0-usb-0:2:1.0\n",
		"serial:/dev/ttyUSB0?baud=9600\n", "serial:/dev/ttyUSB1?baud=9600\n", "serial:/dev/ttyS1?baud=9600\n", "usb:/dev/usb/lp0\n",
	} {
		_, after, found := strings.Cut(said, device)
		lines := strings.SplitN(after, "\n", 3)
		if assert.True(v.t, found && len(lines) == 3, "%s in\n%s", device, said) {
			assert.Contains(v.t, lines[1], "is held by xinmoi", device)
		}
	}
	assert.Contains(v.t, said, "XINMOI SIM-80, 0525:a4a8", "the printer's name, as its port tells it")
	assert.NotContains(v.t, said, "may not be opened")
	_, others, _ := strings.Cut(said, "Other USB devices, of no use to the hall as they stand:\n")
	assert.Equal(v.t, "  QEMU QEMU USB Tablet 0627:0001: a mouse, a touchscreen or something without number keys; nothing to set up\n", others)
	rules, err := v.ask("GET", "/run", url.Values{"arg": {"doctor", "--udev"}})
	require.NoError(v.t, err)
	// Whole keyboards are not taken from whoever types on them unless somebody says so.
	rules = strings.ReplaceAll(rules, `# SUBSYSTEM=="input"`, `SUBSYSTEM=="input"`)
	_, err = v.ask("POST", "/rules", nil, rules)
	require.NoError(v.t, err)
	links := v.must("GET", "/links")
	for _, want := range []string{
		"input/by-path/pci-0000:00:10.0-usb-0:1:1.0-event-kbd -> /dev/input/event1 660 100\n", // udev's own, which evdev: is opened by
		"xinmoi/keyboard1 -> /dev/input/event1 660 100\n",
		"xinmoi/keyboard2 -> /dev/input/event2 660 100\n",
		"xinmoi/bus0 -> /dev/ttyUSB0 660 20\n",
		"xinmoi/bus1 -> /dev/ttyUSB1 660 20\n",
		"xinmoi/printer0 -> /dev/usb/lp0 660 7\n",
	} {
		assert.Contains(v.t, links, want, "by these rules:\n%s", rules)
	}
}
