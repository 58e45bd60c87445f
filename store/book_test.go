package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// testRules is a centre of one series and two services, with counters q1, q2, …
func testRules(counters int) queue.Rules {
	r := queue.Rules{
		Series: []queue.Series{{Prefix: "A", Digits: 3, First: 1}},
		Services: []queue.ServiceRule{
			{ID: "cs", Series: "A", At: []queue.Place{queue.AtKiosk, queue.AtTransfer}},
			{ID: "fee", Series: "A", At: []queue.Place{queue.AtKiosk, queue.AtTransfer}},
		},
	}
	for i := range counters {
		r.Counters = append(r.Counters, queue.CounterRule{
			ID:    queue.CounterID(fmt.Sprintf("q%d", i+1)),
			Tiers: [][]queue.ServiceID{{"cs", "fee"}}, AutoOpen: true, Arm: true,
		})
	}
	r.Times.RepeatS = 1
	return r
}

func configure(r queue.Rules) queue.Configure {
	return queue.Configure{Rules: r, Document: []byte("doc"), Hash: fmt.Sprintf("%d", len(r.Counters))}
}

// open opens a book for a test, which is shut at its end at the latest.
func open(t testing.TB, dir string, o Options) *Book {
	t.Helper()
	b, err := Open(dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { shut(t, b) })
	return b
}

// shut closes a book, once. Its journal must fold to what was last published.
func shut(t testing.TB, b *Book) {
	t.Helper()
	select {
	case <-b.quit:
		return
	default:
	}
	require.NoError(t, b.Close())
	checkJournal(t, b.dir, b.View(), b.st)
}

// opened is open with the test centre in force.
func opened(t testing.TB, dir string, o Options) *Book {
	t.Helper()
	b := open(t, dir, o)
	do(t, b, configure(testRules(3)))
	return b
}

func do(t testing.TB, b *Book, c queue.Command) Answer {
	t.Helper()
	a, err := b.Do(t.Context(), Request{Command: c, By: queue.Actor{Via: "test"}})
	require.NoError(t, err)
	return a
}

// issued is the ticket that an answer tells of.
func issued(t testing.TB, a Answer) queue.Issued {
	t.Helper()
	for _, e := range a.Entries {
		if i, ok := e.Event.(queue.Issued); ok {
			return i
		}
	}
	t.Fatalf("no ticket was issued: %v", a.Entries)
	return queue.Issued{}
}

var cs = queue.Issue{Service: "cs", Kiosk: "k1", Print: true, Lang: "vi"}

func hallBytes(t testing.TB, h *queue.Hall) string {
	t.Helper()
	data, err := h.MarshalBinary()
	require.NoError(t, err)
	return string(data)
}

// checkJournal folds the whole journal of a closed book without its snapshots,
// and with them, and compares both with v and with what the writer learnt; and
// walks the chain of every day.
func checkJournal(t testing.TB, dir string, v *View, live *state) {
	t.Helper()
	path := filepath.Join(dir, bookName)
	if _, err := os.Stat(path); err != nil {
		return // the test has taken it away
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	defer db.Close()
	zone := Options{}.withDefaults().Zone
	quick, err := fold(db, zone)
	require.NoError(t, err)
	slow := newState()
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		days := map[string]string{}
		err := eachRecord(tx, 0, func(day queue.Day, seq Seq, data []byte) error {
			require.Equal(t, slow.tail.seq+1, seq)
			var r record
			if err := r.decode(seq, data, zone(slow.hall)); err != nil {
				return err
			}
			require.False(t, r.At.Before(slow.tail.at), "entry %d is older than the one before", seq)
			slow.tail.place(&r)
			require.Equal(t, day, slow.tail.day, "entry %d lies in the wrong day", seq)
			slow.tail.head = slow.tail.head.next(seq, data)
			days[string(day)] = fmt.Sprintf("%x", slow.tail.encodeDay())
			return slow.apply(&r)
		})
		if err != nil {
			return err
		}
		return tx.Bucket(bucketDays).ForEach(func(k, v []byte) error {
			require.Equal(t, days[string(k)], fmt.Sprintf("%x", v), "day %s", k)
			return nil
		})
	}))
	require.Equal(t, v.Seq, slow.tail.seq)
	require.Equal(t, quick.tail, slow.tail)
	require.Equal(t, hallBytes(t, v.Hall), hallBytes(t, slow.hall), "the journal does not fold to what was published")
	require.Equal(t, hallBytes(t, v.Hall), hallBytes(t, quick.hall), "snapshot and newer entries do not fold to what was published")
	require.Equal(t, v.Devices, slow.deviceList())
	require.Equal(t, v.Devices, quick.deviceList())
	a, err := slow.wait.MarshalBinary()
	require.NoError(t, err)
	z, err := quick.wait.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, a, z, "the waits differ")
	z, err = live.wait.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, a, z, "the writer has learnt other waits than the journal tells")
}

