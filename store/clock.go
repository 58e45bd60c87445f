package store

import (
	"context"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/store/queue"
)

// stepLimit is by how much the wall clock may run from the monotonic one at
// once before that is a step and not the usual slewing.
const stepLimit = 2 * time.Second

// clock gives the time of the house.
//
// As long as the wall clock runs evenly, house time is wall time. When the wall
// clock steps, house time runs on as if it had not: so a step neither opens nor
// closes a day, moves no hours, and lengthens nobody's wait, and the day still
// ends after so much running time. House time follows the wall clock again when
// it may be trusted: it came back, a time source keeps it, or somebody said what
// time it is.
//
// At a start there is no monotonic clock to compare with. A wall clock before
// the last entry or before the program was built is then unset: house time goes
// on from the last entry.
type clock struct {
	wall   func() time.Time
	synced func() bool
	origin time.Time // of the monotonic clock

	mu     sync.Mutex
	seen   time.Time     // wall time when last looked at
	mono   time.Duration // since origin, then
	offset time.Duration // house time minus wall time
	state  clockState
	news   []clockNote // to be noted
}

type clockState int

const (
	clockTrusted clockState = iota
	clockStepped
	clockUnset
)

// clockNote is the payload of clock.stepped and clock.trusted, version 1.
type clockNote struct {
	StepMs int64  `cbor:"1,keyasint,omitempty"` // of the wall clock; 0: it was unset at the start
	WallMs int64  `cbor:"2,keyasint"`           // after it, Unix milliseconds
	How    string `cbor:"3,keyasint,omitempty"` // clock.trusted: returned, synced, said

	typ string
	by  queue.Actor
}

func newClock(o Options, lastEntry time.Time) *clock {
	c := &clock{wall: o.Now, synced: o.Synced, origin: time.Now()}
	c.seen, c.mono = c.look()
	floor := lastEntry
	if o.Built.After(floor) {
		floor = o.Built
	}
	// A second or two before the last entry is ordinary: NTP at work.
	if c.seen.Before(floor.Add(-stepLimit)) {
		c.state, c.offset = clockUnset, floor.Sub(c.seen)
		c.news = append(c.news, clockNote{typ: noteStepped, WallMs: c.seen.UnixMilli()})
	}
	return c
}

// look reads both clocks as nearly at once as can be had.
func (c *clock) look() (wall time.Time, mono time.Duration) {
	for range 10 {
		before := time.Since(c.origin)
		wall = c.wall().Round(0) // without the monotonic part
		mono = time.Since(c.origin)
		if mono-before < 100*time.Millisecond {
			break
		}
	}
	return wall, mono
}

// now is the time of the house.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, mono := c.look()
	step := wall.Sub(c.seen) - (mono - c.mono)
	c.seen, c.mono = wall, mono
	if step.Abs() > stepLimit {
		c.offset -= step
		if c.state == clockTrusted {
			c.state = clockStepped
		}
		c.news = append(c.news, clockNote{typ: noteStepped, StepMs: step.Milliseconds(), WallMs: wall.UnixMilli()})
		if c.state == clockStepped && c.offset.Abs() <= stepLimit {
			c.trust("returned", wall, 0, queue.Actor{})
		}
	}
	return wall.Add(c.offset)
}

func (c *clock) trust(how string, wall time.Time, offset time.Duration, by queue.Actor) {
	c.state, c.offset = clockTrusted, offset
	c.news = append(c.news, clockNote{typ: noteTrusted, WallMs: wall.UnixMilli(), How: how, by: by})
}

// check lets trust return when a time source keeps the clock, and hands over
// what is to be noted.
func (c *clock) check() []clockNote {
	c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != clockTrusted && c.synced() {
		c.trust("synced", c.seen, 0, queue.Actor{})
	}
	news := c.news
	c.news = nil
	return news
}

// say sets house time to what somebody has said; the zero time means that the
// wall clock is right.
func (c *clock) say(at time.Time, by queue.Actor) {
	c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.IsZero() {
		at = c.seen
	}
	c.trust("said", c.seen, at.Round(0).Sub(c.seen), by)
}

func (c *clock) untrusted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state != clockTrusted
}

func (c *clock) isUnset() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == clockUnset
}

// Clock returns the time of the house, that of the machine's clock, and whether it
// is trusted.
func (b *Book) Clock() (now, machine time.Time, trusted bool) {
	return b.Now(), b.opts.Now(), !b.clock.untrusted()
}

// SetClock is the answer to "what time is it?": house time goes on from there.
// The zero time means that the machine's clock is right as it is.
func (b *Book) SetClock(ctx context.Context, now time.Time, by queue.Actor) error {
	b.timing.Lock() // that the clock is right is noted before time acts by it
	defer b.timing.Unlock()
	b.clock.say(now, by)
	return b.noteClock(ctx)
}

// noteClock records what the clock has done.
func (b *Book) noteClock(ctx context.Context) error {
	for _, n := range b.clock.check() {
		b.log.Warn("clock", "what", n.typ, "step", time.Duration(n.StepMs)*time.Millisecond, "how", n.How)
		if err := b.noteOwn(ctx, n.typ, n.by, n); err != nil {
			return err
		}
	}
	return nil
}

// noteOwn records a note of the book's, version 1.
func (b *Book) noteOwn(ctx context.Context, typ string, by queue.Actor, payload any) error {
	data, err := cbor.Marshal(payload)
	if err != nil {
		return err
	}
	_, err = b.submit(ctx, &job{note: &note{typ: typ, by: by, version: 1, payload: data}})
	return err
}

// tick lets time act: once a second it looks at the clock and the disk, and
// closes a day that has run out.
func (b *Book) tick(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		b.lookAtDisk(ctx)
		if err := b.water.set(b.View().level()); err != nil {
			b.log.Warn("watermark", "err", err)
		}
		b.letTimePass(ctx)
	}
}

// letTimePass notes what the clock has done, and then lets time act.
func (b *Book) letTimePass(ctx context.Context) {
	b.timing.Lock()
	defer b.timing.Unlock()
	if err := b.noteClock(ctx); err != nil {
		b.log.Warn("clock", "err", err)
	}
	b.letTimeAct(ctx)
}

// letTimeAct closes a day that has run out.
func (b *Book) letTimeAct(ctx context.Context) {
	tick := queue.Tick{Untrusted: b.clock.isUnset()}
	by := queue.Actor{Via: "clock"}
	// Nearly always there is nothing to do: ask the published hall first.
	if events, err := b.View().Hall.Decide(tick, by, b.Now()); err != nil || len(events) == 0 {
		return
	}
	if _, err := b.Do(ctx, Request{Command: tick, By: by}); err != nil {
		b.log.Warn("tick", "err", err)
	}
}
