package queue

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEventsRoundTrip(t *testing.T) {
	var seen []Type
	for _, e := range append(samples(), daily()...) {
		version, payload, err := EncodeEvent(e)
		require.NoError(t, err)
		read, err := DecodeEvent(e.Type(), version, payload)
		require.NoError(t, err)
		require.Equal(t, e, read)
		_, again, err := EncodeEvent(read)
		require.NoError(t, err)
		require.Equal(t, payload, again, "%s has two encodings", e.Type())
		seen = append(seen, e.Type())
	}
	slices.Sort(seen)
	require.Equal(t, allTypes(), slices.Compact(seen), "each type has a sample")
}

func TestEventsAreSmall(t *testing.T) {
	for _, e := range daily() {
		_, payload, err := EncodeEvent(e)
		require.NoError(t, err)
		assert.Less(t, len(payload), 80, "%s", e.Type())
	}
}

func TestEventsRefused(t *testing.T) {
	_, payload, err := EncodeEvent(Started{48213, "q1"})
	require.NoError(t, err)
	for name, read := range map[string]func() (Event, error){
		"a version of the future": func() (Event, error) { return DecodeEvent(TypeStarted, 2, payload) },
		"no version":              func() (Event, error) { return DecodeEvent(TypeStarted, 0, payload) },
		"an unknown type":         func() (Event, error) { return DecodeEvent("ticket.eaten", 1, payload) },
		"half a payload":          func() (Event, error) { return DecodeEvent(TypeStarted, 1, payload[:len(payload)-1]) },
		"more than a payload":     func() (Event, error) { return DecodeEvent(TypeStarted, 1, append(payload, 0)) },
		"a field of the future":   func() (Event, error) { return DecodeEvent(TypeArmed, 1, payload) },
		"nothing":                 func() (Event, error) { return DecodeEvent(TypeStarted, 1, nil) },
	} {
		_, err := read()
		assert.Error(t, err, name)
	}
}

const goldenEvents = "testdata/events.golden"

// TestGoldenEvents reads bytes that an earlier build has written. A line may be
// added for a new type or version; none may ever be changed, since the same
// bytes stand in journals. -update adds what is missing and touches nothing else.
func TestGoldenEvents(t *testing.T) {
	golden, err := os.ReadFile(goldenEvents)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	byKey := map[string]Event{}
	for _, e := range samples() {
		version, payload, err := EncodeEvent(e)
		require.NoError(t, err)
		key := fmt.Sprint(e.Type(), " ", version)
		byKey[key] = e
		if *update && !bytes.Contains(golden, []byte(key+" ")) {
			golden = fmt.Appendf(golden, "%s %s\n", key, hex.EncodeToString(payload))
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(goldenEvents, golden, 0o644))
	}
	for line := range strings.Lines(string(golden)) {
		var kind Type
		var version uint8
		var payload []byte
		_, err := fmt.Sscanf(line, "%s %d %x", &kind, &version, &payload)
		require.NoError(t, err)
		e, err := DecodeEvent(kind, version, payload)
		require.NoError(t, err, line)
		key := fmt.Sprint(kind, " ", version)
		if want, ok := byKey[key]; ok {
			require.Equal(t, want, e)
			_, again, err := EncodeEvent(e)
			require.NoError(t, err)
			require.Equal(t, payload, again, "%s is written in other bytes than before", key)
			delete(byKey, key)
		}
	}
	require.Empty(t, byKey, "types without golden bytes: run with -update")
}

