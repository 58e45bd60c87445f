package escpos

// Op is one command as a printer understands it.
type Op struct {
	Kind OpKind
	N    int    // the number of it: dots, lines, a mode, a position
	M    int    // a second number: the feed before a cut, the height of a size
	Data []byte // text, one row of a picture, the text of a QR code, an unknown command
}

// OpKind is a kind of command.
type OpKind uint8

// The commands that tickets are made of. Others are read over whole and given
// out as OpOther.
const (
	OpText     OpKind = iota // Data, in the code page in force
	OpLine                   // end of line
	OpFeed                   // N dots
	OpLines                  // N lines
	OpSpacing                // N dots a line; -1 the plain spacing
	OpReset                  // ESC @
	OpAt                     // N dots from the left
	OpMargin                 // N dots
	OpAlign                  // N: 0 left, 1 centre, 2 right
	OpSize                   // N wide, M high, from 1
	OpBold                   // N: 0, 1
	OpCodePage               // N
	OpInverse                // N: 0, 1
	OpPicture                // begins: N bytes wide, M rows; Data holds the mode
	OpRow                    // one row of it
	OpQRSize                 // N dots a module
	OpQRLevel                // N: '0' to '3'
	OpQRText                 // Data
	OpQRPrint                //
	OpCut                    // N: 0 full, 1 partial; M: dots fed to the cutter first, -1 no feed
	OpAuto                   // N: mask of the status to be sent by itself
	OpAsk                    // GS r: N
	OpIdentify               // GS I: N
	OpKeys                   // which pictures are kept; N: the place
	OpForget                 // one of them; N: the place, Data: its key
	OpDefine                 // N: the place; M: dots wide; Data: key, 6 bytes of the header, rows
	OpKept                   // print one; N: the place, Data: its key
	OpRealTime               // N: 4, 5 or 14h; M: its number
	OpOther                  // Data
)

// Largest picture that a decoder takes for one; a header that says more is
// noise. Real printers have such limits too.
const (
	widestPicture  = 256  // bytes
	tallestPicture = 4095 // rows
	longestText    = 1024 // bytes of text before it is given out
)

// Decoder reads what a host sends, as a printer would. The zero value is ready.
// It keeps its place across breaks of the wire, as a printer does: in the midst
// of a picture everything that follows is picture until it is full.
type Decoder struct {
	cmd  []byte // command begun
	text []byte

	rowLen, rows int // of the picture being read; rows left
	row          []byte

	skip int // bytes of parameters still to be read over
	want int // bytes of parameters still to be kept in cmd
}

// InPicture reports whether a picture has begun and is not full.
func (d *Decoder) InPicture() bool { return d.rows > 0 }

// Feed takes the next bytes. The last text of b is given out even when its line
// goes on.
func (d *Decoder) Feed(b []byte) []Op {
	var out []Op
	for _, c := range b {
		out = d.step(out, c)
	}
	return d.flushText(out)
}

func (d *Decoder) step(out []Op, c byte) []Op {
	switch {
	case d.rows > 0:
		return d.picture(out, c)
	case d.skip > 0:
		d.skip--
		return out
	case d.want > 0:
		d.cmd = append(d.cmd, c)
		if d.want--; d.want == 0 {
			return d.finish(out)
		}
		return out
	case len(d.cmd) > 0:
		d.cmd = append(d.cmd, c)
		return d.command(out)
	}
	return d.plain(out, c)
}

func (d *Decoder) picture(out []Op, c byte) []Op {
	d.row = append(d.row, c)
	if len(d.row) == d.rowLen {
		out = append(out, Op{Kind: OpRow, Data: d.row})
		d.row = make([]byte, 0, d.rowLen)
		d.rows--
	}
	return out
}

// plain takes a byte outside any command.
func (d *Decoder) plain(out []Op, c byte) []Op {
	switch c {
	case esc, gs, fs, dle:
		out = d.flushText(out)
		d.cmd = append(d.cmd[:0], c)
	case lf:
		out = append(d.flushText(out), Op{Kind: OpLine})
	default:
		if c < ' ' { // printers print nothing for what they do not know
			return out
		}
		if d.text = append(d.text, c); len(d.text) >= longestText {
			out = d.flushText(out)
		}
	}
	return out
}

func (d *Decoder) flushText(out []Op) []Op {
	if len(d.text) == 0 {
		return out
	}
	out = append(out, Op{Kind: OpText, Data: d.text})
	d.text = nil
	return out
}

// command looks at a command begun: whether it is whole, how much is missing,
// or that it is none.
func (d *Decoder) command(out []Op) []Op {
	n, more := d.length()
	switch {
	case more:
		return out
	case n < 0: // unknown: a printer drops the introducer and its letter
		d.cmd = d.cmd[:0]
		return append(out, Op{Kind: OpOther, Data: nil})
	case n > len(d.cmd):
		d.want = n - len(d.cmd)
		return out
	}
	return d.finish(out)
}

// finish turns the whole command into what it means.
func (d *Decoder) finish(out []Op) []Op {
	cmd := d.cmd
	d.cmd = nil
	return d.meaning(out, cmd)
}
