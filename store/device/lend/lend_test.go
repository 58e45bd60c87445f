package lend_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
	"xinmoi/store/device/lend"
	"xinmoi/store/device/lend/lendtest"
)

// pair is a lender of the given devices and its borrower.
func pair(t *testing.T, open func(ctx context.Context, name string) (device.Wire, error)) (b *lend.Borrower, cut func()) {
	t.Helper()
	here, there := lendtest.Pipe()
	b = lend.Borrow(here)
	var both sync.WaitGroup
	both.Go(func() { _ = (&lend.Lender{Open: open}).Serve(context.Background(), there) })
	both.Go(func() { _ = b.Serve() })
	cut = func() { here.Close(); both.Wait() }
	t.Cleanup(cut)
	return b, cut
}

// one lends one end of a pipe and borrows it.
func one(t *testing.T) (w device.Wire, far net.Conn, cut func()) {
	t.Helper()
	near, far := net.Pipe()
	b, cut := pair(t, func(context.Context, string) (device.Wire, error) { return near, nil })
	w, err := b.Open(t.Context(), "p")
	require.NoError(t, err)
	return w, far, cut
}

func TestBytesGoBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, _ := one(t)
		all := bytes.Repeat([]byte("0123456789abcdef"), 8000) // 128 kB: many messages, many windows
		go func() { _, _ = far.Write(all) }()
		got := make([]byte, len(all))
		_, err := io.ReadFull(w, got)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(all, got))

		ended := make(chan error, 1)
		go func() { _, err := w.Write(all); ended <- err }()
		_, err = io.ReadFull(far, got)
		require.NoError(t, err)
		require.NoError(t, <-ended)
		assert.True(t, bytes.Equal(all, got))
	})
}

// A write that ends at its deadline tells what the device has, to the byte, and
// the next one goes on from there.
func TestAWriteDeadlineTellsTheTrueCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, _ := one(t)
		all := bytes.Repeat([]byte("0123456789abcdef"), 4000)
		took := make([]byte, 20_000)
		go func() { _, _ = io.ReadFull(far, took) }() // and no more
		require.NoError(t, w.SetWriteDeadline(time.Now().Add(time.Second)))
		began := time.Now()
		n, err := w.Write(all)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, len(took), n)
		assert.Equal(t, time.Second, time.Since(began))
		n2, err := w.Write(all[n:])
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded, "it has passed")
		assert.Zero(t, n2)

		require.NoError(t, w.SetWriteDeadline(time.Time{}))
		rest := make([]byte, len(all)-n)
		go func() { _, _ = io.ReadFull(far, rest) }()
		_, err = w.Write(all[n:])
		require.NoError(t, err)
		assert.True(t, bytes.Equal(all, append(took, rest...)))
	})
}

func TestAReadDeadlineIsNoEndOfFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, _ := one(t)
		require.NoError(t, w.SetReadDeadline(time.Now().Add(time.Second)))
		_, err := w.Read(make([]byte, 9))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		go func() { _, _ = far.Write([]byte("x")) }()
		require.NoError(t, w.SetReadDeadline(time.Now().Add(time.Second)))
		n, err := w.Read(make([]byte, 9))
		require.NoError(t, err)
		assert.Equal(t, 1, n)

		// Moved while a read waits, it counts for that read.
		require.NoError(t, w.SetReadDeadline(time.Time{}))
		ended := make(chan error, 1)
		go func() { _, err := w.Read(make([]byte, 9)); ended <- err }()
		time.Sleep(time.Minute)
		require.NoError(t, w.SetReadDeadline(time.Now()))
		assert.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
	})
}

// The end of the device comes after all that it has said, as io.EOF; what is
// written then fails.
func TestHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, _ := one(t)
		_, err := far.Write([]byte("last words"))
		require.NoError(t, err)
		assert.False(t, w.(device.HangUpper).HungUp())
		far.Close()
		synctest.Wait()
		got, err := io.ReadAll(w)
		require.NoError(t, err)
		assert.Equal(t, "last words", string(got))
		_, err = w.Read(make([]byte, 1))
		assert.Equal(t, io.EOF, err)
		assert.True(t, w.(device.HangUpper).HungUp())
		_, err = w.Write([]byte("x"))
		assert.ErrorIs(t, err, syscall.EIO)
	})
}

