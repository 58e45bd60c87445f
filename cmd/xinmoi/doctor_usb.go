package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// stranger is a USB device that the hall cannot use as it stands: none of its
// parts is a serial line, a printer or a keypad.
type stranger struct {
	name string // what it calls itself, or its id
	id   string // 0c2e:0b6a
	like string // a word of the locale's "cmd.doctor.usb."
}

// strangers lists what is in the machine's USB sockets besides the devices that
// were found and the printers that were taken, by name.
func (m machine) strangers(all []found) (out []stranger) {
	for _, link := range m.glob("sys/bus/usb/devices/*") {
		dir, err := filepath.EvalSymlinks(link)
		if err != nil || read(dir, "idVendor") == "" || read(dir, "bDeviceClass") == "09" { // a part of a device, or a hub
			continue
		}
		if slices.ContainsFunc(all, func(f found) bool { return f.usb == dir }) {
			continue
		}
		if like := m.strangerLike(dir); like != "" {
			var f found
			m.usb(&f, dir)
			out = append(out, stranger{name: cmp.Or(f.name, f.id), id: f.id, like: like})
		}
	}
	slices.SortFunc(out, func(a, b stranger) int { return cmp.Compare(a.name+a.id, b.name+b.id) })
	return out
}

// strangerLike says by the classes of a device's interfaces (usb.org, "Defined
// Class Codes") what it could be.
func (m machine) strangerLike(dir string) string {
	has, idle := map[string]bool{}, false
	parts, _ := filepath.Glob(filepath.Join(dir, "*:*", "bInterfaceClass"))
	for _, part := range parts {
		class := read(part)
		has[class] = true
		idle = idle || m.driver(filepath.Dir(part)) == "" && slices.Contains([]string{"02", "0a", "ff"}, class)
	}
	pointers, _ := filepath.Glob(filepath.Join(dir, "*:*", "*", "input", "input*", "event*"))
	switch {
	case has["07"]:
		return "" // said by taken
	case idle:
		return "driverless"
	case has["01"]:
		return "sound"
	case has["03"] && len(pointers) > 0:
		return "pointer"
	case has["03"]:
		return "hid"
	}
	return "other"
}

// sayStrangers tells what else is plugged in, and what would make it of use.
func sayStrangers(e env, all []stranger) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(e.out, e.say("cmd.doctor.usb", nil))
	for _, s := range all {
		id := ""
		if s.id != s.name {
			id = " " + s.id
		}
		fmt.Fprintf(e.out, "  %s%s: %s\n", strings.TrimSpace(s.name), id, e.say("cmd.doctor.usb."+s.like, nil))
	}
}
