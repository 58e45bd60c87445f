package port_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/cmd/internal/port"
	"xinmoi/counter"
	"xinmoi/counter/countertest"
	"xinmoi/counter/keypad"
	"xinmoi/display"
	"xinmoi/display/displaytest"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

const hall = `
[centre]
name = { vi = "Xã Ẳng Cang" }
[[zone]]
id = "a"
name = { vi = "Khu A" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch" }
[[counter]]
id = "q1"
number = "1"
zone = "a"
services = ["civil"]
[[keypad]]
id = "k1"
port = "serial:/dev/ttyUSB0?baud=9600"
address = 5
counter = "q1"
[[led]]
id = "l1"
port = "serial:/dev/ttyUSB1?baud=9600"
address = 3
counter = "q1"
letters = true
`

// cable is a serial line with simulated devices at its far end.
type cable struct {
	t     testing.TB
	link  string
	serve func(context.Context, *os.File) error
	unplg func()
}

func (c *cable) plug() {
	master, slave, err := pty.Open()
	require.NoError(c.t, err)
	defer master.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0) // one that Go's poller owns, so that Close ends Read
	require.NoError(c.t, err)
	require.NoError(c.t, unix.SetNonblock(fd, true))
	far := os.NewFile(uintptr(fd), "ptmx")
	require.NoError(c.t, os.Symlink(slave.Name(), c.link))
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { defer close(done); _ = c.serve(ctx, far) }()
	c.unplg = func() {
		os.Remove(c.link)
		slave.Close()
		cancel()
		<-done
	}
}

// TestPressThroughRealPtys: a key on one pty, the journal, a display and a sign
// on another; cables pulled, and put back.
func TestPressThroughRealPtys(t *testing.T) {
	book, err := store.Open(t.TempDir(), store.Options{})
	require.NoError(t, err)
	defer book.Close()
	doc, findings := centre.Parse("centre.toml", []byte(hall))
	require.NotNil(t, doc, "%v", findings)
	do := func(c queue.Command) {
		t.Helper()
		_, err := book.Do(t.Context(), store.Request{Command: c, By: queue.Actor{Via: "test"}})
		require.NoError(t, err)
	}
	canonical, hash := doc.Canonical()
	do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	for range 3 {
		do(queue.Issue{Service: "civil"})
	}

	dir := t.TempDir()
	pads, signs := countertest.New(5), displaytest.New(4, 3)
	padCable := &cable{t: t, link: filepath.Join(dir, "pads"), serve: func(ctx context.Context, f *os.File) error { return pads.Serve(ctx, f) }}
	signCable := &cable{t: t, link: filepath.Join(dir, "signs"), serve: func(ctx context.Context, f *os.File) error { return signs.Serve(ctx, f) }}
	log := slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(context.Background())
	var keeping sync.WaitGroup
	keep := func(link string, id device.ID, serve func(context.Context, device.Wire) error) {
		a, err := port.Parse("serial:" + link + "?baud=9600")
		require.NoError(t, err)
		keeping.Go(func() {
			port.Opener{}.Keep(ctx, a, serve, func(c device.Conditions, detail string) { book.Report(id, c, detail) })
		})
	}
	defer keeping.Wait()
	defer stop()
	bus, err := counter.NewBus(book, log, doc, doc.Keypads)
	require.NoError(t, err)
	keep(padCable.link, "keypad/k1", bus.Serve)
	sign, err := display.NewSigns(book, log, doc, doc.LEDs)
	require.NoError(t, err)
	keep(signCable.link, "led/l1", sign.Serve)
	eventually := func(what string, ok func() bool) {
		t.Helper()
		require.Eventually(t, ok, 20*time.Second, 2*time.Millisecond, what)
	}

	padCable.plug()
	signCable.plug()
	eventually("the keypad shows who waits", func() bool { return pads.Display(5) == "  3   " })
	began := time.Now()
	require.NoError(t, pads.Press(t.Context(), 5, keypad.KeyNext))
	t.Logf("acknowledged after %v", time.Since(began))
	eventually("the sign shows the call", func() bool { return signs.Text(3) == "A001" })
	t.Logf("on the sign after %v", time.Since(began))
	eventually("and the keypad", func() bool { return pads.Display(5) == "  2001" })

	padCable.unplg()
	signCable.unplg()
	assert.Error(t, pads.Press(t.Context(), 5, keypad.KeyRecall))
	do(queue.Finish{Counter: "q1"})
	do(queue.CallNext{Counter: "q1"})
	eventually("the loss is told", func() bool {
		n := 0
		for _, d := range book.View().Devices {
			if d.Conditions.Has(device.Offline) {
				n++
			}
		}
		return n == 2
	})

	signCable.plug()
	padCable.plug()
	began = time.Now()
	eventually("the sign is right again", func() bool { return signs.Text(3) == "A002" })
	eventually("the keypad too", func() bool { return pads.Display(5) == "  1002" })
	t.Logf("both right again after %v", time.Since(began))
	eventually("and its keys work", func() bool { return pads.Press(t.Context(), 5, keypad.KeyRecall) == nil })
	eventually("in the journal", func() bool {
		entries, err := book.Read(0, 1000)
		require.NoError(t, err)
		for _, e := range entries {
			if e.Event != nil && e.Event.Type() == queue.TypeRecalled && e.By.Via == "keypad/k1" {
				return true
			}
		}
		return false
	})
	padCable.unplg()
	signCable.unplg()
}
