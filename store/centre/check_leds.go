package centre

import "slices"

// maxLEDRows is the most that a sign for the hall has.
const maxLEDRows = 16

// checkLED looks at one sign.
func (c *checker) checkLED(i int, l LED, counters []string) {
	where := func(key string) string { return at("led", i, key) }
	c.oneOf(where("protocol"), "protocol", l.Protocol, []string{Modbus, ModbusNumber, FF68, Templated})
	digitsOnly := l.Protocol == ModbusNumber || l.Protocol == FF68
	if digitsOnly && value(l.Letters) {
		c.wrong(where("letters"), "led_number_letters", "id", l.ID, "protocol", l.Protocol)
	}
	switch {
	case !l.Hall():
		c.belongs(where("counter"), l.Counter, counters)
	case l.Counter != "":
		c.wrong(where("counter"), "led_two_kinds", "id", l.ID)
	case digitsOnly:
		c.wrong(where("protocol"), "led_no_rows", "id", l.ID, "protocol", l.Protocol)
	default:
		zones := idsOf(c.d.Zones, func(z Zone) string { return z.ID })
		for _, z := range l.Zones {
			c.ref(where("zones"), "unknown_zone", z, zones)
		}
	}
	c.within(where("rows"), l.Rows, 0, maxLEDRows)
	c.within(where("address"), l.Address, 1, 247)
	c.within(where("digits"), l.Digits, 2, 16)
	c.checkIdle(where("idle"), l)
	if l.Protocol == Templated {
		c.ref(where("template"), "unknown_template", l.Template, idsOf(c.d.Frames, func(f Frames) string { return f.ID }))
		if f, ok := c.d.Template(l.Template); ok && f.Show == "" {
			c.wrong(where("template"), "led_no_show", "id", l.ID, "template", l.Template)
		}
	} else if l.Template != "" {
		c.wrong(where("template"), "template_unused", "protocol", l.Protocol)
	}
}

// wireOfLED is how a sign hangs on its port.
func (d *Document) wireOfLED(i int, l LED) wire {
	w := wire{at("led", i, "port"), "led", l.ID, l.Port, Modbus, l.Address, 1, nil}
	switch {
	case l.Protocol == FF68 || l.Protocol == Templated:
		w.protocol = "signs " + l.Protocol + " " + l.Template
	case slices.Contains([]string{Modbus, ModbusNumber}, l.Protocol):
		w.span = l.Rows
	}
	return w
}
