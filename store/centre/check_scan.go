package centre

import "regexp"

// checkScan looks at what scanned codes mean.
func (c *checker) checkScan() {
	s := c.d.Scan
	if s.Result != "" {
		c.ref("scan.result", "unknown_service", s.Result, idsOf(c.d.Services, func(x Service) string { return x.ID }))
	}
	if _, err := regexp.Compile(s.Appointment); err != nil {
		c.wrong("scan.appointment", "appointment_bad", "value", s.Appointment, "detail", err.Error())
	}
	for i, p := range c.d.Priority {
		c.within(at("priority", i, "age"), p.Age, 0, 120)
	}
}

// wireOfReader is how a kiosk's scanner hangs on its port: alone.
func wireOfReader(i int, k Kiosk) wire {
	w := wire{path: at("kiosk", i, "reader"), kind: "reader", id: k.ID, port: k.Reader}
	if scheme(k.Reader) == "evdev" {
		w.protocol = Keys // it types
	}
	return w
}
