package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

const (
	backupLook  = 30 * time.Second // how often it is asked whether one is due
	backupRetry = 10 * time.Minute // after one that failed; a stick plugged in later is found then
)

// runBackups makes the backup that the document asks for once a day, at its time or
// as soon after as it can. What stands in its way is a condition of the device
// backup/folder or backup/stick.
func (s *server) runBackups(ctx context.Context) error {
	tick := time.NewTicker(backupLook)
	defer tick.Stop()
	d := daily{server: s}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			d.look(ctx)
		}
	}
}

// daily remembers the last attempt.
type daily struct {
	*server
	done  string    // the date of the last backup
	tried time.Time // the last one that failed
	told  device.Conditions
}

func (d *daily) look(ctx context.Context) {
	b, now := d.document().Backup, d.book.Now()
	to := b.To()
	if to == "" || now.Hour()*60+now.Minute() < b.Minute() || now.Sub(d.tried).Abs() < backupRetry {
		return
	}
	today := now.Format(time.DateOnly)
	if d.done == "" {
		installation, err := d.book.Installation()
		if err != nil {
			return // asked again in half a minute
		}
		d.done = lastBackup(to, houseOf(installation))
	}
	if d.done >= today {
		return
	}
	id := device.ID("backup/folder")
	err := error(nil)
	if b.Stick != "" {
		id = "backup/stick"
		err = mounted(b.Stick)
	}
	if err == nil {
		err = d.make(ctx, b, now)
	}
	if ctx.Err() != nil || errors.Is(err, errBusy) { // somebody makes one by hand: asked again in half a minute
		return
	}
	var not *partly
	if errors.As(err, &not) { // another one would not be better
		d.done = today
	}
	if err != nil {
		d.tried = now
		d.log.Warn("backup", "to", to, "err", err)
		d.told = device.Set(conditionOf(err))
		d.book.Report(id, d.told, detailOf(to, err))
		return
	}
	d.done, d.told = today, nil
	d.book.Report(id, nil, "")
}

func (d *daily) make(ctx context.Context, b centre.Backup, now time.Time) error {
	keep := 0
	if b.Keep != nil {
		keep = *b.Keep
	}
	set := set{data: d.data, to: b.To(), keep: keep, now: now, copy: d.copyOpen}
	where, m, err := set.make(ctx)
	if err == nil {
		d.log.Info("backup", "where", where, "entries", m.Entries, "head", m.Head)
	}
	return err
}

// copyOpen copies the open book by way of its own disk, since the stick is slow.
func (s *server) copyOpen(ctx context.Context, to string) error {
	file, err := emptyCopy(s.data)
	if err != nil {
		return err
	}
	err = s.book.Copy(file)
	if err == nil {
		err = copyFile(ctx, file, to)
	}
	return errors.Join(err, removed(file))
}

func conditionOf(err error) device.Condition {
	switch {
	case errors.Is(err, errNoRoom), errors.Is(err, store.ErrDiskLow):
		return device.StorageFull
	case errors.Is(err, errNoStick):
		return device.StorageMissing
	}
	return device.WorkFailed
}

// detailOf says in no language what the condition does not say yet.
func detailOf(to string, err error) string {
	var small *tooSmall
	switch {
	case errors.As(err, &small):
		return fmt.Sprintf("%s: %d MB > %d MB", to, small.need>>20, small.free>>20)
	case conditionOf(err) == device.WorkFailed:
		return to + ": " + err.Error()
	}
	return to
}

// mounted reports whether something is mounted at a folder: without the stick the
// backup would fill the machine's own disk behind everybody's back.
func mounted(path string) error {
	at, err := os.Stat(path)
	if err != nil {
		return errors.Join(errNoStick, err)
	}
	above, err := os.Stat(filepath.Dir(filepath.Clean(path)))
	if err != nil {
		return errors.Join(errNoStick, err)
	}
	if at.Sys().(*syscall.Stat_t).Dev == above.Sys().(*syscall.Stat_t).Dev {
		return errNoStick
	}
	return nil
}

// lastBackup is the date of a house's newest backup in a folder, "0" for none.
func lastBackup(to, house string) string {
	all, _ := setsOf(to, house)
	last := "0"
	for _, name := range all {
		if name := filepath.Base(name); len(name) > len(stampLayout) {
			last = max(last, name[len(name)-len(stampLayout):][:len(time.DateOnly)])
		}
	}
	return last
}
