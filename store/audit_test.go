package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// audited lives through a day with departures from the order and closes the book.
func auditedDay(t *testing.T) (dir string) {
	dir = t.TempDir()
	b := opened(t, dir, Options{})
	rules := testRules(3)
	rules.Classes = []queue.ClassRule{{ID: "elderly", HeadStartMin: 15}}
	next := configure(rules)
	next.Hash = "second"
	do(t, b, next)
	for range 6 {
		do(t, b, cs)
	}
	number := func(n string) queue.Target { return queue.Target{Number: n} }
	for _, c := range []queue.Command{
		queue.SignIn{Counter: "q1", Clerk: "lan"}, queue.OpenCounter{Counter: "q2"},
		queue.CallNext{Counter: "q1"}, queue.Undo{Counter: "q1"}, queue.CallNext{Counter: "q1"}, // A001
		queue.Call{Counter: "q2", Target: number("A004"), How: queue.BySupervisor}, queue.Park{Counter: "q2", Reason: queue.ParkFee},
		queue.Call{Counter: "q2", Target: number("A004")}, queue.Finish{Counter: "q2"},
		queue.SetPriority{Ticket: 6, Class: "elderly", Reason: "seen"},
		queue.Postpone{Ticket: 3, Minutes: 10},
		queue.Finish{Counter: "q1"},
		queue.Call{Counter: "q1", Target: number("A002")}, // A006 is next by now
		queue.MarkNoShow{Counter: "q1"}, queue.Return{Ticket: 2},
		queue.CallNext{Counter: "q1"}, queue.Cancel{Ticket: 5, Reason: "left"},
		queue.SkipNumbers{Series: "A", To: 14, Cause: queue.CausePowerCut},
	} {
		_, err := b.Do(t.Context(), Request{Command: c, By: queue.Actor{Via: "page"}})
		require.NoError(t, err, "%T", c)
	}
	shut(t, b)
	return dir
}

func say(r *Report) (lines []string) {
	for _, f := range r.Findings {
		line := fmt.Sprint(f.Code, " ", f.Seq, " ", f.By.Clerk)
		for _, k := range []string{"number", "want", "counter", "reopened", "reason", "from", "to"} {
			if v, ok := f.Args[k]; ok && v != "" {
				line += fmt.Sprintf(" %s=%v", k, v)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func audit(t testing.TB, dir string, o AuditOptions) *Report {
	r, err := Audit(BookFile(dir), o)
	require.NoError(t, err)
	return r
}

func TestAuditListsEachDeparture(t *testing.T) {
	r := audit(t, auditedDay(t), AuditOptions{})
	assert.Zero(t, r.Faults())
	assert.Equal(t, 6, r.Tickets)
	assert.Equal(t, 3, r.Calls)
	assert.Equal(t, []string{
		"undone 15 lan number=A001 counter=q1",
		"called_supervisor 17  number=A004 want=A002 counter=q2",
		"called_back 19  number=A004 want=A002 counter=q2",
		"priority_changed 21  number=A006 reason=seen",
		"postponed 22  number=A003",
		"called_number 24 lan number=A002 want=A006 counter=q1",
		"returned 26  number=A002",
		"cancelled 28  number=A005 reason=left",
		"skipped_power_cut 29  from=A007 to=A014",
	}, say(r))
}

// seal gives a changed record the checksum that it would have had.
func seal(seq Seq, data []byte) []byte {
	body := data[:len(data)-4]
	return binary.BigEndian.AppendUint32(body, checksum(seq, body))
}

// moveUp puts each entry behind from in the place of the one before it.
func moveUp(day *bolt.Bucket, from, last Seq) error {
	for seq := from; seq < last; seq++ {
		data := append([]byte(nil), day.Get(seqKey(seq+1))...)
		if err := day.Put(seqKey(seq), seal(seq, data)); err != nil {
			return err
		}
	}
	return nil
}

// A whole day removed is named as that day, not as the one behind it.
func TestAuditFindsADayRemoved(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 2)
	edit(t, dir, func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketOf("1999-12-04")) })
	r := audit(t, dir, AuditOptions{})
	first, _ := r.First()
	require.NotNil(t, first)
	assert.Equal(t, "missing", first.Code)
	assert.Equal(t, queue.Day("1999-12-04"), first.Day)
}

// Where a page cannot be read, what comes before it is judged, and its first entry named.
func TestAuditNamesWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	manyMonths(t, dir, 2)
	day := spanOfDay(t, dir, "1999-12-04")
	var at int64
	edit(t, dir, func(tx *bolt.Tx) error {
		at = int64(tx.Bucket(bucketOf("1999-12-04")).Root()) * int64(tx.DB().Info().PageSize)
		return nil
	})
	require.Positive(t, at)
	f, err := os.OpenFile(BookFile(dir), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 64), at)
	require.NoError(t, errors.Join(err, f.Close()))
	r := audit(t, dir, AuditOptions{})
	first, around := r.First()
	require.NotNil(t, first)
	assert.Nil(t, around)
	assert.Equal(t, "unreadable", first.Code)
	assert.Equal(t, day.First, first.Seq)
	assert.Equal(t, queue.Day("1999-12-04"), first.Day)
	assert.Equal(t, int(day.First-1), r.Entries)
}

