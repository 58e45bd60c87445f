package printer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/escpos"
	"xinmoi/printer/printertest"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// serial is a wire with a speed.
type serial struct {
	net.Conn
	baud int
}

func (s serial) Baud() int { return s.baud }

func slowWire(c net.Conn) device.Wire { return serial{c, 9600} }

// The kiosk's second printer takes over when the first cannot, and only then.
func TestFallsBackToTheNextPrinter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		first, second := printertest.New(printertest.Options{}), printertest.New(printertest.Options{Dots: 384})
		l1, l2 := h.plug("p1", first, nil), h.plug("p2", second, nil)
		defer l1.stop()
		defer l2.stop()
		time.Sleep(5 * time.Second)
		h.take()
		time.Sleep(5 * time.Second)
		first.SetPaper(false)
		time.Sleep(time.Second)
		b := h.take()
		time.Sleep(10 * time.Second)
		first.SetPaper(true)
		time.Sleep(5 * time.Second)
		h.take()
		time.Sleep(5 * time.Second)
		l1.stop()
		h.take()
		time.Sleep(5 * time.Second)
		assert.Equal(t, []string{
			"started A001 at p1", "printed A001 at p1",
			"started A002 at p2", "printed A002 at p2",
			"started a slip at p1", "printed a slip at p1", // paper is back
			"started A003 at p1", "printed A003 at p1",
			"started A004 at p2", "printed A004 at p2",
		}, h.notes())
		assert.Equal(t, "whole", h.looks(second.Papers()[0], b, 384))
	})
}

// clogged is a wire that takes so many bytes and then no more.
type clogged struct {
	net.Conn
	left int
	full net.Conn // nobody reads from it
}

func clog(c net.Conn) device.Wire {
	full, _ := net.Pipe()
	return &clogged{Conn: c, left: 8000, full: full}
}

func (c *clogged) SetWriteDeadline(at time.Time) error {
	return errors.Join(c.full.SetWriteDeadline(at), c.Conn.SetWriteDeadline(at))
}

func (c *clogged) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left >= 0 {
		return c.Conn.Write(b)
	}
	return c.full.Write(b)
}

func (c *clogged) Close() error {
	return errors.Join(c.full.Close(), c.Conn.Close())
}

// A printer that stalls in the midst of a ticket does not hold it for long when
// the kiosk has another one.
func TestAStalledPrinterPassesItsTicketOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		first, second := printertest.New(printertest.Options{}), printertest.New(printertest.Options{Dots: 384})
		l1 := h.plug("p1", first, clog)
		l2 := h.plug("p2", second, nil)
		defer l1.stop()
		defer l2.stop()
		time.Sleep(5 * time.Second)
		ticket := h.take()
		time.Sleep(20 * time.Second)
		require.Len(t, second.Papers(), 1, "%v", h.notes())
		assert.Equal(t, "marked", h.looks(second.Papers()[0], ticket, 384))
		assert.Equal(t, []string{"started A001 at p1", "interrupted A001 at p1: stalled", "started A001 at p2 marked", "printed A001 at p2 marked"}, h.notes())
	})
}

// Where the other one fails meanwhile, it is waited for as ever.
func TestAStalledPrinterKeepsWhatNobodyElseCanPrint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		second := printertest.New(printertest.Options{Dots: 384})
		l1 := h.plug("p1", printertest.New(printertest.Options{}), clog)
		l2 := h.plug("p2", second, nil)
		defer l1.stop()
		defer l2.stop()
		time.Sleep(5 * time.Second)
		h.take()
		time.Sleep(5 * time.Second)
		second.SetPaper(false)
		time.Sleep(30 * time.Second)
		assert.Equal(t, []string{"started A001 at p1"}, h.notes())
		time.Sleep(30 * time.Second)
		assert.Contains(t, h.notes(), "interrupted A001 at p1: stalled")
	})
}

func TestOverWhileItWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		ticket := h.take()
		h.do(queue.Issue{Service: "ho-tich", Kiosk: "k1", Lang: "vi"})              // print not wanted
		h.do(queue.Issue{Service: "ho-tich", Kiosk: "k2", Print: true, Lang: "vi"}) // a kiosk without printers
		h.do(queue.Cancel{Ticket: ticket.ID})
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(100 * time.Second)
		assert.Empty(t, p.Papers())
		assert.Equal(t, []string{"dropped A001: over", "dropped A003: stale"}, h.notes())
	})
}

// A ticket that breaks its printer again and again is given up.
func TestGivesUpAfterThreeBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		time.Sleep(5 * time.Second)
		h.take()
		for range 6 {
			p.BreakAfter(12000) // the flush passes, the ticket does not
			time.Sleep(4 * time.Second)
			l.stop()
			l = h.plug("p1", p, nil)
		}
		time.Sleep(5 * time.Second)
		l.stop()
		notes := h.notes()
		assert.Equal(t, "dropped A001: failed", notes[len(notes)-1], "%v", notes)
		assert.Len(t, notes, 7)
		assert.Equal(t, []string{"A001"}, h.lacking(), "and the staff are told")
	})
}

