package store

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// lossIn is what a refused restoring says would be lost.
func lossIn(t *testing.T, dir, from string) Loss {
	t.Helper()
	before := fileBytes(t, BookFile(dir))
	_, err := Restore(dir, from, RestoreOptions{})
	var l *Loss
	require.ErrorAs(t, err, &l)
	assert.Equal(t, before, fileBytes(t, BookFile(dir)), "and nothing is touched")
	left, err := filepath.Glob(BookFile(dir) + "*.new")
	require.NoError(t, err)
	assert.Empty(t, left)
	return *l
}

func fileBytes(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	return b
}

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, cs)
	early := filepath.Join(t.TempDir(), "early.db")
	require.NoError(t, b.Copy(early))
	ends := b.View().Seq
	_, err := Restore(dir, early, RestoreOptions{})
	assert.ErrorIs(t, err, ErrInUse)
	for range 3 {
		do(t, b, cs)
	}
	late := filepath.Join(t.TempDir(), "late.db")
	shut(t, b)
	require.NoError(t, CopyClosed(dir, late))
	assert.Equal(t, Loss{After: ends, Ends: ends, Last: ends + 3, Entries: 3, Tickets: 3}, lossIn(t, dir, early))

	r, err := Restore(dir, late, RestoreOptions{})
	require.NoError(t, err, "the same book")
	assert.Equal(t, 4, r.Report.Tickets)
	assert.FileExists(t, r.Kept)
	assert.Nil(t, r.Lost)
	again, err := Restore(dir, late, RestoreOptions{})
	require.NoError(t, err)
	assert.NotEqual(t, r.Kept, again.Kept, "in the same second too")
	assert.FileExists(t, r.Kept)
	assert.FileExists(t, again.Kept)

	empty := filepath.Join(t.TempDir(), "var", "xinmoi") // a new machine
	r, err = Restore(empty, late, RestoreOptions{})
	require.NoError(t, err)
	assert.Empty(t, r.Kept)
	info, err := os.Stat(empty)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	assert.Len(t, open(t, empty, Options{}).View().Hall.Tickets(), 4)

	damaged := t.TempDir()
	begun(t, damaged)
	edit(t, damaged, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Delete(keyTail) })
	none := filepath.Join(t.TempDir(), "none")
	_, err = Restore(none, BookFile(damaged), RestoreOptions{})
	assert.ErrorIs(t, err, ErrNotWhole)
	assert.NoDirExists(t, none)
}

// Over a damaged book goes an older backup of the same installation when somebody
// says so, knowing what it costs; no number is given twice.
func TestRestoreOverADamagedBook(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, cs)
	early := filepath.Join(t.TempDir(), "early.db")
	require.NoError(t, b.Copy(early))
	ends := b.View().Seq
	for range 3 {
		do(t, b, cs)
	}
	day := b.View().Hall.Day()
	shut(t, b)
	late := filepath.Join(t.TempDir(), "late.db")
	require.NoError(t, CopyClosed(dir, late))
	flip := func(tx *bolt.Tx) error { // one bit of an entry that the backup has, and what is no entry
		bucket := tx.Bucket(bucketOf(day))
		v := bytes.Clone(bucket.Get(seqKey(ends)))
		v[len(v)/2] ^= 1
		return firstError(bucket.Put(seqKey(ends), v), bucket.Put([]byte("notebook"), []byte("no entry")))
	}
	edit(t, dir, flip)
	want := Loss{Damaged: true, After: ends, Ends: ends, Last: ends + 3, Entries: 3, Tickets: 3}
	assert.Equal(t, want, lossIn(t, dir, early))

	_, err := Restore(dir, BookFile(auditedDay(t)), RestoreOptions{Damaged: true})
	var another *Another
	require.ErrorAs(t, err, &another, "damaged or not, another house's book is not put over it")
	assert.NotEqual(t, another.Here, another.There)

	r, err := Restore(dir, late, RestoreOptions{}) // nothing is lost: nothing to be said
	require.NoError(t, err)
	assert.Nil(t, r.Lost)

	edit(t, dir, flip)
	r, err = Restore(dir, early, RestoreOptions{Damaged: true})
	require.NoError(t, err)
	require.NotNil(t, r.Lost)
	assert.Equal(t, want, *r.Lost)
	b = open(t, dir, Options{})
	assert.Equal(t, "A013", issued(t, do(t, b, cs)).Number, "A002 to A004 are in people's hands")
}

