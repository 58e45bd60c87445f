package voice

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"
)

// Speaker is one page that can be heard, or with no board a loudspeaker of this
// machine.
type Speaker struct{ Board, Client string }

// Announcement is what a page is asked to play.
type Announcement struct {
	ID   string
	Zone string
	Form Form
	Plan
}

// Outcome is what became of an announcement.
type Outcome string

// The outcomes, as they stand in the log.
const (
	Spoken    Outcome = "spoken"
	Cut       Outcome = "cut"        // its page went away after more than half of it
	Failed    Outcome = "failed"     // no page reported it to its end
	NoSpeaker Outcome = "no_speaker" // the zone had nothing to be heard by
	TakenBack Outcome = "undone"     // before it began
	Answered  Outcome = "answered"   // a recall of someone who had come meanwhile
	Merged    Outcome = "merged"     // a recall of a call that was still to be spoken
)

// Record is a line of the log: what, where, when, outcome.
type Record struct {
	Call    Call
	Outcome Outcome
	Speaker Speaker
	Form    Form
	Started time.Time // zero: never
	Length  time.Duration
}

// Zone is a set of loudspeakers that are heard together.
type Zone struct {
	ID    string
	Group string // zones of one group hear each other; "" is none
	Off   bool   // nothing is spoken here
	Style Style
}

// Hall is what an announcer acts on. Its calls come one after the other.
type Hall struct {
	Play   func(Speaker, Announcement)
	Hush   func(s Speaker, id string) // another speaker takes this announcement over
	Record func(Record)
	Silent func(zone string, silent bool) // a zone has lost its last speaker for a while, or has one again
}

// The times of the announcer.
const (
	Fresh         = 20 * time.Second // older calls are not worth speaking when nobody could hear them in time
	startWithin   = 3 * time.Second  // a page that has not begun by then is given up
	endWithin     = 3 * time.Second  // after the end that the plan foretells
	shortFrom     = 15 * time.Second // of speech waiting behind an announcement
	shortestFrom  = 30 * time.Second
	betweenCalls  = 500 * time.Millisecond
	inRowWithin   = 2 * time.Second
	silentAfter   = 6 * time.Second // longer than a page needs to come back
	triesAtMost   = 3
	rememberedIDs = 512
	urgently      = math.MaxInt32 // goes before all others
)

// Announcer keeps the queues of all zones.
type Announcer struct {
	packs Packs
	hall  Hall
	wake  chan struct{} // one slot

	mu       sync.Mutex
	zones    map[string]*zone
	groups   map[string]*group
	speakers map[Speaker]*speaker
	seen     []string // ids of the last calls
	count    int
	effects  []func()
}

type zone struct {
	Zone
	queue  []*item
	lease  Speaker   // zero: nobody
	mute   time.Time // since when it has no speaker
	heard  bool      // it has had one
	silent bool      // as last told
	told   bool
}

// group is a lock: of the zones in it one is heard at a time.
type group struct {
	playing *item
	ended   time.Time
}

type speaker struct {
	Speaker
	zones  []string
	ready  bool
	fails  int // since it last played something to the end
	joined int
	busy   bool
}

type item struct {
	Call
	order   int
	came    time.Time
	full    time.Duration // length in full form
	form    Form
	plan    Plan
	to      *speaker
	told    time.Time
	started time.Time
	tried   []Speaker
}

// NewAnnouncer makes an announcer; Run lets it act.
func NewAnnouncer(packs Packs, h Hall) *Announcer {
	return &Announcer{packs: packs, hall: h, wake: make(chan struct{}, 1),
		zones: map[string]*zone{}, groups: map[string]*group{}, speakers: map[Speaker]*speaker{}}
}

// Run acts until ctx ends. What is being spoken then goes on by itself.
func (a *Announcer) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		effects, next := a.step(time.Now())
		for _, do := range effects {
			do()
		}
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-timer.C:
		}
	}
}

