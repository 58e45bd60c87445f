package centre

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func answers(counters int) Answers {
	return Answers{
		Name:     Text{"vi": `Trung tâm "Mường Ảng" \ 1`, "en": "Centre\tof Mường Ảng"},
		Counters: counters,
	}
}

func TestTemplatesWork(t *testing.T) {
	for _, kind := range Kinds {
		for _, n := range []int{1, 2, 5, 8, 12, 17, 35, 99} {
			for _, devices := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %d %v", kind, n, devices), func(t *testing.T) {
					a := answers(n)
					if devices {
						a.Authority = Text{"vi": "UBND xã", "en": "Committee"}
						a.PrinterPort, a.KeypadPort, a.LEDPort = "usb:/dev/usb/lp0", "serial:/dev/ttyUSB0?baud=9600", "tcp:10.0.0.9:502"
						a.PublicURL = "https://so.example.gov.vn"
					}
					src, err := Template(kind, a)
					require.NoError(t, err)
					d, findings := Parse(kind+".toml", src)
					for _, f := range findings {
						expected := f.Warning && (f.Code == "kiosk_no_printer" && !devices || f.Code == "keypad_alike")
						assert.True(t, expected, "%d: %s %v", f.Line, f.Code, f.Args)
					}
					require.NotNil(t, d, string(src))
					assert.Len(t, d.Counters, n)
					assert.Equal(t, a.Name, d.Centre.Name)
					assert.Equal(t, devices, *d.Counters[0].Arm, "a keypad arms its counter")
				})
			}
		}
	}
}

func TestTemplateNumbers(t *testing.T) {
	a := answers(5)
	prefixes := func() (list []string) {
		src, err := Template("commune", a)
		require.NoError(t, err)
		d, _ := Parse("", src)
		for _, s := range d.Services {
			list = append(list, *s.Prefix)
		}
		return list
	}
	assert.Equal(t, []string{"A", "B", "H", "L", "S", "U", "X", "Q"}, prefixes())
	a.LEDPort = "tcp:10.0.0.9:502"
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "8"}, prefixes(), "signs of seven segments show digits only")
}

func TestTemplateRefuses(t *testing.T) {
	_, err := Template("village", answers(3))
	assert.Error(t, err)
	for _, n := range []int{0, -1, 100} {
		_, err = Template("commune", answers(n))
		assert.Error(t, err)
	}
}
