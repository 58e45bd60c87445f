package sum

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Version is the one that Encode writes. A sum whose entries are still in the
// book is made again by a newer program; one whose entries are gone is lifted.
const Version = 1

// Encode gives the version in one byte and the day as deterministic CBOR.
func (d *Day) Encode() ([]byte, error) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	body, err := mode.Marshal(d)
	return append([]byte{Version}, body...), err
}

// Decode reads a sum of any version that ever was.
func Decode(data []byte) (*Day, error) {
	if len(data) == 0 {
		return nil, errors.New("a sum of no bytes")
	}
	if data[0] != Version {
		return nil, fmt.Errorf("sum of version %d: made by a newer version of this program", data[0])
	}
	d := new(Day)
	if err := cbor.Unmarshal(data[1:], d); err != nil {
		return nil, fmt.Errorf("sum: %w", err)
	}
	return d, nil
}
