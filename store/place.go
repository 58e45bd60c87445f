package store

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Place gives a finished file its name, unless somebody has taken it meanwhile:
// fs.ErrExist.
func Place(temp, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, temp, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	switch {
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS): // NFS, and other file systems that cannot
		return claim(temp, to)
	case err != nil:
		return &fs.PathError{Op: "create", Path: to, Err: err}
	}
	return nil
}

// claim is Place in two steps: the name is ours from O_EXCL on, and stays with an
// empty file if the power goes between them. Sticks have no hard links, which would do it
// in one.
func claim(temp, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), os.Rename(temp, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}
