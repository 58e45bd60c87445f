//go:build linux && power

// Power cuts under a real file system. Needs root; "make test-power" runs it.

package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/powertest"
	"xinmoi/store/queue"
)

const (
	powerDir   = "XINMOI_TEST_POWER_DIR"
	powerPlant = "XINMOI_TEST_POWER_PLANT" // a bug to be caught, or ""
	powerBoot  = "XINMOI_TEST_POWER_BOOT"  // id of the boot
	powerLook  = "XINMOI_TEST_POWER_LOOK"  // a folder after a cut; what was told on stdin
)

// The bugs that are planted. With each of them the test must find losses.
const (
	plantEarly  = "answers before the commit"
	plantNoSync = "does not flush"
	plantRename = "renames a file that was not flushed"
)

func init() { victims[powerDir], victims[powerLook] = powerVictim, lookForLosses }

const diskSize = 384 << 20 // xfs wants 300 MB, the book's reserve 64

var (
	ext4 = []string{"mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"}
	xfs  = []string{"mkfs.xfs", "-q"}
)

// powerVictim is a busy hall. It says aloud what it was told, and only then:
// "opened INSTALLATION", "issued KEY NUMBER", "called KEY".
func powerVictim(dir string) error {
	o := Options{boot: func() string { return os.Getenv(powerBoot) }}
	switch os.Getenv(powerPlant) {
	case plantRename:
		return renamer(dir)
	case plantEarly:
		o.update = early()
	case plantNoSync:
		o.update = func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
			db.NoSync = true
			return db.Update(fn)
		}
	}
	b, err := Open(dir, o)
	if err != nil {
		return err
	}
	fmt.Println("opened " + installationOf(b))
	if _, err := b.Do(context.Background(), Request{Command: configure(patientRules(6))}); err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(line string) { mu.Lock(); defer mu.Unlock(); fmt.Println(line) }
	var all sync.WaitGroup
	for k := range 3 {
		all.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%s-k%d-%d", os.Getenv(powerBoot), k, i)
				if a, err := b.Do(context.Background(), Request{Command: cs, Key: key}); err == nil {
					for _, e := range a.Entries {
						if e, ok := e.Event.(queue.Issued); ok {
							say("issued " + key + " " + e.Number)
						}
					}
				}
				time.Sleep(rand.N(8 * time.Millisecond))
			}
		})
	}
	for q := range 6 {
		all.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%s-q%d-%d", os.Getenv(powerBoot), q, i)
				if _, err := b.Do(context.Background(), Request{Command: queue.CallNext{Counter: queue.CounterID(fmt.Sprintf("q%d", q+1))}, Key: key}); err == nil {
					say("called " + key)
				}
				time.Sleep(rand.N(16 * time.Millisecond))
			}
		})
	}
	all.Wait()
	return nil
}

// patientRules let a clerk press as fast as a test does.
func patientRules(counters int) queue.Rules {
	r := testRules(counters)
	r.Times.RepeatS, r.Times.NoShowBeforeS = -1, -1
	return r
}

func installationOf(b *Book) (id string) {
	_ = b.look(func(tx *bolt.Tx) error { id = string(tx.Bucket(bucketMeta).Get(keyInstallation)); return nil })
	return id
}

// early is a commit that is answered before it is done.
func early() func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
	done := make(chan error, 1)
	done <- nil
	return func(db *bolt.DB, fn func(tx *bolt.Tx) error) error {
		if err := <-done; err != nil {
			return err
		}
		tx, err := db.Begin(true)
		if err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		go func() {
			time.Sleep(3 * time.Millisecond)
			done <- tx.Commit()
		}()
		return nil
	}
}

const renamed = "numbers"

// renamer is how many programs keep their state: the whole of it into another
// file, and that one moved over the old. Nothing is flushed.
func renamer(dir string) error {
	var all []string
	for i := 0; ; i++ {
		key := fmt.Sprintf("%s-k0-%d", os.Getenv(powerBoot), i)
		all = append(all, key)
		temp := filepath.Join(dir, renamed+".new")
		if err := os.WriteFile(temp, []byte(strings.Join(all, "\n")+"\n"), 0o600); err != nil {
			return err
		}
		if err := os.Rename(temp, filepath.Join(dir, renamed)); err != nil {
			return err
		}
		fmt.Println("issued " + key + " " + key)
		time.Sleep(rand.N(4 * time.Millisecond))
	}
}

