package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/store"
	"xinmoi/store/door"
)

func backupOf(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	words, err := locale.New()
	require.NoError(t, err)
	var o, e bytes.Buffer
	code = runBackup(t.Context(), env{out: &o, errw: &e, words: words, lang: "vi"}, args)
	return code, o.String(), e.String()
}

func TestBackupOfAStoppedHall(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	code, out, errs := backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)
	t.Log("\n" + out)
	files, err := filepath.Glob(filepath.Join(to, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing half done is left")
	code, _, _ = auditOf(t, "--data", files[0])
	assert.Equal(t, exitGood, code)

	code, _, _ = backupOf(t, "--data", data)
	assert.Equal(t, exitUsage, code)
	code, _, errs = backupOf(t, "--data", data, "--to", filepath.Join(to, "no", "where.db"))
	assert.Equal(t, exitCannotTell, code)
	assert.NotEmpty(t, errs)
}

// While a hall runs the daemon copies, and the tool verifies.
func TestBackupOfARunningHall(t *testing.T) {
	data := bookOfADay(t)
	b, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	defer b.Close()
	words, err := locale.New()
	require.NoError(t, err)
	s := &server{data: data, book: b}
	handler, err := door.New(door.Options{
		Listen: "127.0.0.1:0", Words: words.Say, Log: slog.New(slog.DiscardHandler),
		Access:    func() (lan, hosts []string) { return nil, nil },
		Languages: func() []string { return []string{"vi", "en"} },
	}, s.backupRoute())
	require.NoError(t, err)
	ln, err := listenControl(filepath.Join(data, "control.sock"))
	require.NoError(t, err)
	srv := door.Server(handler)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	defer func() {
		require.NoError(t, srv.Shutdown(context.Background()))
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	}()

	file := filepath.Join(t.TempDir(), "saved.db")
	code, out, errs := backupOf(t, "--data", data, "--to", file)
	require.Equal(t, exitGood, code, errs)
	assert.Contains(t, out, file)
	code, _, _ = auditOf(t, "--data", file)
	assert.Equal(t, exitGood, code)

	code, out, errs = auditOf(t, "--data", data) // beside the daemon too
	assert.Equal(t, exitGood, code, errs)
	assert.Contains(t, out, "sổ nguyên vẹn")
	left, err := filepath.Glob(filepath.Join(data, copyNames))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// What is not whole is no backup.
func TestABadCopyIsNotKept(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	removeEntry(t, store.BookFile(data), 5)
	code, _, errs := backupOf(t, "--data", data, "--to", filepath.Join(to, "saved.db"))
	assert.Equal(t, exitFound, code, errs)
	left, err := os.ReadDir(to)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestRestoreSaysWhatWouldBeLost(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	restoreOf := func(args ...string) (code int, said string) {
		var out bytes.Buffer
		code = runRestore(env{out: &out, errw: &out, words: words, lang: "vi"}, args)
		return code, out.String()
	}
	data, to := bookOfADay(t), filepath.Join(t.TempDir(), "saved.db")
	code, _, errs := backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)
	code, said := restoreOf("--data", data, "--from", to)
	assert.Equal(t, exitGood, code, said)
	assert.Contains(t, said, "book.db.replaced-")

	b, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	code, said = restoreOf("--data", data, "--from", to)
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, said, "Hãy dừng hệ thống")
	require.NoError(t, b.Close()) // its start is in the book now
	code, said = restoreOf("--data", data, "--from", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "sẽ mất")
	code, said = restoreOf("--data", data, "--from", store.BookFile(bookOfADay(t)))
	assert.Equal(t, exitFound, code, said)
	removeEntry(t, to, 5)
	code, said = restoreOf("--data", data, "--from", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "không nguyên vẹn")
	code, _ = restoreOf("--data", data, "--from", to+"x")
	assert.Equal(t, exitCannotTell, code)
	code, _ = restoreOf("--data", data)
	assert.Equal(t, exitUsage, code)
}
