package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// bringRooms puts the rooms' files of a backup in place. A file that is there and
// another is kept in the folder returned, "" if there was none. What the backup does
// not have, secrets among it, stays.
func bringRooms(set, data string, now time.Time) (aside string, err error) {
	kept := filepath.Join(data, "replaced-"+now.Format(stampLayout))
	for _, room := range roomFolders {
		from := filepath.Join(set, room)
		err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			rest, err := filepath.Rel(set, path)
			if err != nil {
				return err
			}
			there := filepath.Join(data, rest)
			if e.IsDir() {
				return os.MkdirAll(there, 0o700)
			}
			if !e.Type().IsRegular() || isSecret(e.Name()) {
				return nil
			}
			same, err := sameFile(path, there)
			if err != nil || same {
				return err
			}
			if _, err := os.Stat(there); err == nil {
				aside = kept
				if err := os.MkdirAll(filepath.Join(kept, filepath.Dir(rest)), 0o700); err != nil {
					return err
				}
				if err := os.Rename(there, filepath.Join(kept, rest)); err != nil {
					return err
				}
			}
			if err := copyFile(context.Background(), path, there+".new"); err != nil {
				return errors.Join(err, os.Remove(there+".new"))
			}
			return os.Rename(there+".new", there)
		})
		if err != nil {
			return aside, err
		}
	}
	return aside, syncFolder(data)
}

// sameFile reports whether both have the same bytes; rooms' files are small.
func sameFile(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(x, y), err
}
