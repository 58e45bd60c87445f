package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// fault lets the next commits fail in some way.
type fault struct {
	next atomic.Pointer[func(db *bolt.DB, fn func(tx *bolt.Tx) error) error]
}

func (f *fault) set(fn func(db *bolt.DB, fn func(tx *bolt.Tx) error) error) { f.next.Store(&fn) }

func (f *fault) options(t testing.TB) Options {
	return Options{Log: testLog(t), update: func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
		if fail := f.next.Swap(nil); fail != nil {
			return (*fail)(db, fn)
		}
		return db.Update(fn)
	}}
}

// summed waits until no day that is over waits for its sum.
func summed(t *testing.T, b *Book) {
	t.Helper()
	require.Eventually(t, func() bool {
		next, _, err := b.nextToSum()
		return err == nil && next.Day == ""
	}, 20*time.Second, time.Millisecond)
}

// The ways in which a commit fails.
var (
	errDisk = errors.New("the disk is broken")

	lost = func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
		return db.Update(func(tx *bolt.Tx) error { return errors.Join(fn(tx), errDisk) })
	}
	// kept is what bbolt does when the flush of its meta page fails.
	kept = func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
		return errors.Join(db.Update(fn), syscall.EIO)
	}
	panics = func(*bolt.DB, func(tx *bolt.Tx) error) error { panic("unexpected fault address") }
)

func TestFailedCommit(t *testing.T) {
	for name, c := range map[string]struct {
		fail     func(*bolt.DB, func(*bolt.Tx) error) error
		happened bool
	}{
		"and nothing happened": {lost, false},
		"and yet it happened":  {kept, true},
		"with a fault":         {panics, false},
	} {
		t.Run(name, func(t *testing.T) {
			var f fault
			b := opened(t, t.TempDir(), f.options(t))
			do(t, b, cs)
			summed(t, b) // or its commit is the one that fails
			before := b.View()
			bell, stop := b.Bell()
			defer stop()
			request := Request{Command: cs, Key: "k", Digest: "d"}

			f.set(c.fail)
			_, err := b.Do(t.Context(), request)
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			<-bell
			assert.Equal(t, c.happened, b.View().Seq > before.Seq)
			entries, err := b.Read(before.Seq, 10)
			require.NoError(t, err)
			assert.Equal(t, c.happened, len(entries) == 1, "readers see what is on disk, and nothing else")

			a, err := b.Do(t.Context(), request)
			require.NoError(t, err)
			assert.Equal(t, c.happened, a.Repeated)
			assert.Equal(t, "A002", issued(t, a).Number)
			assert.Equal(t, "A003", issued(t, do(t, b, cs)).Number)
		})
	}
}

// Everybody in a failed batch is told the same, refusals too: they were decided
// in view of what is lost.
func TestFailedBatch(t *testing.T) {
	var f fault
	b := opened(t, t.TempDir(), f.options(t))
	held := make(chan struct{})
	f.set(func(db *bolt.DB, fn func(tx *bolt.Tx) error) error { // the first batch, of one, succeeds
		close(held)
		for len(b.jobs) < 21 {
			time.Sleep(time.Millisecond)
		}
		f.set(lost)
		return db.Update(fn)
	})
	go b.Note(t.Context(), "test.hold", 1, nil)
	<-held
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := b.Do(t.Context(), Request{Command: cs, Key: fmt.Sprint(i)})
			assert.ErrorIs(t, err, ErrOutcomeUnknown)
		})
	}
	wg.Go(func() {
		_, err := b.Do(t.Context(), Request{Command: queue.Issue{Service: "nothing"}})
		assert.ErrorIs(t, err, ErrOutcomeUnknown)
	})
	wg.Wait()
	assert.Empty(t, b.View().Hall.Tickets())
	for i := range 20 {
		a, err := b.Do(t.Context(), Request{Command: cs, Key: fmt.Sprint(i)})
		require.NoError(t, err)
		assert.False(t, a.Repeated)
	}
	assert.Len(t, b.View().Hall.Tickets(), 20)
}

