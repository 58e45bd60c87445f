package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

var update = flag.Bool("update", false, "write the journal of the present format and what it folds to")

// A journal of every released format must fold for ever. journal-N.txt has one
// line for each record, day, number and stored bytes in hex; journal-N.want says
// what they fold to.
func TestJournalsOfEveryFormat(t *testing.T) {
	present := filepath.Join("testdata", fmt.Sprintf("journal-%d.txt", format))
	if *update {
		require.NoError(t, os.WriteFile(present, writeJournal(t), 0o644))
	}
	files, err := filepath.Glob("testdata/journal-*.txt")
	require.NoError(t, err)
	require.Contains(t, files, present)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, seen := foldFile(t, file)
			want := strings.TrimSuffix(file, ".txt") + ".want"
			got := describe(s)
			if *update && file == present {
				require.NoError(t, os.WriteFile(want, []byte(got), 0o644))
			}
			expected, err := os.ReadFile(want)
			require.NoError(t, err)
			assert.Equal(t, string(expected), got)
			if file == present {
				for name := range typeCodes {
					assert.Contains(t, seen, name, "the journal should have every type of event")
				}
			}
		})
	}
}

// foldFile makes a book of the records in a file, and opens it.
func foldFile(t *testing.T, file string) (s *state, types map[string]int) {
	dir := t.TempDir()
	path := filepath.Join(dir, bookName)
	require.NoError(t, create(dir, path))
	in, err := os.Open(file)
	require.NoError(t, err)
	defer in.Close()
	zone := Options{}.withDefaults().Zone
	end, types := newState().tail, map[string]int{}
	edit(t, dir, func(tx *bolt.Tx) error {
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var day string
			var seq Seq
			var stored []byte
			if _, err := fmt.Sscanf(lines.Text(), "%s %d %x", &day, &seq, &stored); err != nil {
				return err
			}
			var r record
			if err := r.decode(seq, stored, time.UTC); err != nil {
				return fmt.Errorf("entry %d: %w", seq, err)
			}
			types[r.Type]++
			end.place(&r)
			require.Equal(t, day, string(end.day))
			end.head = end.head.next(seq, stored)
			bucket, err := tx.CreateBucketIfNotExists(bucketOf(end.day))
			if err != nil {
				return err
			}
			if err := bucket.Put(seqKey(seq), stored); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyTail, end.encode())
	})
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer db.Close()
	s, err = fold(db, zone)
	require.NoError(t, err)
	return s, types
}

// describe says what a state holds, for people.
func describe(s *state) string {
	var out bytes.Buffer
	_, hash := s.hall.Document()
	fmt.Fprintf(&out, "entry %d, day %s, open %q, document %s, chain %x\n", s.tail.seq, s.tail.day, s.hall.Day(), hash, s.tail.head)
	for _, t := range s.hall.Tickets() {
		fmt.Fprintf(&out, "ticket %d %q %s %s class=%q lang=%q leg=%d counter=%q calls=%d no-shows=%d parked=%ds outcomes=%v rating=%d dossier=%q due=%s told=%+v\n",
			t.ID, t.Number, t.Service, t.State, t.Class, t.Lang, t.Leg, t.Counter, t.Calls, t.NoShows, t.ParkedS, t.Outcomes, t.Rating, t.Dossier, t.Due.Format(time.DateTime), t.Told)
	}
	for _, c := range s.hall.Counters() {
		fmt.Fprintf(&out, "counter %s %s reason=%q clerk=%q ticket=%d last=%d parked=%v\n", c.ID, c.State, c.Reason, c.Clerk, c.Ticket, c.Last, c.Parked)
	}
	for _, d := range s.deviceList() {
		fmt.Fprintf(&out, "device %s %v %q since %s\n", d.ID, d.Conditions, d.Detail, d.Since.Format(time.DateTime))
	}
	for _, k := range slices.Sorted(maps.Keys(s.keys)) {
		fmt.Fprintf(&out, "key %s from %d, %d entries, digest %016x\n", k, s.keys[k].first, s.keys[k].count, s.keys[k].digest)
	}
	return out.String()
}

