package led

import (
	"context"

	"xinmoi/store/device"
	"xinmoi/store/device/rtu"
)

// What went wrong with one sign. Any other error of a Master is the wire's and
// ends its use.
var (
	ErrMute    = rtu.ErrMute
	ErrGarbled = rtu.ErrGarbled
	ErrRefused = rtu.ErrRefused
)

const (
	regNumber = 0x00
	regUnit   = 0x02
	regText   = 0x70
)

// Master owns a bus of Modbus RTU signs. It is used by one goroutine.
type Master struct {
	*rtu.Master
	probed bool // whether the adapter echoes is known
}

// NewMaster takes over a wire. Its speed is the wire's own or 9600.
func NewMaster(w device.Wire) *Master { return &Master{Master: rtu.NewMaster(w)} }

// Show writes text, already fitted to the sign, to its ASCII registers.
func (m *Master) Show(ctx context.Context, id byte, text string) error {
	regs := registers(text)
	_, err := m.Unit(id).WriteMultipleRegisters(ctx, regText, uint16(len(regs)/2), regs)
	return m.Judge(err)
}

// ShowNumber writes a number to register 0, for signs that know no text. Such a
// sign cannot be blank.
func (m *Master) ShowNumber(ctx context.Context, id byte, n int16) error {
	if !m.probed {
		// The answer to this write looks like its echo. The answer to a read
		// does not, so one read tells whether the adapter echoes, and no sign
		// need be alive for that.
		m.probed = true
		_, err := m.Unit(id).ReadHoldingRegisters(ctx, regUnit, 1)
		if err = m.Judge(err); rtu.IsWire(err) {
			return err
		}
	}
	_, err := m.Unit(id).WriteSingleRegister(ctx, regNumber, uint16(n))
	return m.Judge(err)
}
