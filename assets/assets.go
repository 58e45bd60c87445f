// Package assets holds what browsers load: pages, the small library they
// share, the vendored Preact module, fonts, and the words as JSON.
//
// Everything is embedded, so a binary is whole. Files are served with the hash
// of their content as ETag and with no-cache, so that a browser asks each time
// and an update is seen at once; Build changes with any of them and lets open
// pages notice that they are old.
//
// Nothing is built: the pages are the ES modules in web/, as written. Only
// web/vendor, web/fonts and assetstest/testdata come from elsewhere, made by
// cmd/internal/vendorweb and held to VENDOR.json by a test. Rejected: committed
// bundles of our own code, which nobody can review, and bundles made on the
// user's machine, which need node.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"xinmoi/assets/locale"
)

//go:generate go run ../cmd/internal/vendorweb

// The patterns name the kinds of file, so that web/node_modules of whoever
// updates a dependency is not swept in.
//
//go:embed web/*/*.html web/*/*.js web/*/*.css web/*/*.woff2 web/*/*.svg web/*/*.md web/*/*.txt
var web embed.FS

// Page is the HTML of a page: web/<name>/index.html. It panics for a name that
// is not embedded, as template.Must would: rooms ask once, when they are made.
func Page(name string) []byte {
	b, err := web.ReadFile("web/" + name + "/index.html")
	if err != nil {
		panic(fmt.Sprintf("assets: no page %q", name))
	}
	return b
}

// Build is the same for equal files and words, and else another.
func Build(words *locale.Catalogue) string {
	h := sha256.New()
	files := load()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintln(h, name, files[name].etag)
	}
	for _, lang := range words.Languages() {
		_, _ = h.Write(words.JSON(lang.Code))
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Handler serves /web/… and the words as /locale/{lang}.json. With ?only=kiosk.phone,common
// the words are those whose keys begin so, for pages that must stay small.
func Handler(words *locale.Catalogue) http.Handler {
	files := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if lang, ok := strings.CutPrefix(name, "locale/"); ok {
			lang, ok = strings.CutSuffix(lang, ".json")
			if !ok || lang == "" || strings.Contains(lang, "/") {
				http.NotFound(w, r)
				return
			}
			serve(w, r, newFile("x.json", only(words.JSON(lang), r.URL.Query().Get("only"))))
			return
		}
		f, ok := files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		serve(w, r, f)
	})
}

// file is one embedded file, ready to be served.
type file struct {
	data []byte
	kind string
	etag string
}

func newFile(name string, data []byte) file {
	sum := sha256.Sum256(data)
	return file{data: data, kind: kind(name), etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// kind does not ask the machine's own table of types, which differs.
func kind(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	case ".md", ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	default:
		return mime.TypeByExtension(ext)
	}
}

func serve(w http.ResponseWriter, r *http.Request, f file) {
	head := w.Header()
	head.Set("ETag", f.etag)
	head.Set("Cache-Control", "no-cache")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	head.Set("Content-Type", f.kind)
	head.Set("Content-Length", fmt.Sprint(len(f.data)))
	head.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write(f.data)
	}
}

// load reads every embedded file under its path, "web/lib/feed.js".
func load() map[string]file {
	files := map[string]file{}
	err := fs.WalkDir(web, "web", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := web.ReadFile(name)
		files[name] = newFile(name, data)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("assets: %v", err)) // the embedded tree cannot fail
	}
	return files
}

// Words are those that are embedded, without any dropped in. That our own files
// can be read is tested, so failing here is a bug of the build.
func Words() *locale.Catalogue {
	c, err := locale.New()
	if err != nil {
		panic(fmt.Sprintf("assets: %v", err))
	}
	return c
}

// only keeps the words whose keys begin with one of the names; with none, all.
func only(words []byte, names string) []byte {
	if names == "" {
		return words
	}
	var all, some = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(words, &all); err != nil {
		return words
	}
	for key, sentence := range all {
		for name := range strings.SplitSeq(names, ",") {
			if strings.HasPrefix(key, name+".") || key == "_name" {
				some[key] = sentence
			}
		}
	}
	b, err := json.Marshal(some)
	if err != nil {
		return words
	}
	return b
}
