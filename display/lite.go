package display

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"xinmoi/store/centre"
	"xinmoi/store/door"
)

// The board of the televisions that halls already have: drawn here, because
// browsers of 2017 can neither run the page of today nor lay it out. Its script
// is ES5 of less than 5 KB and asks for the next picture; the answer waits until
// there is one. Picture only: such a browser is not asked to speak.

//go:embed lite.html
var liteHTML string

var litePage = template.Must(template.New("lite").Parse(liteHTML))

const (
	liteHold  = 25 * time.Second // under the door's WriteTimeout
	liteLook  = time.Second      // clock, hours and what is fresh change by themselves
	liteMost  = 200              // pages that wait at the same time
	liteFresh = 10 * time.Second // after this a call does not blink any more
	liteRoom  = 29.6             // width of a quiet row and, below, of what stands in it, in hundredths of the screen's
	liteDigit = 1.43
	liteGap   = 1.9
)

// liteNow is the answer to a page that asks for the next picture.
type liteNow struct {
	Seen  string `json:"seen"` // which picture this is
	Build string `json:"build"`
	Rest  bool   `json:"rest"` // the hall is closed: a good time to load the page anew
	HTML  string `json:"html"`
}

func (r *Room) liteRoutes() []door.Route {
	return []door.Route{
		{Method: "GET", Pattern: "/board/{id}/lite", Kind: door.KindBoard, Who: door.Anyone, Handle: r.getLite},
		{Method: "GET", Pattern: "/board/{id}/lite/now", Kind: door.KindBoard, Who: door.Anyone,
			About: "The picture of an old television's board, once it is another than ?seen", Answer: liteNow{}, Handle: r.getLiteNow},
	}
}

func (r *Room) getLite(w http.ResponseWriter, req *http.Request) error {
	p, ok := r.picture(req)
	if !ok {
		return &door.Problem{Code: "not_found"}
	}
	now, err := p.draw()
	if err != nil {
		return err
	}
	p.Now = "/board/" + url.PathEscape(req.PathValue("id")) + "/lite/now?"
	if lang := req.URL.Query().Get("lang"); lang != "" {
		p.Now += "lang=" + url.QueryEscape(lang) + "&"
	}
	p.Now += "seen="
	p.Seen, p.Build = now.Seen, r.build
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	return litePage.ExecuteTemplate(w, "page", p)
}

// getLiteNow answers when the picture is another than the page has, and after
// liteHold in any case, so that the page knows that somebody is there.
func (r *Room) getLiteNow(w http.ResponseWriter, req *http.Request) error {
	select {
	case r.polls <- struct{}{}:
		defer func() { <-r.polls }()
	default:
		return &door.Problem{Code: "too_many_screens"}
	}
	bell, stop := r.book.Bell()
	defer stop()
	end := time.NewTimer(liteHold)
	defer end.Stop()
	look := time.NewTicker(liteLook)
	defer look.Stop()
	for last := false; ; {
		p, ok := r.picture(req)
		if !ok {
			return &door.Problem{Code: "not_found"}
		}
		now, err := p.draw()
		if err != nil {
			return err
		}
		if now.Build = r.build; last || now.Seen != req.URL.Query().Get("seen") {
			w.Header().Set("Cache-Control", "no-store")
			return door.Write(w, http.StatusOK, now)
		}
		select {
		case <-bell:
		case <-look.C:
		case <-end.C:
			last = true
		case <-r.stopping:
			last = true
		case <-req.Context().Done():
			return req.Context().Err()
		}
	}
}

// picture is one board as the template wants it.
type picture struct {
	board
	words            func(lang, key string, args map[string]any) string
	Lang, Second     string
	Clock, Date      string
	Emergency        []pair
	EmergencyLong    bool
	Rest             string // key of what is said while nobody is called
	Back             *pair
	Newest           *liteCall
	Label            string
	Fresh            bool
	List             []liteCall
	Quiet            []liteQuiet
	Now, Seen, Build string
	closed           bool
}

// pair is a sentence with its twin in the second language.
type pair struct{ Own, Twin, Lang string }

type liteCall struct {
	call
	Size  string
	Tag   string
	Where pair   // the counter
	Turn  string // of the arrow that points right, in degrees
	Way   string // the same in words
	Place string
	Long  bool // the place
	Again string
	Then  string
}

type liteQuiet struct {
	Title   pair
	Numbers []string
}

// turns are the directions of an arrow, in degrees from one that points right.
var turns = map[string]string{"left": "180", "right": "0", "straight": "-90", "up": "-45", "down": "90"}

// Several reports whether the calls of this board lead to more than one zone.
func (p *picture) Several() bool { return len(p.Zones) > 1 }

// Say is a sentence in the board's language.
func (p *picture) Say(key string) string { return p.words(p.Lang, key, nil) }

// LongName reports whether the centre's name needs two lines.
func (p *picture) LongName() bool { return utf8.RuneCountInString(p.In(p.Centre)) > 55 }

// In is a text of the document in the board's language.
func (p *picture) In(t centre.Text) string { return t.In(p.Lang) }

// Both is a sentence in both languages.
func (p *picture) Both(key string) pair { return p.both(key, nil) }

// WaitingWords says how many people wait.
func (p *picture) WaitingWords() pair {
	return p.both("display.waiting", map[string]any{"n": p.Waiting})
}

