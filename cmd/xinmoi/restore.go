package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// runRestore puts a backup in the place of the book of a stopped hall, unless the
// book there has what the backup lacks. Of a folder the archive and the rooms' files
// come too, once the book is in place.
func runRestore(e env, args []string) int {
	flags := e.flags("restore", "restore.usage")
	data := flags.String("data", "", e.say("cmd.flag.data", nil))
	from := flags.String("from", "", e.say("restore.flag.from", nil))
	var o store.RestoreOptions
	flags.BoolVar(&o.Damaged, "damaged", false, e.say("restore.flag.damaged", nil))
	if err := e.parse(flags, args); err != nil || *data == "" || *from == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("restore.usage", nil))
		}
		return exitUsage
	}
	o.Zone = func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	book, folder, err := backupAt(*from)
	if err != nil {
		return e.notRestored(*from, err)
	}
	if isFile(book, store.BookFile(*data)) {
		fmt.Fprintln(e.errw, e.say("restore.same", map[string]any{"file": book}))
		return exitUsage
	}
	r, err := store.Restore(*data, book, o)
	if err != nil {
		return e.notRestored(book, err)
	}
	fmt.Fprintln(e.out, e.say("restore.done", map[string]any{"entries": r.Report.Entries, "tickets": r.Report.Tickets}))
	if r.Kept != "" {
		fmt.Fprintln(e.out, e.say("restore.kept", map[string]any{"file": r.Kept}))
	}
	if r.Lost != nil && r.Lost.Blind {
		fmt.Fprintln(e.out, e.say("restore.lost_blind", nil))
	} else if r.Lost != nil {
		fmt.Fprintln(e.out, e.loss("restore.lost", r.Lost))
	}
	if folder == "" {
		return exitGood
	}
	return e.restoreFolder(folder, *data, r.Installation)
}

// isFile reports whether two names lead to one file.
func isFile(a, b string) bool {
	x, bad := os.Stat(a)
	y, err := os.Stat(b)
	return bad == nil && err == nil && os.SameFile(x, y)
}

// backupAt finds the book of a backup; folder is "" for a book alone.
func backupAt(from string) (book, folder string, err error) {
	info, err := os.Stat(from)
	if err != nil {
		return "", "", err
	}
	if !info.IsDir() {
		return from, "", nil
	}
	book = store.BookFile(from)
	if _, err := os.Stat(book); !errors.Is(err, fs.ErrNotExist) {
		return book, from, err
	}
	sets, err := setsOf(from, "xinmoi-??????")
	if err == nil && len(sets) > 0 {
		err = &sentence{"restore.which", map[string]any{"folder": from, "backups": "  " + strings.Join(sets, "\n  ")}}
	} else if err == nil {
		err = &sentence{"restore.nothing", map[string]any{"folder": from}}
	}
	return "", "", err
}

// restoreFolder brings what is in a backup's folder beside its book, which is in
// place by now, and the months of the archive from beside it.
func (e env) restoreFolder(folder, data, installation string) int {
	full, err := filepath.Abs(folder)
	var bad []string
	if err == nil {
		months := filepath.Join(filepath.Dir(full), houseOf(installation)+"-archive")
		book := store.BookFile(data)
		_, bad, err = store.BringArchive(book, months, store.ArchiveDir(book))
	}
	aside := ""
	if err == nil {
		aside, err = bringRooms(folder, data, time.Now())
	}
	if aside != "" {
		fmt.Fprintln(e.out, e.say("restore.rooms_kept", map[string]any{"folder": aside}))
	}
	if err != nil {
		fmt.Fprintln(e.errw, e.say("restore.not_all", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	if len(bad) > 0 {
		fmt.Fprintln(e.errw, e.say("restore.bad_months", map[string]any{"months": strings.Join(bad, ", ")}))
		return exitFound
	}
	return exitGood
}

// notRestored tells why nothing was changed.
func (e env) notRestored(file string, err error) int {
	var l *store.Loss
	var another *store.Another
	switch {
	case errors.Is(err, store.ErrInUse):
		fmt.Fprintln(e.errw, e.say("restore.in_use", nil))
		return exitCannotTell
	case errors.Is(err, store.ErrNotWhole):
		fmt.Fprintln(e.errw, e.say("restore.not_whole", map[string]any{"file": file}))
	case errors.As(err, &another):
		fmt.Fprintln(e.errw, e.say("restore.another", map[string]any{"here": houseOf(another.Here), "there": houseOf(another.There)}))
	case errors.As(err, &l) && l.Blind:
		fmt.Fprintln(e.errw, e.loss("restore.blind", l))
		if l.Last > 0 {
			fmt.Fprintln(e.errw, e.loss("restore.known", l))
		}
	case errors.As(err, &l) && l.Damaged && l.Fork:
		fmt.Fprintln(e.errw, e.loss("restore.damaged_fork", l))
	case errors.As(err, &l) && l.Damaged:
		fmt.Fprintln(e.errw, e.loss("restore.damaged", l))
	case errors.As(err, &l) && l.Fork:
		fmt.Fprintln(e.errw, e.loss("restore.fork", l))
	case errors.As(err, &l):
		fmt.Fprintln(e.errw, e.loss("restore.worse", l))
	default:
		fmt.Fprintln(e.errw, e.say("restore.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	return exitFound
}

func (e env) loss(key string, l *store.Loss) string {
	return e.say(key, map[string]any{"after": l.After, "last": l.Last, "ends": l.Ends, "entries": l.Entries, "tickets": l.Tickets})
}
