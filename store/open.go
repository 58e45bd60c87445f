package store

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// The files of a book in its directory.
const (
	bookName   = "book.db"
	markerName = "book.begun" // says that there has been a book here
	secretName = "secret"
)

// BookFile is the book in a data directory.
func BookFile(dir string) string { return filepath.Join(dir, bookName) }

// format is the version of the file. A book with a newer one is refused.
const format = 1

// base32 in small letters, without the padding.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// guard turns a fault of the memory map (the file was cut short, the disk gave
// an error) into an error. Without it the process would die.
func guard(fn func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = fmt.Errorf("%w: a part of its file cannot be read; it was cut short, or the disk is failing", ErrDamaged)
		default:
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return fn()
}

// mapLimit is how large the file may become: a 32-bit process cannot map more than
// 2 GiB, and not even that beside everything else it holds. 0: no limit.
func mapLimit() int {
	if bits.UintSize == 32 {
		return 1 << 30
	}
	return 0
}

func boltOptions(limit int) *bolt.Options {
	o := &bolt.Options{
		Timeout:         time.Second, // 0 would wait for ever for another process
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: 256 << 20,
		MaxSize:         limit,
	}
	if bits.UintSize == 64 {
		o.InitialMmapSize = 1 << 30 // address space only; a remap would wait for every reader
	}
	return o
}

// fileRoom is how much the file may still grow, with the pages in it that are free:
// without a limit as much as a number can say. Within one step of growth, 16 MiB, of
// the limit bbolt refuses already.
func (b *Book) fileRoom() uint64 {
	if b.opts.limit == 0 {
		return math.MaxUint64
	}
	var used int64
	if b.look(func(tx *bolt.Tx) error { used = tx.Size(); return nil }) != nil {
		return math.MaxUint64 // being opened again; asked again in a second
	}
	free := int64(b.freePages()) * int64(os.Getpagesize())
	return uint64(max(0, int64(b.opts.limit)-16<<20-used+free))
}

// openFile opens the book's file in dir, or begins it. It is closed by shut.
func openFile(dir string, limit int, log *slog.Logger) (db *bolt.DB, shut func() error, err error) {
	path, marker := filepath.Join(dir, bookName), filepath.Join(dir, markerName)
	_, err = os.Stat(marker)
	begun := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && begun:
		return nil, nil, onBook(path, ErrGone)
	case errors.Is(err, fs.ErrNotExist):
		log.Info("a new book is begun", "path", path)
		if err := create(dir, path); err != nil {
			return nil, nil, fmt.Errorf("store: begin %s: %w", path, err)
		}
	case err != nil:
		return nil, nil, err
	case info.Size() == 0: // bbolt would begin a new book in it without a word
		return nil, nil, onBook(path, ErrEmpty)
	}
	options := boltOptions(limit)
	var file *os.File
	options.OpenFile = func(name string, flag int, perm os.FileMode) (*os.File, error) {
		file, err = os.OpenFile(name, flag&^os.O_CREATE, perm) // create does that, or nobody
		return file, err
	}
	err = guard(func() error {
		db, err = bolt.Open(path, 0o600, options)
		return err
	})
	if err != nil && file != nil { // after a fault of the map it is still locked
		abandon(file)
	}
	if err != nil {
		return nil, nil, onBook(path, err)
	}
	shut = func() error { return shutFile(db, file) }
	if err := stillAt(file, path); err != nil {
		return nil, nil, errors.Join(onBook(path, err), shut())
	}
	if err := guard(func() error { return checkFormat(db) }); err != nil {
		return nil, nil, errors.Join(onBook(path, err), shut())
	}
	readAhead(db, path)
	if err := guard(func() error { return addDerived(db) }); err != nil {
		return nil, nil, errors.Join(err, shut())
	}
	if !begun {
		if err := writeFile(marker, []byte("A book was begun in this folder. Without "+bookName+" the program will not start.\n")); err != nil {
			return nil, nil, errors.Join(err, shut())
		}
	}
	return db, shut, nil
}

