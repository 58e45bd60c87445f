// Package voice turns a call into a sentence, the sentence into recorded clips,
// and lets them be spoken, one announcement at a time per sound zone.
//
// Promises and decisions:
//
//   - Speech is put together from clips, so that it is the same on every screen
//     and needs no speech engine: a hall has no internet, and engines differ.
//     Rejected: the browser's own speech, which is missing on most wall boards.
//   - Clips are found by what they say, not by what they are for. A pack that a
//     centre recorded itself lies over the one that is shipped, clip by clip. A
//     sentence for which a language lacks a clip is said in Vietnamese, never
//     not at all.
//   - Any language can be spoken: a pack of one without a grammar here brings its
//     words, and its numbers are read digit by digit.
//   - A plan has the start of each clip in milliseconds. Whoever plays it needs
//     no clock of ours and no idea of sentences.
//   - A first call is never dropped or cut off while its zone has a loudspeaker.
//     When calls come faster than speech, sentences get shorter.
//   - Each announcement goes to exactly one page. A page that goes away or does
//     not report in time loses the lease, and another one repeats what it had,
//     unless more than half of it was heard.
//   - Nobody waits for speech: pictures show calls at once.
package voice

import "time"

// Kind says what is announced.
type Kind string

// The kinds of announcements.
const (
	First  Kind = "call"
	Recall Kind = "recall"
	Result Kind = "result" // come and collect the result
	Notice Kind = "notice" // closing, emergency, test: a text of the pack
)

// Form says how much of a sentence is spoken.
type Form string

// The forms, from the longest.
const (
	Full     Form = "full"     // chime, sentence, its repetition, the other languages
	Short    Form = "short"    // short chime, sentence, once, in Vietnamese
	Shortest Form = "shortest" // "Xin mời số …", without a chime right after another call
)

// Call is one announcement to be made.
type Call struct {
	ID      string // of the entry that caused it, unique over restarts
	Seq     uint64 // of that entry, for the log
	Kind    Kind
	Zone    string // where it is to be heard
	Ticket  uint64
	Counter string // id
	At      time.Time
	Age     time.Duration // when it was put into the queue, by the clock of At

	Number string            // "A012"
	Sign   string            // number of the counter, "5"
	Place  map[string]string // "khu A, tầng một", by language; nil: not said
	Text   string            // of a Notice: the key of its sentence
	Langs  []string          // in which it is said, the first one leading
}

// urgent calls go before all that wait, but cut nothing in two.
func (c Call) urgent() bool { return c.Kind == Notice && c.Text == "emergency" }

// Style is how a centre speaks. The zero value is fit for use.
type Style struct {
	Natural bool              // "mười hai" instead of "không một hai"
	Words   map[string]string // of the region: "linh" is "lẻ", "nghìn" is "ngàn", "tư" is "bốn"
	Noun    map[string]string // who is called, by language; default công dân
	Times   int               // how often a call is said; default 2, at most 3
}

func (s Style) times() int {
	if s.Times == 0 {
		return 2
	}
	return min(max(s.Times, 1), 3)
}

// Leading is the language that has every clip.
const Leading = "vi"
