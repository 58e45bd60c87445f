package voice

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// piece is a stretch of speech: one clip if the pack has it, else its words.
type piece struct {
	text  string
	shown string        // as written, if not as text
	end   bool          // end of a phrase
	pause time.Duration // after it
	mark  string        // after it in the written sentence
}

// The pauses of a sentence, after screens of halls that are understood.
const (
	betweenWords  = 45 * time.Millisecond
	afterLetter   = 80 * time.Millisecond
	beforeCounter = 220 * time.Millisecond
	afterAgain    = 220 * time.Millisecond
	beforePlace   = 220 * time.Millisecond
	betweenTimes  = 650 * time.Millisecond
	betweenLangs  = 350 * time.Millisecond
	afterChime    = 150 * time.Millisecond
	shortNumber   = 2 // digits that the number of a counter, floor or room may have to be read whole
	longNumber    = 4 // and at all, within the name of a place
)

// sentence is how a call is said in one language. again is the repetition.
func (l *language) sentence(c Call, s Style, brief, again bool) []piece {
	if c.Kind == Notice {
		return l.notice(c)
	}
	var out []piece
	say := func(p ...piece) { out = append(out, p...) }
	toCounter := l.proceed
	switch {
	case again:
		say(piece{text: l.again, pause: afterAgain, mark: ":"}, piece{text: l.number, pause: betweenWords})
		toCounter = l.counter
	case brief:
		say(piece{text: l.brief, pause: betweenWords})
	default:
		noun := s.Noun[l.code]
		if noun == "" {
			noun = l.noun
		}
		say(piece{text: strings.ReplaceAll(l.invite, "{noun}", noun), pause: betweenWords})
	}
	say(l.spellNumber(c.Number, s)...)
	last(out).pause, last(out).mark = beforeCounter, ","
	say(piece{text: toCounter, pause: betweenWords})
	counter := l.spellSign(c.Sign, s)
	say(counter...)
	if c.Kind == Result {
		last(out).end, last(out).pause = false, betweenWords
		say(piece{text: l.collect, end: true})
	}
	if place := l.spellPlace(c.Place[l.code], s); len(place) > 0 && !again && !brief {
		last(out).pause, last(out).mark = beforePlace, ","
		say(place...)
	}
	return out
}

func last(p []piece) *piece { return &p[len(p)-1] }

// notice is a text on demand; with the test goes the zone.
func (l *language) notice(c Call) []piece {
	out := []piece{{text: l.notices[c.Text], end: true, pause: betweenWords}}
	return append(out, l.spellPlace(c.Place[l.code], Style{})...)
}

// spellNumber says a ticket's number: its letters, then its digits.
func (l *language) spellNumber(number string, s Style) []piece {
	return l.spell(number, s, s.Natural)
}

// spellSign says a counter's number, short ones as a whole.
func (l *language) spellSign(sign string, s Style) []piece {
	whole := true
	for _, r := range runs(sign) {
		whole = whole && !(isDigits(r) && (len(r) > shortNumber || r[0] == '0'))
	}
	return l.spell(sign, s, whole || s.Natural)
}

func (l *language) spell(number string, s Style, whole bool) []piece {
	var out []piece
	for _, run := range runs(number) {
		if !isDigits(run) {
			if name := l.letter(run); name != "" {
				out = append(out, piece{text: name, shown: run, pause: afterLetter, mark: ","})
			}
			continue
		}
		words := l.read(run, s, whole)
		for i, w := range words {
			out = append(out, piece{text: w, end: i == len(words)-1, pause: betweenWords})
		}
	}
	if len(out) == 0 { // no number at all: say so little as not to lie
		return []piece{{text: l.number, end: false}}
	}
	last(out).mark = ""
	return out
}

// spellPlace says where, "phòng 102, khu A, tầng một". A part of it is said whole
// or not at all: a centre may name its zones as it likes, and half a name
// misleads.
func (l *language) spellPlace(place string, s Style) []piece {
	var out []piece
	for part := range strings.SplitSeq(place, ",") {
		said := l.spellPart(part, s)
		if len(said) == 0 {
			continue
		}
		if len(out) > 0 {
			last(out).pause, last(out).mark = beforePlace, ","
		}
		out = append(out, said...)
	}
	return out
}

func (l *language) spellPart(part string, s Style) []piece {
	if part = strings.TrimSpace(part); l.extra[strings.ToLower(part)] {
		return []piece{{text: part, end: true}}
	}
	var out []piece
	words := strings.Fields(part)
	for i, w := range words {
		final := i == len(words)-1
		lower := strings.ToLower(w)
		switch {
		case l.knows(lower):
			out = append(out, piece{text: lower, end: final && l.hasEnd(lower), pause: betweenWords})
		case len([]rune(w)) == 1 && l.letter(strings.ToUpper(w)) != "":
			out = append(out, piece{text: l.letter(strings.ToUpper(w)), shown: strings.ToUpper(w), pause: betweenWords})
		case isDigits(w) && len(w) <= longNumber:
			out = append(out, l.spell(w, s, len(w) <= shortNumber)...)
		default:
			return nil
		}
	}
	return out
}

// knows reports whether a word may stand in a place's name.
func (l *language) knows(word string) bool {
	return slices.Contains(l.words, word) || slices.Contains(l.endNumber, word) || slices.Contains(l.numbers, word)
}

func (l *language) hasEnd(word string) bool { return slices.Contains(l.endNumber, word) }

// write is the sentence as a text, as the log and a screen show it.
func write(pieces []piece) string {
	var b strings.Builder
	for i, p := range pieces {
		if b.WriteString(cmp.Or(p.shown, p.text)); i == len(pieces)-1 {
			b.WriteByte('.')
		} else {
			b.WriteString(p.mark + " ")
		}
	}
	return b.String()
}

// Sentence is what is said first for a call, as a text. It is "" for a language without a grammar.
func Sentence(c Call, s Style, lang string) string {
	if l := languages[lang]; l != nil {
		return write(l.sentence(c, s, false, c.Kind == Recall))
	}
	return ""
}
