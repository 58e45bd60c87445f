package printer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"image"
	"slices"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/store/centre"
)

// imageID names what a kept picture shows: the beginning of the SHA-256 of its
// dots. A key of the printer has too few letters for that.
type imageID uint64

func pictureOf(img *image.Gray) imageID {
	h := sha256.New()
	_ = binary.Write(h, binary.LittleEndian, [2]uint32{uint32(img.Rect.Dx()), uint32(img.Rect.Dy())})
	for y := range img.Rect.Dy() {
		h.Write(img.Pix[y*img.Stride:][:img.Rect.Dx()])
	}
	return imageID(binary.LittleEndian.Uint64(h.Sum(nil)))
}

// shelf is what is known of the pictures that a printer keeps, for one life of
// its wire. What stands under a key cannot be asked back: so in RAM only that
// counts which this life has put there (its greeting clears the rest), and in NV
// memory what the journal says that we have put there, into the printer of this
// serial number. Both only as far as the printer still lists the key.
type shelf struct {
	kept   [2]map[imageID]escpos.Key // by place
	listed [2]map[escpos.Key]bool    // all keys that the printer has listed, others' too
	full   [2]bool
	unit   string // serial number; "": NV memory is not used
	day    string // of writes
	writes int    // to the NV memory

	closed bool // a stand-in: what is set with it leaves the true one alone

	wants  []want
	stands map[imageID]bool // what slips of the document in force show
}

// want is a picture that a slip has lacked.
type want struct {
	id    imageID
	img   *image.Gray
	stays bool // every ticket of a service shows it, so that it is worth NV memory
}

func newShelf() *shelf {
	s := &shelf{}
	for p := range s.kept {
		s.kept[p], s.listed[p] = map[imageID]escpos.Key{}, map[escpos.Key]bool{}
	}
	return s
}

// find is where a picture is kept.
func (s *shelf) find(id imageID) (escpos.Place, escpos.Key, bool) {
	for _, p := range []escpos.Place{escpos.NV, escpos.RAM} {
		if k, ok := s.kept[p][id]; ok {
			return p, k, true
		}
	}
	return 0, escpos.Key{}, false
}

// wantsMost bounds the pictures that wait, should every ticket bring new ones.
const wantsMost = 200

// want notes that a picture is lacking.
func (s *shelf) want(id imageID, img *image.Gray) {
	known := func(w want) bool { return w.id == id }
	if len(s.wants) < wantsMost && !slices.ContainsFunc(s.wants, known) {
		s.wants = append(s.wants, want{id: id, img: img, stays: s.stands[id]})
	}
}

// list takes the keys that a printer has told, and forgets what is not there
// any more; lost tells that there was such.
func (s *shelf) list(p escpos.Place, keys []escpos.Key) (lost bool) {
	clear(s.listed[p])
	for _, k := range keys {
		s.listed[p][k] = true
	}
	for id, k := range s.kept[p] {
		if !s.listed[p][k] {
			delete(s.kept[p], id)
			s.full[p], lost = false, true
		}
	}
	return lost
}

// freeKey is a key for a picture that nobody uses.
func (s *shelf) freeKey(p escpos.Place, id imageID) escpos.Key {
	for n := uint64(id); ; n++ {
		if k := escpos.KeyOf(n); !s.listed[p][k] {
			return k
		}
	}
}

// writesMost is how often the NV memory may be written on a day, as Epson asks
// (TM-T88V technical reference guide, page 22).
const writesMost = 10

// place is where a wanted picture goes; false for nowhere.
func (s *shelf) place(w want) (escpos.Place, bool) {
	switch {
	case w.stays && s.unit != "" && s.writes < writesMost && !s.full[escpos.NV]:
		return escpos.NV, true
	case !s.full[escpos.RAM]:
		return escpos.RAM, true
	}
	return 0, false
}

// idle is a picture in NV memory that no slip shows any more.
func (s *shelf) idle() (imageID, bool) {
	for id := range s.kept[escpos.NV] {
		if !s.stands[id] {
			return id, true
		}
	}
	return 0, false
}

// keptIn is what the journal says of a printer's NV memory: nothing where the
// serial number is another one.
func (r *Room) keptIn(id, unit string) keptNote {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ledger == nil || r.ledger.kept[id].Unit != unit {
		return keptNote{}
	}
	return r.ledger.kept[id].keptNote
}

// today is the day by which writes are counted.
func (r *Room) today() string {
	return r.book.Now().In(centre.InForce(r.book.View().Hall).Location()).Format(time.DateOnly)
}

// saveShelf writes down what stands in NV memory.
func (s *session) saveShelf(ctx context.Context) error {
	n := keptNote{Printer: s.d.id, Unit: s.shelf.unit, Day: s.shelf.day, Writes: s.shelf.writes}
	for id, k := range s.shelf.kept[escpos.NV] {
		n.Keys = append(n.Keys, keptKey{Picture: uint64(id), Key: k})
	}
	slices.SortFunc(n.Keys, func(a, b keptKey) int { return cmp.Compare(a.Picture, b.Picture) })
	_, err := s.d.room.note(ctx, noteKept, n)
	return err
}
