package voice

import (
	"maps"
	"slices"
	"strings"
)

// Words are what is said in a language that has no grammar here, by key: the
// phrases of a sentence, the digits, and letters by their capital.
type Words map[string]string

// WordKeys lists what Words have, in the order in which they are asked for. The
// letters of the centre's numbers come besides.
var WordKeys = strings.Fields("invite brief again number proceed counter collect test closing emergency 0 1 2 3 4 5 6 7 8 9")

// Meaning is what a word of that key means, in Vietnamese: what the speaker is
// told who does not write her own language.
func Meaning(key string) string {
	switch i := slices.Index(WordKeys, key); {
	case i < 0:
		return key
	case i >= len(WordKeys)-10:
		return viDigits[i-(len(WordKeys)-10)]
	}
	return vi.phrase(key)
}

// phrase is a part of a sentence by its key.
func (l *language) phrase(key string) string {
	switch key {
	case "invite":
		return strings.ReplaceAll(l.invite, "{noun}", l.noun)
	case "brief":
		return l.brief
	case "again":
		return l.again
	case "number":
		return l.number
	case "proceed":
		return l.proceed
	case "counter":
		return l.counter
	case "collect":
		return l.collect
	}
	return l.notices[key]
}

// Say is a word. One that is missing is written by its meaning in brackets: the
// clip counts, and the text is for the script and the log.
func (w Words) Say(key string) string {
	if s := strings.TrimSpace(w[key]); s != "" {
		return s
	}
	return "[" + Meaning(key) + "]"
}

// grammar is the simplest that there is: the sentence goes as in Vietnamese, and
// numbers are read digit by digit.
func (w Words) grammar(code string) *language {
	say := w.Say
	l := &language{code: code, invite: say("invite"), brief: say("brief"), again: say("again"), number: say("number"),
		proceed: say("proceed"), counter: say("counter"), collect: say("collect"), notices: map[string]string{}, letters: map[string]string{}}
	for _, key := range Notices {
		l.notices[key] = say(key)
	}
	for i := range 10 {
		l.digits = append(l.digits, say(string(rune('0'+i))))
	}
	l.endNumber = l.digits
	for r := range viLetters { // known everywhere in the country, whatever is spoken
		l.letters[r] = r
	}
	for key, text := range w {
		if _, letter := viLetters[key]; letter && strings.TrimSpace(text) != "" {
			l.letters[key] = strings.TrimSpace(text)
		}
	}
	return l
}

// Known lists the languages with a grammar here.
func Known() []string { return slices.Sorted(maps.Keys(languages)) }
