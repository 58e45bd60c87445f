package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/locale"
	"xinmoi/store"
	"xinmoi/store/door"
	"xinmoi/store/queue"
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
	assert.Contains(t, out, "chỉ có sổ")
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

// A name that ends in .db is the book alone; any other is a folder, made if it is
// missing.
func TestBackupIntoANewFolder(t *testing.T) {
	data, away := bookOfADay(t), t.TempDir()
	write(t, filepath.Join(data, "kiosk", "procedures.json"), "[]")
	for _, to := range []string{"daily", "2026.11", "slash.db/"} {
		code, out, errs := backupOf(t, "--data", data, "--to", away+"/"+to)
		require.Equal(t, exitGood, code, errs)
		assert.NotContains(t, out, "chỉ có sổ")
		sets, err := setsOf(filepath.Join(away, to), "xinmoi-??????")
		require.NoError(t, err)
		require.Len(t, sets, 1, to)
		assert.FileExists(t, filepath.Join(sets[0], "kiosk", "procedures.json"))
		assert.Contains(t, out, sets[0])
	}
	code, _, errs := backupOf(t, "--data", data, "--to", filepath.Join(away, "no", "where"))
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, errs, "Không có tệp hay thư mục "+filepath.Join(away, "no")+".")
	assert.NoDirExists(t, filepath.Join(away, "no"))
	for _, to := range []string{"kiosk", "archive", "display"} { // there or not
		code, _, errs = backupOf(t, "--data", data, "--to", filepath.Join(data, to))
		assert.Equal(t, exitCannotTell, code, to)
		assert.Contains(t, errs, "tên khác")
	}
}

// What is counted is said: entries and numbers of the book itself, months beside it.
func TestBackupOfABookWithAnArchive(t *testing.T) {
	data, tickets := yearsBook(t)
	to := t.TempDir()
	code, out, errs := backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)
	t.Log("\n" + out)
	said := regexp.MustCompile(`Trong sổ có (\d+) dòng \(đến dòng (\d+)\), (\d+) số đã phát\.\n.*tháng cũ hơn \((\d+)\)`).FindStringSubmatch(out)
	require.NotNil(t, said, out)
	gone := "" // the last day that is not in the book
	db, err := bolt.Open(store.BookFile(data), 0o600, &bolt.Options{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bolt.Tx) error { gone = string(tx.Bucket([]byte("meta")).Get([]byte("gone"))[8:]); return nil }))
	require.NoError(t, db.Close())
	issued, entries := 0, 0
	err = store.ReadClosed(store.BookFile(data), nil, func(c *store.Closed) error {
		days, err := c.Days()
		if err != nil {
			return err
		}
		_, err = c.Each("", "", func(day queue.Day, e store.Entry) error {
			if _, ok := e.Event.(queue.Issued); ok && string(day) > gone {
				issued++
			}
			if string(day) > gone {
				entries++
			}
			return nil
		})
		assert.Equal(t, fmt.Sprint(days[len(days)-1].Last), said[2])
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint(entries), said[1])
	assert.Equal(t, fmt.Sprint(issued), said[3])
	assert.Less(t, issued, tickets)

	// Each month is looked at: one that is damaged beside the backups comes again, and
	// one that is damaged here does not take the place of the good one.
	there, err := filepath.Glob(filepath.Join(to, "*-archive", "*.journal.gz"))
	require.NoError(t, err)
	require.Equal(t, said[4], fmt.Sprint(len(there)))
	good := textOf(t, there[0])
	bad := good[:len(good)/2] + "?" + good[len(good)/2+1:]
	write(t, there[0], bad)
	here := filepath.Join(data, "archive", filepath.Base(there[1]))
	second := textOf(t, here)
	write(t, here, "damaged")
	code, _, errs = backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)
	assert.Equal(t, good, textOf(t, there[0]))
	assert.Equal(t, second, textOf(t, there[1]))
	require.NoError(t, os.Remove(there[1])) // and now nobody has it
	code, out, errs = backupOf(t, "--data", data, "--to", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, out, "Đã sao lưu và kiểm tra: ")
	assert.Contains(t, errs, "chưa có trong bản sao: "+strings.TrimSuffix(filepath.Base(here), ".journal.gz")+".")
	write(t, here, second)
	code, _, errs = backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)

	// A month of another house and one that is broken do not come back with it.
	sets, err := setsOf(to, "xinmoi-??????")
	require.NoError(t, err)
	beside := sets[0][:len(sets[0])-len(stampLayout)] + "archive"
	write(t, filepath.Join(beside, "2024-07.journal.gz"), "junk")
	write(t, filepath.Join(beside, "2031-01.journal.gz"), "junk")
	other := filepath.Join(t.TempDir(), "brandnew")
	code, text := restoreOf(t, "--data", other, "--from", sets[0])
	assert.Equal(t, exitFound, code, text)
	t.Log("\n" + text)
	assert.Contains(t, text, "không được lấy: 2024-07.")
	months, err := filepath.Glob(filepath.Join(other, "archive", "*"))
	require.NoError(t, err)
	assert.Equal(t, said[4], fmt.Sprint(len(months)+1))
	code, out, _ = auditOf(t, "--data", other)
	assert.Equal(t, exitGood, code, out)
}
