package display

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"xinmoi/assets"
	"xinmoi/display/voice"
	"xinmoi/store/centre"
	"xinmoi/store/door"
)

// The recording studio: a supervisor reads a script, and the house speaks with
// that voice. The browser decodes whatever a phone recorded and sends it as WAV;
// everything that makes clips of it is done here, so that all clips of all
// packs are alike.

// studioPack is a pack as the studio shows it.
type studioPack struct {
	Language string       `json:"language"`
	Name     string       `json:"name"`     // of the centre's own voice, else of the shipped one
	Own      bool         `json:"own"`      // the centre has one
	Shipped  bool         `json:"shipped"`  // there is one without it
	Recorded int          `json:"recorded"` // lines of the script that the own pack has
	Needed   int          `json:"needed"`
	Skipped  []string     `json:"skipped,omitempty"` // clips that cannot be played
	Words    []studioWord `json:"words,omitempty"`   // of a language without a grammar here
	Lines    []studioLine `json:"lines,omitempty"`   // needed ones first
}

type studioWord struct {
	Key     string `json:"key"`
	Meaning string `json:"meaning"` // in Vietnamese
	Text    string `json:"text"`
}

// studioLine is something to be read aloud.
type studioLine struct {
	Name   string      `json:"name"`
	Text   string      `json:"text"`
	End    bool        `json:"end,omitempty"` // the voice falls
	Needed bool        `json:"needed"`
	Clip   *voice.Clip `json:"clip,omitempty"` // the centre's own
}

func (a *announcer) studioRoutes() []door.Route {
	route := func(method, pattern, about string, request, answer any, handle func(http.ResponseWriter, *http.Request) error) door.Route {
		return door.Route{Method: method, Pattern: pattern, Kind: door.KindSupervisor, Who: door.Staff,
			About: about, Request: request, Answer: answer, Handle: handle}
	}
	large := func(r door.Route, most int64) door.Route { r.MaxBody = most; return r }
	return []door.Route{
		route("GET", "/studio", "", nil, nil, a.studioPage),
		route("GET", "/api/v1/voice/packs", "The voices of the house", nil, door.List[studioPack]{}, a.getPacks),
		route("GET", "/api/v1/voice/packs/{lang}", "One voice and the lines of its script", nil, studioPack{}, a.getPack),
		route("POST", "/api/v1/voice/packs/{lang}", "Begin a voice, name it, or say its words", packBody{}, studioPack{}, a.postPack),
		route("POST", "/api/v1/voice/packs/{lang}/remove", "Go back to the shipped voice", nil, struct{}{}, a.postRemove),
		large(route("POST", "/api/v1/voice/packs/{lang}/clips/{name}", "Keep the recording of one line", clipBody{}, studioLine{}, a.postClip), clipMost),
		route("POST", "/api/v1/voice/packs/{lang}/cut", "Cut a recording of the script at its pauses", cutBody{}, cutAnswer{}, a.postCut),
		route("POST", "/api/v1/voice/packs/{lang}/keep", "Keep stretches of a recording as clips", keepBody{}, studioPack{}, a.postKeep),
		route("GET", "/api/v1/voice/packs/{lang}/zip", "", nil, nil, a.getZip),
		route("POST", "/api/v1/voice/packs", "Bring in a pack that was uploaded as a zip", bringBody{}, brought{}, a.postBring),
		route("GET", "/api/v1/voice/packs/{lang}/try", "How a call would be spoken", nil, tried{}, a.getTry),
		{Method: "POST", Pattern: "/api/v1/voice/uploads", Kind: door.KindSupervisor, Who: door.Staff, Status: http.StatusCreated,
			About: "Begin to send a file in pieces", Answer: uploadBegun{}, Handle: a.postUpload},
		large(route("POST", "/api/v1/voice/uploads/{id}", "Send a piece of a file", uploadBody{}, struct{}{}, a.postPiece), uploadPiece),
	}
}

const clipMost = 4 << 20

func (a *announcer) studioPage(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err := w.Write(assets.Page("studio"))
	return err
}

// pathTag is the language in the path.
func pathTag(r *http.Request) (string, error) {
	lang, err := tag(r.PathValue("lang"))
	if err != nil {
		return "", &door.Problem{Code: "bad_value", Args: map[string]any{"field": "lang"}}
	}
	return lang, nil
}

