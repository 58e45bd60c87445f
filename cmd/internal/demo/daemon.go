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

	turn sync.Mutex // one start or stop at a time
	mu   sync.Mutex // of what follows
	cmd  *exec.Cmd  // nil while there is none
	base *url.URL   // nil while it does not listen
	gone chan struct{}
}

// Ended is a daemon that ended before it listened. Why stands in its log.
type Ended struct{ State string }

func (e *Ended) Error() string { return "the daemon ended at once: " + e.State }

// start runs the daemon and waits until it listens.
func (d *daemon) start(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.url() != nil {
		return nil
	}
	cmd := exec.Command(d.exe, d.args...)
	cmd.Stderr = d.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	// It is never written to: it closes when this process ends, however it ends.
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	d.mu.Lock()
	d.cmd, d.gone = cmd, gone
	d.mu.Unlock()
	line := make(chan string, 1)
	go func() {
		defer d.changed()
		defer close(gone)
		s := bufio.NewScanner(out)
		if s.Scan() {
			line <- s.Text()
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		d.mu.Lock()
		d.cmd, d.base = nil, nil
		d.mu.Unlock()
	}()
	select {
	case l := <-line:
		base, err := url.Parse(strings.TrimPrefix(l, "listening on "))
		if err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.cmd == nil {
			return &Ended{cmd.ProcessState.String()}
		}
		d.base = base
		return nil
	case <-gone:
		return &Ended{cmd.ProcessState.String()}
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-gone
		return fmt.Errorf("the daemon did not listen within 20 s")
	case <-ctx.Done():
		_ = cmd.Process.Kill()
		<-gone
		return ctx.Err()
	}
}

// cut takes the power away: no signal is heard, nothing is flushed.
func (d *daemon) cut() { d.stop(func(c *exec.Cmd) { _ = c.Process.Kill() }) }

// end asks the daemon to stop, as systemd would.
func (d *daemon) end() { d.stop(func(c *exec.Cmd) { _ = c.Process.Signal(syscall.SIGTERM) }) }

func (d *daemon) stop(how func(*exec.Cmd)) {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.mu.Lock()
	cmd, gone := d.cmd, d.gone
	d.mu.Unlock()
	if cmd == nil {
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
