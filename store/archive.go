package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/fxamacker/cbor/v2"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// ArchiveDir is the folder beside a book with the months that are no longer in it.
func ArchiveDir(book string) string { return filepath.Join(filepath.Dir(book), "archive") }

// An archive is a month of the journal in one file, "2016-11.journal.gz", that can
// be read without the book: DESIGN.md has its format. It is written once and never
// changed.
const (
	archiveSuffix = ".journal.gz"
	archiveMagic  = "xinmoi archive 1\n"
	archiveMost   = 64 << 20 // no header or record is longer
)

// ErrArchive: an archive is not as it was written, or not of this book.
var ErrArchive = errors.New("store: the archive is damaged")

// archiveHeader says what is in an archive.
type archiveHeader struct {
	Installation string       `cbor:"1,keyasint"`
	Month        string       `cbor:"2,keyasint"` // "2016-11"
	Days         []archiveDay `cbor:"3,keyasint"`
	State        []byte       `cbor:"4,keyasint,omitempty"` // the stored snapshot after the entry before the first; none before entry 1
}

type archiveDay struct {
	Day   queue.Day `cbor:"1,keyasint"`
	First Seq       `cbor:"2,keyasint"`
	Last  Seq       `cbor:"3,keyasint"`
	Base  []byte    `cbor:"4,keyasint"` // head of the chain before First
	Head  []byte    `cbor:"5,keyasint"` // and after Last
}

func (d archiveDay) equal(o archiveDay) bool {
	return d.Day == o.Day && d.First == o.First && d.Last == o.Last && bytes.Equal(d.Base, o.Base) && bytes.Equal(d.Head, o.Head)
}

// monthOf a day; what came before the first day goes with the first month.
func monthOf(day queue.Day) string { return string(day[:len("2006-01")]) }

func archiveFile(dir, month string) string { return filepath.Join(dir, month+archiveSuffix) }

// archiveWriter writes the parts of an archive and what they hash to.
type archiveWriter struct {
	zip *gzip.Writer
	sum hash.Hash
}

func (w *archiveWriter) part(data []byte) error {
	buf := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(data)), uint32(len(data)))
	return w.raw(append(buf, data...))
}

func (w *archiveWriter) raw(data []byte) error {
	w.sum.Write(data)
	_, err := w.zip.Write(data)
	return err
}

// writeArchive puts the month's archive into place whole, durable and verified.
func (r reading) writeArchive(ctx context.Context, file string, h *archiveHeader) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temp := file + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = r.fillArchive(ctx, f, h)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = verifyArchive(temp, h)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, file); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(file)), syncDir(filepath.Dir(filepath.Dir(file))))
}

func (r reading) fillArchive(ctx context.Context, f io.Writer, h *archiveHeader) error {
	buf := bufio.NewWriterSize(f, 1<<18)
	zip := gzip.NewWriter(buf)
	w := archiveWriter{zip: zip, sum: sha256.New()}
	head, err := cbor.Marshal(h)
	if err != nil {
		return err
	}
	if err := errors.Join(w.raw([]byte(archiveMagic)), w.part(head)); err != nil {
		return err
	}
	for _, day := range h.Days {
		for at := day.First - 1; at < day.Last; {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			raw, err := r.raw(at, min(slice, int(day.Last-at)))
			if err != nil {
				return err
			}
			for _, s := range raw {
				if s.seq != at+1 {
					return fmt.Errorf("store: entry %d is missing", at+1)
				}
				if err := w.part(s.data); err != nil {
					return err
				}
				at = s.seq
			}
			if len(raw) == 0 {
				return fmt.Errorf("store: entry %d is missing", at+1)
			}
		}
	}
	if _, err := zip.Write(w.sum.Sum(nil)); err != nil {
		return err
	}
	return errors.Join(zip.Close(), buf.Flush())
}

// archiveReader reads an archive from its beginning to its end.
type archiveReader struct {
	in     io.Reader
	sum    hash.Hash
	file   *os.File
	header archiveHeader
}

// openArchive reads the header. An error that is not ErrArchive is the disk's.
func openArchive(file string) (_ *archiveReader, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	a := &archiveReader{sum: sha256.New(), file: f}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	zip, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		return nil, a.damaged("%w", err)
	}
	a.in = bufio.NewReaderSize(zip, 1<<16)
	magic := make([]byte, len(archiveMagic))
	if _, err := io.ReadFull(a.in, magic); err != nil {
		return nil, a.damaged("%w", err)
	}
	if string(magic) != archiveMagic {
		return nil, a.damaged("not an archive, or one of a newer version of this program")
	}
	a.sum.Write(magic)
	head, err := a.part()
	if err == nil {
		err = cbor.Unmarshal(head, &a.header)
	}
	if err != nil {
		return nil, a.damaged("header: %w", err)
	}
	return a, nil
}

