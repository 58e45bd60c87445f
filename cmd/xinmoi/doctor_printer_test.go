package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/assets/locale"
	"xinmoi/printer"
	"xinmoi/printer/printertest"
)

// atPty puts a simulated printer behind a serial line.
func atPty(t *testing.T, o printertest.Options) (p *printertest.Printer, node string) {
	master, slave, err := pty.Open()
	require.NoError(t, err)
	fd, err := unix.Dup(int(master.Fd())) // one that can be closed while it is read
	require.NoError(t, err)
	require.NoError(t, unix.SetNonblock(fd, true))
	master.Close()
	p = printertest.New(o)
	serve(t, p, os.NewFile(uintptr(fd), "ptmx"))
	t.Cleanup(func() { slave.Close() })
	return p, slave.Name()
}

// serve runs a simulated printer until the test ends.
func serve(t *testing.T, p *printertest.Printer, wire interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
}) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Serve(ctx, wire) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

// doctor runs the command and returns what it said.
func doctor(t *testing.T, lang string, args ...string) (code int, said string) {
	words, err := locale.New("")
	require.NoError(t, err)
	var out bytes.Buffer
	code = runDoctor(t.Context(), env{out: &out, errw: &out, words: words, lang: lang}, args)
	assert.NotContains(t, out.String(), "cmd.doctor", "a sentence is missing")
	return code, out.String()
}

// A printer on a serial line is found, named, and given its lines for the
// document; a test slip takes no number and comes out.
func TestDoctorFindsASerialPrinter(t *testing.T) {
	p, node := atPty(t, printertest.Options{Maker: "EPSON", Model: "TM-T82II"})
	code, said := doctor(t, "vi", "--ask", "serial:"+node)
	assert.Equal(t, exitGood, code, said)
	assert.Contains(t, said, "Máy in trả lời: EPSON TM-T82II.")
	assert.Contains(t, said, "[[printer]]\n    id = \"p1\"\n    port = \"serial:"+node+"?baud=9600\"\n    model = \"epson-tm-t82\"\n")
	assert.Empty(t, p.Papers(), "asking prints nothing")

	code, said = doctor(t, "en", "--test", "serial:"+node+"?baud=9600", "--model", "epson-tm-t82")
	assert.Equal(t, exitGood, code, said)
	assert.Contains(t, said, "says that the test slip is printed")
	require.Len(t, p.Papers(), 1)
	assert.Contains(t, p.Papers()[0].Text, "TEST SLIP")

	code, said = doctor(t, "vi", "--pages", "serial:"+node+"?baud=9600", "--model", "epson-tm-t82")
	assert.Equal(t, exitGood, code, said)
	require.Len(t, p.Papers(), 2)
	assert.Contains(t, p.Papers()[1].Text, " 30  ")

	p.SetRoll(100) // it ends within the slip
	code, said = doctor(t, "vi", "--test", "serial:"+node, "--model", "epson-tm-t82")
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "máy in không báo in xong")
	p.SetPaper(false)
	code, said = doctor(t, "vi", "--ask", "serial:"+node)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "Máy in đang: hết giấy.")
	assert.Contains(t, said, "model = \"generic-80\"", "one without paper does not tell its name in its turn")
	got := p.Received()
	code, said = doctor(t, "vi", "--test", "serial:"+node, "--model", "epson-tm-t82")
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "Máy in đang: hết giấy.")
	assert.Contains(t, said, "Chưa gửi phiếu thử")
	assert.Less(t, p.Received()-got, 20, "questions, and no slip that would come out later")

	code, said = doctor(t, "vi", "--test", "serial:"+node, "--model", "TM-T82")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, said, "epson-tm-t82, ")
	code, said = doctor(t, "vi", "--ask", "serial:"+node+"x")
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "không kết nối được")
}

