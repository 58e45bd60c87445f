package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNotWhole: the book to be put in place is not as it was written.
var ErrNotWhole = errors.New("store: the book to be restored is not whole")

// Another: the backup is of another installation than the book in place.
type Another struct{ Here, There string }

func (e *Another) Error() string {
	return fmt.Sprintf("store: the book in place is of installation %s, the backup of %s", e.Here, e.There)
}

// RestoreOptions say what may be lost.
type RestoreOptions struct {
	AuditOptions
	Damaged bool // a damaged book may be replaced by a backup that lacks some of its entries
}

// Restored is what has been put in place.
type Restored struct {
	Report       *Report // of the backup's own entries
	Installation string
	Kept         string // where the book that was in place is now; "": there was none
	Lost         *Loss  // of a damaged one; nil: nothing
}

// Restore puts a verified backup in the place of the book in dir, which no process
// may have open and which is kept beside it. Over a book of another installation
// nothing is put (*Another), nor over a good one with entries that the backup lacks
// (*Loss); over a damaged one with such entries only if the options say so. When the
// journal comes back shorter, the watermark sees to it at the next start that a new
// epoch begins and no number is given again.
func Restore(dir, from string, o RestoreOptions) (r Restored, err error) {
	o.Alone = true // months in the archive here may be another house's
	if r.Report, err = Verify(from, o.AuditOptions); err != nil {
		return r, err
	}
	if r.Report.Faults() > 0 {
		return r, ErrNotWhole
	}
	path := BookFile(dir)
	there, err := glance(from)
	if err != nil {
		return r, err
	}
	r.Installation = there.installation
	_, err = os.Stat(path)
	over := err == nil
	if over {
		r.Lost, err = o.lost(dir, from, there)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return r, err
	}
	if r.Kept, err = replace(path, from, over); err != nil {
		return r, err
	}
	return r, syncDir(dir)
}

// replace puts a copy of from at path: over a book, which is set aside, or where none
// is. A hall that begins meanwhile keeps what it has, and the answer is ErrInUse.
func replace(path, from string, over bool) (kept string, err error) {
	if over {
		unlock, err := lockBook(path)
		if err != nil {
			return "", err
		}
		defer unlock()
	}
	temp := path + ".restored.new" // a hall that begins a book writes to ".new"
	err = copyInto(temp, from)
	if err == nil && over {
		kept, err = setAside(path)
	}
	if err == nil {
		err = placeBook(temp, path)
	}
	if err != nil {
		return kept, errors.Join(err, os.Remove(temp))
	}
	return kept, nil
}

// lost decides whether the book in dir may be replaced, and says what goes with it.
func (o RestoreOptions) lost(dir, from string, there *glanced) (*Loss, error) {
	path := BookFile(dir)
	old, err := Audit(path, o.AuditOptions)
	if errors.Is(err, ErrInUse) || errors.Is(err, ErrNewer) || errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	good := err == nil && old.Faults() == 0
	here, err := glance(path)
	if err != nil || here.installation == "" {
		here = &glanced{blind: true}
	}
	if !here.blind && here.installation != there.installation {
		return nil, &Another{here.installation, there.installation}
	}
	l, err := lossOf(path, from, here, there)
	if err != nil {
		return nil, err
	}
	l.Damaged = !good
	var w watermark // it may know of more than a damaged book has
	if known, err := w.open(dir, there.epoch); err == nil && l.Damaged && known.Seq > l.Last {
		l.Last = known.Seq
		if !l.Fork {
			l.After = min(l.Last, l.Ends)
		}
		l.Entries = int(l.Last - l.After)
	}
	switch {
	case l.Entries == 0 && !l.Blind:
		return nil, nil
	case l.Damaged && o.Damaged:
		return l, nil
	}
	return nil, l
}

// lockBook keeps other processes from a book, as bbolt does.
func lockBook(path string) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, &BookError{File: path, Err: ErrInUse}
	}
	return func() { f.Close() }, nil
}

// setAside moves a book to a name that is free; "" if there is none.
func setAside(path string) (kept string, err error) {
	stamp := path + time.Now().Format(".replaced-2006-01-02-150405")
	kept = stamp
	for n := 2; ; n++ {
		if _, err := os.Lstat(kept); err != nil {
			break
		}
		kept = fmt.Sprintf("%s-%d", stamp, n)
	}
	if err = os.Rename(path, kept); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return kept, err
}

func copyInto(file, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
