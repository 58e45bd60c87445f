package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// exportVersion of the lines; store/EXPORT.md has the format.
const exportVersion = 1

// runExport writes the journal as JSON Lines: of a stopped hall, or a copy of a
// running one's, the archive included.
func runExport(ctx context.Context, e env, args []string) int {
	fs := e.flags("export", "export.usage")
	data := fs.String("data", "", e.say("report.flag.data", nil))
	from := fs.String("from", "", e.say("report.flag.from", nil))
	to := fs.String("to", "", e.say("report.flag.to", nil))
	file := fs.String("out", "", e.say("export.flag.out", nil))
	if err := e.parse(fs, args); err != nil || *data == "" {
		if err == nil {
			fmt.Fprintln(e.errw, e.say("export.usage", nil))
		}
		return exitUsage
	}
	if e.badSpan(*from, *to) {
		return exitUsage
	}
	n, err := exportTo(ctx, e, *data, *file, queue.Day(*from), queue.Day(*to))
	if err != nil {
		fmt.Fprintln(e.errw, e.say("export.failed", map[string]any{"err": e.trouble(err)}))
		return exitCannotTell
	}
	if *file != "" && *file != "-" {
		fmt.Fprintln(e.out, e.say("export.done", map[string]any{"n": n, "file": *file}))
	}
	return exitGood
}

// exportTo writes to a file, whole or not at all, or to standard output.
func exportTo(ctx context.Context, e env, data, file string, from, to queue.Day) (n int, failed error) {
	book := data
	if info, err := os.Stat(data); err == nil && info.IsDir() {
		book = store.BookFile(data)
	}
	out := e.out
	if file != "" && file != "-" {
		file := filepath.Clean(file) // as it was looked at
		if err := newTarget(data, file); err != nil {
			return 0, err
		}
		temp, err := besideOf(file)
		if err != nil {
			return 0, err
		}
		f, err := os.OpenFile(temp, os.O_WRONLY, 0)
		if err != nil {
			return 0, errors.Join(err, os.Remove(temp))
		}
		defer func() {
			if failed = errors.Join(failed, f.Sync(), f.Close()); failed == nil {
				failed = place(temp, file)
			}
			failed = errors.Join(failed, removed(temp))
		}()
		out = f
	}
	n, err := export(ctx, book, out, from, to)
	if errors.Is(err, store.ErrInUse) && book != data {
		err = onCopy(ctx, e, data, func(book string) (err error) {
			n, err = export(ctx, book, out, from, to)
			return err
		})
	}
	return n, err
}

// exported is one entry.
type exported struct {
	Seq     store.Seq `json:"seq"`
	At      string    `json:"at"`
	Day     queue.Day `json:"day"`
	Type    string    `json:"type"`
	Version uint8     `json:"version"`
	Via     string    `json:"via,omitempty"`
	Clerk   string    `json:"clerk,omitempty"`
	Data    any       `json:"data,omitempty"`
	Note    []byte    `json:"note,omitempty"` // of a room, as it stands in the journal
}

func export(ctx context.Context, book string, w io.Writer, from, to queue.Day) (n int, err error) {
	zone := func(h *queue.Hall) *time.Location { return centre.InForce(h).Location() }
	out := bufio.NewWriterSize(w, 1<<18)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	err = store.ReadClosed(book, zone, func(c *store.Closed) error {
		installation, err := c.Installation()
		if err != nil {
			return err
		}
		first := map[string]any{"xinmoi": "export", "version": exportVersion, "installation": installation, "from": from, "to": to}
		if err := lines.Encode(first); err != nil {
			return err
		}
		head, err := c.Each(from, to, func(day queue.Day, e store.Entry) error {
			if n++; n%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			return lines.Encode(exportOf(day, e))
		})
		if err != nil {
			return err
		}
		return lines.Encode(map[string]any{"end": true, "entries": n, "head": head})
	})
	return n, errors.Join(err, out.Flush())
}

func exportOf(day queue.Day, e store.Entry) exported {
	x := exported{
		Seq: e.Seq, At: e.At.Format("2006-01-02T15:04:05.000Z07:00"), Day: day,
		Type: e.Type, Version: e.Version, Via: e.By.Via, Clerk: string(e.By.Clerk),
	}
	if e.Event != nil {
		x.Data = plainly(e.Event, e.At.Location())
		return x
	}
	if x.Data = store.OwnNote(e); x.Data != nil {
		x.Data = plainly(x.Data, e.At.Location())
		return x
	}
	x.Note = e.Note
	return x
}
