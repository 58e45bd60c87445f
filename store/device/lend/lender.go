package lend

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"xinmoi/store/device"
)

const (
	maxStreams = 64              // devices that one machine lends at a time
	freeWithin = 2 * time.Second // for a device to be closed by whoever had it before
)

// Lender is the end of a connection that has the devices.
type Lender struct {
	// Open opens a device of this machine by the name under which it is lent. A
	// *device.Fault is told as it is.
	Open func(ctx context.Context, name string) (device.Wire, error)
}

// Serve lends devices on a connection until it or ctx ends, and tells why. All
// devices are closed then.
func (l *Lender) Serve(ctx context.Context, c Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	s := &lending{Lender: l, out: newOutbox(c), streams: map[uint32]*stream{}, held: map[string]chan struct{}{}}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	go s.out.run(ctx.Done())
	var err error
	for err == nil {
		var m []byte
		if m, err = c.Receive(); err == nil {
			err = s.hear(ctx, m)
		}
	}
	cancel()
	c.Close()
	for _, t := range s.live() {
		t.close()
	}
	s.all.Wait()
	<-s.out.ended
	return err
}

// lending is one connection of a lender.
type lending struct {
	*Lender
	out *outbox
	all sync.WaitGroup

	mu      sync.Mutex
	streams map[uint32]*stream
	last    uint32
	held    map[string]chan struct{} // by device: full while it is open
}

func (s *lending) live() (all []*stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.streams {
		all = append(all, t)
	}
	return all
}

// hear takes one message and never waits.
func (s *lending) hear(ctx context.Context, m []byte) error {
	kind, id, rest, err := take(m)
	if err != nil {
		return err
	}
	if kind == askOpen {
		return s.begin(ctx, id, string(rest))
	}
	s.mu.Lock()
	t := s.streams[id]
	s.mu.Unlock()
	if t == nil {
		return nil // it has ended meanwhile, and that has been told
	}
	switch kind {
	case askWrite:
		t.arm()
		return offer(t.writes, append([]byte(nil), rest...))
	case askStop:
		t.stop()
		return nil
	case askGrant:
		if len(rest) != 4 {
			return errProtocol
		}
		return t.grant(binary.BigEndian.Uint32(rest))
	case askState:
		if len(rest) != 1 {
			return errProtocol
		}
		return offer(t.asks, rest[0])
	case askClose:
		s.all.Go(t.close) // a device may take its time
		return nil
	}
	return fmt.Errorf("%w: a message of kind %q", errProtocol, kind)
}

// begin begins a stream.
func (s *lending) begin(ctx context.Context, id uint32, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id <= s.last || len(s.streams) >= maxStreams {
		return fmt.Errorf("%w: stream %d", errProtocol, id)
	}
	s.last = id
	held := s.held[name]
	if held == nil {
		held = make(chan struct{}, 1)
		s.held[name] = held
	}
	t := &stream{of: s, id: id, writes: make(chan []byte, 1), asks: make(chan byte, 1),
		credit: window, bell: make(chan struct{}, 1), quit: make(chan struct{})}
	s.streams[id] = t
	s.all.Go(func() {
		defer s.forget(t)
		t.run(ctx, name, held)
	})
	return nil
}

func (s *lending) forget(t *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, t.id)
}

// stream is one device that is lent.
type stream struct {
	of     *lending
	id     uint32
	writes chan []byte // one slot, as is the next: the borrower waits for each answer
	asks   chan byte
	bell   chan struct{} // there is credit again
	quit   chan struct{} // the borrower wants no more

	mu      sync.Mutex
	wire    device.Wire
	credit  int
	stopped bool // the write under way is to be broken off
	shut    bool
}

// run opens the device and serves it until it or the stream ends.
func (t *stream) run(ctx context.Context, name string, held chan struct{}) {
	w, err := t.open(ctx, name, held)
	if err != nil {
		f := &device.Fault{}
		if !errors.As(err, &f) {
			f = &device.Fault{Conditions: device.Set(device.Offline), Detail: err.Error()}
		}
		t.tellJSON(saysRefused, f)
		return
	}
	defer func() { <-held }()
	defer w.Close()
	o := abilities(w)
	t.tellJSON(saysOpen, o)
	var hands sync.WaitGroup
	hands.Go(func() { t.write(w) })
	hands.Go(func() { t.answer(w) })
	why := t.read(w, max(o.Record, 1))
	t.close()
	hands.Wait()
	t.tell(saysGone, []byte(short(why.Error())))
}

