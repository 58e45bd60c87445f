package escpos

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// paint makes a white picture with black pixels where mark says so.
func paint(w, h int, mark func(x, y int) bool) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if !mark(x, y) {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return img
}

// golden joins the fields of a job; the text beside each says what it is.
func golden(fields ...any) []byte {
	var out []byte
	for i := 0; i < len(fields); i += 2 {
		out = append(out, fields[i].([]byte)...)
	}
	return out
}

func TestJobBytes(t *testing.T) {
	j := NewJob(Setup{Dots: 64})
	j.Begin()
	j.Feed(10)
	j.Picture(paint(20, 9, func(x, y int) bool { return y >= 1 && y <= 2 && x >= 9 && x <= 16 }), 8, 1)
	j.Feed(300)
	j.QR("a", 6, 'M')
	j.Text([]byte("A1"), 8, 8)
	j.End()
	got, err := j.Bytes()
	require.NoError(t, err)
	want := golden(
		[]byte{0x1B, '@'}, "reset",
		[]byte{0x1C, '.'}, "no two-byte characters",
		[]byte{0x1B, 'J', 11}, "10 dots asked for and the blank row on top of the picture",
		[]byte{0x1B, '$', 16, 0}, "x: 8 and one blank byte",
		[]byte{0x1D, 'v', '0', 0}, "picture, plain",
		[]byte{2, 0}, "2 bytes wide",
		[]byte{2, 0}, "2 rows",
		[]byte{0x7F, 0x80, 0x7F, 0x80}, "dots 9 to 16, twice",
		[]byte{0x1B, 'J', 255}, "6 blank rows and 300 dots,",
		[]byte{0x1B, 'J', 51}, "in two",
		[]byte{0x1B, 'a', 1}, "centre",
		[]byte{0x1D, '(', 'k', 4, 0, 49, 65, 50, 0}, "QR model 2",
		[]byte{0x1D, '(', 'k', 3, 0, 49, 69, 49}, "error correction M, not the size again",
		[]byte{0x1D, '(', 'k', 3, 0, 49, 67, 6}, "6 dots a module",
		[]byte{0x1D, '(', 'k', 4, 0, 49, 80, 48, 'a'}, "store",
		[]byte{0x1D, '(', 'k', 3, 0, 49, 81, 48}, "print",
		[]byte{0x1B, 'a', 0}, "left",
		[]byte{0x1D, '!', 0x77}, "8 times as wide and as high",
		[]byte{'A', '1', 0x0A}, "text",
		[]byte{0x1D, 'V', 'B', 0}, "feed and cut, leaving a hinge",
		[]byte{0x1D, 'r', 1}, "say when done",
	)
	assert.Equal(t, want, got)
}

func TestDoubledPictureHasHalfTheDotsAndTheSamePlace(t *testing.T) {
	j := NewJob(Setup{Dots: 64})
	j.Picture(paint(16, 2, func(x, y int) bool { return x >= 8 }), 16, 2)
	got, err := j.Bytes()
	require.NoError(t, err)
	assert.Equal(t, golden(
		[]byte{0x1B, '$', 32, 0}, "16 and one blank byte of 8 double dots",
		[]byte{0x1D, 'v', '0', 3, 1, 0, 2, 0, 0xFF, 0xFF}, "doubled both ways",
	), got)

	j = NewJob(Setup{Dots: 64, Padded: true})
	j.Picture(paint(8, 1, func(x, y int) bool { return true }), 12, 2)
	got, err = j.Bytes()
	require.NoError(t, err)
	row := []byte{0x00, 0x0F, 0xFF, 0xF0}
	assert.Equal(t, golden(
		[]byte{0x1D, 'v', '0', 0, 4, 0, 2, 0}, "drawn double by us, from the left edge",
		row, "", row, "",
	), got)
}

func TestCuts(t *testing.T) {
	for cut, want := range map[Cut][]byte{
		"":             {0x1D, 'V', 'B', 0},
		CutPartialFeed: {0x1D, 'V', 'B', 0},
		CutFullFeed:    {0x1D, 'V', 'A', 0},
		CutPartial:     {0x1B, 'J', 100, 0x1D, 'V', 1},
		CutOldPartial:  {0x1B, 'J', 100, 0x1B, 'm'},
		CutOldFull:     {0x1B, 'J', 100, 0x1B, 'i'},
		CutNone:        {0x1B, 'J', 100},
	} {
		j := NewJob(Setup{Dots: 8, Cut: cut, FeedBeforeCut: 100})
		j.End()
		got, err := j.Bytes()
		require.NoError(t, err)
		assert.Equal(t, append(want, 0x1D, 'r', 1), got, "cut %q", cut)
	}
}

func TestMotionUnits(t *testing.T) {
	j := NewJob(Setup{Dots: 8, Motion: 180})
	j.Begin()
	got, err := j.Bytes()
	require.NoError(t, err)
	assert.Equal(t, []byte{0x1B, '@', 0x1C, '.', 0x1D, 'P', 180, 180}, got)
}