// change does something under the lock and lets Run look.
func (a *Announcer) change(do func()) {
	a.mu.Lock()
	do()
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Use speaks from other packs from now on. What waits keeps the length that it had.
func (a *Announcer) Use(packs Packs) { a.change(func() { a.packs = packs }) }

// Arrange sets the zones of the house. Queues go on; zones that are gone speak
// what they still have.
func (a *Announcer) Arrange(zones []Zone) {
	a.change(func() {
		for _, z := range zones {
			a.zone(z.ID).Zone = z
		}
		for id, z := range a.zones {
			gone := !slices.ContainsFunc(zones, func(n Zone) bool { return n.ID == id })
			if gone && len(z.queue) == 0 {
				delete(a.zones, id)
			}
		}
	})
}

func (a *Announcer) zone(id string) *zone {
	z := a.zones[id]
	if z == nil {
		z = &zone{Zone: Zone{ID: id}, mute: time.Now()}
		a.zones[id] = z
	}
	return z
}

func (a *Announcer) group(z *zone) *group {
	name := "zone " + z.ID
	if z.Group != "" {
		name = "group " + z.Group
	}
	g := a.groups[name]
	if g == nil {
		g = &group{}
		a.groups[name] = g
	}
	return g
}

// Say puts a call into the queue of its zone. The same id is taken once.
func (a *Announcer) Say(c Call) {
	a.change(func() {
		z := a.zone(c.Zone)
		if z.Off || slices.Contains(a.seen, c.ID) {
			return
		}
		a.seen = append(a.seen, c.ID)
		a.seen = a.seen[max(0, len(a.seen)-rememberedIDs):]
		if c.Kind == Recall && slices.ContainsFunc(z.queue, func(i *item) bool { return i.Ticket == c.Ticket && i.Counter == c.Counter }) {
			a.record(Record{Call: c, Outcome: Merged})
			return
		}
		a.count++
		order := a.count
		if c.urgent() {
			order -= urgently
		}
		z.queue = append(z.queue, &item{Call: c, order: order, came: time.Now().Add(-c.Age), full: a.packs.Plan(c, z.Style, Full, false).Length})
		slices.SortFunc(z.queue, byOrder)
	})
}

// Undo drops what has not begun of a ticket whose call was taken back.
func (a *Announcer) Undo(ticket uint64) {
	a.change(func() { a.drop(TakenBack, func(i *item) bool { return i.Ticket == ticket }) })
}

// Answer says that a ticket's holder has come or will not: recalls that have
// not begun are dropped. First calls never are.
func (a *Announcer) Answer(ticket uint64) {
	a.change(func() {
		a.drop(Answered, func(i *item) bool { return i.Ticket == ticket && i.Kind == Recall })
	})
}

// drop takes what matches out of all queues.
func (a *Announcer) drop(why Outcome, match func(*item) bool) {
	for _, id := range slices.Sorted(maps.Keys(a.zones)) {
		z := a.zones[id]
		z.queue = slices.DeleteFunc(z.queue, func(i *item) bool {
			if i.Kind == Notice || !match(i) {
				return false
			}
			a.record(Record{Call: i.Call, Outcome: why})
			return true
		})
	}
}

// Sound says which zones a page can be heard in, and whether it can be heard at
// all.
func (a *Announcer) Sound(who Speaker, zones []string, ready bool) {
	a.change(func() {
		s := a.speakers[who]
		if s == nil {
			a.count++
			s = &speaker{Speaker: who, joined: a.count}
			a.speakers[who] = s
		}
		if ready && !s.ready {
			s.fails = 0
		}
		s.zones, s.ready = zones, ready
	})
}

// Gone says that a page has left.
func (a *Announcer) Gone(who Speaker) {
	a.change(func() {
		if s := a.speakers[who]; s != nil {
			s.ready = false // an item may still point at it
			delete(a.speakers, who)
		}
	})
}

// Started says that a page has begun an announcement.
func (a *Announcer) Started(who Speaker, id string) {
	a.change(func() {
		if _, i := a.playing(who, id); i != nil && i.started.IsZero() {
			i.started = time.Now()
		}
	})
}

// Finished says that a page has played an announcement to its end.
func (a *Announcer) Finished(who Speaker, id string) {
	a.change(func() {
		if g, i := a.playing(who, id); i != nil {
			i.to.fails = 0
			a.end(g, i, Spoken)
		}
	})
}

// playing finds an announcement that a page was asked to play. A page that has
// lost it meanwhile has nothing to say about it.
func (a *Announcer) playing(who Speaker, id string) (*group, *item) {
	for _, g := range a.groups {
		if i := g.playing; i != nil && i.ID == id && i.to.Speaker == who {
			return g, i
		}
	}
	return nil, nil
}

// Backlog is how many announcements wait in a zone.
func (a *Announcer) Backlog(zone string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if z := a.zones[zone]; z != nil {
		return len(z.queue)
	}
	return 0
}

func (a *Announcer) effect(do func()) { a.effects = append(a.effects, do) }

func (a *Announcer) record(r Record) { a.effect(func() { a.hall.Record(r) }) }

// end takes an announcement off the air and out of the queue.
func (a *Announcer) end(g *group, i *item, o Outcome) {
	started := i.started
	if started.IsZero() && o == Spoken { // its started was lost, not its finished
		started = i.told
	}
	a.release(g, i)
	a.record(Record{Call: i.Call, Outcome: o, Speaker: i.to.Speaker, Form: i.form, Started: started, Length: i.plan.Length})
}

func (a *Announcer) release(g *group, i *item) {
	g.playing, g.ended, i.to.busy = nil, time.Now(), false
}

// byOrder sorts what was called first to the front.
func byOrder(x, y *item) int { return cmp.Compare(x.order, y.order) }
