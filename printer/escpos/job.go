package escpos

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	hennedo "github.com/hennedo/escpos"
)

// Cut is a way of cutting the paper.
type Cut string

// The ways that printers know. Most know the first.
const (
	CutPartialFeed Cut = "partial-feed" // GS V 66 0: feed to the cutter, leave a hinge
	CutFullFeed    Cut = "full-feed"    // GS V 65 0: feed to the cutter, cut through
	CutPartial     Cut = "partial"      // GS V 1, where the printer does not feed by itself
	CutOldPartial  Cut = "old-partial"  // ESC m
	CutOldFull     Cut = "old-full"     // ESC i
	CutNone        Cut = "none"         // tear-off edge: only feed
)

// Setup is what a Job must know of the printer.
type Setup struct {
	Dots   int  // printable dots across, 576 or 384
	Band   int  // most bytes of one band; 0 or more than MaxBandBytes: MaxBandBytes
	Padded bool // it ignores ESC $: bands begin at the left edge
	Motion byte // GS P in x and y, for printers whose feed unit is not the dot; 0: not sent
	Cut    Cut
	Pages  Pages // for Line
	// Lasting jobs begin without ESC @, which would clear the RAM of kept
	// pictures; they tell every setting that they need.
	Lasting bool
	// FeedBeforeCut is how many dots lie between head and cutter, for the cuts
	// that do not feed by themselves.
	FeedBeforeCut int
	// Present is what makes a presenter hand the paper out, after the cut.
	Present []byte
}

// Job collects the commands of one piece of paper. The first thing it was asked
// that no printer could do is the error of Bytes; what follows has no effect.
type Job struct {
	setup    Setup
	buf      bytes.Buffer
	lib      *hennedo.Escpos
	size     int    // bytes so far
	ends     []int  // after each command
	pictures []span // where picture data stands, for the scrub
	feed     int    // dots not fed yet
	now      style
	err      error
}

type span struct{ from, to int }

// Errors of a job.
var (
	ErrCollision = errors.New("escpos: text holds a real-time command")
	ErrTooWide   = errors.New("escpos: picture wider than the paper")
	ErrQR        = errors.New("escpos: text does not fit into a QR code")
)

// NewJob begins a job.
func NewJob(s Setup) *Job {
	if s.Band <= 0 || s.Band > MaxBandBytes {
		s.Band = MaxBandBytes
	}
	if s.Cut == "" {
		s.Cut = CutPartialFeed
	}
	j := &Job{setup: s}
	j.lib = hennedo.New(&j.buf)
	return j
}

// Begin resets the printer: style, alignment, and the two-byte characters that
// many printers from China boot into.
func (j *Job) Begin() {
	if j.now = (style{}); j.setup.Lasting {
		j.now = untold
	} else {
		j.call(j.lib.Initialize())
	}
	j.raw(fs, '.')
	if m := j.setup.Motion; m != 0 {
		j.raw(gs, 'P', m, m)
	}
}

// Picture prints img at x dots from the left edge. Each of its pixels becomes
// scale (1 or 2) dots in both directions; what is darker than half is black.
func (j *Job) Picture(img *image.Gray, x, scale int) {
	if j.err != nil {
		return
	}
	if scale == 2 && j.setup.Padded {
		img, scale = Double(img), 1
	}
	if x < 0 || scale < 1 || scale > 2 || x+img.Rect.Dx()*scale > j.setup.Dots {
		j.err = fmt.Errorf("%w: %d dots at %d on %d", ErrTooWide, img.Rect.Dx()*scale, x, j.setup.Dots)
		return
	}
	bits := pack(img)
	for _, b := range bits.bands(j.setup.Band) {
		if b.blank {
			j.Feed(b.rows * scale)
			continue
		}
		j.band(bits, b, x, scale)
	}
}

// band sends one band: its place, and its dots.
func (j *Job) band(bits bitmap, b band, x, scale int) {
	j.flushFeed()
	j.align(0)
	left, lead := b.left, 0
	if j.setup.Padded {
		left, lead = 0, x
	}
	if at := x + left*8*scale; at > 0 && !j.setup.Padded {
		j.raw(esc, '$', byte(at), byte(at>>8))
	}
	wide := (lead + (b.right-left)*8 + 7) / 8
	data := make([]byte, 0, wide*b.rows)
	for y := b.top; y < b.top+b.rows; y++ {
		data = appendShifted(data, bits.row(y)[left:b.right], lead, wide)
	}
	mode := byte(0)
	if scale == 2 {
		mode = 3
	}
	head := []byte{gs, 'v', '0', mode, byte(wide), byte(wide >> 8), byte(b.rows), byte(b.rows >> 8)}
	j.write(head)
	j.write(data)
	j.pictures = append(j.pictures, span{j.size - len(data), j.size})
	j.ends = append(j.ends, j.size)
}

// Feed moves the paper on by so many dots. Feeds in a row become one.
func (j *Job) Feed(dots int) { j.feed += dots }

