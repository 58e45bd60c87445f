package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/device"
	"xinmoi/store/queue"
	"xinmoi/store/sum"
)

// manyMonths is a book with a day in each of so many months before January 2000,
// and one in it.
func manyMonths(t testing.TB, dir string, months int) {
	t.Helper()
	w, err := Build(dir, Options{})
	require.NoError(t, err)
	at := time.Date(2000, time.Month(1-months), 4, 8, 0, 0, 0, time.FixedZone("", 7*60*60))
	n := 0
	do := func(c queue.Command) {
		n++
		at = at.Add(20 * time.Second)
		require.NoError(t, w.Do(at, Request{Command: c, By: queue.Actor{Via: "test"}, Key: fmt.Sprint(n), Digest: "d"}), "%T", c)
	}
	do(configure(testRules(3)))
	for m := range months + 1 {
		at = time.Date(2000, time.Month(1-months+m), 4, 8, 0, 0, 0, at.Location())
		do(queue.OpenDay{})
		for range sweepSlice { // more than one slice
			do(cs)
		}
		do(queue.CallNext{Counter: "q1"})
		do(queue.CloseDay{})
		require.NoError(t, w.Commit())
	}
	require.NoError(t, w.Close())
}

// running runs a book with so many years to be kept until it is idle.
func running(t *testing.T, dir string, years int, with func(t *testing.T, b *Book)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 1, 5, 1, 0, 0, 0, time.UTC)))
		b, err := Open(dir, Options{Keep: func(*queue.Hall) int { return years }})
		require.NoError(t, err)
		defer func() { require.NoError(t, b.Close()) }()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if with != nil {
			with(t, b)
		}
	})
}

func dayBuckets(t *testing.T, dir string) (days []string) {
	edit(t, dir, func(tx *bolt.Tx) error {
		return tx.ForEach(func(k []byte, _ *bolt.Bucket) error {
			if day := dayOfBucket(k); day != "" {
				days = append(days, string(day))
			}
			return nil
		})
	})
	return days
}

