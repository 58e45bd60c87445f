package printer

import (
	"bytes"
	"fmt"
	"image"
	"net/http"
	"os"
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
	"xinmoi/store/queue"
)

// commune is the hall of the full ticket: twelve lines of text and a code of 42
// letters.
const commune = `
[centre]
name = { vi = "Trung tâm Phục vụ hành chính công" }
authority = { vi = "UBND xã Đắk Phơi" }
public_url = "https://hall.gov.vn"
[[zone]]
id = "a"
name = { vi = "Khu A" }
floor = { vi = "tầng 1" }
[[service]]
id = "ho-tich"
name = { vi = "Khai sinh, khai tử, kết hôn" }
[[counter]]
id = "c3"
number = "3"
zone = "a"
services = ["ho-tich"]
[[kiosk]]
id = "k1"
printers = ["p1"]
[[printer]]
id = "p1"
port = "serial:/dev/ttyS0"
model = "epson-tm-t88"
`

// quickDir is a folder that costs no disk, where there is one.
func quickDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "xinmoi")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// hallOf is a hall with another document.
func hallOf(t testing.TB, document string) *hall {
	h := &hall{t: t, dir: quickDir(t), inks: map[string][]byte{}}
	h.start()
	h.configure(document)
	return h
}

func (h *hall) configure(document string) {
	h.t.Helper()
	doc, findings := centre.Parse("centre.toml", []byte(document))
	require.NotNil(h.t, doc, "%v", findings)
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
}

// pictures are the words of a ticket as they are kept, each in the middle of its
// rows.
func (h *hall) pictures(t *queue.Ticket, dots int) (words []string, inks [][]byte) {
	doc := centre.InForce(h.book.View().Hall)
	link := doc.HolderURL(h.book.Link(t))
	for _, l := range slip.Build(slip.Slip{Centre: doc, Ticket: t, Link: link}, h.room.words) {
		for _, part := range parts(l) {
			if part.QR || part.Rule || part.Varies || (escpos.Pages{}).Readable(part.Text) {
				continue
			}
			for _, ink := range keptInks(h.t, part, dots) {
				words, inks = append(words, part.Text), append(inks, ink)
			}
		}
	}
	return words, inks
}

// keptInks are the rows of paper with a line that the printer keeps, each picture
// in the middle.
func keptInks(t testing.TB, l slip.Line, dots int) (inks [][]byte) {
	page, err := press().Render([]slip.Line{l}, slip.Paper{Dots: dots})
	require.NoError(t, err)
	for _, p := range page.Parts {
		img := narrow(p, false)
		row := image.NewGray(image.Rect(0, 0, dots, img.Rect.Dy()))
		for i := range row.Pix {
			row.Pix[i] = 255
		}
		at := (dots - img.Rect.Dx()) / 2
		for y := range img.Rect.Dy() {
			copy(row.Pix[y*row.Stride+at:], img.Pix[y*img.Stride:][:img.Rect.Dx()])
		}
		inks = append(inks, rows(row))
	}
	return inks
}

// lacks lists the words of a ticket that a paper does not show, in their order.
func (h *hall) lacks(paper printertest.Paper, t *queue.Ticket, dots int) (all []string) {
	ink := rows(paper.Image)
	words, inks := h.pictures(t, dots)
	from := 0
	for i := range words {
		at := bytes.Index(ink[from:], inks[i])
		if at < 0 {
			all = append(all, words[i])
			continue
		}
		from += at + len(inks[i])
	}
	return all
}

// shortTicket is three hundred bytes less two rounds of real-time questions.
const shortTicket = 300 - 2*4*3