func (j *Job) flushFeed() {
	for j.feed > 0 {
		n := min(j.feed, 255)
		j.raw(esc, 'J', byte(n))
		j.feed -= n
	}
}

// QR lets the printer draw a QR code itself, centred. Module is the side of one
// square in dots. Level L is told by no command: model 2 and that level are what
// a printer has after ESC @.
func (j *Job) QR(text string, module int, level byte) {
	n := len(text) + 3
	if text == "" || len(text) > 2331 || module < 1 || module > 16 || level < 'L' {
		j.fail(ErrQR) // 2331: bytes in the largest code at level M
		return
	}
	code, ok := map[byte]byte{'L': '0', 'M': '1', 'Q': '2', 'H': '3'}[level]
	if !ok {
		j.fail(ErrQR)
		return
	}
	j.flushFeed()
	j.align(1)
	if level != 'L' {
		j.raw(gs, '(', 'k', 4, 0, '1', 'A', '2', 0) // model 2
		j.raw(gs, '(', 'k', 3, 0, '1', 'E', code)   // error correction
	}
	j.raw(gs, '(', 'k', 3, 0, '1', 'C', byte(module))                   // size of a module
	j.write([]byte{gs, '(', 'k', byte(n), byte(n >> 8), '1', 'P', '0'}) // store
	j.write([]byte(text))
	j.ends = append(j.ends, j.size)
	j.raw(gs, '(', 'k', 3, 0, '1', 'Q', '0') // print
}

// Text prints bytes that are already in the printer's code page, in a size of
// 1 to 8 times the plain one, and ends the line.
func (j *Job) Text(line []byte, wide, high int) {
	if wide < 1 || wide > 8 || high < 1 || high > 8 {
		j.fail(fmt.Errorf("escpos: text size %d x %d", wide, high))
		return
	}
	j.flushFeed()
	j.align(0)
	j.now.size = byte((wide-1)<<4 | (high - 1))
	j.raw(gs, '!', j.now.size)
	j.write(line)
	j.write([]byte{lf})
	j.ends = append(j.ends, j.size)
}

// End cuts the paper and asks for the answer that comes when all before it has
// been printed.
func (j *Job) End() {
	j.cut()
	j.raw(AskDone...)
}

func (j *Job) cut() {
	if j.setup.Cut != CutPartialFeed && j.setup.Cut != CutFullFeed {
		j.Feed(j.setup.FeedBeforeCut)
	}
	j.flushFeed()
	switch j.setup.Cut {
	case CutPartialFeed:
		j.raw(gs, 'V', 'B', 0)
	case CutFullFeed:
		j.call(j.lib.Cut())
	case CutPartial:
		j.raw(gs, 'V', 1)
	case CutOldPartial:
		j.raw(esc, 'm')
	case CutOldFull:
		j.raw(esc, 'i')
	case CutNone:
	}
	if len(j.setup.Present) > 0 {
		j.raw(j.setup.Present...)
	}
}

// CutOff is what cuts off that which has come out of something broken off;
// nothing where the printer has no cutter.
func CutOff(s Setup) ([]byte, error) {
	if s.Cut == CutNone {
		return nil, nil
	}
	j := NewJob(s)
	j.cut()
	return j.Bytes()
}

// Bytes is the finished job.
func (j *Job) Bytes() ([]byte, error) {
	if j.err == nil {
		j.err = j.lib.Print() // into the buffer
	}
	if j.err != nil {
		return nil, j.err
	}
	out := bytes.Clone(j.buf.Bytes())
	scrub(out, j.pictures)
	if at := collision(out); at >= 0 {
		return nil, fmt.Errorf("%w at byte %d", ErrCollision, at)
	}
	return out, nil
}

// Pieces is the finished job in pieces of about size bytes, never less than one
// command. Only between two pieces may something else be sent.
func (j *Job) Pieces(size int) ([][]byte, error) {
	all, err := j.Bytes()
	if err != nil {
		return nil, err
	}
	var pieces [][]byte
	from, last := 0, 0
	for _, end := range j.ends {
		if end-from > size && last > from {
			pieces = append(pieces, all[from:last])
			from = last
		}
		last = end
	}
	if last > from {
		pieces = append(pieces, all[from:last])
	}
	return pieces, nil
}

// raw adds one whole command.
func (j *Job) raw(b ...byte) {
	j.write(b)
	j.ends = append(j.ends, j.size)
}

// write adds bytes of a command.
func (j *Job) write(b []byte) {
	if j.err != nil {
		return
	}
	n, err := j.lib.WriteRaw(b)
	j.size += n
	j.err = err
}

// call counts what a sound call of the library has written.
func (j *Job) call(n int, err error) {
	j.size += n
	j.ends = append(j.ends, j.size)
	j.fail(err)
}

func (j *Job) fail(err error) {
	if j.err == nil {
		j.err = err
	}
}
