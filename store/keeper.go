package store

import (
	"context"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/device"
)

// keeper looks after the days that are over, beside the writer and a little at a
// time, so that no call waits: it makes their sums, and takes the oldest into the
// archive.
type keeper struct {
	bell chan struct{} // one slot
}

func newKeeper() keeper { return keeper{bell: make(chan struct{}, 1)} }

func (k *keeper) wake() {
	select {
	case k.bell <- struct{}{}:
	default:
	}
}

// tryAgain is when work that failed is tried again: a disk may have had one bad
// moment, or room again.
const tryAgain = time.Hour

// keep works at the start, whenever a day has ended, and again after a failure.
func (b *Book) keep(ctx context.Context) {
	for {
		summed := b.did("archive/sums", b.summarise(ctx))
		retained := b.did("archive/months", b.retain(ctx))
		var again <-chan time.Time
		if !summed || !retained {
			again = time.After(tryAgain)
		}
		select {
		case <-ctx.Done():
			return
		case <-b.keeper.bell:
		case <-again:
		}
	}
}

// did tells whoever looks after the hall what went wrong, and when it is well again;
// it reports whether it is.
func (b *Book) did(id device.ID, err error) bool {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrStopping):
	case errors.Is(err, ErrDiskLow) || err != nil && noRoom(err):
		b.log.Error("past days", "what", id, "err", err)
		b.Report(id, device.Set(device.StorageFull), err.Error())
	case err != nil:
		b.log.Error("past days", "what", id, "err", err)
		b.Report(id, device.Set(device.WorkFailed), err.Error())
	default:
		for _, d := range b.View().Devices {
			if d.ID == id { // it was not well once
				b.Report(id, nil, "")
			}
		}
		return true
	}
	return false
}

// edit changes derived buckets in a transaction of the writer's.
func (b *Book) edit(ctx context.Context, fn func(tx *bolt.Tx) error) error {
	_, err := b.submit(ctx, &job{edit: fn})
	return err
}
