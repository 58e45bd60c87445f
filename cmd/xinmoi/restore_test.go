package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/locale"
	"xinmoi/store"
)

func restoreOf(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	words, err := locale.New()
	require.NoError(t, err)
	var out bytes.Buffer
	code = runRestore(env{out: &out, errw: &out, words: words, lang: "vi"}, args)
	assert.NotContains(t, out.String(), "restore.")
	assert.NotContains(t, out.String(), "{")
	t.Log(out.String())
	return code, out.String()
}

// startedAgain puts one more entry into a closed book: its start.
func startedAgain(t *testing.T, data string) {
	t.Helper()
	b, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	require.NoError(t, b.Close())
}

func TestRestoreSaysWhatWouldBeLost(t *testing.T) {
	data, to := bookOfADay(t), filepath.Join(t.TempDir(), "saved.db")
	code, _, errs := backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)
	code, said := restoreOf(t, "--data", data, "--from", to)
	assert.Equal(t, exitGood, code, said)
	assert.Contains(t, said, "book.db.replaced-")

	b, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	code, said = restoreOf(t, "--data", data, "--from", to)
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, said, "Hãy dừng hệ thống")
	require.NoError(t, b.Close()) // its start is in the book now
	code, said = restoreOf(t, "--data", data, "--from", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "chỉ đến dòng 9: nếu thay sẽ mất ")

	for _, from := range []string{data, filepath.Join(data, "book.db")} {
		code, said = restoreOf(t, "--data", data, "--from", from)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, said, "chính là sổ đang dùng")
	}

	fork := t.TempDir() // the same backup, put into another machine
	code, _ = restoreOf(t, "--data", fork, "--from", to)
	require.Equal(t, exitGood, code)
	startedAgain(t, fork)
	startedAgain(t, fork)
	code, said = restoreOf(t, "--data", data, "--from", store.BookFile(fork))
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "từ sau dòng 9 nó ghi khác")

	code, said = restoreOf(t, "--data", data, "--from", store.BookFile(bookOfADay(t)), "--damaged")
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "của một nơi khác")

	removeEntry(t, store.BookFile(data), 5)
	before := textOf(t, store.BookFile(data))
	code, said = restoreOf(t, "--data", data, "--from", store.BookFile(bookOfADay(t)), "--damaged")
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "của một nơi khác", "damaged or not")
	code, said = restoreOf(t, "--data", data, "--from", store.BookFile(fork))
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "--damaged")
	code, said = restoreOf(t, "--data", data, "--from", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "bị hỏng nhưng có đến dòng")
	assert.Equal(t, before, textOf(t, store.BookFile(data)))
	code, said = restoreOf(t, "--data", data, "--from", to, "--damaged")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, said, "Đã mất so với sổ hỏng")

	require.NoError(t, os.Truncate(store.BookFile(data), 5000))
	code, said = restoreOf(t, "--data", data, "--from", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "không đọc được sổ hiện có")
	code, said = restoreOf(t, "--data", data, "--from", to, "--damaged")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, said, "không biết đã mất những gì")

	removeEntry(t, to, 5)
	code, said = restoreOf(t, "--data", data, "--from", to)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, said, "không nguyên vẹn")
	code, said = restoreOf(t, "--data", data, "--from", to+"x")
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, said, "Không có tệp hay thư mục "+to+"x.")
	code, _ = restoreOf(t, "--data", data)
	assert.Equal(t, exitUsage, code)
}

// A refused backup leaves the data folder as it was.
func TestARefusedRestoreBringsNothing(t *testing.T) {
	theirs, to := bookOfADay(t), t.TempDir()
	write(t, filepath.Join(theirs, "kiosk", "procedures.json"), "[]")
	write(t, filepath.Join(theirs, "archive", "2020-01.journal.gz"), "a month of theirs")
	b := set{data: theirs, to: filepath.Join(to, "usb"), copy: func(_ context.Context, book string) error { return store.CopyClosed(theirs, book) }}
	require.NoError(t, os.Mkdir(b.to, 0o700))
	for day := range 2 {
		b.now = time.Date(2026, 11, 25+day, 12, 15, 0, 0, time.UTC)
		_, _, err := b.make(t.Context())
		require.NoError(t, err)
	}
	sets, err := setsOf(filepath.Join(to, "usb"), "xinmoi-??????")
	require.NoError(t, err)
	data := bookOfADay(t)
	before, err := os.ReadDir(data)
	require.NoError(t, err)
	code, said := restoreOf(t, "--data", data, "--from", sets[0])
	assert.Equal(t, exitFound, code, said)
	after, err := os.ReadDir(data)
	require.NoError(t, err)
	assert.Equal(t, len(before), len(after))
	assert.NoDirExists(t, filepath.Join(data, "archive"))
	assert.NoDirExists(t, filepath.Join(data, "kiosk"))

	code, said = restoreOf(t, "--data", data, "--from", filepath.Join(to, "usb")) // the folder of backups
	assert.Equal(t, exitCannotTell, code)
	for _, s := range sets {
		assert.Contains(t, said, s)
	}
	code, said = restoreOf(t, "--data", data, "--from", t.TempDir())
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, said, "Không có bản sao lưu nào")

	newer := filepath.Join(t.TempDir(), "newer.db") // of a newer program, not damaged
	require.NoError(t, store.CopyClosed(data, newer))
	db, err := bolt.Open(store.BookFile(data), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 9}) }))
	require.NoError(t, db.Close())
	code, said = restoreOf(t, "--data", data, "--from", newer, "--damaged")
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, said, "phiên bản xinmoi mới hơn")
}
