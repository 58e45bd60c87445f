package queue

import "unicode/utf8"

// words is a text that somebody outside chooses, with the most characters that
// it may have. What is decided must fit in the journal, and so must every later
// event that carries it.
type words struct {
	field string
	text  string
	most  int
}

// The bounds: a name of something, a sentence.
const (
	mostName     = 60 // in UTF-8 it fits the 255 bytes of a record's author
	mostSentence = 300
)

// wordsOf lists the free texts of a command.
func wordsOf(c Command) []words {
	switch c := c.(type) {
	case Issue:
		return []words{{"lang", c.Lang, 16}, {"kiosk", string(c.Kiosk), mostName}}
	case Rate:
		return []words{{"reason", c.Reason, mostName}}
	case SignIn:
		return []words{{"clerk", string(c.Clerk), mostName}, {"profile", c.Profile, mostName}}
	case PauseCounter:
		return []words{{"reason", c.Reason, mostName}}
	case Transfer:
		return []words{{"clerk", string(c.ToClerk), mostName}, {"note", c.Note, mostSentence}}
	case Cancel:
		return []words{{"reason", c.Reason, mostSentence}}
	case SetPriority:
		return []words{{"reason", c.Reason, mostSentence}}
	}
	return nil
}

// bounded refuses a text that is too long or is no UTF-8.
func bounded(c Command, by Actor) error {
	for _, w := range append(wordsOf(c), words{"clerk", string(by.Clerk), mostName}, words{"via", by.Via, mostName}) {
		if !utf8.ValidString(w.text) || utf8.RuneCountInString(w.text) > w.most {
			return badValue(w.field)
		}
	}
	return nil
}