func TestANumberTravels(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	a := do(t, b, cs)
	ticket := issued(t, a)
	assert.Equal(t, "A001", ticket.Number)
	assert.Equal(t, a.View, b.View())
	called := do(t, b, queue.CallNext{Counter: "q1"})
	q1, _ := called.View.Hall.Counter("q1")
	assert.Equal(t, ticket.Ticket, q1.Ticket)

	entries, err := b.Read(0, 100)
	require.NoError(t, err)
	var types []string
	for i, e := range entries {
		assert.Equal(t, Seq(i+1), e.Seq)
		types = append(types, e.Type)
	}
	assert.Equal(t, []string{"book.started", "centre.configured", "day.opened", "ticket.issued", "counter.opened", "ticket.called"}, types)
	assert.Equal(t, b.View().Seq, entries[len(entries)-1].Seq)
}

func TestRefusalChangesNothing(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	before := b.View()
	_, err := b.Do(t.Context(), Request{Command: queue.Issue{Service: "nothing"}, Key: "k"})
	assert.ErrorIs(t, err, queue.ErrUnknownService)
	assert.Same(t, before, b.View())
	_, err = b.Do(t.Context(), Request{Command: cs, Key: "k"})
	assert.NoError(t, err, "a key of a refused command is free")
}

func TestAViewNeverChanges(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	do(t, b, cs)
	v := b.View()
	was, seq := hallBytes(t, v.Hall), v.Seq
	for range 5 {
		do(t, b, cs)
		do(t, b, queue.CallNext{Counter: "q1"})
		do(t, b, queue.Undo{Counter: "q1"})
	}
	assert.Equal(t, was, hallBytes(t, v.Hall))
	assert.Equal(t, seq, v.Seq)
}

func TestRestartBringsEverythingBack(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	for range 20 {
		do(t, b, cs)
	}
	do(t, b, queue.CallNext{Counter: "q2"})
	require.NoError(t, b.SetMark(t.Context(), "printer", 7))
	before := b.View()
	shut(t, b)

	b = open(t, dir, Options{})
	assert.Equal(t, before.Epoch, b.View().Epoch)
	assert.Equal(t, before.Seq+1, b.View().Seq, "only the start is new")
	assert.Equal(t, hallBytes(t, before.Hall), hallBytes(t, b.View().Hall))
	assert.Equal(t, Seq(7), b.Mark("printer"))
	assert.Equal(t, "A021", issued(t, do(t, b, cs)).Number)
}

func TestStartIsNoted(t *testing.T) {
	dir := t.TempDir()
	b, err := Open(dir, Options{})
	require.NoError(t, err)
	require.NoError(t, b.Close())
	b, err = Open(dir, Options{})
	require.NoError(t, err)
	entries, err := b.Read(0, 10)
	require.NoError(t, err)
	require.NoError(t, b.db.Close()) // cut off, without the clean mark
	require.Len(t, entries, 2)
	first, second := startOf(t, entries[0]), startOf(t, entries[1])
	assert.True(t, first.First)
	assert.Equal(t, startNote{Clean: true}, second)

	b2, err := Open(dir, Options{})
	require.NoError(t, err)
	entries, err = b2.Read(2, 10)
	require.NoError(t, err)
	assert.Equal(t, startNote{SameBoot: true}, startOf(t, entries[0]), "killed, without a power cut")
	require.NoError(t, b2.Close())
	close(b.quit)
	b.helpers.Wait()
}

