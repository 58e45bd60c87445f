package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// asCut copies a book as a cut at this moment would leave it.
func asCut(t *testing.T, b *Book) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{bookName, markerName, secretName, watermarkName} {
		data, err := os.ReadFile(filepath.Join(b.dir, name))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

// boots gives each start another boot id, as after a power cut.
func boots(o Options) Options {
	n := 0
	o.boot = func() string { n++; return randomName() }
	return o
}

func skipped(t *testing.T, b *Book) (list []queue.NumbersSkipped) {
	t.Helper()
	entries, err := b.Read(0, 10_000)
	require.NoError(t, err)
	for _, e := range entries {
		if s, ok := e.Event.(queue.NumbersSkipped); ok {
			list = append(list, s)
		}
	}
	return list
}

// Numbers jump after a power cut, and only then.
func TestNumbersJumpAfterAPowerCut(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	for range 41 {
		do(t, b, cs)
	}
	cut := asCut(t, b)

	killed := open(t, asCut(t, b), Options{})
	assert.Equal(t, "A042", issued(t, do(t, killed, cs)).Number, "killed, in the same boot")
	assert.Empty(t, skipped(t, killed))

	after := open(t, cut, boots(Options{}))
	assert.Equal(t, []queue.NumbersSkipped{{Series: "A", From: 42, To: 49, Cause: queue.CausePowerCut}}, skipped(t, after))
	assert.Len(t, after.View().Hall.Waiting("cs"), 41, "everybody still waits")
	assert.Equal(t, "A050", issued(t, do(t, after, cs)).Number)

	shut(t, after)
	again := open(t, cut, boots(Options{}))
	assert.Equal(t, "A051", issued(t, do(t, again, cs)).Number, "shut down and started another day")
}

// After the night there is nothing to skip: the numbers begin again.
func TestNoJumpInANewDay(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		do(t, b, cs)
		cut := asCut(t, b)
		time.Sleep(24 * time.Hour)
		next := open(t, cut, boots(w.options()))
		assert.Equal(t, "A001", issued(t, do(t, next, cs)).Number)
		assert.Empty(t, skipped(t, next))
	})
}

// The disk lied: the journal has lost numbers that people hold. The watermark
// knows which.
func TestNoNumberTwiceOverALostEnd(t *testing.T) {
	for name, c := range map[string]struct{ before, lost int }{
		"in the day":             {5, 20},
		"with the day's opening": {0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := opened(t, t.TempDir(), Options{})
			given := map[string]bool{}
			take := func(b *Book) {
				number := issued(t, do(t, b, cs)).Number
				require.False(t, given[number], "%s is given twice", number)
				given[number] = true
			}
			for range c.before {
				take(b)
			}
			cut := asCut(t, b)
			for range c.lost {
				take(b)
			}
			require.NoError(t, b.water.set(b.View().level()))
			for range skipGap { // in the second before the next watermark
				take(b)
			}
			data, err := os.ReadFile(filepath.Join(b.dir, watermarkName))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(cut, watermarkName), data, 0o600))

			after := open(t, cut, Options{})
			for range 3 {
				take(after)
			}
			list := skipped(t, after)
			require.Len(t, list, 1)
			assert.Equal(t, queue.NumbersSkipped{Series: "A", From: c.before + 1, To: c.before + c.lost + skipGap, Cause: queue.CauseLostEnd}, list[0])
		})
	}
}
