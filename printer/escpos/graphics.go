package escpos

import (
	"bytes"
	"fmt"
	"image"
)

// Pictures kept in the printer, by the functions of GS ( L as Epson's manuals
// have them (TM-T88III, pages 231 to 260): a picture is defined once under a key
// of two letters, and printed by eleven bytes.

// Place is where a printer keeps pictures.
type Place uint8

// The places. What is in RAM is lost with the power and by ESC @; NV memory
// keeps it, but must not be written more than ten times a day.
const (
	RAM Place = iota
	NV
)

// Key names a kept picture: two characters from 32 to 126.
type Key [2]byte

// Keys of a place there can be.
const keyFirst, keyEach = 32, 95

// KeyOf turns any number into a key.
func KeyOf(n uint64) Key {
	return Key{byte(keyFirst + n%keyEach), byte(keyFirst + n/keyEach%keyEach)}
}

// Function numbers of GS ( L, by place.
var (
	fnKeys   = [...]byte{RAM: 0x50, NV: 0x40}
	fnForget = [...]byte{RAM: 0x52, NV: 0x42}
	fnDefine = [...]byte{RAM: 0x53, NV: 0x43}
	fnPrint  = [...]byte{RAM: 0x55, NV: 0x45}
)

// graphics is a command GS ( L with these parameters after m, which is 48.
func graphics(parameters ...byte) []byte {
	n := 1 + len(parameters)
	return append([]byte{gs, '(', 'L', byte(n), byte(n >> 8), '0'}, parameters...)
}

// Define keeps a picture under a key; what is darker than half is black. The
// printer does not say whether it had room: ask for the keys afterwards.
func Define(p Place, k Key, img *image.Gray) ([]byte, error) {
	bits := pack(img)
	wide := img.Rect.Dx()
	if wide == 0 || bits.rows == 0 || len(bits.bits) > MaxBandBytes {
		return nil, fmt.Errorf("escpos: a picture of %d x %d dots cannot be kept", wide, bits.rows)
	}
	// A length that would say a real-time command gets a white row more.
	for {
		cmd := graphics(append([]byte{
			fnDefine[p], '0', k[0], k[1], 1, byte(wide), byte(wide >> 8), byte(bits.rows), byte(bits.rows >> 8), '1',
		}, bits.bits...)...)
		scrub(cmd, []span{{len(cmd) - len(bits.bits), len(cmd)}})
		if collision(cmd) < 0 {
			return cmd, nil
		}
		bits.rows++
		bits.bits = append(bits.bits, make([]byte, bits.stride)...)
	}
}

// Forget forgets one picture.
func Forget(p Place, k Key) []byte { return graphics(fnForget[p], k[0], k[1]) }

// AskKeys asks, in its turn, which keys there are. Each block of the answer
// wants GoOn.
func AskKeys(p Place) []byte { return graphics(fnKeys[p], 'K', 'C') }

// GoOn takes a block of an answer and asks for the next one, if there is one.
var GoOn = []byte{ack}

// keyBlock begins a block of keys, after its header.
var keyBlock = [...]byte{RAM: 's', NV: 'r'}

// ReadKeys reads a block of the answer to AskKeys; more tells that another one
// follows. It is false for any other reply.
func ReadKeys(p Place, r Reply) (keys []Key, more, ok bool) {
	if r.Kind != Block || r.Byte != 0x37 || len(r.Text) < 2 || len(r.Text)%2 != 0 ||
		r.Text[0] != keyBlock[p] || r.Text[1]&^1 != 0x40 {
		return nil, false, false
	}
	for i := 2; i < len(r.Text); i += 2 {
		keys = append(keys, Key{r.Text[i], r.Text[i+1]})
	}
	return keys, r.Text[1] == 0x41, true
}

// KeyBlocks is how a printer answers AskKeys: at most forty keys a block.
func KeyBlocks(p Place, keys []Key) (blocks [][]byte) {
	const most = 40
	for first := true; first || len(keys) > 0; first = false {
		n, status := min(len(keys), most), byte(0x40)
		if len(keys) > most {
			status = 0x41
		}
		b := bytes.NewBuffer([]byte{0x37, keyBlock[p], status})
		for _, k := range keys[:n] {
			b.Write(k[:])
		}
		b.WriteByte(nul)
		blocks, keys = append(blocks, b.Bytes()), keys[n:]
	}
	return blocks
}

// Kept prints a picture that the printer keeps, centred or at the left edge. One
// that it does not keep prints nothing.
func (j *Job) Kept(p Place, k Key, left bool) {
	j.flushFeed()
	j.align(flag(!left))
	j.raw(graphics(fnPrint[p], k[0], k[1], 1, 1)...)
}

// kept reads a command of GS ( L about kept pictures.
func kept(c []byte) (Op, bool) {
	if len(c) < 7 || c[2] != 'L' || c[5] != '0' {
		return Op{}, false
	}
	for _, p := range []Place{RAM, NV} {
		op := Op{N: int(p)}
		switch {
		case c[6] == fnKeys[p] && len(c) == 9:
			op.Kind = OpKeys
		case c[6] == fnForget[p] && len(c) == 9:
			op.Kind, op.Data = OpForget, c[7:9]
		case c[6] == fnDefine[p] && len(c) > 16 && c[7] == '0' && c[10] == 1:
			op.Kind, op.Data, op.M = OpDefine, c[8:], int(c[11])|int(c[12])<<8 // after the key: b x x y y c
		case c[6] == fnPrint[p] && len(c) == 11:
			op.Kind, op.Data = OpKept, c[7:9]
		default:
			continue
		}
		return op, true
	}
	return Op{}, false
}