// Once the printer keeps what never changes, a full ticket is three hundred
// bytes, with every word, the figures and the code.
func TestStoredTicketIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hallOf(t, commune)
		defer h.stop()
		p := printertest.New(printertest.Options{Dots: 512, BytesPerSecond: 960, Maker: "EPSON", Model: "TM-T88IV"})
		l := h.plug("p1", p, slowWire)
		defer l.stop()
		time.Sleep(2 * time.Minute) // it is filled meanwhile
		for range 12 {
			h.do(queue.Issue{Service: "ho-tich", Lang: "vi"})
		}
		before := p.Work()
		ticket := h.take()
		time.Sleep(time.Second)
		n := p.Work() - before
		require.Len(t, p.Papers(), 1)
		paper := p.Papers()[0]
		assert.Empty(t, h.lacks(paper, ticket, 512))
		assert.Equal(t, "A013 12 15:02 23/11/2026", justWords(paper.Text))
		assert.Equal(t, []string{"https://hall.gov.vn/t/" + h.book.Link(ticket)}, paper.Links)
		assert.LessOrEqual(t, n, shortTicket)
		assert.Equal(t, []string{"started A013 at p1", "printed A013 at p1"}, h.notes())
		t.Logf("%d bytes; %d pictures in NV memory, %d in RAM", n, p.Kept(escpos.NV), p.Kept(escpos.RAM))
	})
}

// What the power took is noticed before the next ticket, which is drawn where
// words are lacking; then the printer is filled again.
func TestStoredPicturesSurviveThePrintersPower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hallOf(t, commune)
		defer h.stop()
		p := printertest.New(printertest.Options{Dots: 512, Maker: "EPSON", Model: "TM-T88IV", NV: 1, RAM: 1 << 20})
		l := h.plug("p1", p, slowWire)
		defer l.stop()
		time.Sleep(time.Minute)
		kept := p.Kept(escpos.RAM)
		require.Greater(t, kept, 9)
		p.CutPower()
		require.Zero(t, p.Kept(escpos.RAM))
		before := p.Work()
		h.take()
		time.Sleep(3 * time.Second)
		require.Len(t, p.Papers(), 1)
		drawn := p.Work() - before
		assert.Greater(t, drawn, 3000, "drawn")
		time.Sleep(time.Minute)
		assert.Equal(t, kept, p.Kept(escpos.RAM))
		before = p.Work()
		ticket := h.take()
		time.Sleep(3 * time.Second)
		assert.LessOrEqual(t, p.Work()-before, shortTicket)
		assert.Empty(t, h.lacks(p.Papers()[1], ticket, 512))
	})
}

// many is a hall with so many services.
func many(n int) string {
	var b strings.Builder
	b.WriteString(commune)
	for i := range n {
		fmt.Fprintf(&b, "[[service]]\nid = \"s%d\"\nname = { vi = \"Lĩnh vực số %d\" }\n", i, i)
	}
	return b.String()
}

