package port

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
)

// openPair opens a real pty and our line on it.
func openPair(t *testing.T, options string) (master *os.File, w device.Wire, path string) {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	t.Cleanup(func() { master.Close() })
	path = slave.Name()
	a, err := Parse("serial:" + path + options)
	require.NoError(t, err)
	w, err = Open(t.Context(), a)
	require.NoError(t, err)
	slave.Close()
	w = lendtest.Wire(t, w)
	t.Cleanup(func() { w.Close() })
	return master, w, path
}

// ends waits for a call that must come back.
func ends[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("still blocked")
	}
	panic("unreachable")
}

func readOne(w io.Reader) <-chan error {
	c := make(chan error, 1)
	go func() {
		_, err := w.Read(make([]byte, 16))
		c <- err
	}()
	return c
}

func TestSerialCarriesEveryByteRaw(t *testing.T) {
	master, w, _ := openPair(t, "?baud=19200&flow=rtscts")
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	_, err := w.Write(all)
	require.NoError(t, err)
	got := make([]byte, 256)
	_, err = io.ReadFull(master, got)
	require.NoError(t, err)
	assert.Equal(t, all, got, "to the device")
	_, err = master.Write(all)
	require.NoError(t, err)
	_, err = io.ReadFull(w, got)
	require.NoError(t, err)
	assert.Equal(t, all, got, "from the device")

	assert.Equal(t, 19200, w.(device.Bauder).Baud())
	n, err := w.(device.Queuer).Queued()
	require.NoError(t, err)
	assert.Zero(t, n)
	tio, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS)
	require.NoError(t, err)
	assert.Equal(t, uint32(unix.B19200), tio.Cflag&unix.CBAUD, "speed outlives tarm's descriptor")
	assert.NotZero(t, tio.Cflag&unix.CRTSCTS)
}

func TestSerialXonXoff(t *testing.T) {
	master, _, _ := openPair(t, "?flow=xonxoff")
	tio, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS)
	require.NoError(t, err)
	assert.NotZero(t, tio.Iflag&unix.IXON)
	assert.Equal(t, uint8(0x13), tio.Cc[unix.VSTOP])
}

func TestCloseEndsABlockedRead(t *testing.T) {
	_, w, _ := openPair(t, "")
	blocked := readOne(w)
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, w.Close())
	assert.ErrorIs(t, ends(t, blocked), os.ErrClosed)
}

func TestReadDeadlineIsNoEndOfFile(t *testing.T) {
	_, w, _ := openPair(t, "")
	require.NoError(t, w.SetReadDeadline(time.Now().Add(30*time.Millisecond)))
	_, err := w.Read(make([]byte, 1))
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestWriteDeadlineTellsTheTrueCount(t *testing.T) {
	master, w, _ := openPair(t, "") // nobody reads the other end
	require.NoError(t, w.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	n, err := w.Write(make([]byte, 1<<20))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	assert.Positive(t, n)
	got := 0
	buf := make([]byte, 1<<16)
	for got < n {
		k, err := master.Read(buf)
		require.NoError(t, err)
		got += k
	}
	assert.Equal(t, n, got)
}

func TestHangUpIsEndOfFile(t *testing.T) {
	master, w, _ := openPair(t, "")
	blocked := readOne(w)
	time.Sleep(20 * time.Millisecond)
	master.Close()
	assert.Equal(t, io.EOF, ends(t, blocked))
	_, err := w.Write([]byte("x"))
	assert.True(t, isGone(err), "%v", err)
}

func TestSecondOpenIsBusyAndLeavesTheLineAlone(t *testing.T) {
	master, _, path := openPair(t, "?baud=9600")
	a, err := Parse("serial:" + path + "?baud=115200")
	require.NoError(t, err)
	_, err = Open(t.Context(), a)
	require.Error(t, err)
	f := Explain(err, a)
	assert.Equal(t, device.Set(device.Busy), f.Conditions, "%v", err)
	assert.Contains(t, f.Detail, path)
	tio, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS)
	require.NoError(t, err)
	assert.Equal(t, uint32(unix.B9600), tio.Cflag&unix.CBAUD, "the second opener has not touched the speed")
}

func TestTCPWire(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	a, err := Parse("tcp:" + l.Addr().String())
	require.NoError(t, err)
	w, err := Open(t.Context(), a)
	require.NoError(t, err)
	peer, err := l.Accept()
	require.NoError(t, err)
	blocked := readOne(w)
	peer.Close()
	assert.Equal(t, io.EOF, ends(t, blocked))
	w.Close()

	l.Close()
	_, err = Open(t.Context(), a)
	f := Explain(err, a)
	assert.Equal(t, device.Set(device.Offline), f.Conditions)
	assert.Equal(t, l.Addr().String()+": connection refused", f.Detail)
}

func TestConditionNamesTheGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ttyX")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	a := Address{Scheme: Serial, Path: path}
	f := Explain(&os.PathError{Op: "open", Path: path, Err: syscall.EACCES}, a)
	assert.Equal(t, device.Set(device.NoAccess), f.Conditions)
	assert.Regexp(t, `^`+path+` \(group .+\)$`, f.Detail)
	f = Explain(errors.New("odd"), a)
	assert.Equal(t, device.Set(device.Offline), f.Conditions)
	assert.Equal(t, path+": odd", f.Detail)
}
