package centre

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"xinmoi/store/queue"
)

// slug is what may stand in an address and in a device id.
var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const maxSlug = 32

// at makes the path of an element's key.
func at(table string, i int, key string) string { return fmt.Sprintf("%s.%d.%s", table, i, key) }

// checkNames looks at what has to be there before defaults are filled in: ids,
// names, and the ports of devices.
func (c *checker) checkNames() {
	d := c.d
	names(c, "zone", d.Zones, func(z Zone) string { return z.ID })
	names(c, "service", d.Services, func(s Service) string { return s.ID })
	names(c, "counter", d.Counters, func(s Counter) string { return s.ID })
	names(c, "priority", d.Priority, func(p Priority) string { return p.ID })
	names(c, "kiosk", d.Kiosks, func(k Kiosk) string { return k.ID })
	names(c, "printer", d.Printers, func(p Printer) string { return p.ID })
	names(c, "keypad", d.Keypads, func(k Keypad) string { return k.ID })
	names(c, "template", d.Frames, func(f Frames) string { return f.ID })
	names(c, "led", d.LEDs, func(l LED) string { return l.ID })
	names(c, "board", d.Boards, func(b Board) string { return b.ID })
	if len(d.Services) == 0 {
		c.wrong("service", "no_service")
	}
	if len(d.Counters) == 0 {
		c.wrong("counter", "no_counter")
	}
	if len(d.Kiosks) == 0 {
		c.odd("kiosk", "no_kiosk")
	}
}

// names checks the ids of one kind of thing.
func names[T any](c *checker, table string, list []T, id func(T) string) {
	first := map[string]int{}
	for i, x := range list {
		path, id := at(table, i, "id"), id(x)
		switch {
		case id == "":
			c.wrong(path, "id_missing", "table", table)
		case !slug.MatchString(id) || len(id) > maxSlug:
			c.wrong(path, "id_bad", "id", id, "near", slugOf(id, fmt.Sprintf("%s-%d", table, i+1)))
		}
		if before, twice := first[id]; twice && id != "" {
			c.wrong(path, "id_twice", "id", id, "table", table, "line", c.line(at(table, before, "id")))
		} else {
			first[id] = i
		}
	}
}

// slugOf makes a good id of a bad one.
func slugOf(s, otherwise string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(strings.ReplaceAll(s, "Đ", "đ"))) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	out := b.String()
	out = strings.Trim(out[:min(len(out), maxSlug)], "-")
	if out == "" {
		return otherwise
	}
	return out
}

// checkCentre looks at the tables that stand once.
func (c *checker) checkCentre() {
	d := c.d
	c.checkLanguages()
	c.text("centre.name", d.Centre.Name, true)
	c.text("centre.authority", d.Centre.Authority, false)
	if _, written := c.lines["centre.noun"]; written {
		c.text("centre.noun", d.Centre.Noun, false)
	}
	if _, err := time.LoadLocation(d.Centre.TimeZone); err != nil || d.Centre.TimeZone == "Local" {
		c.wrong("centre.time_zone", "time_zone_bad", "value", d.Centre.TimeZone)
	}
	if u := d.Centre.PublicURL; u != "" {
		p, err := url.Parse(u)
		if err != nil || (p.Scheme != "http" && p.Scheme != "https") || p.Host == "" || p.RawQuery != "" || p.Fragment != "" || p.User != nil {
			c.wrong("centre.public_url", "public_url_bad", "value", u)
		}
	}
	for i, kind := range d.Access.LAN {
		c.oneOf(fmt.Sprintf("access.lan.%d", i), "lan", kind, lanKinds)
	}
	for i, host := range d.Access.Hosts {
		if u, err := url.Parse("http://" + host); err != nil || host == "" || u.Host != host || strings.ContainsAny(host, " /") {
			c.wrong(fmt.Sprintf("access.hosts.%d", i), "host_bad", "value", host)
		}
	}
	c.checkOrder()
	c.checkTimes()
	c.checkKeeping()
}

// lanKinds are the kinds of route that a network address may be let in to.
var lanKinds = []string{"kiosk", "board", "counter", "supervisor", "phone", "rate", "asset", "system", "api", "agent"}