// A book of which nothing can be read is not replaced without a word: the watermark
// may still know how far it went.
func TestRestoreOverWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, cs)
	early := filepath.Join(t.TempDir(), "early.db")
	require.NoError(t, b.Copy(early))
	ends := b.View().Seq
	do(t, b, cs)
	shut(t, b)
	for name, spoil := range map[string]func(file string) error{
		"no page of it": func(file string) error { return os.WriteFile(file, bytes.Repeat([]byte{7}, 1<<16), 0o600) },
		"an empty file": func(file string) error { return os.Truncate(file, 0) },
	} {
		require.NoError(t, spoil(BookFile(dir)))
		assert.Equal(t, Loss{Damaged: true, Blind: true, After: ends, Ends: ends, Last: ends + 1, Entries: 1}, lossIn(t, dir, early), name)
	}
	r, err := Restore(dir, early, RestoreOptions{Damaged: true})
	require.NoError(t, err)
	assert.True(t, r.Lost.Blind)

	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyFormat, []byte{0, 0, 0, 9}) })
	_, err = Restore(dir, early, RestoreOptions{Damaged: true})
	assert.ErrorIs(t, err, ErrNewer, "a newer program's book is not damaged")
}

// Two books that have gone on from one: what is lost counts from where they part.
func TestRestoreOfAFork(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, cs)
	shut(t, b)
	require.NoError(t, CopyClosed(dir, BookFile(other)))
	after := b.View().Seq
	for _, d := range []struct {
		dir string
		n   int
	}{{dir, 2}, {other, 7}} {
		b := open(t, d.dir, Options{})
		for range d.n {
			do(t, b, cs)
		}
		shut(t, b)
	}
	l := lossIn(t, dir, BookFile(other))
	assert.True(t, l.Fork)
	assert.Equal(t, after, l.After)
	assert.Equal(t, 2, l.Tickets)
	assert.Equal(t, int(l.Last-after), l.Entries)
	assert.Greater(t, l.Ends, l.Last, "the longer one has not what this one has")
}

// Damage in a day long past hides nothing of what came after it; where the books part
// among months that are in the archive, all since the last shared day counts.
func TestLossAcrossDays(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	manyMonths(t, dir, 3)
	early := filepath.Join(t.TempDir(), "early.db")
	require.NoError(t, CopyClosed(dir, early))
	g, err := glance(early)
	require.NoError(t, err)
	require.NoError(t, CopyClosed(dir, BookFile(other)))
	running(t, dir, 0, func(t *testing.T, b *Book) {
		for range 5 {
			do(t, b, cs)
		}
	})
	edit(t, dir, func(tx *bolt.Tx) error {
		k, v := tx.Bucket(bucketOf("1999-11-04")).Cursor().First()
		v = bytes.Clone(v)
		v[len(v)/2] ^= 1
		return tx.Bucket(bucketOf("1999-11-04")).Put(k, v)
	})
	l := lossIn(t, dir, early)
	assert.True(t, l.Damaged)
	assert.False(t, l.Fork)
	assert.Equal(t, g.last, l.After)
	assert.Equal(t, 5, l.Tickets)

	running(t, other, 0, func(t *testing.T, b *Book) { do(t, b, cs) })
	edit(t, other, func(tx *bolt.Tx) error { // as if its last shared day were gone, with another head
		v := bytes.Clone(tx.Bucket(bucketDays).Get([]byte("1999-12-04")))
		v[20] ^= 1
		return errors.Join(tx.Bucket(bucketDays).Put([]byte("1999-12-04"), v), tx.Bucket(bucketMeta).Put(keyGone, gone{seqOf(v[8:]), "1999-12-04"}.encode()))
	})
	here, err := glance(BookFile(other))
	require.NoError(t, err)
	loss, err := lossOf(BookFile(other), early, here, g)
	require.NoError(t, err)
	assert.True(t, loss.Fork)
	days, err := openedDays(t, other)
	require.NoError(t, err)
	require.EqualValues(t, "1999-11-04", days[2].Day)
	assert.Equal(t, days[2].Last, loss.After, "the last head that both have")
}

