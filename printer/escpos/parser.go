package escpos

// ReplyKind is a kind of answer.
type ReplyKind uint8

// The kinds that share one line from the printer to the host. Fixed bits tell
// them apart, so that an answer which comes late is never taken for another.
const (
	RealTime ReplyKind = iota // to one of the four real-time questions; which one, the asker knows
	Auto                      // status sent by itself
	Done                      // to AskDone: all before it is printed
	Block                     // a header, text, a zero
	Flow                      // XON or XOFF, where the driver of the line lets it through
	Noise                     // nothing that a printer says
)

// Reply is one answer.
type Reply struct {
	Kind ReplyKind
	Byte byte    // RealTime, Done, Flow, Noise; the header of a Block
	Auto [4]byte // of Auto
	Text string  // of Block
}

// longestBlock bounds a block: forty keys of kept pictures. Names of makers and
// serial numbers are shorter.
const longestBlock = 83

// Parser splits what a printer sends into answers. The zero value is ready.
type Parser struct {
	held []byte // a block or a status begun
}

// Feed takes the next bytes.
func (p *Parser) Feed(b []byte) []Reply {
	var out []Reply
	for _, c := range b {
		out = p.step(out, c)
	}
	return out
}

func (p *Parser) step(out []Reply, c byte) []Reply {
	if len(p.held) == 0 {
		return p.begin(out, c)
	}
	p.held = append(p.held, c)
	if p.held[0]&0x93 == 0x10 { // status sent by itself: 3 bytes with bits 4 and 7 clear follow
		if c&0x90 != 0 {
			return p.giveUp(out)
		}
		if len(p.held) == 4 {
			out = append(out, Reply{Kind: Auto, Auto: [4]byte(p.held)})
			p.held = p.held[:0]
		}
		return out
	}
	switch {
	case c == nul:
		out = append(out, Reply{Kind: Block, Byte: p.held[0], Text: string(p.held[1 : len(p.held)-1])})
		p.held = p.held[:0]
	case len(p.held) > longestBlock:
		return p.giveUp(out)
	}
	return out
}

// begin takes the first byte of an answer.
func (p *Parser) begin(out []Reply, c byte) []Reply {
	switch {
	case c == 0x11 || c == 0x13:
		return append(out, Reply{Kind: Flow, Byte: c})
	case c == 0x5F || c == 0x35 || c == 0x37 || c == 0x3B || c == 0x3D:
		p.held = append(p.held, c)
		return out
	case c&0x93 == 0x12:
		return append(out, Reply{Kind: RealTime, Byte: c})
	case c&0x93 == 0x10:
		p.held = append(p.held, c)
		return out
	case c&0x90 == 0:
		return append(out, Reply{Kind: Done, Byte: c})
	}
	return append(out, Reply{Kind: Noise, Byte: c})
}

// Break says that nothing came for a while: what was begun is no answer. Else a
// stray byte that looks like the head of a block would swallow the next answers.
func (p *Parser) Break() (out []Reply) {
	for len(p.held) > 0 {
		out = append(out, p.giveUp(nil)...)
	}
	return out
}

// giveUp calls the first byte held noise and reads the others again. It ends,
// since each round is one byte shorter.
func (p *Parser) giveUp(out []Reply) []Reply {
	held := p.held
	p.held = nil
	out = append(out, Reply{Kind: Noise, Byte: held[0]})
	return append(out, p.Feed(held[1:])...)
}