// TestGoldenHall reads a snapshot that an earlier build has written.
func TestGoldenHall(t *testing.T) {
	const file = "testdata/hall.golden"
	if *update {
		s := hallOf(t, "08:01:00 issue civil class=elder", "08:01:00 issue civil", "08:02:00 open q1", "08:02:00 next q1")
		require.NoError(t, os.WriteFile(file, []byte(hex.EncodeToString(marshal(t, s.hall))+"\n"), 0o644))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	data, err := hex.DecodeString(strings.TrimSpace(string(golden)))
	require.NoError(t, err)
	h := new(Hall)
	require.NoError(t, h.UnmarshalBinary(data), "a new shape wants a new snapshotVersion")
	require.Equal(t, data, marshal(t, h))
	require.Equal(t, []string{"A002"}, numbers(h.Waiting("civil")))
	ticket, ok := h.ByNumber("A001")
	require.True(t, ok)
	require.Equal(t, Called, ticket.State)
	_, offset := ticket.IssuedAt.Zone()
	require.Equal(t, 7*60*60, offset, "times keep their zone")
}

func FuzzDecodeEvent(f *testing.F) {
	for i, e := range samples() {
		_, payload, err := EncodeEvent(e)
		require.NoError(f, err)
		f.Add(uint8(i), payload)
	}
	types := allTypes()
	f.Fuzz(func(t *testing.T, kind uint8, payload []byte) {
		e, err := DecodeEvent(types[int(kind)%len(types)], 1, payload)
		if err != nil {
			return
		}
		version, again, err := EncodeEvent(e)
		if err != nil {
			return // a string that is not UTF-8, say
		}
		read, err := DecodeEvent(e.Type(), version, again)
		require.NoError(t, err)
		_, third, err := EncodeEvent(read)
		require.NoError(t, err)
		require.Equal(t, again, third)
	})
}

func FuzzUnmarshalBinary(f *testing.F) {
	s := newScenario(&testing.T{})
	s.run("service civil A\ncounter q1 civil\n08:00:00 configure\n08:00:00 issue civil\n08:00:01 issue civil\n08:00:01 open q1\n08:00:05 next q1\n----")
	f.Add(marshal(f, s.hall))
	f.Add(marshal(f, NewHall()))
	f.Fuzz(func(t *testing.T, data []byte) {
		h := new(Hall)
		if h.UnmarshalBinary(data) != nil {
			return
		}
		for _, c := range h.Counters() {
			_, _ = h.Decide(CallNext{Counter: c.ID}, Actor{}, h.at)
		}
		for _, rule := range h.Rules().Services {
			_, _ = h.Decide(Issue{Service: rule.ID}, Actor{}, h.at)
			_ = h.Waiting(rule.ID)
		}
		_, _ = h.Decide(CloseDay{}, Actor{}, h.at)
	})
}

// BenchmarkCodec compares CBOR with JSON on the events of a walk-in ticket.
func BenchmarkCodec(b *testing.B) {
	events := daily()
	size := func(b *testing.B, n int) { b.ReportMetric(float64(n)/float64(len(events)), "bytes/event") }
	perEvent := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
	}
	b.Run("cbor/write", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n = 0
			for _, e := range events {
				_, payload, _ := EncodeEvent(e)
				n += len(payload)
			}
		}
		size(b, n)
		perEvent(b)
	})
	b.Run("json/write", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n = 0
			for _, e := range events {
				payload, _ := json.Marshal(e)
				n += len(payload)
			}
		}
		size(b, n)
		perEvent(b)
	})
	b.Run("cbor/read", func(b *testing.B) {
		payloads := make([][]byte, len(events))
		for i, e := range events {
			_, payloads[i], _ = EncodeEvent(e)
		}
		for b.Loop() {
			for i, e := range events {
				_, _ = DecodeEvent(e.Type(), 1, payloads[i])
			}
		}
		perEvent(b)
	})
	b.Run("json/read", func(b *testing.B) {
		payloads := make([][]byte, len(events))
		for i, e := range events {
			payloads[i], _ = json.Marshal(e)
		}
		targets := []any{new(Issued), new(TicketCalled), new(Started), new(TicketFinished)}
		for b.Loop() {
			for i := range events {
				_ = json.Unmarshal(payloads[i], targets[i])
			}
		}
		perEvent(b)
	})
}
