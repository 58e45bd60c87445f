package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
	"xinmoi/store/sum"
)

// built is a book of so many days from the fourth of January 2000 on, each with a
// few tickets that go different ways.
func built(t testing.TB, dir string, days int) {
	t.Helper()
	w, err := Build(dir, Options{})
	require.NoError(t, err)
	at := time.Date(2000, 1, 4, 8, 0, 0, 0, time.FixedZone("", 7*60*60))
	do := func(c queue.Command) {
		at = at.Add(20 * time.Second)
		require.NoError(t, w.Do(at, Request{Command: c, By: queue.Actor{Via: "test"}, Key: fmt.Sprintf("%T %d", c, at.Unix()), Digest: "d"}), "%T", c)
	}
	do(configure(testRules(3)))
	id := queue.TicketID(0)
	for day := range days {
		at = time.Date(2000, 1, 4+day, 8, 0, 0, 0, at.Location())
		do(queue.OpenDay{})
		do(queue.SignIn{Counter: "q1", Clerk: "lan"})
		for range 5 {
			do(cs)
		}
		require.NoError(t, w.Note(at, "printer.printed", 1, []byte{1}))
		do(queue.CallNext{Counter: "q1"})
		do(queue.Start{Counter: "q1"})
		do(queue.Finish{Counter: "q1"})
		do(queue.Rate{Ticket: id + 1, Level: 4})
		do(queue.CallNext{Counter: "q1"})
		do(queue.Transfer{Counter: "q1", ToService: "fee"})
		do(queue.CallNext{Counter: "q2"})
		do(queue.MarkNoShow{Counter: "q2"})
		id += 5
		do(queue.CloseDay{})
		require.NoError(t, w.Commit())
	}
	require.NoError(t, w.Close())
}

func sumsOf(t testing.TB, b *Book) (all []sum.Day) {
	t.Helper()
	require.NoError(t, b.Sums(t.Context(), "", "", func(d *sum.Day) { all = append(all, *d) }))
	return all
}

// derived lists what the keeper makes.
func derived(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	edit(t, dir, func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketSum, bucketSnap} {
			err := tx.Bucket(name).ForEach(func(k, v []byte) error {
				all[string(name)+" "+string(k)] = string(v)
				return nil
			})
			if err != nil {
				return err
			}
		}
		all["summed"] = string(tx.Bucket(bucketMeta).Get(keySummed))
		return nil
	})
	return all
}

// A book written in bulk is one that the rules, the chain and the fold agree with.
func TestABuiltBookIsABook(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, 4)
	r := audit(t, dir, AuditOptions{})
	assert.Zero(t, r.Faults(), say(r))
	assert.Equal(t, 20, r.Tickets)
	_, err := Build(dir, Options{})
	assert.ErrorContains(t, err, "file already exists")
	b := open(t, dir, Options{})
	assert.Equal(t, "A001", issued(t, do(t, b, cs)).Number)
	shut(t, b) // checks the journal against its snapshots
}

// Sums and closing states that are missing, or of another version, are made again,
// the same to the byte as those made on the day.
func TestDerivedBucketsAreMadeAgain(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, 5)
	want := derived(t, dir)
	for name, spoil := range map[string]func(tx *bolt.Tx) error{
		"of a program that had none": func(tx *bolt.Tx) error {
			return firstError(tx.DeleteBucket(bucketSum), tx.Bucket(bucketMeta).Delete(keySummed))
		},
		"of another version": func(tx *bolt.Tx) error {
			return firstError(tx.Bucket(bucketMeta).Put(keySummed, []byte("\x002000-01-07")), tx.Bucket(bucketSum).Put([]byte("2000-01-05"), []byte("old")))
		},
		"some damaged": func(tx *bolt.Tx) error {
			return firstError(tx.Bucket(bucketSum).Put([]byte("2000-01-05"), []byte("damaged")), tx.Bucket(bucketSum).Delete([]byte("2000-01-07")))
		},
		"no closing states either": func(tx *bolt.Tx) error {
			for _, day := range []string{"0000-00-00", "2000-01-04", "2000-01-06"} {
				if err := tx.Bucket(bucketSnap).Delete([]byte(day)); err != nil {
					return err
				}
			}
			return tx.Bucket(bucketMeta).Delete(keySummed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			edit(t, dir, spoil)
			synctest.Test(t, func(t *testing.T) {
				b, err := Open(dir, Options{Now: func() time.Time { return time.Date(2000, 1, 8, 20, 0, 0, 0, time.UTC) }})
				require.NoError(t, err)
				synctest.Wait()
				require.NoError(t, b.Close())
			})
			got := derived(t, dir)
			last := "snap 2000-01-08" // of the day that goes on
			delete(got, last)
			for k, v := range want {
				if k != last {
					assert.Equal(t, v, got[k], k)
				}
			}
		})
	}
}

