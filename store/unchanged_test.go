package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// A clerk presses next with nobody waiting and the answer is lost. Meanwhile the
// counter, armed already, gets a ticket. The page sends its press again: that
// must not end the ticket that it never saw.
func TestAKeyIsKeptThoughNothingChanged(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, queue.OpenDay{})
	next := Request{Command: queue.CallNext{Counter: "q1"}, Key: "first", Digest: "{}"}
	_, err := b.Do(t.Context(), next)
	require.NoError(t, err)
	again := Request{Command: queue.CallNext{Counter: "q1"}, Key: "second", Digest: "{}"}
	a, err := b.Do(t.Context(), again)
	require.NoError(t, err)
	require.Empty(t, a.Entries, "armed already: nothing to change")

	a, err = b.Do(t.Context(), Request{Command: queue.Issue{Service: "cs"}})
	require.NoError(t, err)
	called := a.Entries[len(a.Entries)-1].Event.(queue.TicketCalled)
	for range 2 { // the second time after a restart
		time.Sleep(1100 * time.Millisecond) // past the time in which a press is a repeat
		a, err = b.Do(t.Context(), again)
		require.NoError(t, err)
		require.True(t, a.Repeated)
		require.Empty(t, a.Entries)
		ticket, _ := b.View().Hall.Ticket(called.Ticket)
		require.Equal(t, queue.Called, ticket.State)
		shut(t, b)
		b = open(t, dir, Options{})
	}
}

// The same just before the day's first ticket opens the day.
func TestAKeyOutlivesTheOpeningOfTheDay(t *testing.T) {
	b := opened(t, t.TempDir(), Options{})
	do(t, b, queue.CallNext{Counter: "q1"})
	again := Request{Command: queue.CallNext{Counter: "q1"}, Key: "again"}
	_, err := b.Do(t.Context(), again)
	require.NoError(t, err)
	do(t, b, queue.Issue{Service: "cs"})
	a, err := b.Do(t.Context(), again)
	require.NoError(t, err)
	require.True(t, a.Repeated)
}
