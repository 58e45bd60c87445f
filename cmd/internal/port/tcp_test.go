package port

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
)

// What the other end's kernel has taken is not queued with us; what it has no
// more room for is.
func TestTCPTellsWhatTheOtherEndHasNotTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	w, err := openTCP(t.Context(), Address{Scheme: TCP, Path: ln.Addr().String(), Line: Line{Baud: 19200}})
	require.NoError(t, err)
	defer w.Close()
	require.Equal(t, 19200, w.(device.Bauder).Baud(), "of the line behind a serial server")
	peer, err := ln.Accept()
	require.NoError(t, err)
	defer peer.Close()

	require.NoError(t, w.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	for err == nil { // the peer never reads: both kernels fill up
		_, err = w.Write(make([]byte, 64<<10))
	}
	queued, err := w.(device.Queuer).Queued()
	require.NoError(t, err)
	require.Positive(t, queued)
}
