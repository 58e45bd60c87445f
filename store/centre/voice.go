package centre

import (
	"fmt"
	"slices"
	"time"
)

// Voice says how calls are spoken. What a zone leaves out is as in [voice].
type Voice struct {
	Repeat      int      `toml:"repeat,omitempty"`       // how often a call is said: 1 to 3, default 2
	Numbers     string   `toml:"numbers,omitempty"`      // digits (default): "không một hai"; whole: "mười hai"
	Words       []string `toml:"words,omitempty"`        // of the region: lẻ for linh, ngàn for nghìn, bốn for tư
	Second      string   `toml:"second,omitempty"`       // another language: ticket (default), if the number was taken in it; always; never
	Place       string   `toml:"place,omitempty"`        // zone and floor: shared (default), where another zone hears it; always; never
	Volume      int      `toml:"volume,omitempty"`       // percent, default 100; the supervisor's page overrides it
	Quiet       []string `toml:"quiet,omitempty"`        // "mon-fri 11:30-13:30": softer then
	QuietVolume int      `toml:"quiet_volume,omitempty"` // percent of the volume, default 50
}

// Where a zone's voice comes out. In auto and alsa the box's own audio jack
// leads and boards stand in for it: a TV that is turned off by its remote takes
// its sound with it.
const (
	SoundAuto    = "auto"    // the box where it has a sound card and there is one zone, else boards
	SoundALSA    = "alsa"    // the box, by sound_device
	SoundCommand = "command" // sound_command reads a WAV file from its standard input
	SoundBoard   = "board"   // boards only
	SoundNone    = "none"
)

// Regional maps the words of a region to those that they stand for.
var Regional = map[string]string{"lẻ": "linh", "ngàn": "nghìn", "bốn": "tư"}

// The volume that a supervisor may choose, in percent: a zone without any sound
// is a matter of the document.
const (
	Softest = 10
	Loudest = 100
)

func (d *Document) fillVoice() {
	v := &d.Voice
	def(&v.Repeat, 2)
	def(&v.Numbers, "digits")
	def(&v.Second, "ticket")
	def(&v.Place, "shared")
	def(&v.Volume, Loudest)
	def(&v.QuietVolume, 50)
	for i := range d.Zones {
		z := &d.Zones[i].Voice
		def(&z.Repeat, v.Repeat)
		def(&z.Numbers, v.Numbers)
		def(&z.Second, v.Second)
		def(&z.Place, v.Place)
		def(&z.Volume, v.Volume)
		def(&z.QuietVolume, v.QuietVolume)
		if z.Words == nil {
			z.Words = v.Words
		}
		if z.Quiet == nil {
			z.Quiet = v.Quiet
		}
	}
}

// checkVoice looks at [voice] and at what zones say of their own.
func (c *checker) checkVoice() {
	c.checkSpeech("voice", c.d.Voice)
	for i, z := range c.d.Zones {
		c.checkSpeech(at("zone", i, "voice"), z.Voice)
		path := at("zone", i, "sound_command")
		switch {
		case z.Sound == SoundCommand && len(z.SoundCommand) == 0:
			c.wrong(at("zone", i, "sound"), "sound_no_command", "zone", z.ID)
		case z.Sound != SoundCommand && len(z.SoundCommand) > 0:
			c.odd(path, "sound_unused", "key", "sound_command", "sound", z.Sound, "wanted", SoundCommand)
		case z.Sound != SoundALSA && z.SoundDevice != "":
			c.odd(at("zone", i, "sound_device"), "sound_unused", "key", "sound_device", "sound", z.Sound, "wanted", SoundALSA)
		}
	}
}

// checkSpeech looks at what is written here; the rest is inherited.
func (c *checker) checkSpeech(path string, v Voice) {
	written := func(key string) bool { _, ok := c.lines[join(path, key)]; return ok }
	number := func(key string, n, low, high int) {
		if written(key) {
			c.within(join(path, key), n, low, high)
		}
	}
	word := func(key, value string, known ...string) {
		if written(key) {
			c.oneOf(join(path, key), key, value, known)
		}
	}
	number("repeat", v.Repeat, 1, 3)
	word("numbers", v.Numbers, "digits", "whole")
	word("second", v.Second, "ticket", "always", "never")
	word("place", v.Place, "shared", "always", "never")
	number("volume", v.Volume, Softest, Loudest)
	number("quiet_volume", v.QuietVolume, Softest, Loudest)
	for i, w := range v.Words {
		if written("words") {
			c.oneOf(fmt.Sprintf("%s.words.%d", path, i), "words", w, []string{"bốn", "lẻ", "ngàn"})
		}
	}
	for i, s := range v.Quiet {
		if _, ok := parseWindow(s); !ok && written("quiet") {
			c.wrong(fmt.Sprintf("%s.quiet.%d", path, i), "hours_bad", "value", s)
		}
	}
}

// VoiceOf is how a zone speaks; of one that is not in the document, as [voice].
func (d *Document) VoiceOf(zone string) Voice {
	if z, ok := d.Zone(zone); ok {
		return z.Voice
	}
	return d.Voice
}

// Quiet reports whether the quiet hours of a zone hold at t. Without weekdays
// they hold on every day.
func (d *Document) Quiet(zone string, t time.Time) bool {
	t = t.In(d.Location())
	minute := t.Hour()*60 + t.Minute()
	return slices.ContainsFunc(d.VoiceOf(zone).Quiet, func(s string) bool {
		w, ok := parseWindow(s)
		today := len(w.Days) == 0 || slices.Contains(w.Days, t.Weekday())
		return ok && today && minute >= w.From && minute < w.To
	})
}
