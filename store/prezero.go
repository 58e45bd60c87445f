package store

import (
	"errors"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// A commit into blocks that the file system has yet to give costs one flush more
// than one into blocks that have been written before; on slow storage that is
// half of the worst commits. So zeros are written ahead of the pages in use.
const (
	aheadOf    = 1 << 20 // a book smaller than this is left alone
	aheadLeast = 2 << 20 // with this much written ahead there is nothing to do
	aheadBy    = 8 << 20 // some weeks of a commune's days
)

// prezero may only run while no transaction writes: at the start, and in the
// writer between two batches. bbolt never reads what lies behind its last page.
func (b *Book) prezero() error {
	if b.disk.low.Load() {
		return nil
	}
	var used int64 // end of the last page in use
	if err := b.db.View(func(tx *bolt.Tx) error { used = tx.Size(); return nil }); err != nil || used < aheadOf {
		return err
	}
	f, err := os.OpenFile(filepath.Join(b.dir, bookName), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	hole, err := f.Seek(used, unix.SEEK_HOLE)
	if errors.Is(err, unix.ENXIO) { // the file ends where its pages end
		hole, err = used, nil
	}
	if err != nil || hole >= used+aheadLeast {
		return err
	}
	block := make([]byte, 1<<20)
	for at := hole; at < used+aheadBy; at += int64(len(block)) {
		if _, err := f.WriteAt(block[:min(int64(len(block)), used+aheadBy-at)], at); err != nil {
			return err
		}
	}
	return f.Sync()
}
