package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// BenchmarkCallAfterYears takes and calls numbers in a book of many years and in a
// new one, in turns, so that both see the same disk. XINMOI_YEARS names the data
// folder of the first, as xinmoi sim writes it; "make years" does.
func BenchmarkCallAfterYears(b *testing.B) {
	data := os.Getenv("XINMOI_YEARS")
	if data == "" {
		b.Skip("XINMOI_YEARS names no book; run: make years")
	}
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	old, err := store.Open(data, store.Options{Zone: zone})
	require.NoError(b, err)
	defer old.Close()
	fresh, err := store.Open(b.TempDir(), store.Options{Zone: zone})
	require.NoError(b, err)
	defer fresh.Close()
	document, hash := old.View().Hall.Document()
	doc := centre.InForce(old.View().Hall)
	do := func(book *store.Book, c queue.Command) time.Duration {
		begun := time.Now()
		_, err := book.Do(context.Background(), store.Request{Command: c, By: queue.Actor{Via: "kiosk/k1"}})
		require.NoError(b, err)
		return time.Since(begun)
	}
	do(fresh, queue.Configure{Rules: doc.Rules(), Document: document, Hash: hash})
	counter := queue.CounterID(doc.Counters[0].ID)
	service := queue.ServiceID(doc.Counters[0].Services[0])
	books := []*store.Book{old, fresh}
	for _, book := range books {
		if book.View().Hall.Day() == "" {
			do(book, queue.OpenDay{})
		}
		do(book, queue.OpenCounter{Counter: counter})
	}
	var issue, call [2][]time.Duration
	for b.Loop() {
		for i, book := range books {
			issue[i] = append(issue[i], do(book, queue.Issue{Service: service, Place: queue.AtGreeter, Lang: "vi"}))
			number := book.View().Hall.Waiting(service)[0].ID
			call[i] = append(call[i], do(book, queue.Call{Counter: counter, Target: queue.Target{Ticket: number}}))
			do(book, queue.Finish{Counter: counter})
		}
	}
	for name, all := range map[string][2][]time.Duration{"issue": issue, "call": call} {
		p50 := [2]float64{}
		for i := range all {
			slices.Sort(all[i])
			p50[i] = float64(all[i][len(all[i])/2]) / 1e3
		}
		b.ReportMetric(p50[0], name+"-years-µs")
		b.ReportMetric(p50[1], name+"-new-µs")
		b.ReportMetric(p50[0]/p50[1], name+"-ratio")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCallDuringRetention takes and calls numbers while the months before the
// last two years go into the archive, in the book that XINMOI_RETAIN names, which is
// shorter afterwards; and then again, when that is done.
func BenchmarkCallDuringRetention(b *testing.B) {
	data := os.Getenv("XINMOI_RETAIN")
	if data == "" {
		b.Skip("XINMOI_RETAIN names no book to be shortened")
	}
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	book, err := store.Open(data, store.Options{Zone: zone, Keep: func(*queue.Hall) int { return 2 }, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	require.NoError(b, err)
	defer func() { book.Close() }() // the last one opened
	doc := centre.InForce(book.View().Hall)
	counter, service := queue.CounterID(doc.Counters[0].ID), queue.ServiceID(doc.Counters[0].Services[0])
	do := func(c queue.Command) time.Duration {
		begun := time.Now()
		_, err := book.Do(context.Background(), store.Request{Command: c, By: queue.Actor{Via: "kiosk/k1"}})
		require.NoError(b, err)
		return time.Since(begun)
	}
	if book.View().Hall.Day() == "" {
		do(queue.OpenDay{})
	}
	do(queue.OpenCounter{Counter: counter})
	call := func() time.Duration {
		do(queue.Issue{Service: service, Place: queue.AtGreeter, Lang: "vi"})
		d := do(queue.Call{Counter: counter, Target: queue.Target{Ticket: book.View().Hall.Waiting(service)[0].ID}})
		do(queue.Finish{Counter: counter})
		time.Sleep(20 * time.Millisecond)
		return d
	}
	archived := func() int {
		all, _ := filepath.Glob(filepath.Join(data, "archive", "*.journal.gz"))
		return len(all)
	}
	report := func(name string, all []time.Duration) {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2])/1e3, name+"-p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100])/1e3, name+"-p99-µs")
	}
	for b.Loop() {
		var during, after []time.Duration
		begun := time.Now()
		for n := archived(); archived() < n+3; { // some months say enough
			during = append(during, call())
			require.Less(b, time.Since(begun), 10*time.Minute)
		}
		b.ReportMetric(time.Since(begun).Seconds(), "s")
		require.NoError(b, book.Close())
		book, err = store.Open(data, store.Options{Zone: zone})
		require.NoError(b, err)
		for range len(during) / 2 {
			after = append(after, call())
		}
		report("during", during)
		report("after", after)
		b.ReportMetric(float64(archived()), "months")
	}
	b.ReportMetric(0, "ns/op")
}
