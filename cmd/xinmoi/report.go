package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
	"xinmoi/store/report"
)

// reportRoute answers GET /api/v1/report?from=2026-11-01&to=2026-11-30.
func (s *server) reportRoute() door.Route {
	return door.Route{Method: "GET", Pattern: "/api/v1/report", Kind: door.KindSupervisor, Who: door.Staff, Answer: report.Report{},
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			from, to := r.URL.Query().Get("from"), r.URL.Query().Get("to")
			for field, good := range map[string]bool{"from": isDay(from) && !reversed(from, to), "to": isDay(to)} {
				if !good {
					return &door.Problem{Code: "bad_value", Args: map[string]any{"field": field}}
				}
			}
			rep, err := report.Make(r.Context(), s.book, queue.Day(from), queue.Day(to))
			if err != nil {
				return err
			}
			return door.Write(w, http.StatusOK, rep)
		}}
}

// isDay accepts 2026-11-26, and nothing for no limit.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return s == "" || err == nil
}

// reversed days have nothing between them.
func reversed(from, to string) bool { return from > to && to != "" }

// badSpan says what is wrong with the days from one to another.
func (e env) badSpan(from, to string) (bad bool) {
	for _, day := range []string{from, to} {
		if !isDay(day) {
			fmt.Fprintln(e.errw, e.say("audit.bad_day", map[string]any{"day": day}))
			return true
		}
	}
	if bad = reversed(from, to); bad {
		fmt.Fprintln(e.errw, e.say("audit.bad_span", map[string]any{"from": from, "to": to}))
	}
	return bad
}

