package lend

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"xinmoi/store/device"
)

const (
	stopWithin = 3 * time.Second // for a write that was broken off to be told
	askWithin  = 3 * time.Second // for an ability: the question goes to the device itself
)

// outcome is what came of a write.
type outcome struct {
	n    int
	how  byte
	text string
}

// wire is a borrowed device.
type wire struct {
	of     *Borrower
	id     uint32
	record int

	opened chan opened
	wrote  chan outcome // one slot, as each write is waited for
	state  chan []byte  // likewise
	bell   chan struct{}
	closed chan struct{}
	gone   chan struct{}

	readBy, writeBy *deadline
	writing, asking sync.Mutex

	mu     sync.Mutex
	in     []byte // read from the device, not yet by the driver
	taken  int    // by the driver, not yet granted again
	err    error  // why it is gone
	isShut bool
}

func newWire(b *Borrower) *wire {
	return &wire{of: b, opened: make(chan opened, 1), wrote: make(chan outcome, 1), state: make(chan []byte, 1),
		bell: make(chan struct{}, 1), closed: make(chan struct{}), gone: make(chan struct{}),
		readBy: newDeadline(), writeBy: newDeadline()}
}

// end says that the device is gone, for good.
func (w *wire) end(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = why
		close(w.gone)
	}
}

// HungUp tells that the device is gone.
func (w *wire) HungUp() bool { return isClosed(w.gone) }

func (w *wire) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// add takes what the device has said.
func (w *wire) add(b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.in)+len(b) > window {
		return fmt.Errorf("%w: more than the window", errProtocol)
	}
	w.in = append(w.in, b...)
	ring(w.bell)
	return nil
}

func (w *wire) Read(p []byte) (int, error) {
	if w.record > 1 {
		p = p[:len(p)/w.record*w.record]
		if len(p) == 0 {
			return 0, io.ErrShortBuffer
		}
	}
	for {
		over := w.readBy.over()
		switch {
		case isClosed(w.closed):
			return 0, os.ErrClosed
		case isClosed(over):
			return 0, os.ErrDeadlineExceeded
		}
		ended := isClosed(w.gone) // before the look, so that nothing read is lost
		if n := w.copy(p); n > 0 || len(p) == 0 {
			return n, nil
		}
		if ended {
			return 0, io.EOF
		}
		select {
		case <-w.bell:
		case <-w.gone:
		case <-w.closed:
		case <-over:
		}
	}
}

// copy hands over what is there, and lets the lender read on.
func (w *wire) copy(p []byte) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := copy(p, w.in)
	w.in = append(w.in[:0], w.in[n:]...)
	w.taken += n
	if w.taken >= window/2 {
		w.of.out.put(message(askGrant, w.id, u32(w.taken)))
		w.taken = 0
	}
	if len(w.in) > 0 {
		ring(w.bell)
	}
	return n
}

