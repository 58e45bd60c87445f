package port

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
)

// patience is for what must come, however loaded the machine is.
const patience = 20 * time.Second

// watch collects what Keep reports.
type watch struct {
	mu   sync.Mutex
	last device.Conditions
	all  []device.Conditions
}

func (w *watch) report(c device.Conditions, _ string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.all = c, append(w.all, c)
}

func (w *watch) is(c ...device.Condition) func() bool {
	return func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.all) > 0 && w.last.Equal(device.Set(c...))
	}
}

// keep runs Keep and returns a way to end it, which fails when Keep does not.
func keep(t *testing.T, a Address, serve func(context.Context, device.Wire) error, w *watch) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Opener{}.Keep(ctx, a, serve, w.report)
	}()
	return sync.OnceFunc(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatal("Keep has not come back")
		}
	})
}

// echo sends back what it hears.
func echo(_ context.Context, w device.Wire) error {
	buf := make([]byte, 64)
	for {
		n, err := w.Read(buf)
		if err != nil {
			return err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
	}
}

// plug makes a pty and puts it where the port looks, as udev does.
func plug(t *testing.T, link string) (master *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	os.Remove(link)
	require.NoError(t, os.Symlink(slave.Name(), link))
	t.Cleanup(func() { slave.Close(); master.Close() })
	return master
}

func says(t *testing.T, master *os.File, s string) {
	t.Helper()
	_, err := master.Write([]byte(s))
	require.NoError(t, err)
	got := make(chan string, 1)
	go func() {
		buf := make([]byte, len(s))
		io.ReadFull(master, buf)
		got <- string(buf)
	}()
	assert.Equal(t, s, ends(t, got))
}

func TestKeepFindsADeviceThatWasMissingAndReplugged(t *testing.T) {
	link := filepath.Join(t.TempDir(), "bus0")
	var w watch
	var serves atomic.Int32
	serve := func(ctx context.Context, wire device.Wire) error {
		serves.Add(1)
		return echo(ctx, wire)
	}
	end := keep(t, Address{Scheme: Serial, Path: link, Line: Line{Baud: 9600, Bits: 8, Parity: "none", Stop: 1, Flow: NoFlow}}, serve, &w)
	defer end()
	require.Eventually(t, w.is(device.Offline), patience, time.Millisecond, "missing at start")

	master := plug(t, link)
	require.Eventually(t, w.is(), patience, time.Millisecond, "plugged in")
	says(t, master, "hello")

	require.NoError(t, os.Remove(link))
	master.Close()
	require.Eventually(t, w.is(device.Offline), patience, time.Millisecond, "pulled out")
	assert.EqualValues(t, 1, serves.Load(), "no busy loop on a hung-up line")

	master = plug(t, link)
	require.Eventually(t, w.is(), patience, time.Millisecond, "plugged in again")
	says(t, master, "again")
	end()
}

// A node that was away for long is looked for often enough all the same.
func TestKeepFindsAReplugSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "bus0")
		var w watch
		var served time.Time
		end := keep(t, Address{Scheme: Serial, Path: link, Line: Line{Baud: 9600, Bits: 8, Parity: "none", Stop: 1, Flow: NoFlow}},
			func(ctx context.Context, _ device.Wire) error {
				served = time.Now()
				<-ctx.Done()
				return ctx.Err()
			}, &w)
		time.Sleep(time.Hour)
		assert.True(t, w.is(device.Offline)())
		plug(t, link)
		plugged := time.Now()
		time.Sleep(time.Minute)
		end()
		assert.LessOrEqual(t, served.Sub(plugged), time.Second/2)
		assert.True(t, w.is()())
	})
}

func TestKeepBacksOffWhenServeFailsAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody takes the connections: they stand in its queue
	require.NoError(t, err)
	defer l.Close()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var tries []time.Duration
		var w watch
		end := keep(t, Address{Scheme: TCP, Path: l.Addr().String()}, func(context.Context, device.Wire) error {
			tries = append(tries, time.Since(began))
			return context.DeadlineExceeded // a device's time-out is not the end of ctx
		}, &w)
		time.Sleep(10 * time.Second)
		end()
		const ms = time.Millisecond
		assert.Equal(t, []time.Duration{0, 100 * ms, 300 * ms, 700 * ms, 1500 * ms, 3100 * ms, 6300 * ms}, tries)
	})
}

func TestKeepEndsABlockedServe(t *testing.T) {
	link := filepath.Join(t.TempDir(), "bus0")
	plug(t, link)
	var w watch
	end := keep(t, Address{Scheme: Serial, Path: link, Line: Line{Baud: 9600, Bits: 8, Parity: "none", Stop: 1, Flow: NoFlow}}, echo, &w)
	require.Eventually(t, w.is(), patience, time.Millisecond)
	end()
	w.mu.Lock()
	defer w.mu.Unlock()
	assert.Len(t, w.all, 1, "our own end is no condition of the device")
}

// A driver that neither reads nor writes is told of a hang-up by the end of its
// context.
func TestKeepNoticesAHangUpThatNobodyReads(t *testing.T) {
	link := filepath.Join(t.TempDir(), "signs")
	var w watch
	var serves atomic.Int32
	end := keep(t, Address{Scheme: Serial, Path: link, Line: Line{Baud: 9600, Bits: 8, Parity: "none", Stop: 1, Flow: NoFlow}},
		func(ctx context.Context, _ device.Wire) error {
			serves.Add(1)
			<-ctx.Done()
			return ctx.Err()
		}, &w)
	defer end()
	master := plug(t, link)
	require.Eventually(t, w.is(), patience, time.Millisecond)
	time.Sleep(2 * lookEvery)
	assert.Equal(t, int32(1), serves.Load(), "a line that is good is left alone")
	require.NoError(t, os.Remove(link))
	master.Close()
	require.Eventually(t, w.is(device.Offline), patience, time.Millisecond)
	plug(t, link)
	require.Eventually(t, func() bool { return serves.Load() == 2 }, patience, time.Millisecond)
}
