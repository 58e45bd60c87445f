package voice

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// never is later than anything that is planned.
const never = time.Hour

// step does what is due and says when something will be.
func (a *Announcer) step(now time.Time) (effects []func(), next time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next = never
	for _, name := range slices.Sorted(maps.Keys(a.groups)) {
		next = min(next, a.watch(a.groups[name], now))
	}
	zones := slices.Sorted(maps.Keys(a.zones))
	for _, id := range zones {
		next = min(next, a.listen(a.zones[id], now))
	}
	for {
		z, pause := a.choose(zones, now)
		if z == nil {
			next = min(next, pause)
			break
		}
		next = min(next, a.begin(z, now))
	}
	effects, a.effects = a.effects, nil
	return effects, max(next, time.Millisecond)
}

// watch looks after what is being spoken: a speaker that went away, or that has
// not begun or not ended in time, loses it.
func (a *Announcer) watch(g *group, now time.Time) (next time.Duration) {
	i := g.playing
	if i == nil {
		return never
	}
	due := i.told.Add(startWithin)
	if !i.started.IsZero() {
		due = i.started.Add(i.plan.Length + endWithin)
	}
	alive := i.to.ready
	if alive && now.Before(due) {
		return due.Sub(now)
	}
	switch heard := !i.started.IsZero() && now.Sub(i.started) > i.plan.Length/2; {
	case !alive && heard:
		a.end(g, i, Cut)
		return never
	case alive:
		i.to.fails++
		to, id := i.to.Speaker, i.ID
		a.effect(func() { a.hall.Hush(to, id) })
	}
	i.tried = append(i.tried, i.to.Speaker)
	if len(i.tried) >= triesAtMost {
		a.end(g, i, Failed)
		return never
	}
	a.release(g, i)
	i.started, i.came = time.Time{}, now
	z := a.zone(i.Zone)
	z.queue = append(z.queue, i)
	slices.SortFunc(z.queue, byOrder)
	return never
}

// listen gives a zone its speaker, or notes since when it has none. What nobody
// can hear in time is given up.
func (a *Announcer) listen(z *zone, now time.Time) (next time.Duration) {
	if s := a.best(z, nil); s != nil {
		z.lease, z.mute, z.heard = s.Speaker, time.Time{}, true
		a.tellSilent(z, false)
		return never
	}
	z.lease = Speaker{}
	if z.mute.IsZero() {
		z.mute = now
	}
	next = never
	if left := z.mute.Add(silentAfter).Sub(now); left > 0 {
		next = left
	} else {
		a.tellSilent(z, true)
	}
	z.queue = slices.DeleteFunc(z.queue, func(i *item) bool {
		since := i.came
		if z.heard && z.mute.After(since) { // it waited its turn until then
			since = z.mute
		}
		if left := since.Add(Fresh).Sub(now); left > 0 {
			next = min(next, left)
			return false
		}
		a.record(Record{Call: i.Call, Outcome: NoSpeaker})
		return true
	})
	return next
}

func (a *Announcer) tellSilent(z *zone, silent bool) {
	if z.told && z.silent == silent || z.Off {
		return
	}
	z.told, z.silent = true, silent
	a.effect(func() { a.hall.Silent(z.ID, silent) })
}

// best is the speaker that is to be heard in a zone: one that has not failed
// with this very announcement, that works, that is no board's (a TV that is turned
// off takes its sound with it), that is there for few zones, that has the lease
// already, that came first.
func (a *Announcer) best(z *zone, i *item) *speaker {
	var all []*speaker
	for _, s := range a.speakers {
		if s.ready && slices.Contains(s.zones, z.ID) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	rank := func(bad bool) int {
		if bad {
			return 1
		}
		return 0
	}
	return slices.MinFunc(all, func(x, y *speaker) int {
		tried := func(s *speaker) int { return rank(i != nil && slices.Contains(i.tried, s.Speaker)) }
		return cmp.Or(cmp.Compare(tried(x), tried(y)), cmp.Compare(x.fails, y.fails),
			cmp.Compare(rank(x.Board != ""), rank(y.Board != "")), cmp.Compare(len(x.zones), len(y.zones)),
			cmp.Compare(rank(x.Speaker != z.lease), rank(y.Speaker != z.lease)), cmp.Compare(x.joined, y.joined))
	})
}

// choose finds the zone whose turn it is: of those that nothing keeps from
// speaking, the one with the oldest call. If there is none it says when to look
// again.
func (a *Announcer) choose(zones []string, now time.Time) (chosen *zone, pause time.Duration) {
	pause = never
	for _, id := range zones {
		z := a.zones[id]
		if len(z.queue) == 0 || z.lease == (Speaker{}) {
			continue
		}
		g := a.group(z)
		s := a.best(z, z.queue[0])
		if g.playing != nil || s.busy {
			continue
		}
		if left := g.ended.Add(betweenCalls).Sub(now); left > 0 {
			pause = min(pause, left)
			continue
		}
		if chosen == nil || z.queue[0].order < chosen.queue[0].order {
			chosen = z
		}
	}
	return chosen, pause
}

// begin lets a zone speak its oldest call.
func (a *Announcer) begin(z *zone, now time.Time) (next time.Duration) {
	i := z.queue[0]
	z.queue = z.queue[1:]
	g := a.group(z)
	i.to, i.told = a.best(z, i), now
	i.form = a.form(z)
	if i.Kind == Notice {
		i.form = Full
	}
	i.plan = a.packs.Plan(i.Call, z.Style, i.form, now.Sub(g.ended) < inRowWithin)
	g.playing, i.to.busy, z.lease = i, true, i.to.Speaker
	to, told := i.to.Speaker, Announcement{ID: i.ID, Zone: z.ID, Form: i.form, Plan: i.plan}
	a.effect(func() { a.hall.Play(to, told) })
	return startWithin
}

// form is the one for what waits behind, in all zones that cannot speak
// meanwhile.
func (a *Announcer) form(z *zone) Form {
	var behind time.Duration
	g := a.group(z)
	for _, other := range a.zones {
		if a.group(other) == g {
			for _, i := range other.queue {
				behind += i.full
			}
		}
	}
	switch {
	case behind > shortestFrom:
		return Shortest
	case behind > shortFrom:
		return Short
	}
	return Full
}
