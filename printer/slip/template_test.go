package slip

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// emblem is a logo: a red disc with a yellow star on nothing.
func emblem(side int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := x-side/2, y-side/2
			switch {
			case dx*dx+dy*dy < side*side/16:
				img.Set(x, y, color.NRGBA{255, 220, 0, 255})
			case dx*dx+dy*dy < side*side/4:
				img.Set(x, y, color.NRGBA{200, 20, 20, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// onlyFile answers with one file for every name.
func onlyFile(b []byte) Reader {
	return func(_ string, most int) ([]byte, error) { return b[:min(most, len(b))], nil }
}

// own is what a centre could want: its emblem, three languages, the way to the
// counters, the people by its own word for them.
const own = `
logo = "logo.png"
languages = ["vi", "km"]
[[line]]
show = "logo"
width = 30
[[line]]
texts = { vi = "Kính chào {noun}", en = "Welcome", km = "សូមស្វាគមន៍ {noun}" }
face = "strong"
size = 30
gap = 10
[[line]]
text = "{number}"
face = "figures"
size = 240
gap = 8
[[line]]
text = "{service}"
inverse = true
gap = 20
[[line]]
texts = { vi = "Mời lên {floor} – {zone}", en = "Please go to {zone}, {floor}", km = "សូមទៅ {zone}" }
[[line]]
text = "{priority}"
[[line]]
texts = { vi = "{people} người chờ trước, từ {time} ngày {date}", en = "{people} people before you" }
size = 24
[[line]]
text = "{bring}"
point = true
[[line]]
text = "{thanks}"
left = true
`

func ownSlip() Slip {
	tpl, found := ReadTemplate("slip.toml", []byte(own), onlyFile(emblem(200)))
	if len(found) > 0 {
		panic(found[0].Code)
	}
	s := Slip{Template: tpl, Centre: commune(), Ticket: ticket()}
	s.Ticket.Told = queue.Told{Ahead: 12, Bring: []string{"Căn cước công dân (bản chính)", "Giấy chứng sinh"}}
	s.Centre.Centre.Languages = []string{"vi", "en", "km"}
	s.Centre.Centre.Noun = centre.Text{"vi": "công dân", "km": "ប្រជាពលរដ្ឋ"}
	s.Centre.Services[0].Name["km"] = "កំណើត មរណភាព អាពាហ៍ពិពាហ៍"
	s.Ticket.Lang = "en"
	return s
}

func TestOwnTemplate(t *testing.T) {
	var got []string
	for _, l := range Build(ownSlip(), words(t)) {
		got = append(got, l.Text)
	}
	assert.Equal(t, []string{
		"", "Kính chào công dân", "សូមស្វាគមន៍ ប្រជាពលរដ្ឋ", "Welcome", "A012",
		"Khai sinh, khai tử, kết hôn", "កំណើត មរណភាព អាពាហ៍ពិពាហ៍", "Birth, death, marriage",
		"Mời lên tầng 1 – Khu A, Khu B", "សូមទៅ Khu A, Khu B", "Please go to Area A, Area B, ground floor",
		"12 người chờ trước, từ 07:42 ngày 22/11/2026", "12 people before you",
		"Căn cước công dân (bản chính)", "Giấy chứng sinh",
		"Vui lòng ngồi chờ đến lượt gọi. Xin cảm ơn!", "Please take a seat until your number is called. Thank you!",
	}, got)
}

// A reprint says so, whatever the template leaves out.
func TestTheMarkStays(t *testing.T) {
	s := ownSlip()
	s.Reprint = true
	first := Build(s, words(t))[0]
	assert.Equal(t, "IN LẠI", first.Text)
	assert.True(t, first.Inverse)
}

// The text that a centre begins with says what the house says.
func TestBuiltinIsTheSlipOfTheHouse(t *testing.T) {
	tpl, found := ReadTemplate("slip.toml", []byte(Builtin()), nil)
	require.Empty(t, found)
	for name, c := range cases() {
		house, own := c.slip, c.slip
		house.Template, own.Template = nil, tpl
		assert.Equal(t, Build(house, words(t)), Build(own, words(t)), name)
	}
	for _, v := range Variables() {
		used := slices.ContainsFunc(tpl.Lines, func(l TemplateLine) bool { return l.With == v || l.uses(v) })
		known := slices.Contains([]string{"noun", "field", "zone", "floor", "people", "qr"}, v)
		assert.True(t, used || known, "{%s} is in nobody's template", v)
	}
}

func TestWrongTemplates(t *testing.T) {
	number := "\n[[line]]\ntext = \"{number}\"\n"
	gif := []byte("GIF89a")
	var broad bytes.Buffer
	require.NoError(t, png.Encode(&broad, image.NewGray(image.Rect(0, 0, 2400, 10))))
	for _, c := range []struct {
		src, want string
		line      int
		logo      []byte
	}{
		{number + "[[line]]\ntext = \"{quay}\"", "printer.template.unknown_variable", 5, nil},
		{number + "[[line]]\ntext = \"\"", "printer.template.line_empty", 4, nil},
		{number + "[[line]]\ntext = \"a\"\nshow = \"rule\"", "printer.template.line_empty", 4, nil},
		{number + "[[line]]\nshow = \"picture\"", "not_one_of", 5, nil},
		{number + "[[line]]\ntext = \"a\"\nsize = 9", "out_of_range", 6, nil},
		{number + "[[line]]\ntext = \"a\"\nsise = 30", "unknown_key_near", 6, nil},
		{number + "[[line]]\ntext = \"a\"\nwith = \"paper\"", "printer.template.unknown_variable", 6, nil},
		{number + "[[line]]\ntexts = { vi = \"{sevice}\" }", "printer.template.unknown_variable", 5, nil},
		{"[[line]]\ntext = \"a\"", "printer.template.no_number", 1, nil},
		{"[[line]]\ntexts = { vi = \"{number}\", en = \"your number\" }", "printer.template.no_number", 1, nil},
		{"", "printer.template.lines", 1, nil},
		{"[[line]\ntext", "syntax", 1, nil},
		{"languages = [\"vi\", \"12\"]" + number, "language_bad", 1, nil},
		{number + "[[line]]\nshow = \"logo\"", "printer.template.logo_unnamed", 5, nil},
		{"logo = \"../../etc/passwd\"" + number + "[[line]]\nshow = \"logo\"", "printer.template.logo_path", 1, nil},
		{"logo = \"a.png\"" + number + "[[line]]\nshow = \"logo\"", "printer.template.logo_no_png", 1, gif},
		{"logo = \"a.png\"" + number + "[[line]]\nshow = \"logo\"", "printer.template.logo_no_png", 1, emblem(200)[:900]},
		{"logo = \"a.png\"" + number + "[[line]]\nshow = \"logo\"", "printer.template.logo_large", 1, broad.Bytes()},
		{"logo = \"a.png\"" + number + "[[line]]\nshow = \"logo\"", "printer.template.logo_large", 1, make([]byte, logoBytes+1)},
	} {
		tpl, found := ReadTemplate("slip.toml", []byte(c.src), onlyFile(c.logo))
		assert.Nil(t, tpl, c.src)
		i := slices.IndexFunc(found, func(f centre.Finding) bool { return f.Code == c.want })
		if assert.GreaterOrEqual(t, i, 0, "%s: %v", c.src, found) {
			assert.Equal(t, c.line, found[i].Line, c.src)
			for _, lang := range []string{"vi", "en"} {
				say := words(t)(lang, found[i].Key(), found[i].Args)
				assert.NotEqual(t, found[i].Key(), say, "no sentence")
			}
		}
	}
	missing := func(string, int) ([]byte, error) { return nil, errors.New("no such file") }
	_, found := ReadTemplate("slip.toml", []byte("logo = \"a.png\""+number+"[[line]]\nshow = \"logo\""), missing)
	assert.Equal(t, "printer.template.logo_missing", found[0].Code)
	tpl, found := ReadTemplate("slip.toml", []byte("logo = \"a.png\""+number), onlyFile(emblem(64)))
	assert.NotNil(t, tpl, "a logo that no line prints is odd, not wrong")
	assert.Equal(t, "printer.template.logo_unused", found[0].Code)
}

// A logo stays on the paper, however it is shaped.
func TestLogoFitsThePaper(t *testing.T) {
	p, err := NewPress()
	require.NoError(t, err)
	for _, r := range []image.Rectangle{image.Rect(0, 0, 1, 2000), image.Rect(0, 0, 2000, 1), image.Rect(5, 5, 305, 205)} {
		for _, paper := range []Paper{{Dots: 576}, {Dots: 384, Coarse: true}} {
			page, err := p.Render([]Line{{Picture: image.NewGray(r), Size: 100}}, paper)
			require.NoError(t, err)
			assert.LessOrEqual(t, page.High, paper.Dots/2+2, "%v", r)
			assert.Positive(t, page.High)
			part := page.Parts[0]
			assert.LessOrEqual(t, part.X+part.Image.Rect.Dx()*part.Scale, paper.Dots)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(Builtin())
	f.Add(own)
	say := func(_, key string, _ map[string]any) string { return key }
	f.Fuzz(func(t *testing.T, src string) {
		tpl, found := ReadTemplate("slip.toml", []byte(src), onlyFile(nil))
		if tpl == nil {
			if len(found) == 0 {
				t.Fatal("refused without a word")
			}
			return
		}
		s := cases()["full-80"].slip
		s.Template = tpl
		if !strings.Contains(textOf(Build(s, say)), s.Ticket.Number) {
			t.Fatal("a slip without its number")
		}
	})
}

func textOf(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// Whatever a template asks for, and however long a name is, nothing leaves the
// paper: letters shrink, then rows wrap.
func TestNoTemplateLeavesThePaper(t *testing.T) {
	p, err := NewPress()
	require.NoError(t, err)
	long := commune().Services[1].Name["vi"]
	for _, say := range []string{long, strings.Repeat("Nghiêng", 12), "ខេត្តសៀមរាបព្រះរាជាណាចក្រកម្ពុជាខេត្តសៀមរាប"} {
		for _, size := range []int{smallest, 90, largest} {
			for _, dots := range []int{384} {
				lines := []Line{
					{Text: say, Size: size}, {Text: say, Size: size, Face: Strong, Left: true}, {Text: say, Size: size, Left: true, Point: true},
					{Text: say, Size: size, Inverse: true}, {Text: say, Size: size, Left: true, Right: "1234"}, {Text: "AB12345", Size: size, Face: Figures},
				}
				page, err := p.Render(lines, Paper{Dots: dots})
				require.NoError(t, err)
				for i, part := range page.Parts {
					require.GreaterOrEqual(t, part.X, 0)
					require.LessOrEqual(t, part.X+part.Image.Rect.Dx()*part.Scale, dots, "part %d of %q at %d", i, say, size)
				}
				img := page.Image()
				for y := range page.High {
					require.EqualValues(t, 255, img.GrayAt(0, y).Y)
					require.EqualValues(t, 255, img.GrayAt(dots-1, y).Y, "%q at %d on %d, row %d", say, size, dots, y)
				}
			}
		}
	}
}
