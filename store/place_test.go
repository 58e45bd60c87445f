package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who takes the name meanwhile keeps it, on every file system.
func TestPlaceTakesNoTakenName(t *testing.T) {
	for name, place := range map[string]func(temp, to string) error{"at once": Place, "in two steps": claim} {
		t.Run(name, func(t *testing.T) {
			temp, to := filepath.Join(t.TempDir(), "x.new"), filepath.Join(t.TempDir(), "x")
			require.NoError(t, os.WriteFile(temp, []byte("new"), 0o600))
			require.NoError(t, os.WriteFile(to, []byte("old"), 0o600))
			assert.ErrorIs(t, place(temp, to), fs.ErrExist)
			for file, want := range map[string]string{temp: "new", to: "old"} {
				b, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.Equal(t, want, string(b))
			}
			require.NoError(t, os.Remove(to))
			require.NoError(t, place(temp, to))
			b, err := os.ReadFile(to)
			require.NoError(t, err)
			assert.Equal(t, "new", string(b))
			assert.NoFileExists(t, temp)
		})
	}
}
