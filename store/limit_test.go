package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// Before the map ends, as on a 32-bit machine, no numbers are given, and everybody
// who has one is still called. At its very end nothing breaks.
func TestTheEndOfTheMap(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{limit: 112 << 20})
	for range 20 {
		do(t, b, cs)
	}
	big := func() error {
		_, err := b.Note(t.Context(), "test.big", 1, make([]byte, 1<<20))
		b.lookAtDisk(t.Context())
		return err
	}
	grown := 0
	for ; !b.View().DiskLow; grown++ {
		require.NoError(t, big())
		require.Less(t, grown, 48, "the reserve and one step of growth before the limit")
	}
	_, err := b.Do(t.Context(), Request{Command: cs})
	assert.ErrorIs(t, err, ErrDiskLow)
	for range 20 {
		do(t, b, queue.CallNext{Counter: "q1"})
		do(t, b, queue.Finish{Counter: "q1"})
	}
	for err = nil; err == nil; grown++ {
		err = big()
		require.Less(t, grown, 112)
	}
	assert.ErrorIs(t, err, ErrOutcomeUnknown)
	last := b.View().Seq
	shut(t, b)

	b = open(t, dir, Options{limit: 300 << 20}) // months went into the archive, or it is another machine
	assert.GreaterOrEqual(t, b.View().Seq, last)
	b.lookAtDisk(t.Context())
	do(t, b, cs)
}
