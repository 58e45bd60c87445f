package lending

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Key is what is kept of an agent's key: enough to know it again, not enough to
// use it.
type Key struct {
	Name   string    `json:"name"`
	SHA256 string    `json:"sha256"`
	Made   time.Time `json:"made"`
	Seen   time.Time `json:"seen,omitzero"` // when it last came or went
	From   string    `json:"from,omitempty"`
}

// Errors of Keys.
var (
	ErrKnown   = errors.New("there is a key of that name already")
	ErrUnknown = errors.New("there is no key of that name")
)

// keyBytes is 200 bits: nobody guesses one, so a plain hash keeps it well.
const keyBytes = 25

// Keys are the keys of the agents of a hall, in a file of their own that is in
// no backup and no export.
type Keys struct {
	file string
	mu   sync.Mutex
	all  []Key
}

// OpenKeys reads the file, if there is one.
func OpenKeys(file string) (*Keys, error) {
	k := &Keys{file: file}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &k.all)
	}
	if err != nil {
		return nil, fmt.Errorf("keys of the agents: %w", err)
	}
	return k, nil
}

// Add makes a key, which is told this once.
func (k *Keys) Add(name string) (key string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.find(name) >= 0 {
		return "", ErrKnown
	}
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b) // never fails
	key = strings.ToLower(base32.StdEncoding.EncodeToString(b))
	err = k.save(append(slices.Clone(k.all), Key{Name: name, SHA256: digest(key), Made: time.Now().Truncate(time.Second)}))
	return key, err
}

// Revoke takes a key back.
func (k *Keys) Revoke(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := k.find(name)
	if i < 0 {
		return ErrUnknown
	}
	return k.save(slices.Delete(slices.Clone(k.all), i, i+1))
}

// Fits reports whether key is that of name, in a time that tells nothing.
func (k *Keys) Fits(name, key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	want := strings.Repeat("0", 2*sha256.Size)
	if i := k.find(name); i >= 0 {
		want = k.all[i].SHA256
	}
	return subtle.ConstantTimeCompare([]byte(digest(strings.TrimSpace(key))), []byte(want)) == 1
}

// Saw notes that an agent has come or gone.
func (k *Keys) Saw(name, from string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := k.find(name)
	if i < 0 {
		return nil // revoked meanwhile
	}
	all := slices.Clone(k.all)
	all[i].Seen, all[i].From = time.Now().Truncate(time.Second), from
	return k.save(all)
}

// List lists the keys by name.
func (k *Keys) List() []Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.all)
}

func (k *Keys) find(name string) int {
	return slices.IndexFunc(k.all, func(x Key) bool { return x.Name == name })
}

// save writes the file anew; what was there stays if that fails.
func (k *Keys) save(all []Key) error {
	slices.SortFunc(all, func(a, b Key) int { return strings.Compare(a.Name, b.Name) })
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(k.file), filepath.Base(k.file)+".*") // only its owner may read it
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), k.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	k.all = all
	return nil
}

func digest(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:])
}
