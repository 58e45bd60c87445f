package kiosk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

const someone = "098095000124"

// everything is all that a folder holds, and the names in it.
func everything(t *testing.T, dir string) (all string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			all += path + "\n" + string(b)
		}
		return nil
	}))
	return all
}

func TestTheKeyDiesWithTheDay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), PersonsFolder)
	p := &persons{dir: dir}
	require.NoError(t, p.begin(""))
	me, err := p.person("", []byte(someone)) // before the first ticket opens the day
	require.NoError(t, err)
	require.NoError(t, p.turn("2026-11-23"))
	require.NoError(t, p.took(me, "civil", owned{7, "touch"}))
	o, ok := p.of(me, "civil")
	assert.True(t, ok)
	assert.Equal(t, owned{7, "touch"}, o)
	_, ok = p.of(me, "land")
	assert.False(t, ok, "a number of one service says nothing about another")

	kept := everything(t, dir)
	assert.NotContains(t, kept, someone)
	assert.NotContains(t, kept, me, "what is on disk is not what stands for the card either")
	assert.NotContains(t, kept, "civil")

	again := &persons{dir: dir} // a restart within the day
	require.NoError(t, again.begin("2026-11-23"))
	same, err := again.person("2026-11-23", []byte(someone))
	require.NoError(t, err)
	assert.Equal(t, me, same)
	o, ok = again.of(me, "civil")
	assert.Equal(t, queue.TicketID(7), o.ticket)
	assert.True(t, ok)

	require.NoError(t, again.turn("")) // the day is closed
	assert.NoDirExists(t, dir)
	_, ok = again.of(me, "civil")
	assert.False(t, ok)
	next, err := again.person("2026-11-24", []byte(someone))
	require.NoError(t, err)
	assert.NotEqual(t, me, next, "tomorrow the same card is somebody else")
}

// TestAnotherDaysKeyIsDestroyedAtTheStart: the power was cut over night.
func TestAnotherDaysKeyIsDestroyedAtTheStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), PersonsFolder)
	p := &persons{dir: dir}
	require.NoError(t, p.begin("2026-11-23"))
	me, err := p.person("2026-11-23", []byte(someone))
	require.NoError(t, err)
	require.NoError(t, p.took(me, "civil", owned{ticket: 7}))
	for _, today := range []queue.Day{"2026-11-24", ""} {
		require.NoError(t, (&persons{dir: dir}).begin(today))
		assert.NoDirExists(t, dir)
	}
}

// TestTornFiles: the power was cut while a tag or the key was written.
func TestTornFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), PersonsFolder)
	p := &persons{dir: dir}
	require.NoError(t, p.begin("d"))
	me, err := p.person("d", []byte(someone))
	require.NoError(t, err)
	require.NoError(t, p.took(me, "a", owned{ticket: 1}))
	tags := filepath.Join(dir, tagsFile)
	b, err := os.ReadFile(tags)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(tags, append(b, "torn"...), 0o600))
	again := &persons{dir: dir}
	require.NoError(t, again.begin("d"))
	_, ok := again.of(me, "a")
	assert.True(t, ok)

	require.NoError(t, os.WriteFile(filepath.Join(dir, keyFile), []byte("d abc"), 0o600))
	torn := &persons{dir: dir}
	require.NoError(t, torn.begin("d"))
	assert.NoDirExists(t, dir, "a key that is not whole is no key")
	_, err = torn.person("d", []byte(someone))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(everything(t, dir), filepath.Join(dir, keyFile)))
}
