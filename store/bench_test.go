package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// bare is the floor: a bbolt file with one bucket, and one record of the size
// of a ticket's for each commit.
type bare struct {
	db  *bolt.DB
	seq atomic.Uint64
}

func newBare(b *testing.B) *bare {
	db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, boltOptions(0))
	require.NoError(b, err)
	b.Cleanup(func() { db.Close() })
	require.NoError(b, db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket(bucketMeta); return err }))
	return &bare{db: db}
}

func (f *bare) put() error {
	value := make([]byte, 100)
	return f.db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketMeta)
		bucket.FillPercent = fill
		return bucket.Put(binary.BigEndian.AppendUint64(nil, f.seq.Add(1)), value)
	})
}

// benchBook is a book with a hundred people waiting. Benchmarks call as many as
// they let in, since a hall of thousands is no hall.
func benchBook(b *testing.B, counters int) *Book {
	book, err := Open(b.TempDir(), Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, book.Close()) })
	rules := testRules(counters)
	rules.Times.RepeatS, rules.Times.NoShowBeforeS = -1, -1
	do(b, book, configure(rules))
	for range 100 {
		do(b, book, cs)
	}
	return book
}

func call(book *Book, c queue.Command) error {
	_, err := book.Do(context.Background(), Request{Command: c, By: queue.Actor{Via: "kiosk/k1"}})
	return err
}

// compare runs the floor, op and what keeps the hall as it was in turns, so that
// all see the same disk, and reports the medians and their ratio.
func compare(b *testing.B, floor, op, back func() error) {
	var f, o []time.Duration
	for b.Loop() {
		for range 8 {
			f = append(f, timed(b, floor))
			o = append(o, timed(b, op))
			timed(b, back)
		}
	}
	slices.Sort(f)
	slices.Sort(o)
	at := func(d []time.Duration, percent int) float64 { return float64(d[len(d)*percent/100]) / 1e3 }
	b.ReportMetric(at(f, 50), "floor-µs")
	b.ReportMetric(at(o, 50), "book-µs")
	b.ReportMetric(at(f, 99), "floor-p99-µs")
	b.ReportMetric(at(o, 99), "book-p99-µs")
	b.ReportMetric(at(o, 50)/at(f, 50), "ratio")
	b.ReportMetric(at(o, 10)/at(f, 10), "ratio-p10") // of the moments when nobody else used the machine
	b.ReportMetric(0, "ns/op")
}

func timed(b *testing.B, fn func() error) time.Duration {
	begun := time.Now()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun)
}

// One clerk, one kiosk: at most 1.15 times a bare commit.
func BenchmarkAlone(b *testing.B) {
	issue := func(book *Book) func() error { return func() error { return call(book, cs) } }
	next := func(book *Book) func() error {
		return func() error { return call(book, queue.CallNext{Counter: "q1"}) }
	}
	b.Run("issue", func(b *testing.B) {
		book, floor := benchBook(b, 3), newBare(b)
		compare(b, floor.put, issue(book), next(book))
	})
	b.Run("next", func(b *testing.B) {
		book, floor := benchBook(b, 3), newBare(b)
		compare(b, floor.put, next(book), issue(book))
	})
	b.Run("note", func(b *testing.B) {
		book, floor := benchBook(b, 3), newBare(b)
		payload := make([]byte, 80)
		note := func() error { _, err := book.Note(context.Background(), "test.note", 1, payload); return err }
		compare(b, floor.put, note, func() error { return nil })
	})
}

// 64 at once, each taking numbers and calling in turn: at least ten times the
// throughput of bare commits.
func BenchmarkTogether(b *testing.B) {
	const clients = 64
	book, floor := benchBook(b, clients), newBare(b)
	var slow, fast []float64
	for b.Loop() {
		slow = append(slow, rate(b, clients, func(int, int) error { return floor.put() }))
		fast = append(fast, rate(b, clients, func(client, n int) error {
			if n%2 == 0 {
				return call(book, cs)
			}
			return call(book, queue.CallNext{Counter: queue.CounterID(fmt.Sprintf("q%d", client+1))})
		}))
	}
	slices.Sort(slow)
	slices.Sort(fast)
	f, o := slow[len(slow)/2], fast[len(fast)/2]
	b.ReportMetric(f, "floor-op/s")
	b.ReportMetric(o, "book-op/s")
	b.ReportMetric(o/f, "ratio")
	b.ReportMetric(0, "ns/op")
}

// rate runs op by so many clients for half a second and counts.
func rate(b *testing.B, clients int, op func(client, n int) error) float64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range clients {
		wg.Go(func() {
			for n := 0; time.Since(begun) < 500*time.Millisecond; n++ {
				if err := op(c, n); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(begun).Seconds()
}

// A start in the evening: 10,000 entries of today, after a clean end and after
// a kill, when up to snapshotEvery entries are folded.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	book, err := Open(dir, Options{})
	require.NoError(b, err)
	rules := testRules(20)
	rules.Times.RepeatS, rules.Times.NoShowBeforeS = -1, -1
	do(b, book, configure(rules))
	var wg sync.WaitGroup
	for c := range 20 {
		wg.Go(func() {
			for book.View().Seq < 10_000 {
				if call(book, cs) != nil || call(book, queue.CallNext{Counter: queue.CounterID(fmt.Sprintf("q%d", c+1))}) != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	require.NoError(b, book.Close())
	b.ResetTimer()
	for b.Loop() {
		book, err := Open(dir, Options{})
		require.NoError(b, err)
		b.StopTimer()
		require.NoError(b, book.Close())
		b.StartTimer()
	}
}

// What a record costs on disk.
func BenchmarkRecordSize(b *testing.B) {
	book := benchBook(b, 3)
	for b.Loop() {
		require.NoError(b, call(book, cs))
	}
	var bytes, records int
	require.NoError(b, book.look(func(tx *bolt.Tx) error {
		return eachRecord(tx, 0, func(_ queue.Day, _ Seq, data []byte) error {
			bytes += len(data)
			records++
			return nil
		})
	}))
	b.ReportMetric(float64(bytes)/float64(records), "B/record")
}
