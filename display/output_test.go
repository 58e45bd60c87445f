package display_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sounds "xinmoi/assets/voice"
	"xinmoi/display"
	"xinmoi/display/voice"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// heardIn finds each clip of a plan in a recording of what came out, and gives
// how alike it is where it was to begin.
func heardIn(t testing.TB, out voice.Sound, cues []voice.Cue) (least float64) {
	t.Helper()
	packs, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	require.Equal(t, voice.Rate, out.Rate)
	least = 1
	for _, c := range cues {
		lang, name, _ := strings.Cut(c.Clip, "/")
		b, err := packs[lang].WAV(name)
		require.NoError(t, err)
		clip, err := voice.ReadWAV(b)
		require.NoError(t, err)
		var xy, xx, yy float64
		for i, y := range clip.Samples {
			k := c.At*voice.Rate/1000 + i
			require.Less(t, k, len(out.Samples), "%s is cut off", c.Clip)
			x := out.Samples[k]
			xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
		}
		least = min(least, xy/math.Sqrt(xx*yy+1e-12))
	}
	return least
}

// alsa gives ALSA a device "hall" that writes what is played into files, and lets
// the house play there.
func alsa(t *testing.T) (dir string) {
	if _, err := exec.LookPath("aplay"); err != nil {
		absent(t, "without aplay there is no ALSA to be tried: apt-get install alsa-utils")
	}
	if _, err := os.Stat("/usr/share/alsa/alsa.conf"); err != nil {
		absent(t, "without alsa.conf there is no ALSA to be tried: apt-get install libasound2-data")
	}
	dir = t.TempDir()
	config := filepath.Join(dir, "asound.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "</usr/share/alsa/alsa.conf>\n"+
		"pcm.hall { type file slave.pcm null file %q format wav }\npcm.annex { type file slave.pcm null file %q format wav }\n",
		filepath.Join(dir, "hall.wav"), filepath.Join(dir, "annex.wav")), 0o600))
	t.Setenv("ALSA_CONFIG_PATH", config)
	return dir
}

// playedBy waits for a whole announcement in a file.
func (h *hall) playedBy(file string, longer time.Duration) (s voice.Sound) {
	h.t.Helper()
	h.eventually("it is in "+filepath.Base(file), func() bool {
		b, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		s, err = voice.ReadWAV(b)
		return err == nil && time.Duration(s.MS())*time.Millisecond >= longer
	})
	return s
}

// The box's own sound goes before the boards: real aplay plays the very samples.
// "Kiểm tra loa" speaks in a zone without any board.
func TestThisMachineSpeaksByALSA(t *testing.T) {
	dir := alsa(t)
	h := newHallWith(t, strings.NewReplacer(`direction = "left"`, "direction = \"left\"\nsound = \"alsa\"\nsound_device = \"hall\"",
		`direction = "right"`, "direction = \"right\"\nsound = \"alsa\"\nsound_device = \"annex\"").Replace(wide), "aplay", time.Time{})
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 2)
	hall := h.playedBy(filepath.Join(dir, "hall.wav"), time.Millisecond) // the probe
	assert.Zero(t, hall.Peak())
	h.eventually("the box speaks in zone a", func() bool { return h.room.Heard("a") }) // nobody else could
	board := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	h.eventually("the log has it", func() bool { return len(h.logged()) == 1 })
	assert.Equal(t, []string{"spoken"}, h.logged())
	packs, err := voice.ReadPacks(sounds.Packs)
	require.NoError(t, err)
	plan := packs.Plan(voice.Call{Kind: voice.First, Number: "A001", Sign: "1", Langs: []string{"vi"}}, voice.Style{}, voice.Full, false)
	hall = h.playedBy(filepath.Join(dir, "hall.wav"), plan.Length)
	least := heardIn(t, hall, plan.Cues)
	assert.Greater(t, least, 0.999)
	t.Logf("%d clips by aplay, correlation at least %.4f", len(plan.Cues), least)
	_, ok := board.next(300 * time.Millisecond)
	assert.False(t, ok, "the board stays silent")

	status, _ := h.ask("/api/v1/zones/b/announce", "", `{"say":"test"}`)
	assert.Equal(t, 202, status)
	annex := h.playedBy(filepath.Join(dir, "annex.wav"), 2*time.Second)
	test := packs.Plan(voice.Call{Kind: voice.Notice, Text: "test", Langs: []string{"vi"}, Place: map[string]string{"vi": "Khu B"}}, voice.Style{}, voice.Full, false)
	assert.Equal(t, "Kiểm tra loa khu B.", test.Text)
	assert.Greater(t, heardIn(t, annex, test.Cues), 0.999)

	status, _ = h.ask("/api/v1/zones/a/volume", "", `{"percent":50}`)
	assert.Equal(t, 200, status)
	_, _ = h.ask("/api/v1/zones/a/announce", "", `{"say":"test"}`)
	h.eventually("the log has all", func() bool { return len(h.logged()) == 3 })
	soft := h.playedBy(filepath.Join(dir, "hall.wav"), test.Length-500*time.Millisecond)
	assert.InDelta(t, annex.Peak()/2, soft.Peak(), 0.05, "half as loud")
}

