package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"xinmoi/store/queue"
)

// record is an entry as it lies on disk, with what only the book needs.
type record struct {
	Entry
	digest uint64 // of the request, with a key
	count  int    // entries that the command caused, with a key
}

// head is the SHA-256 chain up to one record: each covers the head before it,
// the record's number and its stored bytes.
type head [sha256.Size]byte

func (h head) next(seq Seq, stored []byte) head {
	var room [512]byte // on the stack: nearly every record is smaller
	buf := append(room[:0], h[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(seq))
	return sha256.Sum256(append(buf, stored...))
}

// The envelope, version 1; DESIGN.md has the picture.
const (
	envelopeVersion = 1
	envelopeFixed   = 10 // version, flags, type code, payload version, 6 bytes of time
	envelopeLeast   = envelopeFixed + crc32.Size

	flagNote  = 1 << 0 // a room's note: the queue's fold passes over it
	flagVia   = 1 << 1
	flagClerk = 1 << 2
	flagKey   = 1 << 3
	flagsAll  = flagNote | flagVia | flagClerk | flagKey
)

// typeCodes are the types with a one-byte code on disk. A code is never used
// again for another type; a type without one is spelled out.
var typeCodes = map[string]byte{
	string(queue.TypeIssued):           1,
	string(queue.TypeCheckedIn):        2,
	string(queue.TypeCalled):           3,
	string(queue.TypeRecalled):         4,
	string(queue.TypeResultCalled):     5,
	string(queue.TypeStarted):          6,
	string(queue.TypeFinished):         7,
	string(queue.TypeNoShowMarked):     8,
	string(queue.TypeReturned):         9,
	string(queue.TypePostponed):        10,
	string(queue.TypeParked):           11,
	string(queue.TypeTransferred):      12,
	string(queue.TypeCancelled):        13,
	string(queue.TypeExpired):          14,
	string(queue.TypePriorityChanged):  15,
	string(queue.TypeOutcomeSet):       16,
	string(queue.TypeDossierLinked):    17,
	string(queue.TypeServedDirect):     18,
	string(queue.TypeRated):            19,
	string(queue.TypeUndone):           20,
	string(queue.TypeCounterOpened):    21,
	string(queue.TypeCounterPaused):    22,
	string(queue.TypeCounterClosed):    23,
	string(queue.TypeArmed):            24,
	string(queue.TypeSignedIn):         25,
	string(queue.TypeSignedOut):        26,
	string(queue.TypeDayOpened):        27,
	string(queue.TypeDayClosed):        28,
	string(queue.TypeCentreConfigured): 29,
	string(queue.TypeNumbersSkipped):   30,
}

var typeNames = func() (names [256]string) {
	for name, code := range typeCodes {
		names[code] = name
	}
	return names
}()

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers the number too, so that a record under another's key is found.
func checksum(seq Seq, body []byte) uint32 {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], uint64(seq))
	return crc32.Update(crc32.Checksum(key[:], castagnoli), castagnoli, body)
}

// encode gives the bytes to store. Strings longer than 255 bytes are an error.
func (r *record) encode() ([]byte, error) {
	version, payload := r.Version, r.Note
	var flags byte
	if r.Event != nil {
		var err error
		if version, payload, err = queue.EncodeEvent(r.Event); err != nil {
			return nil, err
		}
		r.Version = version
	} else {
		flags |= flagNote
	}
	if r.By.Via != "" {
		flags |= flagVia
	}
	if r.By.Clerk != "" {
		flags |= flagClerk
	}
	if r.Key != "" {
		flags |= flagKey
	}
	code := typeCodes[r.Type]
	buf := make([]byte, 0, envelopeLeast+len(r.By.Via)+len(r.By.Clerk)+len(r.Key)+len(payload)+32)
	buf = append(buf, envelopeVersion, flags, code, version)
	buf = append(buf, binary.BigEndian.AppendUint64(nil, uint64(r.At.UnixMilli()))[2:]...)
	for _, s := range []struct {
		have bool
		text string
	}{
		{code == 0, r.Type},
		{flags&flagVia != 0, r.By.Via},
		{flags&flagClerk != 0, string(r.By.Clerk)},
		{flags&flagKey != 0, r.Key},
	} {
		if !s.have {
			continue
		}
		if len(s.text) > 255 {
			return nil, fmt.Errorf("store: %.20q… is too long for a record", s.text)
		}
		buf = append(append(buf, byte(len(s.text))), s.text...)
	}
	if flags&flagKey != 0 {
		buf = binary.BigEndian.AppendUint64(buf, r.digest)
		buf = binary.AppendUvarint(buf, uint64(r.count))
	}
	buf = append(buf, payload...)
	return binary.BigEndian.AppendUint32(buf, checksum(r.Seq, buf)), nil
}

var (
	errChecksum = errors.New("checksum is wrong")
	errShort    = errors.New("record is cut short")
)

// open checks the stored bytes and reads the envelope. payload points into
// stored; the event is not decoded yet.
func (r *record) open(seq Seq, stored []byte, zone *time.Location) (payload []byte, err error) {
	if len(stored) < envelopeLeast {
		return nil, errShort
	}
	body := stored[:len(stored)-crc32.Size]
	if binary.BigEndian.Uint32(stored[len(body):]) != checksum(seq, body) {
		return nil, errChecksum
	}
	flags, code := body[1], body[2]
	if body[0] != envelopeVersion || flags&^flagsAll != 0 {
		return nil, fmt.Errorf("%w: envelope version %d, flags %#x", ErrNewer, body[0], flags)
	}
	at := int64(binary.BigEndian.Uint64(append(make([]byte, 2, 8), body[4:10]...)))
	*r = record{Entry: Entry{Seq: seq, Type: typeNames[code], Version: body[3]}}
	r.At = time.UnixMilli(at).In(zone)
	rest := body[envelopeFixed:]
	for _, s := range []struct {
		have bool
		set  func(text string)
	}{
		{code == 0, func(t string) { r.Type = t }},
		{flags&flagVia != 0, func(t string) { r.By.Via = t }},
		{flags&flagClerk != 0, func(t string) { r.By.Clerk = queue.ClerkID(t) }},
		{flags&flagKey != 0, func(t string) { r.Key = t }},
	} {
		if !s.have {
			continue
		}
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return nil, errShort
		}
		s.set(string(rest[1 : 1+int(rest[0])]))
		rest = rest[1+int(rest[0]):]
	}
	if flags&flagKey != 0 {
		if len(rest) < 8 {
			return nil, errShort
		}
		r.digest = binary.BigEndian.Uint64(rest)
		count, n := binary.Uvarint(rest[8:])
		if n <= 0 {
			return nil, errShort
		}
		r.count, rest = int(count), rest[8+n:]
	}
	if flags&flagNote != 0 {
		r.Note = append([]byte{}, rest...) // out of the map; not nil, as it is a note
	}
	return rest, nil
}

// decode is open and the event. It keeps nothing of stored.
func (r *record) decode(seq Seq, stored []byte, zone *time.Location) error {
	payload, err := r.open(seq, stored, zone)
	if err != nil || r.Note != nil {
		return err
	}
	r.Event, err = queue.DecodeEvent(queue.Type(r.Type), r.Version, append([]byte(nil), payload...))
	return err
}
