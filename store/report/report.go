// Package report tells how long people waited and were served, how many did not
// come and how they were content, by service, counter, clerk and hour. It stands
// on the sums that the book keeps of each day, and so costs the same whether the
// entries are in the book or in the archive.
package report

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"

	"xinmoi/store/queue"
	"xinmoi/store/sum"
)

// Book is what has sums: an open book or a closed one.
type Book interface {
	Sums(ctx context.Context, from, to queue.Day, each func(*sum.Day)) (lost []queue.Day, err error)
}

// Report is the sum of some days. Times are whole seconds; those within which so
// many per cent were are the upper ends of classes (sum.Bounds).
type Report struct {
	From    queue.Day `json:"from"` // first and last day that were worked; "" for none
	To      queue.Day `json:"to"`
	Days    int       `json:"days"`
	Tickets int       `json:"tickets"` // numbers issued
	Skipped int       `json:"skipped"` // and not given, after power cuts
	Gaps    []sum.Gap `json:"gaps"`    // which those were
	Rows    []Row     `json:"rows"`
	// Lost are days that are in none of the figures: book and archive are damaged there.
	Lost []queue.Day `json:"lost"`
}

// Row is one line.
type Row struct {
	By          string `json:"by"`           // total, service, counter, clerk, hour
	ID          string `json:"id,omitempty"` // of the document; of the hour "8"
	People      int    `json:"people"`       // who began to wait: each leg of a ticket is one
	Finished    int    `json:"finished"`
	Transferred int    `json:"transferred"`
	NoShows     int    `json:"no_shows"`
	Cancelled   int    `json:"cancelled"`
	Expired     int    `json:"expired"`
	WaitS       int    `json:"wait_mean_s"`
	Wait50S     int    `json:"wait_50_s"`
	Wait90S     int    `json:"wait_90_s"`
	WaitLongS   int    `json:"wait_longest_s"`
	ServeS      int    `json:"serve_mean_s"`
	Serve90S    int    `json:"serve_90_s"`
	Rated       int    `json:"rated"`
	Pleased     int    `json:"pleased"` // of those, 4 or 5 of 5
}

// Make reports the days from one to another, both included, "" for no limit.
func Make(ctx context.Context, book Book, from, to queue.Day) (*Report, error) {
	var all sum.Day
	r := &Report{}
	lost, err := book.Sums(ctx, from, to, func(d *sum.Day) {
		if r.From == "" {
			r.From = d.Day
		}
		r.To = d.Day
		r.Days++
		all.Merge(d)
	})
	if err != nil {
		return nil, err
	}
	r.Lost = append([]queue.Day{}, lost...)
	r.Tickets, r.Skipped, r.Gaps = all.Tickets, all.Skipped, append([]sum.Gap{}, all.Gaps...)
	r.Rows = append(r.Rows, row("total", "", &all.Total))
	r.Rows = rows(r.Rows, "service", all.Services)
	r.Rows = rows(r.Rows, "counter", all.Counters)
	r.Rows = rows(r.Rows, "clerk", all.Clerks)
	for _, h := range sum.Keys(all.Hours) {
		r.Rows = append(r.Rows, row("hour", strconv.Itoa(h), all.Hours[h]))
	}
	return r, nil
}

func rows[K ~string](list []Row, by string, all map[K]*sum.Row) []Row {
	for _, k := range sum.Keys(all) {
		list = append(list, row(by, string(k), all[k]))
	}
	return list
}

func row(by, id string, r *sum.Row) Row {
	rated, pleased := r.Rated()
	return Row{
		By: by, ID: id, People: r.Legs, Finished: r.Finished, Transferred: r.Transferred,
		NoShows: r.NoShows, Cancelled: r.Cancelled, Expired: r.Expired,
		WaitS: r.Wait.Mean(), Wait50S: r.Wait.Within(50), Wait90S: r.Wait.Within(90), WaitLongS: r.Wait.LongS,
		ServeS: r.Serve.Mean(), Serve90S: r.Serve.Within(90), Rated: rated, Pleased: pleased,
	}
}

// Figures are the row's numbers in the order of Columns.
func (r *Row) Figures() []int {
	return []int{
		r.People, r.Finished, r.Transferred, r.NoShows, r.Cancelled, r.Expired,
		r.WaitS, r.Wait50S, r.Wait90S, r.WaitLongS, r.ServeS, r.Serve90S, r.Rated, r.Pleased,
	}
}

// Columns name the figures, as in JSON.
func Columns() []string {
	return []string{
		"people", "finished", "transferred", "no_shows", "cancelled", "expired",
		"wait_mean_s", "wait_50_s", "wait_90_s", "wait_longest_s", "serve_mean_s", "serve_90_s", "rated", "pleased",
	}
}

// CSV writes the rows for a spreadsheet: UTF-8 with its mark, since Excel reads
// Vietnamese wrongly without; head has a word for by, name and each column.
func (r *Report) CSV(w io.Writer, head []string, name func(*Row) (by, name string)) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range r.Rows {
		by, what := name(&r.Rows[i])
		line := []string{by, plain(what)}
		for _, n := range r.Rows[i].Figures() {
			line = append(line, strconv.Itoa(n))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plain keeps a spreadsheet from taking a name for a formula.
func plain(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}
