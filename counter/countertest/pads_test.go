package countertest

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter/keypad"
)

// plug connects the bus to one end of a pipe and returns the other.
func plug(t *testing.T, b *Bus) (host net.Conn, done chan error) {
	host, device := net.Pipe()
	done = make(chan error, 1)
	go func() { done <- b.Serve(t.Context(), device) }()
	synctest.Wait()
	return host, done
}

func TestPressWaitsForItsFrameAndRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(1, 5)
		host, done := plug(t, b)
		began := time.Now()
		pressed := make(chan error, 1)
		go func() { pressed <- b.Press(t.Context(), 5, keypad.KeyNext) }()
		want := []byte{0xFF, 0x68, 3, 3, 0x68, 5, 1, 0x0C, 0x12, 0x16}
		got := make([]byte, 2*len(want))
		_, err := io.ReadFull(host, got) // the first one and its repeat
		require.NoError(t, err)
		assert.Equal(t, append(want, want...), got)
		assert.Equal(t, RepeatAfter, time.Since(began))
		_, err = host.Write(want)
		require.NoError(t, err)
		require.NoError(t, <-pressed)
		assert.Equal(t, 1, b.Repeats())
		host.Close()
		assert.ErrorIs(t, <-done, io.EOF)
	})
}

func TestPressGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(5)
		assert.ErrorIs(t, b.Press(t.Context(), 5, keypad.KeyNext), ErrNoAnswer)
		assert.Error(t, b.Press(t.Context(), 6, keypad.KeyNext))
		host, done := plug(t, b)
		go io.Copy(io.Discard, host)
		assert.ErrorIs(t, b.Press(t.Context(), 5, keypad.KeyNext), ErrNoAnswer)
		host.Close()
		<-done
	})
}

func TestPadKeepsItsDisplayUntilItsPowerGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(5)
		var seen []string
		b.OnChange(func(p Pad) { seen = append(seen, p.Display) })
		host, done := plug(t, b)
		for _, f := range []keypad.Frame{keypad.Show(5, 12, "A012"), keypad.Beep(5), keypad.AskRating(5), keypad.Show(9, 1, "1")} {
			_, err := host.Write(f.Bytes())
			require.NoError(t, err)
		}
		synctest.Wait()
		assert.Equal(t, Pad{Addr: 5, Display: " 12012", Beeps: 1, Asking: true, On: true}, b.Pad(5))
		assert.Len(t, seen, 3)
		host.Close()
		<-done
		assert.Equal(t, " 12012", b.Display(5))
		b.SetPower(5, false)
		b.SetPower(5, true)
		assert.Equal(t, "      ", b.Display(5))
	})
}

func TestServeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(1)
		b.SetBaud(9600)
		_, device := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Serve(ctx, device) }()
		synctest.Wait()
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
}