func (p *picture) both(key string, args map[string]any) pair {
	out := pair{Own: p.words(p.Lang, key, args), Lang: p.Second}
	if p.Second != "" {
		out.Twin = p.words(p.Second, key, args)
	}
	if out.Twin == out.Own {
		out.Twin = ""
	}
	return out
}

// picture computes what a page shows that asks now.
func (r *Room) picture(req *http.Request) (*picture, bool) {
	v := r.book.View()
	state, ok := r.boardState(v, req.PathValue("id"))
	if !ok {
		return nil, false
	}
	p := &picture{board: state.(board), words: r.words}
	langs := p.Languages
	if asked := req.URL.Query().Get("lang"); asked != "" {
		langs = append([]string{asked}, langs...)
	}
	p.Lang = langs[0]
	for _, l := range langs {
		if l != p.Lang {
			p.Second = l
			break
		}
	}
	p.fill(r.book.Now().In(centre.InForce(v.Hall).Location()))
	return p, true
}

func (p *picture) fill(now time.Time) {
	if !p.Unsure {
		p.Clock = now.Format("15:04")
		p.Date = p.weekday(now) + ", " + now.Format("02/01/2006")
	}
	for _, lang := range append([]string{p.Lang}, p.Languages...) {
		if text := p.board.Emergency[lang]; text != "" && (lang != p.Lang || len(p.Emergency) == 0) {
			p.Emergency = append(p.Emergency, pair{Own: text, Lang: lang})
			p.EmergencyLong = p.EmergencyLong || len([]rune(text)) > 70
		}
	}
	is, next := phase(p.Hours, now)
	p.closed = is == "closed"
	for i, c := range p.Calls {
		l := p.call(c)
		if i == 0 && (is == "open" || now.Sub(c.At.Time) < lately) {
			p.Newest, p.Label = &l, label(c)
			p.Fresh = c.Active && now.Sub(c.At.Time) < liteFresh
		}
		if i < p.Rows {
			p.List = append(p.List, l)
		}
	}
	if p.Newest == nil {
		p.Rest = "display." + is
		if is == "open" {
			p.Rest = "display.idle"
		} else if !next.IsZero() && !p.Unsure {
			p.Back = &pair{Own: p.told(p.Lang, is, next), Lang: p.Second}
			if p.Second != "" {
				p.Back.Twin = p.told(p.Second, is, next)
			}
		}
	}
	missed := []string{}
	for _, m := range p.Missed {
		missed = append(missed, m.Number)
	}
	p.quiet("display.soon", p.Soon)
	p.quiet("display.missed", missed)
	if len(missed) > 0 {
		p.Quiet[1].Title = pair{Own: p.Say("display.missed") + " – " + p.Say("display.missed.hint")}
	}
	p.quiet("display.results", p.Results)
}

func label(c call) string {
	switch {
	case !c.Active:
		return "display.just_called"
	case c.Result:
		return "display.result"
	}
	return "display.please"
}

func (p *picture) call(c call) liteCall {
	l := liteCall{call: c, Where: p.both("display.counter", map[string]any{"number": c.Counter}), Place: p.In(c.Name)}
	switch n := len(c.Number); {
	case n > 7:
		l.Size = "tiny"
	case n > 5:
		l.Size = "small"
	}
	for _, z := range p.Zones {
		if z.ID == c.Zone && p.Several() {
			if l.Place != "" {
				l.Place += " · "
			}
			l.Place += p.In(z.Name)
			if floor := p.In(z.Floor); floor != "" {
				l.Place += ", " + floor
			}
		}
	}
	if l.Turn = turns[c.Direction]; l.Turn != "" {
		l.Way = p.Say("display.direction." + c.Direction)
	}
	l.Long = utf8.RuneCountInString(l.Place) > 50
	l.Then = p.words(p.Lang, "display.at", map[string]any{"at": c.At.Format("15:04")})
	if c.Active && c.Call > 1 {
		l.Again = p.words(p.Lang, "display.nth", map[string]any{"n": c.Call})
		l.Tag = l.Again
	}
	if c.Result {
		l.Tag = p.Say("display.result.short")
	}
	return l
}

// quiet adds a row of numbers, as many as have room in one line.
func (p *picture) quiet(key string, all []string) {
	room := liteRoom
	q := liteQuiet{Title: p.Both(key)}
	for _, n := range all {
		if room -= float64(len(n))*liteDigit + liteGap; room < 0 {
			break
		}
		q.Numbers = append(q.Numbers, n)
	}
	p.Quiet = append(p.Quiet, q)
}

// told says when work begins again.
func (p *picture) told(lang, is string, next time.Time) string {
	key := "display.clock"
	if next.Minute() == 0 {
		key += ".sharp"
	}
	at := p.words(lang, key, map[string]any{"h": next.Hour(), "mm": next.Format("04")})
	return p.words(lang, "display."+is+".back", map[string]any{"at": at, "day": p.day(lang, next) + " " + next.Format("2/1")})
}

func (p *picture) weekday(at time.Time) string { return p.day(p.Lang, at) }

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (p *picture) day(lang string, at time.Time) string {
	return p.words(lang, "common.day."+weekdays[at.Weekday()], nil)
}

// draw writes the picture and names it by its content.
func (p *picture) draw() (liteNow, error) {
	var b bytes.Buffer
	if err := litePage.ExecuteTemplate(&b, "board", p); err != nil {
		return liteNow{}, err
	}
	sum := sha256.Sum256(b.Bytes())
	return liteNow{Seen: hex.EncodeToString(sum[:8]), Rest: p.closed, HTML: b.String()}, nil
}
