package sim

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
	"xinmoi/store/sum"
)

// A simulated year passes the audit, and its sums add up to its tickets.
func TestAYear(t *testing.T) {
	dir := t.TempDir()
	months := 0
	done, err := Run(t.Context(), Options{
		Dir: dir, First: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Years: 1, Tickets: 24, Seed: 7,
		Progress: func(Done) { months++ },
	})
	require.NoError(t, err)
	assert.Equal(t, 12, months)
	assert.Equal(t, 260, done.Days)
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	r, err := store.Audit(store.BookFile(dir), store.AuditOptions{Zone: zone})
	require.NoError(t, err)
	assert.Zero(t, r.Faults())
	assert.Equal(t, done.Tickets, r.Tickets)
	assert.Equal(t, done.Entries, r.Entries)
	var total sum.Day
	days := 0
	require.NoError(t, store.ReadClosed(store.BookFile(dir), zone, func(c *store.Closed) error {
		lost, err := c.Sums(t.Context(), "", "", func(d *sum.Day) {
			days++
			total.Merge(d)
		})
		assert.Empty(t, lost)
		return err
	}))
	row := total.Total
	assert.Equal(t, 260, days)
	assert.Equal(t, done.Tickets, total.Tickets)
	assert.Equal(t, total.Tickets, row.Legs-row.Transferred)
	assert.Equal(t, row.Legs, row.Finished+row.Transferred+row.NoShows+row.Expired)
	assert.Less(t, row.Serve.LongS, 3600, "nobody is forgotten at a counter")
	for _, n := range []int{row.NoShows, row.Transferred, row.Ratings[1], row.Ratings[4]} {
		assert.Positive(t, n, "the years should have everything in them: %+v", row)
	}
}

// Half a simulation would pass for a whole book: it is taken away.
func TestASimulationThatIsStoppedLeavesNoBook(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err := Run(ctx, Options{Dir: dir, First: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Years: 1, Tickets: 5, Seed: 1, Progress: func(Done) { stop() }})
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
