package printer

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/printertest"
	"xinmoi/printer/slip"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// tiny is a hall whose slips are short, for tests that break them at each byte.
const tiny = `
[centre]
name = { vi = "Xã Ô" }
public_url = "https://o.vn"
[[service]]
id = "ho-tich"
name = { vi = "Hộ tịch" }
[[counter]]
id = "c1"
number = "1"
services = ["ho-tich"]
[[kiosk]]
id = "k1"
printers = ["p1"]
[[printer]]
id = "p1"
port = "serial:/dev/ttyS0"
model = "epson-tm-t82"
way = "WAY"
`

// few says only what a slip cannot do without.
func few(lang, key string, args map[string]any) string {
	switch key {
	case "printer.reprint", "printer.counter", "printer.ahead", "printer.ahead_none":
		return words()(lang, key, args)
	}
	return ""
}

// tinyHall is a hall of tiny slips, told in a way.
func tinyHall(t testing.TB, way string) *hall {
	h := hallOf(t, strings.Replace(tiny, "WAY", way, 1))
	h.room.words = few
	return h
}

// reads says what a piece of paper is, in whatever way it was told: the whole
// ticket, marked or not, or else a part of something.
func (h *hall) reads(paper printertest.Paper, t *queue.Ticket, dots int) string {
	doc := centre.InForce(h.book.View().Hall)
	link := doc.HolderURL(h.book.Link(t))
	for _, marked := range []bool{true, false} {
		lines := slip.Build(slip.Slip{Centre: doc, Ticket: t, Link: link, Reprint: marked}, h.room.words)
		if h.shows(paper, lines, dots) {
			return map[bool]string{true: "marked", false: "whole"}[marked]
		}
	}
	return "part"
}

// shows reports whether a paper shows all lines, one below the other: each in the
// printer's letters, as pictures that it keeps, or drawn.
func (h *hall) shows(paper printertest.Paper, lines []slip.Line, dots int) bool {
	ink, text := rows(paper.Image), justWords(paper.Text)
	inkAt, textAt := 0, 0
	find := func(inks [][]byte) bool {
		at := inkAt
		for _, i := range inks {
			n := bytes.Index(ink[at:], i)
			if n < 0 {
				return false
			}
			at += n + len(i)
		}
		inkAt = at
		return true
	}
	for _, l := range lines {
		if l.Rule {
			continue
		}
		if l.QR && slices.Contains(paper.Links, l.Text) {
			continue
		}
		if want := justWords(l.Text); !l.QR && strings.Contains(text[textAt:], want) {
			textAt += strings.Index(text[textAt:], want) + len(want)
			continue
		}
		if !slices.ContainsFunc(h.drawings(l, dots), find) {
			return false
		}
	}
	return true
}

// drawings are the ways in which a line may be drawn, each a run of pictures.
func (h *hall) drawings(l slip.Line, dots int) (all [][][]byte) {
	key := l.Text
	if h.drawn[key] == nil {
		if h.drawn == nil {
			h.drawn = map[string][][][]byte{}
		}
		var kept [][]byte
		for _, part := range parts(l) {
			if !part.Varies {
				kept = append(kept, keptInks(h.t, part, dots)...)
			}
		}
		h.drawn[key] = [][][]byte{kept, inked(h.t, l, slip.Paper{Dots: dots}), inked(h.t, l, slip.Paper{Dots: dots, Coarse: true})}
	}
	return h.drawn[key]
}

// inked is a line as it is drawn, without the blank rows around.
func inked(t testing.TB, l slip.Line, paper slip.Paper) [][]byte {
	page, err := press().Render([]slip.Line{l}, paper)
	require.NoError(t, err)
	var all [][]byte
	for _, p := range page.Parts {
		one := slip.Page{Dots: paper.Dots, High: p.Image.Rect.Dy() * p.Scale, Parts: []slip.Part{{X: p.X, Scale: p.Scale, Image: p.Image}}}
		all = append(all, bytes.Trim(rows(one.Image()), "\x00"))
	}
	return all
}

// kinds are the printers, from those that say all to those that only take bytes.
var kinds = []struct {
	name    string
	options printertest.Options
	mute    bool
}{
	{"tells by itself", printertest.Options{}, false},
	{"must be asked", printertest.Options{NoAuto: true}, false},
	{"answers only real-time questions", printertest.Options{NoAuto: true, NoDone: true}, false},
	{"only takes bytes", printertest.Options{}, true},
}

// The cable breaks at each byte of a ticket, in every way of telling it, at every
// kind of printer: the ticket comes out once, or twice with the
// second marked. Of ways that draw, the insides of pictures are broken here and
// there only, where one byte is like another; XINMOI_EVERY_BYTE=1 breaks them all.
func TestEveryWayBreaksAtEveryByte(t *testing.T) {
	for _, way := range centre.Ways {
		for _, kind := range kinds {
			t.Run(way+"/"+kind.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := tinyHall(t, way)
					defer h.stop()
					o := kind.options
					o.Maker, o.Model = "EPSON", "TM-T82"
					p := printertest.New(o)
					p.SetMute(kind.mute)
					size := h.breakAt(p, 1<<30)
					n := 0
					for at := 0; at <= size; at += stepAt(at, size) {
						h.breakAt(p, at)
						n++
					}
					t.Logf("%d bytes, broken at %d of them", size, n)
				})
			})
		}
	}
}

