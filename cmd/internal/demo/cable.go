package demo

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"

	"github.com/creack/pty" // ptys without cgo
	"golang.org/x/sys/unix"
)

// speak is a simulated device: one connected life on its end of the cable.
type speak func(ctx context.Context, wire io.ReadWriteCloser) error

// cable joins a simulated device to the port that the daemon opens. Pulling it
// is what a pulled plug is for the daemon: the port hangs up and is gone.
type cable interface {
	plug() error
	pull()
	plugged() bool
	address() string // as in the centre's document
}

// life runs what is at the far end of a plugged cable, until it is pulled.
type life struct {
	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}
}

func (l *life) start(run func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	l.cancel, l.done = cancel, done
	go func() { defer close(done); run(ctx) }()
}

func (l *life) end() {
	if l.cancel != nil {
		l.cancel()
		<-l.done
		l.cancel, l.done = nil, nil
	}
}

func (l *life) plugged() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cancel != nil
}

// tcpCable is a network printer: a listener on a loopback port that stays the
// same from plug to plug.
type tcpCable struct {
	life
	host   string
	device speak
}

func (c *tcpCable) address() string { return "tcp:" + c.host }

func (c *tcpCable) plug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		return nil
	}
	host := c.host
	if host == "" {
		host = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", host)
	if err != nil {
		return err
	}
	c.host = ln.Addr().String()
	c.start(func(ctx context.Context) {
		stop := context.AfterFunc(ctx, func() { ln.Close() })
		defer stop()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			hangUp := context.AfterFunc(ctx, func() { conn.Close() })
			_ = c.device(ctx, conn) // it ends when either side hangs up
			hangUp()
			conn.Close()
		}
	})
	return nil
}

func (c *tcpCable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}

// ptyCable is a serial line. Each plug makes another pty, as a replugged USB
// adapter may come back as another ttyUSB; the link is the stable name that
// udev would give it.
type ptyCable struct {
	life
	link   string
	device speak
}

func (c *ptyCable) address() string { return "serial:" + c.link + "?baud=9600" }

func (c *ptyCable) plug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		return nil
	}
	master, slave, err := openPty()
	if err != nil {
		return err
	}
	if master, err = pollable(master); err != nil {
		return errors.Join(err, slave.Close())
	}
	if err := raw(slave); err != nil {
		return errors.Join(err, master.Close(), slave.Close())
	}
	if err := os.Remove(c.link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, master.Close(), slave.Close())
	}
	if err := os.Symlink(slave.Name(), c.link); err != nil {
		return errors.Join(err, master.Close(), slave.Close())
	}
	c.start(func(ctx context.Context) {
		// Our own hold on the slave keeps the line up while the daemon has it closed.
		defer slave.Close()
		stop := context.AfterFunc(ctx, func() { master.Close() })
		defer stop()
		_ = c.device(ctx, master)
		<-ctx.Done()
	})
	return nil
}

func (c *ptyCable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
	os.Remove(c.link)
}

// pollable gives the master to Go's poller. pty.Open leaves it blocking, and
// closing a blocking file does not end a Read of it: pulling the cable would
// wait for ever, and the daemon would never see the line hang up. Nor would it
// if it had inherited the descriptor.
func pollable(master *os.File) (*os.File, error) {
	defer master.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), master.Name()), nil
}

// openPty opens a pty whose master can be closed while somebody reads it: the
// library's own is in blocking mode, and Close would wait for the read.
func openPty() (master, slave *os.File, err error) {
	blocking, slave, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer blocking.Close()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, nil, errors.Join(err, slave.Close())
	}
	return os.NewFile(uintptr(fd), blocking.Name()), slave, nil
}

// raw turns off what a terminal does for people: echo, line editing, signals.
func raw(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var ioErr error
	err = conn.Control(func(fd uintptr) {
		var t *unix.Termios
		if t, ioErr = unix.IoctlGetTermios(int(fd), unix.TCGETS); ioErr != nil {
			return
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		ioErr = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return errors.Join(err, ioErr)
}
