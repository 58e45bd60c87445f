package printer

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/printertest"
	"xinmoi/store/queue"
)

// A busy day on the slowest line there is, with a printer that can do the least:
// every ticket comes out once, and nobody waits for more than the paper of the
// one before and the own.
func TestFiveHundredTicketsAtNineThousandSixHundredBaud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tickets = 500
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{BytesPerSecond: 960, DotsPerSecond: 800})
		l := h.plug("p1", p, slowWire)
		defer l.stop()
		time.Sleep(10 * time.Second)
		chance := rand.New(rand.NewPCG(1, 500))
		for i := range tickets {
			h.take()
			gap := 30000 + chance.IntN(64000) // eight hours in all
			if i%10 == 0 {
				gap = 5000 // two who come together: the second waits for the first one's paper
			}
			time.Sleep(time.Duration(gap) * time.Millisecond)
		}
		time.Sleep(time.Minute)
		assert.Len(t, p.Papers(), tickets)

		issued, started := map[queue.TicketID]time.Time{}, time.Time{}
		before, longest, printed := time.Duration(0), time.Duration(0), 0
		entries, err := h.book.Read(0, 100000)
		require.NoError(t, err)
		for _, e := range entries {
			if is, ok := e.Event.(queue.Issued); ok {
				issued[is.Ticket] = e.At
				continue
			}
			n, err := readNote(e.Note)
			if err != nil || n.Ticket == 0 {
				continue
			}
			switch e.Type {
			case noteStarted:
				assert.False(t, n.Reprint)
				started = e.At
			case notePrinted:
				own, waited := e.At.Sub(started), e.At.Sub(issued[n.Ticket])
				assert.LessOrEqual(t, waited, own+before+time.Second)
				before, longest = own, max(longest, waited)
				printed++
			default:
				t.Errorf("%s", e.Type)
			}
		}
		assert.Equal(t, tickets, printed)
		t.Logf("the longest wait for the paper: %v", longest)
	})
}