func archives(t *testing.T, dir string) (names []string) {
	all, err := os.ReadDir(ArchiveDir(BookFile(dir)))
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// What is older than the years to be kept goes into the archive by months, and
// everything but the entries stays: days with their heads, sums, closing states.
func TestOldMonthsGoIntoTheArchive(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	before := audit(t, dir, AuditOptions{})
	require.Zero(t, before.Faults())
	sums := derived(t, dir)
	running(t, dir, 0, nil)
	assert.Empty(t, archives(t, dir), "0 years: everything stays")

	running(t, dir, 1, func(t *testing.T, b *Book) {
		days, err := b.Days()
		require.NoError(t, err)
		assert.Equal(t, before.Days[:16], days[:16], "number and head of each day stay")
		n := 0
		lost, err := b.Sums(t.Context(), "", "", func(d *sum.Day) { n += d.Tickets })
		require.NoError(t, err)
		assert.Empty(t, lost)
		assert.Equal(t, 16*sweepSlice, n, "reports do not notice")
		all, err := b.Read(0, 10)
		require.NoError(t, err)
		assert.Equal(t, days[4].First, all[0].Seq, "the first that is here")
		for _, day := range []queue.Day{"1998-10-04", "1998-12-04", "1999-01-04"} {
			why, hall, err := b.Why(day, "A002", "A001")
			require.NoError(t, err, day)
			assert.Equal(t, queue.WhyEarlier, why.Reason, day)
			assert.Equal(t, day, hall.Tickets()[0].Day)
			_, hash := hall.Document()
			assert.NotEmpty(t, hash, day)
		}
		_, _, err = b.Why("1998-11-05", "A002", "A001")
		assert.ErrorIs(t, err, ErrUnknownDay)
		_, _, err = b.Why("../../../x", "A002", "A001")
		assert.ErrorIs(t, err, ErrUnknownDay)
		assert.Equal(t, "A001", issued(t, do(t, b, cs)).Number)
	})
	assert.Equal(t, []string{"1998-10.journal.gz", "1998-11.journal.gz", "1998-12.journal.gz"}, archives(t, dir))
	assert.Equal(t, "1999-01-04", dayBuckets(t, dir)[0])
	got := derived(t, dir)
	for k, v := range sums {
		if k != "snap 2000-01-04" && k != "summed" {
			assert.Equal(t, v, got[k], k)
		}
	}

	edit(t, dir, func(tx *bolt.Tx) error { // a newer program makes the sums anew, of the days that are here
		return tx.Bucket(bucketMeta).Put(keySummed, append([]byte{sum.Version + 1}, "2000-01-04"...))
	})
	running(t, dir, 1, nil)
	got = derived(t, dir)
	assert.Equal(t, sums["sum 1998-10-04"], got["sum 1998-10-04"])
	assert.Equal(t, "\x012000-01-04", got["summed"])

	r := audit(t, dir, AuditOptions{Head: before.Days[1].Head})
	assert.Zero(t, r.Faults(), say(r))
	assert.Equal(t, before.Days[1].Last, r.HeadAt, "a head of the archive")
	assert.Equal(t, before.Tickets+1, r.Tickets)
	away := filepath.Join(t.TempDir(), "archive")
	require.NoError(t, os.Rename(ArchiveDir(BookFile(dir)), away))
	r = audit(t, dir, AuditOptions{})
	assert.Zero(t, r.Faults(), say(r))
	assert.Equal(t, "not_read", r.Findings[0].Code)
	assert.Equal(t, 13*sweepSlice+1, r.Tickets, "from the closing state on")
	_, err := Audit(BookFile(dir), AuditOptions{Day: "1998-11-04"})
	assert.ErrorIs(t, err, fs.ErrNotExist, "that day could not be looked at")
	_, err = Audit(BookFile(dir), AuditOptions{Day: "1998-11-04", Archive: away})
	assert.NoError(t, err)
	_, err = Audit(BookFile(dir), AuditOptions{Day: "1990-01-01"})
	assert.ErrorIs(t, err, ErrUnknownDay)
	ask := func(archive string) error {
		_, _, err := Why(BookFile(dir), AuditOptions{Day: "1998-11-04", Archive: archive}, "A002", "A001")
		return err
	}
	assert.ErrorIs(t, ask(""), ErrUnknownDay)
	assert.NoError(t, ask(away))
	r = audit(t, dir, AuditOptions{Archive: away})
	assert.Equal(t, before.Tickets+1, r.Tickets)
	require.NoError(t, os.Remove(filepath.Join(away, "1998-11.journal.gz")))
	r = audit(t, dir, AuditOptions{Archive: away})
	assert.Zero(t, r.Faults(), say(r))
	assert.Equal(t, 15*sweepSlice+1, r.Tickets, "a month in between is passed over")
}

// A document that says how long entries stay works at once.
func TestRetentionSetWhileTheHallRuns(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 1, 5, 1, 0, 0, 0, time.UTC)))
		years := 0
		b, err := Open(dir, Options{Keep: func(*queue.Hall) int { return years }})
		require.NoError(t, err)
		defer func() { require.NoError(t, b.Close()) }()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.Empty(t, archives(t, dir))
		years = 1
		do(t, b, configure(testRules(4)))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Len(t, archives(t, dir), 3)
	})
}

// A month stays for a durable reader that has not come past it.
func TestRetentionWaitsForReaders(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	r := audit(t, dir, AuditOptions{})
	running(t, dir, 0, func(t *testing.T, b *Book) { require.NoError(t, b.SetMark(t.Context(), "printer", r.Days[2].Last-1)) })
	running(t, dir, 1, nil)
	assert.Equal(t, []string{"1998-10.journal.gz"}, archives(t, dir))
	running(t, dir, 0, func(t *testing.T, b *Book) { require.NoError(t, b.SetMark(t.Context(), "printer", r.Days[2].Last)) })
	running(t, dir, 1, nil)
	assert.Equal(t, []string{"1998-10.journal.gz", "1998-11.journal.gz"}, archives(t, dir))
}

