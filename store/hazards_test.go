package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// What disks, cables and file systems do to a bbolt file. Each of these was seen
// to end a plain bbolt program, or to lose something without a word.

const readOnlyDisk = "XINMOI_TEST_READ_ONLY"

func init() { victims[readOnlyDisk] = openReadOnly }

// newestMeta is where the newer of the two meta pages begins.
func newestMeta(file []byte) int {
	page := os.Getpagesize()
	txid := func(at int) uint64 { return binary.NativeEndian.Uint64(file[at+16+48:]) }
	if txid(page) > txid(0) {
		return page
	}
	return 0
}

func TestCutFiles(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	whole, err := os.ReadFile(BookFile(dir))
	require.NoError(t, err)
	for _, size := range []int{1, 100, 5000, 8 << 10, 9000, 12 << 10, 16 << 10} {
		require.NoError(t, os.WriteFile(BookFile(dir), whole[:size], 0o600))
		_, err := Open(dir, Options{})
		require.Error(t, err, "%d bytes", size)
		t.Log(size, err)
	}
	require.NoError(t, os.WriteFile(BookFile(dir), whole, 0o600))
	b := open(t, dir, Options{})
	assert.Len(t, b.View().Hall.Tickets(), 10, "trying has changed nothing")
}

// A file that is cut under a running program: reading is an error, not a dead
// process, and who asks for something is told that it is not known.
func TestCutWhileOpen(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	fillUp(t, b, 3*ringSize)
	last := b.View().Seq
	whole, err := os.ReadFile(BookFile(dir))
	require.NoError(t, err)
	require.NoError(t, os.Truncate(BookFile(dir), 3*4096))
	_, err = b.Read(0, 10)
	assert.ErrorContains(t, err, "damaged")
	_, err = b.Do(t.Context(), Request{Command: cs, Key: "k"})
	assert.ErrorIs(t, err, ErrOutcomeUnknown)
	assert.Equal(t, last, b.View().Seq, "readers keep what they had")

	require.NoError(t, os.WriteFile(BookFile(dir), whole, 0o600)) // the disk is back
	for err = ErrOutcomeUnknown; err == ErrOutcomeUnknown; {
		_, err = b.Do(t.Context(), Request{Command: cs, Key: "k"})
	}
	require.NoError(t, err)
	assert.Len(t, b.View().Hall.Tickets(), 1)
}

// A bit of a meta page. bbolt goes back a transaction without a word if it is
// the newer one.
func TestABitOfAMetaPage(t *testing.T) {
	for name, newer := range map[string]bool{"the newer": true, "the older": false} {
		t.Run(name, func(t *testing.T) {
			dir, crashed := t.TempDir(), t.TempDir()
			b := opened(t, dir, Options{})
			for range 5 {
				do(t, b, cs)
			}
			require.NoError(t, b.water.set(b.View().level()))
			for _, file := range []string{bookName, watermarkName, markerName, secretName} {
				data, err := os.ReadFile(filepath.Join(dir, file))
				require.NoError(t, err)
				if file == bookName {
					at := newestMeta(data)
					if !newer {
						at = os.Getpagesize() - at
					}
					data[at+16+40] ^= 1
				}
				require.NoError(t, os.WriteFile(filepath.Join(crashed, file), data, 0o600))
			}
			after := open(t, crashed, Options{})
			entries, err := after.Read(0, 100)
			require.NoError(t, err)
			var start startNote
			for _, e := range entries {
				if e.Type == noteStarted {
					start = startOf(t, e)
				}
			}
			if !newer {
				assert.Zero(t, start.Lost)
				assert.Equal(t, b.View().Epoch, after.View().Epoch)
				return
			}
			assert.Equal(t, 1, start.Lost, "the last number")
			assert.NotEqual(t, b.View().Epoch, after.View().Epoch)
			assert.Greater(t, issued(t, do(t, after, cs)).Number, "A005", "which is in somebody's hand")
		})
	}
}

func TestBothMetaPages(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	data, err := os.ReadFile(BookFile(dir))
	require.NoError(t, err)
	data[16+40] ^= 1
	data[os.Getpagesize()+16+40] ^= 1
	require.NoError(t, os.WriteFile(BookFile(dir), data, 0o600))
	_, err = Open(dir, Options{})
	assert.ErrorContains(t, err, BookFile(dir))
}

// Whichever page is zeroed, or has another header: refused with an error, or
// nothing is missing. bbolt alone crashes, or leaves records out.
func TestDamagedPages(t *testing.T) {
	dir := t.TempDir()
	v := begun(t, dir)
	whole, err := os.ReadFile(BookFile(dir))
	require.NoError(t, err)
	water, err := os.ReadFile(filepath.Join(dir, watermarkName))
	require.NoError(t, err)
	page := os.Getpagesize()
	defer func(p time.Duration) { shutPatience = p }(shutPatience)
	shutPatience = 20 * time.Millisecond
	refused, harmless := 0, 0
	try := func(at int, what string, damage func(page []byte)) {
		data := append([]byte(nil), whole...)
		damage(data[at : at+page])
		require.NoError(t, os.WriteFile(BookFile(dir), data, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, watermarkName), water, 0o600))
		b, err := Open(dir, Options{})
		if err != nil {
			require.NotErrorIs(t, err, ErrInUse, "the one before still holds the file")
			refused++
			return
		}
		harmless++
		assert.Equal(t, hallBytes(t, v.Hall), hallBytes(t, b.View().Hall), "page %d, %s", at/page, what)
		_ = b.Close() // may find the damage now
	}
	used := int(binary.NativeEndian.Uint64(whole[newestMeta(whole)+16+40:])) // pages
	for at := 2 * page; at < used*page; at += page {
		try(at, "zeroed", func(p []byte) { clear(p) })
		for _, offset := range []int{0, 8, 10, 12, 16, 20, 24} { // id, flags, count, overflow, first element
			try(at, "a bit of its header", func(p []byte) { p[offset] ^= 1 })
		}
	}
	require.NotZero(t, refused)
	t.Logf("%d refused, %d harmless", refused, harmless)
}

func TestReadOnlyDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), readOnlyDisk+"="+dir)
	cmd.SysProcAttr = ownMounts()
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(err.Error(), "operation not permitted") || strings.Contains(string(out), errMount) {
		t.Skipf("this machine lets nobody mount a small disk: %v %s", err, out)
	}
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "read-only file system")
}

// openReadOnly prints what a book on a disk that has become read-only says.
func openReadOnly(dir string) error {
	if err := mountSmall(dir, "150m"); err != nil {
		return fmt.Errorf("%s: %w", errMount, err)
	}
	b, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	if _, err := b.Do(context.Background(), Request{Command: queue.Configure{Rules: testRules(1), Document: []byte("d"), Hash: "h"}}); err != nil {
		return err
	}
	if err := b.Close(); err != nil {
		return err
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	_, err = Open(dir, Options{})
	fmt.Println(err)
	return nil
}