func (w *wire) Write(p []byte) (n int, err error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	for {
		part := p[n:min(len(p), n+maxWrite)]
		k, err := w.writeOnce(part)
		n += k
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

func (w *wire) writeOnce(p []byte) (int, error) {
	over := w.writeBy.over()
	switch {
	case isClosed(w.closed):
		return 0, os.ErrClosed
	case isClosed(w.gone):
		return 0, w.hungUp()
	case isClosed(over):
		return 0, os.ErrDeadlineExceeded
	}
	w.of.out.put(message(askWrite, w.id, p))
	select {
	case o := <-w.wrote:
		return w.judge(o, len(p))
	case <-w.closed:
		return 0, os.ErrClosed
	case <-w.gone:
		return w.lastWord(len(p))
	case <-over:
	}
	w.of.out.put(message(askStop, w.id))
	t := time.NewTimer(stopWithin)
	defer t.Stop()
	select {
	case o := <-w.wrote:
		return w.judge(o, len(p))
	case <-w.closed:
		return 0, os.ErrClosed
	case <-w.gone:
		return w.lastWord(len(p))
	case <-t.C:
		w.Close() // nobody knows what the device has
		return 0, w.hungUp()
	}
}

// lastWord is the outcome of a write that was told just before the end.
func (w *wire) lastWord(asked int) (int, error) {
	select {
	case o := <-w.wrote:
		return w.judge(o, asked)
	default:
		return 0, w.hungUp()
	}
}

func (w *wire) judge(o outcome, asked int) (int, error) {
	n := min(o.n, asked)
	switch {
	case o.how == wroteAll && n == asked:
		return n, nil
	case o.how == wroteStopped:
		return n, os.ErrDeadlineExceeded
	}
	return n, fmt.Errorf("%w: %s", syscall.EIO, o.text)
}

// hungUp is what a write says when the device is gone.
func (w *wire) hungUp() error {
	if why := w.why(); why != nil {
		return fmt.Errorf("%w: %w", syscall.EIO, why)
	}
	return syscall.EIO
}

// Close gives the device back.
func (w *wire) Close() error {
	w.mu.Lock()
	if w.isShut {
		w.mu.Unlock()
		return os.ErrClosed
	}
	w.isShut = true
	close(w.closed)
	w.mu.Unlock()
	w.readBy.set(time.Time{})
	w.writeBy.set(time.Time{})
	w.of.forget(w)
	w.of.out.put(message(askClose, w.id))
	return nil
}

func (w *wire) SetReadDeadline(t time.Time) error  { return w.move(w.readBy, t) }
func (w *wire) SetWriteDeadline(t time.Time) error { return w.move(w.writeBy, t) }

func (w *wire) move(d *deadline, t time.Time) error {
	if isClosed(w.closed) {
		return os.ErrClosed
	}
	d.set(t)
	return nil
}

var errNoAnswer = errors.New("lend: no answer")

// ask asks the lender for an ability's answer.
func (w *wire) ask(ability byte) ([]byte, error) {
	w.asking.Lock()
	defer w.asking.Unlock()
	switch {
	case isClosed(w.closed):
		return nil, os.ErrClosed
	case isClosed(w.gone):
		return nil, w.hungUp()
	}
	w.of.out.put(message(askState, w.id, []byte{ability}))
	t := time.NewTimer(askWithin)
	defer t.Stop()
	select {
	case b := <-w.state:
		if len(b) == 0 {
			return nil, errNoAnswer
		}
		if b[0] == 0 {
			return nil, errors.New(string(b[1:]))
		}
		return b[1:], nil
	case <-w.gone:
		return nil, w.hungUp()
	case <-w.closed:
		return nil, os.ErrClosed
	case <-t.C:
		w.Close() // a late answer would be taken for that of the next question
		return nil, errNoAnswer
	}
}

// The abilities, each for the wires that have it.
type (
	bauds   struct{ baud int }
	queues  struct{ w *wire }
	names   struct{ w *wire }
	reports struct{ w *wire }
)

// Baud is the speed in bits per second.
func (b bauds) Baud() int { return b.baud }

// Queued asks how many bytes have not left the lender's machine yet.
func (q queues) Queued() (int, error) {
	b, err := q.w.ask(canQueue)
	if err != nil || len(b) != 4 {
		return 0, errors.Join(errNoAnswer, err)
	}
	return int(binary.BigEndian.Uint32(b)), nil
}

// DeviceID asks for the IEEE 1284 id.
func (n names) DeviceID() (string, error) {
	b, err := n.w.ask(canID)
	return string(b), err
}

// PortStatus asks for the status byte of the printer class.
func (r reports) PortStatus() (byte, error) {
	b, err := r.w.ask(canStatus)
	if err != nil || len(b) != 1 {
		return 0, errors.Join(errNoAnswer, err)
	}
	return b[0], nil
}

// as gives the wire the abilities that the lender has told, in the groups in
// which wires have them.
func (w *wire) as(o opened) device.Wire {
	w.record = o.Record
	queue, usb := o.Can&canQueue != 0, o.Can&(canID|canStatus) == canID|canStatus
	switch {
	case o.Baud > 0 && queue:
		return struct {
			*wire
			bauds
			queues
		}{w, bauds{o.Baud}, queues{w}}
	case o.Baud > 0:
		return struct {
			*wire
			bauds
		}{w, bauds{o.Baud}}
	case usb:
		return struct {
			*wire
			names
			reports
		}{w, names{w}, reports{w}}
	case o.Can&canID != 0:
		return struct {
			*wire
			names
		}{w, names{w}}
	case queue:
		return struct {
			*wire
			queues
		}{w, queues{w}}
	}
	return w
}
