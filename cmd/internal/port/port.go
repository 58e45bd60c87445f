// Package port opens every wire of the hall and finds it again after an
// unplug. Nobody else in the house opens a device: drivers are handed a
// device.Wire and are tested over net.Pipe.
//
// What a wire promises, whatever it is made of:
//
//   - reads and writes end at their deadlines, with the true count;
//   - Close ends a blocked Read and a blocked Write at once;
//   - io.EOF from Read means that the device is gone, and nothing else does.
//
// Serial lines are set by tarm/serial (speed, bits, parity, stop bits), but
// never read or written through it: its Close deadlocks on a blocked Read, its
// time-out and its hang-up look the same, and it knows no flow control. The
// settings of a tty belong to the tty and not to a descriptor, so a descriptor
// of our own, owned by Go's poller, carries the bytes, and tarm's is closed
// before the first of them.
//
// A port is held alone. TIOCEXCL does not stop root, so a lock on the node is
// taken as well, before the line is touched: a second opener never changes the
// speed under the first.
package port

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"xinmoi/store/device"
)

// Scheme is the kind of a wire, the part of an address before the colon.
type Scheme string

// The kinds of wire.
const (
	Serial Scheme = "serial"
	USB    Scheme = "usb"   // a printer-class device, /dev/usb/lp0
	TCP    Scheme = "tcp"   // host:port
	Evdev  Scheme = "evdev" // a keyboard-like device, by ID_PATH or by /dev/input path
	Agent  Scheme = "agent" // lent by another machine
	Queue  Scheme = "queue" // a print queue of Windows, by its name; only its agent has one
)

// Flow is how a serial line says "wait".
type Flow string

// The ways of flow control. There is no DTR/DSR on Linux: use a cable that
// joins the printer's DTR to CTS, with RTSCTS.
const (
	NoFlow  Flow = "none"
	RTSCTS  Flow = "rtscts"
	XONXOFF Flow = "xonxoff"
)

// Address is a parsed address of a wire.
type Address struct {
	Scheme Scheme
	Path   string // device node, host:port, ID_PATH, box/name or name of a queue
	Line   Line   // of a serial line; of the one behind a serial server only the speed, 0 if it is not said
}

// Line is how a serial line is set.
type Line struct {
	Baud   int
	Bits   int    // 7 or 8
	Parity string // none, odd, even
	Stop   int    // 1 or 2
	Flow   Flow
}

// String gives the address as it is written in the centre's document.
func (a Address) String() string {
	s := string(a.Scheme) + ":" + a.Path
	if a.Line.Baud == 0 {
		return s
	}
	s += "?baud=" + strconv.Itoa(a.Line.Baud)
	if a.Scheme != Serial {
		return s
	}
	if a.Line.Bits != 8 {
		s += "&bits=" + strconv.Itoa(a.Line.Bits)
	}
	if a.Line.Parity != "none" {
		s += "&parity=" + a.Line.Parity
	}
	if a.Line.Stop != 1 {
		s += "&stop=" + strconv.Itoa(a.Line.Stop)
	}
	if a.Line.Flow != NoFlow {
		s += "&flow=" + string(a.Line.Flow)
	}
	return s
}

// bauds are the speeds that tarm/serial can set.
var bauds = []int{300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600}

// Parse reads an address such as "serial:/dev/ttyUSB0?baud=9600&flow=rtscts",
// "usb:/dev/usb/lp0", "tcp:192.168.1.50:9100" (with "?baud=9600" when it is a serial
// server that must not be spoken to faster), "evdev:pci-0000:00:14.0-usb-0:3:1.0"
// or "agent:kiosk1/printer0".
func Parse(addr string) (Address, error) {
	scheme, rest, ok := strings.Cut(addr, ":")
	if !ok || rest == "" {
		return Address{}, fmt.Errorf("port %q: want kind:path", addr)
	}
	path, query, _ := strings.Cut(rest, "?")
	a := Address{Scheme: Scheme(scheme), Path: path}
	options, err := url.ParseQuery(query)
	if err != nil {
		return Address{}, fmt.Errorf("port %q: %w", addr, err)
	}
	switch a.Scheme {
	case Serial:
		err = a.parseSerial(options)
	case USB:
		err = wantPath(path)
	case TCP:
		if err = wantHostPort(path); err == nil {
			err = a.parseSpeed(options)
		}
	case Evdev:
		if path == "" {
			err = fmt.Errorf("want an ID_PATH or a path")
		}
	case Agent:
		if box, name, ok := strings.Cut(path, "/"); !ok || box == "" || name == "" {
			err = fmt.Errorf("want box/device")
		}
	case Queue:
	default:
		err = fmt.Errorf("unknown kind %q; known: serial, usb, tcp, evdev, agent", scheme)
	}
	if err == nil && a.Scheme != Serial && a.Scheme != TCP && len(options) > 0 {
		err = fmt.Errorf("a %s port has no options", scheme)
	}
	if err != nil {
		return Address{}, fmt.Errorf("port %q: %w", addr, err)
	}
	return a, nil
}

func wantPath(path string) error {
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("want a path that begins with /")
	}
	return nil
}

func wantHostPort(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || host == "" {
		return fmt.Errorf("want host:port")
	}
	return nil
}

// parseSpeed takes the speed of the line behind a serial server.
func (a *Address) parseSpeed(options url.Values) error {
	for key, values := range options {
		n, _ := strconv.Atoi(values[len(values)-1])
		switch {
		case key != "baud":
			return fmt.Errorf("a tcp port has no option but baud")
		case !slices.Contains(bauds, n):
			return fmt.Errorf("baud cannot be %q", values[len(values)-1])
		}
		a.Line.Baud = n
	}
	return nil
}

func (a *Address) parseSerial(options url.Values) error {
	if err := wantLine(a.Path); err != nil {
		return err
	}
	l := Line{Baud: 9600, Bits: 8, Parity: "none", Stop: 1, Flow: NoFlow}
	for key, values := range options {
		v := values[len(values)-1]
		n, _ := strconv.Atoi(v)
		good := false
		switch key {
		case "baud":
			l.Baud, good = n, slices.Contains(bauds, n)
		case "bits":
			l.Bits, good = n, n == 7 || n == 8
		case "stop":
			l.Stop, good = n, n == 1 || n == 2
		case "parity":
			l.Parity, good = v, v == "none" || v == "odd" || v == "even"
		case "flow":
			l.Flow, good = Flow(v), v == string(NoFlow) || v == string(RTSCTS) || v == string(XONXOFF)
		default:
			return fmt.Errorf("unknown option %q; known: baud, bits, parity, stop, flow", key)
		}
		if !good {
			return fmt.Errorf("%s cannot be %q", key, v)
		}
	}
	a.Line = l
	return nil
}

// Opener opens wires. The zero Opener knows this machine and the network.
type Opener struct {
	// Lent opens a device that another machine lends; nil: nobody lends here.
	Lent func(ctx context.Context, box, name string) (device.Wire, error)
}

// Open opens the wire once. Keep is what a daemon wants.
func (o Opener) Open(ctx context.Context, a Address) (device.Wire, error) {
	switch a.Scheme {
	case TCP:
		return openTCP(ctx, a)
	case Agent:
		box, name, _ := strings.Cut(a.Path, "/")
		if o.Lent == nil {
			return nil, &device.Fault{Conditions: device.Set(device.AgentLost), Detail: box}
		}
		return o.Lent(ctx, box, name)
	}
	return openHere(a)
}

// Open opens a wire of this machine or the network.
func Open(ctx context.Context, a Address) (device.Wire, error) { return Opener{}.Open(ctx, a) }
