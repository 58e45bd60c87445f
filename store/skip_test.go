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
	assert.Empty(t, skipped(t, after), "nobody has asked for a number yet")
	outage := after.View().Outage
	assert.Equal(t, []string{"A"}, outage.Doubt)
	last := after.View().At
	assert.Len(t, after.View().Hall.Waiting("cs"), 41, "everybody still waits")
	assert.Equal(t, "A050", issued(t, do(t, after, cs)).Number)
	want := queue.NumbersSkipped{Series: "A", From: 42, To: 49, Cause: queue.CausePowerCut, CutMs: outage.At.UnixMilli()}
	assert.Equal(t, []queue.NumbersSkipped{want}, skipped(t, after))
	assert.False(t, outage.At.After(last))
	outage = after.View().Outage
	assert.Empty(t, outage.Doubt)
	assert.Equal(t, []queue.NumbersSkipped{want}, outage.Skipped)

	shut(t, after)
	again := open(t, cut, boots(Options{}))
	assert.Equal(t, "A051", issued(t, do(t, again, cs)).Number, "shut down and started another day")
	assert.Equal(t, []queue.NumbersSkipped{want}, again.View().Outage.Skipped, "and still told")
	shut(t, again)
	assert.Zero(t, audit(t, cut, AuditOptions{}).Faults())
}

// A doubt outlives a shutdown, a kill and a second cut, until it is settled.
func TestDoubtStays(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	for range 5 {
		do(t, b, cs)
	}
	cut := asCut(t, b)
	first := open(t, cut, boots(Options{}))
	killed := open(t, asCut(t, first), Options{boot: first.opts.boot})
	assert.Equal(t, []string{"A"}, killed.View().Outage.Doubt, "killed")
	shut(t, first)
	closed := open(t, cut, boots(Options{}))
	assert.Equal(t, []string{"A"}, closed.View().Outage.Doubt, "shut down")
	twice := open(t, asCut(t, closed), boots(Options{}))
	assert.Equal(t, []string{"A"}, twice.View().Outage.Doubt, "cut again")
	for _, b := range []*Book{killed, closed, twice} {
		assert.Equal(t, "A014", issued(t, do(t, b, cs)).Number)
	}
}

// Whoever knows that nothing was lost saves the gap; and only of the number that
// is the last one.
func TestAConfirmedNumberSkipsNone(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	for range 5 {
		do(t, b, cs)
	}
	cut := asCut(t, b)
	after := open(t, cut, boots(Options{}))
	require.NoError(t, after.Confirm(t.Context(), "A", 4))
	assert.Equal(t, []string{"A"}, after.View().Outage.Doubt)
	require.NoError(t, after.Confirm(t.Context(), "A", 5))
	require.NoError(t, after.Confirm(t.Context(), "A", 5))
	assert.Empty(t, after.View().Outage.Doubt)
	assert.Equal(t, "A006", issued(t, do(t, after, cs)).Number)
	assert.Empty(t, skipped(t, after))
	shut(t, after)
	r := audit(t, cut, AuditOptions{})
	assert.Zero(t, r.Faults())
	assert.Equal(t, "numbers_confirmed", r.Findings[len(r.Findings)-1].Code, "the inspector is told once")
	assert.Len(t, r.Findings, 1)
}

// A screen that was on knows of entries that the disk has lost: the book says so,
// and gives none of the numbers that may be out.
func TestAScreenKnowsOfALostEnd(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	for range 5 {
		do(t, b, cs)
	}
	cut := asCut(t, b)
	for range 20 {
		do(t, b, cs)
	}
	lost := b.View().Hall.Tickets()[5]
	assert.Equal(t, "A006", lost.Number)
	seen, epoch := b.View().Seq, b.View().Epoch
	after := open(t, cut, boots(Options{})) // the watermark is lost as well
	had := after.View().Began
	require.NoError(t, after.Seen(t.Context(), epoch, had))
	require.NoError(t, after.Seen(t.Context(), "another", seen))
	assert.Zero(t, after.View().Outage.Lost)
	require.NoError(t, after.Seen(t.Context(), epoch, seen))
	require.NoError(t, after.Seen(t.Context(), epoch, seen), "a second screen")
	v := after.View()
	assert.Equal(t, 20, v.Outage.Lost)
	assert.NotEqual(t, epoch, v.Epoch)
	next := issued(t, do(t, after, cs))
	assert.Equal(t, "A026", next.Number, "A006 to A025 are out")
	assert.Equal(t, lost.ID, next.Ticket)
	_, ok := after.ByLink(b.Link(lost))
	assert.False(t, ok, "the paper of A006 does not lead to A026")
	require.Len(t, skipped(t, after), 1)
	assert.Equal(t, queue.CauseLostEnd, skipped(t, after)[0].Cause)
	shut(t, after)
	again := open(t, cut, boots(Options{}))
	assert.Equal(t, v.Epoch, again.View().Epoch, "kept")
	assert.Equal(t, 20, again.View().Outage.Lost)
	assert.Equal(t, "A027", issued(t, do(t, again, cs)).Number)
	shut(t, again)
	assert.Zero(t, audit(t, cut, AuditOptions{}).Faults())
}

// Two series: each is settled by itself.
func TestEachSeriesIsInDoubtByItself(t *testing.T) {
	b := open(t, t.TempDir(), Options{})
	rules := testRules(1)
	rules.Series = append(rules.Series, queue.Series{Prefix: "B"})
	rules.Services = append(rules.Services, queue.ServiceRule{ID: "other", Series: "B"})
	do(t, b, configure(rules))
	other := queue.Issue{Service: "other"}
	do(t, b, cs)
	do(t, b, other)
	after := open(t, asCut(t, b), boots(Options{}))
	assert.Equal(t, []string{"A", "B"}, after.View().Outage.Doubt)
	assert.Equal(t, "B010", issued(t, do(t, after, other)).Number)
	assert.Equal(t, []string{"A"}, after.View().Outage.Doubt)
	assert.Equal(t, "A010", issued(t, do(t, after, cs)).Number)
	assert.Equal(t, "A011", issued(t, do(t, after, cs)).Number)
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
		assert.Zero(t, next.View().Outage, "the day is over, and its outage with it")
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
			data, err := os.ReadFile(filepath.Join(b.dir, watermarkName))
			require.NoError(t, err)
			for range skipGap { // in the second before the next watermark
				take(b)
			}
			require.NoError(t, os.WriteFile(filepath.Join(cut, watermarkName), data, 0o600))

			after := open(t, cut, Options{})
			for range 3 {
				take(after)
			}
			list := skipped(t, after)
			require.Len(t, list, 1)
			assert.NotZero(t, list[0].CutMs)
			list[0].CutMs = 0
			assert.Equal(t, queue.NumbersSkipped{Series: "A", From: c.before + 1, To: c.before + c.lost + skipGap, Cause: queue.CauseLostEnd}, list[0])
		})
	}
}
