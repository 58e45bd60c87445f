package slip

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func staff(lang string) Staff {
	return Staff{Centre: commune(), Lang: lang, Now: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)}
}

func day() Day {
	return Day{
		Day: "2026-11-22", Closed: true, Issued: 187, Finished: 171, NoShow: 9, Cancelled: 3, Expired: 4, Direct: 30,
		Called: 180, MedianS: 421, P90S: 1510, Rated: 60, Pleased: 57,
		Services: []DayOf{
			{Name: "Khai sinh, khai tử, kết hôn", Issued: 120, Finished: 112, NoShow: 5, Called: 117, MedianS: 400, P90S: 1400},
			{Name: commune().Services[1].Name["vi"], Issued: 67, Finished: 59, NoShow: 4, Called: 63, MedianS: 500, P90S: 1700},
			{Name: "Chứng thực"},
		},
		Counters: []DayOf{{Name: "Quầy 3", Finished: 90, NoShow: 4}, {Name: "Quầy 5", Finished: 81, NoShow: 5}},
		Head:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", HeadShort: "9F86 D081 884C 7D65", HeadSeq: 4711,
	}
}

// staffCases are the slips for staff that were looked at.
func staffCases(say Words) map[string][]Line {
	out := map[string][]Line{}
	for _, lang := range []string{"vi", "en"} {
		s := staff(lang)
		out["test-"+lang] = Test(Testing{Staff: s, Printer: "p1", Model: "Epson TM-T82", Way: "raster", Link: link}, say)
		out["changed-"+lang] = Changed(s, "p1", say)
		out["summary-"+lang] = Summary(s, day(), say)
		out["closing-"+lang] = Closing(s, day(), say)
	}
	return out
}

// Each slip for staff has a sentence for each of its lines, in both languages.
func TestStaffSlips(t *testing.T) {
	for name, lines := range staffCases(words(t)) {
		text := textOf(lines)
		assert.NotContains(t, text, "printer.", name)
		for _, l := range lines {
			assert.NotContains(t, l.Right, "printer.", name)
		}
	}
	text := textOf(staffCases(words(t))["closing-vi"])
	for _, want := range []string{"9F86 D081 884C 7D65", "9f86 d081 884c 7d65\n9a2f eaa0 c55a d015\na3bf 4f1b 2b0b 822c\nd15d 6c15 b0f0 0a08", "Ngày 22/11/2026", "sau mục 4711"} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "Chứng thực", "a service without a ticket is left out")
	d := day()
	d.Closed = false
	assert.Contains(t, textOf(Summary(staff("vi"), d, words(t))), "Chưa kết thúc ngày. Tính đến 17:30 22/11/2026")
}

// A value stands at the right edge, and a name before it is never cut off.
func TestNameAndValue(t *testing.T) {
	p, err := NewPress()
	if err != nil {
		t.Fatal(err)
	}
	for _, dots := range []int{384, 576} {
		page, err := p.Render([]Line{{Text: strings.Repeat("Đã phục vụ xong ", 6), Right: "1234", Size: 26, Left: true}}, Paper{Dots: dots})
		if err != nil {
			t.Fatal(err)
		}
		img := page.Image()
		right := 0
		for y := range page.High {
			for x := range dots {
				if img.GrayAt(x, y).Y == 0 {
					right = max(right, x)
				}
			}
		}
		assert.InDelta(t, dots-edge, right, 6)
		assert.Greater(t, len(page.Parts), 1, "the name wraps")
		short, err := p.Render([]Line{{Text: "Lúc", Right: "17:30 22/11/2026, tầng 1", Size: 30, Left: true}}, Paper{Dots: dots})
		assert.NoError(t, err)
		assert.Len(t, short.Parts, map[int]int{384: 2, 576: 1}[dots], "a long value stands on a line of its own, whole")
	}
}
