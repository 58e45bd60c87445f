package store

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// standingRoom is how the types of notes begin that concern the whole hall.
const standingRoom = "hall."

// Standing is the last note of such a type: it holds until the next one.
type Standing struct {
	Type    string
	Version uint8
	Note    []byte
	Seq     Seq
	At      time.Time
}

// standingNote is one in a snapshot.
type standingNote struct {
	Type    string `cbor:"1,keyasint"`
	Version uint8  `cbor:"2,keyasint"`
	Note    []byte `cbor:"3,keyasint"`
	Seq     Seq    `cbor:"4,keyasint"`
	AtMs    int64  `cbor:"5,keyasint"`
}

// stand takes a note into force. Views share the map, so it is never changed.
func (s *state) stand(n Standing) {
	m := maps.Clone(s.standing)
	if m == nil {
		m = map[string]Standing{}
	}
	m[n.Type] = n
	s.standing = m
}

func (s *state) standingNotes() (out []standingNote) {
	for _, typ := range slices.Sorted(maps.Keys(s.standing)) {
		n := s.standing[typ]
		out = append(out, standingNote{n.Type, n.Version, n.Note, n.Seq, n.At.UnixMilli()})
	}
	return out
}

func (s *state) restand(notes []standingNote) {
	for _, n := range notes {
		s.stand(Standing{n.Type, n.Version, n.Note, n.Seq, time.UnixMilli(n.AtMs)})
	}
}

func stands(typ string) bool { return strings.HasPrefix(typ, standingRoom) }
