// Package lend carries the wires of one machine to another: the ticket printer
// stands in the kiosk, the keypad on a clerk's desk, and the daemon drives both
// as if they were its own. A Lender is the end with the devices, a Borrower the
// end with the drivers; between them is one connection of messages, on which
// each open device is a stream of its own.
//
// What a borrowed wire promises is what a wire on the spot promises:
//
//   - A write has returned when the device has taken its bytes, not when they
//     are on their way. At a deadline the lender breaks the write off and tells
//     how many bytes the device has, so the count is true: a ticket's driver
//     lives by that.
//   - Bytes are handed on as they come. Of records (device.Recorder) each read
//     gets whole ones.
//   - io.EOF is the end of the device or of the connection, and nothing else.
//     What was read before it is still handed over.
//   - Closing either end frees the device before it can be opened again.
//
// A stalled device stalls its own stream and no other: of each stream there is
// at most one write, one question and a window of bytes read under way, so
// nothing has to wait for room and the queues stay small. Neither end trusts
// the other with more.
//
// Deadlines are kept where the driver is, so that the two clocks need not agree.
// There is no resuming: when the connection is lost all its wires are gone, like
// cables that were pulled, and the drivers know what to do then.
//
// Rejected: a websocket for each device, whose buffers would hide how much a
// printer has taken; an RPC library, which has no deadlines of this kind.
package lend

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// Conn carries whole messages in order. Receive and Send are each called by one
// goroutine at a time; Close ends both.
type Conn interface {
	Receive() ([]byte, error)
	Send([]byte) error
	Close() error
}

// The kinds of message: one byte, then the stream (u32, big endian), then what
// the kind says.
const (
	// From the borrower.
	askOpen  = 'O' // name
	askWrite = 'W' // bytes for the device; the next one not before 'w'
	askStop  = 'S' // break the write off, if there is one
	askGrant = 'G' // u32: so many more bytes may be sent
	askState = 'A' // an ability; the next one not before 'a'
	askClose = 'C'

	// From the lender.
	saysOpen    = 'o' // opened, as JSON
	saysRefused = 'r' // device.Fault, as JSON
	saysWrote   = 'w' // u32 count, outcome, text
	saysData    = 'd' // bytes of the device
	saysGone    = 'g' // text: why
	saysState   = 'a' // 1 when there is an answer, then the answer or why not
)

// Outcomes of a write.
const (
	wroteAll = iota
	wroteStopped
	wroteGone
)

// The abilities of a wire that are asked for over the connection.
const (
	canQueue  = 1 << iota // device.Queuer: u32
	canID                 // device.Identifier: text
	canStatus             // device.PortStatuser: one byte
)

const (
	header   = 5
	maxWrite = 16 << 10 // bytes in one message, so that a keypad need not wait for a picture
	window   = 16 << 10 // bytes of a device that are read ahead of the driver

	// MaxMessage is the longest message of a connection.
	MaxMessage = header + maxWrite + 1<<10
)

// opened is what the lender tells of a wire.
type opened struct {
	Baud   int `json:"baud,omitempty"`
	Record int `json:"record,omitempty"`
	Can    int `json:"can,omitempty"`
}

var errProtocol = errors.New("lend: the other end does not keep to the protocol")

func message(kind byte, stream uint32, parts ...[]byte) []byte {
	m := make([]byte, header, header+16)
	m[0] = kind
	binary.BigEndian.PutUint32(m[1:], stream)
	for _, p := range parts {
		m = append(m, p...)
	}
	return m
}

func u32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// take splits a message.
func take(m []byte) (kind byte, stream uint32, rest []byte, err error) {
	if len(m) < header || len(m) > MaxMessage {
		return 0, 0, nil, fmt.Errorf("%w: a message of %d bytes", errProtocol, len(m))
	}
	return m[0], binary.BigEndian.Uint32(m[1:]), m[header:], nil
}

// outbox sends messages without keeping anyone waiting.
type outbox struct {
	conn  Conn
	mu    sync.Mutex
	queue [][]byte
	bell  chan struct{} // one slot
	ended chan struct{}
}

func newOutbox(c Conn) *outbox {
	return &outbox{conn: c, bell: make(chan struct{}, 1), ended: make(chan struct{})}
}

func (o *outbox) put(m []byte) {
	o.mu.Lock()
	o.queue = append(o.queue, m)
	o.mu.Unlock()
	ring(o.bell)
}

// run sends until the connection or quit ends.
func (o *outbox) run(quit <-chan struct{}) {
	defer close(o.ended)
	for {
		o.mu.Lock()
		batch := o.queue
		o.queue = nil
		o.mu.Unlock()
		for _, m := range batch {
			if o.conn.Send(m) != nil {
				o.conn.Close() // the receiver learns of it
				return
			}
		}
		select {
		case <-o.bell:
		case <-quit:
			return
		}
	}
}

// ring rings a doorbell.
func ring(bell chan<- struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
