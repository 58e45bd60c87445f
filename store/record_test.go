package store

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

var testAt = time.UnixMilli(1795309200123).UTC()

func TestRecordBytes(t *testing.T) {
	r := record{
		Entry: Entry{
			Seq:  258,
			Fact: queue.Fact{At: testAt, By: queue.Actor{Clerk: "c7", Via: "page"}},
			Type: "x.y", Version: 3, Note: []byte{0xaa, 0xbb}, Key: "k1",
		},
		digest: 0x0102030405060708, count: 2,
	}
	data, err := r.encode()
	require.NoError(t, err)
	want := "01" + // envelope version
		"0f" + // flags: note, via, clerk, key
		"00" + // type code: spelled out
		"03" + // payload version
		"01a200c462fb" + // Unix milliseconds, 1795309200123
		"03" + hex.EncodeToString([]byte("x.y")) +
		"04" + hex.EncodeToString([]byte("page")) +
		"02" + hex.EncodeToString([]byte("c7")) +
		"02" + hex.EncodeToString([]byte("k1")) +
		"0102030405060708" + // digest
		"02" + // count
		"aabb" // payload
	assert.Equal(t, want, hex.EncodeToString(data[:len(data)-4]))

	var got record
	require.NoError(t, got.decode(258, data, time.UTC))
	assert.Equal(t, r, got)
}

func TestRecordEvent(t *testing.T) {
	r := record{Entry: Entry{Seq: 1, Fact: queue.Fact{At: testAt, Event: queue.TicketCalled{Ticket: 7, Counter: "q1", How: queue.ByNext}}, Type: string(queue.TypeCalled)}}
	data, err := r.encode()
	require.NoError(t, err)
	assert.Less(t, len(data), 40)
	var got record
	require.NoError(t, got.decode(1, data, time.UTC))
	assert.Equal(t, r, got)
}

// Every bit that is wrong is found, and so is a record under another number.
func TestRecordDamage(t *testing.T) {
	r := record{Entry: Entry{Seq: 9, Fact: queue.Fact{At: testAt}, Type: "a.b", Note: []byte("hello")}}
	data, err := r.encode()
	require.NoError(t, err)
	var got record
	for i := range len(data) * 8 {
		bad := append([]byte(nil), data...)
		bad[i/8] ^= 1 << (i % 8)
		assert.Error(t, got.decode(9, bad, time.UTC), "bit %d", i)
	}
	assert.ErrorIs(t, got.decode(10, data, time.UTC), errChecksum)
	for n := range data {
		assert.Error(t, got.decode(9, data[:n], time.UTC), "cut to %d bytes", n)
	}
}

func TestRecordTooLong(t *testing.T) {
	r := record{Entry: Entry{Seq: 1, Fact: queue.Fact{At: testAt, By: queue.Actor{Via: strings.Repeat("x", 256)}}, Type: "a.b", Note: []byte{}}}
	_, err := r.encode()
	assert.Error(t, err)
}

func TestTypeCodesAreDistinct(t *testing.T) {
	seen := map[byte]string{}
	for name, code := range typeCodes {
		assert.NotZero(t, code)
		assert.Empty(t, seen[code], "code %d of %s", code, name)
		seen[code] = name
	}
	assert.Len(t, seen, 30)
}

func FuzzRecord(f *testing.F) {
	r := record{Entry: Entry{Seq: 1, Fact: queue.Fact{At: testAt, By: queue.Actor{Via: "page"}}, Type: "a.b", Note: []byte("hello"), Key: "k"}}
	data, err := r.encode()
	require.NoError(f, err)
	f.Add(data[:len(data)-4])
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := checksum(1, body)
		var got record
		_ = got.decode(1, append(body, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)), time.UTC)
	})
}
