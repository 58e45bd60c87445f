package store

import "sync"

// ringSize is how many of the last entries stay in memory for readers.
const ringSize = 2000

// ring holds the last published entries, contiguous and in order.
type ring struct {
	mu      sync.RWMutex
	entries []Entry
}

func (r *ring) add(entries []Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.entries); n > 0 && len(entries) > 0 && entries[0].Seq != r.entries[n-1].Seq+1 {
		r.entries = nil // a gap: what lies before it is read from the file
	}
	r.entries = append(r.entries, entries...)
	if n := len(r.entries); n > 2*ringSize { // read copies, so that the array can be used again
		copy(r.entries, r.entries[n-ringSize:])
		clear(r.entries[ringSize:])
		r.entries = r.entries[:ringSize]
	}
}

// read copies out; ok is false when the wanted entries are no longer here.
func (r *ring) read(after Seq, max int) (entries []Entry, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.entries) == 0 || after+1 < r.entries[0].Seq {
		return nil, false
	}
	from := min(after+1-r.entries[0].Seq, Seq(len(r.entries)))
	rest := r.entries[from:]
	rest = rest[:min(max, len(rest))]
	return append([]Entry(nil), rest...), true
}

// bells are the doorbells of the readers.
type bells struct {
	mu  sync.Mutex
	all map[chan struct{}]struct{}
}

func (s *bells) add() (<-chan struct{}, func()) {
	bell := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[chan struct{}]struct{}{}
	}
	s.all[bell] = struct{}{}
	return bell, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, bell)
	}
}

func (s *bells) ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for bell := range s.all {
		select {
		case bell <- struct{}{}:
		default: // it is ringing already
		}
	}
}