// A line on which nobody answers is no printer; a network printer is asked too,
// and one that only takes bytes is sent to, and that is what is said.
func TestDoctorAsksOthers(t *testing.T) {
	master, slave, err := pty.Open()
	require.NoError(t, err)
	defer slave.Close()
	go func() { _, _ = master.Read(make([]byte, 4096)) }()
	code, said := doctor(t, "vi", "--ask", "serial:"+slave.Name()+"?baud=9600")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, said, "Không có máy in nào trả lời")

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	p := printertest.New(printertest.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_ = p.Serve(ctx, conn)
		}
	})
	defer func() { cancel(); ln.Close(); running.Wait() }()
	address := "tcp:" + ln.Addr().String()
	_, said = doctor(t, "en", "--ask", address)
	assert.Contains(t, said, "A printer answers: XINMOI SIM-80.")
	assert.Contains(t, said, "The make is not known")
	p.SetMute(true)
	code, said = doctor(t, "en", "--test", address)
	assert.Equal(t, exitGood, code)
	assert.Contains(t, said, "does not say whether it has printed")
	assert.Len(t, p.Papers(), 1)
}

// One that does not say that it is done is asked again after the slip.
func TestDoctorAsksAfterTheSlip(t *testing.T) {
	p, node := atPty(t, printertest.Options{NoAuto: true, NoDone: true, Buffer: 1 << 20}) // it takes all, and the question behind it
	p.SetRoll(100)                                                                        // it ends within the slip
	code, said := doctor(t, "en", "--test", "serial:"+node, "--model", "epson-tm-t82")
	assert.Equal(t, exitFound, code, said)
	assert.Contains(t, said, "The printer is: out of paper.")
}

func TestModelLike(t *testing.T) {
	for who, want := range map[string]string{
		"EPSON TM-T82III": "epson-tm-t82", "EPSON TM-T88V": "epson-tm-t88v", "EPSON TM-T88IV": "epson-tm-t88", "CITIZEN CT-S310II": "citizen-ct-s310",
		"SAMSUNG SRP-350": "bixolon-srp-350", "POS58 Printer": "", "": "",
	} {
		m, ok := printer.ModelLike(who)
		assert.Equal(t, want != "", ok, who)
		assert.Equal(t, want, m.Name, who)
	}
}

// What takes printers away is named, and a printer for pages is left alone.
func TestDoctorNamesMeddlers(t *testing.T) {
	m := fakeMachine(t)
	write := func(path, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(m.path(path)), 0o755))
		require.NoError(t, os.WriteFile(m.path(path), []byte(text+"\n"), 0o644))
	}
	write("proc/77/comm", "ModemManager")
	write("proc/78/comm", "cupsd")
	assert.Equal(t, []string{"ModemManager", "brltty", "cupsd"}, m.running())
	for socket, driver := range map[string]string{"1-3": "usblp", "1-5": "usbfs", "1-6": ""} {
		write("sys/devices/"+socket+"/idVendor", "0416")
		write("sys/devices/"+socket+"/idProduct", "5011")
		write("sys/devices/"+socket+"/product", "POS80 "+socket)
		write("sys/devices/"+socket+"/"+socket+":1.0/bInterfaceClass", "07")
		require.NoError(t, os.MkdirAll(m.path("sys/bus/usb/devices"), 0o755))
		require.NoError(t, os.Symlink(m.path("sys/devices", socket, socket+":1.0"), m.path("sys/bus/usb/devices", socket+":1.0")))
		if driver != "" {
			require.NoError(t, os.Symlink("/sys/bus/usb/drivers/"+driver, m.path("sys/devices", socket, socket+":1.0", "driver")))
		}
	}
	assert.Equal(t, []string{"POS80 1-5", "POS80 1-6"}, m.taken())
	words, err := locale.New("")
	require.NoError(t, err)
	for _, lang := range []string{"vi", "en"} {
		var out bytes.Buffer
		assert.False(t, sayMeddlers(env{out: &out, words: words, lang: lang}, m.taken(), m.running()))
		assert.Equal(t, 5, strings.Count(out.String(), "\n"))
		assert.NotContains(t, out.String(), "cmd.doctor")
		assert.Contains(t, out.String(), "POS80 1-5")
	}

	write("sys/devices/3/lp0/ieee1284_id", "MFG:HP;CMD:PJL,PCL,POSTSCRIPT;MDL:LaserJet;")
	asked := false
	var out bytes.Buffer
	ask := func(_ context.Context, address string) (printer.Heard, error) {
		asked = asked || strings.HasPrefix(address, "usb:")
		return printer.Heard{}, nil
	}
	sayDevices(t.Context(), env{out: &out, words: words, lang: "vi"}, m.devices(), ask)
	assert.False(t, asked)
	assert.Contains(t, out.String(), "máy in văn phòng")
}
