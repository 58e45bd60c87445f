package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// ErrNoHead: what was given as a head is none.
var ErrNoHead = errors.New("a head is 16 to 64 hexadecimal digits")

// Head is the head of the chain after an entry. Written down outside the file, on
// the closing slip or with a backup, it shows later that nothing up to that entry
// was changed: xinmoi audit --head takes both of its forms.
type Head struct {
	Seq Seq
	Sum [32]byte
}

// String is all 64 hexadecimal digits.
func (h Head) String() string { return hex.EncodeToString(h.Sum[:]) }

// Short is the first 16 digits in groups, as people copy them from paper: 64 bits,
// too many to be met by chance or by trying.
func (h Head) Short() string {
	s := strings.ToUpper(hex.EncodeToString(h.Sum[:8]))
	return s[:4] + " " + s[4:8] + " " + s[8:12] + " " + s[12:]
}

// ParseHead reads a head in either form, spaces and hyphens passed over, and
// returns its first bytes.
func ParseHead(s string) ([]byte, error) {
	plain := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
	sum, err := hex.DecodeString(plain)
	if err != nil || len(sum) < 8 || len(sum) > len(head{}) {
		return nil, fmt.Errorf("%w: %q", ErrNoHead, s)
	}
	return sum, nil
}

// HeadAfter returns the head after a committed entry. The closing slip of a day
// carries that after its day.closed. The day's entries up to it are hashed again.
func (b *Book) HeadAfter(seq Seq) (h Head, err error) {
	if v := b.View(); seq == 0 || seq > v.Seq {
		return h, fmt.Errorf("store: there is no entry %d", seq)
	}
	err = b.look(func(tx *bolt.Tx) error {
		days := daysAfter(tx, seq-1)
		if len(days) == 0 {
			return fmt.Errorf("store: there is no entry %d", seq)
		}
		sum, last, err := baseOf(tx, days[0])
		if err != nil {
			return err
		}
		c := tx.Bucket(bucketOf(days[0])).Cursor()
		for k, v := c.First(); k != nil && seqOf(k) <= seq; k, v = c.Next() {
			if seqOf(k) != last+1 {
				break
			}
			last++
			sum = sum.next(last, v)
		}
		if last != seq {
			return missing(last+1, days[0])
		}
		h = Head{Seq: seq, Sum: sum}
		return nil
	})
	return h, err
}

// baseOf returns head and number of the last entry before a day's first.
func baseOf(tx *bolt.Tx, day queue.Day) (base head, last Seq, err error) {
	t, err := tailOf(tx)
	if err != nil {
		return base, 0, err
	}
	if day == t.day {
		return t.base, max(t.first, 1) - 1, nil
	}
	c := tx.Bucket(bucketDays).Cursor()
	c.Seek([]byte(day))
	k, v := c.Prev()
	if k == nil { // the first day there is
		return base, 0, nil
	}
	if len(v) < 16+len(head{}) {
		return base, 0, fmt.Errorf("%w: day %s: %w", ErrDamaged, k, errShort)
	}
	copy(base[:], v[16:])
	return base, seqOf(v[8:]), nil
}
