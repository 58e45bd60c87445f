package assets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets"
)

func get(t *testing.T, method, path string, head ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	assets.Handler(assets.Words()).ServeHTTP(w, r)
	return w
}

// Every vendored file is the one that was recorded, and every file in the
// vendored folders was recorded.
func TestVendoredFilesAreAsRecorded(t *testing.T) {
	data, err := os.ReadFile("web/vendor/VENDOR.json")
	require.NoError(t, err)
	var record struct {
		Files map[string]struct {
			SHA256 string
			Bytes  int
			From   []string
		}
	}
	require.NoError(t, json.Unmarshal(data, &record))
	require.NotEmpty(t, record.Files)
	for name, want := range record.Files {
		got, err := os.ReadFile(filepath.FromSlash(name))
		if !assert.NoError(t, err) {
			continue
		}
		sum := sha256.Sum256(got)
		assert.Equal(t, want.SHA256, hex.EncodeToString(sum[:]), name)
		assert.Len(t, got, want.Bytes, name)
	}
	for _, dir := range []string{"web/vendor", "web/fonts", "assetstest/testdata"} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && d.Name() != "VENDOR.json" {
				assert.Contains(t, record.Files, filepath.ToSlash(path), "not recorded")
			}
			return err
		}))
	}
}

// The lock file names exact versions with their hashes, and no addresses.
func TestLockFileHasHashesAndNoAddresses(t *testing.T) {
	data, err := os.ReadFile("web/package-lock.json")
	require.NoError(t, err)
	var lock struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	require.NoError(t, json.Unmarshal(data, &lock))
	for name, p := range lock.Packages {
		if name == "" {
			continue
		}
		assert.Empty(t, p.Resolved, name)
		assert.NotEmpty(t, p.Version, name)
		assert.True(t, strings.HasPrefix(p.Integrity, "sha512-"), name)
	}
}

func TestFilesAreServedWithTheirHash(t *testing.T) {
	cases := map[string]string{
		"/web/lib/feed.js":                  "text/javascript; charset=utf-8",
		"/web/lib/base.css":                 "text/css; charset=utf-8",
		"/web/vendor/preact.js":             "text/javascript; charset=utf-8",
		"/web/fonts/bevietnampro-400.woff2": "font/woff2",
		"/web/vendor/LICENSES.md":           "text/plain; charset=utf-8",
		"/locale/vi.json":                   "application/json",
	}
	for path, kind := range cases {
		t.Run(path, func(t *testing.T) {
			w := get(t, "GET", path)
			require.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, kind, w.Header().Get("Content-Type"))
			assert.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
			assert.NotEmpty(t, w.Body.Bytes())
			etag := w.Header().Get("ETag")
			require.NotEmpty(t, etag)

			again := get(t, "GET", path, "If-None-Match", etag)
			assert.Equal(t, http.StatusNotModified, again.Code)
			assert.Empty(t, again.Body.Bytes())
			assert.Equal(t, http.StatusOK, get(t, "GET", path, "If-None-Match", `"old"`).Code)
			head := get(t, "HEAD", path)
			assert.Equal(t, http.StatusOK, head.Code)
			assert.Empty(t, head.Body.Bytes())
		})
	}
}

func TestOnlyWhatIsEmbeddedIsServed(t *testing.T) {
	for _, path := range []string{"/web/", "/web/lib", "/web/package.json", "/web/lib/../../assets.go", "/web/node_modules/htm/package.json", "/locale/", "/locale/vi", "/locale/a/b.json"} {
		assert.Equal(t, http.StatusNotFound, get(t, "GET", path).Code, path)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, get(t, "POST", "/web/lib/feed.js").Code)
}

func TestWordsOfOneRoomOnly(t *testing.T) {
	var all, some map[string]any
	require.NoError(t, json.Unmarshal(get(t, "GET", "/locale/en.json").Body.Bytes(), &all))
	require.NoError(t, json.Unmarshal(get(t, "GET", "/locale/en.json?only=common").Body.Bytes(), &some))
	assert.Less(t, len(some), len(all))
	require.Contains(t, some, "common.app")
	for key := range some {
		assert.True(t, strings.HasPrefix(key, "common.") || key == "_name", key)
	}
}

func TestPageAndBuild(t *testing.T) {
	assert.Contains(t, string(assets.Page("kiosk")), "<!doctype html>")
	assert.Panics(t, func() { assets.Page("no such page") })
	assert.Regexp(t, "^[0-9a-f]{16}$", assets.Build(assets.Words()))
	assert.Equal(t, assets.Build(assets.Words()), assets.Build(assets.Words()))
}

// Pages are held to the strict policy that the door sends, and to plain http:
// nothing inline, nothing that only a secure context has.
func TestPagesNeedNothingThatTheHallLacks(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		"inline style":        regexp.MustCompile(`\sstyle=`),
		"inline handler":      regexp.MustCompile(`<[a-z][^>]*\son[a-z]+="`),
		"inline script":       regexp.MustCompile(`<script(?:\s+type="module")?>`),
		"secure context only": regexp.MustCompile(`randomUUID|crypto\.subtle|serviceWorker|wakeLock|mediaDevices|audioWorklet`),
		"another host":        regexp.MustCompile(`(?:src|href|url\()["'=( ]*https?://`),
	}
	require.NoError(t, filepath.WalkDir("web", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "node_modules" || d.Name() == "vendor" || d.Name() == "fonts" {
				return filepath.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := regexp.MustCompile(`(?m)^\s*(//|\*|/\*\*?).*$|//[^"'\n]*$`).ReplaceAllString(string(data), "")
		for what, re := range forbidden {
			if what == "secure context only" && path == filepath.Join("web", "studio", "sound.js") {
				continue // it asks whether there is a microphone, and does without
			}
			assert.NotRegexp(t, re, text, "%s: %s", path, what)
		}
		return nil
	}))
}
