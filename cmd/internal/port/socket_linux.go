package port

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Socket names the socket that a device is in, from its folder in sysfs, as
// udev's path_id does: "pci-0000:00:14.0-usb-0:3:1.0" is interface 1.0 of what
// is in socket 3 of a controller. It is "" for a device in no such socket. With
// udev's own links at hand nobody needs it; just after a plug they are not there
// yet, and on a machine without udev never.
func Socket(dir string) string {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return ""
	}
	var parts []string
	for at := ""; len(dir) > 1; dir = filepath.Dir(dir) {
		system, err := os.Readlink(filepath.Join(dir, "subsystem"))
		if err != nil {
			continue
		}
		system, name := filepath.Base(system), filepath.Base(dir)
		if system == at {
			continue // a hub, a bridge: the nearest is enough
		}
		switch system {
		case "usb":
			if _, socket, ok := strings.Cut(name, "-"); ok {
				parts = append(parts, "usb-0:"+socket)
			}
		case "pci", "platform":
			parts = append(parts, system+"-"+name)
		case "serio": // the socket of an old keyboard
			parts = append(parts, "serio-"+strings.TrimPrefix(name, "serio"))
		default:
			continue
		}
		at = system
	}
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.Join(parts, "-")
}

// keypadIn finds the node of the keypad or keyboard in a socket. One device may
// have several nodes, such as that of its media keys.
func keypadIn(sys, socket string) (node string, err error) {
	all, _ := filepath.Glob(filepath.Join(sys, "class/input/event*")) // its pattern is good
	for _, dir := range all {
		bits, err := os.ReadFile(filepath.Join(dir, "device/capabilities/key"))
		if err == nil && HasKey(string(bits), KeyKP1) && Socket(dir) == socket {
			return "/dev/input/" + filepath.Base(dir), nil
		}
	}
	return "", &fs.PathError{Op: "find", Path: socket, Err: fs.ErrNotExist}
}

// Codes of keys, of linux/input-event-codes.h, by which keypads and keyboards
// are known.
const (
	KeyA   = 30
	KeyKP1 = 79
)

// HasKey reads the keys that a device has as sysfs writes them: words in
// hexadecimal, the lowest last.
func HasKey(bits string, code int) bool {
	words := strings.Fields(bits)
	const size = strconv.IntSize // the kernel prints words of its own size
	i := len(words) - 1 - code/size
	if i < 0 {
		return false
	}
	w, err := strconv.ParseUint(words[i], 16, 64)
	return err == nil && w>>(code%size)&1 == 1
}
