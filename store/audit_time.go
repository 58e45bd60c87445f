package store

import (
	"time"

	"xinmoi/store/queue"
)

// timesBack finds out which entry is wrong where time goes back: the one that is too
// early, or one before it that is too late.
type timesBack struct {
	day     queue.Day
	entries []instant // of the day so far
	open    int       // the finding that the next entry decides, plus one; 0: none
	late    int       // the first of entries that may be too late
}

type instant struct {
	seq Seq
	at  time.Time
}

// times judges the instant of an entry. Where one is earlier than the one before it,
// either may be the wrong one, and what follows tells: it is not earlier than the entry
// before if the one between was set back, and earlier if the one before was set forward.
// One entry too early is likelier than several too late.
func (a *auditReplay) times(r *record) {
	b := &a.back
	if b.open > 0 {
		a.decideTimes(r.At)
	}
	if b.day != a.day {
		b.day, b.entries = a.day, b.entries[:0]
	}
	b.entries = append(b.entries, instant{r.Seq, r.At})
	if !r.At.Before(a.at) {
		return
	}
	a.find(r, true, "time_back", map[string]any{"before": a.at.Format(time.TimeOnly)})
	here := len(b.entries) - 1
	for b.late = here; b.late > 0 && b.entries[b.late-1].at.After(r.At); b.late-- {
	}
	if b.late == here {
		return // the entry before is of another day
	}
	b.open = len(a.report.Findings)
	if b.late == here-1 { // either of the two
		a.among(b.late)
	}
}

// decideTimes takes what follows an entry that was earlier than the one before it.
func (a *auditReplay) decideTimes(next time.Time) {
	b := &a.back
	here := len(b.entries) - 1
	before, early := b.entries[here-1], b.entries[here]
	if !next.Before(before.at) {
		b.open = 0
		return
	}
	if b.late < here-1 || next.Before(early.at) {
		a.among(b.late)
	} else {
		f := &a.report.Findings[b.open-1]
		f.Code, f.Seq, f.To, f.At = "time_ahead", before.seq, 0, before.at
		f.Args["entry"], f.Args["after"] = before.seq, early.at.Format(time.TimeOnly)
	}
	b.open = 0
}

// among says of the open finding that one of the entries from late on is wrong.
func (a *auditReplay) among(late int) {
	f := &a.report.Findings[a.back.open-1]
	f.Code, f.Seq, f.To = "time_wrong", a.back.entries[late].seq, a.back.entries[len(a.back.entries)-1].seq
	f.Args["entry"], f.Args["to"] = f.Seq, f.To
}