// open waits until whoever had the device before has closed it, and opens it.
func (t *stream) open(ctx context.Context, name string, held chan struct{}) (device.Wire, error) {
	patience := time.NewTimer(freeWithin)
	defer patience.Stop()
	select {
	case held <- struct{}{}:
	case <-patience.C:
		return nil, &device.Fault{Conditions: device.Set(device.Busy), Detail: name}
	case <-t.quit:
		return nil, os.ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	opened := make(chan struct{})
	defer close(opened)
	go func() {
		select {
		case <-t.quit:
			cancel()
		case <-opened:
		}
	}()
	w, err := t.of.Open(ctx, name)
	if err != nil {
		<-held
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shut {
		w.Close()
		<-held
		return nil, os.ErrClosed
	}
	t.wire = w
	return w, nil
}

// abilities is what a wire can do.
func abilities(w device.Wire) (o opened) {
	if b, ok := w.(device.Bauder); ok {
		o.Baud = b.Baud()
	}
	if r, ok := w.(device.Recorder); ok {
		o.Record = r.Record()
	}
	if _, ok := w.(device.Queuer); ok {
		o.Can |= canQueue
	}
	if _, ok := w.(device.Identifier); ok {
		o.Can |= canID
	}
	if _, ok := w.(device.PortStatuser); ok {
		o.Can |= canStatus
	}
	return o
}

// read hands on what the device says, as far as the borrower grants, until the
// end.
func (t *stream) read(w device.Wire, record int) error {
	buf := make([]byte, 4096)
	for {
		room := min(len(buf), t.room()) / record * record
		if room == 0 {
			select {
			case <-t.bell:
				continue
			case <-t.quit:
				return os.ErrClosed
			}
		}
		n, err := w.Read(buf[:room])
		if n > 0 {
			t.spend(n)
			t.tell(saysData, buf[:n])
		}
		if err != nil {
			return err
		}
	}
}

func (t *stream) room() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.credit
}

func (t *stream) spend(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.credit -= n
}

func (t *stream) grant(n uint32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n > window || t.credit+int(n) > window {
		return fmt.Errorf("%w: a grant of %d", errProtocol, n)
	}
	t.credit += int(n)
	ring(t.bell)
	return nil
}

// arm says that a write has come, before it can be told to stop.
func (t *stream) arm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = false
}

// stop breaks off the write under way, if there is one.
func (t *stream) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.wire != nil {
		_ = t.wire.SetWriteDeadline(time.Now())
	}
}

// mayWrite takes the deadline away, unless the write has been stopped already.
func (t *stream) mayWrite(w device.Wire) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.stopped && w.SetWriteDeadline(time.Time{}) == nil
}

// write carries out the writes.
func (t *stream) write(w device.Wire) {
	for {
		var p []byte
		select {
		case p = <-t.writes:
		case <-t.quit:
			return
		}
		n, how, text := 0, byte(wroteStopped), ""
		if t.mayWrite(w) {
			var err error
			n, err = w.Write(p)
			switch {
			case err == nil:
				how = wroteAll
			case !errors.Is(err, os.ErrDeadlineExceeded):
				how, text = wroteGone, short(err.Error())
			}
		}
		t.tell(saysWrote, u32(n), []byte{how}, []byte(text))
	}
}

// answer answers what the borrower asks about the wire.
func (t *stream) answer(w device.Wire) {
	for {
		var ability byte
		select {
		case ability = <-t.asks:
		case <-t.quit:
			return
		}
		b, err := state(w, ability)
		if err != nil {
			t.tell(saysState, []byte{0}, []byte(short(err.Error())))
			continue
		}
		t.tell(saysState, []byte{1}, b)
	}
}

func state(w device.Wire, ability byte) ([]byte, error) {
	switch ability {
	case canQueue:
		if q, ok := w.(device.Queuer); ok {
			n, err := q.Queued()
			return u32(n), err
		}
	case canID:
		if i, ok := w.(device.Identifier); ok {
			id, err := i.DeviceID()
			return []byte(id[:min(len(id), maxWrite)]), err
		}
	case canStatus:
		if s, ok := w.(device.PortStatuser); ok {
			b, err := s.PortStatus()
			return []byte{b}, err
		}
	}
	return nil, errors.New("it cannot")
}

// close ends the stream; its device is closed, which ends all that waits for it.
func (t *stream) close() {
	t.mu.Lock()
	w, again := t.wire, t.shut
	t.shut = true
	t.mu.Unlock()
	if again {
		return
	}
	close(t.quit)
	if w != nil {
		w.Close()
	}
}

func (t *stream) tell(kind byte, parts ...[]byte) { t.of.out.put(message(kind, t.id, parts...)) }

func (t *stream) tellJSON(kind byte, x any) {
	b, err := json.Marshal(x)
	if err != nil {
		b = []byte("{}") // plain fields: it cannot happen
	}
	t.tell(kind, b)
}

// short keeps what is told of an error within a message.
func short(s string) string { return s[:min(len(s), 200)] }
