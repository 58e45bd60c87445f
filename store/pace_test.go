package store

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCommitsAreObserved(t *testing.T) {
	var mu sync.Mutex
	var seen []Commit
	b := opened(t, t.TempDir(), Options{Observe: func(c Commit) { mu.Lock(); defer mu.Unlock(); seen = append(seen, c) }})
	do(t, b, cs)
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, seen)
	for _, c := range seen {
		assert.Positive(t, c.Jobs)
		assert.Positive(t, c.Flush)
		assert.Greater(t, c.Took, 2*c.Flush-time.Microsecond)
	}
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