// Whoever changes the file is found out, and the first bad entry is named.
func TestAuditFindsTampering(t *testing.T) {
	get := func(day *bolt.Bucket, seq Seq) []byte { return append([]byte(nil), day.Get(seqKey(seq))...) }
	for name, c := range map[string]struct {
		tamper func(day *bolt.Bucket) error
		want   string // the first fault
		place  string // the first place known to be wrong, and the day's entries around it
	}{
		"one removed": {func(day *bolt.Bucket) error { return day.Delete(seqKey(17)) }, "missing 17  to=17", "17"},
		"three removed": {func(day *bolt.Bucket) error {
			return firstError(day.Delete(seqKey(17)), day.Delete(seqKey(18)), day.Delete(seqKey(19)))
		}, "missing 17  to=19", "17"},
		"the last removed": {func(day *bolt.Bucket) error { k, _ := day.Cursor().Last(); return day.Delete(k) }, "too_few 4  to=29", "4-29"},
		"two swapped": {func(day *bolt.Bucket) error {
			a, z := get(day, 6), get(day, 8)
			return firstError(day.Put(seqKey(6), z), day.Put(seqKey(8), a))
		}, "damaged 6 ", "6"},
		"a time edited": {func(day *bolt.Bucket) error {
			data := get(day, 15)
			data[9] ^= 1
			return day.Put(seqKey(15), data)
		}, "damaged 15 ", "15"},
		"a time edited and sealed": {func(day *bolt.Bucket) error {
			data := get(day, 15)
			data[4]-- // years ago
			return day.Put(seqKey(15), seal(15, data))
		}, "time_back 15 ", "15 in 4-29"},
		"two swapped and sealed": {func(day *bolt.Bucket) error { // A002 and A004
			a, z := get(day, 6), get(day, 8)
			return firstError(day.Put(seqKey(6), seal(6, z)), day.Put(seqKey(8), seal(8, a)))
		}, "bad_number 6  number=A004 want=A002", "6 in 4-29"},
		"one removed, the others moved and sealed": {func(day *bolt.Bucket) error {
			if err := moveUp(day, 20, 29); err != nil {
				return err
			}
			end := tail{}
			meta := day.Tx().Bucket(bucketMeta)
			if err := end.decode(meta.Get(keyTail), time.UTC); err != nil {
				return err
			}
			end.seq--
			return firstError(day.Delete(seqKey(29)), meta.Put(keyTail, end.encode()))
		}, "head_changed 4  to=28", "4-28"},
		"one removed, the others moved and sealed, the end as it was": {func(day *bolt.Bucket) error {
			return firstError(moveUp(day, 20, 29), day.Delete(seqKey(29)))
		}, "too_few 4  to=29", "4-29"},
		"one added": {func(day *bolt.Bucket) error {
			data := get(day, 24) // the call of A002, weeks later
			data[5]++
			return day.Put(seqKey(30), seal(30, data))
		}, "not_callable 30 ", "30 in 4-30"},
		"what is no entry": {func(day *bolt.Bucket) error { return day.Put([]byte("notebook"), []byte("x")) }, "foreign 30 ", "30"},
		"nor has a number": {func(day *bolt.Bucket) error { return day.Put([]byte("note"), []byte("x")) }, "foreign 30 ", "30"},
		"a note added": {func(day *bolt.Bucket) error {
			note := record{Entry: Entry{Type: "printer.printed", Version: 1}}
			note.Seq, note.At = 30, time.Now().Add(time.Hour)
			data, err := note.encode()
			return firstError(err, day.Put(seqKey(30), data))
		}, "too_many 4  to=30", "4-30"},
		"who did it edited and sealed": {func(day *bolt.Bucket) error {
			data := get(day, 15)
			data[bytes.Index(data, []byte("page"))] = 'P'
			return day.Put(seqKey(15), seal(15, data))
		}, "head_changed 4  to=29", "4-29"},
		"a time set forward and sealed": {func(day *bolt.Bucket) error {
			data := get(day, 15)
			data[4]++
			return day.Put(seqKey(15), seal(15, data))
		}, "time_ahead 15 ", "15 in 4-29"},
		"two times set forward and sealed": {func(day *bolt.Bucket) error {
			for seq := Seq(14); seq < 16; seq++ {
				data := get(day, seq)
				data[4]++
				if err := day.Put(seqKey(seq), seal(seq, data)); err != nil {
					return err
				}
			}
			return nil
		}, "time_wrong 14  to=16", "14-16 in 4-29"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := auditedDay(t)
			var day []byte
			edit(t, dir, func(tx *bolt.Tx) error {
				k, _ := tx.Cursor().Seek([]byte(dayPrefix + "2"))
				day = append(day, k...)
				return c.tamper(tx.Bucket(day))
			})
			r := audit(t, dir, AuditOptions{})
			t.Log(strings.Join(say(r), "\n"))
			require.Positive(t, r.Faults())
			for _, f := range r.Findings {
				if f.Fault {
					assert.Contains(t, strings.Join(say(&Report{Findings: []Finding{f}}), ""), c.want)
					break
				}
			}
			first, around := r.First()
			place := fmt.Sprint(first.Seq)
			if first.To != 0 {
				place += fmt.Sprint("-", first.To)
			}
			if around != nil {
				place += fmt.Sprintf(" in %d-%d", around.Seq, around.To)
			}
			assert.Equal(t, c.place, place)
		})
	}
}

