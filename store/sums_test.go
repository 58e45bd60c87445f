package store

import (
	"fmt"
	"os"
	"slices"
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
	lost, err := b.Sums(t.Context(), "", "", func(d *sum.Day) { all = append(all, *d) })
	require.NoError(t, err)
	require.Empty(t, lost)
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
	_, err := b.Sums(t.Context(), "2000-01-05", "2000-01-05", func(d *sum.Day) { some = append(some, d.Day) })
	require.NoError(t, err)
	assert.Equal(t, []queue.Day{"2000-01-05"}, some)
	all = sumsOf(t, b)
	require.Len(t, all, 4, "and the day that goes on")
	assert.Equal(t, 1, all[3].Tickets)
	shut(t, b)
	closed, lost, err := closedSums(t, dir)
	require.NoError(t, err)
	assert.Empty(t, lost)
	assert.Len(t, closed, 4)
}

// closedSums are those of a closed book, as they are said.
func closedSums(t *testing.T, dir string) (all []string, lost []queue.Day, err error) {
	t.Helper()
	err = ReadClosed(BookFile(dir), nil, func(c *Closed) (err error) {
		lost, err = c.Sums(t.Context(), "", "", func(d *sum.Day) { all = append(all, said(t, d)) })
		return err
	})
	return all, lost, err
}

// A report does without a sum that cannot be read: it adds the day up again, and
// where that cannot be done either it names the day and tells of the others.
func TestSumsWithoutADamagedOne(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, 4)
	want, lost, err := closedSums(t, dir)
	require.NoError(t, err)
	require.Empty(t, lost)
	require.Len(t, want, 4)
	day := spanOfDay(t, dir, "2000-01-05")
	edit(t, dir, func(tx *bolt.Tx) error {
		return firstError(tx.Bucket(bucketSum).Put([]byte("2000-01-05"), []byte("damaged")), tx.Bucket(bucketSum).Delete([]byte("2000-01-06")))
	})
	got, lost, err := closedSums(t, dir)
	require.NoError(t, err)
	assert.Empty(t, lost)
	assert.Equal(t, want, got)
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketOf("2000-01-05")).Delete(seqKey(day.First + 3)) })
	got, lost, err = closedSums(t, dir)
	require.NoError(t, err)
	assert.Equal(t, []queue.Day{"2000-01-05"}, lost, "nor are its entries whole")
	assert.Equal(t, []string{want[0], want[2], want[3]}, got)
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketDays).Delete([]byte("2000-01-05")) })
	_, _, err = closedSums(t, dir)
	require.ErrorIs(t, err, ErrDamaged, "a day is not left out")
	var told *BookError
	require.ErrorAs(t, err, &told)
}

// Behind the archive a sum is made again from the archive, as long as that is good.
func TestADamagedSumOfTheArchive(t *testing.T) {
	dir := t.TempDir()
	built(t, dir, 3)
	synctest.Test(t, func(t *testing.T) {
		later := time.Date(2001, 3, 5, 8, 0, 0, 0, time.UTC).Sub(time.Now())
		b, err := Open(dir, Options{Now: func() time.Time { return time.Now().Add(later) }, Keep: func(*queue.Hall) int { return 1 }})
		require.NoError(t, err)
		synctest.Wait()
		assert.Empty(t, archives(t, dir), "the last day has not ended")
		do(t, b, cs)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.NoError(t, b.Close())
	})
	want, lost, err := closedSums(t, dir)
	require.NoError(t, err)
	require.Empty(t, lost)
	gone := goneOf(t, dir).day
	var days []queue.Day // that have lost their sums
	edit(t, dir, func(tx *bolt.Tx) error {
		return tx.Bucket(bucketDays).ForEach(func(k, _ []byte) error {
			if queue.Day(k) > gone || queue.Day(k) == dayBefore {
				return nil
			}
			days = append(days, queue.Day(k))
			return tx.Bucket(bucketSum).Put(k, []byte("damaged"))
		})
	})
	require.Equal(t, []queue.Day{"2000-01-04", "2000-01-05", "2000-01-06"}, days)
	got, lost, err := closedSums(t, dir)
	require.NoError(t, err)
	assert.Empty(t, lost)
	assert.Equal(t, want, got, "to the byte")

	file := archiveFile(ArchiveDir(BookFile(dir)), monthOf(gone))
	whole := fileBytes(t, file)
	for what, spoil := range map[string]func() error{
		"damaged": func() error {
			bad := slices.Clone(whole)
			bad[len(bad)/2] ^= 1
			return os.WriteFile(file, bad, 0o600)
		},
		"cut short": func() error { return os.WriteFile(file, whole[:len(whole)-9], 0o600) },
		"gone":      func() error { return os.Remove(file) },
	} {
		require.NoError(t, os.WriteFile(file, whole, 0o600), what)
		require.NoError(t, spoil(), what)
		got, lost, err = closedSums(t, dir)
		require.NoError(t, err, what)
		assert.Equal(t, days, lost, what)
		assert.Equal(t, want[len(days):], got, what)
	}
}
