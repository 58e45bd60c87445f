// Command guest is the init of the machine that "make test-vm" boots: the first
// and only program besides xinmoi itself. It loads the kernel's drivers, plays
// the printer at the far end of a USB cable, starts the daemon, and tells the
// test over HTTP when the kernel has shown a device and when the daemon has
// opened it, both by one clock.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("guest: ")
	if err := run(); err != nil {
		log.Print(err)
	}
	time.Sleep(time.Second)
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func run() error {
	if err := mount(); err != nil {
		return err
	}
	if err := load(); err != nil {
		return err
	}
	if err := network(); err != nil {
		return err
	}
	if err := beginUdev(); err != nil {
		return err
	}
	w := newWatch()
	go w.run()
	p := &gadget{}
	if err := p.build(); err != nil {
		return err
	}
	if err := p.plug(); err != nil {
		return err
	}
	go forward(":8080", "127.0.0.1:8080")
	go keepDaemon()
	go keepAgent()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /nodes", func(rw http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(rw).Encode(w.list()) })
	mux.HandleFunc("GET /run", xinmoi)
	mux.HandleFunc("GET /spy", spy)
	mux.HandleFunc("GET /links", links)
	mux.HandleFunc("POST /rules", rules)
	mux.HandleFunc("GET /papers", p.papers)
	mux.HandleFunc("POST /printer/{what}", p.order)
	return http.ListenAndServe(":81", mux)
}

func mount() error {
	for _, m := range [][3]string{
		{"proc", "/proc", "proc"}, {"sysfs", "/sys", "sysfs"}, {"devtmpfs", "/dev", "devtmpfs"},
		{"tmpfs", "/data", "tmpfs"}, {"tmpfs", "/tmp", "tmpfs"}, {"tmpfs", "/run", "tmpfs"},
	} {
		if err := os.MkdirAll(m[1], 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m[0], m[1], m[2], 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m[1], err)
		}
	}
	return nil
}

// load loads the modules, which lie in the order in which they need each other.
func load() error {
	files, err := filepath.Glob("/modules/*")
	if err != nil {
		return err
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && err != unix.EEXIST {
			log.Printf("%s: %v", file, err)
		}
		f.Close()
	}
	if err := unix.Mount("configfs", "/sys/kernel/config", "configfs", 0, ""); err != nil {
		return fmt.Errorf("configfs: %w", err)
	}
	return nil
}

// network gives QEMU's user network the addresses that it expects.
func network() error {
	for _, c := range []struct {
		name string
		ip   [4]byte
	}{{"lo", [4]byte{127, 0, 0, 1}}, {"eth0", [4]byte{10, 0, 2, 15}}} {
		for i := 0; ; i++ {
			err := address(c.name, c.ip)
			if err == nil {
				break
			}
			if i == 50 {
				return fmt.Errorf("network %s: %w", c.name, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

func address(name string, ip [4]byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, set := range []struct {
		request uint
		ip      [4]byte
	}{{unix.SIOCSIFADDR, ip}, {unix.SIOCSIFNETMASK, [4]byte{255, 255, 255, 0}}} {
		r, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := r.SetInet4Addr(set.ip[:]); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, set.request, r); err != nil {
			return err
		}
	}
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}

// forward lets the test reach the daemon, which listens on loopback alone.
func forward(from, to string) {
	ln, err := net.Listen("tcp", "10.0.2.15"+from)
	if err != nil {
		log.Print(err)
		return
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			d, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer d.Close()
			go func() { _, _ = io.Copy(d, c); d.Close() }()
			_, _ = io.Copy(c, d)
		}()
	}
}

func keepDaemon() {
	for {
		cmd := exec.Command("/xinmoi", "serve", "--config", "/centre.toml", "--data", "/data/xinmoi")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		log.Printf("the daemon ended: %v", cmd.Run())
		time.Sleep(time.Second)
	}
}

// keepAgent lends a keypad to the daemon, as another machine would.
func keepAgent() {
	var key []byte
	for key == nil {
		time.Sleep(time.Second)
		out, err := exec.Command("/xinmoi", "agent-key", "add", "box", "--data", "/data/xinmoi").Output()
		if err == nil {
			key = out
		}
	}
	cmd := exec.Command("/xinmoi", "agent", "--hall", "http://127.0.0.1:8080", "--name", "box", "--lend", "pad=evdev:pci-0000:00:10.0-usb-0:2:1.0")
	cmd.Env = []string{"XINMOI_LANG=en", "XINMOI_AGENT_KEY=" + strings.TrimSpace(string(key))}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	log.Printf("the agent ended: %v", cmd.Run())
}

// xinmoi runs the program: /run?arg=doctor&arg=--udev.
func xinmoi(w http.ResponseWriter, r *http.Request) {
	cmd := exec.CommandContext(r.Context(), "/xinmoi", r.URL.Query()["arg"]...)
	cmd.Env = []string{"XINMOI_LANG=en"}
	out, err := cmd.CombinedOutput()
	w.Header().Set("X-Exit", fmt.Sprint(cmd.ProcessState.ExitCode()))
	if err != nil && len(out) == 0 {
		out = []byte(err.Error())
	}
	_, _ = w.Write(out)
}

// spy reads an input device for a while beside the daemon, as a console would,
// and says how many bytes came: none, when the daemon has grabbed it.
func spy(w http.ResponseWriter, r *http.Request) {
	f, err := os.OpenFile(r.URL.Query().Get("node"), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer f.Close()
	_ = f.SetReadDeadline(time.Now().Add(3 * time.Second))
	n, _ := f.Read(make([]byte, 4096))
	fmt.Fprint(w, strings.TrimSpace(fmt.Sprint(n)))
}
