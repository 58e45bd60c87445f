package escpos

// fixed is how many parameter bytes follow the two bytes of a command, where
// that is always the same. It holds what printers of many makers know, so that
// a decoder reads over what it does not care for.
var fixed = map[[2]byte]int{
	{esc, '@'}: 0, {esc, '!'}: 1, {esc, '$'}: 2, {esc, '\\'}: 2, {esc, '-'}: 1,
	{esc, '2'}: 0, {esc, '3'}: 1, {esc, 'E'}: 1, {esc, 'G'}: 1, {esc, 'M'}: 1,
	{esc, 'R'}: 1, {esc, 't'}: 1, {esc, 'T'}: 1, {esc, 'V'}: 1, {esc, 'J'}: 1,
	{esc, 'K'}: 1, {esc, 'd'}: 1, {esc, 'e'}: 1, {esc, 'a'}: 1, {esc, '{'}: 1,
	{esc, 'p'}: 3, {esc, 'c'}: 2, {esc, 'i'}: 0, {esc, 'm'}: 0, {esc, 'L'}: 0,
	{esc, 'S'}: 0, {esc, 'W'}: 8, {esc, '='}: 1, {esc, ' '}: 1, {esc, 'r'}: 1,
	{esc, '%'}: 1, {esc, '?'}: 1, {esc, 'B'}: 2, {esc, 'u'}: 1, {esc, 'v'}: 0,
	{esc, ff}: 0, {esc, 'U'}: 1, {esc, '<'}: 0,

	{gs, '!'}: 1, {gs, '$'}: 2, {gs, '\\'}: 2, {gs, 'a'}: 1, {gs, 'r'}: 1,
	{gs, 'I'}: 1, {gs, 'L'}: 2, {gs, 'W'}: 2, {gs, 'P'}: 2, {gs, 'B'}: 1,
	{gs, 'H'}: 1, {gs, 'h'}: 1, {gs, 'w'}: 1, {gs, 'f'}: 1, {gs, 'b'}: 1,
	{gs, 'E'}: 1, {gs, 'T'}: 1, {gs, '/'}: 1, {gs, ':'}: 0, {gs, '^'}: 3,
	{gs, 'z'}: 3, {gs, 'e'}: 1, {gs, 'g'}: 4, {gs, 'c'}: 0, {gs, 'j'}: 1,

	{fs, '.'}: 0, {fs, '&'}: 0, {fs, '!'}: 1, {fs, '-'}: 1, {fs, 'C'}: 1,
	{fs, 'S'}: 2, {fs, 'W'}: 1, {fs, 'p'}: 2, {fs, '2'}: 74, {fs, '?'}: 2,

	{dle, enq}: 1,
}

// length is how many bytes the command that begins with d.cmd has in all, as
// far as is known from them. More: the next byte must be seen. -1: no command.
func (d *Decoder) length() (n int, more bool) {
	c := d.cmd
	if len(c) < 2 {
		return 0, true
	}
	if n, ok := fixed[[2]byte{c[0], c[1]}]; ok {
		return 2 + n, false
	}
	need := func(n int) bool { return len(c) < n }
	switch [2]byte{c[0], c[1]} {
	case [2]byte{gs, 'V'}: // m, and for 65 and more the feed
		if need(3) {
			return 0, true
		}
		if c[2] == 0 || c[2] == 1 || c[2] == '0' || c[2] == '1' {
			return 3, false
		}
		return 4, false
	case [2]byte{gs, 'v'}:
		return 8, false
	case [2]byte{gs, '('}, [2]byte{fs, '('}:
		if need(5) {
			return 0, true
		}
		return 5 + int(c[3]) + int(c[4])<<8, false
	case [2]byte{gs, '8'}, [2]byte{gs, '*'}, [2]byte{gs, 'k'}, [2]byte{esc, '*'},
		[2]byte{esc, 'D'}, [2]byte{esc, '&'}, [2]byte{fs, 'q'}:
		return d.long()
	case [2]byte{dle, eot}:
		if need(3) {
			return 0, true
		}
		if c[2] == 7 || c[2] == 8 || c[2] == 18 {
			return 4, false
		}
		return 3, false
	case [2]byte{dle, dc4}:
		if need(3) {
			return 0, true
		}
		return 3 + map[byte]int{1: 2, 2: 2, 3: 5, 7: 1, 8: 7}[c[2]], false
	}
	return -1, false
}

// long is length for the commands with a body that is read over.
func (d *Decoder) long() (n int, more bool) {
	c := d.cmd
	at := func(i int) int { return int(c[i]) }
	switch [2]byte{c[0], c[1]} {
	case [2]byte{gs, '8'}:
		return 7, false // and what p1 to p4 say, skipped by meaning
	case [2]byte{gs, '*'}:
		return 4, false
	case [2]byte{gs, 'k'}: // bar code: up to a zero, or counted
		switch {
		case len(c) < 3 || (at(2) >= 65 && len(c) < 4):
			return 0, true
		case at(2) >= 65:
			return 4 + at(3), false
		}
		return len(c), c[len(c)-1] != nul && len(c) < 260
	case [2]byte{esc, '*'}:
		return 5, false
	case [2]byte{esc, 'D'}: // tabs, up to a zero
		return len(c), c[len(c)-1] != nul && len(c) < 35
	case [2]byte{esc, '&'}: // glyphs: y c1 c2 [x d(x*y)]…
		if len(c) < 5 {
			return 0, true
		}
		if at(2) == 0 || at(2) > 4 {
			return -1, false
		}
		n := 5
		for range max(0, at(4)-at(3)+1) {
			if len(c) <= n {
				return 0, true
			}
			n += 1 + at(n)*at(2)
		}
		return n, len(c) < n
	}
	return 3, false // FS q n; its pictures are not read: too rare on tickets
}

