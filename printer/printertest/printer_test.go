package printertest

import (
	"context"
	"image"
	"image/color"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/escpos"
)

// black is a black picture with a white frame of one dot.
func black(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if x == 0 || y == 0 || x == w-1 || y == h-1 {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return img
}

func job(t *testing.T, do func(*escpos.Job)) []byte {
	t.Helper()
	j := escpos.NewJob(escpos.Setup{Dots: 576})
	j.Begin()
	do(j)
	j.End()
	b, err := j.Bytes()
	require.NoError(t, err)
	return b
}

// host is the other end of the cable, with what has been heard from it.
type host struct {
	t    *testing.T
	conn net.Conn
	in   chan []byte
	end  chan error
	stop context.CancelFunc
}

func plug(t *testing.T, p *Printer) *host {
	a, b := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	h := &host{t: t, conn: a, in: make(chan []byte, 64), end: make(chan error, 1), stop: cancel}
	go func() { h.end <- p.Serve(ctx, b) }()
	go func() {
		defer close(h.in)
		for {
			buf := make([]byte, 64)
			n, err := a.Read(buf)
			if err != nil {
				return
			}
			h.in <- buf[:n]
		}
	}()
	return h
}

func (h *host) send(b ...byte) {
	_, err := h.conn.Write(b)
	require.NoError(h.t, err)
}

// heard waits until all is still and gives what was said.
func (h *host) heard() (all []byte) {
	synctest.Wait()
	for {
		select {
		case b, ok := <-h.in:
			if !ok {
				return all
			}
			all = append(all, b...)
		default:
			return all
		}
	}
}

func (h *host) unplug() error {
	h.stop()
	err := <-h.end
	h.conn.Close()
	return err
}

func TestPrintsAndAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changes := 0
		p := New(Options{OnChange: func() { changes++ }})
		h := plug(t, p)
		h.send(escpos.AskPaper...)
		assert.Equal(t, []byte{0x12}, h.heard())
		h.send(escpos.AutoOn...)
		assert.Equal(t, []byte{0x10, 0, 0, 0x0F}, h.heard())
		h.send(escpos.AskMake...)
		assert.Equal(t, []byte("_XINMOI\x00"), h.heard())
		h.send(job(t, func(j *escpos.Job) {
			j.Picture(black(20, 10), 8, 2)
			j.QR("https://example.vn", 6, 'M')
			j.Text([]byte("A012"), 2, 2)
		})...)
		assert.Equal(t, []byte{0}, h.heard())
		require.Len(t, p.Papers(), 1)
		paper := p.Papers()[0]
		assert.Equal(t, "A012\n", paper.Text)
		assert.Equal(t, []string{"https://example.vn"}, paper.Links)
		img := paper.Image
		for _, c := range []struct {
			x, y int
			want color.Color
		}{{8, 2, color.White}, {10, 2, color.Black}, {45, 17, color.Black}, {46, 17, color.White}, {10, 18, color.White}} {
			assert.Equal(t, c.want, img.At(c.x, c.y), "%d,%d", c.x, c.y)
		}
		assert.Positive(t, changes)
		require.NoError(t, h.unplug())
	})
}

func TestTellsWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{})
		h := plug(t, p)
		h.send(escpos.AutoOn...)
		h.heard()
		faults := func() escpos.Fault {
			var parser escpos.Parser
			var f escpos.Fault
			for _, r := range parser.Feed(h.heard()) {
				require.Equal(t, escpos.Auto, r.Kind)
				f = escpos.AutoFaults(r.Auto)
			}
			return f
		}
		p.SetPaper(false)
		assert.Equal(t, escpos.Offline|escpos.PaperOut|escpos.PaperLow, faults())
		p.SetPaper(true)
		assert.Zero(t, faults())
		p.SetCover(true)
		assert.Equal(t, escpos.Offline|escpos.Cover, faults())
		h.send(escpos.AskOffline...)
		assert.Equal(t, []byte{0x16}, h.heard())
		p.SetCover(false)
		p.SetRoll(nearEnd - 1)
		assert.Equal(t, escpos.PaperLow, faults())
		p.SetPaper(true)
		p.SetCutterJam(true)
		h.heard()
		h.send(job(t, func(j *escpos.Job) { j.Feed(10) })...)
		assert.Equal(t, escpos.Offline|escpos.Cutter, faults())
		h.send(escpos.AskError...)
		assert.Equal(t, []byte{0x1A}, h.heard())
		p.SetCutterJam(false)
		assert.Equal(t, []byte{0x10, 0, 0, 0x0F, 0}, h.heard(), "goes on, and done")
		p.SetMute(true)
		h.send(escpos.AskPaper...)
		assert.Empty(t, h.heard())
		require.NoError(t, h.unplug())
	})
}

func TestRollEndsInTheMidstOfATicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Buffer: 100})
		p.SetRoll(50)
		h := plug(t, p)
		b := job(t, func(j *escpos.Job) { j.Picture(black(80, 200), 0, 1) })
		go h.conn.Write(b)
		synctest.Wait()
		assert.False(t, p.Paper())
		assert.Empty(t, p.Papers())
		assert.Equal(t, 50, p.Hanging().Image.Bounds().Dy())
		assert.Less(t, p.Received(), len(b), "the buffer is full, the wire stalls")
		p.SetPaper(true)
		synctest.Wait()
		require.Len(t, p.Papers(), 2)
		assert.True(t, p.Papers()[0].Torn)
		assert.False(t, p.Papers()[1].Torn)
		require.NoError(t, h.unplug())
	})
}

