package display

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"xinmoi/display/voice"
)

// Limits of a pack that is brought in. A whole pack of a language is under 4 MB.
const (
	maxManifest = 1 << 20
	maxClipFile = 8 << 20
	maxClips    = 1000
)

// What can be wrong with a file that should be a pack.
var (
	errNoZip   = errors.New("no zip file")
	errNoPack  = errors.New("no manifest of a pack in the zip")
	errNoClips = errors.New("no clip of the pack can be played")
)

// brought says what became of a pack that was brought in.
type brought struct {
	Language string   `json:"language"`
	Name     string   `json:"name"`
	Clips    int      `json:"clips"`
	Mastered []string `json:"mastered"` // were too loud, too soft, or of another rate
	Skipped  []string `json:"skipped"`  // were missing or could not be played
}

// bringIn takes a zip with a pack in it. Only its manifest and the files that
// this names are read, under their plain names, so that nothing in the zip says
// where to write. A clip that is not what clips are is mastered.
func (l *library) bringIn(r io.ReaderAt, size int64) (brought, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return brought{}, errNoZip
	}
	m, files, err := readManifest(z)
	if err != nil {
		return brought{}, err
	}
	lang, err := tag(m.Language)
	if err != nil || len(m.Clips) > maxClips || l.dir == "" {
		return brought{}, errNoPack
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return brought{}, err
	}
	dir, err := os.MkdirTemp(l.dir, ".new-")
	if err != nil {
		return brought{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // gone when all went well
	out := brought{Language: lang, Name: m.Name, Mastered: []string{}, Skipped: []string{}}
	kept := m
	kept.Language, kept.Clips = lang, nil
	for _, c := range m.Clips {
		s, changed, err := playable(files[c.Name+".wav"], c)
		if err != nil {
			out.Skipped = append(out.Skipped, c.Name)
			continue
		}
		if changed {
			out.Mastered = append(out.Mastered, c.Name)
		}
		c.MS = s.MS()
		if err := writeFile(filepath.Join(dir, c.Name+".wav"), s.WAV()); err != nil {
			return brought{}, err
		}
		kept.Clips = append(kept.Clips, c)
	}
	if out.Clips = len(kept.Clips); out.Clips == 0 {
		return brought{}, errNoClips
	}
	if err := writeManifest(dir, kept); err != nil {
		return brought{}, err
	}
	if _, _, err := voice.ReadPack(os.DirFS(dir), false); err != nil {
		return brought{}, errNoPack // a language without words
	}
	return out, l.replace(lang, dir)
}

// readManifest finds the manifest, at the top or in the only folder, and the
// files beside it by their plain names.
func readManifest(z *zip.Reader) (m voice.Manifest, files map[string]*zip.File, err error) {
	var at *zip.File
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if path.Base(name) == voice.ManifestName && strings.Count(name, "/") <= 1 && (at == nil || len(f.Name) < len(at.Name)) {
			at = f
		}
	}
	if at == nil {
		return m, nil, errNoPack
	}
	b, err := unzip(at, maxManifest)
	if err != nil || json.Unmarshal(b, &m) != nil {
		return m, nil, errNoPack
	}
	files = map[string]*zip.File{}
	for _, f := range z.File {
		if path.Dir(f.Name) == path.Dir(at.Name) {
			files[path.Base(f.Name)] = f
		}
	}
	return m, files, nil
}

// unzip reads a file, whatever it says of its own size.
func unzip(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = errNoPack
	}
	return b, err
}

// playable is the sound of a clip, mastered if it has to be.
func playable(f *zip.File, c voice.Clip) (s voice.Sound, changed bool, err error) {
	if f == nil || !plainName(c.Name) || c.Text == "" && c.Name != voice.Chime && c.Name != voice.ShortChime {
		return s, false, errNoClips
	}
	b, err := unzip(f, maxClipFile)
	if err != nil {
		return s, false, err
	}
	if s, err = voice.ReadWAV(b); err != nil {
		return s, false, err
	}
	if s.Fits() {
		return s, false, nil
	}
	s, err = voice.Master(s)
	return s, true, err
}

// plainName is one that may stand in a folder of ours.
func plainName(name string) bool {
	return name != "" && len(name) <= 80 && name[0] != '.' && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
}

// handOut writes the centre's own pack as one zip.
func (l *library) handOut(w io.Writer, lang string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	m, err := l.own(lang)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	add := func(name string) error {
		b, err := os.ReadFile(filepath.Join(l.dir, lang, name))
		if err != nil {
			return err
		}
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(b)
		return err
	}
	if err := add(voice.ManifestName); err != nil {
		return err
	}
	for _, c := range m.Clips {
		if err := add(c.Name + ".wav"); err != nil {
			return err
		}
	}
	return z.Close()
}
