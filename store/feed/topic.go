package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/gorilla/websocket"

	"xinmoi/store"
	"xinmoi/store/door"
)

type topicKey struct{ view, id string }

// topic is one view of one id with those who look at it. It lives as long as
// anybody does.
type topic struct {
	key     topicKey
	view    View
	clients map[*client]struct{}
	last    store.Seq // number of the last message, or where the topic began
	told    []byte    // state that every client has; nil: they differ

	looked  time.Time                  // when told was last compared with the present
	snap    *websocket.PreparedMessage // snapshot message, kept for those who come together
	state   []byte                     // in snap
	snapAt  time.Time
	snapSeq store.Seq // of the view it was made from
}

// message is what waits for a client, framed once for all; seq is 0 outside the
// journal.
type message struct {
	frame *websocket.PreparedMessage
	seq   store.Seq
}

// framed prepares a text message for any number of connections.
func framed(text []byte) *websocket.PreparedMessage {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil { // of another type than text
		panic(err)
	}
	return frame
}

// fan tells a batch to the topic's clients. Under mu.
func (f *Feed) fan(t *topic, batch []store.Entry) {
	msgs, state, ok := f.messages(t, batch, t.last)
	if !ok {
		f.dismiss(t)
		return
	}
	if len(msgs) == 0 {
		return
	}
	t.last, t.told = msgs[len(msgs)-1].seq, state
	for c := range t.clients {
		f.push(c, msgs...)
	}
}

// messages makes the messages of a batch, the last one with the state. ok is
// false when the id is no longer there.
func (f *Feed) messages(t *topic, batch []store.Entry, prev store.Seq) (msgs []message, state []byte, ok bool) {
	type told struct {
		entry  store.Entry
		fields any
	}
	var allowed []told
	for _, e := range batch {
		if fields, yes := f.event(t, e); yes {
			allowed = append(allowed, told{e, fields})
		}
	}
	for i, a := range allowed {
		own := map[string]any{"type": a.entry.Type, "seq": a.entry.Seq, "prev": prev, "at": door.Time{Time: a.entry.At}}
		if i == len(allowed)-1 {
			if state, ok = f.compute(t); !ok {
				return nil, nil, false
			}
		}
		b, err := flatten(a.fields, own, state)
		if err != nil {
			f.log.Error("an event could not be written as JSON", "view", t.key.view, "type", a.entry.Type, "error", err)
			b, _ = flatten(nil, own, state)
		}
		msgs = append(msgs, message{framed(b), a.entry.Seq})
		prev = a.entry.Seq
	}
	return msgs, state, true
}

// compute makes the state. Under mu.
func (f *Feed) compute(t *topic) (state []byte, ok bool) {
	defer f.mend(t, &ok)
	s, ok := t.view.Snapshot(f.told, t.key.id)
	if !ok {
		return nil, false
	}
	state, err := encode(s)
	if err != nil {
		f.log.Error("a state could not be written as JSON", "view", t.key.view, "error", err)
	}
	return state, err == nil
}

func (f *Feed) event(t *topic, e store.Entry) (fields any, ok bool) {
	defer f.mend(t, &ok)
	return t.view.Event(e, f.told, t.key.id)
}

// mend keeps one room's bug from stopping all screens.
func (f *Feed) mend(t *topic, ok *bool) {
	if p := recover(); p != nil {
		*ok = false
		f.log.Error("panic in a view", "view", t.key.view, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
	}
}

// snapshot is the topic's snapshot message. Its number is the topic's last one,
// which the next message names as prev. Under mu, after advance.
func (f *Feed) snapshot(t *topic) (message, bool) {
	if t.snap == nil || t.snapSeq != f.told.Seq || time.Since(t.snapAt) > snapshotFor {
		state, ok := f.compute(t)
		if !ok {
			return message{}, false
		}
		f.keep(t, state)
	}
	return message{t.snap, t.last}, true
}

// keep makes the snapshot message of a state.
func (f *Feed) keep(t *topic, state []byte) {
	b, err := flatten(nil, map[string]any{"type": "snapshot", "epoch": f.wireEpoch(), "seq": t.last,
		"at": f.now(), "build": f.build}, state)
	if err != nil { // strings and a state that was encoded before
		panic(err)
	}
	t.snap, t.state, t.snapAt, t.snapSeq = framed(b), state, time.Now(), f.told.Seq
}

// look finds states that have changed without an event. Under mu.
func (f *Feed) look() {
	for _, t := range f.topics {
		if time.Since(t.looked) < t.view.Every {
			continue
		}
		t.looked = time.Now()
		state, ok := f.compute(t)
		if !ok {
			f.dismiss(t)
		} else if !bytes.Equal(t.told, state) {
			f.keep(t, state)
			f.resyncAll(t)
		}
	}
}

// resyncAll gives every client of the topic a snapshot. Under mu.
func (f *Feed) resyncAll(t *topic) {
	m, ok := f.snapshot(t)
	if !ok {
		f.dismiss(t)
		return
	}
	t.told = t.state
	for c := range t.clients {
		f.push(c, m)
	}
}

// snapshotForOne is the snapshot for one client alone. If the others know another
// state, the next look brings all together.
func (f *Feed) snapshotForOne(t *topic) (message, bool) {
	m, ok := f.snapshot(t)
	if ok {
		t.differ(t.state)
	}
	return m, ok
}

// differ notes that a newcomer knows this state.
func (t *topic) differ(state []byte) {
	if len(t.clients) == 0 {
		t.told = state
	} else if !bytes.Equal(t.told, state) {
		t.told = nil
	}
}

// dismiss lets the clients of a topic go whose id is no longer there; they come
// back and are told so. Under mu.
func (f *Feed) dismiss(t *topic) {
	for c := range t.clients {
		c.end()
	}
}

func (f *Feed) wireEpoch() string { return f.told.Epoch + "-" + f.run }

func (f *Feed) now() door.Time { return door.Time{Time: f.book.Now()} }

// beat is the sign of life that pages see.
func (f *Feed) beat() message {
	b, err := encode(map[string]any{"type": "beat", "at": f.now()})
	if err != nil { // an instant
		panic(err)
	}
	return message{frame: framed(b)}
}

// flatten writes fields with own beside them and the state, if there is one,
// behind; own and state win. The state is JSON already, and by far the largest:
// it is not gone through again.
func flatten(fields any, own map[string]any, state []byte) ([]byte, error) {
	b, err := encode(fields)
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("a message must be an object: %w", err)
	}
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	for k, v := range own {
		if all[k], err = encode(v); err != nil {
			return nil, err
		}
	}
	if state == nil {
		return encode(all)
	}
	delete(all, "state")
	if b, err = encode(all); err != nil {
		return nil, err
	}
	b = append(b[:len(b)-1], `,"state":`...)
	return append(append(b, state...), '}'), nil
}

// encode is JSON without a line end and without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
