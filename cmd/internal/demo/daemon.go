package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// daemon is the real thing, run as a child so that its power can really be cut.
type daemon struct {
	exe  string
	args []string
	log  io.Writer
	// changed is rung when the daemon comes up or goes down.
	changed func()

	mu   sync.Mutex
	cmd  *exec.Cmd
	base *url.URL // nil while it is down
	gone chan struct{}
}

// start runs the daemon and waits until it listens.
func (d *daemon) start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.base != nil {
		return nil
	}
	cmd := exec.Command(d.exe, d.args...)
	cmd.Stderr = d.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	line := make(chan string, 1)
	go func() {
		defer close(gone)
		s := bufio.NewScanner(out)
		if s.Scan() {
			line <- s.Text()
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		d.mu.Lock()
		if d.cmd == cmd {
			d.base = nil
		}
		d.mu.Unlock()
		d.changed()
	}()
	select {
	case l := <-line:
		base, err := url.Parse(strings.TrimPrefix(l, "listening on "))
		if err != nil {
			return err
		}
		d.cmd, d.base, d.gone = cmd, base, gone
		return nil
	case <-gone:
		return fmt.Errorf("the daemon ended at once: %s", cmd.ProcessState)
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		return fmt.Errorf("the daemon did not listen within 20 s")
	case <-ctx.Done():
		_ = cmd.Process.Kill()
		return ctx.Err()
	}
}

// cut takes the power away: no signal is heard, nothing is flushed.
func (d *daemon) cut() { d.stop(func(c *exec.Cmd) { _ = c.Process.Kill() }) }

// end asks the daemon to stop, as systemd would.
func (d *daemon) end() { d.stop(func(c *exec.Cmd) { _ = c.Process.Signal(syscall.SIGTERM) }) }

func (d *daemon) stop(how func(*exec.Cmd)) {
	d.mu.Lock()
	cmd, gone := d.cmd, d.gone
	up := d.base != nil
	d.mu.Unlock()
	if !up {
		return
	}
	how(cmd)
	select {
	case <-gone:
	case <-time.After(6 * time.Second):
		_ = cmd.Process.Kill()
		<-gone
	}
}

// url is where the daemon listens, nil while it is down.
func (d *daemon) url() *url.URL {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.base
}