// script is what has to be read aloud for the calls of this very centre, each in
// the manner of its zone.
func (a *announcer) script(lang string, words voice.Words) (needed, besides []voice.Prompt) {
	doc := centre.InForce(a.book.View().Hall)
	zones := doc.Zones
	if len(zones) == 0 {
		zones = []centre.Zone{{}}
	}
	var calls []voice.Styled
	for i, z := range zones {
		s := style(doc, z.ID)
		say := func(c voice.Call) { calls = append(calls, voice.Styled{Call: c, Style: s}) }
		for _, sv := range doc.Services {
			prefix := ""
			if sv.Prefix != nil {
				prefix = *sv.Prefix
			}
			for d := range 10 { // each digit within a number and at its end
				say(voice.Call{Kind: voice.First, Number: fmt.Sprintf("%s%d%d", prefix, d, d), Sign: "1"})
			}
		}
		if s.Natural {
			for n := range 1002 { // nghìn at the end and within: digits alone make four of them, and A999 goes on
				say(voice.Call{Kind: voice.First, Number: fmt.Sprint(n), Sign: "1"})
			}
		}
		for _, c := range doc.Counters {
			if c.Zone != z.ID && (c.Zone != "" || i > 0) {
				continue
			}
			for _, kind := range []voice.Kind{voice.First, voice.Result} {
				say(voice.Call{Kind: kind, Number: "00", Sign: c.Number, Place: place(doc, c)})
			}
		}
		for _, text := range voice.Notices {
			say(voice.Call{Kind: voice.Notice, Text: text})
		}
		if z.ID != "" {
			say(voice.Call{Kind: voice.Notice, Text: "test", Place: z.Name})
		}
	}
	return voice.Script(lang, words, calls)
}

// studioPack tells of a pack; with its lines if they are wanted.
func (a *announcer) studioPack(lang string, lines bool) (studioPack, error) {
	m, err := a.library.own(lang)
	if err != nil {
		return studioPack{}, err
	}
	shipped := a.library.shipped[lang]
	out := studioPack{Language: lang, Name: m.Name, Own: m.Name != "" || len(m.Clips) > 0, Shipped: shipped != nil, Skipped: a.library.skippedIn(lang)}
	if !out.Own && shipped != nil {
		out.Name = shipped.Name
	}
	needed, besides := a.script(lang, m.Words)
	out.Needed = len(needed)
	for i, p := range slices.Concat(needed, besides) {
		l := studioLine{Name: p.Name, Text: p.Text, End: p.End, Needed: i < len(needed)}
		if at := slices.IndexFunc(m.Clips, func(c voice.Clip) bool { return strings.EqualFold(c.Text, p.Text) && c.End == p.End }); at >= 0 {
			l.Clip = &m.Clips[at]
			if l.Needed {
				out.Recorded++
			}
		}
		if lines {
			out.Lines = append(out.Lines, l)
		}
	}
	if lines && !slices.Contains(voice.Known(), lang) {
		for _, key := range voice.WordKeys {
			out.Words = append(out.Words, studioWord{Key: key, Meaning: voice.Meaning(key), Text: m.Words[key]})
		}
	}
	return out, nil
}

func (l *library) skippedIn(lang string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.skipped[lang]
}

func (a *announcer) getPacks(w http.ResponseWriter, _ *http.Request) error {
	out := []studioPack{}
	langs := centre.InForce(a.book.View().Hall).Centre.Languages
	for lang := range a.voices() {
		if !slices.Contains(langs, lang) {
			langs = append(langs[:len(langs):len(langs)], lang)
		}
	}
	for _, lang := range langs {
		p, err := a.studioPack(lang, false)
		if err != nil {
			return err
		}
		out = append(out, p)
	}
	return door.Write(w, http.StatusOK, door.Items(out))
}

func (a *announcer) getPack(w http.ResponseWriter, r *http.Request) error {
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	return a.answerPack(w, lang)
}

func (a *announcer) answerPack(w http.ResponseWriter, lang string) error {
	p, err := a.studioPack(lang, true)
	if err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, p)
}

type packBody struct {
	Name  string      `json:"name,omitempty"` // whose voice it is
	Words voice.Words `json:"words,omitempty"`
}

const longestText = 200 // letters of a name or a word

