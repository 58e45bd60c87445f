package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/sum"
)

// What stands for entries that are gone must be read for ever, as they must: an
// archive, the closing state in it, and a sum, of each version that was released.
func TestArchivesOfEveryFormat(t *testing.T) {
	const present = "testdata/archive-1.journal.gz"
	if *update {
		dir := t.TempDir()
		manyMonths(t, dir, 2)
		require.NoError(t, ReadClosed(BookFile(dir), nil, func(c *Closed) error {
			var h *archiveHeader
			err := c.look(func(tx *bolt.Tx) (err error) {
				h, err = headerOf(tx, "1999-12")
				return err
			})
			if err != nil {
				return err
			}
			h.Installation = "aaaaaaaaaaaaaaaa"
			var out bytes.Buffer
			if err := c.fillArchive(t.Context(), &out, h); err != nil {
				return err
			}
			return os.WriteFile(present, out.Bytes(), 0o644)
		}))
	}
	files, err := filepath.Glob("testdata/archive-*.journal.gz")
	require.NoError(t, err)
	require.Contains(t, files, present)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := describeArchive(t, file)
			want := strings.TrimSuffix(file, archiveSuffix) + ".want"
			if *update && file == present {
				require.NoError(t, os.WriteFile(want, []byte(got), 0o644))
			}
			expected, err := os.ReadFile(want)
			require.NoError(t, err)
			assert.Equal(t, string(expected), got)
		})
	}
}

// describeArchive replays an archive from the state in it.
func describeArchive(t *testing.T, file string) string {
	t.Helper()
	a, err := openArchive(file)
	require.NoError(t, err)
	defer a.Close()
	var out strings.Builder
	fmt.Fprintf(&out, "installation %s, month %s\n", a.header.Installation, a.header.Month)
	snap, err := loadSnapshot(a.header.State)
	require.NoError(t, err)
	s := newState()
	require.NoError(t, s.restore(snap))
	require.Equal(t, a.header.Days[0].First-1, snap.Seq)
	d := newDaySum(s, Options{}.withDefaults().Zone)
	var at head
	copy(at[:], a.header.Days[0].Base)
	require.NoError(t, a.records(func(_ *archiveDay, seq Seq, data []byte) error {
		at = at.next(seq, data)
		return d.take(seq, data)
	}))
	last := a.header.Days[len(a.header.Days)-1]
	assert.Equal(t, hex.EncodeToString(last.Head), hex.EncodeToString(at[:]))
	total := said(t, d.sum(Day{Day: last.Day}))
	fmt.Fprintf(&out, "days %s to %s, entries %d to %d, head %x\n", a.header.Days[0].Day, last.Day, a.header.Days[0].First, last.Last, at)
	fmt.Fprintf(&out, "tickets %d, counters %d, document %v\n", len(s.hall.Tickets()), len(s.hall.Counters()), len(s.hall.Rules().Services))
	fmt.Fprintf(&out, "sum %s\n", total)
	return out.String()
}

// said is a sum in JSON without what is zero, so that a field that came later
// changes nothing here.
func said(t *testing.T, d *sum.Day) string {
	t.Helper()
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	text, err = json.MarshalIndent(withoutZeros(v), "", " ")
	require.NoError(t, err)
	return string(text)
}

// withoutZeros drops what is zero from objects.
func withoutZeros(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, x := range m {
		if m[k] = withoutZeros(x); x == nil || x == 0.0 || x == "" {
			delete(m, k)
		}
	}
	return m
}

func TestSumsOfEveryFormat(t *testing.T) {
	present := fmt.Sprintf("testdata/sum-%d.hex", sum.Version)
	if *update {
		dir := t.TempDir()
		built(t, dir, 2)
		edit(t, dir, func(tx *bolt.Tx) error {
			return os.WriteFile(present, []byte(hex.EncodeToString(tx.Bucket(bucketSum).Get([]byte("2000-01-04")))+"\n"), 0o644)
		})
	}
	files, err := filepath.Glob("testdata/sum-*.hex")
	require.NoError(t, err)
	require.Contains(t, files, present)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		data, err := hex.DecodeString(strings.TrimSpace(string(text)))
		require.NoError(t, err)
		d, err := openSum(data)
		require.NoError(t, err, file)
		got := []byte(said(t, d))
		want := strings.TrimSuffix(file, ".hex") + ".want"
		if *update && file == present {
			require.NoError(t, os.WriteFile(want, append(got, '\n'), 0o644))
		}
		expected, err := os.ReadFile(want)
		require.NoError(t, err)
		assert.Equal(t, string(expected), string(got)+"\n", file)
	}
}

// What a newer program has written is refused at the start, and not misread.
func TestNewerEntriesAreRefused(t *testing.T) {
	for name, change := range map[string]func(data []byte){
		"envelope":      func(data []byte) { data[0]++ },
		"flags":         func(data []byte) { data[1] |= 0x80 },
		"event version": func(data []byte) { data[3]++ },
		"event type":    func(data []byte) { data[2] = 250 },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := opened(t, dir, Options{Now: func() time.Time { return time.Date(2000, 1, 4, 8, 0, 0, 0, time.UTC) }})
			do(t, b, cs)
			shut(t, b)
			edit(t, dir, func(tx *bolt.Tx) error {
				day := bucketOf("2000-01-04")
				k, v := tx.Bucket(day).Cursor().Last()
				data := append([]byte(nil), v...)
				change(data)
				seq := seqOf(k)
				data = seal(seq, data)
				var end tail
				if err := end.decode(tx.Bucket(bucketMeta).Get(keyTail), time.UTC); err != nil {
					return err
				}
				end.head = end.base // the chain over the changed record, so that only its version speaks
				c := tx.Bucket(day).Cursor()
				for k, v := c.First(); k != nil; k, v = c.Next() {
					if seqOf(k) == seq {
						v = data
					}
					end.head = end.head.next(seqOf(k), v)
				}
				return firstError(tx.Bucket(day).Put(seqKey(seq), data), tx.Bucket(bucketMeta).Put(keyTail, end.encode()), tx.DeleteBucket(bucketSnap), create1(tx))
			})
			_, err := Open(dir, Options{})
			require.Error(t, err)
			assert.Contains(t, err.Error(), "entry")
		})
	}
}

func create1(tx *bolt.Tx) error {
	_, err := tx.CreateBucket(bucketSnap)
	return err
}
