package printer

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"xinmoi/printer/printertest"
	"xinmoi/store/device"
)

// A roll that ends within the slip of a trial: the printer says so when it is asked
// afterwards, unless it takes no more bytes, the question's neither.
func TestTrialWhoseRollEnds(t *testing.T) {
	for _, c := range []struct {
		o    printertest.Options
		want device.Condition
	}{
		{printertest.Options{Buffer: 1 << 20}, device.MediaEmpty},
		{printertest.Options{Buffer: 1 << 20, NoAuto: true, NoDone: true}, device.MediaEmpty},
		{printertest.Options{Buffer: 64}, device.Stalled},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			p := printertest.New(c.o)
			p.SetRoll(100)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- p.Serve(ctx, theirs) }()
			m, _ := ModelOf("generic-80")
			said, err := Try(t.Context(), serial{ours, 115200}, Trial{Model: m, Port: "serial:/dev/ttyS0", Lang: "en"}, words())
			var stopped *Stopped
			if assert.ErrorAs(t, err, &stopped, "%+v", c.o) {
				assert.Equal(t, Stopped{device.Set(c.want), true}, *stopped, "%+v", c.o)
			}
			assert.False(t, said)
			cancel()
			<-ended
			ours.Close()
		})
	}
}
