package display

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	sounds "xinmoi/assets/voice"
	"xinmoi/display/voice"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
	"xinmoi/store/feed"
	"xinmoi/store/queue"
)

// announcer lets the boards speak. It reads the journal as a fresh edge: calls
// in order, none older than voice.Fresh. After a restart it speaks the calls of
// that time which nobody has answered and which its own log does not have.
//
// Each message to a board names the one page that is to speak; what the others
// do with it is nothing. Pages say when they begin and end, and every ten seconds
// whether the browser lets them be heard.
type announcer struct {
	book  *store.Book
	feed  *feed.Feed
	words func(lang, key string, args map[string]any) string
	log   *slog.Logger
	voice *voice.Announcer

	dir     string // of the room's files; "" for none
	aplay   string // ALSA's player; "" for none
	library *library

	mu      sync.Mutex
	packs   voice.Packs
	version string // of them
	doc     *centre.Document
	pages   map[voice.Speaker]*page
	silent  map[string]bool // zones without a loudspeaker
	volumes map[string]int  // percent, as supervisors chose, by zone
	outputs map[voice.Speaker]*output

	life     context.Context // of what speaks here; nil before it runs
	speaking sync.WaitGroup
}

// page is one open board.
type page struct {
	lines int // connections; two for a moment when it comes back
	state string
}

// The states of a page's sound, as it tells them.
const (
	soundReady   = "ready"
	soundBlocked = "blocked"
)

// announcement is what a page is sent. To is the only one that speaks.
type announcement struct {
	To     string      `json:"to"`
	ID     string      `json:"id"`
	Zone   string      `json:"zone"`
	Cues   []voice.Cue `json:"cues"`
	MS     int64       `json:"length_ms"`
	Volume float64     `json:"volume"`
	Text   string      `json:"text"`
}

func newAnnouncer(o Options) (*announcer, error) {
	shipped, err := voice.ReadPacks(sounds.Packs)
	if err != nil {
		return nil, err
	}
	lib := &library{shipped: shipped}
	if o.Dir != "" {
		lib.dir = filepath.Join(o.Dir, "voice")
	}
	packs, err := lib.load()
	if err != nil { // the shipped voice speaks
		o.Log.Warn("a voice of the centre's own cannot be used", "error", err)
	}
	volumes, err := readVolumes(o.Dir)
	if err != nil {
		o.Log.Warn("the volumes that supervisors chose cannot be read", "error", err)
	}
	a := &announcer{book: o.Book, feed: o.Feed, words: o.Words, log: o.Log, library: lib, packs: packs, version: version(packs), dir: o.Dir, aplay: o.Aplay, volumes: volumes,
		pages: map[voice.Speaker]*page{}, silent: map[string]bool{}, outputs: map[voice.Speaker]*output{}}
	a.voice = voice.NewAnnouncer(packs, voice.Hall{Play: a.play, Hush: a.hush, Record: a.record, Silent: a.tellSilent})
	a.arrange(centre.InForce(o.Book.View().Hall))
	o.Feed.On(feed.Joined, a.onBoard(a.joined))
	o.Feed.On(feed.Left, a.onBoard(a.left))
	o.Feed.On("sound", a.onBoard(a.sound))
	o.Feed.On("started", a.onBoard(func(s voice.Speaker, m pageMessage) { a.voice.Started(s, m.ID) }))
	o.Feed.On("finished", a.onBoard(func(s voice.Speaker, m pageMessage) { a.voice.Finished(s, m.ID) }))
	return a, nil
}

// voices are the packs to speak from.
func (a *announcer) voices() voice.Packs {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.packs
}

// reload speaks from the packs as they are now on disk. Boards hear of it and
// fetch what has changed.
func (a *announcer) reload() {
	packs, err := a.library.load()
	if err != nil {
		a.log.Warn("a voice of the centre's own cannot be used", "error", err)
	}
	a.mu.Lock()
	a.packs, a.version = packs, version(packs)
	doc := a.doc
	a.mu.Unlock()
	a.voice.Use(packs)
	for _, b := range doc.Boards {
		a.tellLease(b.ID)
	}
}

