package store

import (
	"bytes"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store/queue"
)

// auditReplay folds a journal and judges each entry by the hall before it.
type auditReplay struct {
	opts   AuditOptions
	want   []byte // beginning of the head to be found
	report Report
	hall   *queue.Hall

	zone *time.Location
	day  queue.Day
	at   time.Time // of the last entry
	back timesBack
	cut  time.Time // of the last entry before the last start
}

func newAuditReplay(o AuditOptions, want []byte) *auditReplay {
	hall := queue.NewHall()
	return &auditReplay{opts: o, want: want, hall: hall, zone: o.Zone(hall)}
}

func (a *auditReplay) take(x *audited) {
	switch {
	case x.fault != nil:
		a.tell(*x.fault)
	case x.resume != nil:
		a.hall, a.zone = x.resume.hall, a.opts.Zone(x.resume.hall)
		a.tell(Finding{Day: x.day, Code: "not_read", Args: map[string]any{"from": x.resume.day, "to": x.day}})
	case x.ended != nil:
		a.report.Days = append(a.report.Days, *x.ended)
	default:
		a.day = x.day
		a.entry(&x.record)
		a.report.Entries++
		if a.want != nil && a.report.HeadAt == 0 && bytes.HasPrefix(x.head[:], a.want) {
			a.report.HeadAt = x.record.Seq
		}
	}
}

func (a *auditReplay) end() *Report {
	if a.want != nil && a.report.HeadAt == 0 {
		a.tell(Finding{Fault: true, Day: a.day, Code: "head_not_found", Args: map[string]any{"head": a.opts.Head}})
	}
	a.report.Hall = a.hall
	return &a.report
}

// tell keeps a finding: all faults, and of the rest those of the day asked for.
func (a *auditReplay) tell(f Finding) {
	if f.Fault || a.opts.Day == "" || a.opts.Day == f.Day {
		a.report.Findings = append(a.report.Findings, f)
	}
}

func (a *auditReplay) find(r *record, fault bool, code string, args map[string]any) {
	args["entry"], args["day"] = r.Seq, a.day
	by := r.By
	if id, ok := args["counter"].(queue.CounterID); ok && by.Clerk == "" {
		if c, ok := a.hall.Counter(id); ok {
			by.Clerk = c.Clerk
		}
	}
	a.tell(Finding{Fault: fault, Seq: r.Seq, Day: a.day, At: r.At, By: by, Code: code, Args: args})
}

func (a *auditReplay) entry(r *record) {
	r.At = r.At.In(a.zone)
	a.times(r)
	if r.Event == nil {
		a.note(r)
		a.at = r.At
		return
	}
	if b := a.hall.Breach(r.Fact); b != nil {
		a.find(r, true, b.Code, map[string]any{"number": b.Number, "want": b.Want})
	}
	a.departure(r)
	a.hall.Apply(r.Fact)
	switch e := r.Event.(type) {
	case queue.Issued:
		a.report.Tickets++
		if ahead := a.hall.Ahead(e.Ticket); ahead != e.Told.Ahead {
			a.find(r, true, "told_wrong", map[string]any{"number": e.Number, "told": e.Told.Ahead, "ahead": ahead})
		}
	case queue.TicketCalled:
		if e.How == queue.ByNext {
			a.report.Calls++
		}
	case queue.CentreConfigured:
		a.zone = a.opts.Zone(a.hall)
	}
	a.at = r.At
}

// number of a ticket; "" for a person served without one.
func (a *auditReplay) number(id queue.TicketID) string {
	if t, ok := a.hall.Ticket(id); ok {
		return t.Number
	}
	return ""
}

// departure tells what lawfully changed the order in which people were called.
func (a *auditReplay) departure(r *record) {
	type args = map[string]any
	switch e := r.Event.(type) {
	case queue.TicketCalled:
		a.called(r, e)
	case queue.PriorityChanged:
		a.find(r, false, "priority_changed", args{"number": a.number(e.Ticket), "class": e.Class, "was": e.Was, "reason": e.Reason})
	case queue.TicketReturned:
		code := "returned"
		if e.After > 0 {
			code = "returned_after"
		}
		a.find(r, false, code, args{"number": a.number(e.Ticket), "n": e.After})
	case queue.Postponed:
		a.find(r, false, "postponed", args{"number": a.number(e.Ticket), "n": e.Minutes})
	case queue.TicketCancelled:
		a.find(r, false, "cancelled", args{"number": a.number(e.Ticket), "reason": e.Reason})
	case queue.Undone:
		code := "undone"
		if e.Ticket == 0 { // the press had called nobody
			code = "undone_end"
		}
		a.find(r, false, code, args{"number": a.number(e.Ticket), "counter": e.Counter, "reopened": a.number(e.Reopened)})
	case queue.NumbersSkipped:
		rules := a.hall.Rules()
		if e.CutMs != 0 {
			a.cut = time.UnixMilli(e.CutMs).In(a.zone)
		}
		a.find(r, false, "skipped_"+e.Cause, args{
			"from": rules.Number(e.Series, e.From), "to": rules.Number(e.Series, e.To), "time": a.cut,
		})
	case queue.CentreConfigured:
		if a.hall.Day() != "" {
			a.find(r, false, "configured", args{})
		}
	}
}

// called tells of a call that somebody chose, unless it was that ticket's turn.
func (a *auditReplay) called(r *record, e queue.TicketCalled) {
	t, ok := a.hall.Ticket(e.Ticket)
	if e.How == queue.ByNext || !ok {
		return
	}
	next, _ := a.hall.NextFor(e.Counter, r.At)
	if next != nil && next.ID == t.ID {
		return
	}
	code := "called_" + string(e.How)
	switch {
	case t.State != queue.Waiting:
		code = "called_back"
	case next == nil:
		code += "_alone" // nobody else could have been called there
	}
	found := map[string]any{"number": t.Number, "counter": e.Counter}
	if next != nil {
		found["want"] = next.Number
	}
	a.find(r, false, code, found)
}

// note takes from the book's own notes what an inspector should know.
func (a *auditReplay) note(r *record) {
	switch r.Type {
	case noteStarted:
		a.cut = a.at
		var n startNote
		if cbor.Unmarshal(r.Note, &n) == nil && n.Lost > 0 {
			a.find(r, false, "lost_end", map[string]any{"n": n.Lost})
		}
	case noteLost:
		var n lostNote
		if cbor.Unmarshal(r.Note, &n) == nil {
			a.find(r, false, "lost_end", map[string]any{"n": n.N})
		}
	case noteConfirmed:
		var n confirmedNote
		if cbor.Unmarshal(r.Note, &n) == nil {
			a.find(r, false, "numbers_confirmed", map[string]any{"number": a.hall.Rules().Number(n.Series, n.Last), "time": a.cut})
		}
	case noteStepped:
		var n clockNote
		switch {
		case cbor.Unmarshal(r.Note, &n) != nil:
		case n.StepMs == 0:
			a.find(r, false, "clock_unset", map[string]any{})
		case n.StepMs > 0:
			a.find(r, false, "clock_forward", map[string]any{"span": time.Duration(n.StepMs) * time.Millisecond})
		default:
			a.find(r, false, "clock_back", map[string]any{"span": time.Duration(-n.StepMs) * time.Millisecond})
		}
	case noteTrusted:
		var n clockNote
		if cbor.Unmarshal(r.Note, &n) == nil {
			a.find(r, false, "clock_"+n.How, map[string]any{})
		}
	}
}
