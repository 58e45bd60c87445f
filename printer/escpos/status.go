package escpos

import "bytes"

// What a host may ask for and order at any time. The real-time ones are obeyed
// at once, even when the printer has stopped; the others in their turn.
var (
	AskPrinter = []byte{dle, eot, 1} // real-time: answers one byte, see Printer
	AskOffline = []byte{dle, eot, 2} // real-time: why it is offline
	AskError   = []byte{dle, eot, 3} // real-time: which error
	AskPaper   = []byte{dle, eot, 4} // real-time: the roll
	Recover    = []byte{dle, enq, 2} // real-time: clear the buffers and go on after an error

	// Clear is real-time: it empties the buffers. The bytes behind 8 are fixed.
	Clear = []byte{dle, dc4, 8, 1, 3, 20, 1, 6, 2, 8}

	Reset   = []byte{esc, '@'}
	AutoOn  = []byte{gs, 'a', 0xFF} // tell every change by itself (ASB), and the state now
	AutoOff = []byte{gs, 'a', 0x00}
	AskDone = []byte{gs, 'r', 1}   // in its turn: answers one byte when all before it is printed
	AskMake = []byte{gs, 'I', 'B'} // in its turn: answers a block with the maker
	AskType = []byte{gs, 'I', 'C'} // in its turn: answers a block with the model
	AskUnit = []byte{gs, 'I', 'D'} // in its turn: answers a block with the serial number
)

// Flush ends whatever command was broken off: a printer takes these zeros for
// the rest of a picture, and ignores those that are left. Twice the largest
// band that a Job makes, since the command may have been another program's.
func Flush() []byte { return bytes.Repeat([]byte{nul}, 2*MaxBandBytes+192) }

// Fault is one thing wrong with a printer, or coming.
type Fault uint16

// The faults, as bits of a set.
const (
	Offline   Fault = 1 << iota // it says that it does not print now
	Cover                       // cover open
	PaperOut                    //
	PaperLow                    // near-end sensor
	Cutter                      // the cutter is stuck
	Hot                         // the head is too hot; it goes on by itself
	Broken                      // an error that needs the power switch
	Erring                      // some error; which one, the answer to AskError says
	Mechanics                   // a mechanical error, such as a paper jam
	Feeding                     // the feed button is held
)

// Stops reports whether a printer with these faults does not print.
func (f Fault) Stops() bool { return f&^(PaperLow|Feeding) != 0 }

// PrinterFaults reads the answer to AskPrinter.
func PrinterFaults(b byte) Fault { return pick(b, 0x08, Offline) | pick(b, 0x40, Feeding) }

// OfflineFaults reads the answer to AskOffline.
func OfflineFaults(b byte) Fault {
	return pick(b, 0x04, Cover) | pick(b, 0x08, Feeding) | pick(b, 0x20, PaperOut) | pick(b, 0x40, Erring)
}

// ErrorFaults reads the answer to AskError.
func ErrorFaults(b byte) Fault {
	return pick(b, 0x04, Mechanics) | pick(b, 0x08, Cutter) | pick(b, 0x20, Broken) | pick(b, 0x40, Hot)
}

// PaperFaults reads the answer to AskPaper.
func PaperFaults(b byte) Fault { return pick(b, 0x0C, PaperLow) | pick(b, 0x60, PaperOut) }

// AutoFaults reads the four bytes that a printer sends by itself.
func AutoFaults(b [4]byte) Fault {
	return pick(b[0], 0x08, Offline) | pick(b[0], 0x20, Cover) | pick(b[0], 0x40, Feeding) |
		pick(b[1], 0x04, Mechanics) | pick(b[1], 0x08, Cutter) | pick(b[1], 0x20, Broken) | pick(b[1], 0x40, Hot) |
		pick(b[2], 0x03, PaperLow) | pick(b[2], 0x0C, PaperOut)
}

// DoneFaults reads the answer to AskDone.
func DoneFaults(b byte) Fault { return pick(b, 0x03, PaperLow) | pick(b, 0x0C, PaperOut) }

func pick(b, mask byte, f Fault) Fault {
	if b&mask != 0 {
		return f
	}
	return 0
}
