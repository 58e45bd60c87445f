package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"xinmoi/store/queue"
)

// linkLen is the length of a holder's link: 100 bits, which nobody guesses.
const linkLen = 20

// links turn tickets into their holders' links and back. The secret lies beside
// the book, since the book is copied, exported and backed up.
type links struct {
	secret []byte

	mu   sync.Mutex
	day  queue.Day
	done int // tickets of the day that are in ids
	ids  map[string]queue.TicketID
}

// open reads the secret, or makes one.
func (l *links) open(path string) error {
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		secret = make([]byte, 32)
		rand.Read(secret) // never fails
		err = writeFile(path, secret)
	}
	if err != nil {
		return err
	}
	if len(secret) != 32 {
		return fmt.Errorf("store: %s should have 32 bytes and has %d: put the right one back, or remove it, which ends the links that are out", path, len(secret))
	}
	l.secret = secret
	return nil
}

// link covers the number as well as the id: where a power cut took the end of the
// journal, the ids of lost tickets are given again, but with other numbers.
func (l *links) link(t *queue.Ticket) string {
	mac := hmac.New(sha256.New, l.secret)
	mac.Write(append(binary.BigEndian.AppendUint64(nil, uint64(t.ID)), t.Number...))
	return lower.EncodeToString(mac.Sum(nil))[:linkLen]
}

// Link returns the holder's link of a ticket. It is in no event, feed or export.
func (b *Book) Link(t *queue.Ticket) string { return b.links.link(t) }

// ByLink finds the day's ticket of a link.
func (b *Book) ByLink(link string) (queue.TicketID, bool) {
	if len(link) != linkLen {
		return 0, false
	}
	hall := b.View().Hall
	tickets := hall.Tickets()
	var day queue.Day
	if len(tickets) > 0 {
		day = tickets[0].Day
	}
	l := &b.links
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil || day != l.day {
		l.day, l.done, l.ids = day, 0, map[string]queue.TicketID{}
	}
	for ; l.done < len(tickets); l.done++ {
		l.ids[l.link(tickets[l.done])] = tickets[l.done].ID
	}
	id, ok := l.ids[link]
	if ok {
		_, ok = hall.Ticket(id)
	}
	return id, ok
}
