package store

import (
	"errors"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Copy writes the book as it is now into a new file, while it goes on being
// written. The file should lie on the book's own disk: until all of it is written
// the pages that change are not used again, so nothing slow may be written to.
func (b *Book) Copy(file string) error {
	return b.look(func(tx *bolt.Tx) error {
		free, err := b.disk.free()
		if err != nil {
			return err
		}
		if free < uint64(tx.Size())+reserveBack { // a backup must not close the kiosks
			return ErrDiskLow
		}
		return writeCopy(tx, file)
	})
}

// CopyClosed copies a book that no process has open; ErrInUse if one has.
func CopyClosed(dir, file string) error {
	book := BookFile(dir)
	return onBook(book, readOnly(book, func(db *bolt.DB) error { // an end of the file too soon is damage
		return db.View(func(tx *bolt.Tx) error { return writeCopy(tx, file) })
	}))
}

func writeCopy(tx *bolt.Tx, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = tx.WriteTo(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// Verify audits a closed book and then looks at every page of it. The pages are
// looked at in a goroutine of bbolt's, where a fault of the map is the end of the
// process: it belongs into one that nobody depends on. What the audit cannot read
// does not get that far.
func Verify(file string, o AuditOptions) (*Report, error) {
	report, err := Audit(file, o)
	if err != nil || report.Faults() > 0 {
		return report, err
	}
	err = readOnly(file, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) (err error) {
			for fault := range tx.Check() { // to its end, or its goroutine stays
				err = errors.Join(err, fault)
			}
			return err
		})
	})
	if err != nil {
		return nil, onBook(file, err)
	}
	return report, nil
}

// readOnly opens a closed book without changing it.
func readOnly(file string, fn func(*bolt.DB) error) error {
	db, err := openToRead(file)
	if err != nil {
		return err
	}
	defer db.Close()
	return guard(func() error { return fn(db) })
}
