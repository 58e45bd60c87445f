package printer

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/printertest"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

func TestWaySuitsModelAndLine(t *testing.T) {
	for _, c := range []struct {
		named, model string
		bps          int
		want         string
	}{
		{"", "epson-tm-t82", 0, centre.WayRaster},
		{"", "epson-tm-t82", 11520, centre.WayRaster},
		{"", "epson-tm-t82", 1920, centre.WayText},
		{"", "xprinter-xp80", 1920, centre.WayHybrid},
		{"", "epson-tm-t88", 1920, centre.WayStored},
		{"", "epson-tm-t88v", 1920, centre.WayText},
		{"", "generic-80", 960, centre.WayRaster},
		{centre.WayText, "generic-80", 0, centre.WayText},
		{centre.WayRaster, "epson-tm-t82", 960, centre.WayRaster},
	} {
		m, ok := ModelOf(c.model)
		require.True(t, ok)
		assert.Equal(t, c.want, wayOf(c.named, m, c.bps), "%+v", c)
	}
}

// said is what a slip says, in the order of its lines, as a printer writes it.
func said(lines []slip.Line) string {
	var b strings.Builder
	for _, l := range lines {
		if !l.QR && !l.Rule {
			b.WriteString(l.Text + " ")
		}
	}
	return justWords(b.String())
}

// justWords forgets where lines are broken, and the marks of points.
func justWords(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("–", "-", "\n- ", "\n").Replace(s)), " ")
}

// Every word of the slip, with its marks, comes out of the printer's own letters.
func TestTextSaysTheSameWords(t *testing.T) {
	s := full()
	s.Reprint = true
	s.Ticket.Lang = "en"
	s.Ticket.Told.Bring = []string{"Giấy chứng sinh hoặc văn bản xác nhận của người làm chứng về việc sinh", "Căn cước"}
	lines := slip.Build(s, words())
	for _, m := range models {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			pieces, high, err := Set(centre.WayText, lines, press(), m, slip.Paper{Dots: m.Dots}, 4000)
			require.NoError(t, err)
			paper := h.printed(m, pieces)
			assert.Equal(t, said(lines), justWords(paper.Text), m.Name)
			assert.Equal(t, m.QR, len(paper.Links) == 1, "drawn where the printer does not draw codes itself")
			assert.InDelta(t, paper.Image.Bounds().Dy(), high+m.FeedBeforeCut, 40, m.Name)
		})
	}
}

// Mixed: what is plain is written, the rest drawn, and nothing lost.
func TestHybridWritesWhatIsPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		m, _ := ModelOf("xprinter-xp80")
		lines := append(slip.Build(full(), words()), slip.Line{Text: "ភាសាខ្មែរ", Size: 30}, slip.Line{Text: "Hội", Size: 30})
		pieces, _, err := Set(centre.WayHybrid, lines, press(), m, slip.Paper{Dots: m.Dots}, 960)
		require.NoError(t, err)
		paper := h.printed(m, pieces)
		assert.Equal(t, "A012 08:00 22/11/2026", justWords(paper.Text))
		assert.Equal(t, []string{full().Link}, paper.Links)
		// In text, only what TCVN-3 lacks is drawn.
		pieces, _, err = Set(centre.WayText, lines, press(), m, slip.Paper{Dots: m.Dots}, 960)
		require.NoError(t, err)
		paper = h.printed(m, pieces)
		assert.Equal(t, said(append(lines[:len(lines)-2:len(lines)-2], lines[len(lines)-1])), justWords(paper.Text))
	})
}

// printed is what comes out of a printer that gets these bytes.
func (h *hall) printed(m Model, pieces [][]byte) printertest.Paper {
	p := printertest.New(printertest.Options{Dots: m.Dots, Pages: m.Pages})
	wire, stop := h.cable(p)
	defer stop()
	for _, piece := range pieces {
		_, err := wire.Write(piece)
		require.NoError(h.t, err)
	}
	synctest.Wait()
	require.Len(h.t, p.Papers(), 1)
	return p.Papers()[0]
}

func TestRowsOfCells(t *testing.T) {
	for _, c := range []struct {
		text, indent string
		want         []string
	}{
		{"mười chữ", "", []string{"mười chữ"}},
		{"một hai ba bốn", "", []string{"một hai ba", "bốn"}},
		{"- một hai ba bốn", "  ", []string{"- một hai", "  ba bốn"}},
		{"nghiêngnghiêng a", "", []string{"nghiêngngh", "iêng a"}},
		{"a nghiêngnghiêng", "  ", []string{"a", "  nghiêngn", "  ghiêng"}},
	} {
		assert.Equal(t, c.want, wrapCells(c.text, c.indent, 10), c.text)
	}
}

