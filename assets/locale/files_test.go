package locale

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// TestFiles holds the files of the house to their promises. A failure names the
// file whose room has to mend it.
func TestFiles(t *testing.T) {
	names, err := fs.Glob(files, "*/*.json")
	require.NoError(t, err)
	where := map[string]map[string]string{} // language, key, file
	for _, name := range names {
		b, err := files.ReadFile(name)
		require.NoError(t, err)
		assert.True(t, norm.NFC.IsNormal(b), "%s: not NFC: printers draw loose marks beside the letters", name)
		lang := path.Dir(name)
		if where[lang] == nil {
			where[lang] = map[string]string{}
		}
		for _, key := range keys(t, name, b) {
			assert.Empty(t, where[lang][key], "%s: %s stands a second time", name, key)
			where[lang][key] = name
		}
		w, err := parse(b)
		if !assert.NoError(t, err, name) {
			continue
		}
		for key, s := range w {
			if lang == "vi" {
				assert.Len(t, s, 1, "%s: %s: Vietnamese has no plural forms", name, key)
			}
			for form, text := range s {
				assert.NotEmpty(t, strings.TrimSpace(text), "%s: %s %s: empty", name, key, form)
				assert.Equal(t, strings.TrimSpace(text), text, "%s: %s %s: spaces at an end", name, key, form)
				rest := hole.ReplaceAllString(text, "")
				assert.False(t, strings.ContainsAny(rest, "{}"), "%s: %s %s: a brace that is no hole", name, key, form)
			}
			if len(s) > 1 {
				assert.Contains(t, s.holes(), "{n}", "%s: %s: plural forms need the hole n", name, key)
			}
		}
	}
	assert.Len(t, where, 2)
}

// keys lists the keys of a flat JSON object as they stand, doubles included.
func keys(t *testing.T, name string, b []byte) []string {
	var list []string
	d := json.NewDecoder(bytes.NewReader(b))
	depth := 0
	wantKey := false
	for {
		tok, err := d.Token()
		if err != nil {
			return list
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' {
				depth++
			} else if v == '}' {
				depth--
			} else {
				t.Errorf("%s: not flat", name)
			}
			wantKey = depth == 1
		case string:
			if depth == 1 && wantKey {
				list = append(list, v)
			}
			wantKey = depth == 1 && !wantKey
		}
	}
}

// TestSameInBoth finds the sentence that one of the two languages lacks.
func TestSameInBoth(t *testing.T) {
	c, err := New()
	require.NoError(t, err)
	assert.Equal(t, slices.Sorted(maps.Keys(c.words["vi"])), slices.Sorted(maps.Keys(c.words["en"])))
	for key, vi := range c.words["vi"] {
		assert.Equal(t, vi.holes(), c.words["en"][key].holes(), key)
	}
}
