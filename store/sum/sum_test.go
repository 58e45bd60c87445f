package sum

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

var morning = time.Date(2026, 11, 26, 8, 0, 0, 0, time.FixedZone("", 7*60*60))

// folded takes facts, each so many seconds after the one before.
func folded(facts ...any) *Day {
	f := NewFold(queue.NewHall())
	at := morning
	for _, x := range facts {
		switch x := x.(type) {
		case int:
			at = at.Add(time.Duration(x) * time.Second)
		case queue.Event:
			f.Take(queue.Fact{At: at, Event: x})
		}
	}
	return f.Sum()
}

func issue(id queue.TicketID) queue.Issued { return queue.Issued{Ticket: id, Service: "cs"} }

func call(id queue.TicketID, at queue.CounterID) queue.TicketCalled {
	return queue.TicketCalled{Ticket: id, Counter: at}
}

func TestALegIsCountedWhereItBelongs(t *testing.T) {
	d := folded(
		queue.DayOpened{Day: "2026-11-26"}, queue.SignedIn{Counter: "q1", Clerk: "lan"},
		issue(1), 90, call(1, "q1"), 30, queue.Started{Ticket: 1, Counter: "q1"}, 200,
		queue.TicketFinished{Ticket: 1, Counter: "q1", Outcomes: map[queue.Outcome]int{queue.Received: 2}},
		queue.Rated{Ticket: 1, Level: 5},
		4000, issue(2), 60, call(2, "q2"), 100, queue.NoShowMarked{Ticket: 2, Counter: "q2"},
	)
	assert.Equal(t, queue.Day("2026-11-26"), d.Day)
	assert.Equal(t, 2, d.Tickets)
	assert.Equal(t, Row{
		Legs: 1, Finished: 1, Wait: Times{1, 90, 90, []int{0, 1}}, Serve: Times{1, 200, 200, []int{0, 0, 0, 1}},
		Ratings: []int{0, 0, 0, 0, 1}, Outcomes: map[queue.Outcome]int{queue.Received: 2},
	}, *d.Clerks["lan"])
	assert.Equal(t, *d.Clerks["lan"], *d.Counters["q1"])
	assert.Equal(t, Row{Legs: 1, NoShows: 1, Wait: Times{1, 60, 60, []int{1}}}, *d.Counters["q2"], "a no-show is no time of serving")
	assert.Equal(t, []int{8, 9}, Keys(d.Hours))
	assert.Equal(t, 2, d.Services["cs"].Legs)
}

// Each change of mind of a hall leads to what really happened.
func TestWhatIsUndoneDidNotHappen(t *testing.T) {
	for name, c := range map[string]struct {
		facts []any
		want  Row
	}{
		"a call taken back": {
			[]any{issue(1), 60, call(1, "q1"), 5, queue.Undone{Ticket: 1, Counter: "q1"}, 35, call(1, "q2"), 10, queue.TicketFinished{Ticket: 1, Counter: "q2"}},
			Row{Legs: 1, Finished: 1, Wait: Times{1, 100, 100, []int{0, 1}}, Serve: Times{1, 10, 10, []int{1}}},
		},
		"and what the press had closed": {
			[]any{issue(1), 10, call(1, "q1"), 60, queue.TicketFinished{Ticket: 1, Counter: "q1"}, queue.Undone{Counter: "q1", Reopened: 1, Was: queue.Called}, 40, queue.TicketFinished{Ticket: 1, Counter: "q1"}},
			Row{Legs: 1, Finished: 1, Wait: Times{1, 10, 10, []int{1}}, Serve: Times{1, 100, 100, []int{0, 1}}},
		},
		"a no-show who came back": {
			[]any{issue(1), 10, call(1, "q1"), 50, queue.NoShowMarked{Ticket: 1, Counter: "q1"}, 100, queue.TicketReturned{Ticket: 1}, 100, call(1, "q1"), 20, queue.TicketFinished{Ticket: 1, Counter: "q1"}},
			Row{Legs: 1, Finished: 1, Wait: Times{1, 10, 10, []int{1}}, Serve: Times{1, 20, 20, []int{1}}},
		},
		"time parked is neither": {
			[]any{issue(1), 10, call(1, "q1"), 20, queue.Started{Ticket: 1, Counter: "q1"}, 30, queue.TicketParked{Ticket: 1, Counter: "q1"}, 1000, queue.ResultCalled{Ticket: 1, Counter: "q1"}, 40, queue.TicketFinished{Ticket: 1, Counter: "q1"}},
			Row{Legs: 1, Finished: 1, Wait: Times{1, 10, 10, []int{1}}, Serve: Times{1, 70, 70, []int{0, 1}}},
		},
		"an appointment whose holder did not come": {
			[]any{queue.Issued{Ticket: 1, Service: "cs", Slot: morning.Unix()}, 100, queue.TicketExpired{Ticket: 1}},
			Row{Legs: 1, Expired: 1},
		},
		"an appointment": {
			[]any{queue.Issued{Ticket: 1, Service: "cs", Slot: morning.Unix()}, 100, queue.CheckedIn{Ticket: 1}, 20, call(1, "q1"), 10, queue.TicketCancelled{Ticket: 1}},
			Row{Legs: 1, Cancelled: 1, Wait: Times{1, 20, 20, []int{1}}},
		},
		"somebody served without a number": {
			[]any{queue.ServedDirect{Ticket: 1, Counter: "q1", Service: "cs"}},
			Row{Legs: 1, Finished: 1, Direct: 1},
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, *folded(c.facts...).Services["cs"]) })
	}
}

func TestDaysAddUp(t *testing.T) {
	var all, kept Day
	for i := range 3 {
		d := folded(issue(1), 60*(i+1)*(i+1), call(1, "q1"), 10, queue.TicketFinished{Ticket: 1, Counter: "q1"}, queue.Rated{Ticket: 1, Level: i + 3})
		data, err := d.Encode()
		require.NoError(t, err)
		again, err := Decode(data)
		require.NoError(t, err)
		assert.Equal(t, d, again)
		kept.Merge(d)
		all.Merge(again)
	}
	assert.Equal(t, kept, all)
	w := all.Total.Wait
	assert.Equal(t, Times{3, 60 * 14, 540, []int{1, 0, 0, 1, 0, 1}}, w)
	assert.Equal(t, [4]int{280, 60, 300, 540}, [4]int{w.Mean(), w.Within(33), w.Within(66), w.Within(90)}, "upper ends of classes, but not beyond the longest")
	rated, good := all.Total.Rated()
	assert.Equal(t, [2]int{3, 2}, [2]int{rated, good})
	assert.Zero(t, Times{}.Within(90))
}

func TestASumOfAnotherVersion(t *testing.T) {
	for _, data := range [][]byte{nil, {Version + 1, 0xa0}, {Version, 0xff}} {
		_, err := Decode(data)
		assert.Error(t, err, fmt.Sprint(data))
	}
}
