package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// A backup is a folder, xinmoi-INSTALLATION-2026-11-26-121500, with the book, the
// folders of the rooms and a backup.json that says what is in it. The months of the
// archive never change and are many: they lie once beside all backups of the house,
// in xinmoi-INSTALLATION-archive.
const (
	stampLayout    = "2006-01-02-150405"
	manifestName   = "backup.json"
	setRoom        = 8 << 20             // to be left on the stick beside what is copied
	unfinishedName = "xinmoi-unfinished" // a backup in the making; one that is left over is removed
)

// roomFolders of the data folder go into a backup, as far as they are there.
var roomFolders = []string{"kiosk", "counter", "display", "printer", "lang"}

// isSecret are files that never leave the machine: secrets, and the key of the day.
func isSecret(name string) bool {
	return name == "secret" || strings.HasSuffix(name, ".secret") || strings.HasSuffix(name, ".key")
}

// isVideo are the videos of the boards, of up to 500 MB each. They are in no
// backup: fourteen days of one would fill a stick, so that the book itself had no
// room, and whoever put it on the boards still has it.
func isVideo(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".mp4" || ext == ".webm"
}

// Why a backup is not made.
var (
	errNoStick = errors.New("the stick is not plugged in, or the folder is not there")
	errNoRoom  = errors.New("no room left")
	errBadCopy = errors.New("the copy is not whole")
	errBusy    = errors.New("another backup is being made there")
	errTooLong = errors.New("the verification did not end")
)

// partly is a backup that is there and whole, but for months of the archive.
type partly struct {
	months []string // that are not whole here either
	err    error    // why no more were copied
}

func (p *partly) Error() string {
	if p.err != nil {
		return "archive: " + p.err.Error()
	}
	return "archive: " + strings.Join(p.months, ", ")
}

func (p *partly) Unwrap() error { return p.err }

// tooSmall is errNoRoom before anything was written. Bytes.
type tooSmall struct {
	to         string
	need, free uint64
}

func (e *tooSmall) Error() string {
	return fmt.Sprintf("%v in %s: %d MB are needed, %d MB are free", errNoRoom, e.to, e.need>>20, e.free>>20)
}

func (e *tooSmall) Unwrap() error { return errNoRoom }

// manifest is backup.json.
type manifest struct {
	Made         time.Time `json:"made,omitzero"`
	Installation string    `json:"installation"`
	Entries      store.Seq `json:"entries"` // number of the last one
	InBook       int       `json:"in_book"` // entries in the book itself; those before are in the archive
	Tickets      int       `json:"tickets"` // numbers issued in these
	Months       int       `json:"months"`  // that are in the archive instead
	Day          queue.Day `json:"day"`     // the last one
	Head         string    `json:"head"`    // of the chain after the last entry

	bare bool // the book alone
}

// set makes one backup.
type set struct {
	data string
	to   string
	keep int                                        // how many stay; 0: all
	copy func(ctx context.Context, to string) error // puts the book there
	now  time.Time
}

// make leaves a whole, verified backup, or nothing new. It says where, with *partly too.
func (b *set) make(ctx context.Context) (where string, m *manifest, err error) {
	folder, err := os.OpenFile(b.to, unix.O_DIRECTORY, 0)
	if err != nil {
		return "", nil, errors.Join(errNoStick, err)
	}
	defer folder.Close()
	// One at a time: of those who work by hand, and the daily one. Not every file
	// system has locks.
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return "", nil, errBusy
	}
	temp := filepath.Join(b.to, unfinishedName)
	if err := os.RemoveAll(temp); err != nil {
		return "", nil, err
	}
	if err := b.needRoom(); err != nil {
		return "", nil, err
	}
	if err := os.Mkdir(temp, 0o700); err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil && where == "" {
			err = errors.Join(noRoom(err), os.RemoveAll(temp))
		}
	}()
	book := filepath.Join(temp, filepath.Base(store.BookFile("")))
	if err := b.copy(ctx, book); err != nil {
		return "", nil, err
	}
	for _, room := range roomFolders {
		if err := copyFolder(ctx, filepath.Join(b.data, room), filepath.Join(temp, room)); err != nil {
			return "", nil, err
		}
	}
	if m, err = verifyApart(ctx, book); err != nil {
		return "", nil, err
	}
	m.Made = b.now
	text, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = writeSynced(filepath.Join(temp, manifestName), append(text, '\n'))
	}
	if err != nil {
		return "", nil, err
	}
	house := houseOf(m.Installation)
	place := b.free(house)
	if err := os.Rename(temp, place); err != nil {
		return "", nil, err
	}
	where = place
	if err := errors.Join(syncFolder(b.to), b.prune(house)); err != nil {
		return where, m, &partly{err: err}
	}
	_, bad, err := store.BringArchive(filepath.Join(where, filepath.Base(book)), store.ArchiveDir(store.BookFile(b.data)), filepath.Join(b.to, house+"-archive"))
	if err != nil || len(bad) > 0 {
		return where, m, &partly{bad, noRoom(err)}
	}
	return where, m, nil
}

