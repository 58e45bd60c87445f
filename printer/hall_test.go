package printer

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/printer/printertest"
	"xinmoi/printer/slip"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
	"xinmoi/store/queue"
)

const document = `
[centre]
name = { vi = "Trung tâm Phục vụ hành chính công xã Đắk Phơi", en = "Đắk Phơi Public Service Centre" }
public_url = "https://xinmoi.example.vn"
[[service]]
id = "ho-tich"
name = { vi = "Khai sinh, khai tử, kết hôn", en = "Birth, death, marriage" }
[[counter]]
id = "c1"
number = "1"
services = ["ho-tich"]
[[kiosk]]
id = "k1"
printers = ["p1", "p2"]
[[kiosk]]
id = "k2"
[[printer]]
id = "p1"
port = "tcp:127.0.0.1:9100"
[[printer]]
id = "p2"
port = "tcp:127.0.0.1:9101"
model = "generic-58"
`

// hall is a centre with a book and its printers. Time is that of synctest.
type hall struct {
	t     testing.TB
	dir   string
	book  *store.Book
	room  *Room
	inks  map[string][]byte     // what was drawn for comparison, by what it says
	drawn map[string][][][]byte // the same of lines, by their text
}

// press draws what is compared with. Tests of this package run one at a time.
var press = sync.OnceValue(func() *slip.Press {
	p, err := slip.NewPress()
	if err != nil {
		panic(err)
	}
	return p
})

var words = sync.OnceValue(func() slip.Words {
	c, err := locale.New()
	if err != nil {
		panic(err)
	}
	return c.Say
})

// newHall opens a fresh book. Call it within synctest.
func newHall(t testing.TB) *hall {
	t.Helper()
	h := &hall{t: t, dir: t.TempDir(), inks: map[string][]byte{}}
	h.start()
	doc, findings := centre.Parse("centre.toml", []byte(document))
	require.NotNil(t, doc, "%v", findings)
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	return h
}

// start opens the book and makes the room, as the daemon does.
func (h *hall) start() {
	day := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	b, err := store.Open(h.dir, store.Options{
		Now:    func() time.Time { return time.Now().Add(day) },
		Synced: func() bool { return true },
	})
	require.NoError(h.t, err)
	h.book = b
	h.room = New(Options{Book: b, Words: words(), Dir: filepath.Join(h.dir, "printer")})
}

func (h *hall) stop() { require.NoError(h.t, h.book.Close()) }

func (h *hall) do(c queue.Command) store.Answer {
	h.t.Helper()
	a, err := h.book.Do(h.t.Context(), store.Request{Command: c, By: queue.Actor{Via: "test"}})
	require.NoError(h.t, err)
	return a
}

// take takes a number at a kiosk.
func (h *hall) take() *queue.Ticket {
	h.t.Helper()
	a := h.do(queue.Issue{Service: "ho-tich", Kiosk: "k1", Print: true, Lang: "vi"})
	for _, e := range a.Entries {
		if issued, ok := e.Event.(queue.Issued); ok {
			t, _ := a.View.Hall.Ticket(issued.Ticket)
			return t
		}
	}
	h.t.Fatal("no number")
	return nil
}

// life is a driver on a cable to a simulated printer.
type life struct{ stop func() }

// plug joins a printer to the driver of id over a wire that may be wrapped.
func (h *hall) plug(id string, p *printertest.Printer, wrap func(net.Conn) device.Wire) *life {
	doc := centre.InForce(h.book.View().Hall)
	cfg, ok := doc.Printer(id)
	require.True(h.t, ok)
	return h.plugDriver(h.room.Printer(cfg), p, wrap)
}

func (h *hall) plugDriver(d *Driver, p *printertest.Printer, wrap func(net.Conn) device.Wire) *life {
	a, b := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var wire device.Wire = a
	if wrap != nil {
		wire = wrap(a)
	}
	wire = lendtest.Wire(h.t, wire)
	l := &life{}
	var wg sync.WaitGroup
	wg.Go(func() { _ = p.Serve(ctx, b) })
	wg.Go(func() {
		_ = d.Serve(ctx, wire)
		a.Close()
	})
	l.stop = sync.OnceFunc(func() { cancel(); wg.Wait(); a.Close(); b.Close() })
	return l
}

