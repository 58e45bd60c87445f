package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What concerns the whole hall stands until the next word on it, through
// restarts, with and without a snapshot; what was published before stays as it was.
func TestStandingNotes(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	before := b.View()
	note := func(text string) Seq {
		seq, err := b.Note(t.Context(), "hall.test", 3, []byte(text))
		require.NoError(t, err)
		return seq
	}
	note("one")
	seq := note("two")
	_, err := b.Note(t.Context(), "display.test", 1, []byte("of one room"))
	require.NoError(t, err)
	check := func(when string) {
		s, ok := b.View().Standing("hall.test")
		require.True(t, ok, when)
		assert.Equal(t, "two", string(s.Note), when)
		assert.EqualValues(t, 3, s.Version, when)
		assert.Equal(t, seq, s.Seq, when)
		entries, err := b.Read(seq-1, 1)
		require.NoError(t, err)
		assert.True(t, entries[0].At.Equal(s.At), when)
		_, ok = b.View().Standing("display.test")
		assert.False(t, ok, when)
	}
	check("at once")
	_, ok := before.Standing("hall.test")
	assert.False(t, ok, "an older view is not changed")
	shut(t, b)
	b = open(t, dir, Options{})
	check("after a restart")
	fillUp(t, b, snapshotEvery)
	shut(t, b)
	b = open(t, dir, Options{})
	check("when a snapshot covers it")
	shut(t, b)
}
