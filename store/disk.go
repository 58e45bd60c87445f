package store

import (
	"context"
	"sync/atomic"
)

// disk is what is known of the room left on it.
type disk struct{ low atomic.Bool }

func (b *Book) lookAtDisk(context.Context) {}
