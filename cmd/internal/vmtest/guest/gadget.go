package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xinmoi/printer/printertest"
)

// The kernel's USB printer gadget, drivers/usb/gadget/function/f_printer.c.
const (
	gadgetDir = "/sys/kernel/config/usb_gadget/printer"
	farEnd    = "/dev/g_printer0"
	setStatus = 3<<30 | 1<<16 | 'g'<<8 | 0x22 // _IOWR('g', 0x22, unsigned char); the byte is the argument itself

	statusGood  = 0x18 // selected, no error
	statusEmpty = 0x38 // and paper empty
)

// gadget is the printer at the far end of a USB cable: the kernel's gadget for
// the cable and its status byte, the house's simulator for what a printer says.
type gadget struct {
	mu      sync.Mutex
	sim     *printertest.Printer
	plugged bool
	far     atomic.Pointer[os.File]
	unplug  func()
}

func (g *gadget) build() error {
	g.sim = printertest.New(printertest.Options{Maker: "XINMOI", Model: "SIM-80"})
	for _, dir := range []string{"strings/0x409", "configs/c.1", "functions/printer.p0"} {
		if err := os.MkdirAll(filepath.Join(gadgetDir, dir), 0o755); err != nil {
			return err
		}
	}
	for _, f := range [][2]string{
		{"idVendor", "0x0525"}, {"idProduct", "0xa4a8"},
		{"strings/0x409/manufacturer", "XINMOI"}, {"strings/0x409/product", "SIM-80"},
		{"functions/printer.p0/pnp_string", "MFG:XINMOI;MDL:SIM-80;CMD:ESC/POS;"},
	} {
		if err := os.WriteFile(filepath.Join(gadgetDir, f[0]), []byte(f[1]), 0o644); err != nil {
			return err
		}
	}
	return os.Symlink(filepath.Join(gadgetDir, "functions/printer.p0"), filepath.Join(gadgetDir, "configs/c.1/printer.p0"))
}

// plug puts the cable in.
func (g *gadget) plug() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.plugged {
		return nil
	}
	controllers, err := os.ReadDir("/sys/class/udc")
	if err != nil || len(controllers) == 0 {
		return fmt.Errorf("no USB controller for the gadget: %w", err)
	}
	if err := os.WriteFile(filepath.Join(gadgetDir, "UDC"), []byte(controllers[0].Name()+"\n"), 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); g.serve(ctx) }()
	g.unplug = func() { cancel(); <-done }
	g.plugged = true
	return nil
}

// pull takes the cable out. The far end is closed first: unbinding a gadget that
// is open crashes the kernel.
func (g *gadget) pull() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.plugged {
		return nil
	}
	g.unplug()
	g.plugged = false
	return os.WriteFile(filepath.Join(gadgetDir, "UDC"), []byte("\n"), 0o644)
}

func (g *gadget) serve(ctx context.Context) {
	for ctx.Err() == nil {
		f, err := open()
		if err == nil {
			g.far.Store(f)
			err = g.sim.Serve(ctx, f)
			g.far.Store(nil)
			f.Close()
		}
		if ctx.Err() == nil {
			if !errors.Is(err, syscall.ENODEV) { // the near end is not there yet
				log.Printf("the printer's far end: %v", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func open() (*os.File, error) {
	return os.OpenFile(farEnd, os.O_RDWR|syscall.O_NONBLOCK, 0)
}

// order does what the test says to the printer.
func (g *gadget) order(w http.ResponseWriter, r *http.Request) {
	var err error
	switch what := r.PathValue("what"); what {
	case "plug":
		err = g.plug()
	case "pull":
		err = g.pull()
	case "paper-out":
		err = g.status(statusEmpty)
	case "paper-in":
		err = g.status(statusGood)
	case "mute", "speak":
		g.sim.SetMute(what == "mute")
	default:
		err = fmt.Errorf("no such order: %s", what)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// status sets the status byte that the USB port itself tells.
func (g *gadget) status(b byte) error {
	f := g.far.Load()
	if f == nil {
		return fmt.Errorf("not plugged in")
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, setStatus, uintptr(b))
	})
	if errno != 0 {
		return errno
	}
	return err
}

// papers tells what has come out of the printer.
func (g *gadget) papers(w http.ResponseWriter, _ *http.Request) {
	type paper struct {
		High int
		Torn bool
	}
	out := []paper{}
	for _, p := range g.sim.Papers() {
		out = append(out, paper{p.Image.Bounds().Dy(), p.Torn})
	}
	_ = json.NewEncoder(w).Encode(out)
}
