package countertest

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// Modules is Modbus RTU modules of buttons on one bus: slaves that are asked for
// their inputs by function 1 or 2, or 3 with one register an input. A real one's
// answer to a register that it does not have is taken to be exception 2.
type Modules struct {
	inputs   int
	byteTime time.Duration

	mu     sync.Mutex
	state  map[byte][]bool
	off    map[byte]bool
	asked  map[byte]int
	twins  map[byte][]bool
	late   bool
	errand []byte
}

// NewModules makes modules of so many inputs at these addresses.
func NewModules(inputs int, addrs ...byte) *Modules {
	m := &Modules{inputs: inputs, state: map[byte][]bool{}, off: map[byte]bool{}, asked: map[byte]int{}, twins: map[byte][]bool{}}
	for _, a := range addrs {
		m.state[a] = make([]bool, inputs)
	}
	return m
}

// SetBaud makes bytes take the time that they take on a line of that speed.
// Call it before Serve.
func (m *Modules) SetBaud(baud int) { m.byteTime = 10 * time.Second / time.Duration(baud) }

// Hold closes an input, counted from 1, or opens it.
func (m *Modules) Hold(addr byte, input int, closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state[addr][input-1] = closed
}

// AddTwin puts a second module at an address that is taken. Both answer: at once,
// and the line shows the zeros of both, or the second one a little later.
func (m *Modules) AddTwin(addr byte, late bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.twins[addr], m.late = make([]bool, m.inputs), late
}

// SetPower switches one module off or on.
func (m *Modules) SetPower(addr byte, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off[addr] = !on
}

// Asked counts the requests to a module.
func (m *Modules) Asked(addr byte) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[addr]
}

// Serve connects the modules to a host until the wire or ctx ends.
func (m *Modules) Serve(ctx context.Context, wire io.ReadWriteCloser) error {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer wire.Close()
	defer stop()
	m.errand = nil
	buf := make([]byte, 256)
	for {
		n, err := wire.Read(buf)
		if err != nil {
			return err
		}
		heard := time.Now().Add(time.Duration(n) * m.byteTime).Add(m.byteTime * 35 / 10) // the last byte of the request, and the silence that ends it
		m.errand = append(m.errand, buf[:n]...)
		for len(m.errand) >= 8 {
			if crc16(m.errand[:8]) != 0 {
				m.errand = m.errand[1:]
				continue
			}
			answer := m.answer(m.errand[:8])
			m.errand = m.errand[8:]
			if answer == nil {
				continue
			}
			time.Sleep(time.Until(heard.Add(time.Duration(len(answer)) * m.byteTime)))
			second := m.twin(answer)
			if _, err := wire.Write(answer); err != nil {
				return err
			}
			if second != nil {
				time.Sleep(time.Millisecond)
				if _, err := wire.Write(second); err != nil {
					return err
				}
			}
		}
	}
}

// answer is nil where nobody answers.
func (m *Modules) answer(request []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	addr := request[0]
	state := m.state[addr]
	if state == nil || m.off[addr] {
		return nil
	}
	m.asked[addr]++
	answer := m.answerOf(state, request)
	if twin := m.twins[addr]; twin != nil && !m.late {
		for i, c := range m.answerOf(twin, request) {
			answer[i] &= c
		}
	}
	return answer
}

// twin is the answer of a second module that speaks late. Its buttons are open.
func (m *Modules) twin(answer []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.late || m.twins[answer[0]] == nil || answer[1]&0x80 != 0 {
		return nil
	}
	second := append([]byte(nil), answer[:len(answer)-2]...)
	clear(second[3:])
	return sealed(second)
}

// answerOf is what a module with these inputs answers.
func (m *Modules) answerOf(state []bool, request []byte) []byte {
	addr, fn := request[0], request[1]
	first, count := int(binary.BigEndian.Uint16(request[2:])), int(binary.BigEndian.Uint16(request[4:]))
	var data []byte
	switch {
	case fn < 1 || fn > 3:
		return sealed([]byte{addr, fn | 0x80, 1})
	case count < 1 || first+count > m.inputs:
		return sealed([]byte{addr, fn | 0x80, 2})
	case fn == 3:
		data = make([]byte, 2*count)
	default:
		data = make([]byte, (count+7)/8)
	}
	for i, closed := range state[first : first+count] {
		switch {
		case !closed:
		case fn == 3:
			data[2*i+1] = 1
		default:
			data[i/8] |= 1 << (i % 8)
		}
	}
	return sealed(append([]byte{addr, fn, byte(len(data))}, data...))
}

func sealed(b []byte) []byte { return binary.LittleEndian.AppendUint16(b, crc16(b)) }

// crc16 is the checksum of Modbus: 0 over a frame that carries its own.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			crc = crc>>1 ^ 0xA001*(crc&1)
		}
	}
	return crc
}