// A cable that breaks within a picture leaves the printer waiting for the rest
// of it, whoever speaks next; real-time questions are answered all the same.
func TestBrokenPictureSwallowsTheNextJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{})
		p.BreakAfter(40)
		h := plug(t, p)
		b := job(t, func(j *escpos.Job) { j.Picture(black(160, 40), 0, 1) })
		_, err := h.conn.Write(b)
		assert.ErrorIs(t, err, io.ErrClosedPipe)
		assert.ErrorIs(t, <-h.end, ErrBroken)

		h = plug(t, p)
		h.send([]byte("\x1b@hello\n")...)
		h.send(escpos.AskPaper...)
		assert.Equal(t, []byte{0x12}, h.heard())
		assert.Empty(t, p.Hanging().Text)
		h.send(escpos.Flush()...)
		h.send([]byte("\x1b@hello\n")...)
		synctest.Wait()
		assert.Equal(t, "hello\n", p.Hanging().Text)

		h.send(0x1D, 'v', '0', 0, 10)
		p.CutPower()
		h.send([]byte("again\n")...)
		synctest.Wait()
		assert.Equal(t, "hello\nagain\n", p.Hanging().Text)
		require.NoError(t, h.unplug())
	})
}

func TestSpeedOfTheLineAndOfThePaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{BytesPerSecond: 960, DotsPerSecond: 1000})
		h := plug(t, p)
		b := job(t, func(j *escpos.Job) { j.Picture(black(320, 100), 0, 1); j.Feed(900) })
		began := time.Now()
		h.send(b...)
		for len(h.heard()) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		took := time.Since(began).Seconds()
		assert.InDelta(t, float64(len(b))/960, took, 1.5)
		assert.Greater(t, took, 4.0)
		require.NoError(t, h.unplug())
	})
}

func TestOneCableAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{})
		h := plug(t, p)
		synctest.Wait()
		_, b := net.Pipe()
		assert.ErrorIs(t, p.Serve(t.Context(), b), ErrBusy)
		require.NoError(t, h.unplug())
	})
}

func FuzzPrinter(f *testing.F) {
	f.Add([]byte("\x1b@\x1dv0\x03\x02\x00\x01\x00ab\x1d(k\x04\x001A2\x00\x1dVB\x00\x10\x04\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4000 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			p := New(Options{})
			p.SetRoll(20000)
			h := plug(t, p)
			_, err := h.conn.Write(b)
			require.NoError(t, err)
			h.heard()
			require.NoError(t, h.unplug())
		})
	})
}

func TestKeepsPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{RAM: 100})
		h := plug(t, p)
		define := func(place escpos.Place, key string, high int) {
			b, err := escpos.Define(place, escpos.Key([]byte(key)), black(16, high))
			require.NoError(t, err)
			h.send(b...)
		}
		keys := func(place escpos.Place) (all []escpos.Key) {
			h.send(escpos.AskKeys(place)...)
			for {
				var parser escpos.Parser
				replies := parser.Feed(h.heard())
				require.Len(t, replies, 1)
				got, more, ok := escpos.ReadKeys(place, replies[0])
				require.True(t, ok)
				all = append(all, got...)
				h.send(escpos.GoOn...)
				if !more {
					return all
				}
			}
		}
		define(escpos.RAM, "aa", 10)
		define(escpos.RAM, "ab", 41) // 82 bytes, of which 80 are free
		define(escpos.NV, "na", 10)
		assert.Equal(t, []escpos.Key{{'a', 'a'}}, keys(escpos.RAM))
		assert.Equal(t, []escpos.Key{{'n', 'a'}}, keys(escpos.NV))
		show := func() int {
			j := escpos.NewJob(escpos.Setup{Dots: 576, Lasting: true})
			j.Begin()
			j.Kept(escpos.RAM, escpos.Key{'a', 'a'}, false)
			j.Kept(escpos.NV, escpos.Key{'n', 'a'}, false)
			j.Kept(escpos.NV, escpos.Key{'n', 'b'}, false)
			j.End()
			b, err := j.Bytes()
			require.NoError(t, err)
			h.send(b...)
			assert.Equal(t, []byte{0}, h.heard())
			img := p.Papers()[len(p.Papers())-1].Image
			assert.Equal(t, color.Black, img.At(288, 5), "in the middle")
			return img.Bounds().Dy()
		}
		assert.Equal(t, 20, show())
		p.CutPower()
		assert.Equal(t, 10, show(), "RAM is gone, NV memory is not")
		define(escpos.RAM, "aa", 10)
		assert.Equal(t, 20, show())
		h.send(escpos.Reset...)
		assert.Equal(t, 10, show(), "ESC @ clears the RAM")
		for i := range 60 {
			define(escpos.NV, string([]byte{'x', byte(33 + i)}), 1)
		}
		assert.Len(t, keys(escpos.NV), 61, "in two blocks")
		h.send(escpos.Forget(escpos.NV, escpos.Key{'n', 'a'})...)
		assert.Len(t, keys(escpos.NV), 60)
		assert.Equal(t, 62, p.NVWrites())
		require.NoError(t, h.unplug())

		p = New(Options{NoGraphics: true})
		h = plug(t, p)
		h.send(escpos.AskKeys(escpos.NV)...)
		assert.Empty(t, h.heard())
		require.NoError(t, h.unplug())
	})
}
