package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// entry is the whole surface that pages may use of the three libraries.
const entry = `
import { h } from "preact";
import htm from "htm";
export { h, render, Fragment, createContext, Component } from "preact";
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useReducer, useContext, useId } from "preact/hooks";
export { signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect } from "@preact/signals";
export { htm };
export const html = htm.bind(h);
`

// preact bundles the entry into one minified ES module.
func (v *vendor) preact() error {
	abs, err := filepath.Abs(filepath.Dir(v.modules))
	if err != nil {
		return err
	}
	out := api.Build(api.BuildOptions{
		Stdin:             &api.StdinOptions{Contents: entry, ResolveDir: abs, Sourcefile: "entry.js"},
		AbsWorkingDir:     abs,
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsInline,
		Charset:           api.CharsetUTF8,
	})
	if len(out.Errors) > 0 {
		return fmt.Errorf("bundling preact: %s (run npm ci --ignore-scripts in assets/web)", out.Errors[0].Text)
	}
	banner := "// Preact, htm and signals, bundled by cmd/internal/vendorweb. Do not edit. Licences: LICENSES.md\n"
	return v.write("web/vendor/preact.js", append([]byte(banner), out.OutputFiles[0].Contents...),
		"preact", "@preact/signals", "@preact/signals-core", "htm")
}

// The font packages. Both hold full TTFs under the OFL.
const (
	vietnam = "@expo-google-fonts/be-vietnam-pro"
	noto    = "@expo-google-fonts/noto-sans"
)

// numbers is what the family "Num" can show: ticket numbers and clocks.
const numbers = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZĐ :.,–-/"

// fonts makes one woff2 per weight of the text font, whole, because the usual
// split into subsets breaks Vietnamese words over files; and one small one with
// digits of equal width.
func (v *vendor) fonts() error {
	tmp, err := os.MkdirTemp("", "vendorweb")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	for _, w := range []struct{ weight, style string }{{"400", "Regular"}, {"600", "SemiBold"}, {"700", "Bold"}} {
		ttf := filepath.Join(v.modules, vietnam, w.weight+w.style, "BeVietnamPro_"+w.weight+w.style+".ttf")
		woff, err := compress(tmp, ttf)
		if err != nil {
			return err
		}
		if err := v.write("web/fonts/bevietnampro-"+w.weight+".woff2", woff, vietnam); err != nil {
			return err
		}
	}
	bold := filepath.Join(v.modules, noto, "700Bold", "NotoSans_700Bold.ttf")
	subset := filepath.Join(tmp, "num.ttf")
	if err := tool("hb-subset", "--output-file="+subset, "--text="+numbers, "--layout-features=tnum,lnum,kern", bold); err != nil {
		return err
	}
	woff, err := compress(tmp, subset)
	if err != nil {
		return err
	}
	if err := v.write("web/fonts/num-700.woff2", woff, noto); err != nil {
		return err
	}
	ofl, err := os.ReadFile(filepath.Join(v.modules, vietnam, "LICENSE_FONT"))
	if err != nil {
		return err
	}
	return v.write("web/fonts/OFL.txt", ofl, vietnam)
}

// compress turns a TTF into a woff2.
func compress(tmp, ttf string) ([]byte, error) {
	data, err := os.ReadFile(ttf)
	if err != nil {
		return nil, fmt.Errorf("%w (run npm ci --ignore-scripts in assets/web)", err)
	}
	in := filepath.Join(tmp, "font.ttf")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return nil, err
	}
	if err := tool("woff2_compress", in); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(tmp, "font.woff2"))
}

// tool runs a program of Debian's woff2 or libharfbuzz-bin.
func tool(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%s is missing: apt-get install woff2 libharfbuzz-bin", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

// axe copies the accessibility checker of the browser tests. It is embedded in
// a package that only tests import, so no binary carries it.
func (v *vendor) axe() error {
	data, err := os.ReadFile(filepath.Join(v.modules, "axe-core", "axe.min.js"))
	if err != nil {
		return fmt.Errorf("%w (run npm ci --ignore-scripts in assets/web)", err)
	}
	return v.write("assetstest/testdata/axe.min.js", data, "axe-core")
}

// licences gathers the licence text of each package that was used.
func (v *vendor) licences() error {
	var b bytes.Buffer
	b.WriteString("# Licences of the vendored web files\n\nWritten by cmd/internal/vendorweb; hashes are in VENDOR.json.\n")
	for _, name := range v.used {
		version, err := v.version(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n## %s %s\n", name, version)
		for _, file := range []string{"LICENSE", "LICENSE_FONT"} {
			text, err := os.ReadFile(filepath.Join(v.modules, name, file))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "\n```text\n%s\n```\n", bytes.TrimSpace(text))
		}
	}
	return v.write("web/vendor/LICENSES.md", b.Bytes())
}