// pageMessage is what a board's page sends.
type pageMessage struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

// onBoard lets only the messages of boards through that can be understood.
func (a *announcer) onBoard(fn func(voice.Speaker, pageMessage)) feed.Handler {
	return func(view, id, client string, body json.RawMessage) {
		var m pageMessage
		if view == "board" && (len(body) == 0 || json.Unmarshal(body, &m) == nil) {
			fn(voice.Speaker{Board: id, Client: client}, m)
		}
	}
}

func (a *announcer) joined(s voice.Speaker, _ pageMessage) {
	a.mu.Lock()
	p := a.pages[s]
	if p == nil {
		p = &page{}
		a.pages[s] = p
	}
	p.lines++
	a.mu.Unlock()
	a.tellLease(s.Board)
}

func (a *announcer) left(s voice.Speaker, _ pageMessage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.pages[s]; p != nil {
		if p.lines--; p.lines == 0 {
			delete(a.pages, s)
			a.voice.Gone(s)
			a.reportBoard(s.Board)
		}
	}
}

func (a *announcer) sound(s voice.Speaker, m pageMessage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.pages[s]
	if p == nil || m.State != soundReady && m.State != soundBlocked {
		return
	}
	p.state = m.State
	a.voice.Sound(s, zonesOf(a.doc, s.Board), p.state == soundReady)
	a.reportBoard(s.Board)
}

// reportBoard tells the supervisor of a board whose browser lets none of its
// pages be heard. Under mu.
func (a *announcer) reportBoard(board string) {
	ready, blocked := false, false
	for s, p := range a.pages {
		if s.Board == board {
			ready, blocked = ready || p.state == soundReady, blocked || p.state == soundBlocked
		}
	}
	id := device.ID("board/" + board)
	if blocked && !ready {
		a.book.Report(id, device.Set(device.NoSound), a.words(leading(a.doc), "voice.blocked", nil))
	} else {
		a.book.Report(id, nil, "")
	}
}

// zonesOf are the sound zones that a board can be heard in: its own, and that of
// counters without a zone.
func zonesOf(doc *centre.Document, board string) []string {
	b, ok := doc.Board(board)
	if !ok {
		return nil
	}
	zones := []string{""}
	for _, z := range doc.Zones {
		if len(b.Zones) == 0 || slices.Contains(b.Zones, z.ID) {
			zones = append(zones, z.ID)
		}
	}
	return zones
}

func leading(doc *centre.Document) string {
	if len(doc.Centre.Languages) > 0 {
		return doc.Centre.Languages[0]
	}
	return voice.Leading
}

// arrange takes a document into use.
func (a *announcer) arrange(doc *centre.Document) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doc = doc
	var zones []voice.Zone
	for _, z := range doc.Zones {
		zones = append(zones, voice.Zone{ID: z.ID, Group: z.Acoustic, Off: z.Sound == centre.SoundNone, Style: style(doc, z.ID)})
	}
	if len(zones) == 0 || slices.ContainsFunc(doc.Counters, func(c centre.Counter) bool { return c.Zone == "" }) {
		zones = append(zones, voice.Zone{Style: style(doc, "")})
	}
	a.voice.Arrange(zones)
	for s, p := range a.pages {
		a.voice.Sound(s, zonesOf(doc, s.Board), p.state == soundReady)
	}
	a.connect(doc)
}

// style is how a zone speaks.
func style(doc *centre.Document, zone string) voice.Style {
	v := doc.VoiceOf(zone)
	s := voice.Style{Noun: doc.Centre.Noun, Times: v.Repeat, Natural: v.Numbers == "whole", Words: map[string]string{}}
	for _, w := range v.Words {
		s.Words[centre.Regional[w]] = w
	}
	return s
}

// play sends an announcement to the page that has the lease.
func (a *announcer) play(s voice.Speaker, n voice.Announcement) {
	if o := a.output(s); o != nil {
		o.speak(n)
		return
	}
	a.feed.Tell("board", s.Board, "announce", announcement{To: s.Client, ID: n.ID, Zone: n.Zone, Cues: n.Cues,
		MS: n.Length.Milliseconds(), Volume: a.loudness(centre.InForce(a.book.View().Hall), n.Zone, a.book.Now()), Text: n.Text})
}

