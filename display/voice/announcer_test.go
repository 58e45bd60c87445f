package voice_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/display/voice"
)

// stage is an announcer with pages that play what they are asked to.
type stage struct {
	t       testing.TB
	mu      sync.Mutex // what the test has read lies before what the callbacks write
	a       *voice.Announcer
	stop    func()
	pages   map[voice.Speaker]*page
	played  []played // in the order of their beginning
	records []voice.Record
	silent  map[string]bool
	calls   int
}

type page struct {
	deaf    bool // is asked and does nothing
	hangs   bool // begins and never ends
	stopped bool
	asked   []string
}

type played struct {
	voice.Announcement
	by         voice.Speaker
	start, end time.Time
}

func newStage(t testing.TB, zones ...voice.Zone) *stage {
	s := &stage{t: t, pages: map[voice.Speaker]*page{}, silent: map[string]bool{}}
	s.a = voice.NewAnnouncer(packs(t), voice.Hall{
		Play: s.play, Hush: func(voice.Speaker, string) {},
		Record: func(r voice.Record) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.records = append(s.records, r)
		},
		Silent: func(zone string, silent bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.silent[zone] = silent
		},
	})
	s.a.Arrange(zones)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.a.Run(ctx)
	return s
}

func (s *stage) join(board string, zones ...string) voice.Speaker {
	who := voice.Speaker{Board: board, Client: board + "-1"}
	s.mu.Lock()
	s.pages[who] = &page{}
	s.mu.Unlock()
	s.a.Sound(who, zones, true)
	synctest.Wait()
	return who
}

func (s *stage) leave(who voice.Speaker) {
	s.mu.Lock()
	s.pages[who].stopped = true
	s.mu.Unlock()
	s.a.Gone(who)
	synctest.Wait()
}

// play is what a page does. The announcer's own goroutine calls it.
func (s *stage) play(who voice.Speaker, a voice.Announcement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[who]
	p.asked = append(p.asked, a.ID)
	if p.deaf || p.stopped {
		return
	}
	s.played = append(s.played, played{a, who, time.Now(), time.Now().Add(a.Length)})
	go func() {
		s.a.Started(who, a.ID)
		time.Sleep(a.Length)
		s.mu.Lock()
		silent := p.hangs || p.stopped
		s.mu.Unlock()
		if !silent {
			s.a.Finished(who, a.ID)
		}
	}()
}

func (s *stage) call(zone string, change ...func(c *voice.Call)) string {
	s.calls++
	c := voice.Call{ID: fmt.Sprintf("e.%d", s.calls), Seq: uint64(s.calls), Kind: voice.First, Zone: zone, Ticket: uint64(s.calls), Counter: "q1",
		At: time.Now(), Number: fmt.Sprintf("A%03d", s.calls), Sign: "5", Langs: []string{"vi"}}
	for _, f := range change {
		f(&c)
	}
	s.a.Say(c)
	synctest.Wait()
	return c.ID
}

func recall(ticket int) func(c *voice.Call) {
	return func(c *voice.Call) { c.Kind, c.Ticket = voice.Recall, uint64(ticket) }
}

func (s *stage) wait(d time.Duration) {
	s.mu.Lock()
	//lint:ignore SA2001 it only orders what was read before what comes
	s.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
}

func (s *stage) ids() (all []string) {
	for _, p := range s.played {
		all = append(all, p.ID)
	}
	return all
}

func (s *stage) outcomes() (all []string) {
	for _, r := range s.records {
		all = append(all, r.Call.ID+" "+string(r.Outcome))
	}
	return all
}

// A day of 1,500 calls in two zones and a third one that hears the second: each
// first call is spoken exactly once, in order, never two at once where they
// would be heard together.
func TestADayOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"}, voice.Zone{ID: "b", Group: "hall"}, voice.Zone{ID: "c", Group: "hall"})
		defer s.stop()
		s.join("b1", "a")
		s.join("b2", "b")
		s.join("b3", "c")
		want := map[string][]string{}
		random := rand.New(rand.NewPCG(1, 2))
		for range 1500 {
			zone := string("abc"[random.IntN(3)])
			want[zone] = append(want[zone], s.call(zone, func(c *voice.Call) { c.Langs = []string{"vi", "en"}[:1+random.IntN(2)] }))
			if random.IntN(5) == 0 {
				s.call(zone, recall(s.calls))
			}
			s.wait(time.Duration(random.ExpFloat64() * 16 * float64(time.Second)))
			if random.IntN(2) == 0 {
				s.a.Answer(uint64(s.calls))
			}
		}
		s.wait(30 * time.Minute)
		got, forms, slowest := map[string][]string{}, map[voice.Form]int{}, time.Duration(0)
		var before = map[string]time.Time{}
		for _, p := range s.played {
			lock := map[string]string{"a": "a", "b": "hall", "c": "hall"}[p.Zone]
			assert.False(t, p.start.Before(before[lock]), "two at once")
			before[lock] = p.end
			forms[p.Form]++
		}
		for _, r := range s.records {
			if r.Call.Kind == voice.First {
				require.Equal(t, voice.Spoken, r.Outcome)
				got[r.Call.Zone] = append(got[r.Call.Zone], r.Call.ID)
				slowest = max(slowest, r.Started.Sub(r.Call.At))
			}
		}
		assert.Equal(t, want, got)
		assert.Len(t, s.records, s.calls, "every call is in the log once")
		t.Logf("%d played, forms %v, longest wait of a first call %v", len(s.played), forms, slowest)
		assert.Positive(t, forms[voice.Full])
		assert.Positive(t, forms[voice.Short])
		assert.Positive(t, forms[voice.Shortest])
	})
}

func TestSentencesGetShorterWhenCallsPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		s.join("b1", "a")
		for range 6 {
			s.call("a")
		}
		s.wait(2 * time.Minute)
		var forms []voice.Form
		for _, p := range s.played {
			forms = append(forms, p.Form)
		}
		assert.Equal(t, []voice.Form{voice.Full, voice.Shortest, voice.Shortest, voice.Short, voice.Full, voice.Full}, forms)
	})
}

func TestAPageThatDiesHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		one := s.join("b1", "a")
		two := s.join("b2", "a")
		id := s.call("a")
		s.wait(2 * time.Second) // less than half of it was heard
		s.leave(one)
		s.wait(20 * time.Second)
		assert.Equal(t, []string{id}, s.pages[two].asked)
		assert.Equal(t, []string{id + " spoken"}, s.outcomes())
		assert.Equal(t, two, s.records[0].Speaker)

		three := s.join("b3", "a")
		id = s.call("a")
		s.wait(9 * time.Second) // of eleven
		s.leave(two)
		s.wait(20 * time.Second)
		assert.Empty(t, s.pages[three].asked)
		assert.Equal(t, id+" cut", s.outcomes()[1])
	})
}

func TestOnlyOnePageSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"}, voice.Zone{ID: "b"})
		defer s.stop()
		whole := s.join("b1", "a", "b")
		own := s.join("b2", "a")
		s.join("b3", "a")
		for range 5 {
			s.call("a")
		}
		s.wait(time.Minute)
		assert.Len(t, s.pages[own].asked, 5, "the one for this zone alone, and always the same")
		s.call("b")
		s.call("b")
		s.wait(time.Second)
		assert.Len(t, s.pages[whole].asked, 1, "one after the other")
		s.wait(time.Minute)
	})
}

// The box's own loudspeaker goes before a board that is nearer and was there
// first; when it fails the board goes on.
func TestTheBoxGoesBeforeTheBoards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"}, voice.Zone{ID: "b"})
		defer s.stop()
		board := s.join("b1", "a")
		box := s.join("", "a", "b")
		first := s.call("a")
		s.wait(2 * time.Second)
		s.a.Sound(box, []string{"a", "b"}, false) // its command failed
		s.wait(20 * time.Second)
		assert.Equal(t, []string{first}, s.pages[box].asked)
		assert.Equal(t, []string{first}, s.pages[board].asked)
		s.a.Sound(box, []string{"a", "b"}, true)
		second := s.call("a")
		s.wait(20 * time.Second)
		assert.Equal(t, []string{first, second}, s.pages[box].asked, "it works again and leads again")
	})
}

func TestAPageThatDoesNotReportLosesItsTurn(t *testing.T) {
	for name, fault := range map[string]func(p *page){
		"never begins": func(p *page) { p.deaf = true },
		"never ends":   func(p *page) { p.hangs = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, voice.Zone{ID: "a"})
				defer s.stop()
				one := s.join("b1", "a")
				two := s.join("b2", "a")
				fault(s.pages[one])
				first, second := s.call("a"), s.call("a")
				s.wait(time.Minute)
				assert.Equal(t, []string{first}, s.pages[one].asked)
				assert.Equal(t, []string{first, second}, s.pages[two].asked, "and the next goes to the one that works")
				assert.Equal(t, []string{first + " spoken", second + " spoken"}, s.outcomes())
				s.a.Finished(one, first)
				synctest.Wait()
				assert.Len(t, s.records, 2, "who has lost it has nothing to say about it")
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		one := s.join("b1", "a")
		s.pages[one].deaf = true
		id := s.call("a")
		s.wait(time.Minute)
		assert.Len(t, s.pages[one].asked, 3)
		assert.Equal(t, []string{id + " failed"}, s.outcomes(), "at some time it is given up")
	})
}

