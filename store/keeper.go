package store

import (
	"context"
	"errors"

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

// keep works at the start and whenever a day has ended.
func (b *Book) keep(ctx context.Context) {
	for {
		b.did("archive/sums", b.summarise(ctx))
		b.did("archive/months", b.retain(ctx))
		select {
		case <-ctx.Done():
			return
		case <-b.keeper.bell:
		}
	}
}

// did tells whoever looks after the hall what went wrong, and when it is well again.
func (b *Book) did(id device.ID, err error) {
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
	}
}

// edit changes derived buckets in a transaction of the writer's.
func (b *Book) edit(ctx context.Context, fn func(tx *bolt.Tx) error) error {
	_, err := b.submit(ctx, &job{edit: fn})
	return err
}
