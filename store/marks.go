package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// marks are the numbers up to which the durable readers have done their work.
type marks struct {
	mu  sync.Mutex
	all map[string]Seq
}

type mark struct {
	reader string
	seq    Seq
}

func (m *marks) set(reader string, s Seq) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[reader] = s
}

func (m *marks) load(tx *bolt.Tx) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = map[string]Seq{}
	return tx.Bucket(bucketMarks).ForEach(func(k, v []byte) error {
		if len(v) != 8 {
			return fmt.Errorf("store: mark of reader %s: %w", k, errShort)
		}
		m.all[string(k)] = Seq(binary.BigEndian.Uint64(v))
		return nil
	})
}

// clamp lets no reader be further than the journal, which has lost its end, and
// returns the marks to be written.
func (m *marks) clamp(last Seq) (changed []*mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for reader, seq := range m.all {
		if seq > last {
			m.all[reader] = last
			changed = append(changed, &mark{reader: reader, seq: last})
		}
	}
	return changed
}

// Mark returns the number that a durable reader has saved; 0 when it has none.
func (b *Book) Mark(reader string) Seq {
	b.marks.mu.Lock()
	defer b.marks.mu.Unlock()
	return b.marks.all[reader]
}

// SetMark saves a durable reader's number. It is on disk when this returns nil.
func (b *Book) SetMark(ctx context.Context, reader string, s Seq) error {
	if reader == "" {
		return fmt.Errorf("store: a reader needs a name")
	}
	_, err := b.submit(ctx, &job{mark: &mark{reader: reader, seq: s}})
	return err
}