// A device that goes in the middle of a write ends it.
func TestHangUpEndsAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, _ := one(t)
		go func() { _, _ = io.ReadFull(far, make([]byte, 7)); far.Close() }()
		n, err := w.Write(make([]byte, 100))
		assert.ErrorIs(t, err, syscall.EIO)
		assert.Equal(t, 7, n)
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, _ := one(t)
		ended := make(chan error, 2)
		go func() { _, err := w.Read(make([]byte, 9)); ended <- err }()
		go func() { _, err := w.Write(make([]byte, 9)); ended <- err }()
		synctest.Wait()
		require.NoError(t, w.Close())
		assert.ErrorIs(t, <-ended, os.ErrClosed)
		assert.ErrorIs(t, <-ended, os.ErrClosed)
		_, err := far.Read(make([]byte, 1))
		for err == nil {
			_, err = far.Read(make([]byte, 9))
		}
		assert.Equal(t, io.EOF, err, "the device itself is closed")
		assert.ErrorIs(t, w.Close(), os.ErrClosed)
		assert.ErrorIs(t, w.SetReadDeadline(time.Now()), os.ErrClosed)
	})
}

// The end of the connection is the end of all its wires, and closes the devices.
func TestLosingTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, far, cut := one(t)
		ended := make(chan error, 2)
		go func() { _, err := w.Read(make([]byte, 9)); ended <- err }()
		go func() { _, err := w.Write(make([]byte, 9)); assert.ErrorIs(t, err, syscall.EIO); ended <- err }()
		synctest.Wait()
		cut()
		<-ended
		<-ended
		_, err := w.Read(make([]byte, 9))
		assert.Equal(t, io.EOF, err)
		_, err = io.ReadAll(far)
		assert.NoError(t, err)
	})
}

// A device that takes nothing stalls its own stream and no other.
func TestAStalledDeviceStallsItselfAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := map[string]net.Conn{}
		b, _ := pair(t, func(_ context.Context, name string) (device.Wire, error) {
			near, f := net.Pipe()
			far[name] = f
			return near, nil
		})
		printer, err := b.Open(t.Context(), "printer")
		require.NoError(t, err)
		pad, err := b.Open(t.Context(), "pad")
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { _, err := printer.Write(make([]byte, 1<<20)); ended <- err }()
		go func() { _, _ = far["printer"].Write(make([]byte, 1<<20)) }() // nor does its driver read
		for range 1000 {
			go func() { _, _ = far["pad"].Write([]byte("press")) }()
			got := make([]byte, 5)
			_, err := io.ReadFull(pad, got)
			require.NoError(t, err)
			go func() { _, _ = io.ReadFull(far["pad"], got) }()
			_, err = pad.Write([]byte("shown"))
			require.NoError(t, err)
		}
		printer.Close()
		assert.ErrorIs(t, <-ended, os.ErrClosed)
	})
}

// able is a wire with all that a wire can do besides.
type able struct {
	net.Conn
	baud int
	err  error
}

func (a able) Baud() int                       { return a.baud }
func (a able) Queued() (int, error)            { return 70_000, a.err }
func (a able) DeviceID() (string, error)       { return "MFG:X;", a.err }
func (a able) PortStatus() (byte, error)       { return 0x38, a.err }
func (able) Record() int                       { return 8 }
func (a able) SetReadDeadline(time.Time) error { return nil }

func TestAbilitiesPassThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("input/output error")
		near, _ := net.Pipe()
		wires := map[string]device.Wire{
			"serial": able{near, 9600, nil}, "usb": able{near, 0, nil}, "broken": able{near, 0, broken}, "plain": near,
		}
		b, _ := pair(t, func(_ context.Context, name string) (device.Wire, error) { return wires[name], nil })
		open := func(name string) device.Wire {
			w, err := b.Open(t.Context(), name)
			require.NoError(t, err)
			return w
		}
		serial := open("serial")
		assert.Equal(t, 9600, serial.(device.Bauder).Baud())
		n, err := serial.(device.Queuer).Queued()
		require.NoError(t, err)
		assert.Equal(t, 70_000, n)

		usb := open("usb")
		id, err := usb.(device.Identifier).DeviceID()
		require.NoError(t, err)
		assert.Equal(t, "MFG:X;", id)
		status, err := usb.(device.PortStatuser).PortStatus()
		require.NoError(t, err)
		assert.Equal(t, byte(0x38), status)
		_, err = open("broken").(device.PortStatuser).PortStatus()
		assert.ErrorContains(t, err, "input/output error")

		plain := open("plain")
		_, isBauder := plain.(device.Bauder)
		_, isQueuer := plain.(device.Queuer)
		_, isUSB := plain.(device.PortStatuser)
		assert.False(t, isBauder || isQueuer || isUSB, "a wire that cannot says that it cannot")
	})
}

