//go:build linux

// Package powertest has disks that lose their power: files of a FUSE file
// system, to put a loop device and a real file system on. What has been written
// and not flushed may be there after a power cut, or a part of it, in sectors of
// 512 bytes and in any order, as a disk with a cache keeps it.
//
// It models a disk that loses unflushed sectors. It does not model one that
// damages sectors beside those it writes, as flash cards can, and a flush covers
// the writes that came before it and none that come while it runs.
//
// Needs root, /dev/fuse and loop devices. No device-mapper, which not every
// machine has, and no C.
package powertest

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	pageSize = 4096
	sector   = 512
)

// Mode is what a power cut leaves of the writes that were not flushed.
type Mode int

// The modes.
const (
	Nothing Mode = iota // none of them
	Prefix              // the first of them, the last one cut at a sector
	Sectors             // some sectors of them, in any order
	All                 // all of them
	modes
)

// AnyMode picks one.
func AnyMode(r *rand.Rand) Mode { return Mode(r.IntN(int(modes))) }

func (m Mode) String() string {
	return [...]string{"nothing unflushed", "a prefix", "some sectors", "everything"}[m]
}

// pages by their number; a page that is not there is zeros. A page is never
// changed once it is in a map, so that images can share it.
type pages map[int64]*[pageSize]byte

var zeros [pageSize]byte

// put writes data at off.
func (p pages) put(off int64, data []byte) {
	for len(data) > 0 {
		n, at := off/pageSize, int(off%pageSize)
		page := new([pageSize]byte)
		if old := p[n]; old != nil {
			*page = *old
		}
		count := copy(page[at:], data)
		if bytes.Equal(page[:], zeros[:]) {
			delete(p, n)
		} else {
			p[n] = page
		}
		off, data = off+int64(count), data[count:]
	}
}

// get reads len(dest) bytes at off.
func (p pages) get(off int64, dest []byte) {
	for len(dest) > 0 {
		page, at := p[off/pageSize], int(off%pageSize)
		if page == nil {
			page = &zeros
		}
		count := copy(dest, page[at:])
		off, dest = off+int64(count), dest[count:]
	}
}

type write struct {
	off  int64
	data []byte
}

// Disk is one disk. Its methods may be used by many goroutines.
type Disk struct {
	size  int64
	flush time.Duration // how long a flush takes

	mu      sync.Mutex
	durable pages   // what a power cut leaves at least
	current pages   // what the machine sees
	pending []write // since the last flush, in order
	flushes int
}

// NewDisk is an empty disk of size bytes.
func NewDisk(size int64, flush time.Duration) *Disk {
	return &Disk{size: size, flush: flush, durable: pages{}, current: pages{}}
}

// Crash is the disk as it would be after a power cut in this moment. The disk
// itself goes on. unflushed is how many writes were at stake.
func (d *Disk) Crash(m Mode, r *rand.Rand) (after *Disk, unflushed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := maps.Clone(d.durable)
	pending := d.pending
	switch m {
	case Nothing:
		pending = nil
	case Prefix:
		pending = pending[:r.IntN(len(pending)+1)]
	}
	for i, w := range pending {
		switch {
		case m == Sectors:
			for at := 0; at < len(w.data); at += sector {
				if r.IntN(2) == 0 {
					left.put(w.off+int64(at), w.data[at:min(at+sector, len(w.data))])
				}
			}
		case m == Prefix && i == len(pending)-1:
			left.put(w.off, w.data[:r.IntN(len(w.data)/sector+1)*sector])
		default:
			left.put(w.off, w.data)
		}
	}
	return &Disk{size: d.size, flush: d.flush, durable: left, current: maps.Clone(left)}, len(d.pending)
}

// Flushes is how often the disk was asked to flush.
func (d *Disk) Flushes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flushes
}

func (d *Disk) read(off int64, dest []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.current.get(off, dest)
}

func (d *Disk) write(off int64, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	data = bytes.Clone(data)
	d.current.put(off, data)
	d.pending = append(d.pending, write{off, data})
}

// sync makes durable what was written before it was called.
func (d *Disk) sync() {
	d.mu.Lock()
	d.flushes++
	n := len(d.pending)
	d.mu.Unlock()
	time.Sleep(d.flush)
	d.mu.Lock()
	defer d.mu.Unlock()
	n = min(n, len(d.pending)) // another flush may have ended meanwhile
	for _, w := range d.pending[:n] {
		d.durable.put(w.off, w.data)
	}
	d.pending = d.pending[n:]
}
