package printer

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
)

// A printer on the network that accepts and never reads: a condition says so, the
// taking of numbers goes on, and nothing is claimed of its tickets.
func TestTCPPrinterThatNeverReads(t *testing.T) {
	if testing.Short() {
		t.Skip("ten seconds lie between two notes of a device, and these are real ones")
	}
	h := newHall(t)
	defer h.stop()
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	l, err := small.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*net.TCPConn).SetWriteBuffer(4096))
	end := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { end <- h.room.Printer(mustPrinter(h, "p1")).Serve(ctx, conn) }()
	has := func(c device.Condition) func() bool {
		return func() bool { return h.conditions("p1").Has(c) }
	}
	require.Eventually(t, has(device.Mute), 20*time.Second, 50*time.Millisecond, "it does not answer either")
	ticket := h.take()
	require.Eventually(t, has(device.Stalled), 30*time.Second, 50*time.Millisecond)
	assert.Equal(t, "A002", h.take().Number)
	assert.Equal(t, []string{"started " + ticket.Number + " at p1"}, h.notes())
	stop()
	require.NoError(t, <-end)
}
