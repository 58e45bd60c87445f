package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
)

// whenWritten calls a function at the first write.
type whenWritten func()

func (w whenWritten) Write(b []byte) (int, error) { w(); return len(b), nil }

// The demo is told where its things are as people tell it: by a relative path.
func TestDemoInAFolderOfItsOwn(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	demo := func() (code int, errs string) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var e syncBuffer
		code = runDemo(ctx, env{out: whenWritten(stop), errw: &e, words: words, lang: "vi"}, []string{"--data", "dem", "--listen", "127.0.0.1:0"})
		return code, e.String()
	}
	code, errs := demo()
	require.Equal(t, exitGood, code, errs)
	assert.FileExists(t, filepath.Join("dem", "data", "book.db"))

	require.NoError(t, os.WriteFile(filepath.Join("dem", "centre.toml"), []byte("[centre]\nnom = 1\n"), 0o600))
	code, errs = demo()
	assert.Equal(t, exitFound, code)
	assert.Regexp(t, `(?m)^/.*/dem/centre\.toml:2: lỗi: .*[.”]$`, errs)
	assert.NotContains(t, errs, "Warning")
	assert.NotContains(t, errs, "map[")
}
