// Package printertest is a ticket printer without the metal: it reads what
// arrives on a wire as a printer would, puts it on paper that can be looked at,
// and answers. Unit tests, the demo and a technician's rehearsal use the same one.
//
// It does what printers are known to do, the unpleasant things too: real-time
// commands are obeyed on arrival, wherever they stand; everything else waits in
// a small buffer, which fills up and then lets the wire stall while there is no
// paper; a picture that was broken off swallows whatever comes next; an
// unplugged cable changes nothing inside; and paper that was not cut comes out
// with the next ticket.
//
// It keeps pictures in RAM and in NV memory (GS ( L), the former until ESC @ or
// the power ends it.
//
// What it does not do: page mode, pictures by GS 8 L, glyphs of the host. They
// are read over and leave no trace.
package printertest

import (
	"context"
	"errors"
	"image"
	"io"
	"sync"
	"time"

	"xinmoi/printer/escpos"
)

// Options of a printer. The zero value is an 80 mm printer that answers all.
type Options struct {
	Dots           int           // across; default 576
	BytesPerSecond int           // of the line; 0: no limit
	DotsPerSecond  int           // of the paper; 0: at once
	Buffer         int           // bytes; default 4096
	Pages          escpos.Pages  // where its Vietnamese letters are; default escpos.TCVN
	AnswersAfter   time.Duration // how long each answer takes; default: none
	Boot           time.Duration // how long it takes from power to reading; default: at once
	NoAuto         bool          // never tells its state by itself
	NoDone         bool          // does not know GS r
	NoGraphics     bool          // keeps no pictures and does not answer when asked for them
	RAM, NV        int           // bytes of kept pictures; default 12 KiB and 256 KiB
	Maker, Model   string        // default "XINMOI", "SIM-80"
	Serial         string        // default "0000001"
	OnChange       func()        // after every change that a person could see; must not call the printer
}

// Paper is a piece of paper that has come out.
type Paper struct {
	Image image.Image // black on white
	Text  string      // what text commands wrote; U+FFFD for a code without a letter
	Links []string    // what QR codes drawn by the printer say
	At    time.Time
	Torn  bool // not cut: the roll ended, or was taken out
}

// Printer is a simulated printer. Its methods may be called by many goroutines.
type Printer struct {
	o Options

	mu     sync.Mutex
	wake   *sync.Cond // buffer, faults or life changed
	buffer []byte     // received, not yet understood
	dec    escpos.Decoder
	ops    []escpos.Op // understood, not yet done
	sheet  *sheet
	papers []Paper

	graphics graphics

	roll             int // dots left; -1: no end
	out, cover       bool
	jam, jammed      bool // the cutter will stick; it has stuck
	hot, dead        bool // the head is too hot; an error that needs the power switch
	mute             bool
	wrongSide        bool
	auto             bool
	told             [4]byte
	left             int // bytes until the cable breaks; -1: none
	powered          int // bytes until the power goes; -1: none
	off              bool
	boots            time.Time // reads nothing before
	received         int
	asked            int         // of these in real-time questions
	answers          chan []byte // to the wire that is plugged in; nil: none
	changed, serving bool
}

// New makes a printer with paper in it.
func New(o Options) *Printer {
	if o.Dots == 0 {
		o.Dots = 576
	}
	if o.Buffer == 0 {
		o.Buffer = 4096
	}
	if o.Maker == "" {
		o.Maker, o.Model = "XINMOI", "SIM-80"
	}
	if o.Pages == (escpos.Pages{}) {
		o.Pages = escpos.TCVN
	}
	if o.Serial == "" {
		o.Serial = "0000001"
	}
	if o.RAM == 0 {
		o.RAM = 12 << 10
	}
	if o.NV == 0 {
		o.NV = 256 << 10
	}
	p := &Printer{o: o, roll: -1, left: -1, powered: -1, sheet: newSheet(o.Dots, o.Pages), graphics: newGraphics(o.RAM, o.NV)}
	p.wake = sync.NewCond(&p.mu)
	return p
}

// Print puts a whole job on the paper of a new printer at once, without a wire,
// and returns what comes out.
func Print(o Options, job []byte) []Paper {
	p := New(o)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, op := range p.dec.Feed(job) {
		p.do(op)
	}
	return p.papers
}

// ErrBroken is the end of a life whose cable broke by BreakAfter.
var ErrBroken = errors.New("printertest: the cable broke")

