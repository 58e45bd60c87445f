package store

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

func TestIdempotency(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	ask := func(digest string) (Answer, error) {
		return b.Do(t.Context(), Request{Command: cs, Key: "key-1", Digest: digest})
	}
	first, err := ask("d1")
	require.NoError(t, err)
	assert.False(t, first.Repeated)
	check := func(when string) {
		a, err := ask("d1")
		require.NoError(t, err, when)
		assert.True(t, a.Repeated, when)
		assert.Equal(t, issued(t, first), issued(t, a), when)
		assert.Len(t, a.Entries, len(first.Entries), when)
		_, err = ask("d2")
		assert.ErrorIs(t, err, ErrKeyReused, when)
	}
	check("at once")
	shut(t, b)
	b = open(t, dir, Options{})
	check("after a restart")
	fillUp(t, b, snapshotEvery)
	shut(t, b)
	b = open(t, dir, Options{})
	check("when a snapshot covers it")

	_, err = b.Do(t.Context(), Request{Command: cs, Key: string(make([]byte, MaxKey+1))})
	assert.ErrorIs(t, err, queue.ErrBadValue)
}

// A clerk presses before the first number of the day opens it. The answer is known
// all morning, also after a restart for which the day before is closed and summed.
func TestIdempotencyAcrossTheDaysOpening(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := opened(t, dir, w.options())
		press := func(key string) bool {
			a, err := b.Do(t.Context(), Request{Command: queue.CallNext{Counter: "q1"}, Key: key})
			require.NoError(t, err)
			return a.Repeated
		}
		do(t, b, cs)
		require.False(t, press("yesterday"))
		time.Sleep(24 * time.Hour)
		require.False(t, press("before"))
		time.Sleep(2 * time.Minute)
		do(t, b, cs)
		for _, how := range []string{"at once", "after a power cut", "after a restart"} {
			time.Sleep(time.Minute) // the day before is summed meanwhile
			switch how {
			case "after a power cut":
				b = open(t, asCut(t, b), w.options())
			case "after a restart":
				shut(t, b)
				b = open(t, b.dir, w.options())
			}
			assert.True(t, press("before"), how)
			_, known := b.st.keys["yesterday"]
			assert.False(t, known, "%s: of another day", how)
		}
	})
}

// The same key twice in one batch is one ticket.
func TestIdempotencyWithinABatch(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	hold := holdWriter(b)
	var answers [8]Answer
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			var err error
			answers[i], err = b.Do(t.Context(), Request{Command: cs, Key: "same", Digest: "d"})
			assert.NoError(t, err)
		})
	}
	for len(b.jobs) < len(answers) {
		time.Sleep(time.Millisecond)
	}
	hold()
	wg.Wait()
	repeated := 0
	for _, a := range answers {
		assert.Equal(t, issued(t, answers[0]), issued(t, a))
		if a.Repeated {
			repeated++
		}
	}
	assert.Equal(t, len(answers)-1, repeated)
	assert.Len(t, b.View().Hall.Tickets(), 1)
}
