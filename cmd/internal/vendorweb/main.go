// Vendorweb makes the third-party files that the web pages need and that are
// committed: one ES module with Preact, its hooks, htm and signals, the fonts,
// and axe for the browser tests. Its input is assets/web/node_modules (npm ci
// --ignore-scripts), so the versions and their integrity are those of the lock
// file; its output is recorded with hashes in VENDOR.json, which a test in
// package assets checks without network.
//
// Only whoever updates a dependency runs it (go generate ./assets). Bundling is
// done by esbuild as a Go library, hence without node; the fonts need Debian's
// woff2 and libharfbuzz-bin. The output is the same byte for byte on each run.
// The program's own pages are never bundled: what is committed here changes a
// few times a year, what is read in review is the source itself.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("assets", ".", "the assets folder")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "vendorweb:", err)
		os.Exit(1)
	}
}

// File is one vendored file as VENDOR.json records it.
type File struct {
	SHA256 string   `json:"sha256"`
	Bytes  int      `json:"bytes"`
	From   []string `json:"from,omitempty"` // packages with versions
}

// run makes everything below the assets folder.
func run(assets string) error {
	v := vendor{assets: assets, modules: filepath.Join(assets, "web", "node_modules"), files: map[string]File{}}
	for _, step := range []func() error{v.preact, v.fonts, v.axe, v.licences, v.record} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// vendor collects what has been written so far.
type vendor struct {
	assets  string
	modules string
	files   map[string]File
	used    []string // packages, in the order of first use
}

// write puts data at path below the assets folder and records its origin.
func (v *vendor) write(path string, data []byte, packages ...string) error {
	full := filepath.Join(v.assets, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(full, data, 0o644); err != nil {
		return err
	}
	f := File{Bytes: len(data)}
	sum := sha256.Sum256(data)
	f.SHA256 = hex.EncodeToString(sum[:])
	for _, p := range packages {
		version, err := v.version(p)
		if err != nil {
			return err
		}
		f.From = append(f.From, p+" "+version)
		v.use(p)
	}
	v.files[path] = f
	return nil
}

func (v *vendor) use(name string) {
	for _, p := range v.used {
		if p == name {
			return
		}
	}
	v.used = append(v.used, name)
}

func (v *vendor) version(name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(v.modules, name, "package.json"))
	if err != nil {
		return "", fmt.Errorf("%w (run npm ci --ignore-scripts in assets/web)", err)
	}
	var p struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return "", fmt.Errorf("%s/package.json: %w", name, err)
	}
	return p.Version, nil
}

// record writes VENDOR.json.
func (v *vendor) record() error {
	data, err := json.MarshalIndent(map[string]any{"files": v.files}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(v.assets, "web", "vendor", "VENDOR.json"), append(data, '\n'), 0o644)
}
