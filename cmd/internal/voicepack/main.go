// Voicepack makes the packs of clips that are shipped: it lets espeak-ng say
// every prompt of a language and masters what comes out. Only whoever changes
// the prompts or the mastering runs it (go generate ./assets/voice); it needs
// Debian's espeak-ng, of which nothing is shipped but the sound it made.
//
// The packs are named "Giọng máy tạm", because the first voice that a centre
// keeps should be a human one.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"xinmoi/display/voice"
)

func main() {
	dir := flag.String("out", ".", "the folder of the packs")
	flag.Parse()
	for _, v := range voices {
		if err := v.make(filepath.Join(*dir, v.lang)); err != nil {
			fmt.Fprintln(os.Stderr, "voicepack:", err)
			os.Exit(1)
		}
	}
}

// speaker is a voice of espeak-ng. Of its Vietnamese ones vi+Annie keeps the
// tones farthest apart; the southern one is not used, since two of its tones
// cannot be told apart.
type speaker struct {
	lang, voice, name string
}

var voices = []speaker{
	{"vi", "vi+Annie", "Giọng máy tạm"},
	{"en", "en-us+Annie", "Giọng máy tạm (English)"},
}

func (v speaker) make(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	m := voice.Manifest{Language: v.lang, Name: v.name, Note: "espeak-ng " + v.voice + ", mastered by cmd/internal/voicepack"}
	keep := func(c voice.Clip, s voice.Sound) error {
		for { // packing can lift a peak
			packed, err := voice.ReadWAV(s.ADPCM())
			if err != nil {
				return err
			}
			if packed.TruePeak() <= voice.Ceiling {
				break
			}
			s = s.Times(0.98)
		}
		c.MS = s.MS()
		m.Clips = append(m.Clips, c)
		return os.WriteFile(filepath.Join(dir, c.Name+".wav"), s.ADPCM(), 0o644)
	}
	if v.lang == voice.Leading {
		for _, name := range []string{voice.Chime, voice.ShortChime} {
			s, err := voice.Bells(name == voice.ShortChime)
			if err != nil {
				return err
			}
			if err := keep(voice.Clip{Name: name}, s); err != nil {
				return err
			}
		}
	}
	for _, p := range voice.Prompts(v.lang) {
		raw, err := v.say(p)
		if err != nil {
			return err
		}
		s, err := voice.Master(raw)
		if err != nil {
			return fmt.Errorf("%s %q: %w", v.lang, p.Text, err)
		}
		if err := keep(voice.Clip{Name: p.Name, Text: p.Text, End: p.End}, s); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, voice.ManifestName), append(b, '\n'), 0o644)
}

// say lets espeak-ng speak. Single words are slower than phrases, and what ends
// a phrase falls.
func (v speaker) say(p voice.Prompt) (voice.Sound, error) {
	text, speed := p.Text+",", "155"
	if p.End {
		text, speed = p.Text+".", "145"
	}
	if v.lang == "en" && utf8.RuneCountInString(p.Text) == 1 {
		text = "[[" + englishLetters[strings.ToUpper(p.Text)] + "]]"
	}
	out, err := exec.Command("espeak-ng", "-v", v.voice, "-s", speed, "--stdout", text).Output()
	if err != nil {
		return voice.Sound{}, fmt.Errorf("espeak-ng: %w", err)
	}
	return voice.ReadWAV(out)
}

// englishLetters are phonemes of espeak-ng: it reads a lone letter by its rules
// for words, "A" as the article.
var englishLetters = map[string]string{
	"A": "'eI", "B": "b'i:", "C": "s'i:", "D": "d'i:", "E": "'i:", "F": "'Ef", "G": "dZ'i:", "H": "'eItS", "I": "'aI",
	"J": "dZ'eI", "K": "k'eI", "L": "'El", "M": "'Em", "N": "'En", "O": "'oU", "P": "p'i:", "Q": "kj'u:", "R": "'A@",
	"S": "'Es", "T": "t'i:", "U": "j'u:", "V": "v'i:", "W": "d'Vb@Lj,u:", "X": "'Eks", "Y": "w'aI", "Z": "z'i:",
}
