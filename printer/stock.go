package printer

import (
	"context"
	"errors"
	"strings"
	"time"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// quietFor is how long a printer has had nothing to do before a picture is put
// into it: that takes some seconds of a slow line, and tickets go first.
const quietFor = 2 * time.Second

// keeps reports whether pictures kept in the printer are its way here.
func (s *session) keeps() bool {
	return s.way() == centre.WayStored && s.done && s.trusted()
}

// openShelf finds out what the printer keeps, after the ESC @ of its greeting.
// One that does not answer keeps nothing.
func (s *session) openShelf(ctx context.Context) error {
	s.shelf, s.stood = nil, nil
	if !s.keeps() {
		return nil
	}
	shelf := newShelf()
	if ok, err := s.listKeys(ctx, shelf, escpos.RAM); !ok || err != nil {
		return err
	}
	unit, err := s.askBlock(ctx, escpos.AskUnit)
	if err != nil {
		return err
	}
	if shelf.unit = shown(unit); shelf.unit != "" {
		known := s.d.room.keptIn(s.d.id, shelf.unit)
		shelf.day, shelf.writes = known.Day, known.Writes
		for _, k := range known.Keys {
			shelf.kept[escpos.NV][imageID(k.Picture)] = k.Key
		}
		ok, err := s.listKeys(ctx, shelf, escpos.NV)
		if err != nil {
			return err
		}
		if !ok {
			shelf.unit = ""
			clear(shelf.kept[escpos.NV])
		}
	}
	s.shelf = shelf
	return nil
}

// askBlock asks for one block of text; "" when there is no answer.
func (s *session) askBlock(ctx context.Context, question []byte) (text string, err error) {
	if err := s.write(ctx, question); err != nil {
		return "", err
	}
	_, err = s.wait(ctx, answerIn+s.onLine(), func(r escpos.Reply) bool {
		if r.Kind == escpos.Block && r.Byte == '_' {
			text = r.Text
			return true
		}
		return false
	})
	return text, err
}

// listKeys asks a place for its keys, block by block.
func (s *session) listKeys(ctx context.Context, shelf *shelf, p escpos.Place) (answered bool, err error) {
	if err := s.write(ctx, escpos.AskKeys(p)); err != nil {
		return false, err
	}
	var keys []escpos.Key
	for {
		more := false
		ok, err := s.wait(ctx, answerIn+s.onLine(), func(r escpos.Reply) bool {
			block, goesOn, is := escpos.ReadKeys(p, r)
			if is {
				keys, more = append(keys, block...), goesOn
			}
			return is
		})
		if !ok || err != nil {
			return false, err
		}
		if err := s.write(ctx, escpos.GoOn); err != nil {
			return false, err
		}
		if !more {
			if shelf.list(p, keys) {
				s.stood = nil // all that slips show is wanted again
			}
			return true, nil
		}
	}
}

// checkShelf lets the printer say, before a ticket, that it still has what it
// kept: its power may have been gone without a break of the wire.
func (s *session) checkShelf(ctx context.Context) error {
	for p, kept := range s.shelf.kept {
		if len(kept) == 0 {
			continue
		}
		ok, err := s.listKeys(ctx, s.shelf, escpos.Place(p))
		if err != nil {
			return err
		}
		if !ok {
			return errNoWord
		}
	}
	return nil
}

// stock puts one picture that is wanted into a printer that has nothing to do.
func (s *session) stock(ctx context.Context, press *slip.Press) error {
	if s.shelf == nil || !s.ready || s.lost || s.stalled || s.faults().Stops() || time.Since(s.worked) < quietFor {
		return nil
	}
	s.foresee(press)
	if day := s.d.room.today(); s.shelf.unit != "" && s.shelf.day != day {
		s.shelf.day, s.shelf.writes = day, 0
		if err := s.saveShelf(ctx); err != nil {
			return s.putOff(err)
		}
	}
	for len(s.shelf.wants) > 0 {
		w := s.shelf.wants[0]
		p, ok := s.shelf.place(w)
		if _, _, kept := s.shelf.find(w.id); kept || !ok {
			s.shelf.wants = s.shelf.wants[1:] // if it is still lacking, the next ticket says so again
			continue
		}
		return s.keep(ctx, p, w)
	}
	return nil
}

// keep defines a picture and asks whether there was room.
func (s *session) keep(ctx context.Context, p escpos.Place, w want) error {
	if p == escpos.NV && s.shelf.full[p] {
		return nil
	}
	key := s.shelf.freeKey(p, w.id)
	cmd, err := escpos.Define(p, key, w.img)
	if err != nil { // too large for a flush to end it
		s.d.log.Warn("a picture is not kept", "err", err)
		s.shelf.wants = s.shelf.wants[1:]
		return nil
	}
	if err := s.change(ctx, p, cmd); err != nil {
		return err
	}
	if s.shelf.listed[p][key] {
		s.shelf.kept[p][w.id] = key
		s.shelf.wants = s.shelf.wants[1:]
		if p == escpos.NV {
			return s.putOff(s.saveShelf(ctx))
		}
		return nil
	}
	s.d.log.Info("the printer has no room for another picture", "place", p)
	if id, ok := s.shelf.idle(); ok && p == escpos.NV && s.shelf.writes < writesMost {
		return s.change(ctx, p, escpos.Forget(p, s.shelf.kept[p][id]))
	}
	s.shelf.full[p] = true
	return nil
}

// change sends a command that changes what is kept, and asks for the keys. A
// write to NV memory is counted before it is made.
func (s *session) change(ctx context.Context, p escpos.Place, cmd []byte) error {
	if p == escpos.NV {
		s.shelf.writes++
		if err := s.saveShelf(ctx); err != nil {
			s.shelf.writes--
			return s.putOff(err)
		}
	}
	s.d.room.soil(s.d.id)
	if err := s.write(ctx, cmd); err != nil {
		s.ready, s.torn = false, true
		return err
	}
	ok, err := s.listKeys(ctx, s.shelf, p)
	if err != nil || !ok {
		s.ready, s.torn = false, true
		return errors.Join(err, errNoWord)
	}
	s.d.room.clean(s.d.id)
	return nil
}

// putOff lets a journal that takes no note be no trouble of the printer's.
func (s *session) putOff(err error) error {
	if err != nil {
		s.d.log.Error("pictures wait, since the journal takes no note", "err", err)
		s.worked = time.Now().Add(time.Minute)
	}
	return nil
}

// foresee wants what the next slips will show: those of each service, in the
// leading language, and the mark of a second paper.
func (s *session) foresee(press *slip.Press) {
	r := s.d.room
	hall := r.book.View().Hall
	doc := centre.InForce(hall)
	own, _, _ := r.templates.now()
	if doc == s.stood && own == s.stoodFor {
		return
	}
	s.stood, s.stoodFor = doc, own
	s.shelf.stands, s.shelf.wants = map[imageID]bool{}, nil
	stands := func(id imageID) { s.shelf.stands[id] = true }
	for i, v := range doc.Services {
		t := madeUp(doc, Sample{Service: v.ID, Now: r.book.Now()})
		what := slip.Slip{Template: own, Centre: doc, Ticket: t, Link: doc.HolderURL(strings.Repeat("a", 20)), Reprint: i == 0}
		s.showing(press, slip.Build(what, r.words), stands)
		if i == 0 { // nobody before
			t.Told = queue.Told{}
			s.showing(press, slip.Build(what, r.words), stands)
		}
	}
	for i := range s.shelf.wants {
		s.shelf.wants[i].stays = s.shelf.stands[s.shelf.wants[i].id]
	}
}

// showing sets a slip for its pictures alone.
func (s *session) showing(press *slip.Press, lines []slip.Line, show func(imageID)) {
	set := newSetter(centre.WayStored, press, s.model, slip.Paper{Dots: s.model.Dots}, 0, s.shelf)
	set.shows = show
	for _, l := range lines {
		if err := set.line(l); err != nil {
			s.d.log.Warn("a line of a slip is not kept", "err", err)
		}
	}
}