// cable joins a printer to whoever writes; nobody reads its answers but to throw
// them away.
func (h *hall) cable(p *printertest.Printer) (wire net.Conn, stop func()) {
	a, b := net.Pipe()
	ctx, cancel := context.WithCancel(h.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = p.Serve(ctx, b) })
	wg.Go(func() { _, _ = io.Copy(io.Discard, a) })
	return a, func() { cancel(); a.Close(); wg.Wait() }
}

// notes lists the notes of this room, "printed A001", in order.
func (h *hall) notes() (all []string) {
	h.t.Helper()
	entries, err := h.book.Read(0, 100000)
	require.NoError(h.t, err)
	for _, e := range entries {
		switch e.Type {
		case noteAsked, noteStarted, notePrinted, noteSent, noteInterrupted, noteDropped:
			n, err := readNote(e.Note)
			require.NoError(h.t, err)
			what := "a slip"
			if t, ok := h.book.View().Hall.Ticket(n.Ticket); ok {
				what = t.Number
			}
			s := fmt.Sprintf("%s %s", e.Type[len("printer."):], what)
			if n.Printer != "" {
				s += " at " + n.Printer
			}
			if n.Reprint {
				s += " marked"
			}
			if n.Reason != "" {
				s += ": " + n.Reason
			}
			all = append(all, s)
		}
	}
	return all
}

// conditions is what the book says of a printer.
func (h *hall) conditions(id string) device.Conditions {
	for _, d := range h.book.View().Devices {
		if d.ID == device.ID("printer/"+id) {
			return d.Conditions
		}
	}
	return nil
}

// detail is what the book says beside the conditions of a printer.
func (h *hall) detail(id string) string {
	for _, d := range h.book.View().Devices {
		if d.ID == device.ID("printer/"+id) {
			return d.Detail
		}
	}
	return ""
}

// looks says what a piece of paper is: the whole ticket, marked or not, or else
// a part of something.
func (h *hall) looks(paper printertest.Paper, t *queue.Ticket, dots int) string {
	for _, marked := range []bool{true, false} { // a marked slip holds all of the other
		if bytes.Contains(rows(paper.Image), h.wanted(t, marked, dots)) {
			if marked {
				return "marked"
			}
			return "whole"
		}
	}
	return "part"
}

// wanted is the ink of the ticket's slip, row by row.
func (h *hall) wanted(t *queue.Ticket, marked bool, dots int) []byte {
	key := fmt.Sprint(t.ID, marked, dots)
	if h.inks[key] != nil {
		return h.inks[key]
	}
	doc := centre.InForce(h.book.View().Hall)
	s := slip.Slip{Centre: doc, Ticket: t, Link: doc.Centre.PublicURL + "/t/" + h.book.Link(t), Reprint: marked}
	page, err := press().Render(slip.Build(s, words()), slip.Paper{Dots: dots})
	require.NoError(h.t, err)
	h.inks[key] = bytes.Trim(rows(page.Image()), "\x00")
	return h.inks[key]
}

// rows packs a picture, a byte for eight dots.
func rows(img image.Image) []byte {
	if bits, ok := img.(*printertest.Bits); ok {
		return bits.Packed()
	}
	grey := img.(*image.Gray)
	black := func(x, y int) bool { return grey.Pix[y*grey.Stride+x] < 128 }
	b := img.Bounds()
	out := make([]byte, 0, b.Dy()*b.Dx()/8)
	for y := range b.Dy() {
		for x := 0; x < b.Dx(); x += 8 {
			v := byte(0)
			for i := range 8 {
				if black(x+i, y) {
					v |= 0x80 >> i
				}
			}
			out = append(out, v)
		}
	}
	return out
}

func TestPrintsATicketOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(3 * time.Second)
		a, b := h.take(), h.take()
		time.Sleep(5 * time.Second)
		require.Len(t, p.Papers(), 2)
		assert.Equal(t, "whole", h.looks(p.Papers()[0], a, 576))
		assert.Equal(t, "whole", h.looks(p.Papers()[1], b, 576))
		assert.Equal(t, []string{
			"started A001 at p1", "printed A001 at p1",
			"started A002 at p1", "printed A002 at p1",
		}, h.notes())
		assert.Empty(t, h.conditions("p1"))
		l.stop()

		// Another life of the daemon prints nothing again.
		h.stop()
		h.start()
		l = h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(10 * time.Second)
		assert.Len(t, p.Papers(), 2)
	})
}

func mustPrinter(h *hall, id string) centre.Printer {
	p, ok := centre.InForce(h.book.View().Hall).Printer(id)
	require.True(h.t, ok)
	return p
}
