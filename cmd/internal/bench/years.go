package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/gorilla/websocket"
)

// screensThere is how many boards are connected when memory is measured.
const screensThere = 200

// benchYears measures what a book of many years costs: the cold start, a call
// beside one in a new book, and memory with 200 screens. The book is simulated in
// data unless there is one already, which takes some minutes and 3 GB.
func benchYears(years int, data string, runs int) error {
	fmt.Printf("%s, %s, %d cores, %s\n\n", time.Now().Format("2006-01-02"), runtime.Version(), runtime.NumCPU(), cpu())
	dir, err := os.MkdirTemp("", "xinmoi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "xinmoi")
	if err := buildProgram(exe); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(data, "book.db")); err != nil {
		sim := exec.Command(exe, "sim", "--years", strconv.Itoa(years), "--data", data)
		sim.Env = append(os.Environ(), "XINMOI_LANG=en")
		sim.Stdout, sim.Stderr = os.Stderr, os.Stderr
		if err := sim.Run(); err != nil {
			return err
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	info, err := os.Stat(filepath.Join(data, "book.db"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "years\tbook\t%.0f MB\n", float64(info.Size())/1e6)
	var cold, warm []float64
	how := "cold"
	for range runs {
		if err := dropCaches(filepath.Join(data, "book.db"), exe); err != nil {
			how = "NOT cold (" + err.Error() + ")"
		}
		s, _, _, err := life(exe, "", data)
		if err != nil {
			return err
		}
		cold = append(cold, s)
		if s, _, _, err = life(exe, "", data); err != nil {
			return err
		}
		warm = append(warm, s)
	}
	fmt.Fprintf(out, "years\tstart to listening, %s\t%.0f ms\n", how, median(cold))
	fmt.Fprintf(out, "years\tstart to listening, warm\t%.0f ms\n", median(warm))
	rss, anon, err := memory(exe, data)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "years\tmemory with %d screens\t%.1f MiB anonymous\t%.1f MiB resident\n", screensThere, anon, rss)
	os.Setenv("XINMOI_YEARS", data)
	figures, err := benchmarks("./cmd/xinmoi", runs, "1s", "CallAfterYears")
	if err != nil {
		return err
	}
	for _, f := range figures {
		fmt.Fprintf(out, "years\t%s\t%s\n", f.name, f)
	}
	return out.Flush()
}

// dropCaches makes the next read of these files come from the disk. Only root may.
// They are synced first, since what is dirty stays.
func dropCaches(files ...string) error {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
}

// memory is what the daemon holds, in MiB, while 200 boards are connected and
// numbers have been taken for some seconds.
func memory(exe, data string) (rss, anon float64, err error) {
	cmd := exec.Command(exe, "serve", "--data", data, "--listen", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return 0, 0, err
	}
	at := strings.TrimSpace(line[strings.Index(line, "http://"):])
	var told atomic.Int64
	for i := range screensThere {
		ws, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(at, "http")+"/api/v1/stream?view=board/b1", http.Header{"Origin": {at}})
		if err != nil {
			return 0, 0, fmt.Errorf("screen %d: %w", i, err)
		}
		resp.Body.Close()
		defer ws.Close()
		go func() {
			for {
				if _, _, err := ws.ReadMessage(); err != nil {
					return
				}
				told.Add(1)
			}
		}()
	}
	for range 100 {
		resp, err := http.Post(at+"/api/v1/counters/c1/open", "application/json", strings.NewReader("{}"))
		if err != nil {
			return 0, 0, err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp, err = http.Post(at+"/api/v1/counters/c1/close", "application/json", strings.NewReader("{}")); err != nil {
			return 0, 0, err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		time.Sleep(30 * time.Millisecond)
	}
	if told.Load() < 10*screensThere {
		return 0, 0, fmt.Errorf("the screens were told %d times only", told.Load())
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	return kib(status, "VmRSS:") / 1024, kib(status, "RssAnon:") / 1024, err
}