// Who reads the book, or has begun to use it while the backup was looked at, keeps it.
func TestRestoreLeavesABookThatIsInUse(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, cs)
	shut(t, b)
	f, err := os.Open(BookFile(dir))
	require.NoError(t, err)
	require.NoError(t, unix.Flock(int(f.Fd()), unix.LOCK_SH)) // audits do not mind
	before := fileBytes(t, BookFile(dir))
	early := filepath.Join(t.TempDir(), "early.db")
	require.NoError(t, os.WriteFile(early, before, 0o600))
	_, err = Restore(dir, early, RestoreOptions{})
	assert.ErrorIs(t, err, ErrInUse)
	left, err := filepath.Glob(BookFile(dir) + "?*")
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, f.Close())
	_, err = Restore(dir, early, RestoreOptions{})
	require.NoError(t, err)
}

// A hall that waits for the lock of a book while another is put in its place does not
// go on with the one that was set aside.
func TestOpenDuringARestore(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	path := BookFile(dir)
	temp := path + ".restored.new"
	require.NoError(t, CopyClosed(dir, temp))
	unlock, err := lockBook(path)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, shut, err := openFile(dir, 0, slog.New(slog.DiscardHandler))
		if err == nil {
			_ = shut()
		}
		failed <- err
	}()
	for len(failed) == 0 && handles(t, path) < 2 {
		time.Sleep(time.Millisecond)
	}
	_, err = setAside(path)
	require.NoError(t, err)
	require.NoError(t, placeBook(temp, path))
	unlock()
	assert.ErrorIs(t, <-failed, ErrInUse)
	assert.Len(t, open(t, dir, Options{}).View().Hall.Tickets(), 10)
}

// handles is how often this process has the file open.
func handles(t *testing.T, file string) (n int) {
	t.Helper()
	all, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, fd := range all {
		if to, err := os.Readlink(fd); err == nil && to == file { // it may be closed by now
			n++
		}
	}
	return n
}

// A hall that begins its first book while a backup is copied to where none was
// keeps its book.
func TestBeginDuringARestore(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	failed := make(chan error, 1)
	go func() {
		_, err := replace(BookFile(dir), pipe, false)
		failed <- err
	}()
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for the one who reads
	require.NoError(t, err)
	for { // and for the copy to be begun
		if temps, _ := filepath.Glob(BookFile(dir) + "*.new"); len(temps) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	b := opened(t, dir, Options{})
	require.NoError(t, w.Close())
	require.ErrorIs(t, <-failed, ErrInUse)
	do(t, b, cs)
	shut(t, b)
	assert.Len(t, open(t, dir, Options{}).View().Hall.Tickets(), 1)
	left, err := filepath.Glob(BookFile(dir) + "?*")
	require.NoError(t, err)
	assert.Empty(t, left)
}

// Nor is a book begun over one that has come there since.
func TestBeginReplacesNoBook(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	before := fileBytes(t, BookFile(dir))
	assert.ErrorIs(t, create(dir, BookFile(dir)), ErrInUse)
	assert.Equal(t, before, fileBytes(t, BookFile(dir)))
	assert.NoFileExists(t, BookFile(dir)+".new")
}
