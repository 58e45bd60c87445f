package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/printer"
	"xinmoi/store/centre"
)

// TestEverySentenceIsThere looks for keys in the source that no language has:
// a person would read the key.
func TestEverySentenceIsThere(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	key := regexp.MustCompile(`"(cmd\.[a-z0-9_.]*[a-z0-9_])"`)
	found := 0
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range key.FindAllStringSubmatch(string(src), -1) {
			found++
			assert.True(t, words.Has(m[1]) || strings.HasSuffix(file, "_test.go"), "%s: %s", file, m[1])
		}
	}
	assert.Greater(t, found, 20)
	for _, c := range commands() {
		assert.True(t, words.Has("cmd.help."+c.name), c.name)
	}
	for _, q := range questions() {
		assert.True(t, words.Has("cmd.init.ask."+q.flag) && words.Has("cmd.flag."+q.flag), q.flag)
	}
}

// TestModelsHaveDrivers holds the printers that a document may name against
// those that there are.
func TestModelsHaveDrivers(t *testing.T) {
	for _, name := range centre.Models {
		_, ok := printer.ModelOf(name)
		assert.True(t, ok, name)
	}
}
