package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestCommitsAreObserved(t *testing.T) {
	var seen []Commit
	b := opened(t, t.TempDir(), Options{Observe: func(c Commit) { seen = append(seen, c) }})
	before := len(seen)
	do(t, b, cs)
	if assert.Len(t, seen, before+1) {
		c := seen[before]
		assert.Equal(t, 1, c.Jobs)
		assert.Positive(t, c.Flush)
		assert.Greater(t, c.Took, 2*c.Flush-time.Microsecond)
	}
	assert.Zero(t, b.Queued())
}

func TestASlowDiskIsSaid(t *testing.T) {
	var p pace
	now := time.Now()
	told := func(flush time.Duration) (told int) {
		for range paceOver {
			if _, slow := p.note(Commit{Flush: flush}, now); slow {
				told++
			}
		}
		return told
	}
	assert.Zero(t, told(slowFlush), "fast enough")
	assert.Equal(t, 1, told(slowFlush+1))
	assert.Zero(t, told(time.Second), "not again at once")
	now = now.Add(slowEvery)
	assert.Equal(t, 1, told(time.Second))
}
