package printertest

import (
	"bytes"
	"slices"

	"xinmoi/printer/escpos"
)

// graphic is a picture that the printer keeps.
type graphic struct {
	wide, high, stride int
	bits               []byte
}

// graphics is what the printer keeps, by place and key.
type graphics struct {
	kept   [2]map[escpos.Key]graphic
	room   [2]int // bytes
	writes int    // to the NV memory
	told   [][]byte
}

func newGraphics(ram, nv int) graphics {
	g := graphics{room: [...]int{escpos.RAM: ram, escpos.NV: nv}}
	g.clear(escpos.RAM)
	g.clear(escpos.NV)
	return g
}

func (g *graphics) clear(p escpos.Place) { g.kept[p] = map[escpos.Key]graphic{} }

// free is how many bytes are left in a place.
func (g *graphics) free(p escpos.Place) int {
	n := g.room[p]
	for _, x := range g.kept[p] {
		n -= len(x.bits)
	}
	return n
}

// define does GS ( L 67 and 83. Without room it does nothing, as the real ones.
func (g *graphics) define(op escpos.Op) {
	p, key, d := escpos.Place(op.N), escpos.Key(op.Data[:2]), op.Data
	x := graphic{wide: op.M, high: int(d[5]) | int(d[6])<<8, stride: (op.M + 7) / 8, bits: d[8:]}
	if len(x.bits) != x.stride*x.high || len(x.bits) == 0 {
		return
	}
	if p == escpos.NV {
		g.writes++
	}
	delete(g.kept[p], key)
	if g.free(p) >= len(x.bits) {
		g.kept[p][key] = x
	}
}

func (g *graphics) forget(op escpos.Op) {
	p := escpos.Place(op.N)
	if p == escpos.NV {
		g.writes++
	}
	delete(g.kept[p], escpos.Key(op.Data))
}

// keys lists the keys of a place in their order.
func (g *graphics) keys(p escpos.Place) (all []escpos.Key) {
	for k := range g.kept[p] {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b escpos.Key) int { return bytes.Compare(a[:], b[:]) })
	return all
}

// tellKeys begins the answer to AskKeys; each block waits for its GoOn.
func (p *Printer) tellKeys(place escpos.Place) {
	if p.o.NoGraphics {
		return
	}
	p.graphics.told = escpos.KeyBlocks(place, p.graphics.keys(place))
	p.say(p.graphics.told[0]...)
}

// goOn takes the byte that answers a block: 06 the next one, 15 the same again,
// 18 no more. Any other byte ends the telling and is read as what it is.
func (p *Printer) goOn(c byte) (taken bool) {
	g := &p.graphics
	switch c {
	case 0x06:
		g.told = g.told[1:]
	case 0x15:
	case 0x18:
		g.told = nil
	default:
		g.told = nil
		return false
	}
	if len(g.told) > 0 {
		p.say(g.told[0]...)
	}
	return true
}

// printKept prints a kept picture and feeds as far as it is high.
func (p *Printer) printKept(op escpos.Op) {
	x, ok := p.graphics.kept[op.N][escpos.Key(op.Data)]
	if !ok {
		return
	}
	s := p.sheet
	at := s.start(x.wide)
	for y := range x.high {
		if p.roll == 0 {
			return
		}
		for i := range x.wide {
			if x.bits[y*x.stride+i/8]&(0x80>>(i%8)) != 0 {
				s.dot(at+i, 0)
			}
		}
		p.feed(1)
	}
	s.x = 0
}

// NVWrites counts how often the NV memory was written.
func (p *Printer) NVWrites() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.graphics.writes
}

// Kept counts the pictures that it keeps in a place.
func (p *Printer) Kept(place escpos.Place) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.graphics.kept[place])
}
