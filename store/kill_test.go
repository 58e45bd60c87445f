package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"xinmoi/store/queue"
)

// The test binary is its own victim: with one of these set it does the work
// that is to be interrupted.
const (
	killDir  = "XINMOI_TEST_KILL_DIR"
	fillDisk = "XINMOI_TEST_FILL_DISK"
)

// victims do their work in the folder that their variable names.
var victims = map[string]func(dir string) error{killDir: victim, fillDisk: fullDisk}

func TestMain(m *testing.M) {
	for name, run := range victims {
		if dir := os.Getenv(name); dir != "" {
			if err := run(dir); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// victim gives numbers and calls them until it is killed, and says aloud what
// it was told: "issued KEY NUMBER".
func victim(dir string) error {
	b, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	rules := testRules(20)
	if _, err := b.Do(context.Background(), Request{Command: configure(rules)}); err != nil {
		return err
	}
	fmt.Println("ready")
	out := make(chan string)
	for k := range 8 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d-%d-%d", os.Getpid(), k, i)
				a, err := b.Do(context.Background(), Request{Command: cs, Key: key})
				if err != nil {
					out <- "error " + err.Error()
					continue
				}
				for _, e := range a.Entries {
					if e, ok := e.Event.(queue.Issued); ok {
						out <- "issued " + key + " " + e.Number
					}
				}
			}
		}()
	}
	for q := range 20 {
		go func() {
			for {
				b.Do(context.Background(), Request{Command: queue.CallNext{Counter: queue.CounterID(fmt.Sprintf("q%d", q+1))}})
				time.Sleep(5 * time.Millisecond)
			}
		}()
	}
	for line := range out {
		fmt.Println(line)
	}
	return nil
}

// kill -9 at any moment: every number that was told is there, and none twice.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	told := map[string]string{} // by key
	for life := range 10 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		require.True(t, lines.Scan())
		require.Equal(t, "ready", lines.Text())
		kill := func() { time.AfterFunc(rand.N(200*time.Millisecond), func() { cmd.Process.Kill() }) }
		first := life%2*25 + 1 // every other one lives until it has told some, however slow the disk
		if first == 1 {
			kill()
		}
		for n := 0; lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) != 3 || words[0] != "issued" {
				continue // the last line may be cut
			}
			told[words[1]] = words[2]
			if n++; n == first && first > 1 {
				kill()
			}
		}
		cmd.Wait()
		checkTold(t, dir, told)
	}
	t.Logf("%d numbers over 10 kills", len(told))
	assert.Greater(t, len(told), 100)
}

func checkTold(t *testing.T, dir string, told map[string]string) {
	b, err := Open(dir, Options{})
	require.NoError(t, err)
	defer shut(t, b)
	numbers := map[string]queue.TicketID{}
	for _, ticket := range b.View().Hall.Tickets() {
		require.Zero(t, numbers[ticket.Number], "%s was given twice", ticket.Number)
		numbers[ticket.Number] = ticket.ID
	}
	for key, number := range told {
		require.NotZero(t, numbers[number], "%s was told and is lost", number)
		a, err := b.Do(t.Context(), Request{Command: cs, Key: key})
		require.NoError(t, err)
		require.True(t, a.Repeated)
		require.Equal(t, number, issued(t, a).Number)
	}
	checkHeldOnce(t, b.View().Hall)
}

// A disk that is really full: everybody who has a number is served, and when
// there is room again all goes on without a restart.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fillDisk+"="+dir)
	cmd.SysProcAttr = ownMounts()
	out, err := cmd.CombinedOutput()
	if strings.Contains(fmt.Sprint(err), "operation not permitted") || strings.Contains(string(out), errMount) {
		t.Skipf("this machine lets nobody mount a small disk: %v %s", err, out)
	}
	require.NoError(t, err, string(out))
}

const errMount = "cannot mount"

// fullDisk runs in a mount namespace of its own.
func fullDisk(dir string) error {
	if err := mountSmall(dir, "150m"); err != nil {
		return fmt.Errorf("%s: %w", errMount, err)
	}
	b, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	ask := func(c queue.Command) error { _, err := b.Do(ctx, Request{Command: c}); return err }
	rules := testRules(20)
	rules.Times.RepeatS, rules.Times.NoShowBeforeS = -1, -1
	if err := ask(configure(rules)); err != nil {
		return err
	}
	for range 1500 {
		if err := ask(cs); err != nil {
			return err
		}
	}
	b.lookAtDisk(ctx)
	if _, err := os.Stat(filepath.Join(dir, ballastName)); err != nil {
		return fmt.Errorf("no ballast: %w", err)
	}
	filler := filepath.Join(dir, "filler")
	if err := fill100(filler); err != nil {
		return err
	}
	if _, err := b.Note(ctx, "test.huge", 1, make([]byte, 2*ballastSize)); err != ErrOutcomeUnknown {
		return fmt.Errorf("a commit on a full disk: %w", err)
	}
	if err := ask(cs); err != ErrDiskLow {
		return fmt.Errorf("a number on a full disk: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ballastName)); err == nil {
		return errors.New("the ballast was not spent")
	}
	if err := serveAll(b); err != nil {
		return fmt.Errorf("on a full disk: %w", err)
	}
	finished := 0
	for _, t := range b.View().Hall.Tickets() {
		if t.State == queue.Finished {
			finished++
		}
	}
	if finished != 1500 {
		return fmt.Errorf("on a full disk %d of 1500 were finished", finished)
	}
	b.lookAtDisk(ctx)
	if err := ask(cs); err != ErrDiskLow {
		return fmt.Errorf("a number when all are finished: %w", err)
	}
	if err := os.Remove(filler); err != nil {
		return err
	}
	b.lookAtDisk(ctx)
	if err := ask(cs); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if b.View().DiskLow {
		return errors.New("with room again the disk is still said to be low")
	}
	if _, err := os.Stat(filepath.Join(dir, ballastName)); err != nil {
		return fmt.Errorf("the ballast was not made again: %w", err)
	}
	if err := b.Close(); err != nil {
		return err
	}
	r, err := Audit(BookFile(dir), AuditOptions{})
	if err == nil && r.Faults() > 0 {
		err = fmt.Errorf("audit: %v", r.Findings)
	}
	return err
}

// serveAll calls until nobody waits, at 20 counters, and finishes the last ones.
func serveAll(b *Book) error {
	var wg sync.WaitGroup
	errs := make(chan error, 20)
	for q := range 20 {
		wg.Go(func() {
			id := queue.CounterID(fmt.Sprintf("q%d", q+1))
			for tries := 0; len(b.View().Hall.Waiting("cs")) > 0; {
				_, err := b.Do(context.Background(), Request{Command: queue.CallNext{Counter: id}})
				if tries++; err != nil && tries > 3000 {
					errs <- err
					return
				}
			}
			if c, _ := b.View().Hall.Counter(id); c.Ticket != 0 {
				if _, err := b.Do(context.Background(), Request{Command: queue.Finish{Counter: id}}); err != nil {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	if n := len(b.View().Hall.Waiting("cs")); n > 0 {
		return fmt.Errorf("%d still wait", n)
	}
	return nil
}

// fill100 takes what is free, at once: while it goes on slowly, the book gives its
// ballast up, and that would be filled too.
func fill100(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	free, err := freeBytes(filepath.Dir(path))
	if err != nil {
		return err
	}
	end := int64(0)
	for size := int64(free); size >= 512; {
		if err = unix.Fallocate(int(f.Fd()), 0, end, size); err == nil {
			end += size
		} else {
			size /= 2
		}
	}
	if !noRoom(err) {
		return err
	}
	return f.Close()
}
