package displaytest

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// The checksum's check value, and frames from the Modbus specification's world.
func TestCRC16(t *testing.T) {
	assert.Equal(t, uint16(0x4B37), crc16([]byte("123456789")))
	assert.Zero(t, crc16(unhex(t, "01 06 0000 000c 89cf")))
}

func ask(t *testing.T, wire net.Conn, request, answer string) {
	t.Helper()
	_, err := wire.Write(unhex(t, request))
	require.NoError(t, err)
	want := unhex(t, answer)
	got := make([]byte, len(want))
	_, err = io.ReadFull(wire, got)
	require.NoError(t, err)
	assert.Equal(t, hex.EncodeToString(want), hex.EncodeToString(got))
}

func TestSigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(4, 1, 3)
		var seen []Sign
		b.OnChange(func(s Sign) { seen = append(seen, s) })
		host, sim := net.Pipe()
		done := make(chan error, 1)
		go func() { done <- b.Serve(t.Context(), sim) }()

		text := "03 10 0070 0002 04 4130 3132 7f45"
		ask(t, host, text, "03 10 0070 0002 41f1")
		assert.Equal(t, "A012", b.Text(3))
		ask(t, host, "00 ff 03 10"+text, "03 10 0070 0002 41f1") // noise before it
		ask(t, host, "01 06 0000 000c 89cf", "01 06 0000 000c 89cf")
		assert.Equal(t, "  12", b.Text(1))
		assert.Equal(t, []Sign{{ID: 3, Text: "A012", On: true}, {ID: 1, Text: "  12", On: true}}, seen)

		b.SetPower(3, false)
		assert.Equal(t, "    ", b.Text(3))
		_, err := host.Write(unhex(t, text))
		require.NoError(t, err)
		ask(t, host, "01 06 0000 000c 89cf", "01 06 0000 000c 89cf") // 3 has said nothing
		host.Close()
		<-done
		assert.Equal(t, "  12", b.Text(1), "a sign keeps its text without a host")
	})
}

func FuzzCutRequest(f *testing.F) {
	f.Add(unhex(f, "03 10 0070 0002 04 4130 3132 7f45"))
	f.Add(unhex(f, "01 10 0070 0002 ff 01 06 0000 000c 89cf"))
	good := unhex(f, "01 06 0000 000c 89cf")
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 512 {
			return
		}
		bus := New(4, 1, 3)
		rest := append(bytes.Clone(b), good...)
		for {
			request, r := cutRequest(rest)
			if request == nil {
				break
			}
			bus.answer(request)
			rest = r
		}
		// A head that lies may hold the line until its bytes have come; not longer.
		if len(rest) > maxFrame {
			t.Fatalf("%d bytes held", len(rest))
		}
	})
}
