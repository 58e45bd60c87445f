package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/store"
)

// whenWritten calls a function at the first write.
type whenWritten func()

func (w whenWritten) Write(b []byte) (int, error) { w(); return len(b), nil }

// The demo is told where its things are as people tell it: by a relative path.
func TestDemoInAFolderOfItsOwn(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	demo := func() (code int, errs string) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var e syncBuffer
		code = runDemo(ctx, env{out: whenWritten(stop), errw: &e, words: words, lang: "vi"}, []string{"--data", "dem", "--listen", "127.0.0.1:0"})
		return code, e.String()
	}
	code, errs := demo()
	require.Equal(t, exitGood, code, errs)
	assert.FileExists(t, filepath.Join("dem", "data", "book.db"))

	// A second one in the same folder is told so, and leaves the first one's ports alone.
	var second, before, after string
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ports := func() string {
		link, err := os.Readlink(filepath.Join("dem", "ports", "keypads"))
		require.NoError(t, err)
		return link
	}
	var e syncBuffer
	code = runDemo(ctx, env{out: whenWritten(func() {
		before = ports()
		_, second = demo()
		after = ports()
		stop()
	}), errw: &e, words: words, lang: "vi"}, []string{"--data", "dem", "--listen", "127.0.0.1:0"})
	require.Equal(t, exitGood, code, e.String())
	assert.Regexp(t, `^Địa chỉ 127\.0\.0\.1:\d+ của máy in mô phỏng đang được dùng`, second)
	assert.Equal(t, before, after)

	require.NoError(t, os.WriteFile(filepath.Join("dem", "centre.toml"), []byte("[centre]\nnom = 1\n"), 0o600))
	code, errs = demo()
	assert.Equal(t, exitFound, code)
	assert.Regexp(t, `(?m)^/.*/dem/centre\.toml:2: lỗi: .*[.”]$`, errs)
	assert.NotContains(t, errs, "Warning")
	assert.NotContains(t, errs, "map[")
}

// A book that another process has is told of at once, in the daemon's own words.
func TestDemoOfABookInUse(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(data, 0o700))
	book, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	defer book.Close()
	code, out, errs := commandOf(t, "demo", "--lang", "en", "--data", dir, "--listen", "127.0.0.1:0")
	assert.Equal(t, exitCannotTell, code, out)
	assert.Contains(t, errs, "book.db is in use by another program.")
	assert.Contains(t, errs, "The demo did not come up: the hall inside it ended at once (exit status 3).")
}

// The hall inside a demo ends with it, however that ends, and lets go of the book.
func TestKilledDemoLeavesNobodyBehind(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	log, err := os.Create(filepath.Join(dir, "log")) // a pipe would end the daemon when it writes
	require.NoError(t, err)
	defer log.Close()
	cmd := exec.Command(exe, "demo", "--data", dir, "--listen", "127.0.0.1:0")
	cmd.Stderr, cmd.SysProcAttr = log, &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	up := false
	for lines := bufio.NewScanner(out); !up && lines.Scan(); {
		up = strings.Contains(lines.Text(), "/demo")
	}
	require.True(t, up)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.Eventually(t, func() bool {
		book, err := store.Open(filepath.Join(dir, "data"), store.Options{})
		return err == nil && book.Close() == nil
	}, 20*time.Second, 100*time.Millisecond)
}
