// Package locale holds every sentence that people read, in Vietnamese and
// English, and takes further languages from a folder of the centre.
//
// A file holds one room's words in one language: vi/kiosk.json. Keys are flat
// ("kiosk.title"), a sentence may have holes ("Quầy {counter}"), and it may be
// written once per plural form, {"one": "…", "other": "…"}, chosen by the hole
// n by the rules of CLDR. Browsers get the same words by JSON.
//
// A language of the centre is one flat file, XX.json, that names itself by the
// key "_name". What it lacks is said in Vietnamese. It may also reword single
// sentences of vi and en. A file or a sentence of it that cannot be used is left
// out and told by Skipped: a bad translation must not stop a hall.
//
// The catalogue is read once and never changed, so it needs no lock.
//
// Rejected: x/text/message, which wants a generator and Go code per language,
// and go-i18n, which browsers cannot share.
package locale

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed vi/*.json en/*.json
var files embed.FS

// First is the language that has every sentence: what another language lacks
// is said in it.
const First = "vi"

const nameKey = "_name"

// Language is one that people may choose.
type Language struct {
	Code string `json:"code"`
	Name string `json:"name"` // in the language itself
}

// Catalogue has the sentences of all languages.
type Catalogue struct {
	words   map[string]words // by language
	tags    map[string]language.Tag
	json    map[string][]byte
	skipped []error
}

type words map[string]sentence

// New reads the sentences of the house, then the languages in each of the given
// folders; a folder that is not there is none. The error is about our own files
// or a folder that cannot be listed.
func New(folders ...string) (*Catalogue, error) {
	c := &Catalogue{words: map[string]words{}, tags: map[string]language.Tag{}, json: map[string][]byte{}}
	if err := c.readOwn(); err != nil {
		return nil, err
	}
	for _, folder := range folders {
		if err := c.readFolder(folder); err != nil {
			return nil, err
		}
	}
	for lang := range c.words {
		c.tags[lang] = language.Make(lang)
		all := maps.Clone(c.words[First])
		maps.Copy(all, c.words[lang])
		b, err := json.Marshal(all)
		if err != nil {
			return nil, fmt.Errorf("locale %s: %w", lang, err)
		}
		c.json[lang] = b
	}
	return c, nil
}

func (c *Catalogue) readOwn() error {
	names, err := fs.Glob(files, "*/*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		w, err := parse(b)
		if err != nil {
			return fmt.Errorf("locale %s: %w", name, err)
		}
		lang := path.Dir(name)
		if c.words[lang] == nil {
			c.words[lang] = words{}
		}
		maps.Copy(c.words[lang], w)
	}
	return nil
}

func (c *Catalogue) readFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) || folder == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("languages of the centre: %w", err)
	}
	for _, e := range entries {
		if lang, ok := strings.CutSuffix(e.Name(), ".json"); ok && !e.IsDir() {
			if err := c.readExtra(lang, filepath.Join(folder, e.Name())); err != nil {
				c.skipped = append(c.skipped, fmt.Errorf("%s: %w", e.Name(), err))
			}
		}
	}
	return nil
}

// readExtra takes one drop-in language. Sentences with a hole that nobody fills
// are left out, since they would be shown with the bare hole.
func (c *Catalogue) readExtra(lang, file string) error {
	if _, err := language.Parse(lang); err != nil {
		return fmt.Errorf("the file's name is no language code: %w", err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	w, err := parse(b)
	if err != nil {
		return err
	}
	var left []error
	for _, key := range slices.Sorted(maps.Keys(w)) {
		if key == nameKey {
			continue
		}
		first, known := c.words[First][key]
		switch {
		case !known:
			left = append(left, fmt.Errorf("%s: no such sentence", key))
		case !subset(w[key].holes(), first.holes()):
			left = append(left, fmt.Errorf("%s: holes %v, but there are only %v", key, w[key].holes(), first.holes()))
		default:
			continue
		}
		delete(w, key)
	}
	if c.words[lang] == nil {
		if _, ok := w[nameKey]; !ok {
			w[nameKey] = sentence{"other": lang}
		}
		c.words[lang] = words{}
	}
	maps.Copy(c.words[lang], w)
	return errors.Join(left...)
}

// Say returns the sentence of key in lang with its holes filled. It falls back
// to Vietnamese and then to the key itself, which a tester sees at once.
func (c *Catalogue) Say(lang, key string, args map[string]any) string {
	lang = c.Match(lang)
	s, ok := c.words[lang][key]
	if !ok {
		lang = First
		if s, ok = c.words[First][key]; !ok {
			return key
		}
	}
	return fill(s.form(c.tags[lang], args["n"]), args)
}

// Match returns the code among Languages for lang ("en-US" gives "en"), and
// Vietnamese when there is none.
func (c *Catalogue) Match(lang string) string {
	for lang != "" {
		if _, ok := c.words[lang]; ok {
			return lang
		}
		lang = lang[:max(strings.LastIndexAny(lang, "-_"), 0)]
	}
	return First
}

// Has reports whether Vietnamese has the key, and so whether every language can
// say it.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.words[First][key]
	return ok
}

// Languages lists what there is: Vietnamese, English, then the others by code.
func (c *Catalogue) Languages() []Language {
	var list []Language
	for code, w := range c.words {
		list = append(list, Language{Code: code, Name: w[nameKey].form(language.Und, nil)})
	}
	rank := map[string]int{"vi": -2, "en": -1}
	slices.SortFunc(list, func(a, b Language) int {
		return cmp.Or(cmp.Compare(rank[a.Code], rank[b.Code]), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// JSON is the whole of a language for browsers, gaps filled in Vietnamese. The
// bytes are shared: do not change them.
func (c *Catalogue) JSON(lang string) []byte { return c.json[c.Match(lang)] }

// Skipped says what of the centre's own languages could not be used.
func (c *Catalogue) Skipped() []error { return slices.Clone(c.skipped) }