// Whoever rewrites everything that follows is found out by a head that was
// written down on the day.
func TestAuditKnowsAnOldHead(t *testing.T) {
	dir := auditedDay(t)
	r := audit(t, dir, AuditOptions{})
	last := r.Days[len(r.Days)-1]
	r = audit(t, dir, AuditOptions{Head: last.Head})
	assert.Equal(t, last.Last, r.HeadAt)
	assert.Zero(t, r.Faults())
	assert.Equal(t, last.Last, audit(t, dir, AuditOptions{Head: last.Head[:16]}).HeadAt)

	b := open(t, dir, Options{})
	do(t, b, cs)
	_, err := Audit(BookFile(dir), AuditOptions{})
	assert.ErrorIs(t, err, ErrInUse)
	shut(t, b)
	r = audit(t, dir, AuditOptions{Head: last.Head})
	assert.Equal(t, last.Last, r.HeadAt, "more has been written since")
	assert.Zero(t, r.Faults())

	other := audit(t, auditedDay(t), AuditOptions{Head: last.Head})
	assert.Equal(t, 1, other.Faults())
	for _, bad := range []string{"12", "xyz", strings.Repeat("00", 33)} {
		_, err := Audit(BookFile(dir), AuditOptions{Head: bad})
		assert.ErrorIs(t, err, ErrNoHead)
	}
}

