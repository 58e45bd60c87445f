package centre

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata/mistakes")

// TestMistakes reads each testdata/mistakes/*.toml and compares what check says
// about it, in both languages, with the .want file beside it.
func TestMistakes(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	files, err := filepath.Glob("testdata/mistakes/*.toml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	codes := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			d, findings := Parse(filepath.Base(file), src)
			var got strings.Builder
			for _, f := range findings {
				codes[f.Code] = true
				fmt.Fprintf(&got, "%s\n", says(words, f, "vi"))
				fmt.Fprintf(&got, "%s\n", says(words, f, "en"))
			}
			failed := slices.ContainsFunc(findings, func(f Finding) bool { return !f.Warning })
			assert.Equal(t, failed, d == nil)
			assert.NotContains(t, got.String(), "{", "a hole that nobody filled")

			want := strings.TrimSuffix(file, ".toml") + ".want"
			if *update {
				require.NoError(t, os.WriteFile(want, []byte(got.String()), 0o644))
			}
			b, err := os.ReadFile(want)
			require.NoError(t, err)
			assert.Equal(t, string(b), got.String())
		})
	}
	every := slices.DeleteFunc(sentences(t, words), func(code string) bool {
		return strings.HasPrefix(code, "change.") || strings.HasPrefix(code, "kind.")
	})
	assert.Equal(t, every, slices.Sorted(maps.Keys(codes)), "each finding has a sentence, and each sentence a mistake that shows it")
}

func says(words *locale.Catalogue, f Finding, lang string) string {
	kind := "common.error"
	if f.Warning {
		kind = "common.warning"
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, words.Say(lang, kind, nil), words.Say(lang, "centre."+f.Code, f.Args))
}

// sentences lists the keys of this room's words, without the room.
func sentences(t *testing.T, words *locale.Catalogue) []string {
	t.Helper()
	var list []string
	for part := range bytes.SplitSeq(words.JSON("vi"), []byte(`"centre.`)) {
		if key, _, ok := bytes.Cut(part, []byte(`":`)); ok && !bytes.ContainsAny(key, ` "{`) {
			list = append(list, string(key))
		}
	}
	slices.Sort(list)
	return list
}