// postPack names a voice and says its words. A clip stays that of its word when
// the word is written otherwise.
func (a *announcer) postPack(w http.ResponseWriter, r *http.Request) error {
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	body, err := door.Read[packBody](r)
	if err != nil {
		return err
	}
	for key, text := range body.Words {
		if len([]rune(text)) > longestText || !slices.Contains(voice.WordKeys, key) && len([]rune(key)) != 1 {
			return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "words"}}
		}
	}
	if len([]rune(body.Name)) > longestText {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "name"}}
	}
	err = a.library.keep(lang, nil, func(m *voice.Manifest) {
		if name := strings.TrimSpace(body.Name); name != "" {
			m.Name = name
		}
		if m.Name == "" {
			m.Name = a.words(leading(centre.InForce(a.book.View().Hall)), "voice.own", nil)
		}
		if slices.Contains(voice.Known(), lang) {
			return
		}
		if m.Words == nil {
			m.Words = voice.Words{"invite": ""} // so that it has a grammar from the first moment on
		}
		before := voice.Words{}
		for key, text := range m.Words {
			before[key] = text
		}
		for key, text := range body.Words {
			m.Words[key] = strings.TrimSpace(text)
		}
		for key := range body.Words {
			for i, c := range m.Clips {
				if strings.EqualFold(c.Text, before.Say(key)) {
					m.Clips[i].Text = m.Words.Say(key)
				}
			}
		}
	})
	if err != nil {
		return err
	}
	a.reload()
	return a.answerPack(w, lang)
}

func (a *announcer) postRemove(w http.ResponseWriter, r *http.Request) error {
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	if err := a.library.replace(lang, ""); err != nil {
		return err
	}
	a.reload()
	return door.Write(w, http.StatusOK, struct{}{})
}

type clipBody struct {
	WAV []byte `json:"wav"` // base64, 16-bit PCM
}

// postClip keeps the recording of one line.
func (a *announcer) postClip(w http.ResponseWriter, r *http.Request) error {
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	body, err := door.Read[clipBody](r)
	if err != nil {
		return err
	}
	rec, err := voice.OpenRecording(bytes.NewReader(body.WAV), int64(len(body.WAV)))
	if err != nil {
		return &door.Problem{Code: "bad_sound", Cause: err}
	}
	spans, _, err := rec.Cut(1)
	if err != nil {
		return soundProblem(err)
	}
	if err := a.take(lang, rec, []string{r.PathValue("name")}, spans); err != nil {
		return err
	}
	p, err := a.studioPack(lang, true)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Lines, func(l studioLine) bool { return l.Name == r.PathValue("name") })
	return door.Write(w, http.StatusOK, p.Lines[i])
}

// take masters stretches of a recording and keeps each under the name of its line.
func (a *announcer) take(lang string, rec *voice.Recording, names []string, spans []voice.Span) error {
	m, err := a.library.own(lang)
	if err != nil {
		return err
	}
	needed, besides := a.script(lang, m.Words)
	all := slices.Concat(needed, besides)
	var prompts []voice.Prompt
	for _, name := range names {
		i := slices.IndexFunc(all, func(p voice.Prompt) bool { return p.Name == name })
		if i < 0 {
			return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "name"}}
		}
		prompts = append(prompts, all[i])
	}
	sounds, qualities, err := rec.Take(spans)
	if err != nil {
		return soundProblem(err)
	}
	var clips []clip
	for i, s := range sounds {
		p := prompts[i]
		clips = append(clips, clip{voice.Clip{Name: p.Name, Text: p.Text, End: p.End, MS: s.MS(), LUFS: math.Round(10*s.LUFS()) / 10, Quality: &qualities[i]}, s.WAV()})
	}
	err = a.library.keep(lang, clips, func(m *voice.Manifest) {
		if m.Name == "" {
			m.Name = a.words(leading(centre.InForce(a.book.View().Hall)), "voice.own", nil)
		}
		if m.Words == nil && !slices.Contains(voice.Known(), lang) {
			m.Words = voice.Words{"invite": ""}
		}
	})
	if err != nil {
		return err
	}
	a.reload()
	return nil
}

func soundProblem(err error) error {
	if errors.Is(err, voice.ErrNoSpeech) {
		return &door.Problem{Code: "no_speech"}
	}
	return &door.Problem{Code: "bad_sound", Cause: err}
}

type cutBody struct {
	Upload string   `json:"upload"`
	Lines  []string `json:"lines"` // names, in the order of reading
}

type cutAnswer struct {
	Stretches []voice.Matched `json:"stretches"` // line: an index of lines, or -1
	LengthMS  int64           `json:"length_ms"`
	Quality   voice.Quality   `json:"quality"`
}

// postCut finds the lines in a recording. Nothing is kept yet.
func (a *announcer) postCut(w http.ResponseWriter, r *http.Request) error {
	takesLong(w)
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	body, err := door.Read[cutBody](r)
	if err != nil {
		return err
	}
	if len(body.Lines) == 0 || len(body.Lines) > 500 {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "lines"}}
	}
	m, err := a.library.own(lang)
	if err != nil {
		return err
	}
	needed, besides := a.script(lang, m.Words)
	all := slices.Concat(needed, besides)
	var lengths []time.Duration
	for _, name := range body.Lines {
		i := slices.IndexFunc(all, func(p voice.Prompt) bool { return p.Name == name })
		if i < 0 {
			return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "lines"}}
		}
		lengths = append(lengths, a.expected(lang, all[i]))
	}
	return a.recording(body.Upload, func(rec *voice.Recording) error {
		spans, q, err := rec.Cut(len(lengths))
		if err != nil {
			return soundProblem(err)
		}
		return door.Write(w, http.StatusOK, cutAnswer{Stretches: voice.Match(spans, lengths), LengthMS: rec.Length().Milliseconds(), Quality: q})
	})
}

