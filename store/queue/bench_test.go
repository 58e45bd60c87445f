package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// busy is a hall after so many tickets today, of which 100 wait at 10 counters.
func busy(b testing.TB, tickets int) (*Hall, []Fact, time.Time) {
	h, now := NewHall(), time.Date(2026, 11, 23, 7, 30, 0, 0, time.FixedZone("ICT", 7*60*60))
	rules := Rules{Series: []Series{{Prefix: "A"}, {Prefix: "B"}, {Prefix: "H"}, {Prefix: "L"}}, Classes: []ClassRule{{"elder", 15}}}
	for i, s := range rules.Series {
		rules.Services = append(rules.Services, ServiceRule{ID: ServiceID(fmt.Sprint("service", i)), Series: s.Prefix})
	}
	for i := range 10 {
		rules.Counters = append(rules.Counters, CounterRule{
			ID: CounterID(fmt.Sprint("q", i)), AutoOpen: true, Arm: true,
			Tiers: [][]ServiceID{{rules.Services[i%4].ID}, {rules.Services[(i+1)%4].ID}},
		})
	}
	var facts []Fact
	do := func(c Command) {
		events, err := h.Decide(c, Actor{}, now)
		require.NoError(b, err)
		for _, e := range events {
			facts = append(facts, Fact{At: now, Event: e})
			h.Apply(facts[len(facts)-1])
		}
	}
	do(Configure{Rules: rules, Hash: "busy"})
	for i := range tickets {
		now = now.Add(5 * time.Second)
		issue := Issue{Service: rules.Services[i%4].ID, Kiosk: "k1", Print: true}
		if i%10 == 0 {
			issue.Class = "elder"
		}
		do(issue)
		if i >= 100 {
			do(CallNext{Counter: rules.Counters[i%10].ID})
		}
	}
	return h, facts, now.Add(time.Minute)
}

func benchmarkCommand(b *testing.B, c Command) {
	h, _, now := busy(b, 1500)
	by := Actor{Via: "page"}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.Advance(c, by, now); err != nil {
			b.Fatal(err)
		}
	}
}

// Deciding and folding on a day of 1,500 tickets: all but the disk.
func BenchmarkIssue(b *testing.B) {
	benchmarkCommand(b, Issue{Service: "service1", Kiosk: "k1", Print: true})
}
func BenchmarkNext(b *testing.B) { benchmarkCommand(b, CallNext{Counter: "q3"}) }

func BenchmarkClone(b *testing.B) {
	for _, tickets := range []int{1500, 5000} {
		b.Run(fmt.Sprint(tickets), func(b *testing.B) {
			h, _, _ := busy(b, tickets)
			b.ReportAllocs()
			for b.Loop() {
				h.Clone()
			}
		})
	}
}

func BenchmarkFold10k(b *testing.B) {
	_, facts, _ := busy(b, 5000)
	facts = facts[:10_000]
	b.ReportAllocs()
	for b.Loop() {
		h := NewHall()
		for _, f := range facts {
			h.Apply(f)
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	h, _, _ := busy(b, 1500)
	data := marshal(b, h)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			_, _ = h.MarshalBinary()
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			_ = new(Hall).UnmarshalBinary(data)
		}
	})
}
