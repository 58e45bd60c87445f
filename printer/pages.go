package printer

import (
	"fmt"
	"strconv"
	"strings"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
)

// candidates are the numbers under which makers keep Vietnamese letters, and
// their neighbours: printers of one name differ.
var candidates = []byte{25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 41, 46, 47, 48, 49, 50, 51, 52, 53, 94}

// sample has every kind of mark, of letters whose capitals have the same codes on
// the page of capitals.
const sample = "êôơư ấềổựỹ ằẵ ọíũ"

// pages sets the calibration slip: the same bytes on each page that may hold
// TCVN-3, so that a person finds the two on which they read right. What to do is
// drawn, since it must be readable whatever the printer knows.
func (s *session) pages(press *slip.Press, o order, size int) ([][]byte, int, error) {
	r := s.d.room
	doc := centre.InForce(r.book.View().Hall)
	return pagesJob(press, s.model, slip.Calibration(slip.Staff{Centre: doc, Lang: o.lang, Now: r.book.Now()}, s.d.id, sample, r.words), size)
}

func pagesJob(press *slip.Press, m Model, head []slip.Line, size int) ([][]byte, int, error) {
	page, err := press.Render(head, slip.Paper{Dots: m.Dots, Coarse: true})
	if err != nil {
		return nil, 0, err
	}
	j := escpos.NewJob(m.setup(size))
	j.Begin()
	put(j, page)
	high := page.High
	for _, n := range candidates {
		j.Use(escpos.Pages{Lower: n, Upper: n})
		j.Line(fmt.Sprintf("%3d  %s", n, sample), escpos.Style{Wide: 1, High: 1, Left: true})
		high += escpos.LineHigh
	}
	j.End()
	pieces, err := j.Pieces(size)
	return pieces, high, err
}

// pagesOf reads "30/31", which the document has checked: the page of small
// letters, and that of capitals.
func pagesOf(s string) (p escpos.Pages) {
	low, up, _ := strings.Cut(s, "/")
	l, _ := strconv.Atoi(low)
	u, _ := strconv.Atoi(up)
	return escpos.Pages{Lower: byte(l), Upper: byte(u)}
}
