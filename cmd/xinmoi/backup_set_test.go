package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/device"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(b)
}

// A backup has the rooms' folders and the archive, no secret and no video; and
// what it has comes back.
func TestABackupHasTheRoomsAndNoSecret(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	write(t, filepath.Join(data, "kiosk", "procedures.json"), "[]")
	write(t, filepath.Join(data, "kiosk", "day.key"), "the key of the day")
	write(t, filepath.Join(data, "display", "voice", "vi", "001.wav"), "RIFF")
	write(t, filepath.Join(data, "display", "secret"), "hush")
	write(t, filepath.Join(data, "display", "notices", "giay-to.txt"), "Mời mang căn cước")
	video := filepath.Join(data, "display", "notices", "phong-chay.MP4")
	write(t, video, "")
	require.NoError(t, os.Truncate(video, 1<<42)) // larger than any stick, and taking no room here
	require.NoError(t, (&set{data: data, to: to}).needRoom())
	require.NoError(t, os.Truncate(video, 5))
	write(t, filepath.Join(data, "archive", "2020-01.journal.gz"), "no month of this book")
	code, out, errs := backupOf(t, "--data", data, "--to", to)
	require.Equal(t, exitGood, code, errs)
	all, err := setsOf(to, "xinmoi-??????")
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Contains(t, out, all[0])
	var names []string
	require.NoError(t, filepath.WalkDir(to, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	}))
	assert.ElementsMatch(t, []string{"backup.json", "book.db", "001.wav", "procedures.json", "giay-to.txt"}, names)
	assert.Contains(t, textOf(t, filepath.Join(all[0], manifestName)), `"head"`)

	other := t.TempDir() // a new machine
	write(t, filepath.Join(other, "kiosk", "procedures.json"), "[1]")
	write(t, filepath.Join(other, "kiosk", "day.key"), "its own")
	e, o, eb := technician(t)
	require.Equal(t, exitGood, runRestore(e, []string{"--data", other, "--from", all[0]}), eb)
	assert.Equal(t, "[]", textOf(t, filepath.Join(other, "kiosk", "procedures.json")))
	assert.Equal(t, "its own", textOf(t, filepath.Join(other, "kiosk", "day.key")))
	assert.Contains(t, o.String(), "replaced-")
	code, _, _ = auditOf(t, "--data", other)
	assert.Equal(t, exitGood, code)
}

// A copy whose verification dies or does not end is no backup.
func TestVerificationApart(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	cut := func(_ context.Context, book string) error {
		if err := store.CopyClosed(data, book); err != nil {
			return err
		}
		return os.Truncate(book, 3*int64(os.Getpagesize()))
	}
	b := set{data: data, to: to, now: time.Now(), copy: cut}
	_, _, err := b.make(t.Context())
	assert.ErrorIs(t, err, errBadCopy)
	left, err := os.ReadDir(to)
	require.NoError(t, err)
	assert.Empty(t, left, "nothing half done is left")
	assert.Equal(t, time.Hour, verifyLimit(3000<<20).Round(time.Minute), "ten years on a small box")
	ctx, cancel := context.WithCancel(t.Context())
	b.copy = func(_ context.Context, book string) error { cancel(); return store.CopyClosed(data, book) }
	_, _, err = b.make(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, errBadCopy)
}

// Each of two in one second has its name, and of two at once one is told to wait.
func TestTwoBackups(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	b := set{data: data, to: to, now: time.Now(), copy: func(_ context.Context, book string) error { return store.CopyClosed(data, book) }}
	for range 2 {
		_, _, err := b.make(t.Context())
		require.NoError(t, err)
	}
	other := b
	b.copy = func(ctx context.Context, book string) error {
		_, _, err := other.make(ctx)
		require.ErrorIs(t, err, errBusy)
		return store.CopyClosed(data, book)
	}
	_, _, err := b.make(t.Context())
	require.NoError(t, err)
	all, err := setsOf(to, "xinmoi-??????")
	require.NoError(t, err)
	assert.Len(t, all, 3)
}

func TestOldBackupsGo(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	write(t, filepath.Join(to, "xinmoi-holiday-pictures", "a.jpg"), "not ours")
	write(t, filepath.Join(to, unfinishedName, "book.db"), "of a cut")
	at := time.Date(2026, 11, 1, 12, 15, 0, 0, time.UTC)
	b := set{data: data, to: to, keep: 2, copy: func(_ context.Context, book string) error { return store.CopyClosed(data, book) }}
	for i := range 4 {
		b.now = at.AddDate(0, 0, i)
		_, _, err := b.make(t.Context())
		require.NoError(t, err)
	}
	all, err := setsOf(to, "xinmoi-??????")
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Contains(t, all[1], "2026-11-04")
	assert.DirExists(t, filepath.Join(to, "xinmoi-holiday-pictures"))
	assert.NoDirExists(t, filepath.Join(to, unfinishedName))
	assert.Equal(t, "2026-11-04", lastBackup(to, filepath.Base(all[1])[:len("xinmoi-??????")]))
}

