package display

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"xinmoi/store/centre"
	"xinmoi/store/door"
)

// volumeFile keeps what supervisors chose, in percent by zone. It is no part of
// the document: a technician's next reload must not turn the hall down again.
const volumeFile = "volume.json"

// readVolumes reads what was chosen before a restart. A file that cannot be read
// is as good as none: the document has a volume for each zone.
func readVolumes(dir string) (map[string]int, error) {
	all := map[string]int{}
	b, err := os.ReadFile(filepath.Join(dir, volumeFile))
	if errors.Is(err, fs.ErrNotExist) || dir == "" {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	for zone, percent := range all {
		if percent < centre.Softest || percent > centre.Loudest {
			delete(all, zone)
		}
	}
	return all, err
}

// percent is the volume of a zone as its supervisor or the document says,
// without quiet hours.
func (a *announcer) percent(doc *centre.Document, zone string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, chosen := a.volumes[zone]; chosen {
		return p
	}
	if p := doc.VoiceOf(zone).Volume; p > 0 {
		return p
	}
	return centre.Loudest
}

// loudness is the volume of a zone at an instant, 0 to 1.
func (a *announcer) loudness(doc *centre.Document, zone string, at time.Time) float64 {
	v := float64(a.percent(doc, zone)) / 100
	if doc.Quiet(zone, at) {
		v *= float64(doc.VoiceOf(zone).QuietVolume) / 100
	}
	return v
}

// zoneSound is a zone as its supervisor hears it.
type zoneSound struct {
	ID      string      `json:"id"`
	Name    centre.Text `json:"name"`
	Percent int         `json:"percent"`
	Quiet   bool        `json:"quiet"`   // quiet hours hold now
	Silent  bool        `json:"silent"`  // nothing can be heard there
	Backlog int         `json:"backlog"` // announcements that wait
}

type volumeBody struct {
	Percent int `json:"percent"` // 10 to 100
}

func (a *announcer) getZones(w http.ResponseWriter, _ *http.Request) error {
	doc := centre.InForce(a.book.View().Hall)
	out := []zoneSound{}
	for _, z := range doc.Zones {
		if z.Sound != centre.SoundNone {
			out = append(out, a.zoneSound(doc, z))
		}
	}
	return door.Write(w, http.StatusOK, door.Items(out))
}

func (a *announcer) zoneSound(doc *centre.Document, z centre.Zone) zoneSound {
	s := zoneSound{ID: z.ID, Name: z.Name, Percent: a.percent(doc, z.ID), Quiet: doc.Quiet(z.ID, a.book.Now()), Backlog: a.voice.Backlog(z.ID)}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Silent = a.silent[z.ID]
	return s
}

// postVolume turns a zone up or down, what is being spoken there included.
func (a *announcer) postVolume(w http.ResponseWriter, r *http.Request) error {
	body, err := door.Read[volumeBody](r)
	if err != nil {
		return err
	}
	doc := centre.InForce(a.book.View().Hall)
	z, ok := doc.Zone(r.PathValue("id"))
	if !ok {
		return &door.Problem{Code: "not_found"}
	}
	if body.Percent < centre.Softest || body.Percent > centre.Loudest {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "percent"}}
	}
	a.mu.Lock()
	a.volumes[z.ID] = body.Percent
	b, err := json.Marshal(a.volumes)
	a.mu.Unlock()
	if err == nil && a.dir != "" {
		err = writeFile(filepath.Join(a.dir, volumeFile), b)
	}
	if err != nil {
		return err
	}
	told := volumeNow{Zone: z.ID, Volume: a.loudness(doc, z.ID, a.book.Now())}
	for _, b := range doc.Boards {
		a.feed.Tell("board", b.ID, "volume", told)
	}
	return door.Write(w, http.StatusOK, a.zoneSound(doc, z))
}

// volumeNow turns what a board is speaking up or down.
type volumeNow struct {
	Zone   string  `json:"zone"`
	Volume float64 `json:"volume"`
}

// writeFile replaces a file in one step, so that a power cut leaves the old or
// the new one.
func writeFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
