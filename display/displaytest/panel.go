package displaytest

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"time"
)

// Panel is a sign for the hall that is told its rows in ASCII and never answers:
// "$2A012 7\r" puts "A012 7" into the second row. There are many such panels,
// each with its own marks; this one stands for what a [[template]] describes.
// Without power it hears nothing, and is blank afterwards.
type Panel struct {
	byteTime time.Duration
	cells    int

	mu   sync.Mutex
	rows []string
	seen [][]string // what each row has shown, in order
	off  bool
}

// NewPanel makes a panel of so many rows and cells in each.
func NewPanel(rows, cells int) *Panel {
	p := &Panel{cells: cells, seen: make([][]string, rows)}
	p.blank(rows)
	return p
}

func (p *Panel) blank(rows int) {
	p.rows = make([]string, rows)
	for i := range p.rows {
		p.rows[i] = strings.Repeat(" ", p.cells)
	}
}

// SetBaud makes bytes take the time that they take on a line of that speed.
// Call it before Serve.
func (p *Panel) SetBaud(baud int) { p.byteTime = 10 * time.Second / time.Duration(baud) }

// SetPower switches the panel off, or on again, blank.
func (p *Panel) SetPower(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = !on
	p.blank(len(p.rows))
}

// Rows is what the panel shows.
func (p *Panel) Rows() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.rows...)
}

// Seen is what a row, counted from 1, has shown since the last question.
func (p *Panel) Seen(row int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.seen[row-1]
	p.seen[row-1] = nil
	return got
}

// Serve connects the panel to a host until the wire or ctx ends.
func (p *Panel) Serve(ctx context.Context, wire io.ReadWriteCloser) error {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer wire.Close()
	defer stop()
	var got []byte
	buf := make([]byte, 256)
	for {
		n, err := wire.Read(buf)
		time.Sleep(time.Duration(n) * p.byteTime)
		got = append(got, buf[:n]...)
		for {
			line, rest, ended := bytes.Cut(got, []byte("\r"))
			if !ended {
				break
			}
			p.hear(line)
			got = rest
		}
		if err != nil {
			return err
		}
	}
}

// hear takes one line; what is none of ours is ignored.
func (p *Panel) hear(line []byte) {
	i := bytes.LastIndexByte(line, '$')
	if i < 0 || len(line) != i+2+p.cells {
		return
	}
	row, text := int(line[i+1]-'1'), string(line[i+2:])
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off || row < 0 || row >= len(p.rows) {
		return
	}
	if p.rows[row] != text {
		p.seen[row] = append(p.seen[row], text)
	}
	p.rows[row] = text
}
