package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
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

// open returns how far the journal of this epoch is known to have come.
func (w *watermark) open(dir, epoch string) (Seq, error) {
	w.path = filepath.Join(dir, watermarkName)
	data, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var known Seq
	for _, at := range []int{0, watermarkSlot} {
		if len(data) < at+watermarkSlot {
			break
		}
		turn, seq, of, ok := readSlot(data[at : at+watermarkSlot])
		if !ok {
			continue
		}
		w.turn = max(w.turn, turn)
		if of == epoch {
			known = max(known, seq)
		}
	}
	return known, nil
}

// set writes the slot that is older.
func (w *watermark) set(epoch string, seq Seq) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if seq == w.last {
		return nil
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	w.turn++
	_, err = f.WriteAt(writeSlot(w.turn, seq, epoch), int64(w.turn%2)*watermarkSlot)
	if err = errors.Join(err, f.Truncate(watermarkSize), f.Close()); err == nil {
		w.last = seq
	}
	return err
}

// A slot is turn (8 bytes), seq (8), length of the epoch (1), epoch, zeros, and
// CRC32C (4) over all before.
func writeSlot(turn uint64, seq Seq, epoch string) []byte {
	slot := make([]byte, watermarkSlot)
	binary.BigEndian.PutUint64(slot, turn)
	binary.BigEndian.PutUint64(slot[8:], uint64(seq))
	slot[16] = byte(len(epoch))
	copy(slot[17:], epoch)
	binary.BigEndian.PutUint32(slot[watermarkSlot-4:], crc32.Checksum(slot[:watermarkSlot-4], castagnoli))
	return slot
}

func readSlot(slot []byte) (turn uint64, seq Seq, epoch string, ok bool) {
	body := slot[:watermarkSlot-4]
	if binary.BigEndian.Uint32(slot[watermarkSlot-4:]) != crc32.Checksum(body, castagnoli) || bytes.Count(body, []byte{0}) == len(body) {
		return 0, 0, "", false
	}
	n := int(slot[16])
	return binary.BigEndian.Uint64(slot), Seq(binary.BigEndian.Uint64(slot[8:])), string(slot[17 : 17+n]), true
}
