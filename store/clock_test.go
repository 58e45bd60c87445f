package store

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"xinmoi/store/queue"
)

// wallClock is a wall clock that can be put forward and back, over the fake
// monotonic one of a synctest bubble.
type wallClock struct {
	skew   atomic.Int64
	synced atomic.Bool
}

func (w *wallClock) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

func (w *wallClock) put(skew time.Duration) { w.skew.Store(int64(skew)) }

func (w *wallClock) options() Options {
	return Options{Now: w.now, Synced: w.synced.Load}
}

func notes(list []clockNote) (types []string) {
	for _, n := range list {
		types = append(types, n.typ+" "+n.How)
	}
	return types
}

func TestClockRunsOnOverAStep(t *testing.T) {
	for _, step := range []time.Duration{-5 * time.Hour, 5 * time.Hour, 3 * time.Second, -72 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var w wallClock
			c := newClock(w.options(), time.Time{})
			start := c.now()
			time.Sleep(time.Minute)
			w.put(step)
			assert.Equal(t, time.Minute, c.now().Sub(start), "the step moved the house")
			assert.True(t, c.untrusted())
			assert.False(t, c.isUnset(), "a day may still be opened: the house knows its time")
			time.Sleep(time.Hour)
			assert.Equal(t, time.Hour+time.Minute, c.now().Sub(start))
			assert.Equal(t, []string{"clock.stepped "}, notes(c.check()))

			w.put(0) // it was a mistake, and is taken back
			assert.Equal(t, time.Hour+time.Minute, c.now().Sub(start))
			assert.False(t, c.untrusted())
			assert.Equal(t, []string{"clock.stepped ", "clock.trusted returned"}, notes(c.check()))
		})
	}
}

func TestClockFollowsSlewing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wallClock
		c := newClock(w.options(), time.Time{})
		for range 100 {
			time.Sleep(time.Second)
			w.skew.Add(int64(time.Second)) // 100 s in all, never 2 s at once
			assert.Equal(t, w.now(), c.now())
		}
		assert.False(t, c.untrusted())
		assert.Empty(t, c.check())
	})
}

func TestClockTrustsATimeSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wallClock
		c := newClock(w.options(), time.Time{})
		w.put(26 * time.Hour)
		w.synced.Store(true)
		c.now()
		assert.Equal(t, []string{"clock.stepped ", "clock.trusted synced"}, notes(c.check()))
		assert.Equal(t, w.now(), c.now())
	})
}

func TestClockUnsetAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wallClock
		w.put(-30 * 365 * 24 * time.Hour)
		last := time.Now().Add(-time.Hour)
		c := newClock(w.options(), last)
		assert.True(t, c.isUnset())
		assert.Equal(t, last.UnixMilli(), c.now().UnixMilli(), "the house goes on where it was")
		time.Sleep(time.Minute)
		assert.Equal(t, last.Add(time.Minute).UnixMilli(), c.now().UnixMilli())

		said := time.Now().Add(7 * time.Minute)
		c.say(said, queue.Actor{Via: "page"})
		assert.False(t, c.untrusted())
		time.Sleep(time.Minute)
		assert.Equal(t, said.Add(time.Minute).UnixMilli(), c.now().UnixMilli())
		assert.Equal(t, []string{"clock.stepped ", "clock.trusted said"}, notes(c.check()))
	})
}

func TestClockBeforeTheBuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wallClock
		o := w.options()
		o.Built = time.Now().Add(48 * time.Hour)
		assert.True(t, newClock(o, time.Time{}).isUnset())
		o.Built = time.Now().Add(-time.Hour)
		assert.False(t, newClock(o, time.Time{}).isUnset())
	})
}
