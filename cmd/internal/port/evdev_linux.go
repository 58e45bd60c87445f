package port

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"github.com/holoplot/go-evdev"
	"golang.org/x/sys/unix"

	"xinmoi/store/device"
)

// eviocgrab is EVIOCGRAB of linux/input.h, _IOW('E', 0x90, int). go-evdev can
// grab, but only a descriptor that it hides, and it knows no deadlines.
const eviocgrab = 0x40044590

const (
	inputEvent = int(unsafe.Sizeof(evdev.InputEvent{})) // 24 bytes, 16 on 32-bit machines: the kernel's struct begins with a time
	record     = 8                                      // what is handed on: type, code, value
)

var _ device.Recorder = (*keys)(nil)

// keys is a grabbed input device: its presses reach us and no console.
type keys struct {
	*node
	buf [64 * inputEvent]byte
}

// openEvdev takes an ID_PATH ("pci-0000:00:14.0-usb-0:3:1.0", the only thing
// that tells two identical keypads apart) or a path of a node.
func openEvdev(path string) (device.Wire, error) {
	path, err := keypadNode(path)
	if err != nil {
		return nil, err
	}
	n, err := openNode(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	if err := n.control(func(fd int) error { return unix.IoctlSetInt(fd, eviocgrab, 1) }); err != nil {
		n.Close()
		return nil, fmt.Errorf("grab %s: %w", path, err)
	}
	return &keys{node: n}, nil
}

// keypadNode finds the node by udev's link, or where there is none in sysfs.
func keypadNode(path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		return path, nil
	}
	link := "/dev/input/by-path/" + path + "-event-kbd"
	if _, err := os.Stat(link); err == nil {
		return link, nil
	}
	return keypadIn("/sys", path)
}

// Read hands on whole records of 8 bytes; p must have room for one.
func (k *keys) Read(p []byte) (int, error) {
	room := min(len(p)/record, 64)
	if room == 0 {
		return 0, io.ErrShortBuffer
	}
	n, err := k.node.Read(k.buf[:room*inputEvent])
	return repack(p, k.buf[:n]), err
}

// Record is the length of what each read gives whole ones of.
func (k *keys) Record() int { return record }

// Write is refused: the device was opened for reading.
func (k *keys) Write([]byte) (int, error) { return 0, unix.EBADF }

// repack drops the time in front of each kernel record and makes the rest
// little endian, whatever this machine is.
func repack(dst, events []byte) int {
	at := 0
	for ; len(events) >= inputEvent; events = events[inputEvent:] {
		e := events[inputEvent-record : inputEvent]
		binary.LittleEndian.PutUint16(dst[at:], binary.NativeEndian.Uint16(e))
		binary.LittleEndian.PutUint16(dst[at+2:], binary.NativeEndian.Uint16(e[2:]))
		binary.LittleEndian.PutUint32(dst[at+4:], binary.NativeEndian.Uint32(e[4:]))
		at += record
	}
	return at
}