// openMonth opens the archive of a month of the book, and holds its header against
// what the book keeps of those days: another house's is no part of this journal.
func (r reading) openMonth(month string) (a *archiveReader, err error) {
	var h *archiveHeader
	err = r.look(func(tx *bolt.Tx) (err error) { h, err = headerOf(tx, month); return err })
	if err != nil {
		return nil, err
	}
	if a, err = openArchive(archiveFile(r.archive, month)); err != nil {
		return nil, err
	}
	if err = a.fits(h); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// damaged is ErrArchive with its file and what is wrong.
func (a *archiveReader) damaged(format string, args ...any) error {
	return &BookError{File: a.file.Name(), Err: fmt.Errorf("%w: "+format, append([]any{ErrArchive}, args...)...)}
}

// Close may fail without harm: nothing was written.
func (a *archiveReader) Close() { _ = a.file.Close() }

func (a *archiveReader) part() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(a.in, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > archiveMost {
		return nil, errors.New("a part that is too long")
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(a.in, data); err != nil {
		return nil, err
	}
	a.sum.Write(size[:])
	a.sum.Write(data)
	return data, nil
}

// records hands on each record, and then checks the hash over all. What was handed
// on is worth nothing after an error.
func (a *archiveReader) records(fn func(day *archiveDay, seq Seq, data []byte) error) error {
	for i := range a.header.Days {
		day := &a.header.Days[i]
		for seq := day.First; seq <= day.Last; seq++ {
			data, err := a.part()
			if err != nil {
				return a.damaged("entry %d: %w", seq, err)
			}
			if err := fn(day, seq, data); err != nil {
				return err
			}
		}
	}
	want, err := io.ReadAll(io.LimitReader(a.in, 1<<10))
	if err != nil || !bytes.Equal(want, a.sum.Sum(nil)) {
		return a.damaged("its end does not fit: %v", err)
	}
	return nil
}

// verifyArchive reads a whole archive back and holds it against what should be in
// it: the days, each with its chain.
func verifyArchive(file string, want *archiveHeader) error {
	a, err := openArchive(file)
	if err != nil {
		return err
	}
	defer a.Close()
	err = a.fits(want)
	if err == nil {
		err = a.chained(func(*archiveDay, Seq, []byte) error { return nil })
	}
	return err
}

// fits holds the header against what the book keeps of those days.
func (a *archiveReader) fits(want *archiveHeader) error {
	if a.header.Installation != want.Installation || a.header.Month != want.Month || !slices.EqualFunc(a.header.Days, want.Days, archiveDay.equal) {
		return a.damaged("it is not of this book's days of %s", want.Month)
	}
	return nil
}

// chained is records with the chain of each day held against its head.
func (a *archiveReader) chained(fn func(day *archiveDay, seq Seq, data []byte) error) error {
	var at head
	return a.records(func(day *archiveDay, seq Seq, data []byte) error {
		if seq == day.First {
			copy(at[:], day.Base)
		}
		at = at.next(seq, data)
		if seq == day.Last && !bytes.Equal(at[:], day.Head) {
			return a.damaged("day %s does not give its head", day.Day)
		}
		return fn(day, seq, data)
	})
}

// headerOf says what belongs into the archive of a month.
func headerOf(tx *bolt.Tx, month string) (*archiveHeader, error) {
	h := &archiveHeader{Month: month, Installation: string(tx.Bucket(bucketMeta).Get(keyInstallation))}
	var base head
	var before []byte // the key of the day before
	first := ""       // month of the first day
	c := tx.Bucket(bucketDays).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(v) != 16+len(head{}) {
			return nil, fmt.Errorf("%w: day %s: %w", ErrDamaged, k, errShort)
		}
		day := queue.Day(k)
		if first == "" && day != dayBefore {
			first = monthOf(day)
			if first != month {
				h.Days = nil // what came before the first day goes with the first month
			}
		}
		if day == dayBefore || monthOf(day) == month {
			if len(h.Days) == 0 && before != nil {
				h.State = bytes.Clone(tx.Bucket(bucketSnap).Get(before))
			}
			h.Days = append(h.Days, archiveDay{Day: day, First: seqOf(v), Last: seqOf(v[8:]), Base: bytes.Clone(base[:]), Head: bytes.Clone(v[16:])})
		}
		copy(base[:], v[16:])
		before = bytes.Clone(k)
	}
	if first == "" || len(h.Days) == 0 {
		return nil, fmt.Errorf("store: there is no day of %s", month)
	}
	return h, nil
}
