package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Worse says what would be lost by putting another book in place. Both counts are
// 0 when the other one is no shorter, but another book.
type Worse struct {
	Entries int
	Tickets int
}

func (w *Worse) Error() string {
	return fmt.Sprintf("store: the book in place has %d entries and %d numbers more", w.Entries, w.Tickets)
}

// ErrNotWhole: the book to be put in place is not as it was written.
var ErrNotWhole = errors.New("store: the book to be restored is not whole")

// Restore puts a verified backup in the place of the book in dir, which no process
// may have open and which is kept beside it under the name returned ("" if there
// was none). A good book that has entries which the backup lacks is not replaced:
// *Worse tells what would be lost. When the journal in place comes back shorter all
// the same, since the one before was damaged, the watermark sees to it at the next
// start that a new epoch begins and no number is given again.
func Restore(dir, from string, o AuditOptions) (kept string, report *Report, err error) {
	if o.Archive == "" {
		o.Archive = ArchiveDir(BookFile(dir)) // of the same house, if it has one
	}
	if report, err = Verify(from, o); err != nil {
		return "", nil, err
	}
	if report.Faults() > 0 {
		return "", report, ErrNotWhole
	}
	path := BookFile(dir)
	old, err := Audit(path, o)
	switch {
	case errors.Is(err, ErrInUse):
		return "", report, err
	case err == nil && old.Faults() == 0:
		if err := old.lost(report, from, o); err != nil {
			return "", report, err
		}
	}
	temp := path + ".new"
	if err := copyInto(temp, from); err != nil {
		return "", report, errors.Join(err, os.Remove(temp))
	}
	kept = path + time.Now().Format(".replaced-2006-01-02-150405")
	if err := os.Rename(path, kept); errors.Is(err, fs.ErrNotExist) {
		kept = ""
	} else if err != nil {
		return "", report, errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, path); err != nil {
		return kept, report, err
	}
	return kept, report, syncDir(dir)
}

// lost says what of a good book is not in the other file: nothing, if somewhere in
// its chain the other has the head with which this one ends.
func (r *Report) lost(other *Report, from string, o AuditOptions) error {
	if len(r.Days) == 0 {
		return nil
	}
	o.Head = r.Days[len(r.Days)-1].Head
	found, err := Audit(from, o)
	if err == nil && found.HeadAt == 0 {
		err = &Worse{Entries: max(0, r.Entries-other.Entries), Tickets: max(0, r.Tickets-other.Tickets)}
	}
	return err
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