// holdWriter keeps the writer busy until the returned function is called.
func holdWriter(b *Book) (release func()) {
	entered, leave := make(chan struct{}), make(chan struct{})
	update := b.opts.update
	var once sync.Once
	b.opts.update = func(db *bolt.DB, fn func(*bolt.Tx) error) error {
		once.Do(func() { close(entered); <-leave })
		return update(db, fn)
	}
	go b.Note(context.Background(), "test.hold", 1, nil)
	<-entered
	return func() { close(leave) }
}

func TestBatchesAreOneCommit(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	hold := holdWriter(b)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { do(t, b, cs) })
	}
	for len(b.jobs) < 100 {
		time.Sleep(time.Millisecond)
	}
	before := b.db.Stats()
	bell, stop := b.Bell()
	defer stop()
	hold()
	wg.Wait()
	after := b.db.Stats()
	assert.Less(t, after.TxStats.GetWrite()-before.TxStats.GetWrite(), int64(40), "pages written for 100 tickets")
	<-bell
	numbers := map[string]bool{}
	for _, ticket := range b.View().Hall.Tickets() {
		numbers[ticket.Number] = true
	}
	assert.Len(t, numbers, 100)
}

// Eight kiosks and twenty counters at once: no number twice, no ticket at two counters.
func TestEverybodyAtOnce(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	do(t, b, configure(testRules(20)))
	var wg sync.WaitGroup
	var mu sync.Mutex
	numbers, holders := map[string]int{}, map[queue.TicketID]queue.CounterID{}
	for k := range 8 {
		wg.Go(func() {
			for i := range 40 {
				a, err := b.Do(t.Context(), Request{Command: cs, Key: fmt.Sprintf("%d-%d", k, i)})
				if assert.NoError(t, err) {
					mu.Lock()
					numbers[issued(t, a).Number]++
					mu.Unlock()
				}
			}
		})
	}
	for c := range 20 {
		wg.Go(func() {
			id := queue.CounterID(fmt.Sprintf("q%d", c+1))
			for range 10 {
				a, err := b.Do(t.Context(), Request{Command: queue.CallNext{Counter: id}})
				if errors.Is(err, queue.ErrRepeated) {
					continue
				}
				if assert.NoError(t, err) {
					checkCalls(t, &mu, holders, a.Entries)
				}
				checkHeldOnce(t, a.View.Hall)
			}
		})
	}
	wg.Wait()
	assert.Len(t, numbers, 320)
	for n, times := range numbers {
		assert.Equal(t, 1, times, "number %s", n)
	}
	checkHeldOnce(t, b.View().Hall)
}

func checkCalls(t *testing.T, mu *sync.Mutex, holders map[queue.TicketID]queue.CounterID, entries []Entry) {
	mu.Lock()
	defer mu.Unlock()
	for _, e := range entries {
		if c, ok := e.Event.(queue.TicketCalled); ok {
			assert.Empty(t, holders[c.Ticket], "ticket %d was called at two counters", c.Ticket)
			holders[c.Ticket] = c.Counter
		}
	}
}

func checkHeldOnce(t *testing.T, h *queue.Hall) {
	held := map[queue.TicketID]queue.CounterID{}
	for _, c := range h.Counters() {
		if c.Ticket != 0 {
			assert.Empty(t, held[c.Ticket], "ticket %d is at two counters", c.Ticket)
			held[c.Ticket] = c.ID
		}
	}
}

func TestReadFromMemoryAndFile(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, Options{})
	do(t, b, configure(testRules(1)))
	fillUp(t, b, 3*ringSize)
	b.ring.mu.RLock()
	assert.Less(t, len(b.ring.entries), 2*ringSize+maxBatch+1)
	assert.Greater(t, b.ring.entries[0].Seq, Seq(1))
	b.ring.mu.RUnlock()
	seen, after := map[string]bool{}, Seq(0)
	for {
		entries, err := b.Read(after, 777)
		require.NoError(t, err)
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			require.Equal(t, after+1, e.Seq)
			require.False(t, e.At.IsZero())
			after = e.Seq
			seen[string(e.Note)] = true
		}
	}
	assert.Equal(t, b.View().Seq, after)
	assert.Greater(t, len(seen), 3*ringSize, "every note once")
}

