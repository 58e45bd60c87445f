package display

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/display/voice"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// noteAnnounced is the log of announcements in the journal.
const noteAnnounced = "display.announced"

// announced is its payload, version 1.
type announced struct {
	Call    store.Seq     `cbor:"1,keyasint,omitempty"` // entry that was announced; 0: a notice
	Zone    string        `cbor:"2,keyasint,omitempty"`
	Board   string        `cbor:"3,keyasint,omitempty"`
	Outcome voice.Outcome `cbor:"4,keyasint"`
	Form    voice.Form    `cbor:"5,keyasint,omitempty"`
	Started int64         `cbor:"6,keyasint,omitempty"` // Unix milliseconds
	LengthS float32       `cbor:"7,keyasint,omitempty"`
	Notice  string        `cbor:"8,keyasint,omitempty"`
}

// record writes a line of the log. It comes from the announcer's one goroutine,
// after what is to be played was sent.
func (a *announcer) record(r voice.Record) {
	n := announced{Call: store.Seq(r.Call.Seq), Zone: r.Call.Zone, Board: cmp.Or(r.Speaker.Board, r.Speaker.Client), Outcome: r.Outcome, Form: r.Form,
		LengthS: float32(r.Length.Seconds()), Notice: r.Call.Text}
	if !r.Started.IsZero() {
		n.Started = r.Started.UnixMilli()
	}
	b, err := cbor.Marshal(n)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, err = a.book.Note(ctx, noteAnnounced, 1, b)
	}
	if err != nil {
		a.log.Warn("an announcement is not in the log", "call", r.Call.Seq, "outcome", string(r.Outcome), "error", err)
	}
}

// The log as staff read it: the last announcements, as far as they lie within so
// many entries of the journal.
const (
	logLines    = 200
	logLookBack = 5000
)

// logLine is one announcement: what, where, when, and what became of it. It
// settles whether a number was called aloud.
type logLine struct {
	Number  string        `json:"number,omitempty"`
	Counter string        `json:"counter,omitempty"` // number on the sign
	Notice  string        `json:"notice,omitempty"`
	Call    string        `json:"call,omitempty"` // type of the event that was announced
	Zone    string        `json:"zone"`
	Board   string        `json:"board,omitempty"`
	Outcome voice.Outcome `json:"outcome"`
	Form    voice.Form    `json:"form,omitempty"`
	Called  *door.Time    `json:"called_at,omitempty"`
	Started *door.Time    `json:"started_at,omitempty"`
	Ended   door.Time     `json:"at"` // of the log's entry
	LengthS float32       `json:"length_s,omitempty"`
}

func (a *announcer) getLog(w http.ResponseWriter, _ *http.Request) error {
	v := a.book.View()
	from := v.Seq - min(v.Seq, logLookBack)
	entries := map[store.Seq]store.Entry{}
	for at := from; at < v.Seq; {
		part, err := a.book.Read(at, readAtOnce)
		if err != nil {
			return err
		}
		if len(part) == 0 {
			break
		}
		for _, e := range part {
			entries[e.Seq] = e
		}
		at = part[len(part)-1].Seq
	}
	lines := []logLine{}
	for at := v.Seq; at > from && len(lines) < logLines; at-- {
		var n announced
		e := entries[at]
		if e.Type == noteAnnounced && e.Version == 1 && cbor.Unmarshal(e.Note, &n) == nil {
			lines = append(lines, line(v, e, n, entries[n.Call]))
		}
	}
	return door.Write(w, http.StatusOK, door.Items(lines))
}

// line tells one note of the log. The call's entry is zero when it lies too far
// back, or for a notice.
func line(v *store.View, e store.Entry, n announced, call store.Entry) logLine {
	doc := centre.InForce(v.Hall)
	stamp := func(t time.Time) *door.Time { return &door.Time{Time: t.In(doc.Location())} }
	l := logLine{Notice: n.Notice, Zone: n.Zone, Board: n.Board, Outcome: n.Outcome, Form: n.Form, Ended: *stamp(e.At), LengthS: n.LengthS}
	if n.Started != 0 {
		l.Started = stamp(time.UnixMilli(n.Started))
	}
	if call.Event == nil {
		return l
	}
	l.Called, l.Call = stamp(call.At), call.Type
	if t, ok := v.Hall.Ticket(called(call.Event)); ok {
		l.Number = t.Number
	}
	if c, ok := doc.Counter(counterOf(call.Event)); ok {
		l.Counter = c.Number
	}
	return l
}

// counterOf is the counter that an event calls to.
func counterOf(e queue.Event) queue.CounterID {
	switch e := e.(type) {
	case queue.TicketCalled:
		return e.Counter
	case queue.Recalled:
		return e.Counter
	case queue.ResultCalled:
		return e.Counter
	}
	return ""
}