// stillAt answers ErrInUse if another file has come to path, or none is there, since
// file was opened: bbolt opens first and then waits for the lock, which somebody who
// restores a backup frees when the book has been set aside.
func stillAt(file *os.File, path string) error {
	held, err := file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(held, there) {
		return ErrInUse
	}
	return err
}

// shutPatience is how long bbolt may take to close; tests are less patient.
var shutPatience = time.Second

// shutFile closes a book. After a fault of the map in a transaction that writes,
// bbolt keeps its own lock and would wait for it for ever: then the lock that keeps
// other processes out is freed under it, and the rest is left lying in memory.
func shutFile(db *bolt.DB, file *os.File) error {
	done := make(chan error, 1)
	go func() { done <- guard(db.Close) }()
	select {
	case err := <-done:
		if err != nil { // a fault on the way: the file is still locked
			abandon(file)
		}
		return err
	case <-time.After(shutPatience):
		unlock(file) // not closed: it may be slow only, and still at work with it
		return nil
	}
}

// abandon lets a file go that bbolt has left as it was. Closing alone would not free
// its lock: the map still holds the file.
func abandon(file *os.File) {
	unlock(file)
	_ = file.Close()
}

// unlock lets other processes at a file.
func unlock(file *os.File) {
	if raw, err := file.SyscallConn(); err == nil { // it may be closed
		_ = raw.Control(func(fd uintptr) { _ = unix.Flock(int(fd), unix.LOCK_UN) })
	}
}

func checkFormat(db *bolt.DB) error {
	return db.View(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketDays, bucketSnap, bucketMarks} {
			if tx.Bucket(name) == nil {
				return fmt.Errorf("%w: bucket %s is not there", ErrNoBook, name)
			}
		}
		v := tx.Bucket(bucketMeta).Get(keyFormat)
		if len(v) != 4 {
			return fmt.Errorf("%w: its format is not said", ErrNoBook)
		}
		if got := binary.BigEndian.Uint32(v); got > format {
			return fmt.Errorf("%w: in format %d, and this one knows up to %d", ErrNewer, got, format)
		}
		return nil
	})
}

// aheadRead is about a large centre's day: what is folded at the start.
const aheadRead = 2 << 20

// readAhead asks the kernel for the end of the file, where the last day lies as long
// as no free pages were used for it. bbolt's map is read page by page, and from a
// cold disk each waits for the one before: two hundred of them in a large centre.
func readAhead(db *bolt.DB, path string) {
	f, err := os.Open(path)
	if err != nil {
		return // only slower
	}
	defer f.Close()
	_ = guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			return unix.Fadvise(int(f.Fd()), max(0, tx.Size()-aheadRead), aheadRead, unix.FADV_WILLNEED)
		})
	})
}

// addDerived makes the buckets that a book of an older program does not have.
// What belongs into them is made again from the journal.
func addDerived(db *bolt.DB) error {
	missing := false
	err := guard(func() error {
		return db.View(func(tx *bolt.Tx) error { missing = tx.Bucket(bucketSum) == nil; return nil })
	})
	if err != nil || !missing {
		return err
	}
	return db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket(bucketSum); return err })
}

// create makes an empty book under another name and moves it into place whole:
// a power cut in bbolt's own first write would leave a file that never opens.
func create(dir, path string) error {
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := bolt.Open(temp, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketDays, bucketSnap, bucketMarks, bucketSum} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		return errors.Join(
			meta.Put(keyFormat, binary.BigEndian.AppendUint32(nil, format)),
			meta.Put(keyInstallation, []byte(randomName())),
			meta.Put(keyEpoch, []byte(randomName())),
			meta.Put(keyTail, newState().tail.encode()),
		)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := placeBook(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(dir)
}

// placeBook is Place for a book: ErrInUse if one has come there.
func placeBook(temp, path string) error {
	err := Place(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return &BookError{File: path, Err: ErrInUse}
	}
	return err
}

// randomName is 80 random bits in 16 letters and digits.
func randomName() string {
	var b [10]byte
	rand.Read(b[:]) // never fails
	return lower.EncodeToString(b[:])
}

// writeFile puts a small file in place whole and durable.
func writeFile(path string, data []byte) error {
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// bootID tells one boot of the machine from another; "" where it is not told.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