// The NV memory is written ten times a day, also over starts of the daemon and
// breaks of the wire; on the next day the rest goes there.
func TestTenWritesADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hallOf(t, many(8))
		defer h.stop()
		p := printertest.New(printertest.Options{Dots: 512, Maker: "EPSON", Model: "TM-T88IV", RAM: 1})
		live := func(d time.Duration) {
			l := h.plug("p1", p, slowWire)
			time.Sleep(d)
			l.stop()
		}
		live(3 * time.Second)
		live(5 * time.Minute)
		assert.InDelta(t, 9, p.NVWrites(), 1, "one is counted and lost at most, with the wire")
		writes := p.NVWrites()
		h.stop()
		h.start()
		live(5 * time.Minute)
		assert.Equal(t, writes, p.NVWrites(), "the same day")
		kept := p.Kept(escpos.NV)
		time.Sleep(24 * time.Hour)
		live(5 * time.Minute)
		assert.Greater(t, p.Kept(escpos.NV), kept)
		assert.LessOrEqual(t, p.NVWrites(), 20)
		time.Sleep(24 * time.Hour)
		live(5 * time.Minute)
		writes = p.NVWrites()
		time.Sleep(24 * time.Hour)
		live(5 * time.Minute)
		assert.Equal(t, writes, p.NVWrites(), "all is there, and nothing is written again")

		// Another printer of the same make, in which another program keeps pictures
		// under the same keys: they are not taken for ours.
		other := printertest.New(printertest.Options{Dots: 512, Maker: "EPSON", Model: "TM-T88IV", Serial: "0000002"})
		wire, unplug := h.cable(other)
		for _, k := range h.room.ledger.kept["p1"].Keys {
			b, err := escpos.Define(escpos.NV, k.Key, image.NewGray(image.Rect(0, 0, 80, 80)))
			require.NoError(t, err)
			_, err = wire.Write(b)
			require.NoError(t, err)
		}
		synctest.Wait()
		unplug()
		foreign := other.NVWrites()
		require.Positive(t, foreign)
		p = other
		l := h.plug("p1", p, slowWire)
		defer l.stop()
		time.Sleep(2 * time.Second)
		for range 2 {
			ticket := h.take()
			time.Sleep(5 * time.Minute)
			paper := p.Papers()[len(p.Papers())-1]
			if len(p.Papers()) == 2 { // the first one is drawn
				assert.Empty(t, h.lacks(paper, ticket, 512))
			}
			box := bytes.Repeat(slices.Concat(make([]byte, 27), bytes.Repeat([]byte{0xFF}, 10), make([]byte, 27)), 80)
			assert.False(t, bytes.Contains(rows(paper.Image), box), "a box of the other program")
		}
		assert.LessOrEqual(t, p.NVWrites(), foreign+10)
		assert.Positive(t, p.NVWrites()-foreign)
	})
}

// Without room for more, or without an answer about keys, tickets come out all
// the same.
func TestStoredWithoutRoomOrAnswer(t *testing.T) {
	for _, o := range []printertest.Options{{RAM: 3000, NV: 5000}, {NoGraphics: true}, {NoDone: true}, {NoAuto: true}} {
		synctest.Test(t, func(t *testing.T) {
			h := hallOf(t, commune)
			defer h.stop()
			o.Dots, o.Maker, o.Model = 512, "EPSON", "TM-T88IV"
			p := printertest.New(o)
			l := h.plug("p1", p, slowWire)
			defer l.stop()
			time.Sleep(3 * time.Minute)
			before := p.Received()
			h.take()
			time.Sleep(20 * time.Second)
			require.Len(t, p.Papers(), 1, "%+v", o)
			t.Logf("%d bytes, NV %d, RAM %d, %d writes", p.Received()-before, p.Kept(escpos.NV), p.Kept(escpos.RAM), p.NVWrites())
			assert.LessOrEqual(t, p.NVWrites(), 10)
			assert.Equal(t, []string{"started A001 at p1", "printed A001 at p1"}, h.notes())
		})
	}
}

// A slip for the staff between two tickets leaves what the printer keeps alone.
func TestSlipsForStaffLeaveThePicturesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hallOf(t, commune)
		defer h.stop()
		p := printertest.New(printertest.Options{Dots: 512, Maker: "EPSON", Model: "TM-T88IV", NV: 1, RAM: 1 << 20})
		l := h.plug("p1", p, slowWire)
		defer l.stop()
		time.Sleep(time.Minute)
		kept := p.Kept(escpos.RAM)
		require.Greater(t, kept, 9)
		w := h.ask(http.MethodPost, "/api/v1/printers/p1/slips", `{"kind":"test"}`, "key-1")
		require.Equal(t, http.StatusAccepted, w.Code, w.Body)
		time.Sleep(20 * time.Second)
		require.Len(t, p.Papers(), 1)
		assert.Equal(t, kept, p.Kept(escpos.RAM))
		before := p.Work()
		ticket := h.take()
		time.Sleep(2 * time.Second)
		assert.LessOrEqual(t, p.Work()-before, shortTicket)
		assert.Empty(t, h.lacks(p.Papers()[1], ticket, 512))
	})
}
