package voice

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// ManifestName is the file of a pack that lists its clips.
const ManifestName = "manifest.json"

// Manifest describes a pack: the clips of one language by one voice.
type Manifest struct {
	Language string `json:"language"`
	Name     string `json:"name"` // "Giọng máy tạm"
	Note     string `json:"note,omitempty"`
	Clips    []Clip `json:"clips"`
}

// Clip is one recorded piece of speech, in the file Name.wav.
type Clip struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"` // "" for a chime
	End  bool   `json:"end,omitempty"`  // spoken as the end of a phrase
	MS   int    `json:"ms"`
}

// The clips without words. Only the leading language's pack has them.
const (
	Chime      = "chime"
	ShortChime = "chime-short"
)

// Pack is a pack of clips that can be spoken from.
type Pack struct {
	Manifest
	files  fs.FS
	byText map[textKey]Clip
	byName map[string]Clip
}

type textKey struct {
	text string
	end  bool
}

// ReadPack reads a pack's manifest. That the files are there is checked, what
// is in them is not.
func ReadPack(files fs.FS) (*Pack, error) {
	b, err := fs.ReadFile(files, ManifestName)
	if err != nil {
		return nil, fmt.Errorf("voice pack: %w", err)
	}
	p := &Pack{files: files, byText: map[textKey]Clip{}, byName: map[string]Clip{}}
	if err := json.Unmarshal(b, &p.Manifest); err != nil {
		return nil, fmt.Errorf("voice pack: %s: %w", ManifestName, err)
	}
	for _, c := range p.Clips {
		if c.Name == "" || c.Name != path.Base(c.Name) || strings.HasPrefix(c.Name, ".") || c.MS <= 0 {
			return nil, fmt.Errorf("voice pack: clip %q has no proper name or no length", c.Name)
		}
		if _, err := fs.Stat(files, c.Name+".wav"); err != nil {
			return nil, fmt.Errorf("voice pack: %w", err)
		}
		p.byName[c.Name] = c
		if c.Text != "" {
			p.byText[textKey{strings.ToLower(c.Text), c.End}] = c
		}
	}
	return p, nil
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

// WAV is the sound of a clip.
func (p *Pack) WAV(name string) ([]byte, error) {
	if !p.Has(name) {
		return nil, fs.ErrNotExist
	}
	return fs.ReadFile(p.files, name+".wav")
}

// Packs are the voices of a house, by language.
type Packs map[string]*Pack

// ReadPacks reads every folder of files as a pack. The leading language must be
// there, with its chimes.
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
		p, err := ReadPack(sub)
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
