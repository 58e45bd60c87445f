package port

import (
	"golang.org/x/sys/unix"

	"xinmoi/store/device"
)

var _ device.Queuer = network{}

// Queued is how many written bytes the other end has not taken yet (SIOCOUTQ,
// tcp(7)): the kernel swallows a whole ticket for a printer that never reads.
func (n network) Queued() (queued int, err error) {
	raw, err := n.SyscallConn()
	if err != nil {
		return 0, err
	}
	var ioErr error
	if err := raw.Control(func(fd uintptr) { queued, ioErr = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); err != nil {
		return 0, err
	}
	return queued, ioErr
}
