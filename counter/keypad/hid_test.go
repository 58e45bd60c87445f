package keypad

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/holoplot/go-evdev"
	"github.com/stretchr/testify/assert"
)

// record is one record of an evdev wire.
func record(typ, code uint16, value int32) []byte {
	b := binary.LittleEndian.AppendUint16(nil, typ)
	b = binary.LittleEndian.AppendUint16(b, code)
	return binary.LittleEndian.AppendUint32(b, uint32(value))
}

// tap is a key going down, held, and up again, as a kernel tells it.
func tap(codes ...evdev.EvCode) (b []byte) {
	for _, c := range codes {
		b = append(b, record(4, 4, 0x70058)...) // EV_MSC MSC_SCAN
		b = append(b, record(1, uint16(c), 1)...)
		b = append(b, record(0, 0, 0)...) // EV_SYN
		b = append(b, record(1, uint16(c), 2)...)
		b = append(b, record(1, uint16(c), 2)...)
		b = append(b, record(1, uint16(c), 0)...)
	}
	return b
}

func TestHIDKeypad(t *testing.T) {
	for _, tt := range []struct {
		in     []byte
		press  Press
		action Action
	}{
		{tap(evdev.KEY_KPENTER), Press{Key: "enter"}, Next},
		{tap(evdev.KEY_ENTER), Press{Key: "enter"}, Next},
		{tap(evdev.KEY_KP1, evdev.KEY_KP5, evdev.KEY_KPENTER), Press{Digits: "15", Key: "enter"}, Call},
		{tap(evdev.KEY_KP7, evdev.KEY_KP8, evdev.KEY_KP9, evdev.KEY_KPENTER), Press{Digits: "789", Key: "enter"}, Call},
		{tap(evdev.KEY_4, evdev.KEY_BACKSPACE, evdev.KEY_KPENTER), Press{Key: "enter"}, Next},
		{tap(evdev.KEY_NUMLOCK, evdev.KEY_KPPLUS), Press{Key: "plus"}, Recall},
		{tap(evdev.KEY_KPMINUS), Press{Key: "minus"}, NoShow},
		{tap(evdev.KEY_KPASTERISK), Press{Key: "star"}, Park},
		{tap(evdev.KEY_KP3, evdev.KEY_KPSLASH), Press{Digits: "3", Key: "slash"}, Transfer},
		{tap(evdev.KEY_KPDOT), Press{Key: "dot"}, Undo},
		{tap(evdev.KEY_KP0, evdev.KEY_KPDOT), Press{Digits: "0", Key: "dot"}, Pause},
	} {
		var d HIDDecoder
		var got []Press
		for _, b := range tt.in { // in pieces of one byte
			got = append(got, d.Feed([]byte{b}, time.Time{})...)
		}
		assert.Equal(t, []Press{tt.press}, got)
		a, ok := HIDKeys.Action(tt.press)
		assert.True(t, ok)
		assert.Equal(t, tt.action, a)
	}
}

func TestHIDForgets(t *testing.T) {
	var d HIDDecoder
	assert.Empty(t, d.Feed(tap(evdev.KEY_KP5), time.Time{}))
	d.Forget()
	assert.Equal(t, []Press{{Key: "enter"}}, d.Feed(tap(evdev.KEY_KPENTER), time.Time{}))
}

func FuzzHIDDecoder(f *testing.F) {
	f.Add(tap(evdev.KEY_KP1, evdev.KEY_KPENTER), uint16(0))
	f.Add(tap(evdev.KEY_KP1, evdev.KEY_KPENTER, evdev.KEY_KPENTER), uint16(100))
	f.Fuzz(func(t *testing.T, in []byte, ms uint16) {
		for _, keys := range []Map{nil, {"enter long": Next, "# enter double": Call, "dot double": Undo}} {
			d := HIDDecoder{Keys: keys}
			at, downs := time.Unix(0, 0), 0
			var all []Press
			for rest := in; len(rest) > 0; {
				n := min(len(rest), 5)
				all = append(all, d.Feed(rest[:n], at)...)
				rest, at = rest[n:], at.Add(time.Duration(ms)*time.Millisecond)
				downs++
			}
			all = append(all, d.Feed(nil, at.Add(time.Hour))...)
			for _, p := range all {
				if len(p.Digits) > hidMaxDigits || p.Key == "" {
					t.Fatalf("%+v", p)
				}
			}
			if len(all) > downs { // a record is 8 bytes, so each press took more than one piece
				t.Fatalf("%d presses of %d pieces", len(all), downs)
			}
			if _, waits := d.Next(); waits {
				t.Fatal("time decides nothing any more")
			}
		}
	})
}