// Wherever the power is cut, the next start finds the way to the same end, and the
// audit finds every entry.
func TestPowerCutsInRetention(t *testing.T) {
	whole := t.TempDir()
	manyMonths(t, whole, 14)
	want := audit(t, whole, AuditOptions{})
	for cut := 1; ; cut++ {
		dir := t.TempDir()
		data, err := os.ReadFile(BookFile(whole))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(BookFile(dir), data, 0o600))
		done := cutAt(t, dir, cut)
		r := audit(t, dir, AuditOptions{})
		require.Zero(t, r.Faults(), "cut at commit %d: %v", cut, say(r))
		require.Equal(t, want.Tickets, r.Tickets, "cut at commit %d", cut)
		if len(archives(t, dir)) < 2 { // and half a file where the cut fell
			require.NoError(t, os.MkdirAll(ArchiveDir(BookFile(dir)), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(ArchiveDir(BookFile(dir)), "1998-12.journal.gz.new"), []byte("half"), 0o600))
		}
		running(t, dir, 1, nil)
		require.Equal(t, []string{"1998-11.journal.gz", "1998-12.journal.gz"}, archives(t, dir), "cut at commit %d", cut)
		require.Equal(t, "1999-01-04", dayBuckets(t, dir)[0])
		r = audit(t, dir, AuditOptions{})
		require.Zero(t, r.Faults())
		require.Equal(t, want.Tickets, r.Tickets)
		if done {
			require.Greater(t, cut, 6, "there should be many places to cut")
			return
		}
	}
}

// cutAt lets a book work on its past until its nth commit, which does not happen;
// done says that there was none.
func cutAt(t *testing.T, dir string, n int) (done bool) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 1, 5, 1, 0, 0, 0, time.UTC)))
		commits := 0
		done = true
		cut := make(chan struct{})
		b, err := Open(dir, Options{
			Keep: func(*queue.Hall) int { return 1 },
			update: func(db *bolt.DB, fn func(*bolt.Tx) error) error {
				if commits++; commits == n+1 { // the first is the start
					done = false
					close(cut)
				}
				if commits > n {
					return errors.New("no power")
				}
				return db.Update(fn)
			},
		})
		require.NoError(t, err)
		select {
		case <-cut:
		case <-time.After(5 * time.Minute):
		}
		_ = b.Close()
	})
	return done
}

// A damaged archive is never trusted: with the entries still here it is written
// again, without them it is told.
func TestDamagedArchive(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	file := archiveFile(ArchiveDir(BookFile(dir)), "1998-10")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("not an archive at all"), 0o600))
	_, err := openArchive(file)
	var told *BookError
	require.ErrorAs(t, err, &told)
	assert.Equal(t, file, told.File)
	running(t, dir, 1, nil)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	whole := audit(t, dir, AuditOptions{})
	require.Zero(t, whole.Faults())
	var ends Seq // of the month
	for _, d := range whole.Days {
		if monthOf(d.Day) == "1998-10" {
			ends = d.Last
		}
	}

	for i, name := range []string{"beginning", "middle", "end", "short", "other"} {
		bad := slices.Clone(good)
		switch name {
		case "beginning":
			bad[60] ^= 4
		case "middle":
			bad[len(bad)/2] ^= 4
		case "end":
			bad[len(bad)-9] ^= 4
		case "short":
			bad = bad[:len(bad)*2/3]
		case "other":
			bad, err = os.ReadFile(archiveFile(filepath.Dir(file), "1998-11"))
			require.NoError(t, err)
		}
		require.NoError(t, os.WriteFile(file, bad, 0o600))
		r := audit(t, dir, AuditOptions{})
		require.Positive(t, r.Faults(), name)
		assert.Contains(t, []string{"archive_damaged", "damaged", "missing"}, r.Findings[0].Code, "%s %d", name, i)
		if first, _ := r.First(); first.Code == "archive_damaged" {
			assert.Equal(t, ends, first.To, "which of the month's entries it is cannot be told")
		}
		_, _, err = Why(BookFile(dir), AuditOptions{Day: "1998-10-04"}, "A002", "A001")
		assert.ErrorIs(t, err, ErrArchive, name)
	}
}

