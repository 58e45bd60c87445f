package store

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
	"xinmoi/store/sum"
)

// Closed is a book that no process has open, or a copy of one, open for reading.
type Closed struct{ reading }

// ReadClosed lets fn read a closed book without changing it; ErrInUse if a process
// has it open.
func ReadClosed(file string, zone func(*queue.Hall) *time.Location, fn func(*Closed) error) error {
	zone = Options{Zone: zone}.withDefaults().Zone
	db, err := openToRead(file)
	if err != nil {
		return err
	}
	defer db.Close()
	look := func(fn func(tx *bolt.Tx) error) error { return guard(func() error { return db.View(fn) }) }
	return named(file, fn(&Closed{reading{look, zone, ArchiveDir(file)}}))
}

// Sums is Book.Sums.
func (c *Closed) Sums(ctx context.Context, from, to queue.Day, each func(*sum.Day)) (lost []queue.Day, err error) {
	return c.sums(ctx, from, to, each)
}

// Days is Book.Days.
func (c *Closed) Days() ([]Day, error) { return c.days() }

// Hall is the newest state kept, which may lack the last entries; its document is
// for names.
func (c *Closed) Hall() (hall *queue.Hall, err error) {
	err = c.look(func(tx *bolt.Tx) error {
		s, _ := restoreNewest(tx, c.zone)
		hall = s.hall
		return nil
	})
	return hall, err
}

// Installation is the name that the book got when it was begun.
func (r reading) Installation() (name string, err error) {
	err = r.look(func(tx *bolt.Tx) error {
		name = string(tx.Bucket(bucketMeta).Get(keyInstallation))
		return nil
	})
	return name, err
}

// Archived lists the months that are no longer in the book: "2016-11".
func (c *Closed) Archived() (months []string, err error) {
	err = c.look(func(tx *bolt.Tx) error {
		all, err := archived(tx)
		for _, h := range all {
			months = append(months, h.Month)
		}
		return err
	})
	return months, err
}
