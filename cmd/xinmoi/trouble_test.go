package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/locale"
	"xinmoi/store"
)

func TestEveryTroubleIsASentence(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	for _, lang := range []string{"vi", "en"} {
		e := env{words: words, lang: lang}
		for _, trouble := range troubles {
			for _, err := range []error{trouble.err, &fs.PathError{Op: "open", Path: "/a/b", Err: trouble.err}} {
				text := e.trouble(err)
				assert.Regexp(t, `^[^{}]{20,}\.$`, text, trouble.key)
				assert.NotContains(t, text, "trouble.", trouble.key)
				if lang == "vi" {
					assert.NotContains(t, text, trouble.err.Error(), trouble.key)
				}
			}
		}
		assert.Contains(t, e.trouble(errors.New("strange thing")), "(strange thing)")
		assert.Contains(t, e.trouble(&tooSmall{to: "/media/usb", need: 5 << 20, free: 2 << 20}), "5 MB")
	}
}

// What a technician meets is said in words by each command, with what to do.
func TestCommandsSayWhatIsWrongWithABook(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, data string)
		want string
	}{
		"no folder": {func(t *testing.T, data string) { require.NoError(t, os.RemoveAll(data)) }, "Không có tệp hay thư mục "},
		"no book":   {func(t *testing.T, data string) { require.NoError(t, os.Remove(store.BookFile(data))) }, "Không có tệp hay thư mục "},
		"empty":     {func(t *testing.T, data string) { require.NoError(t, os.Truncate(store.BookFile(data), 0)) }, " rỗng, không có sổ trong đó."},
		"another file": {func(t *testing.T, data string) {
			require.NoError(t, os.WriteFile(store.BookFile(data), bytes.Repeat([]byte("not a book\n"), 9999), 0o600))
		}, " không phải là sổ của xinmoi"},
		"another database": {func(t *testing.T, data string) {
			require.NoError(t, os.Remove(store.BookFile(data)))
			db, err := bolt.Open(store.BookFile(data), 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}, " không phải là sổ của xinmoi"},
		"cut short": {func(t *testing.T, data string) {
			require.NoError(t, os.Truncate(store.BookFile(data), 3*int64(os.Getpagesize())))
		}, " bị hỏng. Hãy chạy xinmoi audit"},
		"newer": {func(t *testing.T, data string) {
			db, err := bolt.Open(store.BookFile(data), 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 99}) }))
			require.NoError(t, db.Close())
		}, " do một phiên bản xinmoi mới hơn ghi."},
	} {
		t.Run(name, func(t *testing.T) {
			data := bookOfADay(t)
			c.make(t, data)
			out := filepath.Join(t.TempDir(), "out")
			for _, args := range [][]string{
				{"audit", "--data", data}, {"audit", "why", "A001", "A002", "--data", data}, {"verify", data}, {"verify", store.BookFile(data)},
				{"backup", "--data", data, "--to", out}, {"restore", "--data", t.TempDir(), "--from", store.BookFile(data)},
				{"export", "--data", data, "--out", out}, {"report", "--data", data},
			} {
				code, _, errs := commandOf(t, args...)
				assert.Equal(t, exitCannotTell, code, args)
				want := c.want
				if name == "cut short" && len(args) == 3 && args[0] == "audit" { // not sent to itself
					want = " hỏng đến mức không đọc được gì"
				}
				said(errs).assert(t, want, args)
			}
			if name != "no folder" {
				code, _, errs := commandOf(t, "serve", "--data", data, "--listen", "127.0.0.1:0")
				assert.Equal(t, exitCannotTell, code)
				want := c.want
				if name == "no book" {
					want = "mà thư mục này đã từng có sổ"
				}
				last := strings.Split(strings.TrimSpace(errs), "\n")
				assert.Contains(t, last[len(last)-1], want)
				assert.Contains(t, last[len(last)-1], "Hệ thống không chạy được. ")
			}
		})
	}
}

func (s said) assert(t *testing.T, want string, args []string) {
	assert.Contains(t, string(s), want, args)
	for _, raw := range []string{"store:", "open ", "no such", "invalid", "bad file", "trouble.", "{"} {
		assert.NotContains(t, string(s), raw, args)
	}
}

func TestServeSaysThatItsDocumentIsNotThere(t *testing.T) {
	code, _, errs := commandOf(t, "serve", "--data", t.TempDir(), "--config", "nowhere.toml", "--listen", "127.0.0.1:0", "--lang", "en")
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, errs, "The file nowhere.toml cannot be read. There is no file or folder nowhere.toml. Check the path.\n")
}

// verify tells what is in a book, and of no backup when there was none.
func TestVerify(t *testing.T) {
	data := bookOfADay(t)
	code, out, errs := commandOf(t, "verify", data)
	assert.Equal(t, exitGood, code, errs)
	assert.Regexp(t, `^{"installation":"[a-z2-7]{16}","entries":9,"in_book":9,"tickets":2,"months":0,"day":"2026-11-23","head":"[0-9a-f]{64}"}\n$`, out)
	removeEntry(t, store.BookFile(data), 5)
	code, _, errs = commandOf(t, "verify", data)
	assert.Equal(t, exitFound, code)
	assert.Equal(t, "Sổ không nguyên vẹn (1 chỗ sai). Hãy chạy xinmoi audit để biết sai ở đâu.\n", errs)
}

// commandOf runs a command as the shell does.
func commandOf(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	words, err := locale.New()
	require.NoError(t, err)
	var o, e bytes.Buffer
	code = runWith(t.Context(), env{in: strings.NewReader(""), out: &o, errw: &e, words: words, lang: "vi"}, args)
	return code, o.String(), e.String()
}