// writeJournal lives through a day, opened twice, in which everything happens once.
func writeJournal(t *testing.T) (journal []byte) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		rules := testRules(3)
		rules.Classes = []queue.ClassRule{{ID: "elderly", HeadStartMin: 15}}
		rules.Services[0].Bring = map[string][]string{"vi": {"Căn cước công dân"}}
		next := configure(rules)
		next.Hash = "second"
		do(t, b, next)
		q1, q2 := queue.CounterID("q1"), queue.CounterID("q2")
		id := func(n int) queue.TicketID { return queue.TicketID(n) }
		old := cs
		old.Class = "elderly"
		slot := cs
		slot.Slot = b.Now().Add(2 * time.Hour)
		for i, c := range []queue.Command{
			cs, cs, cs, old, queue.Issue{Service: "fee", Place: queue.AtKiosk, Lang: "en"}, slot, // A001 to A006
			queue.SignIn{Counter: q1, Clerk: "c7"},
			queue.CallNext{Counter: q1}, queue.Recall{Counter: q1}, queue.Undo{Counter: q1},
			queue.CallNext{Counter: q1}, queue.Start{Counter: q1}, // A004
			queue.Finish{Counter: q1, Outcomes: map[queue.Outcome]int{queue.Received: 2, queue.Advised: 1}},
			queue.Rate{Ticket: id(4), Level: 5},
			queue.SetOutcome{Ticket: id(4), Outcomes: map[queue.Outcome]int{queue.Returned: 1}},
			queue.LinkDossier{Ticket: id(4), Dossier: "H29.17"},
			queue.CallNext{Counter: q1}, queue.Start{Counter: q1}, queue.Park{Counter: q1, Reason: queue.ParkResult}, // A001
			queue.CallNext{Counter: q1}, queue.MarkNoShow{Counter: q1}, queue.Return{Ticket: id(2), After: 1}, // A002
			queue.CallNext{Counter: q1}, queue.Transfer{Counter: q1, ToService: "fee", Note: "lệ phí"}, // A003
			queue.ResultCall{Counter: q1, Target: queue.Target{Ticket: id(1)}}, queue.Finish{Counter: q1},
			queue.SetPriority{Ticket: id(5), Class: "elderly", Reason: "asked"},
			queue.CheckIn{Ticket: id(6)}, queue.Postpone{Ticket: id(6), Minutes: 10}, queue.Cancel{Ticket: id(6), Reason: "left"},
			queue.OpenCounter{Counter: q2}, queue.ServeDirect{Counter: q2, Service: "cs"},
			queue.PauseCounter{Counter: q2, Reason: "lunch", Until: b.Now().Add(time.Hour)},
			queue.CloseCounter{Counter: q2}, queue.SignOut{Counter: q1},
			queue.CallNext{Counter: "q3"}, queue.CloseCounter{Counter: q1},
			queue.CloseDay{}, queue.OpenDay{},
			queue.CallNext{Counter: q1}, cs, cs, // armed: called at once
			queue.SkipNumbers{Series: "A", To: 11, Cause: queue.CausePowerCut}, cs,
		} {
			time.Sleep(4 * time.Second)
			_, err := b.Do(t.Context(), Request{Command: c, By: queue.Actor{Via: "test"}, Key: fmt.Sprintf("key-%d", i), Digest: "d"})
			require.NoError(t, err, "%d: %T", i, c)
		}
		b.Report("printer/p1", device.Set(device.MediaEmpty), "no paper")
		_, err := b.Note(t.Context(), "printer.printed", 1, []byte{1, 2, 3})
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		require.NoError(t, b.look(func(tx *bolt.Tx) error {
			return eachRecord(tx, 0, func(day queue.Day, seq Seq, stored []byte) error {
				journal = fmt.Appendf(journal, "%s %d %s\n", day, seq, hex.EncodeToString(stored))
				return nil
			})
		}))
	})
	return journal
}
