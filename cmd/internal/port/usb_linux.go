package port

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"xinmoi/store/device"
)

// lp is a printer of the USB printer class, through the kernel's usblp.
type lp struct{ *node }

var (
	_ device.PortStatuser = (*lp)(nil)
	_ device.Identifier   = (*lp)(nil)
)

// The requests of usblp, drivers/usb/class/usblp.c.
const (
	lpGetStatus = 0x060b
	idLength    = 1024
	// _IOC(_IOC_READ, 'P', 1, len): the IEEE 1284 id
	lpGetID = 2<<30 | idLength<<16 | 'P'<<8 | 1
)

func openUSB(path string) (device.Wire, error) {
	n, err := openNode(path, os.O_RDWR) // usblp itself says EBUSY to a second opener
	if err != nil {
		return nil, err
	}
	return &lp{n}, nil
}

// Read waits on when the printer answers with an empty packet: some do all the
// time, and the kernel hands that on as an end of file.
func (l *lp) Read(p []byte) (int, error) {
	for {
		n, err := l.node.Read(p)
		if err != io.EOF || n > 0 {
			return n, err
		}
		if _, err := l.PortStatus(); isGone(err) || errors.Is(err, os.ErrClosed) {
			return 0, io.EOF
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// PortStatus reads the status byte of the printer class.
func (l *lp) PortStatus() (byte, error) {
	var status int32
	err := l.control(func(fd int) error {
		return ioctl(fd, lpGetStatus, unsafe.Pointer(&status))
	})
	return byte(status), err
}

// DeviceID reads the IEEE 1284 id, "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82;".
func (l *lp) DeviceID() (string, error) {
	var id [idLength]byte
	err := l.control(func(fd int) error {
		return ioctl(fd, lpGetID, unsafe.Pointer(&id))
	})
	if err != nil {
		return "", err
	}
	return parseDeviceID(id[:])
}

// parseDeviceID takes the string behind its length of two bytes, big endian,
// which counts itself.
func parseDeviceID(b []byte) (string, error) {
	if len(b) < 2 {
		return "", fmt.Errorf("device id of %d bytes", len(b))
	}
	n := int(binary.BigEndian.Uint16(b))
	if n < 2 || n > len(b) {
		return "", fmt.Errorf("device id says %d bytes", n)
	}
	return string(b[2:n]), nil
}

func ioctl(fd int, request uint, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
