package led

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/display/displaytest"
	"xinmoi/store/device"
	"xinmoi/store/device/lend/lendtest"
	"xinmoi/store/device/rtu"
)

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		number  string
		cells   int
		letters bool
		want    string
	}{
		{"A012", 4, true, "A012"}, {"A012", 4, false, " 012"}, {"A012", 3, true, "012"},
		{"A1000", 4, true, "1000"}, {"1012", 4, false, "1012"}, {"", 4, true, "    "},
		{"a7", 4, true, "  A7"}, {"Đ012", 4, true, " 012"},
	} {
		assert.Equal(t, tt.want, Fit(tt.number, tt.cells, tt.letters), "%+v", tt)
	}
}

// TestGoldenBytes: what stands on the wire, field by field.
func TestGoldenBytes(t *testing.T) {
	for _, tt := range []struct {
		name, request, answer string
		do                    func(context.Context, *Master) error
	}{
		{
			"text A012 at 3",
			// id fn reg  regs n  A 0  1 2  crc
			"03 10 0070 0002 04 4130 3132 7f45",
			"03 10 0070 0002 41f1",
			func(ctx context.Context, m *Master) error { return m.Show(ctx, 3, "A012") },
		},
		{
			"odd text 012 at 1 gets a space",
			// id fn reg  regs n  0 1  2 _  crc
			"01 10 0070 0002 04 3031 3220 befc",
			"01 10 0070 0002 4013",
			func(ctx context.Context, m *Master) error { return m.Show(ctx, 1, "012") },
		},
		{
			"number 12 at 1",
			// id fn reg  value crc
			"01 06 0000 000c 89cf",
			"01 06 0000 000c 89cf",
			func(ctx context.Context, m *Master) error { m.probed = true; return m.ShowNumber(ctx, 1, 12) },
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			host, sign := net.Pipe()
			want, err := hex.DecodeString(strings.ReplaceAll(tt.request, " ", ""))
			require.NoError(t, err)
			answer, err := hex.DecodeString(strings.ReplaceAll(tt.answer, " ", ""))
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- tt.do(t.Context(), NewMaster(lendtest.Wire(t, host))) }()
			got := make([]byte, len(want))
			_, err = io.ReadFull(sign, got)
			require.NoError(t, err)
			assert.Equal(t, hex.EncodeToString(want), hex.EncodeToString(got), tt.name)
			_, err = sign.Write(answer)
			require.NoError(t, err)
			require.NoError(t, <-done, tt.name)
			host.Close()
		})
	}
}

// bus starts simulated signs on a pipe and a master on its other end, which
// sees the wire through wrap.
func bus(t *testing.T, signs *displaytest.Bus, wrap func(device.Wire) device.Wire) *Master {
	t.Helper()
	host, sim := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- signs.Serve(t.Context(), sim) }()
	t.Cleanup(func() { host.Close(); <-done })
	if wrap == nil {
		return NewMaster(lendtest.Wire(t, host))
	}
	return NewMaster(wrap(lendtest.Wire(t, host)))
}

func TestShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signs := displaytest.New(4, 1, 2)
		m := bus(t, signs, nil)
		require.NoError(t, m.Show(t.Context(), 1, "A012"))
		require.NoError(t, m.Show(t.Context(), 2, Fit("B7", 4, true)))
		assert.Equal(t, "A012", signs.Text(1))
		assert.Equal(t, "  B7", signs.Text(2))
		require.NoError(t, m.ShowNumber(t.Context(), 2, 345))
		assert.Equal(t, " 345", signs.Text(2))
		assert.False(t, m.Echo())
	})
}

func TestASignWithoutPowerIsMuteAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signs := displaytest.New(4, 1, 2)
		signs.SetPower(1, false)
		m := bus(t, signs, nil)
		began := time.Now()
		assert.ErrorIs(t, m.Show(t.Context(), 1, "A012"), ErrMute)
		assert.Less(t, time.Since(began), 250*time.Millisecond)
		require.NoError(t, m.Show(t.Context(), 2, "A012"))
		signs.SetPower(1, true)
		require.NoError(t, m.Show(t.Context(), 1, "A013"))
		assert.Equal(t, "A013", signs.Text(1))
	})
}

func TestARefusalIsNoFaultOfTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := bus(t, displaytest.New(2, 1), nil)
		err := m.Show(t.Context(), 1, "TOOLONG")
		assert.ErrorIs(t, err, ErrRefused)
		assert.ErrorContains(t, err, "illegal data address")
	})
}

func TestALostWireIsNoSignsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, sign := net.Pipe()
		m := NewMaster(lendtest.Wire(t, host))
		go func() {
			io.ReadFull(sign, make([]byte, 13))
			synctest.Wait() // until the answer is waited for
			sign.Close()
		}()
		err := m.Show(t.Context(), 1, "A012")
		assert.True(t, rtu.IsWire(err), "%v", err)
		assert.ErrorIs(t, err, io.EOF)
		assert.True(t, rtu.IsWire(m.Show(t.Context(), 1, "A012")))
	})
}

// echoing is an adapter that hands our own bytes back before the answer.
type echoing struct {
	device.Wire
	own []byte
}

func (e *echoing) Write(p []byte) (int, error) {
	e.own = append(e.own, p...)
	return e.Wire.Write(p)
}

func (e *echoing) Read(p []byte) (int, error) {
	if len(e.own) > 0 {
		n := copy(p, e.own[:min(len(e.own), 5)]) // in pieces
		e.own = e.own[n:]
		return n, nil
	}
	return e.Wire.Read(p)
}

func TestEchoAdapter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signs := displaytest.New(4, 1, 2)
		signs.SetPower(2, false)
		m := bus(t, signs, func(w device.Wire) device.Wire { return &echoing{Wire: w} })
		// The answer to a number looks like its echo, and sign 2 is dead.
		assert.ErrorIs(t, m.ShowNumber(t.Context(), 2, 12), ErrMute)
		assert.True(t, m.Echo())
		require.NoError(t, m.ShowNumber(t.Context(), 1, 12))
		require.NoError(t, m.Show(t.Context(), 1, "A012"))
		assert.ErrorIs(t, m.Show(t.Context(), 2, "A012"), ErrMute)
		assert.Equal(t, "A012", signs.Text(1))
	})
}

// noisy puts bytes of noise before each answer and breaks one answer.
type noisy struct {
	device.Wire
	reads, breakAt int
}

func (e *noisy) Read(p []byte) (int, error) {
	buf := make([]byte, 64)
	n, err := e.Wire.Read(buf)
	if err != nil {
		return 0, err
	}
	e.reads++
	if e.reads == e.breakAt {
		buf[n-1] ^= 0x55
	}
	return copy(p, append([]byte{0x01, 0x10, 0xFF}, buf[:n]...)), nil
}

func TestNoise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signs := displaytest.New(4, 1)
		m := bus(t, signs, func(w device.Wire) device.Wire { return &noisy{Wire: w, breakAt: 2} })
		require.NoError(t, m.Show(t.Context(), 1, "A012"), "noise before the answer")
		assert.ErrorIs(t, m.Show(t.Context(), 1, "A013"), ErrGarbled)
		require.NoError(t, m.Show(t.Context(), 1, "A014"), "and right again")
	})
}

func TestGapBetweenFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signs := displaytest.New(4, 1)
		m := bus(t, signs, nil)
		require.NoError(t, m.Show(t.Context(), 1, "A012"))
		began := time.Now()
		require.NoError(t, m.Show(t.Context(), 1, "A013"))
		assert.GreaterOrEqual(t, time.Since(began), 3645*time.Microsecond, "3.5 characters at 9600")
	})
}

func TestCost(t *testing.T) {
	// 13 bytes there, 8 back, 10 bits each, and two gaps of 35 bits.
	assert.Equal(t, time.Duration(21*10+2*35)*time.Second/9600, Cost(4, 9600).Round(time.Nanosecond))
}

// fast is a wire of 115200 baud.
type fast struct{ device.Wire }

func (fast) Baud() int { return 115200 }

func BenchmarkShow(b *testing.B) {
	signs := displaytest.New(4, 1)
	host, sim := net.Pipe()
	go signs.Serve(b.Context(), sim)
	m := NewMaster(fast{host})
	for b.Loop() {
		if err := m.Show(context.Background(), 1, "A012"); err != nil && !errors.Is(err, ErrMute) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(5*Cost(4, 9600).Microseconds())/1000, "ms/5signs@9600")
}
