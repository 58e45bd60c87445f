package queue

import (
	"slices"
	"time"
)

// samples are one event of each type, with every field set, or most.
func samples() []Event {
	one := map[Outcome]int{Received: 1}
	return []Event{
		Issued{
			Ticket: 48213, Number: "A012", Series: "A", Index: 12, Service: "civil", Place: AtKiosk, Class: "elder", Lang: "vi", Kiosk: "k1",
			Print: true, Slot: 1763949600, Told: Told{Ahead: 7, LowS: 300, HighS: 900, Bring: []string{"Căn cước", "Giấy chứng sinh"}},
		},
		CheckedIn{48213},
		TicketCalled{Ticket: 48213, Counter: "q1", How: ByNext, Tier: 1},
		Recalled{48213, "q1", 2},
		ResultCalled{48213, "q1"},
		Started{48213, "q1"},
		TicketFinished{Ticket: 48213, Counter: "q1", Outcomes: map[Outcome]int{Received: 28, Refused: 1}, Implied: true, Cause: CauseDayClosed, Next: true},
		NoShowMarked{48213, "q1", true},
		TicketReturned{48213, 3},
		Postponed{48213, 15},
		TicketParked{48213, "q1", ParkResult},
		Transferred{48213, "q1", "land", "q2", "lan", "cần bản đồ"},
		TicketCancelled{48213, "went_home"},
		TicketExpired{48213},
		PriorityChanged{48213, "child", "elder", "checked"},
		OutcomeSet{48213, one},
		DossierLinked{48213, "000.00.12.H25-261123-0001"},
		ServedDirect{48214, "q1", "civil", one},
		Rated{48213, "q1", 2, "long_wait"},
		Undone{48213, "q1", 48212, Serving},
		CounterOpened{"q1", true},
		CounterPaused{"q1", "lunch", 1763965800},
		CounterClosed{"q1"},
		Armed{"q1"},
		SignedIn{"q1", "lan", "civil"},
		SignedOut{"q1", "lan"},
		DayOpened{"2026-11-23"},
		DayClosed{"2026-11-23", CauseDayEnds},
		NumbersSkipped{Series: "A", From: 42, To: 49, Cause: CausePowerCut, CutMs: 1_795_000_000_000},
		NumbersSkipped{Series: "A", From: 42, To: 49, Cause: CausePowerCut},
		CentreConfigured{Rules: sampleRules(), Document: []byte{0xa0}, Hash: "5f3a"},
	}
}

func sampleRules() Rules {
	week := []time.Weekday{time.Monday, time.Tuesday}
	return Rules{
		Series:   []Series{{"A", 3, 1, 999}},
		Services: []ServiceRule{{"civil", "A", []Place{AtKiosk}, 40, []Window{{week, 450, 675}}, map[string][]string{"vi": {"Căn cước"}}}},
		Counters: []CounterRule{{"q1", [][]ServiceID{{"civil"}, {"land"}}, true, true}},
		Classes:  []ClassRule{{"elder", 15}},
		Order:    Order{Strict, 30, 2},
		Calendar: Calendar{week, []Day{"2027-01-01"}, []Day{"2026-11-28"}, []Window{{nil, 450, 690}}},
		Times:    Times{45, 3, 10, 180, 2, 15, 60, 3},
	}
}

// daily are the events of which a journal is made: a walk-in ticket's life.
func daily() []Event {
	return []Event{
		Issued{
			Ticket: 48213, Number: "A012", Series: "A", Index: 12, Service: "civil", Place: AtKiosk, Lang: "vi", Kiosk: "k1", Print: true,
			Told: Told{Ahead: 7, LowS: 300, HighS: 900},
		},
		TicketCalled{Ticket: 48213, Counter: "q1", How: ByNext},
		Started{48213, "q1"},
		TicketFinished{Ticket: 48213, Counter: "q1", Outcomes: oneReceived(), Next: true},
	}
}

// allTypes are the types that the journal knows.
func allTypes() []Type {
	types := make([]Type, 0, len(versions))
	for t := range versions {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}