// free is the first name from now on that is not taken.
func (b *set) free(house string) string {
	for at := b.now; ; at = at.Add(time.Second) {
		name := filepath.Join(b.to, house+"-"+at.Format(stampLayout))
		if _, err := os.Lstat(name); err != nil {
			return name
		}
	}
}

// needRoom looks before anything is written. What the copy needs is the size of
// the book and of the rooms' files.
func (b *set) needRoom() error {
	need := uint64(setRoom)
	for _, root := range append([]string{store.BookFile(b.data)}, inFolder(b.data, roomFolders)...) {
		err := filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && !isVideo(e.Name()) {
				need += uint64(info.Size())
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	var s unix.Statfs_t
	if err := unix.Statfs(b.to, &s); err != nil {
		return errors.Join(errNoStick, err)
	}
	if free := s.Bavail * uint64(s.Bsize); free < need {
		return &tooSmall{b.to, need, free}
	}
	return nil
}

// houseOf begins the names of an installation's backups.
func houseOf(installation string) string {
	return "xinmoi-" + installation[:min(6, len(installation))]
}

// prune removes the oldest backups of this house.
func (b *set) prune(house string) error {
	if b.keep <= 0 {
		return nil
	}
	all, err := setsOf(b.to, house)
	for len(all) > b.keep && err == nil {
		err = os.RemoveAll(all[0])
		all = all[1:]
	}
	return err
}

// setsOf lists the backups of a house, oldest first.
func setsOf(to, house string) (all []string, err error) {
	found, err := filepath.Glob(filepath.Join(to, house+"-*"))
	for _, name := range found {
		if len(name) < len(stampLayout) {
			continue
		}
		if _, bad := time.Parse(stampLayout, name[len(name)-len(stampLayout):]); bad == nil {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all, err
}

func inFolder(dir string, names []string) (paths []string) {
	for _, n := range names {
		paths = append(paths, filepath.Join(dir, n))
	}
	return paths
}

// copyFolder copies regular files, secrets left out. A folder that is not there is
// no error.
func copyFolder(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case e.IsDir():
			return os.MkdirAll(filepath.Join(to, rest), 0o700)
		case !e.Type().IsRegular(), isSecret(e.Name()), isVideo(e.Name()):
			return nil
		}
		err = copyFile(ctx, path, filepath.Join(to, rest))
		if errors.Is(err, fs.ErrNotExist) { // the room has removed it since
			return nil
		}
		return err
	})
}

func writeSynced(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes names durable. Some file systems of sticks cannot, and say so.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// noRoom names the error of a full disk.
func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, store.ErrDiskLow) {
		return errors.Join(errNoRoom, err)
	}
	return err
}

// verifyApart verifies a book in a process of its own, with a limit of time: a
// damaged file can kill a process, or keep it for ever.
func verifyApart(parent context.Context, book string) (*manifest, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(book)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(parent, verifyLimit(info.Size()))
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "verify", book)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var m manifest
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &m)
	}
	switch {
	case parent.Err() != nil:
		return nil, parent.Err()
	case ctx.Err() != nil:
		return nil, errTooLong
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %v: %s", errBadCopy, err, strings.TrimSpace(errs.String()))
	}
	return &m, nil
}

// verifyLimit is how long a book of so many bytes may take: ten minutes, and what a
// small box with a slow stick needs for the rest.
func verifyLimit(size int64) time.Duration {
	return 10*time.Minute + time.Duration(size>>20)*time.Second
}

// runVerify is that process: it looks at every page and every entry of a closed
// book and prints what is in it as JSON.
func runVerify(e env, args []string) int {
	fs := e.flags("verify", "verify.usage")
	if err := fs.Parse(args); err != nil || fs.NArg() != 1 {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("verify.usage", nil))
		}
		return exitUsage
	}
	args = fs.Args()
	if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
		args[0] = store.BookFile(args[0])
	}
	m, err := manifestOf(args[0])
	var bad *faulty
	if err == nil || errors.As(err, &bad) {
		err = json.NewEncoder(e.out).Encode(m)
	}
	switch {
	case bad != nil && err == nil:
		fmt.Fprintln(e.errw, e.say("verify.bad", map[string]any{"n": bad.faults}))
		return exitFound
	case err != nil:
		fmt.Fprintln(e.errw, e.trouble(err))
		return exitCannotTell
	}
	return exitGood
}

// manifestOf verifies a closed book, the archive left alone, and says what is in it,
// also beside *faulty.
func manifestOf(book string) (*manifest, error) {
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	report, err := store.Verify(book, store.AuditOptions{Zone: zone, Alone: true})
	if err != nil {
		return nil, err
	}
	m := manifest{InBook: report.Entries, Tickets: report.Tickets}
	if n := len(report.Days); n > 0 {
		last := report.Days[n-1]
		m.Entries, m.Day, m.Head = last.Last, last.Day, last.Head
	}
	err = store.ReadClosed(book, zone, func(c *store.Closed) (err error) {
		m.Installation, err = c.Installation()
		months, cannot := c.Archived()
		m.Months = len(months)
		return errors.Join(err, cannot)
	})
	if n := report.Faults(); err == nil && n > 0 {
		err = &faulty{n}
	}
	return &m, err
}
