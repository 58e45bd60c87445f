package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store/queue"
)

const (
	watermarkName = "watermark"
	watermarkSize = 4096
	watermarkSlot = 2048 // two slots, written in turn, so that one is always whole
)

// watermark is a second memory of how far the journal has come. bbolt opens the
// transaction before the last one without a word when a bit of its newest meta
// page is wrong, and so does a disk that lied about a flush. It is written
// about once a second and never waited for.
type watermark struct {
	mu   sync.Mutex
	path string
	turn uint64
	last Seq
}

// level is what the watermark says.
type level struct {
	Epoch   string         `cbor:"1,keyasint"`
	Seq     Seq            `cbor:"2,keyasint"`
	Day     queue.Day      `cbor:"3,keyasint,omitempty"` // open; "": none
	Numbers map[string]int `cbor:"4,keyasint,omitempty"` // last index of each series that day
}

// level of a published state.
func (v *View) level() level {
	l := level{Epoch: v.Epoch, Seq: v.Seq, Day: v.Hall.Day()}
	if l.Day != "" {
		l.Numbers = v.Hall.Numbers()
	}
	return l
}

// open returns how far the journal of this epoch is known to have come.
func (w *watermark) open(dir, epoch string) (known level, err error) {
	w.path = filepath.Join(dir, watermarkName)
	data, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return level{}, nil
	}
	if err != nil {
		return level{}, err
	}
	for _, at := range []int{0, watermarkSlot} {
		if len(data) < at+watermarkSlot {
			break
		}
		turn, l, ok := readSlot(data[at : at+watermarkSlot])
		if !ok {
			continue
		}
		w.turn = max(w.turn, turn)
		if l.Epoch == epoch && l.Seq > known.Seq {
			known = l
		}
	}
	return known, nil
}

// set writes the slot that is older.
func (w *watermark) set(l level) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.Seq == w.last {
		return nil
	}
	slot, err := writeSlot(w.turn+1, l)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	w.turn++
	_, err = f.WriteAt(slot, int64(w.turn%2)*watermarkSlot)
	if err = errors.Join(err, f.Truncate(watermarkSize), f.Close()); err == nil {
		w.last = l.Seq
	}
	return err
}

// A slot is turn (8 bytes), length (2), the level in CBOR, zeros, and CRC32C (4)
// over all before.
func writeSlot(turn uint64, l level) ([]byte, error) {
	const most = watermarkSlot - 8 - 2 - crc32.Size
	text, err := cbor.Marshal(l)
	if err == nil && len(text) > most { // hundreds of series: how far it came says the most
		l.Numbers = nil
		text, err = cbor.Marshal(l)
	}
	if err != nil {
		return nil, err
	}
	slot := make([]byte, watermarkSlot)
	binary.BigEndian.PutUint64(slot, turn)
	binary.BigEndian.PutUint16(slot[8:], uint16(len(text)))
	copy(slot[10:], text)
	binary.BigEndian.PutUint32(slot[watermarkSlot-4:], crc32.Checksum(slot[:watermarkSlot-4], castagnoli))
	return slot, nil
}

func readSlot(slot []byte) (turn uint64, l level, ok bool) {
	body := slot[:watermarkSlot-4]
	if binary.BigEndian.Uint32(slot[watermarkSlot-4:]) != crc32.Checksum(body, castagnoli) {
		return 0, level{}, false
	}
	n := int(binary.BigEndian.Uint16(slot[8:]))
	if n > len(body)-10 || cbor.Unmarshal(body[10:10+n], &l) != nil {
		return 0, level{}, false
	}
	return binary.BigEndian.Uint64(slot), l, true
}
