// Package lendtest lends the wires of tests: the tests of every driver run once
// more over a lender and a borrower when XINMOI_WIRES=lent says so, and must
// not notice.
package lendtest

import (
	"context"
	"io"
	"os"
	"sync"
	"testing"

	"xinmoi/store/device"
	"xinmoi/store/device/lend"
)

// Pipe returns the two ends of a connection within the process.
func Pipe() (a, b lend.Conn) {
	there, back := make(chan []byte, 1), make(chan []byte, 1)
	quit, once := make(chan struct{}), &sync.Once{}
	return &end{there, back, quit, once}, &end{back, there, quit, once}
}

type end struct {
	out  chan<- []byte
	in   <-chan []byte
	quit chan struct{}
	once *sync.Once
}

func (e *end) Send(m []byte) error {
	select {
	case e.out <- m:
		return nil
	case <-e.quit:
		return io.ErrClosedPipe
	}
}

func (e *end) Receive() ([]byte, error) {
	select {
	case m := <-e.in:
		return m, nil
	case <-e.quit:
		return nil, io.EOF
	}
}

func (e *end) Close() error {
	e.once.Do(func() { close(e.quit) })
	return nil
}

// Wire is w as the driver under test is to see it: itself, or lent.
func Wire(t testing.TB, w device.Wire) device.Wire {
	t.Helper()
	if os.Getenv("XINMOI_WIRES") != "lent" {
		return w
	}
	return Lent(t, w)
}

// Lent lends w until the test ends.
func Lent(t testing.TB, w device.Wire) device.Wire {
	t.Helper()
	here, there := Pipe()
	lender := &lend.Lender{Open: func(context.Context, string) (device.Wire, error) { return w, nil }}
	borrower := lend.Borrow(here)
	var both sync.WaitGroup
	both.Go(func() { _ = lender.Serve(context.Background(), there) })
	both.Go(func() { _ = borrower.Serve() })
	t.Cleanup(func() {
		here.Close()
		both.Wait()
	})
	lent, err := borrower.Open(context.Background(), "device")
	if err != nil {
		t.Fatal(err)
	}
	return lent
}