// Who waits without paper is told to the staff, over restarts too, until a
// reprint has come out or the number is done with.
func TestPeopleWithoutPaperAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer func() { h.stop() }()
		h.do(queue.Issue{Service: "ho-tich", Kiosk: "k2", Print: true, Lang: "vi"}) // a kiosk without printers promises no paper
		first, second := h.take(), h.take()
		assert.Empty(t, h.lacking(), "it may just be printing")
		time.Sleep(overdue)
		assert.Equal(t, []string{first.Number, second.Number}, h.lacking())
		p := printertest.New(printertest.Options{})
		p.SetPaper(false)
		l := h.plug("p1", p, nil)
		time.Sleep(100 * time.Second) // longer than fresh
		assert.Equal(t, []string{"dropped A001: stale", "dropped A002: stale", "dropped A003: stale"}, h.notes())
		assert.Less(t, h.room.ledger.settled(h.book.Now()), h.room.ledger.bare[first.ID], "the mark stays before what the list follows from")
		h.do(queue.Cancel{Ticket: second.ID})
		third := h.take()
		time.Sleep(overdue)
		l.stop()
		h.stop()
		h.start()
		assert.Equal(t, []string{first.Number, third.Number}, h.lacking())
		p.SetPaper(true)
		l = h.plug("p1", p, nil)
		time.Sleep(5 * time.Second)
		assert.Equal(t, []string{first.Number}, h.lacking())
		w := h.ask(http.MethodPost, "/api/v1/reprints", `{"number":" `+strings.ToLower(first.Number)+`"}`, "one")
		assert.Equal(t, http.StatusAccepted, w.Code, w.Body)
		time.Sleep(5 * time.Second)
		assert.Empty(t, h.lacking())
		l.stop()
		papers := p.Papers()
		assert.Equal(t, "marked", h.looks(papers[len(papers)-1], first, 576))
		assert.Equal(t, http.StatusNotFound, h.ask(http.MethodPost, "/api/v1/reprints", `{"number":"Z999"}`, "two").Code)
	})
}

// Whoever is told of people without paper and presses, twice even, before the
// printer works again, gives each of them one paper.
func TestAReprintOfWhatComesOutAnywayIsNoSecondPaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		p.SetPaper(false)
		l := h.plug("p1", p, nil)
		defer l.stop()
		h.take()
		h.take()
		time.Sleep(overdue + 10*time.Second)
		for i, number := range append(h.lacking(), h.lacking()...) {
			w := h.ask(http.MethodPost, "/api/v1/reprints", `{"number":"`+number+`"}`, fmt.Sprint(i))
			assert.Equal(t, http.StatusAccepted, w.Code, w.Body)
		}
		p.SetPaper(true)
		time.Sleep(20 * time.Second)
		assert.Len(t, p.Papers(), 1+2, "the slip of the change of paper, and: %v", h.notes())
		assert.Empty(t, h.lacking())
	})
}

// lacking lists the numbers that wait without paper, as a page is told them.
func (h *hall) lacking() []string {
	h.t.Helper()
	w := h.ask(http.MethodGet, "/api/v1/printers", "", "")
	require.Equal(h.t, http.StatusOK, w.Code, w.Body)
	var list struct{ Lacking []string }
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &list))
	return list.Lacking
}

// At 9,600 baud every ticket of a busy minute comes out, one after another.
func TestSlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{BytesPerSecond: 960, NoAuto: true})
		l := h.plug("p1", p, slowWire)
		defer l.stop()
		time.Sleep(10 * time.Second)
		for range 4 {
			h.take()
		}
		before := p.Received()
		time.Sleep(88 * time.Second)
		var want []string
		for i := 1; i <= 4; i++ {
			want = append(want, fmt.Sprintf("started A%03d at p1", i), fmt.Sprintf("printed A%03d at p1", i))
		}
		assert.Equal(t, want, h.notes())
		assert.Len(t, p.Papers(), 4)
		t.Logf("%d bytes a ticket, questions included", (p.Received()-before)/4)
	})
}

func (h *hall) ask(method, path, body, key string) *httptest.ResponseRecorder {
	handler, err := door.New(door.Options{
		Listen: "127.0.0.1:8080", Words: words(),
		Access: func() (a, b []string) { return nil, nil }, Languages: func() []string { return []string{"vi", "en"} },
	}, h.room.Routes()...)
	require.NoError(h.t, err)
	req := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:40000"
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	return w
}

func TestReprint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		ticket := h.take()
		time.Sleep(200 * time.Second) // long printed, and no longer fresh
		path := fmt.Sprintf("/api/v1/tickets/%d/reprint", ticket.ID)
		for range 2 {
			w := h.ask(http.MethodPost, path, `{}`, "key-1")
			require.Equal(t, http.StatusAccepted, w.Code, w.Body)
			assert.JSONEq(t, fmt.Sprintf(`{"ticket":%d,"number":"A001"}`, ticket.ID), w.Body.String())
			time.Sleep(5 * time.Second)
		}
		assert.Equal(t, []string{"whole", "marked"}, h.verdicts(p, ticket))
		other := h.take()
		assert.Equal(t, http.StatusUnprocessableEntity, h.ask(http.MethodPost, fmt.Sprintf("/api/v1/tickets/%d/reprint", other.ID), `{}`, "key-1").Code)
		assert.Equal(t, http.StatusNotFound, h.ask(http.MethodPost, "/api/v1/tickets/999/reprint", `{}`, "key-2").Code)
		assert.Equal(t, http.StatusUnprocessableEntity, h.ask(http.MethodPost, path, `{"printer":"p9"}`, "key-3").Code)
		assert.Equal(t, http.StatusBadRequest, h.ask(http.MethodPost, path, `{"printr":"p1"}`, "key-4").Code)
	})
}