// Entries that were to be deleted stay while their archive is not good.
func TestNothingIsDeletedOnTheWordOfABadArchive(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	for cut := 1; goneOf(t, dir).day == ""; cut++ { // until one month is in the archive, with its entries still here
		require.False(t, cutAt(t, dir, cut))
	}
	left := dayBuckets(t, dir)
	require.Contains(t, left, "1998-10-04")
	require.NoError(t, os.WriteFile(archiveFile(ArchiveDir(BookFile(dir)), "1998-10"), bytes.Repeat([]byte{1}, 999), 0o600))
	away := goneOf(t, dir)
	var told DeviceStatus
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2000, 1, 5, 1, 0, 0, 0, time.UTC)))
		b, err := Open(dir, Options{Keep: func(*queue.Hall) int { return 1 }})
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		told = b.View().Devices[0]
		first, err := b.Read(0, 1)
		require.NoError(t, err)
		assert.Equal(t, away.seq+1, first[0].Seq, "what is gone is not read, even where it still lies")
		require.NoError(t, b.Close())
	})
	assert.Equal(t, device.Set(device.WorkFailed), told.Conditions, "on the supervisor's page")
	assert.Contains(t, told.Detail, "1998-10.journal.gz")
	assert.Equal(t, left, dayBuckets(t, dir))
}

func goneOf(t *testing.T, dir string) (g gone) {
	edit(t, dir, func(tx *bolt.Tx) error { g = goneTo(tx); return nil })
	return g
}

// An archive takes no room that the hall needs.
func TestNoArchiveOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 15)
	b := open(t, dir, Options{free: func(string) (uint64, error) { return reserveBack, nil }, Keep: func(*queue.Hall) int { return 1 }})
	h, err := b.nextToArchive()
	require.NoError(t, err)
	assert.ErrorIs(t, b.archive(context.Background(), h), ErrDiskLow)
	assert.Empty(t, archives(t, dir))
}

// Somebody who can pack a file again is found out by the hash over all, and where
// that was made anew too, by the chain.
func TestARepackedArchive(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 14)
	running(t, dir, 1, nil)
	file := archiveFile(ArchiveDir(BookFile(dir)), "1998-12")
	packed, err := os.ReadFile(file)
	require.NoError(t, err)
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	plain, err := io.ReadAll(zip)
	require.NoError(t, err)
	body := plain[:len(plain)-32]
	installation := bytes.IndexByte(plain, 0x70) // CBOR: a text of 16 bytes
	for what, c := range map[string]struct {
		at   int
		hash bool
		want string
	}{
		"an entry":                    {len(body) - 20, false, "damaged"},
		"the end of the file":         {len(plain) - 1, false, "archive_damaged"},
		"the state, and no new hash":  {bytes.Index(plain, []byte("kiosk")), false, "archive_damaged"},
		"an entry, and the hash anew": {len(body) - 20, true, "damaged"},
		"whose it is":                 {installation + 3, true, "archive_other"},
	} {
		bad := slices.Clone(plain)
		bad[c.at] ^= 1
		if c.hash {
			sum := sha256.Sum256(bad[:len(body)])
			copy(bad[len(body):], sum[:])
		}
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := w.Write(bad)
		require.NoError(t, errors.Join(err, w.Close()))
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o600))
		r := audit(t, dir, AuditOptions{})
		require.Positive(t, r.Faults(), what)
		codes := []string{}
		for _, f := range r.Findings {
			if f.Fault {
				codes = append(codes, f.Code)
			}
		}
		assert.Contains(t, codes, c.want, what)
		_, _, err = Why(BookFile(dir), AuditOptions{Day: "1998-12-04"}, "A002", "A001")
		assert.ErrorIs(t, err, ErrArchive, what)
		err = ReadClosed(BookFile(dir), nil, func(c *Closed) error {
			_, err := c.Each("1998-12-01", "1998-12-31", func(queue.Day, Entry) error { return nil })
			return err
		})
		assert.Error(t, err, what)
	}
}