// player is a command that fails while a file is there, and else keeps what it is
// given and takes as long as the sound.
func player(t *testing.T) (args []string, broken, out string) {
	dir := t.TempDir()
	broken, out = filepath.Join(dir, "broken"), filepath.Join(dir, "out.wav")
	script := filepath.Join(dir, "play.sh")
	require.NoError(t, os.WriteFile(script, fmt.Appendf(nil, `#!/bin/sh
if [ -e %[1]q ]; then echo "no such loudspeaker" >&2; exit 1; fi
if [ -e %[1]q.soon ]; then head -c 100000 >/dev/null; echo "cable pulled" >&2; exit 1; fi
cat > %[2]q.new && mv %[2]q.new %[2]q
`, broken, out), 0o700))
	return []string{"sh", script}, broken, out
}

// A command that fails gives the lease to a board, in the middle of a sentence
// too; nothing is lost, and the supervisor is told what the command said.
func TestAnOutputThatFailsHandsOverAndHeals(t *testing.T) {
	args, broken, out := player(t)
	display.ProbeAgain(t, time.Second)
	h := newHallWith(t, strings.Replace(small, `direction = "left"`, fmt.Sprintf("direction = \"left\"\nsound = \"command\"\nsound_command = [%q, %q]", args[0], args[1]), 1), "", time.Time{})
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 9)
	next := func() { h.do(queue.CallNext{Counter: "q1"}); h.do(queue.Start{Counter: "q1"}) }
	fault := func() string {
		for _, d := range h.book.View().Devices {
			if d.ID == "sound/a" && d.Conditions.Has("no-sound") {
				return d.Detail
			}
		}
		return ""
	}
	h.playedBy(out, time.Millisecond)
	h.eventually("the command speaks in zone a", func() bool { return h.room.Heard("a") })
	board := h.ear(t, "b1", "one")
	next()
	h.eventually("the command has played it", func() bool { return len(h.logged()) == 1 })
	h.playedBy(out, 5*time.Second)

	require.NoError(t, os.WriteFile(broken+".soon", nil, 0o600))
	h.do(queue.Finish{Counter: "q1"})
	next()
	m := board.play(10 * time.Second)
	assert.Contains(t, m.Text, "không không hai")
	h.eventually("the supervisor is told", func() bool { return fault() == "cable pulled" })
	h.eventually("the log has it", func() bool { return len(h.logged()) == 2 })
	assert.Equal(t, []string{"spoken", "spoken"}, h.logged())
	require.NoError(t, os.Remove(out))
	require.NoError(t, os.Remove(broken+".soon"))
	h.playedBy(out, time.Millisecond) // a moment of silence: it works again
	require.NoError(t, os.Remove(out))
	h.do(queue.Finish{Counter: "q1"})
	next()
	h.playedBy(out, 5*time.Second)
	h.eventually("the log has all", func() bool { return len(h.logged()) == 3 })
	assert.Equal(t, []string{"spoken", "spoken", "spoken"}, h.logged())
}

// A machine without sound says nothing about it where nobody asked for it, and
// its boards speak.
func TestAutoWithoutASoundCardIsNoFault(t *testing.T) {
	h := newHallWith(t, small, "/nowhere/aplay", time.Time{})
	h.do(queue.OpenCounter{Counter: "q1"})
	h.issue("civil", 1)
	board := h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	board.play(patience)
	devices := func() (all []string) {
		for _, d := range h.book.View().Devices {
			all = append(all, string(d.ID))
		}
		return all
	}
	// Nor is one told to be well that is gone with its zone.
	doc, findings := centre.Parse("centre.toml", []byte(strings.ReplaceAll(small, `"a"`, `"c"`)))
	require.NotNil(t, doc, "%v", findings)
	canonical, hash := doc.Canonical()
	h.do(queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash})
	h.eventually("the new zone is known", func() bool { return slices.Contains(devices(), "zone/c") })
	time.Sleep(300 * time.Millisecond) // it was told a moment before
	assert.NotContains(t, strings.Join(devices(), " "), "sound/")
}

// absent skips a test whose judge is not installed, or fails it where the judges
// must be there.
func absent(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_JUDGES") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