func TestJobRefusesWhatNoPrinterCanDo(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Job)
		want error
	}{
		"wider than the paper": {func(j *Job) { j.Picture(paint(65, 1, func(x, y int) bool { return true }), 0, 1) }, ErrTooWide},
		"doubled too wide":     {func(j *Job) { j.Picture(paint(33, 1, func(x, y int) bool { return true }), 0, 2) }, ErrTooWide},
		"left of the paper":    {func(j *Job) { j.Picture(paint(1, 1, func(x, y int) bool { return true }), -1, 1) }, ErrTooWide},
		"empty QR":             {func(j *Job) { j.QR("", 6, 'M') }, ErrQR},
		"QR too long":          {func(j *Job) { j.QR(strings.Repeat("a", 2332), 6, 'M') }, ErrQR},
		"QR of no level":       {func(j *Job) { j.QR("a", 6, 'm') }, ErrQR},
		"QR with a command":    {func(j *Job) { j.QR("a\x10\x04\x01", 6, 'M') }, ErrCollision},
		"text with a command":  {func(j *Job) { j.Text([]byte{0x10, 0x14, 8}, 1, 1) }, ErrCollision},
	} {
		j := NewJob(Setup{Dots: 64})
		c.do(j)
		j.End()
		_, err := j.Bytes()
		assert.ErrorIs(t, err, c.want, name)
		_, err = j.Pieces(100)
		assert.ErrorIs(t, err, c.want, name)
	}
	j := NewJob(Setup{Dots: 64})
	j.Text([]byte("a"), 0, 1)
	_, err := j.Bytes()
	assert.Error(t, err)
}

func TestBandsAreSmall(t *testing.T) {
	j := NewJob(Setup{Dots: 576})
	j.Picture(paint(576, 700, func(x, y int) bool { return true }), 0, 1)
	all, err := j.Bytes()
	require.NoError(t, err)
	var d Decoder
	rows := 0
	for _, op := range d.Feed(all) {
		if op.Kind == OpPicture {
			assert.LessOrEqual(t, op.N*op.M, MaxBandBytes)
			assert.LessOrEqual(t, op.M, MaxBandRows)
			rows += op.M
		}
	}
	assert.Equal(t, 700, rows)
}

func TestPiecesAreWholeCommands(t *testing.T) {
	j := NewJob(Setup{Dots: 576, Band: 960})
	j.Begin()
	j.Picture(paint(576, 200, func(x, y int) bool { return (x/7+y/5)%2 == 0 }), 0, 1)
	j.QR("https://example.vn/t/abc", 6, 'M')
	j.End()
	all, err := j.Bytes()
	require.NoError(t, err)
	pieces, err := j.Pieces(960)
	require.NoError(t, err)
	assert.Equal(t, all, bytes.Join(pieces, nil))
	assert.Greater(t, len(pieces), 10)
	var d Decoder
	for i, p := range pieces {
		assert.LessOrEqual(t, len(p), 960+20, "piece %d", i)
		d.Feed(p)
		assert.False(t, d.InPicture() || len(d.cmd) > 0 || d.want > 0, "piece %d ends within a command", i)
	}
}

// redraw lays a job's pictures out as a printer would.
func redraw(job []byte, dots, high int) *image.Gray {
	img := paint(dots, high, func(x, y int) bool { return false })
	var d Decoder
	x, y, scale := 0, 0, 1
	for _, op := range d.Feed(job) {
		switch op.Kind {
		case OpAt:
			x = op.N
		case OpFeed:
			y += op.N
		case OpPicture:
			scale = 1 + int(op.Data[0]&1)
		case OpRow:
			for i := range 8 * len(op.Data) * scale {
				if op.Data[i/scale/8]&(0x80>>(i/scale%8)) != 0 {
					for dy := range scale {
						img.SetGray(x+i, y+dy, color.Gray{0})
					}
				}
			}
			y += scale
		}
		if op.Kind != OpAt && op.Kind != OpRow && op.Kind != OpPicture {
			x = 0
		}
	}
	return img
}

// FuzzPicture holds the two promises about pictures: what is printed is what was
// drawn, but for single dots; and a finished job holds no real-time command.
func FuzzPicture(f *testing.F) {
	f.Add([]byte{0x10, 0x04, 0x01, 0x10, 0x05, 0x02, 0x10, 0x14, 0x08, 0x10, 0x10, 0x04}, uint8(3), uint8(0), false, uint16(0))
	f.Add([]byte{0, 0, 0, 0, 0, 0x10, 0, 4, 0, 0}, uint8(1), uint8(9), true, uint16(40))
	f.Fuzz(func(t *testing.T, data []byte, wide, x uint8, padded bool, size uint16) {
		w := int(wide%16) + 1
		h := len(data) / w
		if h == 0 || h > 2000 {
			return
		}
		dot := func(px, py int) bool { return data[py*w+px/8]&(0x80>>(px%8)) != 0 }
		img := paint(8*w, h, dot)
		for scale := 1; scale <= 2; scale++ {
			j := NewJob(Setup{Dots: 576, Padded: padded, Band: int(size)})
			j.Begin()
			j.Picture(img, int(x), scale)
			j.End()
			job, err := j.Bytes()
			require.NoError(t, err)
			require.Negative(t, collision(job))
			got := redraw(job, 576, h*scale)
			more := 0
			for py := range h * scale {
				for px := range 8 * w * scale {
					black := got.GrayAt(int(x)+px, py).Y == 0
					if black && !dot(px/scale, py/scale) {
						more++
					}
					require.False(t, !black && dot(px/scale, py/scale), "dot %d,%d lost", px, py)
				}
			}
			collisions := bytes.Count(data, []byte{0x10}) // no more scrubs than that
			if padded && x%8 != 0 {
				collisions = len(data) // shifting makes other ones
			}
			require.LessOrEqual(t, more, collisions*scale*scale*2)
		}
	})
}