// expected is how long a line may take: as long as the shipped clip, else by its
// letters.
func (a *announcer) expected(lang string, p voice.Prompt) time.Duration {
	if shipped := a.library.shipped[lang]; shipped != nil {
		for _, c := range shipped.Clips {
			if c.Name == p.Name {
				return time.Duration(c.MS) * time.Millisecond
			}
		}
	}
	return 250*time.Millisecond + time.Duration(len([]rune(p.Text)))*65*time.Millisecond
}

// masters is how long a whole script may take a small machine, and longer than the
// studio's page waits; other answers are cut off sooner.
const masters = 2 * time.Minute

func takesLong(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(masters))
}

func (a *announcer) recording(upload string, do func(*voice.Recording) error) error {
	f, size, err := a.openUpload(upload, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	rec, err := voice.OpenRecording(f, size)
	if err != nil {
		return &door.Problem{Code: "bad_sound", Cause: err}
	}
	return do(rec)
}

type keepBody struct {
	Upload string     `json:"upload"`
	Parts  []keepPart `json:"parts"`
}

type keepPart struct {
	Name string `json:"name"` // of the line
	voice.Span
}

// postKeep keeps what the supervisor has looked through.
func (a *announcer) postKeep(w http.ResponseWriter, r *http.Request) error {
	takesLong(w)
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	body, err := door.Read[keepBody](r)
	if err != nil {
		return err
	}
	var names []string
	var spans []voice.Span
	for _, p := range body.Parts {
		if p.From < 0 || p.To <= p.From || p.To-p.From > 60_000 || slices.Contains(names, p.Name) {
			return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "parts"}}
		}
		names, spans = append(names, p.Name), append(spans, p.Span)
	}
	if len(names) == 0 {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "parts"}}
	}
	if err := a.recording(body.Upload, func(rec *voice.Recording) error { return a.take(lang, rec, names, spans) }); err != nil {
		return err
	}
	a.dropUpload(body.Upload)
	return a.answerPack(w, lang)
}

func (a *announcer) getZip(w http.ResponseWriter, r *http.Request) error {
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := a.library.handOut(&b, lang); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return &door.Problem{Code: "not_found"}
		}
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="giong-noi-%s.zip"`, lang))
	_, err = io.Copy(w, &b)
	return err
}

type bringBody struct {
	Upload string `json:"upload"`
}

func (a *announcer) postBring(w http.ResponseWriter, r *http.Request) error {
	takesLong(w)
	body, err := door.Read[bringBody](r)
	if err != nil {
		return err
	}
	f, size, err := a.openUpload(body.Upload, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	out, err := a.library.bringIn(f, size)
	for wrong, code := range map[error]string{errNoZip: "no_zip", errNoPack: "no_pack", errNoClips: "no_clips"} {
		if errors.Is(err, wrong) {
			return &door.Problem{Code: code, Cause: err}
		}
	}
	if err != nil {
		return err
	}
	a.dropUpload(body.Upload)
	a.reload()
	return door.Write(w, http.StatusOK, out)
}

// tried is how a call would be spoken now.
type tried struct {
	Text string      `json:"text"`
	Cues []voice.Cue `json:"cues"`
	MS   int64       `json:"length_ms"`
}

func (a *announcer) getTry(w http.ResponseWriter, r *http.Request) error {
	lang, err := pathTag(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	number, sign := q.Get("number"), q.Get("counter")
	if len(number) > 10 || len(sign) > 10 {
		return &door.Problem{Code: "bad_query", Args: map[string]any{"field": "number"}}
	}
	doc := centre.InForce(a.book.View().Hall)
	s := voice.Style{Noun: doc.Centre.Noun, Times: 1}
	if len(doc.Zones) > 0 {
		s = style(doc, doc.Zones[0].ID)
	}
	p := a.voices().Plan(voice.Call{Kind: voice.First, Number: number, Sign: sign, Langs: []string{lang}}, s, voice.Full, false)
	return door.Write(w, http.StatusOK, tried{Text: p.Text, Cues: p.Cues, MS: p.Length.Milliseconds()})
}
