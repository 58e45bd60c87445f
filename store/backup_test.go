package store

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// A copy made in the rush is whole: it is the book at one moment.
func TestCopyWhileWriting(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, err := b.Do(t.Context(), Request{Command: cs})
					assert.NoError(t, err)
				}
			}
		})
	}
	before := b.View()
	for i := range 5 {
		file := filepath.Join(t.TempDir(), "copy.db")
		require.NoError(t, b.Copy(file))
		r, err := Verify(file, AuditOptions{})
		require.NoError(t, err)
		assert.Zero(t, r.Faults(), "copy %d", i)
		assert.GreaterOrEqual(t, Seq(r.Entries), before.Seq)
		before = b.View()
	}
	close(stop)
	wg.Wait()
	assert.ErrorIs(t, CopyClosed(dir, filepath.Join(t.TempDir(), "c")), ErrInUse)
	shut(t, b)
	file := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, CopyClosed(dir, file))
	assert.Equal(t, int(b.View().Seq), audit(t, dir, AuditOptions{}).Entries)

	copied := t.TempDir() // and it can be opened as a book
	require.NoError(t, os.Rename(file, BookFile(copied)))
	again := open(t, copied, Options{})
	assert.Equal(t, hallBytes(t, b.View().Hall), hallBytes(t, again.View().Hall))
}

func TestCopyNeedsRoom(t *testing.T) {
	b := open(t, t.TempDir(), Options{free: func(string) (uint64, error) { return reserveBack, nil }})
	file := filepath.Join(t.TempDir(), "copy.db")
	assert.ErrorIs(t, b.Copy(file), ErrDiskLow)
	assert.NoFileExists(t, file)
}

// A page that is damaged where no record lies is found too.
func TestVerifyFindsADamagedPage(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	var at int
	edit(t, dir, func(tx *bolt.Tx) error { at = int(tx.Bucket(bucketSnap).Root()); return nil })
	require.NotZero(t, at)
	data, err := os.ReadFile(BookFile(dir))
	require.NoError(t, err)
	page := data[at*os.Getpagesize():]
	page[8] ^= 0xff // the kind of the page
	require.NoError(t, os.WriteFile(BookFile(dir), data, 0o600))
	_, err = Verify(BookFile(dir), AuditOptions{})
	assert.Error(t, err)
}

// A book that is cut short is damaged, whichever page the copying meets first.
func TestCopyOfABookCutShort(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	var end int64
	edit(t, dir, func(tx *bolt.Tx) error { end = tx.Size(); return nil })
	for size := end - 1; size > 0; size -= int64(os.Getpagesize()) {
		require.NoError(t, os.Truncate(BookFile(dir), size))
		to := filepath.Join(t.TempDir(), "c")
		err := CopyClosed(dir, to)
		assert.True(t, errors.Is(err, ErrDamaged) || errors.Is(err, ErrNoBook), "%d of %d: %v", size, end, err)
		assert.NoFileExists(t, to)
	}
}
