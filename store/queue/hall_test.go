package queue

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Two clones of one hall go different ways; neither sees the other, and the hall
// they come from sees neither.
func TestClonesDiverge(t *testing.T) {
	lines := []string{"08:00:01 open q1"}
	for range 3 {
		lines = append(lines, "08:00:01 issue civil", "08:00:02 next q1", "08:00:30 park q1 fee")
	}
	lines = append(lines, "08:00:31 issue civil", "08:00:32 issue civil", "08:00:33 call q1 A004")
	s := hallOf(t, lines...)
	before := marshal(t, s.hall)
	parked, cancelled := s.hall.Clone(), s.hall.Clone()
	for h, c := range map[*Hall]Command{
		parked:    Park{Counter: "q1"},
		cancelled: Cancel{Ticket: s.ticket("A004")},
	} {
		events, err := h.Decide(c, Actor{}, s.now)
		require.NoError(t, err)
		for _, e := range events {
			h.Apply(Fact{At: s.now, Event: e})
		}
	}
	events, err := cancelled.Decide(Call{Counter: "q1", Target: Target{Number: "A005"}}, Actor{}, s.now)
	require.NoError(t, err)
	cancelled.Apply(Fact{At: s.now, Event: events[0]})
	cancelled.Apply(Fact{At: s.now, Event: TicketParked{s.ticket("A005"), "q1", ParkFee}})
	require.Equal(t, before, marshal(t, s.hall))
	for h, last := range map[*Hall]string{parked: "A004", cancelled: "A005"} {
		c, _ := h.Counter("q1")
		require.Len(t, c.Parked, 4)
		ticket, _ := h.Ticket(c.Parked[3])
		require.Equal(t, last, ticket.Number)
	}
}

func TestReaders(t *testing.T) {
	s := hallOf(t, "08:00:01 issue civil", "08:00:02 issue civil class=elder", "08:00:03 issue land", "08:00:04 direct q2")
	h := s.hall
	require.Equal(t, Day("2026-11-23"), h.Day())
	require.Equal(t, 1, h.Ahead(s.ticket("A001")))
	require.Equal(t, 0, h.Ahead(s.ticket("A002")))
	require.Equal(t, 0, h.Ahead(0))
	next, ok := h.NextFor("q1", s.now)
	require.True(t, ok)
	require.Equal(t, "A002", next.Number)
	_, ok = h.NextFor("q9", s.now)
	require.False(t, ok)
	_, ok = h.Ticket(0)
	require.False(t, ok)
	_, ok = h.Ticket(9)
	require.False(t, ok)
	_, ok = h.ByNumber("")
	require.False(t, ok, "a person served without a ticket has no number to be called by")
	require.Len(t, h.Tickets(), 4)
	require.Empty(t, h.Waiting("tax"))
	_, hash := h.Document()
	require.Equal(t, "version 1", hash)
	s.do(CloseDay{}, Actor{})
	require.Empty(t, s.hall.Day())
	require.Len(t, s.hall.Tickets(), 4, "the last day stays to be read")
}