// runReport prints the figures of some days, of a running or a stopped hall.
func runReport(ctx context.Context, e env, args []string) int {
	fs := e.flags("report", "report.usage")
	data := fs.String("data", "", e.say("report.flag.data", nil))
	from := fs.String("from", "", e.say("report.flag.from", nil))
	to := fs.String("to", "", e.say("report.flag.to", nil))
	asCSV := fs.Bool("csv", false, e.say("report.flag.csv", nil))
	if err := e.parse(fs, args); err != nil || *data == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("report.usage", nil))
		}
		return exitUsage
	}
	if e.badSpan(*from, *to) {
		return exitUsage
	}
	rep, doc, err := makeReport(ctx, e, *data, queue.Day(*from), queue.Day(*to))
	if err != nil {
		fmt.Fprintln(e.errw, e.say("report.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	p := reporter{env: e, report: rep, doc: doc}
	p.sort()
	if *asCSV {
		err = rep.CSV(e.out, p.head(), p.name)
	} else {
		err = p.table()
	}
	if err != nil {
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	if len(rep.Lost) > 0 {
		var days []string
		for _, day := range rep.Lost {
			days = append(days, string(day))
		}
		fmt.Fprintln(e.errw, e.say("report.lost", map[string]any{"n": len(days), "days": strings.Join(days, ", ")}))
		return exitFound
	}
	return exitGood
}

// makeReport reads the closed book, or asks the daemon that has it open.
func makeReport(ctx context.Context, e env, data string, from, to queue.Day) (rep *report.Report, doc *centre.Document, err error) {
	file := data
	if info, err := os.Stat(data); err == nil && info.IsDir() {
		file = store.BookFile(data)
	}
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	err = store.ReadClosed(file, zone, func(c *store.Closed) error {
		hall, err := c.Hall()
		if err != nil {
			return err
		}
		doc = centre.InForce(hall)
		rep, err = report.Make(ctx, c, from, to)
		return err
	})
	if !errors.Is(err, store.ErrInUse) {
		return rep, doc, err
	}
	status, body, err := ask(ctx, data, e.lang, http.MethodGet, "/api/v1/report", url.Values{"from": {string(from)}, "to": {string(to)}})
	if err != nil {
		return nil, nil, err
	}
	if status != http.StatusOK {
		return nil, nil, answered(body)
	}
	if err := json.Unmarshal(body, &rep); err != nil {
		return nil, nil, err
	}
	status, body, err = ask(ctx, data, e.lang, http.MethodGet, "/api/v1/centre", nil)
	if err != nil || status != http.StatusOK {
		return rep, &centre.Document{}, err
	}
	return rep, namesIn(body), nil
}

// namesIn takes from GET /api/v1/centre what a report needs of the document.
func namesIn(body []byte) *centre.Document {
	var c struct {
		Services []struct {
			ID   string      `json:"id"`
			Name centre.Text `json:"name"`
		} `json:"services"`
		Counters []struct {
			ID     string `json:"id"`
			Number string `json:"number"`
		} `json:"counters"`
	}
	doc := &centre.Document{}
	if json.Unmarshal(body, &c) != nil {
		return doc
	}
	for _, s := range c.Services {
		doc.Services = append(doc.Services, centre.Service{ID: s.ID, Name: s.Name})
	}
	for _, s := range c.Counters {
		doc.Counters = append(doc.Counters, centre.Counter{ID: s.ID, Number: s.Number})
	}
	return doc
}

// reporter writes a report for people.
type reporter struct {
	env
	report *report.Report
	doc    *centre.Document
}

// sort puts services and counters into the order of the document.
func (p reporter) sort() {
	at := map[string]int{}
	for i, s := range p.doc.Services {
		at["service "+s.ID] = i - len(p.doc.Services)
	}
	for i, c := range p.doc.Counters {
		at["counter "+c.ID] = i - len(p.doc.Counters)
	}
	slices.SortStableFunc(p.report.Rows, func(a, b report.Row) int {
		if a.By != b.By {
			return 0 // they stand in the right order already
		}
		return at[a.By+" "+a.ID] - at[b.By+" "+b.ID]
	})
}

// name says what a row is of.
func (p reporter) name(r *report.Row) (by, name string) {
	by, name = p.say("report.by."+r.By, nil), r.ID
	switch r.By {
	case "service":
		if s, ok := p.doc.Service(queue.ServiceID(r.ID)); ok {
			name = s.Name.In(p.lang)
		}
	case "counter":
		if c, ok := p.doc.Counter(queue.CounterID(r.ID)); ok {
			name = p.say("counter.name", map[string]any{"number": c.Number})
		}
	case "hour":
		name = p.say("report.hour", map[string]any{"hour": r.ID})
	}
	return by, name
}

func (p reporter) head() []string {
	head := []string{p.say("report.by", nil), p.say("report.name", nil)}
	for _, c := range report.Columns() {
		head = append(head, p.say("report.column."+c, nil))
	}
	return head
}

// table prints what fits a screen; the CSV has everything.
func (p reporter) table() error {
	r := p.report
	if r.Days == 0 {
		if len(r.Lost) == 0 { // else there was one, and that is told
			fmt.Fprintln(p.out, p.say("report.none", nil))
		}
		return nil
	}
	fmt.Fprintln(p.out, p.say("report.days", map[string]any{"from": r.From, "to": r.To, "days": r.Days, "tickets": r.Tickets}))
	if r.Skipped > 0 {
		fmt.Fprintln(p.out, p.say("report.skipped", map[string]any{"n": r.Skipped}))
		for _, g := range r.Gaps {
			hour, minute, _ := strings.Cut(strings.TrimPrefix(g.At, "0"), ":")
			at := p.say("audit.clock", map[string]any{"hour": hour, "minute": minute})
			fmt.Fprintf(p.out, "  %s  %s\n", g.Day, p.say("audit.skipped_"+g.Cause, map[string]any{"from": g.From, "to": g.To, "time": at}))
		}
	}
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\t"+p.say("report.short", nil))
	last := ""
	for i := range r.Rows {
		row := &r.Rows[i]
		by, name := p.name(row)
		if row.By != last {
			last = row.By
			fmt.Fprintln(out, by+strings.Repeat("\t", 8)) // the columns go on through it
		}
		pleased := "–"
		if row.Rated > 0 {
			pleased = fmt.Sprintf("%d%%", row.Pleased*100/row.Rated)
		}
		fmt.Fprintf(out, "  %s\t%d\t%d\t%d\t%s\t%s\t%s\t%d\t%s\n", name, row.People, row.Finished+row.Transferred, row.NoShows,
			minutes(row.WaitS), minutes(row.Wait90S), minutes(row.ServeS), row.Rated, pleased)
	}
	return out.Flush()
}

// minutes writes seconds as 7:05.
func minutes(s int) string { return fmt.Sprintf("%d:%02d", s/60, s%60) }
