package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
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
	old, err := filepath.Glob(filepath.Join(data, copyNames))
	for _, name := range old {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(name)
		}
	}
	if err != nil {
		return "", err
	}
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
	if err := fs.Parse(args); err != nil || *data == "" || *to == "" || fs.NArg() > 0 {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("backup.usage", nil))
		}
		return exitUsage
	}
	if info, err := os.Stat(*to); err == nil && info.IsDir() {
		return backupInto(ctx, e, *data, *to)
	}
	report, err := backup(ctx, e, *data, *to)
	if err != nil {
		fmt.Fprintln(e.errw, e.say("backup.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	if report.Faults() > 0 {
		fmt.Fprintln(e.errw, e.say("backup.bad", map[string]any{"n": report.Faults()}))
		return exitFound
	}
	done := map[string]any{"file": *to, "entries": report.Entries, "tickets": report.Tickets}
	fmt.Fprintln(e.out, e.say("backup.done", done))
	if n := len(report.Days); n > 0 {
		last := report.Days[n-1]
		fmt.Fprintln(e.out, e.say("audit.day", map[string]any{"day": last.Day, "first": last.First, "last": last.Last, "head": last.Head}))
	}
	return exitGood
}

// backupInto makes a backup with the rooms' folders in a folder.
func backupInto(ctx context.Context, e env, data, to string) int {
	b := set{data: data, to: to, now: time.Now(), copy: func(ctx context.Context, to string) error {
		err := store.CopyClosed(data, to)
		if errors.Is(err, store.ErrInUse) {
			return copyRunning(ctx, e, data, to)
		}
		return err
	}}
	where, m, err := b.make(ctx)
	if err != nil {
		fmt.Fprintln(e.errw, e.say("backup.failed", map[string]any{"err": e.trouble(err)}))
		if errors.Is(err, errBadCopy) {
			return exitFound
		}
		return exitCannotTell
	}
	fmt.Fprintln(e.out, e.say("backup.done", map[string]any{"file": where, "entries": m.Entries, "tickets": m.Tickets}))
	fmt.Fprintln(e.out, e.say("backup.head", map[string]any{"day": m.Day, "head": m.Head}))
	return exitGood
}

// copyRunning has the daemon copy its book, and takes the copy away.
func copyRunning(ctx context.Context, e env, data, to string) error {
	source, err := askForCopy(ctx, e, data)
	if err != nil {
		return err
	}
	return errors.Join(copyFile(source, to), os.Remove(source))
}

// backup leaves nothing at to unless the copy is good.
func backup(ctx context.Context, e env, data, to string) (*store.Report, error) {
	to = filepath.Clean(to) // as it is looked at
	if err := newTarget(data, to); err != nil {
		return nil, err
	}
	temp, err := besideOf(to)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp)
	err = store.CopyClosed(data, temp)
	if errors.Is(err, store.ErrInUse) {
		err = copyRunning(ctx, e, data, temp)
	}
	if err != nil {
		return nil, err
	}
	report, err := store.Verify(temp, store.AuditOptions{
		Zone: func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() },
	})
	if err != nil || report.Faults() > 0 {
		return report, err
	}
	return report, place(temp, to)
}

// askForCopy lets the running daemon make a copy, which the caller removes.
func askForCopy(ctx context.Context, e env, data string) (file string, err error) {
	status, body, err := control(ctx, data, e.lang, "/api/v1/backup")
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

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// runRestore puts a backup in the place of the book of a stopped hall, unless the
// book there has what the backup lacks.
func runRestore(e env, args []string) int {
	fs := e.flags("restore", "restore.usage")
	data := fs.String("data", "", e.say("cmd.flag.data", nil))
	from := fs.String("from", "", e.say("restore.flag.from", nil))
	if err := fs.Parse(args); err != nil || *data == "" || *from == "" || fs.NArg() > 0 {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("restore.usage", nil))
		}
		return exitUsage
	}
	o := store.AuditOptions{Zone: func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }}
	folder := ""
	if info, err := os.Stat(*from); err == nil && info.IsDir() {
		folder, *from = *from, store.BookFile(*from)
		if err := bringArchive(folder, *data); err != nil {
			fmt.Fprintln(e.errw, e.say("restore.failed", map[string]any{"err": e.trouble(err)}))
			return exitCannotTell
		}
	}
	kept, report, err := store.Restore(*data, *from, o)
	var worse *store.Worse
	switch {
	case errors.Is(err, store.ErrInUse):
		fmt.Fprintln(e.errw, e.say("restore.in_use", nil))
		return exitCannotTell
	case errors.Is(err, store.ErrNotWhole):
		fmt.Fprintln(e.errw, e.say("restore.not_whole", map[string]any{"file": *from}))
		return exitFound
	case errors.As(err, &worse) && worse.Entries == 0:
		fmt.Fprintln(e.errw, e.say("restore.another", nil))
		return exitFound
	case errors.As(err, &worse):
		fmt.Fprintln(e.errw, e.say("restore.worse", map[string]any{"entries": worse.Entries, "tickets": worse.Tickets}))
		return exitFound
	case err != nil:
		fmt.Fprintln(e.errw, e.say("restore.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	if folder != "" {
		aside, err := bringRooms(folder, *data, time.Now())
		if err != nil {
			fmt.Fprintln(e.errw, e.say("restore.failed", map[string]any{"err": e.trouble(err)}))
			return exitCannotTell
		}
		if aside != "" {
			fmt.Fprintln(e.out, e.say("restore.rooms_kept", map[string]any{"folder": aside}))
		}
	}
	fmt.Fprintln(e.out, e.say("restore.done", map[string]any{"entries": report.Entries, "tickets": report.Tickets}))
	if kept != "" {
		fmt.Fprintln(e.out, e.say("restore.kept", map[string]any{"file": kept}))
	}
	return exitGood
}