func TestPreview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		for _, path := range []string{"/printer/p1/preview", "/printer/p2/preview"} {
			for range 2 { // without a ticket, and with one
				w := h.ask(http.MethodGet, path, "", "")
				require.Equal(t, http.StatusOK, w.Code, w.Body)
				img, err := png.Decode(w.Body)
				require.NoError(t, err)
				assert.Equal(t, map[string]int{"/printer/p1/preview": 576, "/printer/p2/preview": 384}[path], img.Bounds().Dx())
				h.take()
			}
		}
		assert.Equal(t, http.StatusUnprocessableEntity, h.ask(http.MethodGet, "/printer/p9/preview", "", "").Code)
		assert.Equal(t, http.StatusNotFound, h.ask(http.MethodGet, "/printer/p1/preview?ticket=77", "", "").Code)
	})
}

// full is the full ticket by which the ways of printing are compared.
func full() slip.Slip {
	d := &centre.Document{
		Centre: centre.Centre{
			Authority: centre.Text{"vi": "UBND xã Đắk Phơi"},
			Name:      centre.Text{"vi": "Trung tâm Phục vụ hành chính công"}, TimeZone: "Asia/Ho_Chi_Minh",
		},
		Zones:    []centre.Zone{{ID: "a", Name: centre.Text{"vi": "Khu A"}, Floor: centre.Text{"vi": "tầng 1"}}},
		Services: []centre.Service{{ID: "s", Name: centre.Text{"vi": "Khai sinh, khai tử, kết hôn"}}},
		Counters: []centre.Counter{{ID: "c", Number: "3", Zone: "a", Services: []string{"s"}}},
	}
	return slip.Slip{
		Centre: d, Link: "https://xinmoi.example.vn/t/k7m2q4xw6ybza3",
		Ticket: &queue.Ticket{
			Number: "A012", Service: "s", IssuedAt: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC),
			Told: queue.Told{Ahead: 12, LowS: 1200, HighS: 2100},
		},
	}
}

// filled is a shelf that has all that a slip shows, half of it in each place.
func filled(t testing.TB, lines []slip.Line, m Model) *shelf {
	s := newShelf()
	set := newSetter(centre.WayStored, press(), m, slip.Paper{Dots: m.Dots}, 0, s)
	for _, l := range lines {
		require.NoError(t, set.line(l))
	}
	for i, w := range s.wants {
		p := escpos.Place(i % 2)
		k := s.freeKey(p, w.id)
		s.kept[p][w.id], s.listed[p][k] = k, true
	}
	return s
}

// bytesOf is the size of the full ticket for a model on a line. For the stored
// way that is once all is kept, with the questions for the keys of both places.
func bytesOf(t testing.TB, way string, m Model, baud int) int {
	slow := baud > 0 && baud/10 < slowLine
	lines := slip.Build(full(), words())
	var shelf *shelf
	asked := 0
	if way == centre.WayStored {
		shelf = filled(t, lines, m)
		asked = len(slices.Concat(escpos.AskKeys(escpos.RAM), escpos.GoOn, escpos.AskKeys(escpos.NV), escpos.GoOn))
	}
	pieces, _, err := set(way, lines, press(), m, slip.Paper{Dots: m.Dots, Coarse: slow}, pieceSize(baud/10), shelf)
	require.NoError(t, err)
	return len(bytes.Join(pieces, nil)) + asked
}

func TestBytesOfATicket(t *testing.T) {
	epson, _ := ModelOf("epson-tm-t82")
	for way, most := range map[string]int{centre.WayRaster: 13000, centre.WayHybrid: 10000, centre.WayText: 400, centre.WayStored: 300} {
		n := bytesOf(t, way, epson, 9600)
		assert.LessOrEqual(t, n, most, way)
		t.Logf("%s: %d bytes", way, n)
	}
}

// BenchmarkTicket tells the bytes of the full ticket and the seconds that they
// take on a line.
func BenchmarkTicket(b *testing.B) {
	for _, name := range []string{"generic-58", "epson-tm-t82"} {
		m, _ := ModelOf(name)
		for _, way := range centre.Ways {
			for _, baud := range []int{9600, 19200, 115200} {
				b.Run(fmt.Sprintf("%s/%s/%d", name, way, baud), func(b *testing.B) {
					n := 0
					for b.Loop() {
						n = bytesOf(b, way, m, baud)
					}
					b.ReportMetric(float64(n), "bytes")
					b.ReportMetric(float64(n)*10/float64(baud), "line-s")
				})
			}
		}
	}
}
