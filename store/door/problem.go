package door

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"xinmoi/store"
	"xinmoi/store/queue"
)

// Problem is a refusal with a code of the table. A handler returns it; the door
// writes status and sentence.
type Problem struct {
	Code   string
	Args   map[string]any // for the sentence, and for pages as they are
	Cause  error          // kept for errors.Is; never shown
	header http.Header    // Allow and the like
}

func (p *Problem) Error() string {
	if p.Cause != nil {
		return "problem " + p.Code + ": " + p.Cause.Error()
	}
	return "problem " + p.Code
}

func (p *Problem) Unwrap() error { return p.Cause }

// Body is a problem as it is written: RFC 9457 with our members code, retry
// and args.
type Body struct {
	Title  string         `json:"title"` // of the status, English, for programs
	Status int            `json:"status"`
	Code   string         `json:"code"`
	Detail string         `json:"detail"` // for the reader, in the language of Content-Language
	Retry  bool           `json:"retry"`  // the same request with the same key may go well later
	Args   map[string]any `json:"args,omitempty"`
}

// refuse tells an error to whoever asked; bugs are logged here, once.
func (d *door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p *Problem
	var no *queue.Refusal
	gone := errors.Is(err, context.Canceled) && r.Context().Err() != nil
	if t, ok := w.(*writer); ok && t.wrote {
		if !gone && !errors.As(err, new(*net.OpError)) { // as a write to who has hung up
			d.Log.Error("an answer broke off", "route", visitOf(r).pattern, "error", err)
		}
		panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
	}
	switch {
	case gone:
		return
	case errors.As(err, &p):
	case errors.As(err, &no):
		p = &Problem{Code: no.Code, Args: no.Args}
	default:
		d.Log.Error("a request failed", "route", visitOf(r).pattern, "error", err)
		p = &Problem{Code: "internal"}
		if errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrArchive) {
			p.Code = "book_damaged"
		}
	}
	if _, known := Codes[p.Code]; !known {
		d.Log.Error("a refusal without a line in the table", "route", visitOf(r).pattern, "code", p.Code)
		p = &Problem{Code: "internal"}
	}
	d.tell(w, r, p)
}

// tell writes a problem whose code stands in the table.
func (d *door) tell(w http.ResponseWriter, r *http.Request, p *Problem) {
	lang := Lang(r)
	b := d.body(lang, p)
	h := w.Header()
	maps.Copy(h, p.header)
	h.Del("ETag")
	h.Del("Last-Modified")
	h.Set("Content-Language", lang)
	if b.Retry {
		h.Set("Retry-After", "2")
	}
	if forReading(r) {
		d.page(w, lang, b)
		return
	}
	if err := write(w, "application/problem+json", b.Status, b); err != nil {
		d.Log.Error("a problem could not be written as JSON", "code", p.Code, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (d *door) body(lang string, p *Problem) Body {
	line := Codes[p.Code]
	b := Body{Title: http.StatusText(line.Status), Status: line.Status, Code: p.Code, Retry: line.Retry}
	holes := make(map[string]any, len(p.Args))
	for k, v := range p.Args {
		if b.Args == nil {
			b.Args = make(map[string]any, len(p.Args))
		}
		b.Args[k] = forPrograms(v)
		if s := d.forPeople(lang, k, v); s != "" {
			holes[k] = s
		}
	}
	sentence := "door." + p.Code
	if len(line.Needs) > 0 && hasAll(holes, line.Needs) {
		sentence += ".with"
	}
	b.Detail = d.Words(lang, sentence, holes)
	return b
}

func hasAll(holes map[string]any, needs []string) bool {
	for _, n := range needs {
		if _, ok := holes[n]; !ok {
			return false
		}
	}
	return true
}

// forPrograms writes instants as the API writes them everywhere.
func forPrograms(v any) any {
	if t, ok := v.(time.Time); ok {
		return Time{t}
	}
	return v
}

// forPeople writes one hole of a sentence, "" when there is nothing to say.
func (d *door) forPeople(lang, hole string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return d.instant(lang, v)
	case Time:
		return d.instant(lang, v.Time)
	case []string:
		return strings.Join(v, ", ")
	}
	s := fmt.Sprint(v)
	if name := d.Name(lang, hole, s); s != "" && name != "" {
		return name
	}
	if hole == "state" {
		return d.Words(lang, "door.state."+s, nil)
	}
	return s
}

// instant says when, as people say it: "13 giờ 30" today, "7 giờ 30 thứ Hai
// 23/11" on another day.
func (d *door) instant(lang string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	clock := "door.clock"
	if t.Minute() == 0 {
		clock = "door.clock_sharp"
	}
	said := d.Words(lang, clock, map[string]any{"h": t.Hour(), "mm": fmt.Sprintf("%02d", t.Minute())})
	now := d.Now().In(t.Location())
	if now.YearDay() == t.YearDay() && now.Year() == t.Year() {
		return said
	}
	return d.Words(lang, "door.clock_day", map[string]any{"clock": said,
		"weekday": d.Words(lang, fmt.Sprintf("door.weekday.%d", int(t.Weekday())), nil),
		"d":       t.Day(), "m": int(t.Month())})
}
