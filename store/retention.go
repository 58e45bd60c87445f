package store

import (
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// keyGone says up to where the journal is in the archive and no longer here.
var keyGone = []byte("gone") // number of the last entry that is gone, and its day

// gone is the end of what is in the archive only.
type gone struct {
	seq Seq
	day queue.Day
}

// goneTo is zero while everything is here.
func goneTo(tx *bolt.Tx) gone {
	v := tx.Bucket(bucketMeta).Get(keyGone)
	if len(v) < 8 {
		return gone{}
	}
	return gone{seqOf(v), queue.Day(v[8:])}
}
