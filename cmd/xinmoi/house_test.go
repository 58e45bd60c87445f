package main

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// arrows is the plan of the house: which package may import which of ours, in
// non-test files. Everything not listed is refused. "a/..." is a and all below.
var arrows = map[string][]string{
	"store/queue":        {},
	"store/wait":         {},
	"store/device":       {},
	"store/device/rtu":   {"store/device"},
	"store/device/frame": {},
	"store/sum":          {"store/queue"},
	"store":              {"store/queue", "store/wait", "store/device", "store/sum"},
	"store/centre":       {"store", "store/queue", "store/device", "store/device/frame"},
	"store/door":         {"store", "store/queue", "store/device", "store/centre"},
	"store/report":       {"store/queue", "store/sum"},
	"store/feed":         {"store", "store/queue", "store/device", "store/door"},

	"store/powertest": {},

	"assets":            {"assets/locale"},
	"assets/fonts":      {},
	"assets/locale":     {},
	"assets/assetstest": {},
	"assets/voice":      {},

	"printer":        {"printer/escpos", "printer/slip", "printer/printertest", "assets/...", "store/..."}, // previews are printed on the simulator
	"printer/escpos": {},
	"printer/slip":   {"assets/...", "store/centre", "store/queue"},
	"counter":        {"counter/keypad", "assets/...", "store/..."},
	"counter/keypad": {"store/device/frame"},
	"display":        {"display/led", "display/voice", "assets/...", "store/..."},
	"display/led":    {"store/device", "store/device/frame", "store/device/rtu"},
	"display/voice":  {},
	"kiosk":          {"kiosk/reader", "assets/...", "store/..."},
	"kiosk/reader":   {},

	// Simulators stand beside the drivers and ship in the binary.
	"printer/printertest": {"printer/escpos", "assets/fonts"},
	"counter/countertest": {"counter/keypad"},
	"display/displaytest": {"display/led"},
	"kiosk/kiosktest":     {},

	"cmd/xinmoi":             {"assets/...", "kiosk", "counter", "display", "printer", "store/...", "cmd/internal/..."},
	"cmd/internal/port":      {"store/device"},
	"cmd/internal/demo":      {"assets/...", "printer/printertest", "counter/countertest", "counter/keypad", "display/displaytest", "kiosk/kiosktest", "store/centre", "store/queue"},
	"cmd/internal/sim":       {"store", "store/centre", "store/queue"},
	"cmd/internal/slowdisk":  {"store/powertest"},
	"cmd/internal/vendorweb": {},
	"cmd/internal/voicepack": {"display/voice"},
	"cmd/internal/bench":     {},
	"cmd/internal/flags":     {},

	"cmd/internal/vmtest":       {}, // tests alone
	"cmd/internal/vmtest/guest": {"printer/printertest"},

	// Devices of other machines.
	"store/device/lend":          {"store/device"},
	"store/device/lend/lendtest": {"store/device", "store/device/lend"},
	"cmd/internal/agent":         {"cmd/internal/flags", "cmd/internal/port", "store/device", "store/device/lend"},
	"cmd/internal/lending":       {"cmd/internal/agent", "store/device", "store/device/lend", "store/door"},
}

// pure packages and codecs touch no disk, no network, no clock of their own.
var pure = []string{"store/queue", "store/wait", "store/sum", "store/device", "store/device/rtu", "store/device/frame", "printer/escpos", "counter/keypad", "display/led", "kiosk/reader"}

var impure = []string{"os", "net", "net/http", "log/slog", "sync", "go.etcd.io/bbolt"}

// simulators ship, so the test libraries stay out of them.
var simulators = []string{"printer/printertest", "counter/countertest", "display/displaytest", "kiosk/kiosktest"}

type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "xinmoi/...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, "xinmoi/")
		allowed, known := arrows[room]
		if !known {
			t.Errorf("%s is not in the plan of the house: add it to arrows, or put its code where it belongs", room)
			continue
		}
		for _, imp := range p.Imports {
			if other, ours := strings.CutPrefix(imp, "xinmoi/"); ours && !permits(allowed, other) {
				t.Errorf("%s imports %s: the arrows of the house do not allow it", room, other)
			}
			if slices.Contains(pure, room) && slices.Contains(impure, imp) {
				t.Errorf("%s is pure but imports %s", room, imp)
			}
			if slices.Contains(simulators, room) && (imp == "testing" || strings.HasPrefix(imp, "github.com/stretchr/")) {
				t.Errorf("%s ships in the binary but imports %s", room, imp)
			}
		}
	}
}

func permits(allowed []string, room string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		below, all := strings.CutSuffix(a, "/...")
		return room == below || all && strings.HasPrefix(room, below+"/")
	})
}

func TestEveryPackageHasOnePackageComment(t *testing.T) {
	for _, p := range packages(t) {
		var with []string
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			require.NoError(t, err)
			if f.Doc != nil {
				with = append(with, name)
			}
		}
		if len(p.GoFiles) > 0 && len(with) != 1 {
			t.Errorf("%s has %d package comments %v, wants one", p.ImportPath, len(with), with)
		}
	}
}

func TestTopLevelIsAsAgreed(t *testing.T) {
	entries, err := os.ReadDir("../..")
	require.NoError(t, err)
	agreed := strings.Fields("cmd kiosk counter display printer store assets go.mod go.sum Makefile README.md LICENSE bin dist")
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(agreed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