// A folder that is a file is told as missing, and one where somebody makes a backup
// by hand is waited for without a word.
func TestDailyBackupIntoAFolderThatIsNotFree(t *testing.T) {
	s := openServer(t)
	s.data = bookOfADay(t)
	to := filepath.Join(t.TempDir(), "usb")
	write(t, to, "no folder")
	s.config = filepath.Join(t.TempDir(), "centre.toml")
	write(t, s.config, smallCentre+fmt.Sprintf("[backup]\nfolder = %q\nat = \"00:00\"\n", to))
	_, err := s.reload(t.Context(), "vi")
	require.NoError(t, err)
	d := daily{server: s}
	d.look(t.Context())
	assert.Equal(t, device.Set(device.StorageMissing), d.told)
	require.NoError(t, os.Remove(to))
	require.NoError(t, os.Mkdir(to, 0o700))
	d = daily{server: s}
	byHand := set{data: s.data, to: to, now: time.Now(), copy: func(ctx context.Context, book string) error {
		d.look(ctx)
		assert.Empty(t, d.told)
		assert.Zero(t, d.tried)
		return store.CopyClosed(s.data, book)
	}}
	_, _, err = byHand.make(t.Context())
	require.NoError(t, err)
}

// The daily backup: made once a day; a stick that is missing, full or broken is a
// condition that the supervisor sees, and goes when it is well again.
func TestDailyBackup(t *testing.T) {
	s := openServer(t)
	s.data = t.TempDir()
	to := filepath.Join(t.TempDir(), "usb")
	require.NoError(t, os.Mkdir(to, 0o700))
	s.config = filepath.Join(t.TempDir(), "centre.toml")
	put := func(key string) {
		write(t, s.config, smallCentre+fmt.Sprintf("[backup]\n%s = %q\nat = \"00:00\"\nkeep = 3\n", key, to))
		_, err := s.reload(t.Context(), "vi")
		require.NoError(t, err)
	}
	put("stick")
	d := daily{server: s}
	d.look(t.Context())
	assert.Equal(t, device.Set(device.StorageMissing), d.told, "nothing is mounted there")
	require.Eventually(t, func() bool {
		all := s.book.View().Devices
		return len(all) == 1 && all[0].ID == "backup/stick" && all[0].Conditions.Equal(d.told)
	}, 10*time.Second, 50*time.Millisecond, "on the supervisor's page")
	left, err := os.ReadDir(to)
	require.NoError(t, err)
	assert.Empty(t, left, "and nothing is written under it")

	if err := syscall.Mount("none", to, "tmpfs", 0, "size=9m"); err != nil {
		t.Skip("a stick to mount wants root: ", err)
	}
	mountedThere := true
	defer func() {
		if mountedThere {
			_ = syscall.Unmount(to, 0)
		}
	}()
	d.tried = time.Time{}
	write(t, filepath.Join(to, "films.mkv"), string(bytes.Repeat([]byte{1}, 8<<20)))
	d.look(t.Context())
	assert.Equal(t, device.Set(device.StorageFull), d.told)
	assert.Regexp(t, `^/usb: \d+ MB > \d+ MB$`, detailOf("/usb", fmt.Errorf("backup: %w", &tooSmall{"/usb", 40 << 20, 1 << 20})))
	require.NoError(t, os.Remove(filepath.Join(to, "films.mkv")))
	d.look(t.Context())
	assert.Equal(t, "0", lastBackup(to, "xinmoi-??????"), "not at once again")
	today := s.book.Now().Format(time.DateOnly)
	require.NoError(t, os.Mkdir(filepath.Join(to, "xinmoi-zzzzzz-"+today+"-000000"), 0o700)) // another house's stick as well
	require.NoError(t, syscall.Mount("none", to, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	d = daily{server: s, told: d.told} // after a restart
	d.look(t.Context())
	assert.Empty(t, d.told, "well again")
	installation, err := s.book.Installation()
	require.NoError(t, err)
	assert.Equal(t, today, lastBackup(to, houseOf(installation)))
	d.look(t.Context())
	again := daily{server: s} // after a restart
	again.look(t.Context())
	all, err := setsOf(to, "xinmoi-??????")
	require.NoError(t, err)
	assert.Len(t, all, 2, "once a day, beside the other house's")

	write(t, filepath.Join(s.data, "kiosk", "big"), string(bytes.Repeat([]byte{1}, 60<<20)))
	again = daily{server: s, done: "2000-01-01"}
	again.look(t.Context())
	assert.Equal(t, device.Set(device.StorageFull), again.told)
	require.NoError(t, syscall.Unmount(to, 0))
	mountedThere = false
	assert.ErrorIs(t, mounted(to), errNoStick)
	assert.True(t, errors.Is(mounted(to+"x"), errNoStick))
}