// fillUp writes n notes, many at a time.
func fillUp(t *testing.T, b *Book, n int) {
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < n; i += 64 {
				_, err := b.Note(t.Context(), "test.filler", 1, fmt.Append(nil, i))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}

func TestNotes(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	seq, err := b.Note(t.Context(), "printer.printed", 2, []byte("p"))
	require.NoError(t, err)
	entries, err := b.Read(seq-1, 1)
	require.NoError(t, err)
	assert.Equal(t, "printer.printed", entries[0].Type)
	assert.Equal(t, uint8(2), entries[0].Version)
	assert.Equal(t, []byte("p"), entries[0].Note)
	assert.Nil(t, entries[0].Event)
	before := b.View()
	for _, typ := range []string{"ticket.issued", "device.conditions", "clock.stepped", "nothing", "", strings.Repeat("x.", 200)} {
		_, err = b.Note(t.Context(), typ, 1, nil)
		assert.Error(t, err, typ)
	}
	for _, r := range []Request{
		{Command: cs, By: queue.Actor{Via: strings.Repeat("x", 300)}},
		{Command: cs, By: queue.Actor{Clerk: queue.ClerkID(strings.Repeat("x", 300))}},
		{Command: cs, Key: strings.Repeat("x", MaxKey+1)},
	} {
		_, err = b.Do(t.Context(), r)
		assert.ErrorIs(t, err, queue.ErrBadValue)
	}
	assert.Same(t, before, b.View())
}

// A reader that never comes to the door keeps nobody waiting.
func TestSleepingReaderSlowsNobody(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	for range 1000 {
		_, stop := b.Bell()
		defer stop()
	}
	for range 50 { // one that waited for a reader would wait for ever
		do(t, b, cs)
	}
	assert.Zero(t, b.db.Stats().OpenTxN, "a read transaction is open")
}

func TestBell(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	bell, stop := b.Bell()
	for range 3 {
		do(t, b, cs)
	}
	<-bell
	select {
	case <-bell:
		t.Fatal("the bell has one slot")
	default:
	}
	stop()
	do(t, b, cs)
	select {
	case <-bell:
		t.Fatal("it rings after stop")
	default:
	}
}

func TestClose(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	shut(t, b)
	require.NoError(t, b.Close())
	_, err := b.Do(t.Context(), Request{Command: cs})
	assert.ErrorIs(t, err, ErrStopping)
	assert.ErrorIs(t, b.SetMark(t.Context(), "x", 1), ErrStopping)
	b.Report("printer/p1", device.Set(device.Offline), "")
	assert.NotNil(t, b.View())
}

func TestLinks(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	seen := map[string]bool{}
	for range 30 {
		id := issued(t, do(t, b, cs)).Ticket
		ticket, _ := b.View().Hall.Ticket(id)
		link := b.Link(ticket)
		assert.Regexp(t, `^[a-z2-7]{20}$`, link)
		assert.False(t, seen[link])
		seen[link] = true
		got, ok := b.ByLink(link)
		assert.True(t, ok)
		assert.Equal(t, id, got)
	}
	_, ok := b.ByLink(b.Link(&queue.Ticket{ID: 4711, Number: "A001"}))
	assert.False(t, ok, "no such ticket")
	_, ok = b.ByLink("")
	assert.False(t, ok)
	info, err := os.Stat(filepath.Join(dir, secretName))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	first := b.View().Hall.Tickets()[0]
	link := b.Link(first)
	shut(t, b)
	b = open(t, dir, Options{})
	assert.Equal(t, link, b.Link(first), "a link lives longer than a run")
	shut(t, b)

	require.NoError(t, os.WriteFile(filepath.Join(dir, secretName), []byte("short"), 0o600))
	_, err = Open(dir, Options{})
	assert.ErrorContains(t, err, "should have 32 bytes")
	require.NoError(t, os.Remove(filepath.Join(dir, secretName)))
}

func testLog(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }
