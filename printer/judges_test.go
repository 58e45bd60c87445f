package printer

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/escpos"
	"xinmoi/printer/printertest"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
)

// judge says that a program of another maker judges here. Where it is missing the
// test is skipped, or fails with REQUIRE_JUDGES=1, as the test command sets it
// when it has installed them.
func judge(t *testing.T, name string, present bool) {
	t.Helper()
	switch {
	case testing.Short():
		t.Skip("judged in the pass that is not short")
	case present:
		t.Logf("judge: %s", name)
	case os.Getenv("REQUIRE_JUDGES") != "":
		t.Fatalf("%s is not installed, and must judge", name)
	default:
		t.Skipf("%s is not installed: nobody judges", name)
	}
}

// command is where a program is; "" where it is not.
func command(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// packages is the folder with the judges from npm; "" without it or node.
func packages(name string) string {
	dir := os.Getenv("XINMOI_JUDGES")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(cache, "xinmoi-judges")
	}
	dir = filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(dir, name, "package.json")); err != nil || command("node") == "" {
		return ""
	}
	return dir
}

// fullTicket is the full ticket in a way, and what a printer that has kept its pictures
// makes of it.
func fullTicket(t *testing.T, way string, m Model) (commands [][]byte, paper printertest.Paper) {
	lines := slip.Build(full(), words())
	var kept *shelf
	if way == centre.WayStored {
		kept = filled(t, lines, m)
	}
	size := pieceSize(960)
	if way == centre.WayRaster {
		page, err := press().Render(lines, slip.Paper{Dots: m.Dots})
		require.NoError(t, err)
		commands, err = drawn(page, m, size).Pieces(1)
		require.NoError(t, err)
	} else {
		s := newSetter(way, press(), m, slip.Paper{Dots: m.Dots}, size, kept)
		s.job.Begin()
		for _, l := range lines {
			require.NoError(t, s.line(l))
		}
		s.job.End()
		var err error
		commands, err = s.job.Pieces(1) // one command each
		require.NoError(t, err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := printertest.New(printertest.Options{Dots: m.Dots, Pages: m.Pages, RAM: 1 << 20})
		h := &hall{t: t}
		wire, stop := h.cable(p)
		defer stop()
		if kept != nil {
			for _, w := range kept.wants {
				place, key, _ := kept.find(w.id)
				b, err := escpos.Define(place, key, w.img)
				require.NoError(t, err)
				_, err = wire.Write(b)
				require.NoError(t, err)
			}
		}
		for _, c := range commands {
			_, err := wire.Write(c)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Len(t, p.Papers(), 1)
		paper = p.Papers()[0]
	})
	return commands, paper
}

const nposScript = `
const rules = require('npos/lib/parser/rules');
rules[0x1D]['(k'] = [0, 'd16']; // it knows no QR codes and no presenter
rules[0x1D]['e'] = 1;
rules[0x1B]['i'] = 0; // and no old cut
const raw = require('fs').readFileSync(process.argv[1]);
const ast = require('npos/lib/parser')(rules).analyze(raw);
if (ast.error) { console.log(JSON.stringify({ error: String(ast.error) })); process.exit(0); }
console.log(JSON.stringify({ nodes: ast.tree.map(n => ({ at: n.offset, fn: n.fn || '', code: n.code })) }));
`

// npos, a decoder of another maker, takes our jobs apart at the same bytes.
func TestNposTakesOurJobsApart(t *testing.T) {
	dir := packages("npos")
	judge(t, "npos", dir != "")
	for _, name := range []string{"epson-tm-t82", "epson-tm-t88", "bixolon-srp-350iii", "custom-vkp80", "generic-58"} {
		m, ok := ModelOf(name)
		require.True(t, ok)
		for _, way := range centre.Ways {
			commands, _ := fullTicket(t, way, m)
			file := filepath.Join(t.TempDir(), "job.bin")
			require.NoError(t, os.WriteFile(file, slices.Concat(commands...), 0o644))
			cmd := exec.Command("node", "-e", nposScript, file)
			cmd.Env = append(os.Environ(), "NODE_PATH="+dir, "NODE_NO_WARNINGS=1")
			var complaint strings.Builder
			cmd.Stderr = &complaint
			out, err := cmd.Output()
			require.NoError(t, err, "%s", &complaint)
			var said struct {
				Error string
				Nodes []struct {
					At   int
					Code int
				}
			}
			require.NoError(t, json.Unmarshal(out, &said), "%s", out)
			require.Empty(t, said.Error, "%s %s", name, way)
			theirs := map[int]bool{}
			for _, n := range said.Nodes {
				if n.Code == 0x1B || n.Code == 0x1C || n.Code == 0x1D || n.Code == 0x10 {
					theirs[n.At] = true
				}
			}
			ours, at := map[int]bool{}, 0
			for _, c := range commands {
				if c[0] == 0x1B || c[0] == 0x1C || c[0] == 0x1D {
					ours[at] = true
				}
				at += len(c)
			}
			job := slices.Concat(commands...)
			for at := range theirs {
				if job[at] == 0x1B && job[at+1] == 't' { // a page of letters, within a line of text
					ours[at] = true
				}
			}
			assert.Equal(t, ours, theirs, "%s %s", name, way)
			assert.Greater(t, len(ours), 10, "%s %s", name, way)
		}
	}
}

// receiptio, a host of another maker, prints on our simulated printer over TCP,
// and understands what is wrong with it.
func TestReceiptioPrintsOnOurPrinter(t *testing.T) {
	dir := packages("receiptio")
	judge(t, "receiptio", dir != "")
	const port = ":9100" // it knows no other
	var l net.Listener
	for i := 1; l == nil; i++ { // every address of 127/8 is this machine's
		require.Less(t, i, 200)
		l, _ = net.Listen("tcp", fmt.Sprintf("127.83.%d.%d%s", os.Getpid()%250+1, i, port))
	}
	p := printertest.New(printertest.Options{Maker: "EPSON", Model: "TM-T82"})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = p.Serve(ctx, conn)
		}
	})
	defer func() { cancel(); l.Close(); wg.Wait() }()
	receipt := filepath.Join(t.TempDir(), "a.receipt")
	require.NoError(t, os.WriteFile(receipt, []byte("^^^A012\n\nXin moi\n"), 0o644))
	host, _, _ := net.SplitHostPort(l.Addr().String())
	print := func() string {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		out, _ := exec.CommandContext(ctx, "node", filepath.Join(dir, "receiptio/bin/cli.js"), "-d", host, "-c", "42", receipt).CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	assert.Equal(t, "success", print())
	require.Len(t, p.Papers(), 1, "it has cut one piece")
	p.SetPaper(false)
	assert.Equal(t, "paperempty", print())
	p.SetPaper(true)
	p.SetCover(true)
	assert.Equal(t, "coveropen", print())
	p.SetCover(false)
	assert.Equal(t, "success", print())
	p.SetRoll(20) // ends in the midst of the receipt
	assert.Equal(t, "paperempty", print())
}

// zbarimg reads the code from the paper of each way.
func TestZbarReadsTheCode(t *testing.T) {
	judge(t, "zbarimg", command("zbarimg") != "")
	for _, way := range centre.Ways {
		file := filepath.Join(t.TempDir(), "paper.png")
		m, _ := ModelOf("epson-tm-t82")
		_, paper := fullTicket(t, way, m)
		writePNG(t, file, paper)
		out, err := exec.Command("zbarimg", "--nodbus", "-q", "--raw", file).Output()
		require.NoError(t, err, way)
		assert.Equal(t, full().Link, strings.TrimSpace(string(out)), way)
	}
}

// tesseract reads the words from the paper of each way, with their marks.
func TestTesseractReadsTheWords(t *testing.T) {
	languages, _ := exec.Command("tesseract", "--list-langs").CombinedOutput()
	judge(t, "tesseract with Vietnamese", strings.Contains(string(languages), "\nvie\n"))
	for _, way := range centre.Ways {
		file := filepath.Join(t.TempDir(), "paper.png")
		m, _ := ModelOf("epson-tm-t82")
		_, paper := fullTicket(t, way, m)
		writePNG(t, file, paper)
		out, err := exec.Command("tesseract", file, "-", "-l", "vie", "--psm", "6").Output()
		require.NoError(t, err)
		for _, l := range slip.Build(full(), words()) {
			if l.QR || l.Rule || l.Face == slip.Figures {
				continue // the number is too large for a line of its text
			}
			// The round a of the face is at times taken for an o.
			near, read := nearest(l.Text, strings.Split(string(out), "\n"))
			assert.LessOrEqual(t, near, 3, "%s: %q was read %q", way, l.Text, read)
		}
	}
}

// nearest is how many letters of a text were read wrongly, in lines that may be
// broken anywhere.
func nearest(want string, lines []string) (letters int, read string) {
	letters = len(want)
	for i := range lines {
		for n := 1; n <= 5 && i+n <= len(lines); n++ {
			s := strings.TrimSpace(strings.Join(lines[i:i+n], " "))
			if d := distance([]rune(want), []rune(s)); d < letters {
				letters, read = d, s
			}
		}
	}
	return letters, read
}

// distance is how many letters must change to make b of a.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		last := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y || x == '–' && y == '-' {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}

func writePNG(t *testing.T, file string, paper printertest.Paper) {
	f, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, paper.Image))
	require.NoError(t, f.Close())
}
