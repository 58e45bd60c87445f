package printer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/printertest"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// printers asks for the list of printers and returns one.
func (h *hall) printer(id string) printerJSON {
	h.t.Helper()
	var list struct{ Items []printerJSON }
	w := h.ask(http.MethodGet, "/api/v1/printers", "", "")
	require.Equal(h.t, http.StatusOK, w.Code, w.Body)
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &list))
	i := slices.IndexFunc(list.Items, func(p printerJSON) bool { return p.ID == id })
	require.GreaterOrEqual(h.t, i, 0)
	return list.Items[i]
}

// post says something about a printer, as a page does.
func (h *hall) post(path, body, key string) {
	h.t.Helper()
	w := h.ask(http.MethodPost, "/api/v1/printers/"+path, body, key)
	require.Equal(h.t, http.StatusAccepted, w.Code, w.Body)
}

// all lists the notes of paper that has come out or was dropped, those of slips
// by their kind.
func (h *hall) out() (all []string) {
	kinds := map[uint64]string{}
	entries, err := h.book.Read(0, 100000)
	require.NoError(h.t, err)
	for _, e := range entries {
		switch e.Type {
		case noteSlip, noteRoll, noteTurned:
			n, err := readNote(e.Note)
			require.NoError(h.t, err)
			if kinds[uint64(e.Seq)] = string(n.Kind); n.Kind == "" {
				kinds[uint64(e.Seq)] = "changed"
			}
		case notePrinted, noteSent, noteDropped:
			n, err := readNote(e.Note)
			require.NoError(h.t, err)
			what := kinds[uint64(n.Order)]
			if t, ok := h.book.View().Hall.Ticket(n.Ticket); ok {
				what = t.Number
			}
			if n.Reprint {
				what += " marked"
			}
			if e.Type == noteDropped {
				what += " dropped"
			}
			all = append(all, what)
		}
	}
	return all
}

// Paper put in upside down prints blank, and the printer says that it printed.
// Somebody is asked, and what came out blank comes again, marked.
func TestPaperUpsideDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer func() { l.stop() }()
		time.Sleep(3 * time.Second)
		before := h.take()
		time.Sleep(3 * time.Second)
		assert.Zero(t, h.printer("p1").Asking, "nothing is asked of paper that was there")
		p.SetPaper(false)
		time.Sleep(3 * time.Second)
		waited := h.take() // while there is no paper
		time.Sleep(3 * time.Second)
		p.SetWrongSide(true)
		p.SetPaper(true)
		time.Sleep(6 * time.Second)
		assert.Equal(t, []string{"A001", "changed", "A002"}, h.out(), "the slip comes first")
		asked := h.printer("p1")
		require.NotZero(t, asked.Asking)
		assert.Equal(t, 2, asked.Tickets)
		assert.Equal(t, 1, asked.Blank)
		blank, gone := h.take(), h.take()
		time.Sleep(5 * time.Second)
		h.do(queue.Cancel{Ticket: gone.ID})

		// "No": nothing is printed there any more, the page says what to do.
		h.post("p1/paper", fmt.Sprintf(`{"asking":%d,"shows":false}`, asked.Asking), "n")
		h.post("p1/paper", fmt.Sprintf(`{"asking":%d,"shows":true}`, asked.Asking-1), "late") // an answer to another question
		time.Sleep(10 * time.Second)                                                          // the book notes a device that flaps at most so often
		assert.Equal(t, device.Set(device.WrongSide), h.conditions("p1"))
		assert.Equal(t, 2, h.printer("p1").Blank, "who has gone wants no paper")
		held := h.take()
		time.Sleep(3 * time.Second)
		printed := len(p.Papers())
		l.stop()
		h.stop()
		h.start() // a power cut changes nothing of this
		l = h.plug("p1", p, nil)
		time.Sleep(4 * time.Second)
		assert.Len(t, p.Papers(), printed)
		assert.True(t, h.printer("p1").Wrong)

		p.SetWrongSide(false)
		h.post("p1/roll", "", "t")
		h.post("p1/roll", "", "t") // asked again by a page that heard no answer
		time.Sleep(12 * time.Second)
		assert.Equal(t, []string{"A001", "changed", "A002", "A003", "A004", "A004 dropped", "changed", "A005", "A002 marked", "A003 marked"}, h.out())
		assert.Empty(t, h.conditions("p1"))
		now := h.printer("p1")
		assert.False(t, now.Wrong)
		assert.NotEqual(t, asked.Asking, now.Asking, "asked once more")
		h.post("p1/paper", fmt.Sprintf(`{"asking":%d,"shows":true}`, now.Asking), "y")
		assert.Zero(t, h.printer("p1").Asking)
		for _, x := range []struct {
			t      *queue.Ticket
			n      int
			marked bool
		}{{before, 1, false}, {waited, 1, true}, {blank, 1, true}, {gone, 0, false}, {held, 1, false}} {
			count, marks := 0, 0
			for _, paper := range p.Papers() {
				switch h.looks(paper, x.t, 576) {
				case "marked":
					marks++
					fallthrough
				case "whole":
					count++
				}
			}
			assert.Equal(t, x.n, count, "papers of %s", x.t.Number)
			assert.Equal(t, x.marked, marks > 0, x.t.Number)
		}
	})
}