func (c *checker) isLanguage(path, lang string) bool {
	_, err := language.Parse(lang)
	if err != nil {
		c.wrong(path, "language_bad", "value", lang)
	}
	return err == nil
}

func (c *checker) checkLanguages() {
	var good []string
	for i, lang := range c.d.Centre.Languages {
		path := fmt.Sprintf("centre.languages.%d", i)
		switch {
		case !c.isLanguage(path, lang):
		case slices.Contains(good, lang):
			c.odd(path, "twice_in_list", "value", lang)
		default:
			good = append(good, lang)
		}
	}
	if len(good) > 0 {
		c.d.Centre.Languages = good
	}
}

func (c *checker) checkOrder() {
	o := c.d.Order
	c.oneOf("order.rule", "rule", o.Rule, []string{string(queue.HeadStart), string(queue.Strict), string(queue.Interleave)})
	c.within("order.cap_min", o.CapMin, 0, 480)
	c.within("order.every", o.Every, 0, 100)
	switch strict, interleave := o.Rule == string(queue.Strict), o.Rule == string(queue.Interleave); {
	case strict && o.CapMin == 0:
		c.wrong("order.rule", "strict_no_cap")
	case interleave && o.Every == 0:
		c.wrong("order.rule", "interleave_no_every")
	case !strict && o.CapMin != 0:
		c.odd("order.cap_min", "unused_setting", "key", "cap_min", "rule", o.Rule)
	case !interleave && o.Every != 0:
		c.odd("order.every", "unused_setting", "key", "every", "rule", o.Rule)
	}
	for i, p := range c.d.Priority {
		c.text(at("priority", i, "name"), p.Name, true)
		c.within(at("priority", i, "head_start_min"), value(p.HeadStartMin), 0, 240)
	}
}

func (c *checker) checkTimes() {
	t := c.d.Times
	c.within("times.no_show_before_s", value(t.NoShowBeforeS), 0, 3600)
	c.within("times.repeat_s", value(t.RepeatS), 0, 60)
	c.within("times.undo_s", value(t.UndoS), 0, 600)
	c.within("times.return_after", value(t.ReturnAfter), 0, 100)
	c.within("times.grace_min", value(t.GraceMin), 0, 480)
	c.within("times.rate_s", value(t.RateS), 0, 3600)
	c.within("times.no_show_limit", value(t.NoShowLimit), 0, 20)
	if m, ok := parseClock(t.DayEnds); !ok || m >= 24*60 {
		c.wrong("times.day_ends", "clock_bad", "value", t.DayEnds)
	}
	c.within("print.fresh_s", value(c.d.Print.FreshS), 10, 3600)
}

// text checks something written in several languages.
func (c *checker) text(path string, t Text, needed bool) {
	langs := c.d.Centre.Languages
	if needed && strings.TrimSpace(t.In(langs[0])) == "" {
		c.wrong(path, "name_missing", "key", lastKey(path), "lang", langs[0])
		return
	}
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		if slices.Contains(langs, lang) {
			continue
		}
		if near := Nearest(lang, langs); near != "" && t[near] == "" {
			c.wrong(join(path, lang), "text_language_near", "lang", lang, "near", near)
		} else {
			c.odd(join(path, lang), "text_language", "lang", lang, "known", langs)
		}
	}
	var lacks []string
	for _, lang := range langs {
		if len(t) > 0 && strings.TrimSpace(t[lang]) == "" {
			lacks = append(lacks, lang)
		}
	}
	if len(lacks) > 0 {
		c.odd(path, "language_lacking", "key", lastKey(path), "langs", lacks)
	}
}

// oneOf checks a word of a list.
func (c *checker) oneOf(path, key, word string, known []string) bool {
	if slices.Contains(known, word) {
		return true
	}
	c.wrong(path, "not_one_of", "key", key, "value", word, "known", known)
	return false
}

// within checks a number.
func (c *checker) within(path string, n, low, high int) bool {
	if n >= low && n <= high {
		return true
	}
	c.wrong(path, "out_of_range", "key", lastKey(path), "value", n, "low", low, "high", high)
	return false
}
