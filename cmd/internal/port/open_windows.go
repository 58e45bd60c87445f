package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/tarm/serial"
	"golang.org/x/sys/windows"

	"xinmoi/store/device"
)

// Only the agent runs on Windows. Nothing in this file has ever been run: it is
// built with the rest, and no more.

// openHere opens a device of this machine.
func openHere(a Address) (device.Wire, error) {
	switch a.Scheme {
	case Serial:
		return openCOM(a)
	case Queue:
		return openQueue(a.Path)
	}
	return nil, fmt.Errorf("%s ports are not for Windows", a.Scheme)
}

// wantLine refuses what cannot be a serial line here.
func wantLine(path string) error {
	if !strings.HasPrefix(strings.ToUpper(path), "COM") {
		return errors.New("want COM1 and the like")
	}
	return nil
}

func groupOf(string) string { return "" }

const comStep = 50 * time.Millisecond // between two looks at a read's deadline

// com is a serial line. The library waits in the kernel for comStep at a time,
// so a deadline may be kept that much late.
type com struct {
	*serial.Port
	baud  int
	mu    sync.Mutex
	until time.Time // of a read
}

func openCOM(a Address) (device.Wire, error) {
	parities := map[string]serial.Parity{"none": serial.ParityNone, "odd": serial.ParityOdd, "even": serial.ParityEven}
	if a.Line.Flow != NoFlow {
		return nil, errors.New("flow control cannot be set here: set it in the device manager")
	}
	p, err := serial.OpenPort(&serial.Config{
		Name: a.Path, Baud: a.Line.Baud, Size: byte(a.Line.Bits), ReadTimeout: comStep,
		Parity: parities[a.Line.Parity], StopBits: serial.StopBits(a.Line.Stop),
	})
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, fmt.Errorf("%s: %w", a.Path, errHeld) // what Windows says of a port in use
	}
	if err != nil {
		return nil, err
	}
	return &com{Port: p, baud: a.Line.Baud}, nil
}

func (c *com) Baud() int { return c.baud }

func (c *com) Read(p []byte) (int, error) {
	for {
		n, err := c.Port.Read(p)
		switch {
		case errors.Is(err, os.ErrClosed):
			return n, err
		case err != nil && err != io.EOF:
			return n, io.EOF // the adapter is gone
		case n > 0 || len(p) == 0:
			return n, nil
		}
		c.mu.Lock()
		until := c.until
		c.mu.Unlock()
		if !until.IsZero() && !time.Now().Before(until) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

func (c *com) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return nil
}

// SetWriteDeadline does nothing: a line without flow control takes its bytes.
func (c *com) SetWriteDeadline(time.Time) error { return nil }

// The print spooler, winspool.h.
var (
	spool        = windows.NewLazySystemDLL("winspool.drv")
	openPrinter  = spool.NewProc("OpenPrinterW")
	closePrinter = spool.NewProc("ClosePrinter")
	startDoc     = spool.NewProc("StartDocPrinterW")
	endDoc       = spool.NewProc("EndDocPrinter")
	writePrinter = spool.NewProc("WritePrinter")
)

// docInfo is DOC_INFO_1W.
type docInfo struct{ name, file, kind *uint16 }

// queue is a print queue of Windows, which takes raw bytes and says nothing: its
// printer is a mute one. Each write is a document of its own, since the spooler
// prints a document when it is ended.
type queue struct {
	mu     sync.Mutex
	handle uintptr
	shut   bool
	quit   chan struct{}
	until  time.Time
	moved  chan struct{} // closed when until is moved
}

func openQueue(name string) (device.Wire, error) {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	q := &queue{quit: make(chan struct{}), moved: make(chan struct{})}
	if ok, _, err := openPrinter.Call(uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&q.handle)), 0); ok == 0 {
		return nil, fmt.Errorf("print queue %q: %w", name, err)
	}
	return q, nil
}

func (q *queue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.shut:
		return 0, os.ErrClosed
	case len(p) == 0:
		return 0, nil
	}
	name, _ := windows.UTF16PtrFromString("Xin Moi")
	raw, _ := windows.UTF16PtrFromString("RAW")
	if ok, _, err := startDoc.Call(q.handle, 1, uintptr(unsafe.Pointer(&docInfo{name, nil, raw}))); ok == 0 {
		return 0, err
	}
	var n uint32
	ok, _, err := writePrinter.Call(q.handle, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), uintptr(unsafe.Pointer(&n)))
	if ended, _, why := endDoc.Call(q.handle); ok != 0 && ended == 0 {
		return int(n), why
	}
	if ok == 0 {
		return int(n), err
	}
	return int(n), nil
}

// Read waits: a queue never says anything.
func (q *queue) Read([]byte) (int, error) {
	for {
		q.mu.Lock()
		until, moved := q.until, q.moved
		q.mu.Unlock()
		var over <-chan time.Time
		if !until.IsZero() {
			over = time.After(time.Until(until))
		}
		select {
		case <-q.quit:
			return 0, os.ErrClosed
		case <-over:
			return 0, os.ErrDeadlineExceeded
		case <-moved:
		}
	}
}

func (q *queue) SetReadDeadline(t time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.until = t
	close(q.moved)
	q.moved = make(chan struct{})
	return nil
}

// SetWriteDeadline does nothing: the spooler takes what it is given.
func (q *queue) SetWriteDeadline(time.Time) error { return nil }

func (q *queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut {
		return os.ErrClosed
	}
	q.shut = true
	close(q.quit)
	if ok, _, err := closePrinter.Call(q.handle); ok == 0 {
		return err
	}
	return nil
}
