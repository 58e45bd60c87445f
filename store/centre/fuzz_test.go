package centre

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse wants no panic, a line that exists for each finding, and that a
// document which was let through comes back from its canonical form.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/mistakes/*.toml")
	require.NoError(f, err)
	for _, file := range append(files, "testdata/commune.toml") {
		src, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, findings := Parse("x", src)
		lines := 1
		for _, b := range src {
			if b == '\n' {
				lines++
			}
		}
		failed := false
		for _, x := range findings {
			if x.Line < 1 || x.Line > lines {
				t.Fatalf("line %d of %d: %s", x.Line, lines, x.Code)
			}
			failed = failed || !x.Warning
		}
		if failed != (d == nil) {
			t.Fatalf("document %v with findings %v", d, findings)
		}
		if d == nil {
			return
		}
		doc, hash := d.Canonical()
		again, err := FromCanonical(doc)
		require.NoError(t, err)
		_, same := again.Canonical()
		require.Equal(t, hash, same)
		require.Equal(t, d.Rules(), again.Rules())
	})
}