// meaning turns a whole command into an operation.
func (d *Decoder) meaning(out []Op, c []byte) []Op {
	at := func(i int) int { return int(c[i]) }
	word := func(i int) int { return int(c[i]) | int(c[i+1])<<8 }
	op := Op{Kind: OpOther, Data: c}
	switch [2]byte{c[0], c[1]} {
	case [2]byte{esc, '@'}:
		op = Op{Kind: OpReset}
	case [2]byte{esc, 'J'}:
		op = Op{Kind: OpFeed, N: at(2)}
	case [2]byte{esc, 'd'}:
		op = Op{Kind: OpLines, N: at(2)}
	case [2]byte{esc, '2'}:
		op = Op{Kind: OpSpacing, N: -1}
	case [2]byte{esc, '3'}:
		op = Op{Kind: OpSpacing, N: at(2)}
	case [2]byte{esc, '$'}:
		op = Op{Kind: OpAt, N: word(2)}
	case [2]byte{gs, 'L'}:
		op = Op{Kind: OpMargin, N: word(2)}
	case [2]byte{esc, 'a'}:
		op = Op{Kind: OpAlign, N: at(2) & 3}
	case [2]byte{gs, '!'}:
		op = Op{Kind: OpSize, N: at(2)>>4&7 + 1, M: at(2)&7 + 1}
	case [2]byte{esc, 'E'}, [2]byte{esc, 'G'}:
		op = Op{Kind: OpBold, N: at(2) & 1}
	case [2]byte{gs, 'B'}:
		op = Op{Kind: OpInverse, N: at(2) & 1}
	case [2]byte{esc, 't'}:
		op = Op{Kind: OpCodePage, N: at(2)}
	case [2]byte{esc, 'i'}:
		op = Op{Kind: OpCut, N: 0, M: -1}
	case [2]byte{esc, 'm'}:
		op = Op{Kind: OpCut, N: 1, M: -1}
	case [2]byte{gs, 'V'}:
		op = cut(c)
	case [2]byte{gs, 'a'}:
		op = Op{Kind: OpAuto, N: at(2)}
	case [2]byte{gs, 'r'}:
		op = Op{Kind: OpAsk, N: at(2)}
	case [2]byte{gs, 'I'}:
		op = Op{Kind: OpIdentify, N: at(2)}
	case [2]byte{gs, '('}:
		var ok bool
		if op, ok = kept(c); !ok {
			op = qr(c)
		}
	case [2]byte{gs, 'v'}:
		op = d.startPicture(c, word(4), word(6))
	case [2]byte{gs, '8'}:
		d.skip = min(word(3)|word(5)<<16, widestPicture*tallestPicture)
	case [2]byte{gs, '*'}:
		d.skip = at(2) * at(3) * 8
	case [2]byte{esc, '*'}:
		d.skip = word(3)
		if at(2) >= 32 {
			d.skip *= 3
		}
	case [2]byte{dle, eot}, [2]byte{dle, enq}, [2]byte{dle, dc4}:
		op = Op{Kind: OpRealTime, N: at(1), M: at(2)}
	}
	return append(out, op)
}

func cut(c []byte) Op {
	op := Op{Kind: OpCut, N: int(c[2]) & 1, M: -1}
	if len(c) == 4 {
		op.N = 1 - op.N // 65 is full, 66 partial
		op.M = int(c[3])
	}
	return op
}

// qr reads GS ( k of a two-dimensional code of kind 49.
func qr(c []byte) Op {
	if c[2] != 'k' || len(c) < 8 || c[5] != '1' {
		return Op{Kind: OpOther, Data: c}
	}
	switch c[6] {
	case 'C':
		return Op{Kind: OpQRSize, N: int(c[7])}
	case 'E':
		return Op{Kind: OpQRLevel, N: int(c[7])}
	case 'P':
		return Op{Kind: OpQRText, Data: c[8:]}
	case 'Q':
		return Op{Kind: OpQRPrint}
	}
	return Op{Kind: OpOther, Data: c}
}

func (d *Decoder) startPicture(c []byte, wide, high int) Op {
	if c[2] != '0' || wide == 0 || high == 0 || wide > widestPicture || high > tallestPicture {
		return Op{Kind: OpOther, Data: c}
	}
	d.rowLen, d.rows = wide, high
	d.row = make([]byte, 0, wide)
	return Op{Kind: OpPicture, N: wide, M: high, Data: []byte{c[3] & 3}}
}
