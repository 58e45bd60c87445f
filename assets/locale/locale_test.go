package locale

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// with makes a catalogue with one more language file.
func with(t *testing.T, name, content string) *Catalogue {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	c, err := New(dir)
	require.NoError(t, err)
	return c
}

func TestSay(t *testing.T) {
	c, err := New()
	require.NoError(t, err)
	assert.Equal(t, "Thứ Hai", c.Say("vi", "common.day.mon", nil))
	assert.Equal(t, "Monday", c.Say("en", "common.day.mon", nil))
	assert.Equal(t, "Monday", c.Say("en-US", "common.day.mon", nil), "a region falls back to its language")
	assert.Equal(t, "Thứ Hai", c.Say("fr", "common.day.mon", nil), "an unknown language falls back to Vietnamese")
	assert.Equal(t, "Thứ Hai", c.Say("", "common.day.mon", nil))
	assert.Equal(t, "no.such.key", c.Say("en", "no.such.key", nil))
	assert.True(t, c.Has("common.app"))
	assert.False(t, c.Has("no.such.key"))
}

func TestFormsAndHoles(t *testing.T) {
	c, err := New()
	require.NoError(t, err)
	c.words["en"]["x"] = sentence{"one": "{n} person ahead of {number}", "other": "{n} people ahead of {number}"}
	c.words["vi"]["x"] = sentence{"other": "Còn {n} người trước số {number}"}
	c.words["vi"]["y"] = sentence{"other": "{list} {gone} {{n}}"}
	say := func(lang string, n any) string {
		return c.Say(lang, "x", map[string]any{"n": n, "number": "A012"})
	}
	assert.Equal(t, "1 person ahead of A012", say("en", 1))
	assert.Equal(t, "2 people ahead of A012", say("en", uint64(2)))
	assert.Equal(t, "0 people ahead of A012", say("en-GB", int8(0)))
	assert.Equal(t, "many people ahead of A012", say("en", "many"))
	assert.Equal(t, "Còn 1 người trước số A012", say("vi", 1))
	assert.Equal(t, "a, b {gone} {3}", c.Say("en", "y", map[string]any{"list": []string{"a", "b"}, "n": 3}))
	assert.Equal(t, "{list} {gone} {{n}}", c.Say("vi", "y", nil), "an empty hole is seen")
}

func TestDropIn(t *testing.T) {
	c := with(t, "tyz.json", `{"_name": "Tày", "common.app": "Slưn Mời"}`)
	assert.Empty(t, c.Skipped())
	assert.Equal(t, []Language{{"vi", "Tiếng Việt"}, {"en", "English"}, {"tyz", "Tày"}}, c.Languages())
	assert.Equal(t, "Slưn Mời", c.Say("tyz", "common.app", nil))
	assert.Equal(t, "Thứ Hai", c.Say("tyz", "common.day.mon", nil), "gaps are filled in Vietnamese")

	var all map[string]any
	require.NoError(t, json.Unmarshal(c.JSON("tyz"), &all))
	assert.Equal(t, "Slưn Mời", all["common.app"])
	assert.Equal(t, "Thứ Hai", all["common.day.mon"])
	assert.Equal(t, "Tày", all["_name"])
	assert.Equal(t, c.JSON("vi"), c.JSON("xx"))
}

func TestDropInRewords(t *testing.T) {
	c := with(t, "vi.json", `{"common.today": "bữa nay"}`)
	assert.Equal(t, "bữa nay", c.Say("vi", "common.today", nil))
	assert.Equal(t, "ngày mai", c.Say("vi", "common.tomorrow", nil))
	assert.Len(t, c.Languages(), 2)
}

func TestBadDropInsAreLeftOut(t *testing.T) {
	for name, content := range map[string]string{
		"km.json":      `{"_name": "ខ្មែរ",`,
		"mnw.json":     `{"common.app": 7}`,
		"cjm.json":     `{"common.app": {"on": "x", "other": "y"}}`,
		"rad.json":     `{"common.app": ""}`,
		"no code.json": `{"common.app": "x"}`,
	} {
		c := with(t, name, content)
		assert.Len(t, c.Skipped(), 1, name)
		assert.Len(t, c.Languages(), 2, name)
	}
	c := with(t, "km.json", `{"common.app": "x {number}", "common.nothing": "y", "common.yes": "z"}`)
	require.Len(t, c.Skipped(), 1)
	assert.ErrorContains(t, c.Skipped()[0], "common.app")
	assert.ErrorContains(t, c.Skipped()[0], "common.nothing")
	assert.Equal(t, "Xin Mời", c.Say("km", "common.app", nil), "a hole that nobody fills is not shown")
	assert.Equal(t, "z", c.Say("km", "common.yes", nil))
	assert.Equal(t, "km", c.Languages()[2].Name, "a language without a name is called by its code")
}
