package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program that speaks fills a pack once; here it is a shell that knows one
// shipped clip for everything but the letter a.
func TestVoiceFill(t *testing.T) {
	clip, err := filepath.Abs("../../assets/voice/vi/hai.wav")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	e, out, errw := technician(t)
	command := `read text; if [ "$text" = "a," ]; then echo nothing; else cat ` + clip + `; fi`
	code := runFill(t, e, "fill", "--lang", "vi", "--name", "Giọng thử", "--command", command, "--out", "voice.zip")
	assert.Equal(t, exitFound, code, errw.String())
	assert.Contains(t, errw.String(), "“a”")
	assert.Contains(t, out.String(), "voice.zip")
	z, err := zip.OpenReader("voice.zip")
	require.NoError(t, err)
	defer z.Close()
	var m struct {
		Language, Name string
		Clips          []struct{ Name, Text string }
	}
	f, err := z.Open("manifest.json")
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(f).Decode(&m))
	assert.Equal(t, "Giọng thử", m.Name)
	assert.Len(t, z.File, 1+len(m.Clips))
	assert.Greater(t, len(m.Clips), 70)

	for why, args := range map[string][]string{
		"no sub-command": {}, "no command": {"fill", "--name", "x", "--out", "y.zip"},
		"no script": {"fill", "--lang", "tyz", "--name", "x", "--command", "true", "--out", "y.zip"},
	} {
		assert.Equal(t, exitUsage, runFill(t, e, args...), why)
	}
	assert.Equal(t, exitCannotTell, runFill(t, e, "fill", "--name", "x", "--command", "exit 3", "--out", "y.zip"))
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Len(t, files, 1, "nothing half made is left")
	assert.True(t, strings.HasSuffix(files[0].Name(), ".zip"))
}

func runFill(t *testing.T, e env, args ...string) int {
	t.Helper()
	return runVoice(context.Background(), e, args)
}
