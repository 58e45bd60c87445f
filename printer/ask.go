package printer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// Heard is what a printer has said that no hall uses yet: to whoever installs it.
type Heard struct {
	Answers    bool   // real-time questions: it is a printer
	InTurn     bool   // it says when all is printed
	Name       string // what it calls itself; "" for nothing
	Conditions device.Conditions

	stopped bool // by one of them
}

// probe asks a printer that has no driver.
type probe struct {
	wire   device.Wire
	parser escpos.Parser
	baud   int
}

// Ask finds out whether there is a printer at the other end, and which. What it
// sends prints nothing: real-time questions first, the rest only after an answer
// or where the port itself knows that it is a printer.
func Ask(ctx context.Context, wire device.Wire) (Heard, error) {
	p := &probe{wire: wire}
	if b, ok := wire.(device.Bauder); ok {
		p.baud = b.Baud()
	}
	h := Heard{Name: portName(wire)}
	faults, answers, err := p.state(ctx)
	if h.Answers = answers; err != nil {
		return h, err
	}
	h.Conditions, h.stopped = conditionsOf(faults), faults.Stops()
	if !h.Answers || h.stopped {
		return h, nil // one that has stopped answers nothing in its turn
	}
	r, ok, err := p.ask(ctx, slices.Concat(escpos.Reset, escpos.AskDone), 2*time.Second, escpos.Done)
	if h.InTurn = ok && len(r) > 0; err != nil || !h.InTurn {
		return h, err
	}
	if r, _, err = p.ask(ctx, slices.Concat(escpos.AskMake, escpos.AskType), 2*time.Second, escpos.Block, escpos.Block); err != nil {
		return h, err
	}
	if h.Name == "" {
		var names []string
		for _, x := range r {
			if x.Byte == '_' {
				names = append(names, x.Text)
			}
		}
		h.Name = shown(strings.Join(names, " "))
	}
	return h, nil
}

// state asks what is wrong with the printer, by real-time questions.
func (p *probe) state(ctx context.Context) (faults escpos.Fault, answers bool, err error) {
	for _, q := range []struct {
		ask  []byte
		read func(byte) escpos.Fault
	}{
		{escpos.AskPrinter, escpos.PrinterFaults}, {escpos.AskOffline, escpos.OfflineFaults},
		{escpos.AskError, escpos.ErrorFaults}, {escpos.AskPaper, escpos.PaperFaults},
	} {
		r, ok, err := p.ask(ctx, q.ask, time.Second, escpos.RealTime)
		if !ok || err != nil {
			return faults, answers, err
		}
		answers = true
		faults |= q.read(r[0].Byte)
	}
	return faults, answers, nil
}

// ask sends a question and collects answers of the wanted kinds, in that order.
func (p *probe) ask(ctx context.Context, question []byte, most time.Duration, want ...escpos.ReplyKind) (got []escpos.Reply, all bool, err error) {
	if len(question) > 0 {
		if err := p.send(question); err != nil {
			return nil, false, err
		}
	}
	end := time.Now().Add(most + p.lineTime(len(question)))
	b := make([]byte, 256)
	for ctx.Err() == nil && time.Now().Before(end) {
		_ = p.wire.SetReadDeadline(end)
		n, err := p.wire.Read(b)
		for _, r := range p.parser.Feed(b[:n]) {
			if r.Kind == want[len(got)] {
				if got = append(got, r); len(got) == len(want) {
					return got, true, nil
				}
			}
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return got, false, err
		}
	}
	return got, false, ctx.Err()
}

func (p *probe) lineTime(n int) time.Duration {
	if p.baud <= 0 {
		return 0
	}
	return time.Duration(n) * 10 * time.Second / time.Duration(p.baud)
}

func (p *probe) send(b []byte) error {
	_ = p.wire.SetWriteDeadline(time.Now().Add(2*time.Second + 2*p.lineTime(len(b))))
	_, err := p.wire.Write(b)
	return err
}

// ErrNotSaid is the end of a trial of which the printer has not said that it was
// printed, though it says such things.
var ErrNotSaid = errors.New("the printer has not said that it is done")

// Stopped is the end of a trial on a printer that says what keeps it from printing.
type Stopped struct {
	Conditions device.Conditions
	Sent       bool // the slip was sent before it said so
}

func (e *Stopped) Error() string { return fmt.Sprintf("the printer has stopped: %v", e.Conditions) }

// Trial is a slip to try a printer with that no hall uses yet.
type Trial struct {
	Model Model
	Port  string
	Lang  string
	Pages bool // the calibration slip, not the test slip
}

// Try prints on a wire that nobody else has. Said: the printer has said that the
// slip is out; else it was only sent.
func Try(ctx context.Context, wire device.Wire, o Trial, words slip.Words) (said bool, err error) {
	m := o.Model
	doc := &centre.Document{Centre: centre.Centre{Name: centre.Text{"vi": "Xin Mời"}, TimeZone: "Asia/Ho_Chi_Minh"}}
	t := slip.Testing{Staff: slip.Staff{Centre: doc, Lang: o.Lang, Now: time.Now()}, Printer: o.Port, Link: "https://example.vn"}
	p := &probe{wire: wire}
	bps := 0
	if b, ok := wire.(device.Bauder); ok && b.Baud() > 0 {
		p.baud = b.Baud()
		bps = p.baud / 10
	}
	press, err := slip.NewPress()
	if err != nil {
		return false, err
	}
	way := wayOf("", m, bps)
	if way == centre.WayStored {
		way = centre.WayHybrid // nothing is stored for a trial
	}
	t.Model, t.Way = m.Title, way
	var pieces [][]byte
	var high int
	if o.Pages {
		pieces, high, err = pagesJob(press, m, slip.Calibration(t.Staff, t.Printer, sample, words), pieceSize(bps))
	} else {
		paper := slip.Paper{Dots: m.Dots, Coarse: bps > 0 && bps < slowLine}
		pieces, high, err = Set(way, slip.Test(t, words), press, m, paper, pieceSize(bps))
	}
	if err != nil {
		return false, err
	}
	h, err := Ask(ctx, wire)
	switch {
	case err != nil:
		return false, err
	case h.stopped: // it would come out later, when nobody looks for it
		return false, &Stopped{Conditions: h.Conditions}
	}
	for _, b := range pieces {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		switch err := p.send(b); {
		case errors.Is(err, os.ErrDeadlineExceeded): // no question would get through either
			return false, &Stopped{Conditions: device.Set(device.Stalled), Sent: true}
		case err != nil:
			return false, err
		}
	}
	need := time.Duration(high)*time.Second/time.Duration(m.Speed) + p.lineTime(len(slices.Concat(pieces...)))
	_, said, err = p.ask(ctx, nil, need+3*time.Second, escpos.Done) // the job ends with the question
	if err == nil && !said && h.Answers {
		var faults escpos.Fault
		if faults, _, err = p.state(ctx); faults.Stops() {
			return false, &Stopped{Conditions: conditionsOf(faults), Sent: true}
		}
	}
	switch {
	case err != nil:
		return false, err
	case h.InTurn && !said:
		return false, ErrNotSaid
	}
	return said, nil
}
