package led

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/display/displaytest"
)

// Judges not of our making: Debian's pymodbus as the sign, and mbpoll (which is
// libmodbus) as the host, over a real pty. They run where they are installed:
// apt-get install python3-pymodbus python3-serial-asyncio mbpoll.

// line opens a pty; our side is the master, owned by Go's poller.
func line(t *testing.T) (ours *os.File, theirs string) {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	defer master.Close()
	t.Cleanup(func() { slave.Close() })
	tio, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	require.NoError(t, err)
	tio.Iflag, tio.Oflag, tio.Lflag = 0, 0, 0
	require.NoError(t, unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, tio))
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, unix.SetNonblock(fd, true))
	ours = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { ours.Close() })
	return ours, slave.Name()
}

const pymodbusSlave = `
import asyncio, sys
from pymodbus.datastore import ModbusSlaveContext, ModbusServerContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncSerialServer
from pymodbus.transaction import ModbusRtuFramer
class Block(ModbusSparseDataBlock):
    def setValues(self, address, values, use_as_default=False):
        super().setValues(address, values)
        print(address, *["%04x" % v for v in (values if isinstance(values, list) else [values])], flush=True)
async def main():
    regs = Block({0: 0, 2: 7, 0x70: 0, 0x71: 0})
    unit = ModbusSlaveContext(hr=regs, zero_mode=True)
    print("ready", flush=True)
    await StartAsyncSerialServer(context=ModbusServerContext(slaves={7: unit}, single=False),
        framer=ModbusRtuFramer, port=sys.argv[1], baudrate=9600)
asyncio.run(main())
`

func TestPymodbusUnderstandsUs(t *testing.T) {
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import pymodbus.server, serial_asyncio").Run() != nil {
		absent(t, "python3-pymodbus is not installed: no outside judge of the frames we send")
	}
	ours, theirs := line(t)
	slave := exec.CommandContext(t.Context(), python, "-c", pymodbusSlave, theirs)
	out, err := slave.StdoutPipe()
	require.NoError(t, err)
	slave.Stderr = os.Stderr
	require.NoError(t, slave.Start())
	defer slave.Wait()
	defer slave.Process.Kill()
	said, last := bufio.NewScanner(out), ""
	next := func() string { // what was answered too late is written again
		for said.Scan() && said.Text() == last {
		}
		require.NotEqual(t, last, said.Text(), "it has ended")
		last = said.Text()
		return last
	}
	for next() != "ready" {
	}

	m := NewMaster(ours)
	shown := func(err func() error) {
		t.Helper()
		require.Eventually(t, func() bool { return err() == nil }, 20*time.Second, 10*time.Millisecond)
	}
	shown(func() error { return m.Show(t.Context(), 7, "A012") })
	assert.Equal(t, "112 4130 3132", next(), "two characters a register from 0x70")
	shown(func() error { return m.ShowNumber(t.Context(), 7, 345) })
	assert.Equal(t, "0 0159", next())
	assert.False(t, m.Echo())
	assert.ErrorIs(t, m.Show(t.Context(), 7, strings.Repeat("8", 8)), ErrRefused, "registers it does not have")
	assert.ErrorIs(t, m.Show(t.Context(), 8, "A012"), ErrMute, "nobody has that id")
	shown(func() error { return m.Show(t.Context(), 7, "A013") })
	assert.Equal(t, "112 4130 3133", next())
}

func TestMbpollUnderstandsOurSigns(t *testing.T) {
	mbpoll, err := exec.LookPath("mbpoll")
	if err != nil {
		absent(t, "mbpoll is not installed: no outside judge of the simulated signs")
	}
	ours, theirs := line(t)
	signs := displaytest.New(4, 7)
	done := make(chan error, 1)
	go func() { done <- signs.Serve(t.Context(), ours) }()
	poll := func(args ...string) (string, error) {
		args = append([]string{"-m", "rtu", "-a", "7", "-b", "9600", "-P", "none", "-0", "-1", "-o", "0.5", "-t", "4:hex"}, args...)
		out, err := exec.CommandContext(t.Context(), mbpoll, args...).CombinedOutput()
		return string(out), err
	}
	out, err := poll("-r", "112", theirs, "0x4130", "0x3132")
	require.NoError(t, err, out)
	assert.Equal(t, "A012", signs.Text(7))
	out, err = poll("-r", "112", "-c", "2", theirs)
	require.NoError(t, err, out)
	assert.Contains(t, out, "0x4130")
	out, err = poll("-r", "0", theirs, "0x0159")
	require.NoError(t, err, out)
	assert.Equal(t, " 345", signs.Text(7))
	out, _ = poll("-r", "90", "-c", "1", theirs)
	assert.Contains(t, out, "Illegal data address")
	ours.Close()
	<-done
}

// absent skips a test whose judge is not installed, or fails it where the judges
// must be there.
func absent(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_JUDGES") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
