package keypad

import (
	"strings"
	"testing"
	"time"

	"github.com/holoplot/go-evdev"
	"github.com/stretchr/testify/assert"
)

// play lets a key go down (d) and up (u) at these times in milliseconds, and
// asks each 10 ms what time has decided, as a driver does.
func play(g Gesture, steps ...any) (made []string) {
	var at time.Time
	begin := at
	add := func(kind string, ok bool) {
		if ok {
			made = append(made, strings.TrimSpace("short"+kind))
		}
	}
	for i := 0; i < len(steps); i += 2 {
		for until := begin.Add(time.Duration(steps[i].(int)) * time.Millisecond); at.Before(until); at = at.Add(10 * time.Millisecond) {
			add(g.Due(at))
		}
		if steps[i+1] != "" {
			add(g.Change(steps[i+1] == "d", at))
		}
	}
	return made
}

func TestGestures(t *testing.T) {
	long, double, both := Gesture{Long: true}, Gesture{Double: true}, Gesture{Long: true, Double: true}
	for name, tt := range map[string]struct {
		g     Gesture
		steps []any
		want  []string
	}{
		"plain: as it goes down, once": {Gesture{}, []any{0, "d", 5000, "d", 6000, "u", 7000, ""}, []string{"short"}},
		"plain: twice are two":         {Gesture{}, []any{0, "d", 100, "u", 200, "d", 300, "u"}, []string{"short", "short"}},
		"long: short":                  {long, []any{0, "d", 300, "u", 2000, ""}, []string{"short"}},
		"long: held":                   {long, []any{0, "d", 690, ""}, nil},
		"long: held longer":            {long, []any{0, "d", 710, ""}, []string{"short long"}},
		"long: stuck for an hour":      {long, []any{0, "d", 3_600_000, "u", 3_700_000, ""}, []string{"short long"}},
		"double: one":                  {double, []any{0, "d", 100, "u", 440, ""}, nil},
		"double: one, decided":         {double, []any{0, "d", 100, "u", 470, ""}, []string{"short"}},
		"double: two":                  {double, []any{0, "d", 100, "u", 300, "d", 400, "u", 2000, ""}, []string{"short double"}},
		"double: two, slowly":          {double, []any{0, "d", 100, "u", 500, "d", 600, "u", 2000, ""}, []string{"short", "short"}},
		"both: short":                  {both, []any{0, "d", 100, "u", 2000, ""}, []string{"short"}},
		"both: long":                   {both, []any{0, "d", 900, "u", 2000, ""}, []string{"short long"}},
		"both: double and held":        {both, []any{0, "d", 100, "u", 200, "d", 3000, "u", 5000, ""}, []string{"short double"}},
	} {
		assert.Equal(t, tt.want, play(tt.g, tt.steps...), name)
	}
}

// TestAKeyDownAtTheStart: what was down before anybody looked is no press.
func TestAKeyDownAtTheStart(t *testing.T) {
	g := Gesture{Long: true}
	g.Reset(true)
	assert.Equal(t, []string{"short"}, play(g, 3000, "u", 4000, "d", 4100, "u"))
}

func TestHIDGestures(t *testing.T) {
	d := HIDDecoder{Keys: Map{"enter": Next, "enter long": Recall, "# enter": Call, "# plus double": Return}}
	at := time.Unix(0, 0)
	feed := func(ms int, code evdev.EvCode, value int32) []Press {
		at = at.Add(time.Duration(ms) * time.Millisecond)
		if code == 0 {
			return d.Feed(nil, at)
		}
		return d.Feed(record(1, uint16(code), value), at)
	}
	assert.Empty(t, feed(0, evdev.KEY_KP7, 1))
	assert.Empty(t, feed(10, evdev.KEY_KPENTER, 1))
	next, waits := d.Next()
	assert.True(t, waits)
	assert.Equal(t, at.Add(LongAfter), next)
	assert.Equal(t, []Press{{Digits: "7", Key: "enter long"}}, feed(700, 0, 0))
	assert.Empty(t, feed(10, evdev.KEY_KPENTER, 0))

	assert.Empty(t, feed(10, evdev.KEY_KP8, 1))
	assert.Empty(t, feed(10, evdev.KEY_KPPLUS, 1))
	assert.Empty(t, feed(10, evdev.KEY_KPPLUS, 0))
	assert.Equal(t, []Press{{Digits: "8", Key: "plus"}}, feed(10, evdev.KEY_KP9, 1), "whoever types on has not pressed twice")
	assert.Empty(t, feed(10, evdev.KEY_KPPLUS, 1))
	assert.Empty(t, feed(10, evdev.KEY_KPPLUS, 0))
	assert.Equal(t, []Press{{Digits: "9", Key: "plus double"}}, feed(100, evdev.KEY_KPPLUS, 1))
	assert.Empty(t, feed(10, evdev.KEY_KPPLUS, 0))
	assert.Equal(t, []Press{{Key: "minus"}}, feed(10, evdev.KEY_KPMINUS, 1))
	_, waits = d.Next()
	assert.False(t, waits)
}
