package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"xinmoi/store/device"
)

// openHere opens a device of this machine.
func openHere(a Address) (device.Wire, error) {
	switch a.Scheme {
	case Serial:
		return openSerial(a)
	case USB:
		return openUSB(a.Path)
	case Evdev:
		return openEvdev(a.Path)
	}
	return nil, fmt.Errorf("%s ports are not for Linux", a.Scheme)
}

// wantLine refuses what cannot be a serial line here.
func wantLine(path string) error { return wantPath(path) }

// node is a device node that Go's poller owns.
type node struct {
	*os.File
	raw syscall.RawConn
}

// openNode opens path without waiting and without becoming its terminal. What is no
// device is refused: a slip in a document must not write tickets into a file.
func openNode(path string, flags int) (*node, error) {
	f, err := os.OpenFile(path, flags|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode()&os.ModeCharDevice == 0 {
		err = &os.PathError{Op: "open", Path: path, Err: unix.ENODEV}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &node{f, raw}, nil
}

// control runs fn on the descriptor without taking it out of the poller.
func (n *node) control(fn func(fd int) error) error {
	var inner error
	if err := n.raw.Control(func(fd uintptr) { inner = fn(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// lock takes the node for us alone; another holder is errHeld. A device node
// is locked like any file, and unlike TIOCEXCL this stops root too.
func (n *node) lock() error {
	err := n.control(func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%s: %w", n.Name(), errHeld)
	}
	return err
}

// Read says io.EOF, and nothing else, when the device is gone.
func (n *node) Read(p []byte) (int, error) {
	k, err := n.File.Read(p)
	if isGone(err) {
		err = io.EOF
	}
	return k, err
}

// HungUp asks the kernel whether the device is gone.
func (n *node) HungUp() bool {
	err := n.control(func(fd int) error {
		p := []unix.PollFd{{Fd: int32(fd)}}
		if k, err := unix.Poll(p, 0); err == nil && k > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
			return io.EOF
		}
		return nil
	})
	return err == io.EOF
}

func isGone(err error) bool {
	return errors.Is(err, unix.EIO) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO)
}

// groupOf names the group one must be in to open path, " (group dialout)".
func groupOf(path string) string {
	fi, err := os.Stat(path)
	if err != nil {
		return ""
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	name := strconv.Itoa(int(st.Gid))
	if g, err := user.LookupGroupId(name); err == nil {
		name = g.Name
	}
	return " (group " + name + ")"
}