// stepAt is how far it is to the next byte to be broken.
func stepAt(at, size int) int {
	const head, tail, long = 60, 30, 1000
	few := map[bool]int{true: 13, false: 1}[raced] // another pass of the tests runs without the race detector
	switch {
	case os.Getenv("XINMOI_EVERY_BYTE") != "":
		return 1
	case size > long && at >= head && at < size-tail:
		return min(211*few, size-tail-at)
	}
	return few
}

// judge looks at what has come out for a ticket after a break: once, or twice with
// the second marked, and no garbage.
func (h *hall) judge(papers []printertest.Paper, t *queue.Ticket, at int) {
	h.t.Helper()
	var verdicts []string
	for _, paper := range papers {
		verdicts = append(verdicts, h.reads(paper, t, 576))
		require.NotContains(h.t, paper.Text, "\uFFFD", "break at %d", at)
	}
	onceOrTwice(h.t, verdicts, at)
}

// breakAt breaks the cable after so many bytes from the taking of a number on,
// plugs it in again, and looks at what has come out. It is how many bytes came
// until the break.
func (h *hall) breakAt(p *printertest.Printer, at int) int {
	l := h.plug("p1", p, slowWire)
	time.Sleep(15 * time.Second)
	papers, before := len(p.Papers()), p.Received()
	p.BreakAfter(at)
	seq, ticket := h.book.View().Seq, h.take()
	time.Sleep(5 * time.Second)
	n := p.Received() - before
	l.stop()
	p.BreakAfter(-1)
	l = h.plug("p1", p, slowWire)
	time.Sleep(40 * time.Second)
	l.stop()
	h.judge(p.Papers()[papers:], ticket, at)
	since, err := h.book.Read(seq, 10000)
	require.NoError(h.t, err)
	assert.True(h.t, slices.ContainsFunc(since, func(e store.Entry) bool { return e.Type == notePrinted || e.Type == noteSent }), "break at %d", at)
	return n
}

// some are so many bytes of a ticket, its ends among them.
func some(size, n int) (all []int) {
	for i := range n {
		all = append(all, i*size/(n-1))
	}
	return all
}

// The printer's power goes at a byte and comes back after a second, while the wire
// stays; two more seconds later it reads again: what it missed is not taken for
// printed.
func TestEveryWayLosesThePrintersPower(t *testing.T) {
	for _, way := range centre.Ways {
		for _, kind := range kinds {
			if kind.mute {
				continue // nobody can know
			}
			t.Run(way+"/"+kind.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := tinyHall(t, way)
					defer h.stop()
					o := kind.options
					o.Maker, o.Model, o.BytesPerSecond, o.Boot = "EPSON", "TM-T82", 960, 2*time.Second
					p := printertest.New(o)
					l := h.plug("p1", p, slowWire)
					defer l.stop()
					lose := func(at int) (size int) {
						time.Sleep(time.Minute)
						papers, before := len(p.Papers()), p.Received()
						p.PowerAfter(at)
						ticket := h.take()
						for range 2000 { // until it is off, or has printed
							if time.Sleep(10 * time.Millisecond); p.Received() > before+at {
								break
							}
						}
						size = p.Received() - before
						time.Sleep(time.Second)
						p.PowerAfter(-1)
						p.SetPower(true)
						time.Sleep(80 * time.Second)
						h.judge(p.Papers()[papers:], ticket, at)
						return size
					}
					size := lose(1 << 20)
					for _, at := range some(size, points) {
						lose(at)
					}
					t.Logf("%d bytes", size)
				})
			})
		}
	}
}

// The daemon dies at a byte of a ticket, in every way: its notes after that
// instant are lost.
func TestEveryWayOutlivesTheDaemon(t *testing.T) {
	for _, way := range centre.Ways {
		t.Run(way, func(t *testing.T) {
			die := func(at int) (size int) {
				synctest.Test(t, func(t *testing.T) {
					h := tinyHall(t, way)
					p := printertest.New(printertest.Options{Maker: "EPSON", Model: "TM-T82"})
					l := h.plug("p1", p, slowWire)
					time.Sleep(30 * time.Second)
					before := p.Received()
					p.BreakAfter(at)
					ticket := h.take()
					for range 10000 { // until the break, or the end of the ticket
						if time.Sleep(time.Millisecond); p.Received() >= before+at {
							break
						}
					}
					size = p.Received() - before
					// Death: the book is closed under the driver, so that nothing more is
					// written; then the rest ends.
					h.stop()
					l.stop()
					p.BreakAfter(-1)
					h.start()
					h.room.words = few
					defer h.stop()
					l = h.plug("p1", p, slowWire)
					time.Sleep(40 * time.Second)
					l.stop()
					h.judge(p.Papers(), ticket, at)
				})
				return size
			}
			size := die(1 << 20)
			for _, at := range some(size, points) {
				die(at)
			}
			t.Logf("%d bytes", size)
		})
	}
}
