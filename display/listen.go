package display

import (
	"context"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"xinmoi/display/voice"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// readAtOnce is how many entries the announcer reads in one go, and how far it
// looks back after a restart.
const readAtOnce = 500

// run reads the journal and speaks until ctx ends.
func (a *announcer) run(ctx context.Context) error {
	bell, stop := a.book.Bell()
	defer stop()
	defer a.speaking.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	a.mu.Lock()
	a.life = ctx
	a.mu.Unlock()
	v := a.book.View()
	epoch, cursor := v.Epoch, v.Seq
	a.arrange(centre.InForce(v.Hall))
	if err := a.resume(v); err != nil {
		a.log.Warn("calls from before the restart are not announced", "error", err)
	}
	a.speaking.Go(func() { a.voice.Run(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-bell:
		}
		if v = a.book.View(); v.Epoch != epoch || v.Seq < cursor {
			epoch, cursor = v.Epoch, v.Seq
		}
		for cursor < v.Seq {
			entries, err := a.book.Read(cursor, int(min(v.Seq-cursor, readAtOnce)))
			if err != nil || len(entries) == 0 {
				a.log.Warn("the announcer could not read the book; the next entry makes it try again", "error", err)
				break
			}
			for _, e := range entries {
				a.hear(e, v)
			}
			cursor = entries[len(entries)-1].Seq
		}
	}
}

// hear takes one entry as it happens.
func (a *announcer) hear(e store.Entry, v *store.View) {
	switch f := e.Event.(type) {
	case queue.CentreConfigured:
		a.arrange(centre.InForce(v.Hall))
	case queue.Undone:
		a.voice.Undo(uint64(f.Ticket))
	default:
		if e.Type == centre.NoteEmergency {
			a.emergency(e)
		}
		if t := answeredBy(e.Event); t != 0 {
			a.voice.Answer(uint64(t))
		}
		if a.book.Now().Sub(e.At) < voice.Fresh {
			a.call(e, v)
		}
	}
}

// call speaks an entry, if it is a call.
func (a *announcer) call(e store.Entry, v *store.View) {
	switch f := e.Event.(type) {
	case queue.TicketCalled:
		a.say(voice.First, e, f.Ticket, f.Counter, v)
	case queue.Recalled:
		a.say(voice.Recall, e, f.Ticket, f.Counter, v)
	case queue.ResultCalled:
		a.say(voice.Result, e, f.Ticket, f.Counter, v)
	}
}

// answeredBy is the ticket that need not be called again after an event.
func answeredBy(e queue.Event) queue.TicketID {
	switch e := e.(type) {
	case queue.Started:
		return e.Ticket
	case queue.TicketFinished:
		return e.Ticket
	case queue.NoShowMarked:
		return e.Ticket
	case queue.TicketParked:
		return e.Ticket
	case queue.Transferred:
		return e.Ticket
	case queue.TicketCancelled:
		return e.Ticket
	case queue.TicketExpired:
		return e.Ticket
	}
	return 0
}

// resume speaks what a restart has swallowed: the calls of the last seconds
// whose ticket is still called and which the log does not have.
func (a *announcer) resume(v *store.View) error {
	from := v.Seq - min(v.Seq, readAtOnce)
	entries, err := a.book.Read(from, readAtOnce)
	if err != nil {
		return err
	}
	logged := map[store.Seq]bool{}
	for _, e := range entries {
		var n announced
		if e.Type == noteAnnounced && e.Version == 1 && cbor.Unmarshal(e.Note, &n) == nil {
			logged[n.Call] = true
		}
	}
	now := a.book.Now()
	for _, e := range entries {
		if e.Event == nil || logged[e.Seq] || now.Sub(e.At) > voice.Fresh {
			continue
		}
		if t, ok := v.Hall.Ticket(called(e.Event)); ok && t.State == queue.Called {
			a.call(e, v)
		}
	}
	return nil
}

// called is the ticket that an event calls.
func called(e queue.Event) queue.TicketID {
	switch e := e.(type) {
	case queue.TicketCalled:
		return e.Ticket
	case queue.Recalled:
		return e.Ticket
	case queue.ResultCalled:
		return e.Ticket
	}
	return 0
}

// emergency speaks in every zone when a message comes onto the screens.
func (a *announcer) emergency(e store.Entry) {
	if len(centre.EmergencyIn(e.Note)) == 0 || a.book.Now().Sub(e.At) > voice.Fresh {
		return
	}
	for _, z := range centre.InForce(a.book.View().Hall).Zones {
		a.notice(fmt.Sprintf("emergency.%d.%s", e.Seq, z.ID), z.ID, "emergency")
	}
}

// notice is one announcement on demand.
func (a *announcer) notice(id, zone, say string) {
	doc := centre.InForce(a.book.View().Hall)
	c := voice.Call{ID: id, Kind: voice.Notice, Zone: zone, Text: say, At: time.Now(), Langs: []string{leading(doc)}}
	if say == "test" {
		if z, ok := doc.Zone(zone); ok {
			c.Place = z.Name
		}
	} else if len(doc.Centre.Languages) > 1 {
		c.Langs = append(c.Langs, doc.Centre.Languages[1])
	}
	a.voice.Say(c)
}
