package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
)

// Nothing that is there is written over, and nothing of a data folder is written at
// all, however its name is put.
func TestNothingIsWrittenOver(t *testing.T) {
	data, other, away := bookOfADay(t), bookOfADay(t), t.TempDir()
	write(t, filepath.Join(away, "saved.db"), "the good one")
	write(t, filepath.Join(data, "kiosk", "procedures.json"), "[]")
	require.NoError(t, os.Symlink(data, filepath.Join(away, "live")))
	require.NoError(t, os.Symlink(filepath.Join(away, "nowhere.db"), filepath.Join(away, "dangling.db")))
	require.NoError(t, os.Link(store.BookFile(data), filepath.Join(away, "linked.db")))
	require.NoError(t, os.Remove(filepath.Join(data, "watermark")))
	require.NoError(t, os.Symlink(filepath.Join(data, "kiosk"), filepath.Join(away, "room")))
	before := textOf(t, store.BookFile(data))
	t.Chdir(data)
	for _, to := range []string{
		filepath.Join(away, "saved.db"), filepath.Join(away, "dangling.db"), filepath.Join(away, "linked.db"), filepath.Join(away, "no", "where.db"),
		store.BookFile(data), "book.db", "./kiosk/../book.db", filepath.Join(away, "live", "book.db"),
		"book.db.new", "watermark", filepath.Join(away, "live", "watermark"), "book-1.copy", away + "/room/x.db", "archive/x.db", "kiosk/x.db", "agents.json",
		store.BookFile(other), filepath.Join(other, "agents.json"), filepath.Join(other, "book.db.new"),
	} {
		code, out, errs := backupOf(t, "--data", data, "--to", to)
		assert.Equal(t, exitCannotTell, code, "%s: %s", to, out)
		assert.Regexp(t, "tên khác|Không có tệp hay thư mục", errs, to)
		if strings.HasSuffix(to, "book.db") { // nobody is told to move that away
			assert.Contains(t, errs, "là chỗ của sổ", to)
		}
		e, _, said := technician(t)
		assert.Equal(t, exitCannotTell, runExport(t.Context(), e, []string{"--data", data, "--out", to}), to)
		assert.Regexp(t, "tên khác|Không có tệp hay thư mục", said.String(), to)
	}
	assert.Equal(t, before, textOf(t, store.BookFile(data)))
	assert.Equal(t, "the good one", textOf(t, filepath.Join(away, "saved.db")))
	for _, dir := range []string{data, other, away} {
		left, err := filepath.Glob(filepath.Join(dir, "*.new"))
		require.NoError(t, err)
		assert.Empty(t, left)
	}
	// A shell would go to the data folder here; the name as it is read is another.
	code, _, errs := backupOf(t, "--data", data, "--to", away+"/room/../watermark")
	assert.Equal(t, exitGood, code, errs)
	assert.NoFileExists(t, filepath.Join(data, "watermark"))
	assert.DirExists(t, filepath.Join(away, "watermark"))
	code, _, errs = backupOf(t, "--data", data, "--to", "today.db") // a name of one's own
	assert.Equal(t, exitGood, code, errs)
	e, out, said := technician(t)
	assert.Equal(t, exitGood, runExport(t.Context(), e, []string{"--data", data, "--out", "-"}), said)
	assert.Contains(t, out.String(), `"xinmoi":"export"`)
	assert.NoFileExists(t, "-")
}

