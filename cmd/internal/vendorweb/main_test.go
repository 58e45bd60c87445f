package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fake lays out node_modules with stand-ins that export what the entry wants.
func fake(t *testing.T) string {
	t.Helper()
	assets := t.TempDir()
	for name, file := range map[string]string{
		"preact":               `export const h=()=>0,render=h,Fragment=h,createContext=h,Component=h`,
		"preact/hooks":         `export const useState=0,useEffect=0,useLayoutEffect=0,useRef=0,useMemo=0,useCallback=0,useReducer=0,useContext=0,useId=0`,
		"@preact/signals":      `export const signal=0,computed=0,effect=0,batch=0,untracked=0,useSignal=0,useComputed=0,useSignalEffect=0`,
		"@preact/signals-core": ``,
		"htm":                  `export default {bind(){}}`,
	} {
		dir := filepath.Join(assets, "web", "node_modules", name)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "index.js"), []byte(file), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"version":"1.2.3","main":"index.js"}`), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("licence of "+name), 0o644))
	}
	return assets
}

func TestBundleIsTheSameEachTime(t *testing.T) {
	assets := fake(t)
	var bundles [2][]byte
	for i := range bundles {
		v := vendor{assets: assets, modules: filepath.Join(assets, "web", "node_modules"), files: map[string]File{}}
		require.NoError(t, v.preact())
		require.NoError(t, v.licences())
		require.NoError(t, v.record())
		var err error
		bundles[i], err = os.ReadFile(filepath.Join(assets, "web", "vendor", "preact.js"))
		require.NoError(t, err)
	}
	assert.Equal(t, bundles[0], bundles[1])
	assert.Regexp(t, `export\{.*useState.*\}`, string(bundles[0]))

	licences, err := os.ReadFile(filepath.Join(assets, "web", "vendor", "LICENSES.md"))
	require.NoError(t, err)
	assert.Contains(t, string(licences), "## htm 1.2.3\n\n```text\nlicence of htm\n```")
	record, err := os.ReadFile(filepath.Join(assets, "web", "vendor", "VENDOR.json"))
	require.NoError(t, err)
	var got struct{ Files map[string]File }
	require.NoError(t, json.Unmarshal(record, &got))
	assert.Equal(t, len(bundles[0]), got.Files["web/vendor/preact.js"].Bytes)
}

func TestWithoutNodeModulesItSaysWhatToDo(t *testing.T) {
	err := run(t.TempDir())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "npm ci --ignore-scripts")
}
