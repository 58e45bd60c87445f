package voice

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// language is the grammar of announcements in one language. {noun} is who is
// called.
type language struct {
	code    string
	noun    string // default
	nouns   []string
	digits  []string
	whole   func(n int) []string // nil: read digit by digit
	letters map[string]string    // spoken name by capital letter

	invite, brief      string // before the number, in full and in short
	again, number      string // "Xin nhắc lại", "số"
	proceed, counter   string // before the counter's number
	collect            string // end of a result call
	notices            map[string]string
	words              []string        // others that places are made of
	numbers, endNumber []string        // spoken words of numbers; endNumber have a final form too
	extra              map[string]bool // whole names of places, in small letters, that a pack has
}

var vi = &language{
	code: "vi", noun: "công dân", nouns: []string{"công dân", "khách hàng", "ông bà"},
	digits: viDigits, whole: vietnamese, letters: viLetters,
	invite: "Xin mời {noun} có số thứ tự", brief: "Xin mời số",
	again: "Xin nhắc lại", number: "số",
	proceed: "đến quầy số", counter: "quầy số", collect: "nhận kết quả",
	notices: map[string]string{
		"test":      "Kiểm tra loa",
		"closing":   "Kính thưa quý vị, trung tâm sắp hết giờ làm việc, xin quý vị khẩn trương hoàn tất thủ tục",
		"emergency": "Xin chú ý, có tình huống khẩn cấp, xin mọi người bình tĩnh và đi theo hướng dẫn của cán bộ",
	},
	words:     []string{"khu", "tầng", "phòng"},
	numbers:   strings.Fields("linh lẻ trăm nghìn ngàn mươi"),
	endNumber: append(strings.Fields("mười mươi mốt tư lăm trăm nghìn ngàn"), viDigits...),
}

var en = &language{
	code: "en", noun: "visitor",
	digits: enSmall[:10], whole: english, letters: enLetters,
	invite: "Ticket number", brief: "Number",
	again: "Again", number: "number",
	proceed: "please proceed to counter", counter: "counter", collect: "to collect your result",
	notices: map[string]string{
		"test":      "Loudspeaker test",
		"closing":   "The centre is about to close, please finish your business",
		"emergency": "Attention please, this is an emergency, stay calm and follow the staff",
	},
	words:     strings.Fields("zone area floor room"),
	numbers:   append(strings.Fields("hundred thousand"), enTens[2:]...),
	endNumber: enSmall,
}

// languages with a grammar here; a pack in another one brings its words.
var languages = map[string]*language{"vi": vi, "en": en}

// viLetters are the names of the letters as they are spoken.
var viLetters = map[string]string{
	"A": "a", "Ă": "á", "Â": "ớ", "B": "bê", "C": "xê", "D": "dê", "Đ": "đê", "E": "e", "Ê": "ê", "F": "ép",
	"G": "giê", "H": "hát", "I": "i", "J": "giây", "K": "ca", "L": "e-lờ", "M": "em-mờ", "N": "en-nờ", "O": "o",
	"Ô": "ô", "Ơ": "ơ", "P": "pê", "Q": "quy", "R": "e-rờ", "S": "ét-xì", "T": "tê", "U": "u", "Ư": "ư", "V": "vê",
	"W": "vê kép", "X": "ích-xì", "Y": "i dài", "Z": "dét",
}

// enLetters are written as they are; a speaker knows how to read them.
var enLetters = func() map[string]string {
	all := map[string]string{}
	for r := 'A'; r <= 'Z'; r++ {
		all[string(r)] = string(r)
	}
	return all
}()

// letter is a letter's name, "" if it has none.
func (l *language) letter(capital string) string {
	if l.code == "en" { // English drops the marks of Vietnamese letters
		capital = strings.NewReplacer("Đ", "D", "Ă", "A", "Â", "A", "Ê", "E", "Ô", "O", "Ơ", "O", "Ư", "U").Replace(capital)
	}
	return l.letters[capital]
}

// Prompt is one clip that a complete pack has.
type Prompt struct {
	Name string // of its file, without ".wav"
	Text string
	End  bool // spoken as the end of a phrase
}

// Prompts lists everything that a sentence can need in a language. Nil for one
// without a grammar.
func Prompts(lang string) []Prompt {
	if l := languages[lang]; l != nil {
		return l.prompts()
	}
	return nil
}

