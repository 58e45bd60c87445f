package display

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"xinmoi/display/voice"
)

// ErrNoScript says that there is no script for a language: the words of one that
// has no grammar here are known to the studio only.
var ErrNoScript = errors.New("no script for this language")

// FillPack makes a whole pack with a voice of somebody else's: say gives the WAV
// of a text. It is done once, on whatever machine has that voice, and never when
// a number is called. Texts that it cannot say are named.
func FillPack(lang, name string, say func(text string) ([]byte, error), w io.Writer) (made int, missed []string, err error) {
	lang, err = tag(lang)
	if err != nil || !slices.Contains(voice.Known(), lang) {
		return 0, nil, ErrNoScript
	}
	z := zip.NewWriter(w)
	m := voice.Manifest{Language: lang, Name: name, Clips: []voice.Clip{}}
	for _, p := range voice.Prompts(lang) {
		ending := ","
		if p.End {
			ending = "."
		}
		b, err := say(p.Text + ending)
		if err != nil {
			return len(m.Clips), missed, err
		}
		s, err := voice.ReadWAV(b)
		if err == nil {
			s, err = voice.Master(s)
		}
		if err != nil {
			missed = append(missed, p.Text)
			continue
		}
		f, err := z.Create(p.Name + ".wav")
		if err != nil {
			return 0, nil, err
		}
		if _, err := f.Write(s.WAV()); err != nil {
			return 0, nil, err
		}
		m.Clips = append(m.Clips, voice.Clip{Name: p.Name, Text: p.Text, End: p.End, MS: s.MS()})
	}
	f, err := z.Create(voice.ManifestName)
	if err != nil {
		return 0, nil, err
	}
	if err := json.NewEncoder(f).Encode(m); err != nil {
		return 0, nil, err
	}
	return len(m.Clips), missed, z.Close()
}
