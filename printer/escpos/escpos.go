// Package escpos turns meaning into the bytes of ESC/POS printers and back. It
// has no input or output, no clock and no goroutine.
//
// Promises:
//
//   - What a Job gives out is whole commands. Nobody but its caller decides when
//     they are sent, and Pieces says where a status question may stand between them.
//   - A finished job holds no real-time command by accident. Printers obey
//     10 04 n, 10 05 n and 10 14 n wherever they stand, inside a picture too; so
//     one dot is added to a picture that would say such a thing, and text or a
//     QR code that would say it is refused.
//   - Decoder and Parser take any bytes, never panic, hold a bounded amount of
//     memory and find their way back.
//
// Decisions:
//
//   - github.com/hennedo/escpos is used as a byte builder over a buffer only, for
//     the calls whose bytes are right: New, WriteRaw, Initialize, LineFeedD, Cut,
//     Print. Its QRCode sends the size in the place of the error correction level,
//     PrintImage cuts pictures down to multiples of eight, Write repeats twenty
//     bytes of style each time, and BarcodeWidth sets the height. Golden tests pin
//     what is used.
//   - A picture goes out in bands of at most 128 rows and 4,000 bytes: many
//     printers garble 256 rows or about 4 KB (the printer's buffer). A broken band is
//     thus over after 4,000 bytes, which Flush relies on.
//   - Each band is cut left and right to what is black and placed with ESC $. Blank
//     rows are fed, not sent. This halves the bytes of a ticket, which matters on
//     a line of 9,600 baud. A printer that ignores ESC $ has Padded set.
//   - Pictures kept in the printer (Define, Kept) are the functions 67, 69, 83 and
//     85 of GS ( L. The older FS p and GS / keep pictures too, but only all at once.
package escpos

// Control bytes.
const (
	nul = 0x00
	eot = 0x04
	enq = 0x05
	ack = 0x06
	lf  = 0x0A
	ff  = 0x0C
	dle = 0x10
	dc4 = 0x14
	can = 0x18
	esc = 0x1B
	fs  = 0x1C
	gs  = 0x1D
)

// Limits of one band of a picture.
const (
	MaxBandRows  = 128
	MaxBandBytes = 4000
)
