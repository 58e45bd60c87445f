package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"xinmoi/store"
)

// houseFiles are names in a data folder that are the house's own: the book, what
// belongs to it, and the rooms.
var houseFiles = append([]string{filepath.Base(store.BookFile("")), begunName, "watermark", "ballast", "secret", "agents.json", "control.sock", "archive"}, roomFolders...)

const begunName = "book.begun" // the book's mark of a data folder

// isHouseFile looks at a name in a data folder. What derives from one, such as
// "book.db.new", is one too.
func isHouseFile(name string) bool {
	copied, _ := filepath.Match(copyNames, name)
	return copied || slices.ContainsFunc(houseFiles, func(own string) bool {
		return name == own || strings.HasPrefix(name, own+".")
	})
}

// newTarget refuses a name under which nothing may be written: one that is taken,
// by whatever, or one of the house's own in a data folder, there or not, on
// whichever way it is reached. data is the folder in hand, or its book.
func newTarget(data, to string) error {
	if err := notOurs(data, to); err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return &fs.PathError{Op: "create", Path: to, Err: fs.ErrExist}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := os.Stat(filepath.Dir(to))
	return err // names the folder that is not there
}

// notOurs is newTarget for a folder that may be there.
func notOurs(data, to string) error {
	if info, err := os.Stat(data); err == nil && !info.IsDir() {
		data = filepath.Dir(data)
	}
	full, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	if full, err = filepath.EvalSymlinks(full); errors.Is(err, fs.ErrNotExist) {
		dir, name := filepath.Split(filepath.Clean(to))
		if full, err = filepath.EvalSymlinks(filepath.Clean(dir)); errors.Is(err, fs.ErrNotExist) {
			return nil // nothing can be written there
		}
		if err == nil {
			full, err = filepath.Abs(filepath.Join(full, name))
		}
	}
	if err != nil {
		return err
	}
	for at := full; at != filepath.Dir(at); at = filepath.Dir(at) {
		if isHouseFile(filepath.Base(at)) && isDataFolder(data, filepath.Dir(at)) {
			return &sentence{"backup.target_ours", map[string]any{"file": to, "data": filepath.Dir(at)}}
		}
	}
	return nil
}

// ownTarget refuses what newTarget refuses, except a file of the kind that the command
// makes, which may be made again: ext is the end of its name, begins its first bytes.
func ownTarget(to, ext, begins string) error {
	err := newTarget("", to)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, statErr := os.Lstat(to)
	switch {
	case statErr != nil:
		return statErr
	case info.IsDir():
		return &fs.PathError{Op: "create", Path: to, Err: syscall.EISDIR}
	case !info.Mode().IsRegular() || !strings.EqualFold(filepath.Ext(to), ext):
		return err
	}
	f, openErr := os.Open(to)
	if openErr != nil {
		return openErr
	}
	defer f.Close()
	head := make([]byte, len(begins))
	if _, readErr := io.ReadFull(f, head); readErr != nil || string(head) != begins {
		return err
	}
	return nil
}

// isDataFolder knows the one in hand, and others by the mark or the book in them: a
// book that was restored has no mark until the hall runs.
func isDataFolder(data, dir string) bool {
	a, err := os.Stat(data)
	if err == nil {
		var b os.FileInfo
		if b, err = os.Stat(dir); err == nil && os.SameFile(a, b) {
			return true
		}
	}
	return slices.ContainsFunc([]string{begunName, store.BookFile("")}, func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// unfinishedFiles are those of besideOf.
const unfinishedFiles = unfinishedName + "-*.new"

// besideOf makes an empty file in the folder of a target, to be renamed, and removes
// those of commands that were killed.
func besideOf(to string) (file string, err error) {
	dir := filepath.Dir(to)
	removeOld(filepath.Join(dir, unfinishedFiles))
	f, err := os.CreateTemp(dir, unfinishedFiles)
	var path *fs.PathError
	if errors.As(err, &path) {
		path.Path = to // nobody has named the other
	}
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// removeOld removes files that nobody has written to for an hour.
func removeOld(pattern string) {
	old, _ := filepath.Glob(pattern) // of a good pattern, without an error
	for _, name := range old {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(name)
		}
	}
}

// place is store.Place, and lasts through a power cut.
func place(temp, to string) error {
	if err := store.Place(temp, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

// replace puts a small file in place whole, over one that may be there.
func replace(to string, data []byte) error {
	temp, err := besideOf(to)
	if err != nil {
		return err
	}
	err = errors.Join(writeSynced(temp, data), os.Chmod(temp, 0o644))
	if err == nil {
		err = os.Rename(temp, to)
	}
	return errors.Join(err, removed(temp))
}
