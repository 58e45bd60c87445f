package printertest

import (
	"time"

	"xinmoi/printer/escpos"
)

// realTime finds real-time commands in a stream, wherever they stand.
type realTime struct{ held []byte }

// step takes a byte and gives out a whole command.
func (r *realTime) step(c byte) ([]byte, bool) {
	switch len(r.held) {
	case 0:
		if c == 0x10 {
			r.held = append(r.held, c)
		}
		return nil, false
	case 1:
		switch c {
		case 0x04, 0x05, 0x14:
			r.held = append(r.held, c)
		case 0x10:
		default:
			r.held = nil
		}
		return nil, false
	}
	cmd := append(r.held, c)
	r.held = nil
	return cmd, true
}

// obey does a real-time command.
func (p *Printer) obey(cmd []byte) {
	switch {
	case cmd[1] == 0x04 && cmd[2] >= 1 && cmd[2] <= 4:
		p.asked += len(cmd)
		p.say(p.realTimeStatus(cmd[2]))
	case cmd[1] == 0x05 && cmd[2] == 2, cmd[1] == 0x14 && cmd[2] == 8:
		p.forget()
	}
}

// do does one command in its turn.
func (p *Printer) do(op escpos.Op) {
	s := p.sheet
	switch op.Kind {
	case escpos.OpReset:
		s.reset()
		p.graphics.clear(escpos.RAM)
	case escpos.OpText:
		s.text(op.Data)
	case escpos.OpLine:
		p.feed(s.endLine())
	case escpos.OpFeed:
		p.feed(op.N)
	case escpos.OpLines:
		p.feed(s.endLine() + max(0, op.N-1)*s.lineHeight())
	case escpos.OpSpacing:
		s.spacing = op.N
	case escpos.OpAt:
		s.x = op.N
	case escpos.OpAlign:
		s.align = op.N
	case escpos.OpSize:
		s.wide, s.tall = op.N, op.M
	case escpos.OpBold:
		s.bold = op.N == 1
	case escpos.OpInverse:
		s.inverse = op.N == 1
	case escpos.OpCodePage:
		s.codePage = byte(op.N)
	case escpos.OpPicture:
		s.rows = op.M
		s.scaleX, s.scaleY = 1+int(op.Data[0]&1), 1+int(op.Data[0]>>1&1)
	case escpos.OpRow:
		for range s.scaleY {
			if p.roll != 0 {
				s.row(op.Data)
				p.feed(1)
			}
		}
		if s.rows--; s.rows == 0 {
			s.x = 0
		}
	case escpos.OpQRSize:
		s.module = op.N
	case escpos.OpQRText:
		s.link = string(op.Data)
	case escpos.OpQRPrint:
		p.feed(s.qr())
	case escpos.OpCut:
		p.cut(max(0, op.M))
	case escpos.OpAuto:
		p.auto = op.N != 0 && !p.o.NoAuto
		p.tellState(true)
	case escpos.OpAsk:
		p.done(op.N)
	case escpos.OpIdentify:
		p.identify(op.N)
	case escpos.OpKeys:
		p.tellKeys(escpos.Place(op.N))
	case escpos.OpKept:
		p.printKept(op)
	case escpos.OpDefine, escpos.OpForget:
		switch {
		case p.o.NoGraphics:
		case op.Kind == escpos.OpDefine:
			p.graphics.define(op)
		default:
			p.graphics.forget(op)
		}
	}
}

// feed moves the paper, as far as there is some.
func (p *Printer) feed(dots int) {
	if p.roll >= 0 {
		dots = min(dots, p.roll)
		low := p.low()
		p.roll -= dots
		p.out = p.roll == 0
		if p.out || p.low() != low {
			p.tellState(false)
		}
	}
	p.sheet.feed(dots)
}

func (p *Printer) cut(feed int) {
	if p.jam {
		p.jammed = true
		p.tellState(false)
		return
	}
	p.feed(feed)
	p.finish(false)
}

// finish lets the piece of paper fall.
func (p *Printer) finish(torn bool) {
	if p.sheet.high() == 0 {
		return
	}
	paper := p.sheet.paper()
	paper.At, paper.Torn = time.Now(), torn
	if p.wrongSide {
		p.sheet.page.bits = make([]byte, len(p.sheet.page.bits))
		page := p.sheet.page
		paper.Image, paper.Text, paper.Links = &page, "", nil
	}
	p.papers = append(p.papers, paper)
	p.sheet.clear()
	p.changed = true
}

// done answers GS r.
func (p *Printer) done(n int) {
	if p.o.NoDone || n != 1 && n != '1' {
		return
	}
	b := byte(0)
	if p.low() {
		b = 0x03
	}
	p.say(b)
}

// identify answers GS I: numbers 1 to 3 with a byte, letters with a block.
func (p *Printer) identify(n int) {
	switch n {
	case 1, 2, 3, '1', '2', '3':
		p.say(0x02)
	case 'A':
		p.block("1.00")
	case 'B':
		p.block(p.o.Maker)
	case 'C':
		p.block(p.o.Model)
	case 'D':
		p.block(p.o.Serial)
	}
}

func (p *Printer) block(s string) { p.say(append(append([]byte{'_'}, s...), 0)...) }
