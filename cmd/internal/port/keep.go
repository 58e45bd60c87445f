package port

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"xinmoi/store/device"
)

var errHeld = errors.New("another program holds the port")

// Waiting between two attempts grows from firstWait to a longest wait. A node
// that is not there costs one failed open, so it is looked for more often: a
// replugged device is back within half a second or so.
const (
	firstWait    = 100 * time.Millisecond
	longestWait  = 5 * time.Second
	longestNode  = 500 * time.Millisecond
	lookEvery    = 200 * time.Millisecond
	goodWhenUpAt = 10 * time.Second // up this long, the next loss starts at firstWait again
)

// Keep opens the wire and hands it to serve, and does so again whenever serve
// comes back, until ctx ends; then it returns. It never gives up: a device
// that is missing, busy or forbidden is a condition, told to report, and an
// open wire clears it.
//
// Only the end of ctx ends Keep. Any error of serve, a time-out too, means
// "this wire is no good any more": it is closed at once (a node kept open over
// an unplug comes back under another name) and opened anew. When ctx ends the
// wire is closed, so that a serve that blocks in Read comes back.
func (o Opener) Keep(ctx context.Context, a Address, serve func(context.Context, device.Wire) error, report func(device.Conditions, string)) {
	wait := firstWait
	for ctx.Err() == nil {
		w, err := o.Open(ctx, a)
		longest := longestWait
		if err != nil {
			if isMissing(err) {
				longest = longestNode
			}
		} else {
			report(nil, "")
			began := time.Now()
			err = once(ctx, w, serve)
			if time.Since(began) >= goodWhenUpAt {
				wait = firstWait
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f := Explain(err, a)
			report(f.Conditions, f.Detail)
		}
		sleep(ctx, wait)
		wait = min(2*wait, longest)
	}
}

// once serves one open wire and closes it. A driver that has nothing to read or
// to write just now, such as that of a sign, does not notice that its device has
// gone, so the wire is looked at: one kept open too long comes back under another
// name.
func once(ctx context.Context, w device.Wire, serve func(context.Context, device.Wire) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { w.Close() })
	defer w.Close()
	defer stop()
	if h, ok := w.(device.HangUpper); ok {
		go func() {
			tick := time.NewTicker(lookEvery)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					if h.HungUp() {
						cancel(io.EOF)
						return
					}
				}
			}
		}()
	}
	err := serve(ctx, w)
	if cause := context.Cause(ctx); cause == io.EOF {
		return cause
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func isMissing(err error) bool {
	var f *device.Fault
	return errors.As(err, &f) && f.Missing ||
		errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ENXIO)
}

// Explain turns what went wrong with a wire into the words of the house.
func Explain(err error, a Address) *device.Fault {
	var f *device.Fault
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, fs.ErrPermission):
		return &device.Fault{Conditions: device.Set(device.NoAccess), Detail: a.Path + groupOf(a.Path)}
	case errors.Is(err, errHeld), errors.Is(err, syscall.EBUSY):
		return &device.Fault{Conditions: device.Set(device.Busy), Detail: a.Path}
	}
	return &device.Fault{Conditions: device.Set(device.Offline), Detail: a.Path + reason(err), Missing: isMissing(err)}
}

// reason is the kernel's own short word, ": connection refused", where there is
// one; the Go wrapping around it repeats the path.
func reason(err error) string {
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.As(err, &errno):
		return ": " + errno.Error()
	case errors.As(err, &dns):
		return ": " + dns.Err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ": timeout"
	}
	return ": " + err.Error()
}
