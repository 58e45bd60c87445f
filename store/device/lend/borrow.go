package lend

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"xinmoi/store/device"
)

// openWithin is how long a lender may take to open a device.
const openWithin = 8 * time.Second

// ErrLost is why a wire cannot be opened once its lender has gone.
var ErrLost = errors.New("the machine that lends it is not connected")

// Borrower is the end of a connection that has the drivers.
type Borrower struct {
	out  *outbox
	done chan struct{} // the connection has ended

	mu    sync.Mutex
	wires map[uint32]*wire
	last  uint32
	lost  bool
}

// Borrow speaks with a lender on c. Serve must be called.
func Borrow(c Conn) *Borrower {
	return &Borrower{out: newOutbox(c), done: make(chan struct{}), wires: map[uint32]*wire{}}
}

// Serve receives until the connection ends, and tells why. All wires are gone
// then.
func (b *Borrower) Serve() error {
	go b.out.run(b.done)
	var err error
	for err == nil {
		var m []byte
		if m, err = b.out.conn.Receive(); err == nil {
			err = b.hear(m)
		}
	}
	b.out.conn.Close()
	b.mu.Lock()
	b.lost = true
	wires := b.wires
	b.wires = nil
	b.mu.Unlock()
	for _, w := range wires {
		w.end(ErrLost)
	}
	close(b.done)
	<-b.out.ended
	return err
}

// Done is closed when the connection has ended.
func (b *Borrower) Done() <-chan struct{} { return b.done }

// Open opens a device of the lender's. That it cannot be opened is a
// *device.Fault with what the lender says.
func (b *Borrower) Open(ctx context.Context, name string) (device.Wire, error) {
	w := newWire(b)
	b.mu.Lock()
	if b.lost {
		b.mu.Unlock()
		return nil, ErrLost
	}
	b.last++
	w.id = b.last
	b.wires[w.id] = w
	b.mu.Unlock()
	b.out.put(message(askOpen, w.id, []byte(name)))

	t := time.NewTimer(openWithin)
	defer t.Stop()
	select {
	case o := <-w.opened:
		return w.as(o), nil
	case <-w.gone:
		b.forget(w)
		return nil, w.why()
	case <-t.C:
		w.Close()
		return nil, &device.Fault{Conditions: device.Set(device.Mute), Detail: "no answer"}
	case <-ctx.Done():
		w.Close()
		return nil, ctx.Err()
	}
}

func (b *Borrower) forget(w *wire) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.wires, w.id)
}

// hear takes one message. What comes for a stream that has been closed
// meanwhile is dropped.
func (b *Borrower) hear(m []byte) error {
	kind, id, rest, err := take(m)
	if err != nil {
		return err
	}
	b.mu.Lock()
	w, last := b.wires[id], b.last
	b.mu.Unlock()
	switch {
	case id == 0 || id > last:
		return fmt.Errorf("%w: stream %d was never opened", errProtocol, id)
	case w == nil:
		return nil
	}
	switch kind {
	case saysOpen:
		var o opened
		if err := json.Unmarshal(rest, &o); err != nil || o.Record < 0 || o.Record > window {
			return fmt.Errorf("%w: opened %q", errProtocol, rest)
		}
		return offer(w.opened, o)
	case saysRefused:
		f := &device.Fault{}
		if err := json.Unmarshal(rest, f); err != nil {
			return fmt.Errorf("%w: refused %q", errProtocol, rest)
		}
		w.end(f)
		return nil
	case saysData:
		return w.add(rest)
	case saysGone:
		w.end(errors.New(string(rest)))
		return nil
	case saysWrote:
		if len(rest) < header {
			return errProtocol
		}
		return offer(w.wrote, outcome{int(binary.BigEndian.Uint32(rest)), rest[4], string(rest[5:])})
	case saysState:
		return offer(w.state, append([]byte(nil), rest...))
	}
	return fmt.Errorf("%w: a message of kind %q", errProtocol, kind)
}

// offer hands over what was waited for; nobody may say more than was asked.
func offer[T any](to chan<- T, x T) error {
	select {
	case to <- x:
		return nil
	default:
		return fmt.Errorf("%w: an answer to no question", errProtocol)
	}
}