// readings says what each piece of paper in letters is.
func (h *hall) readings(p *printertest.Printer, t *queue.Ticket) (all []string) {
	doc := centre.InForce(h.book.View().Hall)
	for _, paper := range p.Papers() {
		verdict := "part"
		for _, marked := range []bool{true, false} {
			lines := slip.Build(slip.Slip{
				Centre: doc, Ticket: t, Link: doc.Centre.PublicURL + "/t/" + h.book.Link(t), Reprint: marked,
			}, words())
			if verdict == "part" && strings.Contains(justWords(paper.Text), said(lines)) {
				verdict = map[bool]string{true: "marked", false: "whole"}[marked]
			}
		}
		all = append(all, verdict)
	}
	return all
}

// A driver on a slow line writes, where its model is known to.
func TestSlowLineWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{BytesPerSecond: 960, Maker: "EPSON", Model: "TM-T82"})
		cfg := mustPrinter(h, "p1")
		cfg.Model = "epson-tm-t82"
		l := h.plugDriver(h.room.Printer(cfg), p, slowWire)
		defer l.stop()
		time.Sleep(10 * time.Second)
		ticket := h.take()
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"whole"}, h.readings(p, ticket), "%v", h.notes())
	})
}

// Every slip comes out whole in every way, a value at the right edge and a logo
// included: nothing is refused, and all words that letters can say are there.
func TestEverySlipInEveryWay(t *testing.T) {
	doc := &centre.Document{Centre: centre.Centre{Name: centre.Text{"vi": "Trung tâm"}, TimeZone: "Asia/Ho_Chi_Minh"}}
	staff := slip.Staff{Centre: doc, Lang: "vi", Now: time.Date(2026, 11, 22, 0, 42, 0, 0, time.UTC)}
	day := slip.Day{Day: "2026-11-22", Closed: true, Issued: 1234, Finished: 1200, Head: strings.Repeat("9f", 32), HeadShort: "9F86 D081 884C 7D65", HeadSeq: 9}
	own, found := slip.ReadTemplate("slip.toml", []byte("logo = \"logo.png\"\n[[line]]\nshow = \"logo\"\n"+shortSlip+"[[line]]\ntext = \"{service} {people}\"\n"),
		func(string, int) ([]byte, error) { return picture(t), nil })
	require.NotNil(t, own, "%v", found)
	all := map[string][]slip.Line{
		"test":    slip.Test(slip.Testing{Staff: staff, Printer: "p1", Link: "https://example.vn"}, words()),
		"changed": slip.Changed(staff, "p1", words()),
		"closing": slip.Closing(staff, day, words()),
		"own":     slip.Build(slip.Slip{Template: own, Centre: doc, Ticket: &queue.Ticket{Number: "A012"}}, words()),
	}
	for name, lines := range all {
		drawn := 0
		for _, way := range []string{centre.WayRaster, centre.WayHybrid, centre.WayText} {
			for _, model := range []string{"epson-tm-t82", "generic-58"} {
				m, _ := ModelOf(model)
				pieces, high, err := Set(way, lines, press(), m, slip.Paper{Dots: m.Dots, Coarse: way != centre.WayRaster}, 960)
				require.NoError(t, err, "%s %s %s", name, way, model)
				require.Positive(t, high)
				p := printertest.New(printertest.Options{Dots: m.Dots})
				wire, stop := (&hall{t: t}).cable(p)
				for _, b := range pieces {
					_, err := wire.Write(b)
					require.NoError(t, err)
				}
				require.Eventually(t, func() bool { return len(p.Papers()) == 1 }, 10*time.Second, time.Millisecond)
				stop()
				paper := p.Papers()[0]
				assert.InDelta(t, high, paper.Image.Bounds().Dy(), float64(high)/5+40, "%s %s %s", name, way, model)
				if way == centre.WayText && name == "closing" {
					assert.Regexp(t, `(?m)^Số đã phát +1234$`, paper.Text)
					assert.Contains(t, paper.Text, "9F86 D081 884C 7D65")
				}
				drawn++
			}
		}
		assert.Equal(t, 6, drawn)
	}
}
