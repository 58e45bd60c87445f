package reader

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Nobody has these numbers: there are no provinces 097 to 099.
const (
	old   = "098095000123||Nguyễn Văn Thử|15051995|Nam|Tổ 1, Phường Mẫu, Tỉnh Mẫu|20052021"
	newer = "099155000456|012345678|Trần Thị Mẫu|01021955|Nữ|Thôn 2, Xã Mẫu|01072024||Trần Văn Mẫu|Lê Thị Mẫu|"
)

func options() Options {
	return Options{
		Key: func(id []byte) string {
			m := hmac.New(sha256.New, []byte("key of the day"))
			m.Write(id)
			return hex.EncodeToString(m.Sum(nil))
		},
		Now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.FixedZone("+07", 7*3600)), SeniorAge: 60,
		Appointment: regexp.MustCompile(`^LH[0-9]{8}$`),
	}
}

// mojibake is what a scanner makes of UTF-8 that it takes for Windows-1252.
func mojibake(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		r := charmap.Windows1252.DecodeByte(c)
		if r == '�' {
			r = rune(c)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	link := "abcdefghijklmnopq234"
	person := options().Key([]byte("098095000123"))
	elder := options().Key([]byte("099155000456"))
	for _, tt := range []struct {
		name, raw string
		want      Scan
	}{
		{"card of 2021", old, Scan{Kind: Card, Person: person}},
		{"card of 2024", newer, Scan{Kind: Card, Person: elder, Senior: true}},
		{"NFD", norm.NFD.String(newer), Scan{Kind: Card, Person: elder, Senior: true}},
		{"mojibake", mojibake(newer), Scan{Kind: Card, Person: elder, Senior: true}},
		{"AIM prefix", "]Q1" + old + " ", Scan{Kind: Card, Person: person}},
		{"number alone", "098095000123", Scan{Kind: Card, Person: person}},
		{"letters lost", "099155000456||Tran Th?|01021955|N|x|01072024", Scan{Kind: Card, Person: elder, Senior: true}},
		{"sixty today", "098066000123||A|22111966|Nam|B|20052021", Scan{Kind: Card, Person: options().Key([]byte("098066000123")), Senior: true}},
		{"sixty tomorrow", "098066000123||A|23111966|Nam|B|20052021", Scan{Kind: Card, Person: options().Key([]byte("098066000123"))}},
		{"sixty this year, perhaps", "098066000123", Scan{Kind: Card, Person: options().Key([]byte("098066000123"))}},
		{"six fields", "098095000123||A|15051995|Nam|B", Scan{Kind: BadCard}},
		{"31 February", strings.Replace(old, "15051995", "31021995", 1), Scan{Kind: BadCard}},
		{"another year", strings.Replace(old, "15051995", "15051996", 1), Scan{Kind: BadCard}},
		{"another century", strings.Replace(old, "098095", "098295", 1), Scan{Kind: BadCard}},
		{"a woman's number", strings.Replace(old, "098095", "098195", 1), Scan{Kind: BadCard}},
		{"a woman's number, garbled", mojibake(strings.Replace(newer, "099155", "099055", 1)), Scan{Kind: BadCard}},
		{"tomorrow's child", "098226000123||A|23112026|Nam|B|20052021", Scan{Kind: BadCard}},
		{"health card", "GD4010112345678|4e677579e1bb856e|15/05/1995|1|", Scan{Kind: HealthCard}},
		{"health card of 10", "0112345678|4e67|", Scan{Kind: HealthCard}},
		{"our ticket", "https://so.example.gov.vn/t/" + link, Scan{Kind: Ticket, Code: link}},
		{"our ticket, shouted", strings.ToUpper("http://192.168.1.9:8080/hall/t/" + link), Scan{Kind: Ticket, Code: link}},
		{"its link", link, Scan{Kind: Ticket, Code: link}},
		{"another site", "https://example.vn/x/" + link, Scan{Kind: Unknown}},
		{"a link too long", "https://example.vn/t/" + link + "a", Scan{Kind: Unknown}},
		{"dossier", "000.26.35.H08-200714-0003", Scan{Kind: Dossier, Code: "000.26.35.H08-200714-0003"}},
		{"dossier, newer", "h35.12.6-250714-00031", Scan{Kind: Dossier, Code: "H35.12.6-250714-00031"}},
		{"appointment", "LH20261122", Scan{Kind: Appointment, Code: "LH20261122"}},
		{"app", "eyJhbGciOi.opaque", Scan{Kind: Unknown}},
		{"goods", "8934588012228", Scan{Kind: Unknown}},
		{"nothing", " ", Scan{Kind: Unknown}},
	} {
		raw := []byte(tt.raw)
		assert.Equal(t, tt.want, Read(raw, options()), tt.name)
		assert.Equal(t, make([]byte, len(raw)), raw, "%s: wiped", tt.name)
	}
	assert.Equal(t, Scan{Kind: Card}, Read([]byte(newer), Options{Now: options().Now}), "no key, no age asked for")
}

func TestChunks(t *testing.T) {
	var c Chunks
	var got []string
	feed := func(s string) {
		for _, scan := range c.Feed([]byte(s)) {
			got = append(got, string(scan))
		}
	}
	at := strings.Index(old, "ễ") + 1 // in the middle of a letter
	feed(old[:at])
	assert.True(t, c.Open())
	feed(old[at:] + "\r\nA\nB")
	got = append(got, string(c.End()))
	assert.Nil(t, c.End())
	feed(strings.Repeat("x", 2000) + "\rC\r" + strings.Repeat("y", maxScan) + "\r")
	assert.Equal(t, []string{old, "A", "B", "C", strings.Repeat("y", maxScan)}, got)
	assert.False(t, c.Open())
}

func TestTyped(t *testing.T) {
	var typed Typed
	var records []byte
	key := func(code, value byte) { records = append(records, 1, 0, code, 0, value, 0, 0, 0) }
	for _, c := range "https://so.vn/t/abcdefghijklmnopq234\r098095000123|\r" {
		if at := strings.IndexRune(plain, c); at >= 0 {
			key(byte(at), 1)
			key(byte(at), 2) // held
			key(byte(at), 0)
			continue
		}
		key(leftShift, 1)
		key(byte(strings.IndexRune(shifted, c)), 1)
		key(leftShift, 0)
	}
	var scans [][]byte
	for i := range records { // in pieces of one byte
		scans = append(scans, typed.Feed(records[i:i+1])...)
	}
	require.Len(t, scans, 2)
	assert.Equal(t, Ticket, Read(scans[0], options()).Kind)
	assert.Equal(t, "098095000123|", string(scans[1]))
}

// FuzzRead wants no panic, no piece of the scan in what is handed on of a card,
// and the same scans whatever the pieces.
func FuzzRead(f *testing.F) {
	for _, s := range []string{old, newer, mojibake(newer), "LH20261122", "000.26.35.H08-200714-0003", "]Q1" + old + "\r\n" + newer} {
		f.Add([]byte(s), 7)
	}
	f.Fuzz(func(t *testing.T, in []byte, at int) {
		var whole, pieces Chunks
		at = min(max(at, 0), len(in))
		a := append(whole.Feed(in), whole.End())
		b := append(append(pieces.Feed(in[:at]), pieces.Feed(in[at:])...), pieces.End())
		require.Equal(t, a, b)
		for _, scan := range a {
			kept := bytes.Clone(scan)
			s := Read(scan, options())
			switch s.Kind {
			case Card:
				require.Empty(t, s.Code)
				require.Len(t, s.Person, 64)
			case BadCard, HealthCard, Unknown:
				require.Equal(t, Scan{Kind: s.Kind}, s, "%q", kept)
			default:
				require.NotEmpty(t, s.Code)
			}
		}
	})
}

// FuzzTyped wants the same scans whatever the pieces, and no scan without end.
func FuzzTyped(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0, 1, 0, 0, 0, 1, 0, 28, 0, 1, 0, 0, 0}, 3)
	f.Fuzz(func(t *testing.T, in []byte, at int) {
		var whole, pieces Typed
		at = min(max(at, 0), len(in))
		a := append(whole.Feed(in), whole.End())
		b := append(append(pieces.Feed(in[:at]), pieces.Feed(in[at:])...), pieces.End())
		require.Equal(t, a, b)
		for _, scan := range a {
			require.LessOrEqual(t, len(scan), maxScan)
		}
		require.False(t, whole.Open())
	})
}

func BenchmarkRead(b *testing.B) {
	o := options()
	for b.Loop() {
		Read([]byte(newer), o)
	}
}
