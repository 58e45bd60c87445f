package store

import (
	"os"
	"path/filepath"
	"testing"

	"encoding/binary"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"xinmoi/store/queue"
)

func startOf(t *testing.T, e Entry) (n startNote) {
	t.Helper()
	require.Equal(t, noteStarted, e.Type)
	require.NoError(t, cbor.Unmarshal(e.Note, &n))
	return n
}

// begun makes a book with some tickets in dir and closes it.
func begun(t *testing.T, dir string) *View {
	t.Helper()
	b, err := Open(dir, Options{})
	require.NoError(t, err)
	do(t, b, configure(testRules(2)))
	for range 10 {
		do(t, b, cs)
	}
	require.NoError(t, b.Close())
	return b.View()
}

// edit changes the file of a closed book.
func edit(t *testing.T, dir string, fn func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, bookName), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(fn))
	require.NoError(t, db.Close())
}

func today(v *View) []byte { return []byte(v.Hall.Day()) }

func TestABookThatIsGoneIsNotBegunAnew(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	path := filepath.Join(dir, bookName)
	require.NoError(t, os.Truncate(path, 0))
	_, err := Open(dir, Options{})
	assert.ErrorContains(t, err, "is empty")
	require.NoError(t, os.Remove(path))
	_, err = Open(dir, Options{})
	assert.ErrorContains(t, err, "is missing")
	assert.NoFileExists(t, path)
	require.NoError(t, os.Remove(filepath.Join(dir, markerName)))
	b, err := Open(dir, Options{})
	require.NoError(t, err, "without the marker it is the first start")
	require.NoError(t, b.Close())
}

func TestHalfFirstStart(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, bookName+".new"), []byte("torn"), 0o600))
	begun(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, markerName))) // cut before the marker
	b := open(t, dir, Options{})
	assert.Len(t, b.View().Hall.Tickets(), 10)
	assert.FileExists(t, filepath.Join(dir, markerName))
}

func TestNewerFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	edit(t, dir, func(tx *bolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(keyFormat, binary.BigEndian.AppendUint32(nil, format+1))
	})
	_, err := Open(dir, Options{})
	assert.ErrorContains(t, err, "newer version")
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	_, err := Open(dir, Options{})
	assert.ErrorContains(t, err, "in use by another process")
}

// A damaged record is named.
func TestDamage(t *testing.T) {
	change := func(fn func(day *bolt.Bucket) error) func(*testing.T, string, *View) {
		return func(t *testing.T, dir string, v *View) {
			edit(t, dir, func(tx *bolt.Tx) error { return fn(tx.Bucket(bucketOf(v.Hall.Day()))) })
		}
	}
	get := func(day *bolt.Bucket, seq Seq) []byte { return append([]byte(nil), day.Get(seqKey(seq))...) }
	for name, c := range map[string]struct {
		damage func(*testing.T, string, *View)
		want   string
	}{
		"a bit of a value": {change(func(day *bolt.Bucket) error {
			data := get(day, 6)
			data[len(data)/2] ^= 4
			return day.Put(seqKey(6), data)
		}), "entry 6 of day"},
		"a record removed": {change(func(day *bolt.Bucket) error { return day.Delete(seqKey(7)) }), "entry 7 of day"},
		"the last removed": {change(func(day *bolt.Bucket) error { k, _ := day.Cursor().Last(); return day.Delete(k) }), "should end at"},
		"two swapped": {change(func(day *bolt.Bucket) error {
			a, z := get(day, 5), get(day, 8)
			return firstError(day.Put(seqKey(5), z), day.Put(seqKey(8), a))
		}), "entry 5 of day"},
		"a record rewritten, with its checksum": {change(func(day *bolt.Bucket) error {
			body := get(day, 6)
			body = body[:len(body)-4]
			body[9] ^= 1 // its time
			return day.Put(seqKey(6), binary.BigEndian.AppendUint32(body, checksum(6, body)))
		}), "head of the chain"},
		"the tail": {func(t *testing.T, dir string, v *View) {
			edit(t, dir, func(tx *bolt.Tx) error {
				data := append([]byte(nil), tx.Bucket(bucketMeta).Get(keyTail)...)
				data[3] ^= 1
				return tx.Bucket(bucketMeta).Put(keyTail, data)
			})
		}, "tail of the journal"},
		"the file cut short": {func(t *testing.T, dir string, v *View) {
			require.NoError(t, os.Truncate(filepath.Join(dir, bookName), 3*4096))
		}, ""},
		"another file": {func(t *testing.T, dir string, v *View) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, bookName), make([]byte, 64<<10), 0o600))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.damage(t, dir, begun(t, dir))
			_, err := Open(dir, Options{})
			require.Error(t, err)
			assert.ErrorContains(t, err, c.want)
			t.Log(err)
		})
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A snapshot that cannot be read is passed over.
func TestDamagedSnapshotCostsNothing(t *testing.T) {
	dir := t.TempDir()
	v := begun(t, dir)
	edit(t, dir, func(tx *bolt.Tx) error {
		snaps := tx.Bucket(bucketSnap)
		data := append([]byte(nil), snaps.Get(today(v))...)
		require.NotEmpty(t, data)
		data[len(data)/3] ^= 1
		return snaps.Put(today(v), data)
	})
	b := open(t, dir, Options{})
	assert.Equal(t, hallBytes(t, v.Hall), hallBytes(t, b.View().Hall))
}