func (l *language) prompts() []Prompt {
	var all []Prompt
	have := map[string]bool{}
	add := func(text string, end bool) {
		p := Prompt{Name: fileName(text, end), Text: text, End: end}
		if text != "" && !have[p.Name] {
			have[p.Name] = true
			all = append(all, p)
		}
	}
	nouns := l.nouns
	if nouns == nil {
		nouns = []string{l.noun}
	}
	for _, noun := range nouns {
		add(strings.ReplaceAll(l.invite, "{noun}", noun), false)
	}
	for _, text := range []string{l.brief, l.again, l.number, l.proceed, l.counter} {
		add(text, false)
	}
	add(l.collect, true)
	for _, key := range Notices {
		add(l.notices[key], true)
	}
	for _, w := range slices.Concat(l.digits, l.numbers, l.words) {
		add(w, false)
	}
	for _, w := range l.endNumber {
		add(w, true)
	}
	for _, r := range allLetters {
		add(l.letters[string(r)], false)
	}
	return all
}

const allLetters = "AĂÂBCDĐEÊFGHIJKLMNOÔƠPQRSTUƯVWXYZ"

// Styled is a call in the manner of its zone.
type Styled struct {
	Call
	Style Style
}

// Script says what has to be read aloud so that these calls can be spoken, in a
// good order for reading, and what there is besides. words are those of a
// language without a grammar here.
func Script(lang string, words Words, calls []Styled) (needed, besides []Prompt) {
	l := languages[lang]
	if l == nil {
		l = words.grammar(lang)
	}
	own := *l
	own.extra = map[string]bool{}
	all := l.prompts()
	for _, c := range calls {
		for part := range strings.SplitSeq(c.Place[lang], ",") {
			if part = strings.TrimSpace(part); part != "" && len(own.spellPart(part, c.Style)) == 0 {
				own.extra[strings.ToLower(part)] = true
				all = append(all, Prompt{Name: fileName(part, true), Text: part, End: true})
			}
		}
	}
	need := map[textKey]bool{}
	for _, c := range calls {
		for _, brief := range []bool{false, true} {
			for _, again := range []bool{false, true} {
				for _, p := range own.sentence(c.Call, c.Style, brief, again) {
					need[textKey{p.text, p.end}] = true
				}
			}
		}
	}
	named := map[string]bool{}
	for key := range need {
		named[fileName(key.text, key.end)] = true
	}
	for _, key := range slices.SortedFunc(maps.Keys(need), func(a, b textKey) int { return strings.Compare(a.text, b.text) }) {
		name := fileName(key.text, key.end)
		if !slices.ContainsFunc(all, func(p Prompt) bool { return p.Name == name }) { // a noun of the centre's own
			all = append([]Prompt{{Name: name, Text: key.text, End: key.end}}, all...)
		}
	}
	for _, p := range all {
		if named[p.Name] {
			needed = append(needed, p)
		} else {
			besides = append(besides, p)
		}
	}
	return needed, besides
}

// Notices are the announcements that can be made on demand.
var Notices = []string{"test", "closing", "emergency"}

// fileName writes a text in plain letters, the marks as Telex types them, so
// that no two texts fall together and every file system takes it. A text in
// other letters has a sum of it in its name.
func fileName(text string, end bool) string {
	var b strings.Builder
	foreign := false
	for _, r := range strings.ToLower(text) {
		switch plain, ok := telex[r]; {
		case ok:
			b.WriteString(plain)
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r > 0x7f:
			foreign = true
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 40 {
			break
		}
	}
	name := strings.Trim(b.String(), "-")
	if foreign {
		sum := fnv.New32a()
		_, _ = sum.Write([]byte(strings.ToLower(text)))
		name = strings.TrimPrefix(fmt.Sprintf("%s-%08x", name, sum.Sum32()), "-")
	}
	if end {
		name += ".end"
	}
	return name
}

var telex = func() map[rune]string {
	vowels := []struct{ all, plain string }{
		{"aàảãáạ", "a"}, {"ăằẳẵắặ", "aw"}, {"âầẩẫấậ", "aa"}, {"eèẻẽéẹ", "e"}, {"êềểễếệ", "ee"}, {"iìỉĩíị", "i"},
		{"oòỏõóọ", "o"}, {"ôồổỗốộ", "oo"}, {"ơờởỡớợ", "ow"}, {"uùủũúụ", "u"}, {"ưừửữứự", "uw"}, {"yỳỷỹýỵ", "y"},
	}
	all := map[rune]string{'đ': "dd"}
	for _, v := range vowels {
		for i, r := range []rune(v.all) {
			all[r] = v.plain + []string{"", "f", "r", "x", "s", "j"}[i]
		}
	}
	return all
}()
