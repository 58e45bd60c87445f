package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"xinmoi/counter"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// runAudit replays a closed book and tells, in words for people who have never
// seen it, whether it is whole and where the order was changed. Departures from
// the order are lawful: only faults make the exit code 1.
func runAudit(ctx context.Context, e env, args []string) int {
	if len(args) > 0 && args[0] == "why" {
		return runAuditWhy(ctx, e, args[1:])
	}
	var o store.AuditOptions
	fs := e.flags("audit", "audit.usage")
	file := fs.String("data", "", e.say("audit.flag.data", nil))
	day := fs.String("day", "", e.say("audit.flag.day", nil))
	fs.StringVar(&o.Head, "head", "", e.say("audit.flag.head", nil))
	if err := e.parse(fs, args); err != nil || *file == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("audit.usage", nil))
		}
		return exitUsage
	}
	if _, err := time.Parse(time.DateOnly, *day); err != nil && *day != "" {
		fmt.Fprintln(e.errw, e.say("audit.bad_day", map[string]any{"day": *day}))
		return exitUsage
	}
	data := ""
	if info, err := os.Stat(*file); err == nil && info.IsDir() {
		data, *file = *file, store.BookFile(*file)
	}
	o.Day = queue.Day(*day)
	o.Zone = func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	debug.SetGCPercent(400) // a year's entries are garbage as soon as they are folded
	report, err := store.Audit(*file, o)
	if errors.Is(err, store.ErrInUse) && data != "" { // the hall is running
		err = onCopy(ctx, e, data, func(book string) (err error) {
			report, err = store.Audit(book, o)
			return err
		})
	}
	switch {
	case errors.Is(err, store.ErrInUse):
		fmt.Fprintln(e.errw, e.say("audit.in_use", nil))
		return exitCannotTell
	case errors.Is(err, store.ErrNoHead):
		fmt.Fprintln(e.errw, e.say("audit.bad_head", map[string]any{"head": o.Head}))
		return exitUsage
	case errors.Is(err, store.ErrUnknownDay):
		fmt.Fprintln(e.errw, e.refusal(store.ErrUnknownDay))
		return exitUsage
	case errors.Is(err, store.ErrDamaged): // whose sentence sends to this command
		fmt.Fprintln(e.errw, e.say("audit.unreadable_all", map[string]any{"file": *file}))
		return exitCannotTell
	case err != nil:
		fmt.Fprintln(e.errw, e.say("audit.cannot", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	teller := counter.Teller{Words: e.words.Say, Lang: e.lang, Doc: centre.InForce(report.Hall)}
	return auditor{env: e, report: report, teller: teller}.tell(*file, o)
}

// auditor writes a report for people.
type auditor struct {
	env
	report *store.Report
	teller counter.Teller
}

func (a auditor) line(key string, args map[string]any) { fmt.Fprintln(a.out, a.say(key, args)) }

func (a auditor) tell(file string, o store.AuditOptions) int {
	r := a.report
	a.line("audit.book", map[string]any{"file": file, "entries": r.Entries, "tickets": r.Tickets, "calls": r.Calls})
	for _, d := range r.Days {
		key := "audit.day"
		if d.Day < "0001" {
			key = "audit.before"
		}
		if o.Day == "" || o.Day == d.Day {
			a.line(key, map[string]any{"day": d.Day, "first": d.First, "last": d.Last, "head": d.Head})
		}
	}
	faults := r.Faults()
	if departures := len(r.Findings) - faults; departures > 0 {
		a.line("audit.departures", map[string]any{"n": departures})
		a.list(false)
	} else {
		a.line("audit.no_departures", nil)
	}
	if r.HeadAt != 0 {
		a.line("audit.head_found", map[string]any{"head": o.Head, "entry": r.HeadAt})
	}
	if faults == 0 {
		a.line("audit.good", nil)
		return exitGood
	}
	a.line("audit.faults", map[string]any{"n": faults})
	a.list(true)
	a.conclude()
	return exitFound
}

// conclude names the first place that is known to be wrong.
func (a auditor) conclude() {
	first, around := a.report.First()
	switch {
	case first == nil:
		a.line("audit.bad_nowhere", nil)
	case first.Args["month"] != nil:
		a.line("audit.bad_month", first.Args)
	case first.To > first.Seq:
		a.line("audit.bad_among", map[string]any{"entry": first.Seq, "to": first.To, "day": a.teller.Day(first.Day)})
	case around != nil: // what shows at a good entry may have been done before it
		a.line("audit.bad_shows", map[string]any{"entry": first.Seq, "from": around.Seq, "day": a.teller.Day(around.Day)})
	default:
		a.line("audit.bad", map[string]any{"entry": first.Seq})
	}
}

func (a auditor) list(faults bool) {
	for _, f := range a.report.Findings {
		if f.Fault != faults {
			continue
		}
		text := a.teller.Finding(f)
		if who := a.teller.Who(f.By); who != "" && !faults {
			text = a.say("audit.by", map[string]any{"who": who, "what": text})
		}
		if !f.At.IsZero() {
			text = f.At.Format(time.DateTime) + "  " + text
		}
		fmt.Fprintln(a.out, "  "+text)
	}
}
