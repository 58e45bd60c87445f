package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"xinmoi/store/queue"
)

// What may stand in the way of opening a book, told by a *BookError with the file.
// An error of the operating system comes as it is.
var (
	ErrInUse   = errors.New("is in use by another process")
	ErrEmpty   = errors.New("is empty")
	ErrGone    = errors.New("is missing, but a book was begun here")
	ErrNoBook  = errors.New("no book")
	ErrNewer   = errors.New("written by a newer version of this program")
	ErrDamaged = errors.New("the book is damaged")
)

// BookError says which file is not to be used as a book.
type BookError struct {
	File string
	Err  error
}

func (b *BookError) Error() string { return "store: " + b.File + ": " + b.Err.Error() }
func (b *BookError) Unwrap() error { return b.Err }

// onBook gives an error met with a book's file its file and, where bbolt has found
// it, its kind.
func onBook(file string, err error) error {
	var os *fs.PathError
	var refused *queue.Refusal
	var no syscall.Errno
	var told *BookError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		err = ErrInUse
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch):
		err = fmt.Errorf("%w: %w", ErrNoBook, err)
	case errors.Is(err, ErrNewer), errors.Is(err, ErrNoBook), errors.Is(err, ErrGone), errors.Is(err, ErrDamaged), errors.Is(err, ErrEmpty), errors.Is(err, ErrInUse), errors.As(err, &os), errors.As(err, &no), errors.As(err, &refused):
	default:
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return &BookError{File: file, Err: err}
}

// as gives an error met with entries its kind, ErrDamaged or ErrArchive; what a newer
// program wrote is not damaged.
func as(kind, err error) error {
	if err == nil || errors.Is(err, kind) || errors.Is(err, ErrNewer) {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

// missing is the damage of an entry that is not where it should be.
func missing(seq Seq, day queue.Day) error {
	return fmt.Errorf("%w: entry %d of day %s is missing", ErrDamaged, seq, day)
}

// named gives the damage of a book its file.
func named(file string, err error) error {
	if errors.Is(err, ErrDamaged) {
		return onBook(file, err)
	}
	return err
}

// openToRead opens a closed book without changing it.
func openToRead(file string) (db *bolt.DB, err error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
	case info.IsDir():
		err = &fs.PathError{Op: "open", Path: file, Err: syscall.EISDIR}
	case info.Size() == 0: // bbolt would begin a new book in it
		err = ErrEmpty
	default:
		err = guard(func() (err error) {
			db, err = bolt.Open(file, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
			return err
		})
	}
	if err != nil {
		return nil, onBook(file, err)
	}
	if err := guard(func() error { return checkFormat(db) }); err != nil {
		return nil, errors.Join(onBook(file, err), db.Close())
	}
	return db, nil
}