// told is what victims have said.
type told struct {
	mu           sync.Mutex
	Installation string
	Numbers      map[string]string // by key
	Keys         []string          // in the order said, of calls too
	keyOf        map[string]string // by number
	twice        []string
}

func newTold() *told { return &told{Numbers: map[string]string{}, keyOf: map[string]string{}} }

func (t *told) hear(line string) {
	words := strings.Fields(line)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case len(words) == 2 && words[0] == "opened":
		t.Installation = words[1]
	case len(words) == 3 && words[0] == "issued":
		if key, ok := t.keyOf[words[2]]; ok {
			t.twice = append(t.twice, fmt.Sprintf("%s was told to %s and to %s", words[2], key, words[1]))
		}
		t.Numbers[words[1]], t.keyOf[words[2]] = words[2], words[1]
		t.Keys = append(t.Keys, words[1])
	case len(words) == 2 && words[0] == "called":
		t.Keys = append(t.Keys, words[1])
	}
}

// now is what has been told up to this moment.
func (t *told) now() *told {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &told{Installation: t.Installation, Numbers: maps.Clone(t.Numbers), Keys: slices.Clone(t.Keys), keyOf: maps.Clone(t.keyOf), twice: slices.Clone(t.twice)}
}

// hall is a running victim.
type hall struct {
	cmd  *exec.Cmd
	told *told
	over chan struct{} // its last line was heard
}

func startHall(t *testing.T, dir, plant, boot string, said *told) *hall {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), powerDir+"="+dir, powerPlant+"="+plant, powerBoot+"="+boot)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	h := &hall{cmd: cmd, told: said, over: make(chan struct{})}
	go func() {
		defer close(h.over)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said.hear(lines.Text())
		}
	}()
	return h
}

func (h *hall) kill() {
	_ = h.cmd.Process.Kill()
	<-h.over
	_ = h.cmd.Wait()
}

// losses compares a disk after a power cut with what people were told before it.
// It looks by a process of its own: ours serves the disk.
func losses(t *testing.T, s *powertest.Shelf, d *powertest.Disk, plant, boot, options string, said *told) (found []string) {
	m, err := s.Attach(d, nil, options)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { require.NoError(t, m.Detach()) }()
	in, err := json.Marshal(said)
	require.NoError(t, err)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), powerLook+"="+m.Dir, powerPlant+"="+plant, powerBoot+"="+boot)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return []string{fmt.Sprintf("%v: %s", err, out)}
	}
	for line := range strings.Lines(string(out)) {
		found = append(found, strings.TrimSpace(line))
	}
	return found
}

// lookForLosses prints a line for each thing that was told and is not so.
func lookForLosses(dir string) error {
	said := newTold()
	if err := json.NewDecoder(os.Stdin).Decode(said); err != nil {
		return err
	}
	if os.Getenv(powerPlant) == plantRename {
		for _, loss := range renamerLosses(dir, said) {
			fmt.Println(loss)
		}
		return nil
	}
	b, err := Open(dir, Options{boot: func() string { return os.Getenv(powerBoot) }})
	if err != nil {
		return err
	}
	if id := installationOf(b); said.Installation != "" && id != said.Installation {
		fmt.Println("another book was begun")
	}
	numbers := map[string]bool{}
	for _, ticket := range b.View().Hall.Tickets() {
		if numbers[ticket.Number] {
			fmt.Println(ticket.Number, "was given twice")
		}
		numbers[ticket.Number] = true
	}
	for key, number := range said.Numbers {
		if !numbers[number] {
			fmt.Println(number, "was told to", key, "and is lost")
		}
	}
	held := map[queue.TicketID]bool{}
	for _, c := range b.View().Hall.Counters() {
		if c.Ticket != 0 && held[c.Ticket] {
			fmt.Println("ticket", c.Ticket, "is at two counters")
		}
		held[c.Ticket] = true
	}
	for _, key := range said.Keys[max(0, len(said.Keys)-20):] { // the last ones give what they gave
		c := queue.Command(cs)
		if _, q, ok := strings.Cut(key, "-q"); ok {
			c = queue.CallNext{Counter: queue.CounterID("q" + string(q[0]+1))}
		}
		if a, err := b.Do(context.Background(), Request{Command: c, Key: key}); err != nil || !a.Repeated {
			fmt.Println(key, "was answered and is lost:", err)
		}
	}
	return b.Close()
}

