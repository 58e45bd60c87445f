package voice

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// ManifestName is the file of a pack that lists its clips.
const ManifestName = "manifest.json"

// Manifest describes a pack: the clips of one language by one voice.
type Manifest struct {
	Language string `json:"language"` // a tag of BCP 47: "vi", "tyz"
	Name     string `json:"name"`     // "Giọng máy tạm", "Giọng chị Lò Thị Mai"
	Note     string `json:"note,omitempty"`
	Words    Words  `json:"words,omitempty"` // of a language that has no grammar here
	Clips    []Clip `json:"clips"`
}

// Clip is one recorded piece of speech, in the file Name.wav.
type Clip struct {
	Name string  `json:"name"`
	Text string  `json:"text,omitempty"` // "" for a chime
	End  bool    `json:"end,omitempty"`  // spoken as the end of a phrase
	MS   int     `json:"ms"`
	LUFS float64 `json:"lufs,omitempty"` // of a clip that was recorded here
	*Quality
}

// The clips without words. Only the leading language's pack has them.
const (
	Chime      = "chime"
	ShortChime = "chime-short"
)

// Pack is a pack of clips that can be spoken from. It does not change.
type Pack struct {
	Manifest
	grammar *language
	byText  map[textKey]Clip
	byName  map[string]source
}

type textKey struct {
	text string
	end  bool
}

// source is where a clip lies.
type source struct {
	Clip
	files fs.FS
	file  string
	stamp string // another one when the sound may be another
}

// ReadPack reads a pack. Clips that are not there or cannot be played are left
// out and named; a manifest that says nothing is an error. Whether the sound of
// shipped packs can be played is held by a test and not looked at here.
func ReadPack(files fs.FS, shipped bool) (p *Pack, skipped []string, err error) {
	b, err := fs.ReadFile(files, ManifestName)
	if err != nil {
		return nil, nil, fmt.Errorf("voice pack: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, nil, fmt.Errorf("voice pack: %s: %w", ManifestName, err)
	}
	p = newPack(m)
	if p.grammar == nil {
		return nil, nil, fmt.Errorf("voice pack: the language %q has no grammar here and its manifest no words", m.Language)
	}
	for _, c := range m.Clips {
		if c.Name == "" || c.Name != path.Base(c.Name) || strings.HasPrefix(c.Name, ".") || c.MS <= 0 {
			return nil, nil, fmt.Errorf("voice pack: clip %q has no proper name or no length", c.Name)
		}
		src := source{Clip: c, files: files, file: c.Name + ".wav"}
		info, err := fs.Stat(files, src.file)
		switch {
		case shipped && err != nil:
			return nil, nil, fmt.Errorf("voice pack: %w", err)
		case err == nil && !shipped:
			src.stamp = fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
			src.MS, err = length(src)
		}
		if err != nil {
			skipped = append(skipped, c.Name)
			continue
		}
		if c.Text != "" {
			src.Name = fileName(c.Text, c.End)
		}
		p.put(src)
	}
	return p, skipped, nil
}

func newPack(m Manifest) *Pack {
	p := &Pack{Manifest: m, byText: map[textKey]Clip{}, byName: map[string]source{}}
	p.Clips = nil
	if l := languages[m.Language]; l != nil {
		own := *l
		p.grammar = &own
	} else if len(m.Words) > 0 {
		p.grammar = m.Words.grammar(m.Language)
	}
	if p.grammar != nil {
		p.grammar.extra = map[string]bool{}
	}
	return p
}

// put adds a clip, in place of another one that says the same.
func (p *Pack) put(src source) {
	if old, ok := p.byName[src.Name]; ok {
		p.Clips = slices.DeleteFunc(p.Clips, func(c Clip) bool { return c.Name == old.Name })
	}
	p.Clips = append(p.Clips, src.Clip)
	p.byName[src.Name] = src
	if src.Text != "" {
		p.byText[textKey{strings.ToLower(src.Text), src.End}] = src.Clip
		p.grammar.extra[strings.ToLower(src.Text)] = true
	}
}

// over lays a pack of the centre's own over the shipped one, clip by clip.
func over(base, own *Pack) *Pack {
	p := newPack(own.Manifest)
	for _, layer := range []*Pack{base, own} {
		for _, c := range layer.Clips {
			p.put(layer.byName[c.Name])
		}
	}
	return p
}

func length(src source) (ms int, err error) {
	b, err := fs.ReadFile(src.files, src.file)
	if err != nil {
		return 0, err
	}
	s, err := ReadWAV(b)
	if err == nil && len(s.Samples) == 0 {
		err = errSilent
	}
	return s.MS(), err
}

// find gives the clip that says a text: in the form asked for, else the other.
func (p *Pack) find(text string, end bool) (Clip, bool) {
	text = strings.ToLower(text)
	c, ok := p.byText[textKey{text, end}]
	if !ok {
		c, ok = p.byText[textKey{text, !end}]
	}
	return c, ok
}

// Has reports whether there is a clip of that name.
func (p *Pack) Has(name string) bool {
	_, ok := p.byName[name]
	return ok
}

// Stamp changes when a clip's sound may have changed; shipped ones have none.
func (p *Pack) Stamp(name string) string { return p.byName[name].stamp }

// WAV is the sound of a clip, 16-bit PCM.
func (p *Pack) WAV(name string) ([]byte, error) {
	src, ok := p.byName[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	b, err := fs.ReadFile(src.files, src.file)
	if err != nil || len(b) > 22 && binary.LittleEndian.Uint16(b[20:]) == 1 { // PCM already
		return b, err
	}
	s, err := ReadWAV(b)
	return s.WAV(), err
}

// Packs are the voices of a house, by language. They do not change.
type Packs map[string]*Pack

// ReadPacks reads every folder of the shipped files as a pack. The leading
// language must be there, with its chimes.
func ReadPacks(files fs.FS) (Packs, error) {
	names, err := fs.Glob(files, "*/"+ManifestName)
	if err != nil {
		return nil, err
	}
	all := Packs{}
	for _, name := range names {
		sub, err := fs.Sub(files, path.Dir(name))
		if err != nil {
			return nil, err
		}
		p, _, err := ReadPack(sub, true)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Dir(name), err)
		}
		all[p.Language] = p
	}
	lead := all[Leading]
	if lead == nil || !lead.Has(Chime) || !lead.Has(ShortChime) {
		return nil, errors.New("voice packs: the Vietnamese one or its chimes are missing")
	}
	return all, nil
}

// With are these packs with others of the centre's own over them.
func (all Packs) With(own ...*Pack) Packs {
	out := maps.Clone(all)
	for _, p := range own {
		if base := all[p.Language]; base != nil {
			p = over(base, p)
		}
		out[p.Language] = p
	}
	return out
}

// grammar is that of a language, nil when nobody can speak it.
func (all Packs) grammar(lang string) *language {
	if p := all[lang]; p != nil {
		return p.grammar
	}
	return languages[lang]
}
