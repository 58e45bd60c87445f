package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"xinmoi/cmd/internal/port"
)

// found is a device that the hall could use.
type found struct {
	kind   string // "serial", "keys", "usb"
	node   string // /dev/ttyUSB0
	port   string // as in the centre's document
	name   string // what it calls itself
	id     string // 1a86:7523
	usb    string // folder of its USB device, "" on another bus
	idPath string // the socket that it is in, "" when unknown
	like   string // what it could be: a word of the locale's "cmd.doctor.like."
	access bool
	group  string
	held   []string // "brltty (412)"
}

// machine is where to look; root is "/" but in tests.
type machine struct{ root string }

func (m machine) path(parts ...string) string {
	return filepath.Join(append([]string{m.root}, parts...)...)
}

func (m machine) glob(pattern string) []string {
	all, _ := filepath.Glob(m.path(pattern)) // the patterns are good
	return all
}

// driver is the kernel's driver of a device.
func (m machine) driver(dir string) string {
	to, err := os.Readlink(filepath.Join(dir, "driver"))
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}

func read(parts ...string) string {
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// devices lists what is there, by its node.
func (m machine) devices() []found {
	var all []found
	for _, class := range []struct{ kind, pattern string }{
		{"serial", "sys/class/tty/tty*"}, {"usb", "sys/class/usbmisc/lp*"}, {"keys", "sys/class/input/event*"},
	} {
		for _, dir := range m.glob(class.pattern) {
			if f, ok := m.look(class.kind, dir); ok {
				all = append(all, f)
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.node, b.node) })
	return all
}

// look reads what is known of one device.
func (m machine) look(kind, dir string) (f found, ok bool) {
	device := filepath.Join(dir, "device")
	if _, err := os.Stat(device); err != nil {
		return f, false // a console, and no line
	}
	base := filepath.Base(dir)
	f = found{kind: kind, node: "/dev/" + base}
	switch kind {
	case "serial":
		if read(dir, "type") == "0" {
			return f, false // a place on the board with nothing in it
		}
		f.port, f.like = "serial:"+f.node+"?baud=9600", "bus"
		if strings.HasPrefix(base, "ttyACM") {
			f.like = "scanner"
		}
	case "usb":
		f.node = "/dev/usb/" + base
		f.port, f.like = "usb:"+f.node, "printer"
		id := read(device, "ieee1284_id")
		if f.name = modelOf(id); isOffice(id) {
			f.like = "office"
		}
	case "keys":
		f.node = "/dev/input/" + base
		f.name = read(device, "name")
		if f.like = keysLike(read(device, "capabilities", "key")); f.like == "" {
			return f, false
		}
	}
	m.usb(&f, device)
	m.udev(&f, read(dir, "dev"))
	f.idPath = cmp.Or(f.idPath, port.Socket(dir))
	if kind == "keys" {
		f.port = "evdev:" + cmp.Or(f.idPath, f.node)
	}
	f.access, f.group = m.access(f)
	f.held = m.holders(f.node)
	return f, true
}

// modelOf takes the maker and the model out of an IEEE 1284 id.
func modelOf(id string) string {
	fields := map[string]string{}
	for part := range strings.SplitSeq(id, ";") {
		key, value, _ := strings.Cut(part, ":")
		fields[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return strings.TrimSpace(cmp.Or(fields["MFG"], fields["MANUFACTURER"]) + " " + cmp.Or(fields["MDL"], fields["MODEL"]))
}

// isOffice reports whether an IEEE 1284 id is that of a printer for pages: what
// tickets are made of would come out as garbage, sheet after sheet.
func isOffice(id string) bool {
	for _, language := range []string{"PCL", "POSTSCRIPT", "PJL", "URF", "PWG"} {
		if strings.Contains(strings.ToUpper(id), language) {
			return true
		}
	}
	return false
}

// keysLike tells a keypad and a keyboard from a mouse and a power button, by
// the bits of the keys they have (the last word is that of the lowest bits).
func keysLike(bits string) string {
	switch {
	case port.HasKey(bits, port.KeyA):
		return "keyboard"
	case port.HasKey(bits, port.KeyKP1):
		return "keypad"
	}
	return ""
}

// usb finds the USB device that a device belongs to.
func (m machine) usb(f *found, device string) {
	dir, err := filepath.EvalSymlinks(device)
	if err != nil {
		return
	}
	for range 8 {
		if vendor := read(dir, "idVendor"); vendor != "" {
			f.usb, f.id = dir, vendor+":"+read(dir, "idProduct")
			f.name = cmp.Or(f.name, strings.TrimSpace(read(dir, "manufacturer")+" "+read(dir, "product")))
			return
		}
		dir = filepath.Dir(dir)
	}
}

// udev reads the socket from udev's database.
func (m machine) udev(f *found, number string) {
	for line := range strings.SplitSeq(read(m.path("run/udev/data"), "c"+number), "\n") {
		if v, ok := strings.CutPrefix(line, "E:ID_PATH="); ok {
			f.idPath = v
		}
	}
}

// access reports whether we may use the node, and whose it is.
func (m machine) access(f found) (ok bool, group string) {
	path := m.path(f.node)
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil {
		group = m.groupName(st.Gid)
	}
	mode := uint32(unix.R_OK | unix.W_OK)
	if f.kind == "keys" {
		mode = unix.R_OK
	}
	return unix.Access(path, mode) == nil, group
}

func (m machine) groupName(gid uint32) string {
	for line := range strings.SplitSeq(read(m.path("etc/group")), "\n") {
		if p := strings.Split(line, ":"); len(p) > 2 && p[2] == fmt.Sprint(gid) {
			return p[0]
		}
	}
	return fmt.Sprint(gid)
}

// holders are the programs that have the node open, as far as we may see.
func (m machine) holders(node string) (out []string) {
	for _, fd := range m.glob("proc/[0-9]*/fd/*") {
		if to, err := os.Readlink(fd); err != nil || to != node {
			continue
		}
		process := filepath.Dir(filepath.Dir(fd))
		out = append(out, fmt.Sprintf("%s (%s)", read(process, "comm"), filepath.Base(process)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