// The printer that is turned by taking the paper out and putting it in again
// needs no press of a button.
func TestTurnedByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		change := func() {
			time.Sleep(3 * time.Second)
			p.SetPaper(false)
			time.Sleep(3 * time.Second)
			p.SetPaper(true)
			time.Sleep(6 * time.Second)
		}
		change()
		h.take()
		time.Sleep(3 * time.Second)
		h.post("p1/paper", fmt.Sprintf(`{"asking":%d,"shows":false}`, h.printer("p1").Asking), "n")
		change()
		assert.Equal(t, []string{"changed", "A001", "changed", "A001 marked"}, h.out())
		assert.False(t, h.printer("p1").Wrong)
		assert.Equal(t, 4, h.printer("p1").Tickets, "the same roll")
	})
}

// An open cover alone is no new roll; a near end that is gone after it is one.
func TestWhatIsANewRoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(3 * time.Second)
		p.SetCover(true)
		time.Sleep(3 * time.Second)
		p.SetPaper(false) // its sensor is in the cover
		time.Sleep(3 * time.Second)
		p.SetPaper(true)
		p.SetCover(false)
		time.Sleep(5 * time.Second)
		assert.Zero(t, h.printer("p1").Asking)
		p.SetPaper(false) // a sensor that flickers
		time.Sleep(300 * time.Millisecond)
		p.SetPaper(true)
		time.Sleep(5 * time.Second)
		assert.Zero(t, h.printer("p1").Asking)
		p.SetRoll(3000) // near its end
		time.Sleep(3 * time.Second)
		p.SetCover(true)
		time.Sleep(3 * time.Second)
		p.SetRoll(600000)
		p.SetCover(false)
		time.Sleep(5 * time.Second)
		assert.NotZero(t, h.printer("p1").Asking)
		assert.True(t, h.room.ledger.roll("p1").Warns)
	})
}

// A roll that ended is learnt from: the next one's end is foreseen on a printer
// that has no sensor for it, across restarts and marks of the journal.
func TestForeseesTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer func() { l.stop() }()
		time.Sleep(3 * time.Second)
		change := func() {
			p.SetPaper(false)
			time.Sleep(3 * time.Second)
			p.SetPaper(true)
			time.Sleep(5 * time.Second)
		}
		change()
		assert.Nil(t, h.printer("p1").Left, "nothing is known of its rolls yet")
		for range 60 {
			h.take()
			time.Sleep(2 * time.Second)
		}
		long := h.printer("p1")
		assert.Equal(t, 61, long.Tickets)
		assert.InDelta(t, 61*0.12, long.Metres, 3)
		change()
		for range 10 {
			h.take()
			time.Sleep(2 * time.Second)
		}
		got := h.printer("p1")
		require.NotNil(t, got.Left)
		assert.InDelta(t, 61, got.Of, 6)
		assert.InDelta(t, 50, *got.Left, 6)
		l.stop()
		h.stop()
		h.start()
		l = h.plug("p1", p, nil)
		assert.Empty(t, h.conditions("p1"))
		h.post("p1/paper", fmt.Sprintf(`{"asking":%d,"shows":true}`, h.printer("p1").Asking), "y")
		for range 600 {
			h.do(queue.Issue{Service: "ho-tich", Kiosk: "k2", Lang: "vi"}) // at a kiosk without a printer
		}
		for range 46 {
			h.take()
			time.Sleep(2 * time.Second)
		}
		time.Sleep(3 * time.Second)
		assert.Greater(t, h.book.Mark(reader), h.room.ledger.roll("p1").Changed, "the mark has passed the change")
		assert.Equal(t, device.Set(device.MediaLow), h.conditions("p1"))
		before := h.printer("p1")
		l.stop()
		h.stop()
		h.start()
		assert.Equal(t, before.Tickets, h.printer("p1").Tickets, "counted as before the restart")
		assert.Equal(t, before.Left, h.printer("p1").Left)
		l = h.plug("p1", p, nil)
	})
}

// Slips that are no tickets take no number and are printed once for each key.
func TestSlipsForStaff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(3 * time.Second)
		for _, kind := range []string{"test", "pages", "summary", "closing"} {
			h.post("p1/slips", `{"kind":"`+kind+`"}`, kind)
			h.post("p1/slips", `{"kind":"`+kind+`"}`, kind)
		}
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"test", "pages", "summary", "closing"}, h.out())
		assert.Empty(t, h.book.View().Hall.Tickets())
		// The rows on which this printer's letters read right, and only these.
		text := p.Papers()[1].Text
		assert.Contains(t, text, " 30  "+sample)
		assert.Contains(t, text, " 31  "+strings.ToUpper(sample))
		assert.Equal(t, 1, strings.Count(text, sample))
		assert.Equal(t, "A001", h.take().Number)
		for _, bad := range []string{`{"kind":"changed"}`, `{"kind":""}`, `{}`} {
			assert.Equal(t, http.StatusUnprocessableEntity, h.ask(http.MethodPost, "/api/v1/printers/p1/slips", bad, "").Code)
		}
		assert.Equal(t, http.StatusUnprocessableEntity, h.ask(http.MethodPost, "/api/v1/printers/p9/slips", `{"kind":"test"}`, "").Code)
	})
}
