package voice

import (
	"strings"
	"time"
)

// Cue is one clip of a plan and when it begins.
type Cue struct {
	Clip string `json:"clip"` // "vi/khoong.end"
	At   int    `json:"at"`   // ms after the start of the announcement
}

// Plan is an announcement ready to be played.
type Plan struct {
	Cues   []Cue
	Text   string // what is said, in all its languages
	Length time.Duration
}

// Plan says how a call is spoken. In a row means right after another
// announcement, where the shortest form needs no chime.
func (all Packs) Plan(c Call, s Style, form Form, inRow bool) Plan {
	b := builder{packs: all}
	if form == Full {
		b.chime(Chime)
	} else if form == Short || !inRow {
		b.chime(ShortChime)
	}
	langs := c.Langs
	if len(langs) == 0 {
		langs = []string{Leading}
	}
	if form != Full {
		langs = langs[:1]
	}
	spoken := map[string]bool{}
	for i, lang := range langs {
		if !b.can(lang, c, s, form) {
			lang = Leading
		}
		if spoken[lang] {
			continue
		}
		spoken[lang] = true
		times := 1
		if i == 0 && form == Full {
			times = repeats(c, s)
		}
		for n := range times {
			b.add(lang, all.grammar(lang).sentence(c, s, form == Shortest, n > 0 || c.Kind == Recall))
			b.pause(betweenTimes)
		}
		b.pause(betweenLangs)
	}
	return b.plan()
}

// repeats is how often a sentence is said in full form.
func repeats(c Call, s Style) int {
	switch {
	case c.urgent():
		return 2
	case c.Kind == Notice:
		return 1
	case c.Kind == Recall: // "Xin nhắc lại" is itself the repetition
		return max(s.times()-1, 1)
	}
	return s.times()
}

// builder lays clips one after the other.
type builder struct {
	packs Packs
	cues  []Cue
	text  []string
	at    time.Duration // where speech has ended
	gap   time.Duration // at least, until the next clip
}

// can reports whether a language has a clip for everything of a call.
func (b *builder) can(lang string, c Call, s Style, form Form) bool {
	l, pack := b.packs.grammar(lang), b.packs[lang]
	if l == nil || pack == nil {
		return false
	}
	for _, again := range []bool{false, true} {
		for _, p := range l.sentence(c, s, form == Shortest, again) {
			if _, ok := pack.find(p.text, p.end); !ok {
				return false
			}
		}
	}
	return true
}

func (b *builder) chime(name string) {
	if c, ok := b.packs[Leading].byName[name]; ok {
		b.put(Leading, c.Clip)
		b.pause(afterChime)
	}
}

// add lays the clips of a sentence. What the leading language has no clip for
// is said in other words or left out: the number and the counter remain.
func (b *builder) add(lang string, sentence []piece) {
	b.text = append(b.text, write(sentence))
	for i, p := range sentence {
		c, ok := b.packs[lang].find(p.text, p.end)
		if !ok && i == 0 { // an invitation of a noun that nobody has recorded
			c, ok = b.packs[lang].find(b.packs.grammar(lang).brief, false)
		}
		if !ok {
			continue
		}
		b.put(lang, c)
		b.pause(p.pause)
	}
}

func (b *builder) put(lang string, c Clip) {
	b.at += b.gap
	b.gap = 0
	b.cues = append(b.cues, Cue{Clip: lang + "/" + c.Name, At: int(b.at / time.Millisecond)})
	b.at += time.Duration(c.MS) * time.Millisecond
}

// pause lets at least so much time go before the next clip.
func (b *builder) pause(d time.Duration) { b.gap = max(b.gap, d) }

func (b *builder) plan() Plan {
	return Plan{Cues: b.cues, Text: strings.Join(b.text, " "), Length: b.at}
}
