package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"

	"xinmoi/store/queue"
)

const (
	ballastName = "ballast"
	ballastSize = 16 << 20 // far more than it takes to finish a day of waiting tickets
	reserve     = 64 << 20 // with less free than this, no new numbers are given
	reserveBack = 80 << 20 // and with this much they are again
	ballastNeed = 8 << 20  // with less free than this, the ballast is spent
)

// disk watches the room left. Under the reserve no new numbers are given; the
// ballast is a file that is removed when even that is gone, so that everybody
// who already has a number can be served: on a full disk bbolt cannot so much
// as delete, since it never overwrites a page.
type disk struct {
	low     atomic.Bool
	ballast string
	free    func() (uint64, error)
	file    func() uint64 // how much the book's file may still grow; nil: without limit
}

// diskNote is the payload of book.disk, version 1.
type diskNote struct {
	Low  bool   `cbor:"1,keyasint,omitempty"`
	Free uint64 `cbor:"2,keyasint"` // bytes
}

func (d *disk) begin(dir string, free func(dir string) (uint64, error)) {
	d.ballast = filepath.Join(dir, ballastName)
	d.free = func() (uint64, error) { return free(dir) }
	if n, err := d.free(); err == nil {
		d.low.Store(n < reserve)
	}
}

// look measures, keeps or spends the ballast, and says whether low has changed.
func (d *disk) look() (n diskNote, changed bool, err error) {
	free, err := d.free()
	if err != nil {
		return n, false, err
	}
	_, err = os.Stat(d.ballast)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		err = nil
	}
	switch {
	case !missing && free < ballastNeed:
		err = d.spend()
	case missing && free > reserveBack+ballastSize:
		err = d.refill()
	}
	if d.file != nil { // the end of the map is as hard as that of the disk
		free = min(free, d.file())
	}
	low := free < reserve || d.low.Load() && free < reserveBack
	changed = d.low.Swap(low) != low
	return diskNote{Low: low, Free: free}, changed, err
}

// spend gives the ballast's room to the book.
func (d *disk) spend() error {
	err := os.Remove(d.ballast)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// refill takes the room again. The blocks must be real: a hole takes none.
func (d *disk) refill() error {
	f, err := os.OpenFile(d.ballast, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, ballastSize)
	if errors.Is(err, unix.EOPNOTSUPP) {
		block := make([]byte, 1<<20)
		err = nil
		for n := 0; n < ballastSize && err == nil; n += len(block) {
			_, err = f.Write(block)
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(d.ballast))
	}
	return err
}

// full is called after a commit failed for want of room.
func (d *disk) full() error {
	d.low.Store(true)
	return d.spend()
}

// noRoom says whether an error means that the disk is full, or the map.
func noRoom(err error) bool {
	return errors.Is(err, berrors.ErrMaxSizeReached) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func freeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// lookAtDisk notes when the room has become low, and when it is back.
func (b *Book) lookAtDisk(ctx context.Context) {
	n, changed, err := b.disk.look()
	if err != nil {
		b.log.Warn("disk", "err", err)
	}
	if !changed {
		return
	}
	b.log.Warn("disk", "low", n.Low, "free", n.Free)
	b.keeper.wake() // what is in the archive may make room in the file
	if err := b.noteOwn(ctx, noteDisk, queue.Actor{}, n); err != nil {
		b.log.Warn("disk", "err", err)
	}
}
