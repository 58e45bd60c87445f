package centre

import (
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xinmoi/store/device/frame"
)

// Actions are what a key may mean, "none" besides. A test of the counters holds
// this list against their keypads, which this package may not import; the same
// goes for the checks of templates below.
var Actions = []string{"next", "call", "call_back", "recall", "start", "finish", "no_show", "park", "return", "transfer", "pause", "close", "undo", "rate"}

// NoAction takes the meaning of a key away.
const NoAction = "none"

// keyNames is how the keys of each protocol are written.
var keyNames = map[string]*regexp.Regexp{
	FF68:      regexp.MustCompile(`^(([0-9]+|#) )?[0-9A-F]{2}$`),
	Templated: regexp.MustCompile(`^(([0-9]+|#) )?[0-9A-F]{2}$`),
	Keys:      regexp.MustCompile(`^(([0-9]+|#) )?(enter|plus|minus|star|slash|dot)( long| double)?$`),
	Lines:     regexp.MustCompile(`^[!-~]([ -~]{0,30}[!-~])?$`),
	Modbus:    regexp.MustCompile(`^([1-9]|[1-5][0-9]|6[0-4])( long| double)?$`),
}

var keyExamples = map[string]string{FF68: "0C, 6 0F, # 0C", Templated: "0C, 6 0F, # 0C", Keys: "enter, 1 dot, # enter, enter long", Lines: "K1", Modbus: "1, 1 long"}

// held is a key that is pressed in a way that only some keypads tell.
var held = regexp.MustCompile(` (long|double)$`)

// checkKeypad looks at what is special to a keypad's protocol.
func (c *checker) checkKeypad(i int, k Keypad) {
	high := 255
	if k.Protocol == Modbus {
		high = 247
		c.oneOf(at("keypad", i, "inputs"), "inputs", k.Inputs, []string{Discrete, Coils, Registers})
	}
	c.within(at("keypad", i, "address"), k.Address, 1, high)
	c.within(at("keypad", i, "first"), k.First, 0, 65000)
	c.checkKeys(at("keypad", i, "keys"), k.Protocol, k.Keys)
	ids := idsOf(c.d.Frames, func(f Frames) string { return f.ID })
	switch {
	case k.Protocol == Templated:
		c.ref(at("keypad", i, "template"), "unknown_template", k.Template, ids)
	case k.Template != "":
		c.wrong(at("keypad", i, "template"), "template_unused", "protocol", k.Protocol)
	case len(k.Keys) == 0 && (k.Protocol == Lines || k.Protocol == Modbus):
		c.wrong(at("keypad", i, "keys"), "keys_missing", "id", k.ID, "example", keyExamples[k.Protocol])
	}
}

func (c *checker) checkKeys(path, protocol string, keys Keymap) {
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if protocol != Keys && protocol != Modbus && protocol != Lines && held.MatchString(key) {
			c.wrong(join(path, key), "key_not_held", "key", key, "protocol", protocol)
			continue
		}
		if !keyNames[protocol].MatchString(key) {
			c.wrong(join(path, key), "key_bad", "key", key, "example", keyExamples[protocol])
			continue
		}
		c.oneOf(join(path, key), key, keys[key], append(slices.Clone(Actions), NoAction))
	}
}

// wireOf is how a keypad hangs on its port.
func (d *Document) wireOf(i int, k Keypad) wire {
	w := wire{at("keypad", i, "port"), "keypad", k.ID, k.Port, k.Protocol, k.Address, 1, nil}
	switch k.Protocol {
	case Keys:
		w.address = 0
	case Templated:
		w.protocol += " " + k.Template
		if t, ok := d.Template(k.Template); ok && t.Address == nil {
			w.address = 0
		}
	case Lines:
		w.address, w.keys = 1, k.Keys
	case Modbus:
		w.keys = k.Keys
		w.protocol = "modbus buttons" // signs speak modbus too, but with one master of their own
	}
	return w
}

// apart reports whether two maps have no key in common.
func apart(a, b Keymap) bool {
	for key := range a {
		if _, both := b[key]; both {
			return false
		}
	}
	return true
}

// Template finds a template of frames by its id.
func (d *Document) Template(id string) (Frames, bool) {
	return find(d.Frames, func(f Frames) bool { return f.ID == id })
}

// tellsOnly reports whether only signs use a template, which hears nothing.
func (d *Document) tellsOnly(id string) bool {
	sign := slices.ContainsFunc(d.LEDs, func(l LED) bool { return l.Template == id })
	return sign && !slices.ContainsFunc(d.Keypads, func(k Keypad) bool { return k.Template == id })
}

// checkFrames looks at the templates.
func (c *checker) checkFrames() {
	for i, f := range c.d.Frames {
		where := func(key string) string { return at("template", i, key) }
		c.hex(where("start"), f.Start, 0)
		c.hex(where("end"), f.End, 0)
		told := c.d.tellsOnly(f.ID)
		if f.Length == nil && f.End == "" && !told {
			c.wrong(where("end"), "template_no_end", "id", f.ID)
		}
		if f.Length != nil {
			c.within(where("length.at"), f.Length.At, 0, 63)
			c.within(where("length.again"), f.Length.Again, 0, 63)
			c.within(where("length.add"), f.Length.Add, 0, 64)
		}
		c.within(where("max"), f.Max, 1, 64)
		c.within(where("min"), f.Min, 0, f.Max)
		c.within(where("key"), f.Key, -64, 63)
		c.within(where("address"), value(f.Address), -64, 63)
		for _, places := range []struct {
			key   string
			bytes FrameBytes
		}{{"same", f.Same}, {"skip", f.Skip}} {
			for _, pos := range slices.Sorted(maps.Keys(places.bytes)) {
				path := join(where(places.key), pos)
				if n, err := strconv.Atoi(pos); err != nil || n < -64 || n > 63 {
					c.wrong(path, "template_position", "value", pos)
				}
				c.hex(path, places.bytes[pos], 1)
			}
		}
		if len(f.Digits) != 0 && len(f.Digits) != 2 {
			c.wrong(where("digits"), "template_digits")
		}
		if f.Check.Kind != "" {
			c.oneOf(where("check.kind"), "kind", f.Check.Kind, frame.Sums)
		}
		if f.Ack != "echo" {
			c.checkSent(where("ack"), f.Ack)
		}
		c.checkSent(where("show"), f.Show)
		c.checkSent(where("beep"), f.Beep)
		c.checkSent(where("ask"), f.Ask)
		c.checkKeys(where("keys"), Templated, f.Keys)
		if len(f.Keys) == 0 && !told {
			c.wrong(where("keys"), "keys_missing", "id", f.ID, "example", "0C")
		}
	}
}

// hex checks bytes, exactly n of them if n is not 0.
func (c *checker) hex(path, s string, n int) {
	if b, err := hex.DecodeString(strings.ReplaceAll(s, " ", "")); err != nil || n > 0 && len(b) != n {
		c.wrong(path, "template_hex", "key", lastKey(path), "value", s)
	}
}

// checkSent looks at each word of a frame that is sent.
func (c *checker) checkSent(path, s string) {
	for _, word := range strings.Fields(s) {
		if _, err := frame.Parse(word); err != nil {
			c.wrong(path, "template_show", "key", lastKey(path), "value", word)
			return
		}
	}
}