// ErrBusy refuses a second cable.
var ErrBusy = errors.New("printertest: a cable is plugged in already")

// Serve plugs a cable in, until ctx ends or the cable breaks; then it closes the
// wire. What the printer has received it prints all the same.
func (p *Printer) Serve(ctx context.Context, wire io.ReadWriteCloser) error {
	p.mu.Lock()
	if p.serving {
		p.mu.Unlock()
		return ErrBusy
	}
	p.serving = true
	answers := make(chan []byte, 256)
	p.answers = answers
	p.mu.Unlock()

	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() {
		wire.Close()
		p.mu.Lock()
		p.wake.Broadcast()
		p.mu.Unlock()
	})
	var wg sync.WaitGroup
	wg.Go(func() { p.answer(ctx, wire, answers) })
	wg.Go(func() { p.work(ctx) })
	err := p.receive(ctx, wire)

	p.mu.Lock()
	p.answers, p.serving = nil, false
	p.mu.Unlock()
	cancel()
	stop()
	wire.Close()
	wg.Wait()
	p.change(func() {})
	return err
}

// receive takes bytes off the wire.
func (p *Printer) receive(ctx context.Context, wire io.Reader) error {
	var real realTime
	b := make([]byte, 256)
	for ctx.Err() == nil {
		n, err := wire.Read(b)
		if p.o.BytesPerSecond > 0 {
			pause(ctx, time.Duration(n)*time.Second/time.Duration(p.o.BytesPerSecond))
		}
		if broke := p.take(ctx, b[:n], &real); broke {
			return ErrBroken
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

// take puts bytes into the buffer, waiting for room, and obeys the real-time
// commands among them at once.
func (p *Printer) take(ctx context.Context, b []byte, real *realTime) (broke bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range b {
		if p.left == 0 {
			break
		}
		if p.left > 0 {
			p.left--
		}
		for len(p.buffer) >= p.o.Buffer && ctx.Err() == nil {
			p.wake.Wait()
		}
		p.received++
		if p.powered == 0 {
			p.power(false)
		}
		p.powered = max(-1, p.powered-1)
		if p.off || time.Now().Before(p.boots) {
			continue
		}
		p.buffer = append(p.buffer, c)
		if cmd, ok := real.step(c); ok {
			p.obey(cmd)
		}
		p.wake.Broadcast()
	}
	if p.left == 0 {
		p.left = -1
		return true
	}
	return false
}

// work does what the buffer says, as long as the printer is able to.
func (p *Printer) work(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for p.halted() || len(p.ops) == 0 && len(p.buffer) == 0 {
			if ctx.Err() != nil {
				return
			}
			p.wake.Wait()
		}
		if len(p.ops) == 0 && len(p.graphics.told) > 0 && p.goOn(p.buffer[0]) {
			p.buffer = p.buffer[1:]
			p.wake.Broadcast()
			continue
		}
		if len(p.ops) == 0 {
			n := min(len(p.buffer), 64)
			p.ops = p.dec.Feed(p.buffer[:n])
			p.buffer = p.buffer[n:]
			p.wake.Broadcast()
			continue
		}
		op := p.ops[0]
		p.ops = p.ops[1:]
		before := p.sheet.high()
		p.do(op)
		if dots := p.sheet.high() - before; dots > 0 && p.o.DotsPerSecond > 0 && ctx.Err() == nil {
			p.mu.Unlock()
			pause(ctx, time.Duration(dots)*time.Second/time.Duration(p.o.DotsPerSecond))
			p.mu.Lock()
		}
		if p.changed {
			p.changed = false
			p.mu.Unlock()
			p.tell()
			p.mu.Lock()
		}
	}
}

// answer writes to the host what the printer has to say. It has its own
// goroutine so that a host that does not read cannot stop the printing.
func (p *Printer) answer(ctx context.Context, wire io.Writer, answers <-chan []byte) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-answers:
			pause(ctx, p.o.AnswersAfter)
			if _, err := wire.Write(b); err != nil {
				return
			}
		}
	}
}

// say sends an answer, unless nobody is there or the printer is mute.
func (p *Printer) say(b ...byte) {
	if p.mute || p.answers == nil {
		return
	}
	select {
	case p.answers <- b:
	default: // the host does not read; a printer has no memory for it either
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (p *Printer) tell() {
	if p.o.OnChange != nil {
		p.o.OnChange()
	}
}