// A page that has failed stands back, however near it is, until it is needed
// and works again.
func TestAPageThatFailedStandsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"}, voice.Zone{ID: "b"})
		defer s.stop()
		near := s.join("b1", "a")
		far := s.join("b2", "a", "b")
		s.pages[near].deaf = true
		first := s.call("a")
		s.wait(5 * time.Second)
		s.a.Finished(near, first) // of what is no longer its own
		s.wait(time.Second)
		assert.Empty(t, s.records)
		s.wait(20 * time.Second)
		second := s.call("a")
		s.wait(20 * time.Second)
		assert.Equal(t, []string{first}, s.pages[near].asked)
		assert.Equal(t, []string{first, second}, s.pages[far].asked)

		s.pages[near].deaf = false
		s.leave(far)
		third := s.call("a")
		s.wait(20 * time.Second)
		far = s.join("b3", "a", "b")
		fourth := s.call("a")
		s.wait(20 * time.Second)
		assert.Equal(t, []string{first, third, fourth}, s.pages[near].asked)
		assert.Empty(t, s.pages[far].asked)
	})
}

// An emergency goes before all that wait, and is said twice.
func TestAnEmergencyComesNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		s.join("b1", "a")
		on, waits := s.call("a"), s.call("a")
		closing := s.call("a", func(c *voice.Call) { c.Kind, c.Text = voice.Notice, "closing" })
		fire := s.call("a", func(c *voice.Call) { c.Kind, c.Text = voice.Notice, "emergency" })
		s.wait(2 * time.Minute)
		assert.Equal(t, []string{on, fire, waits, closing}, s.ids())
		assert.Equal(t, 2, strings.Count(s.played[1].Text, "Xin chú ý"))
		assert.False(t, s.played[1].start.Before(s.played[0].end), "nothing is cut in two")
	})
}

// What waits is not lost when the only page is away for a moment.
func TestABacklogOutlivesAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		one := s.join("b1", "a")
		for range 9 {
			s.call("a")
		}
		s.wait(32 * time.Second)
		s.leave(one)
		s.wait(10 * time.Second)
		s.join("b1", "a")
		s.wait(2 * time.Minute)
		for _, r := range s.records {
			assert.Contains(t, []voice.Outcome{voice.Spoken, voice.Cut}, r.Outcome)
		}
		assert.Len(t, s.records, 9)
	})
}

func TestWithoutALoudspeaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"}, voice.Zone{ID: "quiet", Off: true})
		defer s.stop()
		s.call("quiet")
		id := s.call("a")
		s.wait(5 * time.Second)
		assert.Empty(t, s.silent, "a page may just be coming back")
		s.wait(5 * time.Second)
		assert.Equal(t, map[string]bool{"a": true}, s.silent)
		one := s.join("b1", "a")
		s.wait(15 * time.Second)
		assert.Equal(t, []string{id + " spoken"}, s.outcomes(), "it came in time")
		assert.Equal(t, map[string]bool{"a": false}, s.silent)

		s.a.Sound(one, []string{"a"}, false) // blocked by the browser
		late := s.call("a")
		s.wait(25 * time.Second)
		s.a.Sound(one, []string{"a"}, true)
		s.wait(15 * time.Second)
		assert.Equal(t, late+" no_speaker", s.outcomes()[1], "nothing old is spoken")
		assert.Equal(t, []string{id}, s.ids())
	})
}

// After a restart a call is as old as it was.
func TestAnOldCallHasLessTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		old := s.call("a", func(c *voice.Call) { c.Age = 15 * time.Second })
		s.wait(10 * time.Second)
		s.join("b1", "a")
		s.wait(20 * time.Second)
		assert.Equal(t, []string{old + " no_speaker"}, s.outcomes())
	})
}

func TestRecallsAndUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, voice.Zone{ID: "a"})
		defer s.stop()
		s.join("b1", "a")
		first := s.call("a")             // on the air
		second := s.call("a")            // waits
		merged := s.call("a", recall(2)) // of one that waits: once is enough
		again := s.call("a", recall(1))  // of one on the air: it was not heard
		s.call("a", func(c *voice.Call) { c.ID = second })
		gone := s.call("a")
		s.a.Undo(uint64(s.calls))
		s.a.Undo(1) // on the air: it is not cut off
		s.wait(time.Minute)
		assert.Equal(t, []string{first, second}, s.ids())
		assert.ElementsMatch(t, []string{first + " spoken", second + " spoken", merged + " merged", again + " undone", gone + " undone"}, s.outcomes())

		third := s.call("a")
		late := s.call("a", recall(s.calls))
		s.a.Answer(uint64(s.calls - 1))
		s.wait(time.Minute)
		assert.Contains(t, s.outcomes(), late+" answered")
		assert.Contains(t, s.outcomes(), third+" spoken")
	})
}
