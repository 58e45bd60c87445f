package port

import (
	"fmt"
	"os"

	"github.com/tarm/serial"
	"golang.org/x/sys/unix"

	"xinmoi/store/device"
)

// line is an open serial line.
type line struct {
	*node
	baud int
}

var (
	_ device.Bauder = (*line)(nil)
	_ device.Queuer = (*line)(nil)
)

// Baud is the speed in bits per second.
func (l *line) Baud() int { return l.baud }

// Queued is how many written bytes have not left the machine yet.
func (l *line) Queued() (n int, err error) {
	err = l.control(func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		return err
	})
	return n, err
}

var parities = map[string]serial.Parity{"none": serial.ParityNone, "odd": serial.ParityOdd, "even": serial.ParityEven}

func openSerial(a Address) (device.Wire, error) {
	// Ours first: it holds the lock before anything is set, and since the last
	// close never comes, DTR does not drop when tarm's descriptor goes.
	n, err := openNode(a.Path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := setLine(n, a); err != nil {
		n.Close()
		return nil, err
	}
	return &line{n, a.Line.Baud}, nil
}

func setLine(n *node, a Address) error {
	if err := n.lock(); err != nil {
		return err
	}
	p, err := serial.OpenPort(&serial.Config{
		Name: a.Path, Baud: a.Line.Baud, Size: byte(a.Line.Bits),
		Parity: parities[a.Line.Parity], StopBits: serial.StopBits(a.Line.Stop),
	})
	if err != nil {
		return fmt.Errorf("set the line: %w", err)
	}
	if err := p.Close(); err != nil {
		return fmt.Errorf("set the line: %w", err)
	}
	return n.control(func(fd int) error {
		if err := setFlow(fd, a.Line.Flow); err != nil {
			return fmt.Errorf("flow control: %w", err)
		}
		if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
			return fmt.Errorf("hold the port alone: %w", err)
		}
		// What came before we listened is not for us.
		return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH)
	})
}

func setFlow(fd int, f Flow) error {
	if f == NoFlow {
		return nil // tarm/serial has switched it off
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	switch f {
	case RTSCTS:
		t.Cflag |= unix.CRTSCTS
	case XONXOFF:
		t.Iflag |= unix.IXON
		t.Cc[unix.VSTART], t.Cc[unix.VSTOP] = 0x11, 0x13
	}
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}