// Records are never torn, however small the driver's buffer.
func TestRecordsStayWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		b, _ := pair(t, func(context.Context, string) (device.Wire, error) { return able{Conn: near}, nil })
		w, err := b.Open(t.Context(), "pad")
		require.NoError(t, err)
		go func() { _, _ = far.Write([]byte("record 1record 2record 3")) }()
		synctest.Wait()
		for _, want := range []string{"record 1record 2", "record 3"} {
			buf := make([]byte, 20)
			n, err := w.Read(buf)
			require.NoError(t, err)
			assert.Equal(t, want, string(buf[:n]))
		}
		_, err = w.Read(make([]byte, 7))
		assert.Equal(t, io.ErrShortBuffer, err)
	})
}

func TestWhyADeviceCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := &device.Fault{Conditions: device.Set(device.NoAccess), Detail: "/dev/usb/lp0 (group lp)", Missing: true}
		b, cut := pair(t, func(_ context.Context, name string) (device.Wire, error) {
			if name == "odd" {
				return nil, errors.New("odd")
			}
			return nil, fault
		})
		var got *device.Fault
		_, err := b.Open(t.Context(), "p")
		require.ErrorAs(t, err, &got)
		assert.Equal(t, fault, got)
		_, err = b.Open(t.Context(), "odd")
		require.ErrorAs(t, err, &got)
		assert.Equal(t, &device.Fault{Conditions: device.Set(device.Offline), Detail: "odd"}, got)
		cut()
		_, err = b.Open(t.Context(), "p")
		assert.ErrorIs(t, err, lend.ErrLost)
	})
}

// A device is closed before it is opened again, and only one has it.
func TestADeviceIsLentToOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := 0
		var mu sync.Mutex
		b, _ := pair(t, func(context.Context, string) (device.Wire, error) {
			mu.Lock()
			defer mu.Unlock()
			open++
			assert.Equal(t, 1, open)
			near, _ := net.Pipe()
			return &slowToClose{Conn: near, closed: func() { mu.Lock(); open--; mu.Unlock() }}, nil
		})
		first, err := b.Open(t.Context(), "p")
		require.NoError(t, err)
		_, err = b.Open(t.Context(), "p")
		var f *device.Fault
		require.ErrorAs(t, err, &f)
		assert.Equal(t, device.Set(device.Busy), f.Conditions)
		first.Close()
		second, err := b.Open(t.Context(), "p")
		require.NoError(t, err)
		second.Close()
	})
}

type slowToClose struct {
	net.Conn
	closed func()
	once   sync.Once
}

func (s *slowToClose) Close() error {
	err := s.Conn.Close()
	if err == nil {
		time.Sleep(time.Second)
	}
	s.once.Do(s.closed)
	return err
}

// A lender that hangs is given up with the wire, not waited for.
func TestALenderThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := lendtest.Pipe()
		b := lend.Borrow(here)
		go func() { _ = b.Serve() }()
		defer here.Close()
		go func() { // says that it has opened, and nothing more
			m, _ := there.Receive()
			_ = there.Send(append(append([]byte{'o'}, m[1:5]...), "{}"...))
			for {
				if _, err := there.Receive(); err != nil {
					return
				}
			}
		}()
		w, err := b.Open(t.Context(), "p")
		require.NoError(t, err)
		require.NoError(t, w.SetWriteDeadline(time.Now().Add(time.Second)))
		began := time.Now()
		_, err = w.Write([]byte("x"))
		assert.ErrorIs(t, err, syscall.EIO)
		assert.Less(t, time.Since(began), 5*time.Second)
		_, err = b.Open(t.Context(), "p") // answers nothing to this one: two of a number
		assert.Error(t, err)
	})
}