func (a *announcer) hush(s voice.Speaker, id string) {
	if o := a.output(s); o != nil {
		o.hush(id)
		return
	}
	a.feed.Tell("board", s.Board, "hush", map[string]string{"to": s.Client, "id": id})
}

func (a *announcer) output(s voice.Speaker) *output {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.outputs[s]
}

// tellSilent tells of a zone that has lost its last loudspeaker, or has one
// again: boards, and through the devices clerk and supervisor.
func (a *announcer) tellSilent(zone string, silent bool) {
	a.mu.Lock()
	a.silent[zone] = silent
	doc := a.doc
	speaks := len(doc.Boards) > 0
	for _, o := range a.outputs {
		speaks = speaks || !o.quiet
	}
	speaks = speaks && slices.ContainsFunc(doc.Counters, func(c centre.Counter) bool { return c.Zone == zone })
	a.mu.Unlock()
	for _, b := range doc.Boards {
		if slices.Contains(zonesOf(doc, b.ID), zone) {
			a.tellLease(b.ID)
		}
	}
	id := device.ID("zone/" + zone)
	switch {
	case zone == "" || !speaks: // no hall with a voice, or nobody is called there
	case silent:
		a.book.Report(id, device.Set(device.NoSound), a.words(leading(doc), "voice.silent", nil))
	default:
		a.book.Report(id, nil, "")
	}
}

// tellLease tells a board whether one of its zones has nothing to be heard by,
// and which clips it should have.
func (a *announcer) tellLease(board string) {
	a.mu.Lock()
	lease := struct {
		Silent bool   `json:"silent"`
		Voices string `json:"voices"`
	}{Voices: a.version}
	for _, z := range zonesOf(a.doc, board) {
		lease.Silent = lease.Silent || a.silent[z]
	}
	a.mu.Unlock()
	a.feed.Tell("board", board, "lease", lease)
}

// say makes a call of the journal into one to be spoken.
func (a *announcer) say(kind voice.Kind, e store.Entry, ticket queue.TicketID, counter queue.CounterID, v *store.View) {
	doc := centre.InForce(v.Hall)
	t, ok := v.Hall.Ticket(ticket)
	c, known := doc.Counter(counter)
	if !ok || !known || t.Number == "" {
		return
	}
	call := voice.Call{ID: fmt.Sprintf("%s.%d", v.Epoch, e.Seq), Seq: uint64(e.Seq), Kind: kind, Zone: c.Zone, Ticket: uint64(ticket),
		Counter: c.ID, At: e.At, Age: a.book.Now().Sub(e.At),
		Number: t.Number, Sign: c.Number, Place: place(doc, c), Langs: languages(doc, c.Zone, t.Lang)}
	a.voice.Say(call)
}

// languages are those of a call in a zone: the leading one, and another as far
// as the zone wants it, that of the ticket first.
func languages(doc *centre.Document, zone, ticket string) []string {
	out := []string{leading(doc)}
	second := doc.VoiceOf(zone).Second
	switch {
	case second == "never":
	case ticket != "" && ticket != out[0]:
		out = append(out, ticket)
	case second == "always" && len(doc.Centre.Languages) > 1:
		out = append(out, doc.Centre.Languages[1])
	}
	return out
}

// place is where a counter is: its room if it has one, and zone and floor where
// another zone hears the call too, or as the document wants it.
func place(doc *centre.Document, c centre.Counter) map[string]string {
	out := map[string]string{}
	for lang, room := range c.Room {
		out[lang] = room
	}
	z, ok := doc.Zone(c.Zone)
	shared := z.Acoustic != "" && slices.ContainsFunc(doc.Zones, func(o centre.Zone) bool { return o.ID != z.ID && o.Acoustic == z.Acoustic })
	if wanted := z.Voice.Place; !ok || wanted == "never" || wanted != "always" && !shared {
		return out
	}
	for lang, name := range z.Name {
		out[lang] = strings.Trim(strings.Join([]string{out[lang], name, z.Floor[lang]}, ", "), ", ")
	}
	return out
}
