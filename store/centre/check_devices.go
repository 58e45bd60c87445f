package centre

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// bauds are the speeds that a serial line can be set to.
var bauds = []string{"300", "600", "1200", "1800", "2400", "4800", "9600", "19200", "38400", "57600", "115200", "230400", "460800", "921600"}

// lineOptions are the settings of a serial port and what they may be.
var lineOptions = map[string][]string{
	"baud": bauds, "bits": {"7", "8"}, "parity": {"none", "odd", "even"}, "stop": {"1", "2"}, "flow": {"none", "rtscts", "xonxoff"},
}

// Models are the printers that the house can drive. A test of the program holds
// this list against the drivers, which this package may not import.
var Models = []string{
	DefaultModel, "generic-58", "epson-tm-t82", "epson-tm-t88", "epson-tm-t88v", "xprinter-xp80", "rongta-rp326", "citizen-ct-s310",
	"bixolon-srp-350", "bixolon-srp-350iii", "star-escpos", "custom-vkp80", "snbc-bt-t080", "masung-kiosk",
}

// The ways to tell a printer what a ticket says: all drawn, in letters that the
// printer has, by pictures that it keeps, or letters and drawing mixed.
const (
	WayRaster = "raster"
	WayText   = "text"
	WayStored = "stored"
	WayHybrid = "hybrid"
)

// Ways are all of them.
var Ways = []string{WayRaster, WayText, WayStored, WayHybrid}

// pagesForm is two numbers of code pages.
var pagesForm = regexp.MustCompile(`^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])/([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$`)

// scheme is the kind of a port: "serial", "usb", "tcp", "evdev", "agent".
func scheme(port string) string {
	s, _, _ := strings.Cut(port, ":")
	return s
}

// node is a port without its settings: two devices with the same node hang on
// the same wire.
func node(port string) string {
	s, _, _ := strings.Cut(port, "?")
	return s
}

// wire is a device on a port.
type wire struct {
	path, kind, id, port, protocol string
	address                        int    // 0: alone on its port
	span                           int    // addresses that it has, one if it is 0
	keys                           Keymap // where keypads may share an address, each with its own keys
}

// checkDevices looks at ports, at what shares them, and at what devices belong to.
func (c *checker) checkDevices() {
	d := c.d
	counters := idsOf(d.Counters, func(x Counter) string { return x.ID })
	var wires []wire
	for i, p := range d.Printers {
		c.oneOf(at("printer", i, "model"), "model", p.Model, Models)
		if p.Way != "" {
			c.oneOf(at("printer", i, "way"), "way", p.Way, Ways)
		}
		if p.Pages != "" && !pagesForm.MatchString(p.Pages) {
			c.wrong(at("printer", i, "pages"), "pages_bad", "value", p.Pages)
		}
		if p.RollTickets != 0 {
			c.within(at("printer", i, "roll_tickets"), p.RollTickets, 20, 5000)
		}
		wires = append(wires, wire{at("printer", i, "port"), "printer", p.ID, p.Port, "", 0, 0, nil})
	}
	for i, k := range d.Keypads {
		if !c.oneOf(at("keypad", i, "protocol"), "protocol", k.Protocol, []string{FF68, Keys, Templated, Lines, Modbus}) {
			k.Protocol = FF68
		}
		c.belongs(at("keypad", i, "counter"), k.Counter, counters)
		c.checkKeypad(i, k)
		wires = append(wires, c.d.wireOf(i, k))
	}
	c.checkFrames()
	for i, l := range d.LEDs {
		c.checkLED(i, l, counters)
		wires = append(wires, d.wireOfLED(i, l))
	}
	for i, k := range d.Kiosks {
		if k.Reader != "" {
			wires = append(wires, wireOfReader(i, k))
		}
	}
	for i, w := range wires {
		if c.checkPort(w) {
			c.checkNeighbours(w, wires[:i])
		}
	}
}

func (c *checker) belongs(path, counter string, known []string) {
	if counter == "" {
		c.wrong(path, "device_no_counter", "known", known)
		return
	}
	c.ref(path, "unknown_counter", counter, known)
}

// checkNeighbours compares a device with those named before it on its wire.
func (c *checker) checkNeighbours(w wire, before []wire) {
	for _, b := range before {
		if node(b.port) != node(w.port) {
			continue
		}
		switch {
		case b.kind != w.kind || b.protocol != w.protocol:
			c.wrong(w.path, "port_two_kinds", "port", node(w.port), "id", w.id, "other", b.id)
		case b.address == 0:
			c.wrong(w.path, "port_twice", "port", node(w.port), "id", w.id, "other", b.id)
		case b.port != w.port:
			c.wrong(w.path, "port_settings_differ", "port", w.port, "other", b.port, "id", b.id)
		case b.address < w.address+max(w.span, 1) && w.address < b.address+max(b.span, 1) && !(w.keys != nil && apart(b.keys, w.keys)):
			c.wrong(strings.TrimSuffix(w.path, "port")+"address", "address_twice", "address", w.address, "id", w.id, "other", b.id)
		default:
			continue
		}
		return
	}
}

// checkPort checks the way a port is written and that the device can hang on it.
func (c *checker) checkPort(w wire) bool {
	kind, rest, _ := strings.Cut(w.port, ":")
	path, query, _ := strings.Cut(rest, "?")
	wrong := func(code string) bool {
		c.wrong(w.path, code, "port", w.port)
		return false
	}
	switch kind {
	case "":
		return wrong("port_missing")
	case "serial", "usb":
		if !strings.HasPrefix(path, "/") {
			return wrong("port_path_" + kind)
		}
	case "tcp":
		host, port, err := net.SplitHostPort(path)
		if n, _ := strconv.Atoi(port); err != nil || host == "" || n < 1 || n > 65535 {
			return wrong("port_host")
		}
	case "evdev":
		if path == "" {
			return wrong("port_evdev")
		}
	case "agent":
		if box, name, _ := strings.Cut(path, "/"); box == "" || name == "" {
			return wrong("port_agent")
		}
	default:
		return wrong("port_kind")
	}
	keyboard, foreign := kind == "evdev", kind == "agent" // what an agent lends is known on its machine only
	if keyboard != (w.protocol == Keys) && !foreign || kind == "usb" && w.kind != "printer" {
		c.wrong(w.path, "port_not_for", "port", w.port, "id", w.id, "scheme", kind)
		return false
	}
	return c.checkOptions(w, kind, query)
}

func (c *checker) checkOptions(w wire, kind, query string) bool {
	if query == "" {
		return true
	}
	if kind != "serial" && kind != "tcp" {
		c.wrong(w.path, "port_no_options", "port", w.port)
		return false
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		c.wrong(w.path, "port_option", "option", query)
		return false
	}
	for key, values := range options {
		known, ok := lineOptions[key]
		switch {
		case kind == "tcp" && key != "baud":
			c.wrong(w.path, "port_option_tcp", "option", key)
		case !ok:
			c.wrong(w.path, "port_option", "option", key)
		case !slices.Contains(known, values[0]) || len(values) > 1:
			c.wrong(w.path, "port_option_value", "option", key, "value", values[0], "known", known)
		default:
			continue
		}
		return false
	}
	return true
}
