package printer

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/printertest"
	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// verdicts says what each piece of paper is.
func (h *hall) verdicts(p *printertest.Printer, t *queue.Ticket) (all []string) {
	for _, paper := range p.Papers() {
		all = append(all, h.looks(paper, t, 576))
	}
	return all
}

// onceOrTwice is the promise: whole once, or marked once, or both in this order;
// parts may lie about.
func onceOrTwice(t testing.TB, verdicts []string, at int) {
	t.Helper()
	whole, marked := 0, 0
	for _, v := range verdicts {
		switch v {
		case "whole":
			whole++
			require.Zero(t, marked, "break at %d: %v", at, verdicts)
		case "marked":
			marked++
		}
	}
	require.LessOrEqual(t, whole, 1, "break at %d: %v", at, verdicts)
	require.LessOrEqual(t, marked, 1, "break at %d: %v", at, verdicts)
	require.Positive(t, whole+marked, "break at %d: %v", at, verdicts)
}

func TestPaperOutAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		p.SetPaper(false)
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(5 * time.Second)
		assert.Equal(t, device.Set(device.MediaEmpty), h.conditions("p1"))
		early := h.take()
		time.Sleep(60 * time.Second)
		late := h.take()
		time.Sleep(35 * time.Second) // early is 95 s old now
		assert.Empty(t, p.Papers())
		p.SetPaper(true)
		time.Sleep(12 * time.Second)
		require.Len(t, p.Papers(), 2)
		assert.Equal(t, "whole", h.looks(p.Papers()[1], late, 576))
		assert.Empty(t, h.conditions("p1"))
		assert.Equal(t, []string{
			"dropped " + early.Number + ": stale",
			"started a slip at p1", "printed a slip at p1", // which says that the paper lies right
			"started " + late.Number + " at p1", "printed " + late.Number + " at p1",
		}, h.notes())
	})
}

// The roll ends in the midst of a ticket: the half is not the end of it.
func TestRollEndsWithinATicket(t *testing.T) {
	for _, o := range []printertest.Options{{}, {NoAuto: true}, {Buffer: 500}, {Buffer: 500, NoAuto: true}, {NoAuto: true, NoDone: true}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			p := printertest.New(o)
			l := h.plug("p1", p, nil)
			defer l.stop()
			time.Sleep(4 * time.Second)
			p.SetRoll(300)
			ticket := h.take()
			time.Sleep(20 * time.Second)
			if !h.conditions("p1").Has(device.Stalled) { // too full to be asked
				assert.Contains(t, h.conditions("p1"), device.MediaEmpty, "%+v", o)
			}
			p.SetPaper(true)
			time.Sleep(40 * time.Second)
			verdicts := h.verdicts(p, ticket)
			onceOrTwice(t, verdicts, 0)
			assert.Equal(t, "marked", verdicts[len(verdicts)-1], "%+v %v %v", o, verdicts, h.notes())
		})
	}
}

// A printer too full to be asked that prints slowly takes bytes again little by
// little when the paper is back. What lies in two halves is not printed.
func TestRollEndsInASlowPrinter(t *testing.T) {
	for _, dots := range []int{60, 120, 250} {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t)
			defer h.stop()
			p := printertest.New(printertest.Options{Buffer: 500, NoAuto: true, DotsPerSecond: dots})
			l := h.plug("p1", p, nil)
			defer l.stop()
			time.Sleep(4 * time.Second)
			p.SetRoll(300)
			ticket := h.take()
			time.Sleep(20 * time.Second)
			p.SetPaper(true)
			time.Sleep(2 * time.Minute)
			verdicts := h.verdicts(p, ticket)
			onceOrTwice(t, verdicts, 0)
			assert.Equal(t, "marked", verdicts[len(verdicts)-1], "%d dots a second: %v %v", dots, verdicts, h.notes())
		})
	}
}

// A printer that never answers prints all the same, and nobody claims more than
// that it was sent.
func TestMutePrinter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		p.SetMute(true)
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(10 * time.Second)
		assert.Equal(t, device.Set(device.Mute), h.conditions("p1"))
		ticket := h.take()
		time.Sleep(10 * time.Second)
		assert.Equal(t, []string{"whole"}, h.verdicts(p, ticket))
		assert.Equal(t, []string{"started A001 at p1", "sent A001 at p1"}, h.notes())
	})
}

// A cable that breaks while a mute printer may still be printing means a marked
// reprint.
func TestMutePrinterBreaksWithinThePrintingTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		p.SetMute(true)
		l := h.plug("p1", p, nil)
		time.Sleep(10 * time.Second)
		ticket := h.take()
		time.Sleep(100 * time.Millisecond)
		l.stop()
		l = h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(20 * time.Second)
		verdicts := h.verdicts(p, ticket)
		assert.Equal(t, "whole", verdicts[0])
		assert.Equal(t, "marked", verdicts[len(verdicts)-1])
		assert.Equal(t, "sent A001 at p1 marked", h.notes()[len(h.notes())-1])
	})
}

// Nonsense from the printer is a condition; tickets come out, and are "sent".
func TestPrinterSpeaksNonsense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		p := printertest.New(printertest.Options{})
		l := h.plug("p1", p, nil)
		defer l.stop()
		time.Sleep(4 * time.Second)
		for i := range 400 {
			p.Say(byte(i*71+i/7), byte(i*13)|0x80, 0xFF)
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		assert.Contains(t, h.conditions("p1"), device.BadReplies)
		ticket := h.take()
		time.Sleep(30 * time.Second)
		verdicts := h.verdicts(p, ticket)
		require.NotEmpty(t, verdicts, "%v %v", h.notes(), h.conditions("p1"))
		assert.Contains(t, []string{"whole", "marked"}, verdicts[len(verdicts)-1])
		assert.Contains(t, h.notes()[len(h.notes())-1], "sent")
	})
}

// deaf is a wire that takes nothing.
type deaf struct{ net.Conn }

func TestPrinterThatNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		defer h.stop()
		a, b := net.Pipe() // nobody reads b
		defer b.Close()
		d := h.room.Printer(mustPrinter(h, "p1"))
		end := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { end <- d.Serve(ctx, deaf{a}) }()
		time.Sleep(6 * time.Second)
		assert.Equal(t, device.Set(device.Stalled), h.conditions("p1"))
		h.take()
		time.Sleep(5 * time.Second)
		select {
		case err := <-end:
			t.Fatalf("gave up at once: %v", err)
		default:
		}
		assert.ErrorIs(t, <-end, errStalled)
		cancel()
	})
}
