package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
)

const smallCentre = `
[centre]
name = { vi = "Xã Thử", en = "Test Commune" }
[[service]]
id = "civil"
name = { vi = "Hộ tịch", en = "Civil status" }
[[service]]
id = "land"
name = { vi = "Đất đai", en = "Land" }
[[counter]]
id = "c1"
services = ["civil"]
[[counter]]
id = "c2"
services = ["land"]
[[kiosk]]
id = "k1"
`

// process is a running daemon.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	url  string
	errs *syncBuffer
}

func startServe(t testing.TB, config, data string) *process {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	p := &process{t: t, errs: &syncBuffer{}, cmd: exec.Command(exe, "serve", "--config", config, "--data", data, "--listen", "127.0.0.1:0")}
	p.cmd.Stderr = p.errs
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "%s", p.errs)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	p.url = url
	return p
}

func (p *process) issue(service string) (status int, body string) {
	p.t.Helper()
	resp, err := http.Post(p.url+"/api/v1/tickets", "application/json", strings.NewReader(`{"service":"`+service+`"}`))
	require.NoError(p.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp.StatusCode, string(b)
}

func (p *process) numbers() (all []string) {
	p.t.Helper()
	resp, err := http.Get(p.url + "/api/v1/tickets")
	require.NoError(p.t, err)
	defer resp.Body.Close()
	var list struct {
		Items []struct{ Number, State string }
	}
	require.NoError(p.t, json.NewDecoder(resp.Body).Decode(&list))
	for _, i := range list.Items {
		all = append(all, i.Number+" "+i.State)
	}
	return all
}

// technician is an environment whose output can be read.
func technician(t testing.TB) (e env, out, errw *bytes.Buffer) {
	t.Helper()
	words, err := locale.New()
	require.NoError(t, err)
	out, errw = &bytes.Buffer{}, &bytes.Buffer{}
	return env{in: strings.NewReader(""), out: out, errw: errw, words: words, lang: "vi"}, out, errw
}

func TestReloadChangesTheHallWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	config, data := filepath.Join(dir, "centre.toml"), filepath.Join(dir, "data")
	write := func(s string) { require.NoError(t, os.WriteFile(config, []byte(s), 0o600)) }
	write(smallCentre)
	p := startServe(t, config, data)
	status, body := p.issue("land")
	require.Equal(t, http.StatusCreated, status, body)
	before := p.numbers()

	t.Run("a good document is put in force", func(t *testing.T) {
		write(smallCentre + "[[service]]\nid = \"copies\"\nname = { vi = \"Sao y\" }\n" +
			"[[counter]]\nid = \"c3\"\nservices = [\"copies\"]\n")
		e, out, errw := technician(t)
		require.Equal(t, exitGood, runReload(t.Context(), e, []string{"--data", data}), "%s", errw)
		require.Contains(t, out.String(), "Sao y")
		status, body := p.issue("copies")
		require.Equal(t, http.StatusCreated, status, body)
		before = append(before, "H001 waiting")
		require.Equal(t, before, p.numbers())
	})
	t.Run("a bad one changes nothing and is told line by line", func(t *testing.T) {
		write(strings.Replace(smallCentre, `services = ["land"]`, "services = []\ncolour = \"red\"", 1))
		e, _, errw := technician(t)
		require.Equal(t, exitFound, runReload(t.Context(), e, []string{"--data", data}))
		require.Contains(t, errw.String(), "centre.toml:")
		require.Contains(t, errw.String(), "colour")
		require.Contains(t, errw.String(), "Chưa áp dụng gì")
		require.Equal(t, before, p.numbers())
	})
	t.Run("a service that people wait for is not removed", func(t *testing.T) {
		land := "[[service]]\nid = \"land\"\nname = { vi = \"Đất đai\", en = \"Land\" }\n"
		require.Contains(t, smallCentre, land)
		without := strings.Replace(smallCentre, land, "", 1)
		write(strings.Replace(without, `services = ["land"]`, `services = ["civil"]`, 1))
		e, _, errw := technician(t)
		require.Equal(t, exitFound, runReload(t.Context(), e, []string{"--data", data}))
		require.Contains(t, errw.String(), "B001", "the tickets that stand in the way are named")
		require.Equal(t, before, p.numbers())
	})
	t.Run("without a daemon it says so", func(t *testing.T) {
		e, _, errw := technician(t)
		require.Equal(t, exitCannotTell, runReload(t.Context(), e, []string{"--data", t.TempDir()}))
		require.NotEmpty(t, errw.String())
	})
}

func TestServeStopsWithinFiveSecondsAndFindsEverythingAgain(t *testing.T) {
	dir := t.TempDir()
	config, data := filepath.Join(dir, "centre.toml"), filepath.Join(dir, "data")
	require.NoError(t, os.WriteFile(config, []byte(smallCentre), 0o600))
	p := startServe(t, config, data)
	status, body := p.issue("civil")
	require.Equal(t, http.StatusCreated, status, body)

	began := time.Now()
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	go func(daemon *os.Process) { // as of a demo whose terminal has told both
		for daemon.Signal(syscall.SIGTERM) == nil {
			time.Sleep(time.Millisecond)
		}
	}(p.cmd.Process)
	require.NoError(t, p.cmd.Wait(), "%s", p.errs)
	require.Less(t, time.Since(began), 5*time.Second)

	// A slip of the pen does not keep a centre shut.
	require.NoError(t, os.WriteFile(config, []byte("[centre\n"), 0o600))
	p = startServe(t, config, data)
	soon(t, "it is said on the other pipe", func() bool { return strings.Contains(p.errs.String(), "centre.toml:") })
	require.Equal(t, []string{"A001 waiting"}, p.numbers())
	status, body = p.issue("civil")
	require.Equal(t, http.StatusCreated, status)
	require.Contains(t, body, `"A002"`)
}

func TestServeRefusesToBeginWithABadDocument(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "centre.toml")
	require.NoError(t, os.WriteFile(config, []byte("[[counter]]\nid = \"c1\"\n"), 0o600))
	e, _, errw := technician(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.Equal(t, exitFound, runServe(ctx, e, []string{"--config", config, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0"}))
	require.Contains(t, errw.String(), "centre.toml:1: ")
}

func TestALanguageIsDroppedInAsAFile(t *testing.T) {
	dir := t.TempDir()
	config, data := filepath.Join(dir, "centre.toml"), filepath.Join(dir, "data")
	require.NoError(t, os.MkdirAll(filepath.Join(data, "lang"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(data, "lang", "tyz.json"), []byte(`{"_name": "Tày", "kiosk.done": "Dá lẹo"}`), 0o600))
	require.NoError(t, os.WriteFile(config, []byte(smallCentre), 0o600))
	p := startServe(t, config, data)
	resp, err := http.Get(p.url + "/locale/tyz.json")
	require.NoError(t, err)
	defer resp.Body.Close()
	words := map[string]any{}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&words))
	require.Equal(t, "Dá lẹo", words["kiosk.done"])
	require.NotEmpty(t, words["kiosk.question"], "what the file lacks falls back to Vietnamese")
}