func renamerLosses(dir string, said *told) (found []string) {
	data, err := os.ReadFile(filepath.Join(dir, renamed))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []string{err.Error()}
	}
	have := strings.Fields(string(data))
	for key := range said.Numbers {
		if !slices.Contains(have, key) {
			found = append(found, key+" is lost")
		}
	}
	return found
}

// shelf is one for a test.
func shelf(t *testing.T) *powertest.Shelf {
	s, err := powertest.NewShelf(t.TempDir())
	require.NoError(t, err, "this test needs root, /dev/fuse and loop devices")
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// cuts takes the power from a running hall so many times, each time on a copy of
// its disk, and says what was lost. pause is the longest time between two.
func cuts(t *testing.T, mkfs []string, options, plant string, points int, flush, pause time.Duration) (found []string) {
	s := shelf(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	d := powertest.NewDisk(diskSize, flush)
	m, err := s.Attach(d, mkfs, options)
	require.NoError(t, err)
	said := newTold()
	h := startHall(t, m.Dir, plant, "boot0", said)
	atStake := 0
	for i := range points {
		time.Sleep(time.Duration(r.Int64N(int64(pause))))
		mode := powertest.AnyMode(r)
		was := said.now() // first what was told, then the disk: never the other way round
		crashed, unflushed := d.Crash(mode, r)
		if unflushed > 0 {
			atStake++
		}
		for _, loss := range losses(t, s, crashed, plant, fmt.Sprint("after", i), options, was) {
			found = append(found, fmt.Sprintf("cut %d (%s): %s", i, mode, loss))
		}
		if plant != "" && len(found) > 0 {
			break // caught
		}
	}
	h.kill()
	require.NoError(t, m.Detach())
	last := said.now()
	t.Logf("%d power cuts, %d with writes not flushed; %d numbers told, %d flushes", points, atStake, len(last.Numbers), d.Flushes())
	if plant == "" {
		assert.Greater(t, len(last.Numbers), points/2, "the hall was not busy")
		assert.NotZero(t, atStake)
	}
	return append(found, last.twice...)
}

func TestPowerExt4(t *testing.T) {
	assert.Empty(t, cuts(t, ext4, "", "", 100, time.Millisecond, 100*time.Millisecond))
}

func TestPowerXFS(t *testing.T) {
	assert.Empty(t, cuts(t, xfs, "nouuid", "", 50, time.Millisecond, 100*time.Millisecond))
}

// The first start: a book is begun, or not, and what was told is there.
func TestPowerFirstStart(t *testing.T) {
	for range 10 {
		assert.Empty(t, cuts(t, ext4, "", "", 4, 20*time.Millisecond, 300*time.Millisecond))
	}
}

// The disk after the cut is the one that goes on: no number twice over all of them.
func TestPowerGoesOn(t *testing.T) {
	s := shelf(t)
	r := rand.New(rand.NewPCG(rand.Uint64(), 0))
	d, mkfs := powertest.NewDisk(diskSize, time.Millisecond), ext4
	said := newTold()
	for round := range 15 {
		m, err := s.Attach(d, mkfs, "")
		require.NoError(t, err)
		h := startHall(t, m.Dir, "", fmt.Sprint("boot", round), said)
		time.Sleep(200*time.Millisecond + time.Duration(r.Int64N(int64(300*time.Millisecond))))
		was := said.now()
		crashed, _ := d.Crash(powertest.AnyMode(r), r)
		h.kill()
		require.NoError(t, m.Detach())
		said = was // what came after the cut was told to nobody
		require.Empty(t, losses(t, s, crashed, "", fmt.Sprint("after", round), "", was), "round %d", round)
		d, mkfs = crashed, nil
	}
	assert.Empty(t, said.twice)
	t.Logf("%d numbers over 15 power cuts", len(said.Numbers))
	assert.Greater(t, len(said.Numbers), 100)
}

// Each planted bug must be found, or the tests above prove nothing.
func TestPowerCatches(t *testing.T) {
	for _, plant := range []string{plantEarly, plantNoSync, plantRename} {
		t.Run(plant, func(t *testing.T) {
			found := cuts(t, ext4, "", plant, 40, time.Millisecond, 60*time.Millisecond)
			require.NotEmpty(t, found)
			t.Log(found[0])
		})
	}
}
