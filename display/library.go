package display

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	tags "golang.org/x/text/language"

	"xinmoi/display/voice"
)

// library has the voices of the house: the packs that are shipped, and over them
// those of the centre's own in DATA/display/voice, a folder for each language.
//
// Sounds are written before the manifest that names them, and each file in one
// step: a power cut leaves the pack as it was, or as it was to be.
type library struct {
	dir     string // "" for shipped packs only
	shipped voice.Packs

	mu      sync.Mutex // held while files change
	skipped map[string][]string
}

// errNoLanguage says that a tag is none of BCP 47.
var errNoLanguage = errors.New("no tag of a language")

// tag makes a tag the name of its folder.
func tag(lang string) (string, error) {
	t, err := tags.Parse(lang)
	if err != nil || t == tags.Und {
		return "", errNoLanguage
	}
	return t.String(), nil
}

// load reads the centre's own packs. One that cannot be read is left out and
// told; so is a clip in it that cannot be played.
func (l *library) load() (voice.Packs, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped = map[string][]string{}
	if l.dir == "" {
		return l.shipped, nil
	}
	names, err := filepath.Glob(filepath.Join(l.dir, "*", voice.ManifestName))
	if err != nil {
		return l.shipped, err
	}
	var own []*voice.Pack
	var wrong []error
	for _, name := range names {
		folder := filepath.Base(filepath.Dir(name))
		if folder[0] == '.' {
			continue
		}
		p, skipped, err := voice.ReadPack(os.DirFS(filepath.Dir(name)), false)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", folder, err))
		case p.Language != folder:
			wrong = append(wrong, fmt.Errorf("%s: its manifest says that it is %q", folder, p.Language))
		default:
			own = append(own, p)
			l.skipped[folder] = skipped
		}
	}
	return l.shipped.With(own...), errors.Join(wrong...)
}

// version is another one whenever a clip may sound otherwise.
func version(packs voice.Packs) string {
	h := fnv.New64a()
	for _, lang := range slices.Sorted(maps.Keys(packs)) {
		for _, c := range packs[lang].Clips {
			fmt.Fprintln(h, lang, c.Name, packs[lang].Stamp(c.Name))
		}
	}
	return fmt.Sprintf("%x", h.Sum64())
}

// own is the manifest of the centre's own pack; without one an empty manifest.
func (l *library) own(lang string) (voice.Manifest, error) {
	m := voice.Manifest{Language: lang}
	b, err := os.ReadFile(filepath.Join(l.dir, lang, voice.ManifestName))
	if errors.Is(err, fs.ErrNotExist) || l.dir == "" {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	m.Language = lang
	return m, err
}

// clip is one to be kept.
type clip struct {
	voice.Clip
	wav []byte
}

// keep adds clips to the centre's own pack, in place of those that say the same,
// and lets change do something to its manifest.
func (l *library) keep(lang string, clips []clip, change func(*voice.Manifest)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == "" {
		return errors.New("there is no folder for packs")
	}
	m, err := l.own(lang)
	if err != nil {
		return err
	}
	if change != nil {
		change(&m)
	}
	for _, c := range clips {
		if err := writeFile(filepath.Join(l.dir, lang, c.Name+".wav"), c.wav); err != nil {
			return err
		}
		m.Clips = slices.DeleteFunc(m.Clips, func(old voice.Clip) bool { return old.Name == c.Name })
		m.Clips = append(m.Clips, c.Clip)
	}
	return writeManifest(filepath.Join(l.dir, lang), m)
}

func writeManifest(dir string, m voice.Manifest) error {
	if m.Clips == nil {
		m.Clips = []voice.Clip{}
	}
	b, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, voice.ManifestName), append(b, '\n'))
}

// replace puts a whole pack in place of the centre's own. What was there before
// is kept in a hidden folder, once.
func (l *library) replace(lang, with string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, old := filepath.Join(l.dir, lang), filepath.Join(l.dir, ".old-"+lang)
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(at, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if with == "" {
		return nil
	}
	return os.Rename(with, at)
}
