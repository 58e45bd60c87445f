// Command bench prints the figures of the house as one table: the Go benchmarks
// of the rooms, each beside its floor from the same run, and what can only be
// seen on the running program (start, memory, size). Medians of several runs;
// compare the ratios, since machines are noisy.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// rooms whose benchmarks belong in the table.
var rooms = []string{"./store/queue", "./store", "./store/feed", "./printer", "./display/voice", "./cmd/internal/port", "./cmd/xinmoi"}

// boards are benchmarks with a browser, which run once each, so many presses
// long: 200 presses seen, 200 heard in four zones, 100,000 calls lived through.
var boards = []struct{ room, name, times string }{
	{"./cmd/xinmoi", "PressToPainted", "200x"},
	{"./cmd/xinmoi", "PressToChime", "50x"},
	{"./display", "BoardHeap", "1x"},
}

func main() {
	runs := flag.Int("runs", 5, "runs of each benchmark; the median is printed")
	each := flag.String("benchtime", "1s", "length of each run, as go test takes it")
	only := flag.String("only", ".", "benchmarks to run, a regular expression")
	years := flag.Int("years", 0, "measure a book of so many simulated years instead")
	data := flag.String("data", "", "with -years: the folder of the book; it is simulated there when there is none, and stays")
	flag.Parse()
	if *years > 0 {
		if *data == "" {
			fmt.Fprintln(os.Stderr, "-years needs -data DIR")
			os.Exit(2)
		}
		if err := benchYears(*years, *data, *runs); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := bench(*runs, *each, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func bench(runs int, each, only string) error {
	fmt.Printf("%s, %s, %d cores, %s\n\n", time.Now().Format("2006-01-02"), runtime.Version(), runtime.NumCPU(), cpu())
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, room := range rooms {
		fmt.Fprintln(os.Stderr, "measuring", room, "…")
		if err := table(out, room, runs, each, only, "-skip", "PressToPainted|PressToChime|BoardHeap"); err != nil {
			return err
		}
	}
	for _, b := range boards {
		if again, err := regexp.MatchString(only, b.name); err != nil || !again {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", b.name, "in a browser, which takes some minutes …")
		if err := table(out, b.room, 1, b.times, b.name); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "measuring the program …")
	if err := program(out, runs); err != nil {
		return err
	}
	return out.Flush()
}

// table adds the benchmarks of a room to the table.
func table(out io.Writer, room string, runs int, each, only string, more ...string) error {
	figures, err := benchmarks(room, runs, each, only, more...)
	for _, f := range figures {
		fmt.Fprintf(out, "%s\t%s\t%s\n", strings.TrimPrefix(room, "./"), f.name, f)
	}
	return err
}

// figure is one benchmark with every value it reports, in the order reported.
type figure struct {
	name   string
	units  []string
	values map[string][]float64
}

func (f *figure) String() string {
	var parts []string
	for _, u := range f.units {
		parts = append(parts, strconv.FormatFloat(median(f.values[u]), 'g', 4, 64)+" "+u)
	}
	return strings.Join(parts, "\t")
}

func benchmarks(room string, runs int, each, only string, more ...string) ([]*figure, error) {
	args := append([]string{"test", "-run", "^$", "-bench", only, "-benchtime", each, "-count", strconv.Itoa(runs), "-timeout", "60m"}, more...)
	cmd := exec.Command("go", append(args, room)...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", room, err, b)
	}
	var all []*figure
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(words[0], "Benchmark"), "-"+strconv.Itoa(runtime.GOMAXPROCS(0)))
		i := slices.IndexFunc(all, func(f *figure) bool { return f.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, &figure{name: name, values: map[string][]float64{}})
		}
		for w := 2; w+1 < len(words); w += 2 {
			v, err := strconv.ParseFloat(words[w], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", name, s.Text(), err)
			}
			unit := words[w+1]
			if all[i].values[unit] == nil {
				all[i].units = append(all[i].units, unit)
			}
			all[i].values[unit] = append(all[i].values[unit], v)
		}
	}
	return all, nil
}

// program measures the binary as it ships, with the commune of "xinmoi init".
func program(out *tabwriter.Writer, runs int) error {
	dir, err := os.MkdirTemp("", "xinmoi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "xinmoi")
	if err := buildProgram(exe); err != nil {
		return err
	}
	fi, err := os.Stat(exe)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "program\tbinary, stripped\t%.1f MB\n", float64(fi.Size())/1e6)
	config := filepath.Join("store", "centre", "testdata", "commune.toml")
	var start, rss, anon []float64
	for i := range runs {
		s, r, a, err := life(exe, config, filepath.Join(dir, strconv.Itoa(i%2))) // every other start is on a used book
		if err != nil {
			return err
		}
		start, rss, anon = append(start, s), append(rss, r), append(anon, a)
	}
	fmt.Fprintf(out, "program\tstart to listening\t%.0f ms\n", median(start))
	fmt.Fprintf(out, "program\tmemory idle\t%.1f MiB resident\t%.1f MiB anonymous\n", median(rss), median(anon))
	return nil
}

// buildProgram builds the binary as it ships.
func buildProgram(exe string) error {
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", exe, "./cmd/xinmoi")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return build.Run()
}

// life starts the daemon, waits until it listens and has been idle for 3 s, and
// stops it. Milliseconds and MiB.
func life(exe, config, data string) (start, rss, anon float64, err error) {
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0"}
	if config != "" {
		args = append(args, "--config", config)
	}
	cmd := exec.Command(exe, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return 0, 0, 0, fmt.Errorf("%s did not listen: %w", exe, err)
	}
	start = float64(time.Since(began).Microseconds()) / 1000
	time.Sleep(3 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0, 0, 0, err
	}
	return start, kib(status, "VmRSS:") / 1024, kib(status, "RssAnon:") / 1024, nil
}

func kib(status []byte, field string) float64 {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			v, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return v
		}
	}
	return 0
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return s[len(s)/2]
}

func cpu() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}