// What a command that was killed has left goes with the next one, but not what another
// is writing, nor what is somebody else's.
func TestUnfinishedFilesGo(t *testing.T) {
	data, to := bookOfADay(t), t.TempDir()
	hours := time.Now().Add(-2 * time.Hour)
	for name, old := range map[string]bool{"xinmoi-unfinished-1.new": true, "xinmoi-unfinished-2.new": false, "x.db.new": true} {
		write(t, filepath.Join(to, name), "half")
		if old {
			require.NoError(t, os.Chtimes(filepath.Join(to, name), hours, hours))
		}
	}
	code, _, errs := backupOf(t, "--data", data, "--to", filepath.Join(to, "saved.db"))
	require.Equal(t, exitGood, code, errs)
	left, err := filepath.Glob(filepath.Join(to, "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(to, "saved.db"), filepath.Join(to, "x.db.new"), filepath.Join(to, "xinmoi-unfinished-2.new")}, left)
}

// Who takes the name while the copy is made keeps it.
func TestPlaceTakesNoTakenName(t *testing.T) {
	dir := t.TempDir()
	temp, to := filepath.Join(dir, "x.new"), filepath.Join(dir, "x")
	write(t, temp, "new")
	write(t, to, "old")
	assert.ErrorIs(t, place(temp, to), fs.ErrExist)
	assert.Equal(t, "old", textOf(t, to))
	require.NoError(t, os.Remove(to))
	require.NoError(t, place(temp, to))
	assert.Equal(t, "new", textOf(t, to))
}

// Commands that know of no data folder know one by its mark, and leave its book alone.
func TestNothingElseIsWrittenOverTheBook(t *testing.T) {
	clip, err := filepath.Abs("../../assets/voice/vi/hai.wav")
	require.NoError(t, err)
	data := bookOfADay(t)
	before := textOf(t, store.BookFile(data))
	config := filepath.Join(t.TempDir(), "centre.toml")
	write(t, config, smallCentre)
	for _, args := range [][]string{
		{"print-preview", "--config", config, "-o", store.BookFile(data)},
		{"voice", "fill", "--name", "x", "--command", "cat " + clip, "--out", store.BookFile(data)},
		{"init", "--out", store.BookFile(data), "--yes"},
	} {
		code, out, errs := commandOf(t, args...)
		assert.NotEqual(t, exitGood, code, "%v %s", args, out)
		assert.Regexp(t, "là chỗ của sổ|book.db", errs, args)
		assert.Equal(t, before, textOf(t, store.BookFile(data)), args)
	}
}

// A picture and a pack may be made again over themselves, and over nothing else.
func TestOnlyItsOwnKindIsWrittenOver(t *testing.T) {
	clip, err := filepath.Abs("../../assets/voice/vi/hai.wav")
	require.NoError(t, err)
	saved := filepath.Join(t.TempDir(), "saved.db")
	code, _, errs := backupOf(t, "--data", bookOfADay(t), "--to", saved)
	require.Equal(t, exitGood, code, errs)
	t.Chdir(t.TempDir())
	config := filepath.Join("rel", "dir", "centre.toml")
	write(t, config, smallCentre)
	preview := []string{"print-preview", "--config", config, "-o"}
	fill := []string{"voice", "fill", "--name", "x", "--command", "cat " + clip, "--out"}
	again := func(command []string, to string) {
		for range 2 {
			code, _, errs := commandOf(t, append(command, to)...)
			require.Equal(t, exitGood, code, errs)
		}
	}
	again(preview, "t.png")
	again(fill, "v.zip")
	code, _, errs = commandOf(t, "restore", "--data", "restored", "--from", saved)
	require.Equal(t, exitGood, code, errs)
	require.NoFileExists(t, filepath.Join("restored", begunName), "this folder is known by its book")

	png, zip := textOf(t, "t.png"), textOf(t, "v.zip")
	write(t, "picture.toml", png)
	write(t, "words.png", "a picture in words")
	write(t, "empty.png", "")
	write(t, "words.zip", "a pack in words")
	write(t, "pack.db", zip)
	require.NoError(t, os.Symlink("t.png", "link.png"))
	book := filepath.Join("restored", "book.db")
	for _, to := range []string{config, saved, "picture.toml", "words.png", "words.zip", "empty.png", "pack.db", "link.png", book} {
		before := textOf(t, to)
		for _, command := range [][]string{preview, fill} {
			code, _, errs := commandOf(t, append(command, to)...)
			assert.Equal(t, exitCannotTell, code, "%v %s", command, to)
			if to == book {
				assert.Contains(t, errs, "là chỗ của sổ")
			} else {
				assert.Contains(t, errs, "Tệp "+to+" đã có sẵn. Hãy chọn tên khác", command)
			}
			assert.Equal(t, before, textOf(t, to), "%v %s", command, to)
		}
	}
	for _, command := range [][]string{preview, fill} {
		code, _, errs := commandOf(t, append(command, filepath.Join("restored", "watermark"))...)
		assert.Equal(t, exitCannotTell, code)
		assert.Contains(t, errs, "là chỗ của sổ")
		code, _, errs = commandOf(t, append(command, "rel")...)
		assert.Equal(t, exitCannotTell, code)
		assert.Contains(t, errs, "rel là một thư mục")
	}
	assert.Equal(t, zip, textOf(t, "v.zip"))
}