func TestSnapshotsAreMadeAndUsed(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	for range 10 {
		do(t, b, cs)
	}
	fillUp(t, b, snapshotEvery)
	do(t, b, queue.CloseDay{})
	shut(t, b)
	db, err := bolt.Open(filepath.Join(dir, bookName), 0o600, nil)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		s, from := restoreNewest(tx, b.opts.Zone)
		assert.Equal(t, b.View().Seq, from)
		assert.Equal(t, hallBytes(t, b.View().Hall), hallBytes(t, s.hall))
		return nil
	}))
}

func TestTheWatermarkKnowsOfALostEnd(t *testing.T) {
	dir := t.TempDir()
	begun(t, dir)
	old, err := os.ReadFile(filepath.Join(dir, bookName))
	require.NoError(t, err)
	b, err := Open(dir, Options{})
	require.NoError(t, err)
	for range 5 {
		do(t, b, cs)
	}
	lost := b.View()
	require.NoError(t, b.SetMark(t.Context(), "printer", lost.Seq))
	shut(t, b)
	require.NoError(t, os.WriteFile(filepath.Join(dir, bookName), old, 0o600)) // as bbolt does with a bad meta page

	b = open(t, dir, Options{})
	assert.NotEqual(t, lost.Epoch, b.View().Epoch, "clients must not take the new entries for the lost ones")
	entries, err := b.Read(b.View().Seq-2, 1) // before the numbers that are skipped
	require.NoError(t, err)
	assert.Equal(t, 6, startOf(t, entries[0]).Lost, "the start and five tickets")
	epoch := b.View().Epoch
	shut(t, b)
	b = open(t, dir, Options{})
	assert.Equal(t, epoch, b.View().Epoch)
	assert.LessOrEqual(t, b.Mark("printer"), b.View().Seq)
}

func TestTornWatermark(t *testing.T) {
	dir := t.TempDir()
	w := watermark{path: filepath.Join(dir, watermarkName)}
	for seq := Seq(1); seq <= 9; seq++ {
		require.NoError(t, w.set(level{Epoch: "e", Seq: seq, Day: "2026-11-23", Numbers: map[string]int{"A": int(seq)}}))
	}
	data, err := os.ReadFile(w.path)
	require.NoError(t, err)
	require.Len(t, data, watermarkSize)
	for i := 0; i < len(data); i += 7 { // whichever byte is torn, one of the last two is told
		bad := append([]byte(nil), data...)
		bad[i] ^= 0x10
		require.NoError(t, os.WriteFile(w.path, bad, 0o600))
		var again watermark
		known, err := again.open(dir, "e")
		require.NoError(t, err)
		require.GreaterOrEqual(t, known.Seq, Seq(8), "byte %d", i)
		require.Equal(t, int(known.Seq), known.Numbers["A"])
	}
	var other watermark
	known, err := other.open(dir, "another epoch")
	require.NoError(t, err)
	assert.Zero(t, known)
}

// There are written blocks ahead of the journal, and nothing in use is touched.
func TestPrezero(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	_, err := b.Note(t.Context(), "test.big", 1, make([]byte, 3<<20))
	require.NoError(t, err)
	ahead := func() int64 {
		var used int64
		require.NoError(t, b.look(func(tx *bolt.Tx) error { used = tx.Size(); return nil }))
		f, err := os.Open(filepath.Join(dir, bookName))
		require.NoError(t, err)
		defer f.Close()
		hole, err := f.Seek(used, unix.SEEK_HOLE)
		require.NoError(t, err)
		return hole - used
	}
	assert.Less(t, ahead(), int64(aheadLeast))
	do(t, b, cs)
	do(t, b, queue.CloseDay{})
	_, err = b.Note(t.Context(), "test.after", 1, nil) // the writer is done with the day
	require.NoError(t, err)
	assert.Greater(t, ahead(), int64(aheadLeast))
	shut(t, b)

	var used int64
	edit(t, dir, func(tx *bolt.Tx) error { used = tx.Size() + 1<<20; return nil })
	require.NoError(t, os.Truncate(filepath.Join(dir, bookName), used))
	require.NoError(t, os.Truncate(filepath.Join(dir, bookName), 16<<20)) // a hole from there on
	b = open(t, dir, Options{})
	assert.Greater(t, ahead(), int64(aheadLeast), "at the start too")
	for range 4 { // on into what was written ahead, and past it
		_, err := b.Note(t.Context(), "test.big", 1, make([]byte, 5<<20))
		require.NoError(t, err)
	}
}
