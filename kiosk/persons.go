package kiosk

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"xinmoi/store/queue"
)

// persons knows which of the day's tickets was taken with which card, and nothing
// else about anybody: it holds tags, which are HMACs of a card's number and a
// service under a key that lives no longer than the day.
//
// At the end of the day the key is overwritten and removed, and with it the tags
// mean nothing, whoever has the disk. (A flash disk may keep the old bytes of the
// key for a while where only its maker reads them.) Both lie in one folder, which
// no backup takes, so that a restart within the day still knows the tickets.
type persons struct {
	dir string // "": in memory only

	mu   sync.Mutex
	day  queue.Day // of the key; "" before the first ticket
	key  []byte    // nil until the first card of the day
	open map[string]owned
}

// owned is the ticket of a tag, and the intent that took it.
type owned struct {
	ticket queue.TicketID
	intent string // idempotency key; "" from before a restart
}

// PersonsFolder is where the day's key and tags are, below the room's folder. A
// backup leaves it out.
const PersonsFolder = "day"

// Their names end as those of secrets do, which never leave the machine.
const (
	keyFile  = "day.key"
	tagsFile = "tags.secret"
)

// begin takes up what an earlier run of the same day has left, and destroys what
// is of another day.
func (p *persons) begin(today queue.Day) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = map[string]owned{}
	if p.dir == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(p.dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return p.destroy()
	}
	if err != nil {
		return err
	}
	day, text, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != sha256.Size || queue.Day(day) != today || today == "" {
		return p.destroy() // of another day, or half written
	}
	p.day, p.key = today, key
	return p.readTags()
}

func (p *persons) readTags() error {
	f, err := os.Open(filepath.Join(p.dir, tagsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		tag, ticket, ok := strings.Cut(s.Text(), " ")
		id, err := strconv.ParseUint(ticket, 10, 64)
		if ok && err == nil { // a line that a power cut has torn is no tag
			p.open[tag] = owned{ticket: queue.TicketID(id)}
		}
	}
	return nil
}

// turn follows the business day: at its end everything is destroyed.
func (p *persons) turn(today queue.Day) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key == nil || p.day == today {
		return nil
	}
	if p.day == "" { // the card came before the first ticket, which opened the day
		p.day = today
		return p.writeKey()
	}
	return p.destroy()
}

// destroy ends the key and what was made with it.
func (p *persons) destroy() error {
	clear(p.key)
	p.day, p.key, p.open = "", nil, map[string]owned{}
	if p.dir == "" {
		return nil
	}
	path := filepath.Join(p.dir, keyFile)
	if f, err := os.OpenFile(path, os.O_WRONLY, 0o600); err == nil {
		fi, err := f.Stat()
		if err == nil {
			_, err = f.Write(make([]byte, fi.Size()))
		}
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("destroying the key of the day: %w", err)
		}
	}
	return os.RemoveAll(p.dir)
}

// person is what stands for a card's number while its holder is at the kiosk.
func (p *persons) person(today queue.Day, id []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key == nil {
		p.day, p.key = today, make([]byte, sha256.Size)
		rand.Read(p.key) // never fails
		if err := p.writeKey(); err != nil {
			return "", err
		}
	}
	return p.mac(id), nil
}

func (p *persons) mac(parts ...[]byte) string {
	h := hmac.New(sha256.New, p.key)
	for _, part := range parts {
		h.Write(part)
		h.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (p *persons) writeKey() error {
	if p.dir == "" {
		return nil
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	// Not synced: a key that a power cut took is made anew, and costs no more
	// than that somebody may take a second number.
	return os.WriteFile(filepath.Join(p.dir, keyFile), fmt.Appendf(nil, "%s %x\n", p.day, p.key), 0o600)
}

// of finds the ticket that the person took for a service.
func (p *persons) of(person string, service queue.ServiceID) (owned, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key == nil {
		return owned{}, false
	}
	o, ok := p.open[p.mac([]byte(person), []byte(service))]
	return o, ok
}

// took remembers the ticket that the person took for a service.
func (p *persons) took(person string, service queue.ServiceID, o owned) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key == nil {
		return nil // the day ended meanwhile
	}
	tag := p.mac([]byte(person), []byte(service))
	p.open[tag] = o
	if p.dir == "" {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(p.dir, tagsFile), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %d\n", tag, o.ticket)
	return errors.Join(err, f.Close())
}
