package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"xinmoi/store"
	"xinmoi/store/door"
)

// copyNames are the copies of the book that the daemon leaves in its data folder
// for the tool that asked. They are on the book's own disk, so that the copy is
// quick; the slow USB stick is the tool's business, and so is removing them.
const copyNames = "book-*.copy"

// copied is what a backup answers.
type copied struct {
	File string `json:"file"` // in the data folder
}

func (s *server) backupRoute() door.Route {
	one := make(chan struct{}, 1) // at a time: each takes room
	return door.Route{Method: "POST", Pattern: "/api/v1/backup", Kind: door.KindSystem, Who: door.Local, Answer: copied{},
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			select {
			case one <- struct{}{}:
				defer func() { <-one }()
			case <-r.Context().Done():
				return r.Context().Err()
			}
			file, err := emptyCopy(s.data)
			if err != nil {
				return err
			}
			if err := s.book.Copy(file); err != nil {
				return errors.Join(err, removed(file))
			}
			return door.Write(w, http.StatusOK, copied{File: filepath.Base(file)})
		}}
}

// emptyCopy makes room for a new copy, and removes those of tools that were killed.
func emptyCopy(data string) (file string, err error) {
	removeOld(filepath.Join(data, copyNames))
	f, err := os.CreateTemp(data, copyNames)
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// removed is for a file that may be gone already.
func removed(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// runBackup copies the book of a running or stopped hall, verifies the copy where
// it will stay, and only then gives it its name.
func runBackup(ctx context.Context, e env, args []string) int {
	fs := e.flags("backup", "backup.usage")
	data := fs.String("data", "", e.say("cmd.flag.data", nil))
	to := fs.String("to", "", e.say("backup.flag.to", nil))
	if err := e.parse(fs, args); err != nil || *data == "" || *to == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("backup.usage", nil))
		}
		return exitUsage
	}
	where, m, err := backupTo(ctx, e, *data, *to)
	var bad *faulty
	var not *partly
	switch {
	case errors.As(err, &not):
	case errors.As(err, &bad):
		fmt.Fprintln(e.errw, e.say("backup.bad", map[string]any{"n": bad.faults}))
		return exitFound
	case err != nil:
		fmt.Fprintln(e.errw, e.say("backup.failed", map[string]any{"err": e.trouble(err)}))
		if errors.Is(err, errBadCopy) {
			return exitFound
		}
		return exitCannotTell
	}
	fmt.Fprintln(e.out, e.say("backup.done", map[string]any{"file": where}))
	fmt.Fprintln(e.out, e.say("backup.counts", map[string]any{"entries": m.InBook, "last": m.Entries, "tickets": m.Tickets}))
	if m.Months > 0 {
		fmt.Fprintln(e.out, e.say("backup.months", map[string]any{"months": m.Months}))
	}
	if m.Day > "0001" {
		fmt.Fprintln(e.out, e.say("backup.head", map[string]any{"day": m.Day, "head": m.Head}))
	}
	if m.bare {
		fmt.Fprintln(e.out, e.say("backup.bare", nil))
	}
	switch {
	case not != nil && not.err != nil:
		fmt.Fprintln(e.errw, e.say("backup.not_all", map[string]any{"err": e.trouble(not.err)}))
		return exitCannotTell
	case not != nil:
		fmt.Fprintln(e.errw, e.say("backup.bad_months", map[string]any{"months": strings.Join(not.months, ", ")}))
		return exitFound
	}
	return exitGood
}

// backupTo makes a backup in a folder, with all that belongs to it, or of the book
// alone in a file. A folder is one that is there, and any name that does not end in
// .db, which is made.
func backupTo(ctx context.Context, e env, data, to string) (where string, m *manifest, err error) {
	info, err := os.Stat(to)
	if err != nil && filepath.Ext(to) == ".db" || err == nil && !info.IsDir() {
		return backupFile(ctx, e, data, filepath.Clean(to))
	}
	to = filepath.Clean(to) // as it is looked at
	made := err != nil
	if made {
		err = newTarget(data, to)
		if err == nil {
			err = os.Mkdir(to, 0o700)
		}
	} else {
		err = notOurs(data, to)
	}
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if made && err != nil {
			_ = os.Remove(to) // unless something is in it
		}
	}()
	b := set{data: data, to: to, now: time.Now(), copy: func(ctx context.Context, to string) error {
		return copyBook(ctx, e, data, to)
	}}
	return b.make(ctx)
}

// copyBook copies a stopped hall's book, or has the daemon copy it.
func copyBook(ctx context.Context, e env, data, to string) error {
	err := store.CopyClosed(data, to)
	if errors.Is(err, store.ErrInUse) {
		return onCopy(ctx, e, data, func(book string) error { return copyFile(ctx, book, to) })
	}
	return err
}

// onCopy lets fn read a copy of the book that a running hall has in use. What is wrong
// with the copy is told of the book.
func onCopy(ctx context.Context, e env, data string, fn func(book string) error) error {
	source, err := askForCopy(ctx, e, data)
	if err != nil {
		return err
	}
	err = fn(source)
	var told *store.BookError
	if errors.As(err, &told) && told.File == source {
		told.File = store.BookFile(data)
	}
	return errors.Join(err, removed(source))
}

// faulty is a copy with so many faults.
type faulty struct{ faults int }

func (f *faulty) Error() string { return fmt.Sprintf("%v: %d faults", errBadCopy, f.faults) }

// backupFile leaves nothing at to unless the copy is good.
func backupFile(ctx context.Context, e env, data, to string) (string, *manifest, error) {
	if err := newTarget(data, to); err != nil {
		return "", nil, err
	}
	temp, err := besideOf(to)
	if err != nil {
		return "", nil, err
	}
	defer os.Remove(temp)
	if err := copyBook(ctx, e, data, temp); err != nil {
		return "", nil, err
	}
	m, err := manifestOf(temp)
	if errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrNoBook) {
		err = fmt.Errorf("%w: %w", errBadCopy, err)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return "", nil, err
	}
	m.bare = true
	return to, m, place(temp, to)
}

// askForCopy lets the daemon that has the book make a copy, which the caller removes.
func askForCopy(ctx context.Context, e env, data string) (file string, err error) {
	status, body, err := control(ctx, data, e.lang, "/api/v1/backup")
	var call *net.OpError
	if errors.As(err, &call) && call.Op == "dial" { // it is no daemon that has it
		err = &store.BookError{File: store.BookFile(data), Err: store.ErrInUse}
	}
	if err != nil {
		return "", err
	}
	if status != http.StatusOK {
		return "", answered(body)
	}
	var c copied
	if err := json.Unmarshal(body, &c); err != nil || c.File == "" {
		return "", fmt.Errorf("answer %q: %w", body, errors.Join(err, os.ErrInvalid))
	}
	return filepath.Join(data, filepath.Base(c.File)), nil
}

// copyFile ends with ctx: a stick may take minutes.
func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, reads(func(b []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return in.Read(b)
	}))
	return errors.Join(err, out.Sync(), out.Close())
}

type reads func([]byte) (int, error)

func (r reads) Read(b []byte) (int, error) { return r(b) }