// While the book cannot be opened again nobody is left waiting, and when it can
// the hall goes on by itself.
func TestReopeningFailsForAWhile(t *testing.T) {
	var f fault
	dir := t.TempDir()
	b := opened(t, dir, f.options(t))
	path := filepath.Join(dir, bookName)
	f.set(func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
		return errors.Join(os.Rename(path, path+".away"), errDisk)
	})
	for i := range 3 {
		_, err := b.Do(t.Context(), Request{Command: cs, Key: "k"})
		assert.ErrorIs(t, err, ErrOutcomeUnknown, "try %d", i)
	}
	assert.NotNil(t, b.View(), "readers still have the last state")
	require.NoError(t, os.Rename(path+".away", path))
	require.Eventually(t, func() bool {
		_, err := b.Do(t.Context(), Request{Command: cs, Key: "k"})
		return err == nil
	}, 20*time.Second, 50*time.Millisecond)
	assert.Len(t, b.View().Hall.Tickets(), 1)
}

// Work on past days that could not be written is done a little later, and then
// nobody is told any more that it failed.
func TestPastDaysAreTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		var f fault
		o := w.options()
		o.update = f.options(t).update
		b := opened(t, t.TempDir(), o)
		f.set(func(db *bolt.DB, fn func(tx *bolt.Tx) error) error { // a day begins, and what was before it is over
			f.set(lost)
			return db.Update(fn)
		})
		do(t, b, cs)
		failed := func() bool {
			for _, d := range b.View().Devices {
				if d.ID == "archive/sums" && d.Conditions.Has(device.WorkFailed) {
					return true
				}
			}
			return false
		}
		time.Sleep(30 * time.Second)
		assert.True(t, failed())
		time.Sleep(tryAgain + 30*time.Second)
		assert.False(t, failed())
		summed(t, b)
	})
}

func TestCloseWhileReopeningFails(t *testing.T) {
	var f fault
	dir := t.TempDir()
	b, err := Open(dir, f.options(t))
	require.NoError(t, err)
	path := filepath.Join(dir, bookName)
	f.set(func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
		return errors.Join(os.Remove(path), errDisk)
	})
	_, err = b.Note(t.Context(), "test.x", 1, nil)
	assert.ErrorIs(t, err, ErrOutcomeUnknown)
	assert.Error(t, b.Close()) // and it comes back
}

// A disk with little room gives no new numbers and calls the ones that are out.
func TestDiskLow(t *testing.T) {
	var room atomic.Uint64
	room.Store(1 << 30)
	o := Options{Log: testLog(t), free: func(string) (uint64, error) { return room.Load(), nil }}
	dir := t.TempDir()
	b := opened(t, dir, o)
	do(t, b, cs)
	ballast := filepath.Join(dir, ballastName)
	low := func() bool { b.lookAtDisk(t.Context()); return b.View().DiskLow }
	assert.False(t, low())
	info, err := os.Stat(ballast)
	require.NoError(t, err)
	assert.EqualValues(t, ballastSize, info.Size())
	assert.EqualValues(t, ballastSize, info.Sys().(*syscall.Stat_t).Blocks*512, "a hole is no ballast")

	room.Store(reserve - 1)
	assert.True(t, low())
	_, err = b.Do(t.Context(), Request{Command: cs})
	assert.ErrorIs(t, err, ErrDiskLow)
	do(t, b, queue.CallNext{Counter: "q1"})
	assert.FileExists(t, ballast, "it is not needed yet")

	room.Store(ballastNeed - 1)
	assert.True(t, low())
	assert.NoFileExists(t, ballast)
	_, _, err = b.disk.look()
	assert.NoError(t, err, "nothing is wrong with a ballast that was spent")

	room.Store(reserve + 1)
	assert.True(t, low(), "not yet back: it would flap")
	room.Store(1 << 30)
	assert.False(t, low())
	assert.FileExists(t, ballast)
	do(t, b, cs)
}