func TestSumsOfDays(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, 3)
	b := open(t, dir, Options{})
	all := sumsOf(t, b)
	require.Len(t, all, 3, "what came before the first day is no day")
	for i, d := range all {
		assert.Equal(t, queue.Day(fmt.Sprintf("2000-01-%02d", 4+i)), d.Day)
		assert.Equal(t, 5, d.Tickets)
		assert.Equal(t, 6, d.Total.Legs, "a transfer begins another")
		assert.Equal(t, [5]int{1, 1, 1, 0, 3}, [5]int{d.Total.Finished, d.Total.Transferred, d.Total.NoShows, d.Total.Cancelled, d.Total.Expired})
		assert.Equal(t, []int{0, 0, 0, 1}, d.Total.Ratings)
		assert.Equal(t, 2, d.Clerks["lan"].Legs, "who is signed in at the counter")
		assert.Equal(t, 1, d.Services["fee"].Legs)
		assert.Equal(t, 6, d.Hours[8].Legs)
		assert.Equal(t, sum.Times{N: 2, TotalS: 40, LongS: 20, Classes: []int{2}}, d.Total.Serve, "from start to finish, and from call to transfer")
	}
	do(t, b, cs)
	var some []queue.Day
	require.NoError(t, b.Sums(t.Context(), "2000-01-05", "2000-01-05", func(d *sum.Day) { some = append(some, d.Day) }))
	assert.Equal(t, []queue.Day{"2000-01-05"}, some)
	all = sumsOf(t, b)
	require.Len(t, all, 4, "and the day that goes on")
	assert.Equal(t, 1, all[3].Tickets)
	shut(t, b)
	n := 0
	require.NoError(t, ReadClosed(BookFile(dir), nil, func(c *Closed) error {
		return c.Sums(t.Context(), "", "", func(*sum.Day) { n++ })
	}))
	assert.Equal(t, 4, n)
}

// A report does without a sum that cannot be read: it adds the day up again.
func TestSumsWithoutADamagedOne(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, 4)
	ask := func() (all []string, err error) {
		err = ReadClosed(BookFile(dir), nil, func(c *Closed) error {
			return c.Sums(t.Context(), "", "", func(d *sum.Day) { all = append(all, said(t, d)) })
		})
		return all, err
	}
	want, err := ask()
	require.NoError(t, err)
	require.Len(t, want, 4)
	day := spanOfDay(t, dir, "2000-01-05")
	edit(t, dir, func(tx *bolt.Tx) error {
		return firstError(tx.Bucket(bucketSum).Put([]byte("2000-01-05"), []byte("damaged")), tx.Bucket(bucketSum).Delete([]byte("2000-01-06")))
	})
	got, err := ask()
	require.NoError(t, err)
	assert.Equal(t, want, got)
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketOf("2000-01-05")).Delete(seqKey(day.First + 3)) })
	_, err = ask()
	require.ErrorIs(t, err, ErrDamaged, "nor are its entries whole")
	assert.ErrorContains(t, err, fmt.Sprintf("entry %d of day 2000-01-05 is missing", day.First+3))
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketDays).Delete([]byte("2000-01-05")) })
	_, err = ask()
	require.ErrorIs(t, err, ErrDamaged, "a day is not left out")
	var told *BookError
	require.ErrorAs(t, err, &told)
}

// Behind the archive a sum cannot be made again; the report says which.
func TestADamagedSumOfTheArchive(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	running(t, dir, 1, nil)
	last := goneOf(t, dir).day
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketSum).Put([]byte(last), []byte("damaged")) })
	err := ReadClosed(BookFile(dir), nil, func(c *Closed) error { return c.Sums(t.Context(), "", "", func(*sum.Day) {}) })
	require.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "sum of day "+string(last))
}
