package display

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"xinmoi/display/voice"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/device"
)

// output is a loudspeaker of this very machine: a command that gets a WAV file on
// its standard input, ALSA's aplay where nothing else is said. It has the lease
// like a board's page, before all of them, and loses it when the command fails;
// it is tried again with a moment of silence until it works.
//
// A command and no library: ALSA's wants cgo. The command's exit is the end of
// the announcement, for it returns when the last sample was heard.
type output struct {
	a     *announcer
	who   voice.Speaker
	args  []string
	zones []string
	quiet bool // that there is none is no fault: the machine may have no sound
	stop  context.CancelFunc
	told  bool // the book knows of it; under the announcer's mu

	mu      sync.Mutex
	playing map[string]context.CancelFunc // by the id of the announcement
	broken  chan struct{}                 // one slot
}

// probeAgain is how long a loudspeaker that fails is left alone.
var probeAgain = 15 * time.Second

// The other times of an output.
const (
	probeRare = 2 * time.Minute // where there may be no sound at all
	probeMost = 5 * time.Second
	chunk     = voice.Rate / 20 // samples written at a time: so soon a new volume is heard
)

// wanted are the commands of a document, each with the zones that it speaks in.
func (a *announcer) wanted(doc *centre.Document) []*output {
	var all []*output
	add := func(z centre.Zone, quiet bool, args ...string) {
		for _, o := range all {
			if slices.Equal(o.args, args) { // one pair of loudspeakers, heard in both
				o.zones, o.quiet = append(o.zones, z.ID), o.quiet && quiet
				return
			}
		}
		all = append(all, &output{a: a, who: voice.Speaker{Client: "sound/" + z.ID}, args: args, zones: []string{z.ID}, quiet: quiet})
	}
	for _, z := range doc.Zones {
		alsa := []string{a.aplay, "-q", "-t", "wav", "-D", cmp.Or(z.SoundDevice, "default"), "-"}
		switch {
		case z.Sound == centre.SoundCommand && len(z.SoundCommand) > 0:
			add(z, false, z.SoundCommand...)
		case a.aplay == "":
		case z.Sound == centre.SoundALSA:
			add(z, false, alsa...)
		case z.Sound == centre.SoundAuto && len(doc.Zones) == 1:
			add(z, true, alsa...)
		}
	}
	for _, o := range all {
		if len(doc.Zones) == 1 {
			o.zones = append(o.zones, "") // counters without a zone
		}
	}
	return all
}

// connect starts the outputs of a document and ends those that it no longer has.
// Under mu.
func (a *announcer) connect(doc *centre.Document) {
	if a.life == nil {
		return
	}
	wanted := a.wanted(doc)
	for who, o := range a.outputs {
		same := func(w *output) bool {
			return w.who == who && slices.Equal(w.args, o.args) && slices.Equal(w.zones, o.zones) && w.quiet == o.quiet
		}
		if !slices.ContainsFunc(wanted, same) {
			o.stop()
			a.voice.Gone(who)
			if id := device.ID(who.Client); o.told || known(a.book.View(), id) {
				a.book.Report(id, nil, "")
			}
			delete(a.outputs, who)
		}
	}
	for _, o := range wanted {
		if a.outputs[o.who] != nil {
			continue
		}
		ctx, stop := context.WithCancel(a.life)
		o.stop, o.playing, o.broken = stop, map[string]context.CancelFunc{}, make(chan struct{}, 1)
		a.outputs[o.who] = o
		a.speaking.Go(func() { o.run(ctx) })
	}
}

// known is whether the book has ever been told of a device: what never was there is
// not told to be well again.
func known(v *store.View, id device.ID) bool {
	return slices.ContainsFunc(v.Devices, func(d store.DeviceStatus) bool { return d.ID == id })
}

// report tells the book how the loudspeaker is, as long as the document has it.
func (o *output) report(c device.Conditions, detail string) {
	o.a.mu.Lock()
	defer o.a.mu.Unlock()
	if o.a.outputs[o.who] != o {
		return
	}
	o.told = true
	o.a.book.Report(device.ID(o.who.Client), c, detail)
}

// run tries the output until it works, and again when it no longer does.
func (o *output) run(ctx context.Context) {
	for worked := false; ; {
		err := o.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			worked = true
			o.report(nil, "")
			o.a.voice.Sound(o.who, o.zones, true)
			select {
			case <-ctx.Done():
				return
			case <-o.broken:
			}
		} else if worked || !o.quiet {
			o.report(device.Set(device.NoSound), err.Error())
		}
		again := probeAgain
		if o.quiet && !worked {
			again = probeRare
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
	}
}

// probe plays a moment of silence.
func (o *output) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeMost)
	defer cancel()
	return o.command(ctx, func(w io.Writer) error {
		_, err := w.Write(voice.Sound{Rate: voice.Rate, Samples: make([]float64, voice.Rate/20)}.WAV())
		return err
	})
}

// speak plays an announcement and says what became of it.
func (o *output) speak(n voice.Announcement) {
	ctx, cancel := context.WithCancel(o.a.life)
	o.mu.Lock()
	o.playing[n.ID] = cancel
	o.mu.Unlock()
	o.a.speaking.Go(func() {
		defer cancel()
		err := o.play(ctx, n)
		o.mu.Lock()
		delete(o.playing, n.ID)
		o.mu.Unlock()
		if err == nil {
			o.a.voice.Finished(o.who, n.ID)
			return
		}
		if o.a.life.Err() != nil {
			return
		}
		o.a.log.Warn("this machine's loudspeaker failed; the boards take over", "zone", n.Zone, "error", err)
		o.report(device.Set(device.NoSound), err.Error())
		o.a.voice.Sound(o.who, o.zones, false)
		select {
		case o.broken <- struct{}{}:
		default:
		}
	})
}

func (o *output) play(ctx context.Context, n voice.Announcement) error {
	s, err := o.a.voices().Mix(n.Plan)
	if err != nil {
		return err
	}
	file := s.WAV()
	return o.command(ctx, func(w io.Writer) error {
		if _, err := w.Write(file[:44]); err != nil {
			return err
		}
		for at := 0; at < len(s.Samples); at += chunk {
			part := voice.Sound{Rate: voice.Rate, Samples: s.Samples[at:min(at+chunk, len(s.Samples))]}
			volume := o.a.loudness(centre.InForce(o.a.book.View().Hall), n.Zone, o.a.book.Now())
			if _, err := w.Write(part.Times(volume).WAV()[44:]); err != nil {
				return err
			}
			if at == 0 {
				o.a.voice.Started(o.who, n.ID)
			}
		}
		return nil
	})
}

// hush ends an announcement that another speaker has taken over.
func (o *output) hush(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if stop := o.playing[id]; stop != nil {
		stop()
	}
}

// command runs the command and gives it what write writes. Its error is the last
// line that the command said.
func (o *output) command(ctx context.Context, write func(io.Writer) error) error {
	cmd := exec.CommandContext(ctx, o.args[0], o.args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a script's own children end with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	said := &tail{}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	wrote := write(in)
	_ = in.Close()
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && said.line() != "":
		return errors.New(said.line())
	case err != nil:
		return err
	}
	return wrote
}

// tail keeps the end of what a command says.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-400):]
	return len(p), nil
}

func (t *tail) line() string {
	lines := bytes.Split(bytes.TrimSpace(t.b), []byte("\n"))
	return strings.ToValidUTF8(string(lines[len(lines)-1]), "")
}
