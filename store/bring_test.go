package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// Another house's archive is no part of this book, whoever asks; its own comes back
// from beside a backup, and nothing else with it.
func TestAnArchiveOfAnotherHouse(t *testing.T) {
	dir, other, beside := t.TempDir(), t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		manyMonths(t, d, 14)
		running(t, d, 1, nil)
	}
	require.Equal(t, []string{"1998-11.journal.gz", "1998-12.journal.gz"}, archives(t, dir))
	own := ArchiveDir(BookFile(dir))
	good := fileBytes(t, archiveFile(own, "1998-11"))
	foreign := fileBytes(t, archiveFile(ArchiveDir(BookFile(other)), "1998-11"))
	require.NoError(t, os.WriteFile(archiveFile(own, "1998-11"), foreign, 0o600))

	_, _, err := Why(BookFile(dir), AuditOptions{Day: "1998-11-04"}, "A002", "A001")
	assert.ErrorIs(t, err, ErrArchive)
	_, _, err = Why(BookFile(dir), AuditOptions{Day: "1998-11-05"}, "A002", "A001")
	assert.ErrorIs(t, err, ErrUnknownDay)
	err = ReadClosed(BookFile(dir), nil, func(c *Closed) error {
		_, err := c.Each("", "", func(queue.Day, Entry) error { return nil })
		return err
	})
	assert.ErrorIs(t, err, ErrArchive)

	// Beside the backup: one month of this house, one of the other, one of no book.
	for name, text := range map[string][]byte{"1998-11": good, "1998-12": foreign, "2099-01": []byte("junk")} {
		require.NoError(t, os.WriteFile(archiveFile(beside, name), text, 0o600))
	}
	require.NoError(t, os.Remove(archiveFile(own, "1998-12")))
	brought, bad, err := BringArchive(BookFile(dir), beside, own)
	require.NoError(t, err)
	assert.Equal(t, 1, brought)
	assert.Equal(t, []string{"1998-12"}, bad)
	assert.Equal(t, good, fileBytes(t, archiveFile(own, "1998-11")))
	kept, err := filepath.Glob(archiveFile(own, "1998-11") + ".replaced-*")
	require.NoError(t, err)
	assert.Len(t, kept, 1, "what stood there is kept")
	left, err := filepath.Glob(filepath.Join(own, "*.gz"))
	require.NoError(t, err)
	assert.Len(t, left, 1)
	_, _, err = Why(BookFile(dir), AuditOptions{Day: "1998-11-04"}, "A002", "A001")
	assert.NoError(t, err)
	brought, bad, err = BringArchive(BookFile(dir), t.TempDir(), own)
	require.NoError(t, err)
	assert.Zero(t, brought)
	assert.Equal(t, []string{"1998-12"}, bad, "neither has it")
}
