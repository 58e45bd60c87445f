package printertest

import (
	"slices"
	"time"

	"xinmoi/printer/escpos"
)

// halted: a printer with a fault keeps what it has and does nothing.
func (p *Printer) halted() bool { return p.out || p.cover || p.jammed || p.hot || p.dead }

// status is what the printer would tell by itself.
func (p *Printer) status() [4]byte {
	s := [4]byte{0x10, 0, 0, 0x0F}
	if p.halted() {
		s[0] |= 0x08
	}
	if p.cover {
		s[0] |= 0x20
	}
	if p.jammed {
		s[1] |= 0x08
	}
	if p.dead {
		s[1] |= 0x20
	}
	if p.hot {
		s[1] |= 0x40
	}
	if p.out {
		s[2] |= 0x0F
	} else if p.low() {
		s[2] |= 0x03
	}
	return s
}

// nearEnd is where the sensor of the roll stands, in dots before its end.
const nearEnd = 4000

func (p *Printer) low() bool { return p.roll >= 0 && p.roll < nearEnd }

// realTime answers one of the four questions.
func (p *Printer) realTimeStatus(n byte) byte {
	b := byte(0x12)
	set := func(on bool, bit byte) {
		if on {
			b |= bit
		}
	}
	switch n {
	case 1:
		set(p.halted(), 0x08)
	case 2:
		set(p.cover, 0x04)
		set(p.out, 0x20)
		set(p.jammed || p.hot || p.dead, 0x40)
	case 3:
		set(p.jammed, 0x08)
		set(p.dead, 0x20)
		set(p.hot, 0x40)
	case 4:
		set(p.out, 0x60)
		set(p.out || p.low(), 0x0C)
	}
	return b
}

// tellState sends the state when it has changed and the host wants to know.
func (p *Printer) tellState(always bool) {
	s := p.status()
	if p.auto && !p.off && (always || s != p.told) {
		p.say(s[:]...)
	}
	p.told = s
}

// change does something to the printer from outside.
func (p *Printer) change(do func()) {
	p.mu.Lock()
	do()
	p.tellState(false)
	p.wake.Broadcast()
	p.mu.Unlock()
	p.tell()
}

// SetPaper puts a new endless roll in, or takes the paper out.
func (p *Printer) SetPaper(in bool) {
	p.change(func() {
		if in && p.out {
			p.finish(true)
		}
		p.out, p.roll = !in, -1
	})
}

// SetWrongSide turns the roll round: nothing shows on thermal paper that lies
// upside down, and the printer knows nothing of it.
func (p *Printer) SetWrongSide(on bool) { p.change(func() { p.wrongSide = on }) }

// SetRoll puts a roll with so many dots left in.
func (p *Printer) SetRoll(dots int) {
	p.change(func() {
		if p.out {
			p.finish(true)
		}
		p.out, p.roll = dots <= 0, dots
	})
}

// Paper reports whether there is paper in it.
func (p *Printer) Paper() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.out
}

// SetCover opens or closes the cover.
func (p *Printer) SetCover(open bool) { p.change(func() { p.cover = open }) }

// Cover reports whether the cover is open.
func (p *Printer) Cover() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cover
}

// SetCutterJam lets the next cut stick, or frees the cutter.
func (p *Printer) SetCutterJam(on bool) { p.change(func() { p.jam, p.jammed = on, p.jammed && on }) }

// SetHot heats the head over what it bears, or lets it cool down.
func (p *Printer) SetHot(on bool) { p.change(func() { p.hot = on }) }

// SetDead gives it an error that ends with its power only.
func (p *Printer) SetDead() { p.change(func() { p.dead = true }) }

// SetMute lets it answer nothing any more.
func (p *Printer) SetMute(on bool) { p.change(func() { p.mute = on }) }

// BreakAfter breaks the cable after so many more bytes.
func (p *Printer) BreakAfter(n int) { p.change(func() { p.left = n }) }

// CutPower forgets everything that is not on paper, and starts again.
func (p *Printer) CutPower() {
	p.SetPower(false)
	p.SetPower(true)
}

// SetPower switches it off or on. While it is off, what comes over the wire is
// lost; what is not on paper is forgotten.
func (p *Printer) SetPower(on bool) { p.change(func() { p.power(on) }) }

func (p *Printer) power(on bool) {
	p.off, p.boots = !on, time.Now().Add(p.o.Boot)
	p.forget()
	p.graphics.clear(escpos.RAM)
	p.auto, p.jammed, p.dead, p.hot = false, false, false, false
}

// PowerAfter switches it off after so many more bytes.
func (p *Printer) PowerAfter(n int) { p.change(func() { p.powered = n }) }

// forget clears the buffers.
func (p *Printer) forget() {
	p.buffer, p.ops, p.graphics.told = nil, nil, nil
	p.dec = escpos.Decoder{}
	p.sheet.reset()
}

// Say sends bytes to the host, as a printer gone mad would.
func (p *Printer) Say(b ...byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say(slices.Clone(b)...)
}

// Received counts the bytes that have arrived.
func (p *Printer) Received() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.received
}

// Work counts the bytes that have arrived and are no real-time question: how many
// of these there are depends on how long one looks.
func (p *Printer) Work() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.received - p.asked
}

// Papers lists the pieces that have come out, oldest first.
func (p *Printer) Papers() []Paper {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.papers)
}

// Hanging is the piece that has not been cut yet.
func (p *Printer) Hanging() Paper {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sheet.paper()
}
