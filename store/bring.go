package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// BringArchive puts the months that a closed book has in the archive, and that are
// not good in the folder to, there from the folder from. Only what is of this book
// and whole is taken; what stood in its way is kept beside it. Bad are the months
// that neither folder has whole.
func BringArchive(book, from, to string) (brought int, bad []string, err error) {
	var want []*archiveHeader
	err = peek(book, func(look func(func(*bolt.Tx) error) error) error {
		return look(func(tx *bolt.Tx) (err error) {
			want, err = archived(tx)
			return err
		})
	})
	for _, h := range want {
		if err != nil {
			break
		}
		there := archiveFile(to, h.Month)
		if verifyArchive(there, h) == nil {
			continue
		}
		switch err = bringMonth(archiveFile(from, h.Month), there, h); {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrArchive):
			bad, err = append(bad, h.Month), nil
		case err == nil:
			brought++
		}
	}
	if brought > 0 {
		err = errors.Join(err, syncDir(to))
	}
	return brought, bad, err
}

// archived lists what belongs into the archives of a book.
func archived(tx *bolt.Tx) (all []*archiveHeader, err error) {
	g := goneTo(tx)
	c := tx.Bucket(bucketDays).Cursor()
	for k, _ := c.Seek([]byte(dayBefore + "0")); k != nil && queue.Day(k) <= g.day; {
		h, err := headerOf(tx, monthOf(queue.Day(k)))
		if err != nil {
			return nil, err
		}
		all = append(all, h)
		k, _ = c.Seek([]byte(h.Days[len(h.Days)-1].Day + "0"))
	}
	return all, nil
}

func bringMonth(from, there string, h *archiveHeader) error {
	if _, err := os.Stat(from); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(there), 0o700); err != nil {
		return err
	}
	temp := there + ".new"
	err := copyInto(temp, from)
	if err == nil {
		err = verifyArchive(temp, h)
	}
	if err == nil {
		_, err = setAside(there)
	}
	if err == nil {
		err = os.Rename(temp, there)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}
