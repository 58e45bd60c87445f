package voice

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSentences(t *testing.T) {
	first := Call{Kind: First, Number: "A012", Sign: "5"}
	with := func(change func(c *Call)) Call { c := first; change(&c); return c }
	say := func(c Call, s Style, lang string, brief, again bool) string {
		return write(languages[lang].sentence(c, s, brief, again))
	}
	for want, got := range map[string]string{
		"Xin mời công dân có số thứ tự A, không một hai, đến quầy số năm.": say(first, Style{}, "vi", false, false),
		"Xin nhắc lại: số A, không một hai, quầy số năm.":                  say(first, Style{}, "vi", false, true),
		"Xin mời số A, không một hai, đến quầy số năm.":                    say(first, Style{}, "vi", true, false),
		"Xin mời khách hàng có số thứ tự A, mười hai, đến quầy số năm.":    say(first, Style{Natural: true, Noun: map[string]string{"vi": "khách hàng"}}, "vi", false, false),
		"Xin mời công dân có số thứ tự A, không một hai, đến quầy số ba nhận kết quả.": say(
			with(func(c *Call) { c.Kind, c.Sign = Result, "3" }), Style{}, "vi", false, false),
		"Xin mời công dân có số thứ tự một không một hai, đến quầy số hai mươi mốt.": say(
			with(func(c *Call) { c.Number, c.Sign = "1012", "21" }), Style{}, "vi", false, false),
		"Xin mời công dân có số thứ tự một nghìn không trăm mười hai, đến quầy số một trăm linh năm.": say(
			with(func(c *Call) { c.Number, c.Sign = "1012", "105" }), Style{Natural: true}, "vi", false, false),
		"Xin mời công dân có số thứ tự A, không một hai, đến quầy số một không năm.": say(
			with(func(c *Call) { c.Sign = "105" }), Style{}, "vi", false, false),
		"Xin mời công dân có số thứ tự A, không một hai, đến quầy số năm, khu A, tầng một.": say(
			with(func(c *Call) { c.Place = map[string]string{"vi": "Khu A, tầng một"} }), Style{}, "vi", false, false),
		"Xin mời công dân có số thứ tự A, không một hai, đến quầy số năm, phòng một không hai, tầng mười hai.": say(
			with(func(c *Call) { c.Place = map[string]string{"vi": "Phòng 102, tầng 12"} }), Style{}, "vi", false, false),
		"Ticket number A, zero one two, please proceed to counter five.": say(first, Style{}, "en", false, false),
		"Again: number A, zero one two, counter five.":                   say(first, Style{}, "en", false, true),
		"Ticket number H, S, one zero five, please proceed to counter twelve to collect your result.": say(
			with(func(c *Call) { c.Kind, c.Number, c.Sign = Result, "HS105", "12" }), Style{}, "en", false, false),
		"Kiểm tra loa khu A.": say(Call{Kind: Notice, Text: "test", Place: map[string]string{"vi": "Khu A"}}, Style{}, "vi", false, false),
		"Xin mời công dân có số thứ tự A, không một hai, đến quầy số năm B.": say(
			with(func(c *Call) { c.Sign = "5B" }), Style{}, "vi", false, false),
	} {
		assert.Equal(t, want, got)
	}
	assert.Equal(t, "Xin nhắc lại: số A, không một hai, quầy số năm.", Sentence(with(func(c *Call) { c.Kind = Recall }), Style{}, "vi"))
	assert.Empty(t, Sentence(first, Style{}, "km"))
}

// Half a name would send people the wrong way.
func TestAPlaceIsSaidWholeOrNotAtAll(t *testing.T) {
	assert.NotEmpty(t, vi.spellPlace("Khu B, tầng 2", Style{}))
	assert.NotEmpty(t, vi.spellPlace("tầng hai mươi mốt", Style{}))
	assert.Empty(t, vi.spellPlace("Khu tiếp nhận hồ sơ phía Bắc", Style{}))
	assert.Empty(t, vi.spellPlace("", Style{}))
	assert.NotEmpty(t, en.spellPlace("Zone A, floor 2", Style{}))
}

func TestFileNamesAreUnique(t *testing.T) {
	for lang := range languages {
		texts := map[string]string{}
		for _, p := range Prompts(lang) {
			assert.Regexp(t, `^[a-z0-9-]+(\.end)?$`, p.Name)
			was, twice := texts[p.Name]
			assert.False(t, twice, "%s: %q and %q", p.Name, was, p.Text)
			texts[p.Name] = p.Text
		}
	}
	assert.NotEqual(t, fileName("mười", false), fileName("mươi", false))
}
