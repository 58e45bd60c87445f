package store

import (
	"context"
	"errors"

	bolt "go.etcd.io/bbolt"
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
		if err := b.summarise(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrStopping) {
			b.log.Error("the sums of past days", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-b.keeper.bell:
		}
	}
}

// edit changes derived buckets in a transaction of the writer's.
func (b *Book) edit(ctx context.Context, fn func(tx *bolt.Tx) error) error {
	_, err := b.submit(ctx, &job{edit: fn})
	return err
}
