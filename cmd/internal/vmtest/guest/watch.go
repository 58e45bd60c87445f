package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Node is a device node that has been there.
type Node struct {
	Node   string
	Shown  time.Duration // since the start of the guest: when the kernel showed it
	Opened time.Duration // when the daemon had it open; 0: not yet
	Gone   time.Duration // when the kernel took it away; 0: it is there
}

// watch looks for nodes, and for who has them open, every few milliseconds.
type watch struct {
	began time.Time
	mu    sync.Mutex
	all   []*Node
}

func newWatch() *watch { return &watch{began: time.Now()} }

func (w *watch) list() []Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Node, 0, len(w.all))
	for _, n := range w.all {
		out = append(out, *n)
	}
	return out
}

func (w *watch) run() {
	for {
		var there []string
		for _, pattern := range []string{"/dev/ttyUSB*", "/dev/usb/lp*", "/dev/input/event*"} {
			nodes, _ := filepath.Glob(pattern)
			there = append(there, nodes...)
		}
		w.look(there)
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *watch) look(there []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Since(w.began)
	is := map[string]bool{}
	for _, node := range there {
		is[node] = true
	}
	waits := false
	for _, n := range w.all {
		if n.Gone == 0 && !is[n.Node] {
			n.Gone = now
		}
		if n.Gone == 0 {
			delete(is, n.Node)
			waits = waits || n.Opened == 0
		}
	}
	for _, node := range there {
		if is[node] {
			w.all = append(w.all, &Node{Node: node, Shown: min(now, w.made(node))})
			waits = true
		}
	}
	if !waits {
		return
	}
	held := holds()
	for _, n := range w.all {
		if n.Gone == 0 && n.Opened == 0 && held[n.Node] {
			n.Opened = now
		}
	}
}

// made is when the kernel made a node, which this loop may see a little later.
func (w *watch) made(node string) time.Duration {
	var st unix.Stat_t
	if unix.Stat(node, &st) != nil {
		return time.Since(w.began)
	}
	return max(0, time.Unix(st.Ctim.Sec, st.Ctim.Nsec).Sub(w.began))
}

// holds are the nodes that the daemon has open.
func holds() map[string]bool {
	out := map[string]bool{}
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "/dev/") && !strings.HasPrefix(fd, "/proc/1/") {
			out[to] = true
		}
	}
	return out
}
