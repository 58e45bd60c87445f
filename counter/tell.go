package counter

import (
	"strings"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// Teller says what the journal tells in words for people who have never seen it:
// names in place of ids. The audit speaks with it too.
type Teller struct {
	Words func(lang, key string, args map[string]any) string
	Lang  string
	Doc   *centre.Document
}

func (s Teller) say(key string, args map[string]any) string { return s.Words(s.Lang, key, args) }

// Sentence is "audit." and the code, with names in its holes.
func (s Teller) Sentence(code string, args map[string]any) string {
	named := map[string]any{}
	for hole, v := range args {
		switch v := v.(type) {
		case queue.CounterID:
			named[hole] = s.counter(v)
		case queue.ClassID:
			named[hole] = s.class(v)
		case queue.Day:
			named[hole] = s.Day(v)
		case time.Time:
			named[hole] = s.clock(v)
		case time.Duration:
			named[hole] = s.span(v)
		default:
			named[hole] = v
		}
	}
	if named["reason"] == "" {
		named["reason"] = s.say("audit.reason_none", nil)
	}
	return s.say("audit."+code, named)
}

// Day is as it is written, or what stands for the entries before the first one.
func (s Teller) Day(d queue.Day) string {
	if d < "0001" {
		return s.say("audit.before_first", nil)
	}
	return string(d)
}

// Finding says one finding of an audit.
func (s Teller) Finding(f store.Finding) string { return s.Sentence(f.Code, f.Args) }

func (s Teller) clock(t time.Time) string {
	t = t.In(s.Doc.Location())
	return s.say("audit.clock", map[string]any{"hour": t.Hour(), "minute": t.Format("04")})
}

// span is a length of time as people say it: its two greatest units.
func (s Teller) span(d time.Duration) string {
	d = d.Round(time.Second)
	unit := func(name string, n time.Duration) string {
		return s.say("audit.span."+name, map[string]any{"n": int(n)})
	}
	hours, minutes, seconds := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	var said []string
	switch {
	case hours >= 48:
		return unit("days", hours/24)
	case hours > 0:
		said = append(said, unit("hours", hours))
		if minutes > 0 {
			said = append(said, unit("minutes", minutes))
		}
	case minutes > 0:
		said = append(said, unit("minutes", minutes))
		if seconds > 0 {
			said = append(said, unit("seconds", seconds))
		}
	default:
		said = append(said, unit("seconds", seconds))
	}
	return strings.Join(said, " ")
}

// seconds is for two instants of one minute.
func (s Teller) seconds(t time.Time) string {
	t = t.In(s.Doc.Location())
	return s.say("audit.clock_seconds", map[string]any{"hour": t.Hour(), "minute": t.Format("04"), "second": t.Format("05")})
}

func (s Teller) counter(id queue.CounterID) string {
	if c, ok := s.Doc.Counter(id); ok {
		return s.say("counter.name", map[string]any{"number": c.Number})
	}
	return string(id)
}

func (s Teller) service(id queue.ServiceID) string {
	if v, ok := s.Doc.Service(id); ok {
		return v.Name.In(s.Lang)
	}
	return string(id)
}

func (s Teller) class(id queue.ClassID) string {
	if id == "" {
		return s.say("audit.class_none", nil)
	}
	if c, ok := s.Doc.Class(id); ok {
		return c.Name.In(s.Lang)
	}
	return string(id)
}

// Who is the clerk, else the thing by which it was done.
func (s Teller) Who(by queue.Actor) string {
	if by.Clerk != "" {
		return s.say("audit.clerk", map[string]any{"clerk": by.Clerk})
	}
	kind, id, _ := strings.Cut(by.Via, "/")
	key := "audit.via." + kind
	if said := s.say(key, map[string]any{"id": id}); said != key {
		return strings.TrimSpace(said)
	}
	return by.Via
}