func TestAuditOfWhatIsNoBook(t *testing.T) {
	path := BookFile(t.TempDir())
	_, err := Audit(path, AuditOptions{})
	assert.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, make([]byte, 64<<10), 0o600))
	_, err = Audit(path, AuditOptions{})
	assert.Error(t, err)
	require.NoError(t, os.Remove(path))
	require.NoError(t, create(t.TempDir(), path))
	r, err := Audit(path, AuditOptions{})
	require.NoError(t, err)
	assert.Zero(t, r.Entries)
}

// One day alone is told, from all that came before it.
func TestAuditOfOneDay(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := opened(t, dir, w.options())
		for range 3 {
			a := issued(t, do(t, b, cs))
			do(t, b, queue.Cancel{Ticket: a.Ticket})
			time.Sleep(24 * time.Hour)
		}
		shut(t, b)
		r := audit(t, dir, AuditOptions{})
		assert.Len(t, r.Findings, 3)
		assert.Zero(t, r.Faults())
		require.Len(t, r.Days, 4, "and what came before the first")
		r = audit(t, dir, AuditOptions{Day: r.Days[2].Day})
		assert.Len(t, r.Findings, 1)
		assert.Zero(t, r.Faults())
		require.Len(t, r.Days, 3)
	})
}

// yearBook is a book of so many days of 600 tickets, six events each and a note.
func yearBook(b *testing.B, days int) (dir string) {
	dir = b.TempDir()
	require.NoError(b, create(dir, BookFile(dir)))
	db, err := bolt.Open(BookFile(dir), 0o600, &bolt.Options{NoSync: true})
	require.NoError(b, err)
	zone := Options{}.withDefaults().Zone(nil)
	at := time.Date(2026, 1, 5, 7, 30, 0, 0, zone)
	book := &Book{opts: Options{}.withDefaults(), st: newState()}
	book.clock = newClock(book.opts, time.Time{})
	for day := range days {
		t := &batch{now: at.AddDate(0, 0, day)}
		do := func(c queue.Command) {
			t.now = t.now.Add(2 * time.Second)
			r, err := book.command(t, &Request{Command: c, By: queue.Actor{Via: "page", Clerk: "lan"}})
			require.NoError(b, firstError(err, r.err))
		}
		if day == 0 {
			do(configure(testRules(10)))
		}
		do(queue.Tick{})
		for i := range 600 {
			do(cs)
			_, err := book.record(t, []record{{Entry: Entry{Type: "printer.printed", Version: 1, Note: make([]byte, 12)}}}, nil)
			require.NoError(b, err)
			if i >= 40 {
				counter := queue.CounterID(fmt.Sprintf("q%d", i%10+1))
				do(queue.CallNext{Counter: counter})
				do(queue.Recall{Counter: counter})
				do(queue.Start{Counter: counter})
			}
		}
		require.NoError(b, db.Update(func(tx *bolt.Tx) error { return t.store(tx, &book.st.tail) }))
	}
	require.NoError(b, db.Close())
	return dir
}

// BenchmarkAuditYear replays 250 days of 600 tickets: 150,000 in all.
func BenchmarkAuditYear(b *testing.B) {
	dir := yearBook(b, 250)
	info, err := os.Stat(BookFile(dir))
	require.NoError(b, err)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the command does
	for b.Loop() {
		r := audit(b, dir, AuditOptions{})
		require.Zero(b, r.Faults(), "%v", say(r))
		b.ReportMetric(float64(r.Entries), "entries")
		b.ReportMetric(float64(r.Tickets), "tickets")
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB")
}
