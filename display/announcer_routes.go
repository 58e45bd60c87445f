package display

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"xinmoi/display/voice"
	"xinmoi/store/centre"
	"xinmoi/store/door"
)

// voices is what a page needs to know before it can speak.
type voices struct {
	Version string `json:"version"` // as boards are told it with "lease"
	Packs   []pack `json:"packs"`
}

type pack struct {
	Language string   `json:"language"`
	Name     string   `json:"name"`
	Clips    []string `json:"clips"` // "name" or "name?stamp", each at /voice/{language}/{name}.wav
}

type announceBody struct {
	Say string `json:"say"` // test, closing, emergency
}

func (a *announcer) routes() []door.Route {
	return append(a.studioRoutes(), []door.Route{
		{Method: "GET", Pattern: "/api/v1/voice", Kind: door.KindBoard, Who: door.Anyone,
			About: "The packs of clips that boards speak from", Answer: voices{}, Handle: a.getVoices},
		{Method: "GET", Pattern: "/voice/{lang}/{clip}", Kind: door.KindBoard, Who: door.Anyone, Handle: a.getClip},
		{Method: "GET", Pattern: "/api/v1/announcements", Kind: door.KindSupervisor, Who: door.Staff,
			About: "The last announcements and what became of them", Answer: door.List[logLine]{}, Handle: a.getLog},
		{Method: "GET", Pattern: "/api/v1/zones", Kind: door.KindSupervisor, Who: door.Staff,
			About: "The zones that are spoken to, and how loud", Answer: door.List[zoneSound]{}, Handle: a.getZones},
		{Method: "POST", Pattern: "/api/v1/zones/{id}/volume", Kind: door.KindSupervisor, Who: door.Staff,
			About: "Turn a zone's loudspeakers up or down, at once", Request: volumeBody{}, Answer: zoneSound{}, Handle: a.postVolume},
		{Method: "POST", Pattern: "/api/v1/zones/{id}/announce", Kind: door.KindSupervisor, Who: door.Staff,
			About: "Say a sentence on demand: test, closing or emergency", Request: announceBody{}, Answer: struct{}{},
			Status: http.StatusAccepted, Handle: a.postAnnounce},
	}...)
}

func (a *announcer) getVoices(w http.ResponseWriter, _ *http.Request) error {
	packs := a.voices()
	out := voices{Packs: []pack{}, Version: version(packs)}
	for _, p := range packs {
		j := pack{Language: p.Language, Name: p.Name, Clips: []string{}}
		for _, c := range p.Clips {
			name := c.Name
			if stamp := p.Stamp(name); stamp != "" {
				name += "?" + stamp
			}
			j.Clips = append(j.Clips, name)
		}
		out.Packs = append(out.Packs, j)
	}
	slices.SortFunc(out.Packs, func(x, y pack) int { return strings.Compare(y.Language, x.Language) })
	return door.Write(w, http.StatusOK, out)
}

func (a *announcer) getClip(w http.ResponseWriter, r *http.Request) error {
	p := a.voices()[r.PathValue("lang")]
	name, wav := strings.CutSuffix(r.PathValue("clip"), ".wav")
	if p == nil || !wav || !p.Has(name) {
		return &door.Problem{Code: "not_found"}
	}
	b, err := p.WAV(name)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "no-cache")
	_, err = w.Write(b)
	return err
}

// postAnnounce puts a sentence into the queue of a zone. An emergency comes next,
// and even that does not cut a sentence in two.
func (a *announcer) postAnnounce(w http.ResponseWriter, r *http.Request) error {
	body, err := door.Read[announceBody](r)
	if err != nil {
		return err
	}
	if _, ok := centre.InForce(a.book.View().Hall).Zone(r.PathValue("id")); !ok {
		return &door.Problem{Code: "not_found"}
	}
	if !slices.Contains(voice.Notices, body.Say) {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "say"}}
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		key = rand.Text()
	}
	a.notice("notice."+key, r.PathValue("id"), body.Say)
	return door.Write(w, http.StatusAccepted, struct{}{})
}
