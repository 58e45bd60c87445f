package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/queue"
)

// exportedLines runs the command and reads its lines.
func exportedLines(t *testing.T, args ...string) (lines []map[string]any) {
	t.Helper()
	e, out, errw := technician(t)
	require.Equal(t, exitGood, runExport(t.Context(), e, args), errw)
	for s := bufio.NewScanner(out); s.Scan(); {
		var line map[string]any
		require.NoError(t, json.Unmarshal(s.Bytes(), &line), s.Text())
		lines = append(lines, line)
	}
	require.Equal(t, "export", lines[0]["xinmoi"])
	last := lines[len(lines)-1]
	require.Equal(t, true, last["end"])
	require.EqualValues(t, len(lines)-2, last["entries"])
	return lines
}

// yearsBook is a small book of more than a year, whose first months are in the
// archive.
func yearsBook(t *testing.T) (data string, tickets int) {
	t.Helper()
	data = t.TempDir()
	e, _, errw := technician(t)
	require.Equal(t, exitGood, runSim(t.Context(), e, []string{"--years", "2", "--tickets", "3", "--until", "2026-03-03", "--data", data}), errw)
	before := exportedLines(t, "--data", data)
	for _, l := range before {
		if l["type"] == "ticket.issued" {
			tickets++
		}
	}
	b, err := store.Open(data, store.Options{Keep: func(*queue.Hall) int { return 1 }})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		months, _ := filepath.Glob(filepath.Join(data, "archive", "*"+".journal.gz"))
		return len(months) == 12
	}, 3*time.Minute, 20*time.Millisecond)
	require.NoError(t, b.Close())
	return data, tickets
}

func TestExportOfBookAndArchive(t *testing.T) {
	data, tickets := yearsBook(t)
	lines := exportedLines(t, "--data", data)
	n, seq := 0, 0.0
	for _, l := range lines[1 : len(lines)-1] {
		require.Equal(t, seq+1, l["seq"], "nothing is missing where the archive ends")
		seq = l["seq"].(float64)
		at, err := time.Parse(time.RFC3339, l["at"].(string))
		require.NoError(t, err)
		assert.Contains(t, l["at"], "+07:00")
		assert.False(t, at.IsZero())
		if l["type"] == "ticket.issued" {
			n++
			issued := l["data"].(map[string]any)
			assert.NotEmpty(t, issued["number"])
			assert.NotEmpty(t, issued["service"])
		}
	}
	assert.Equal(t, tickets, n)
	all := exportedLines(t, "--data", data, "--from", "2024-06-03", "--to", "2024-06-03")
	for _, l := range all[1 : len(all)-1] {
		assert.Equal(t, "2024-06-03", l["day"])
	}
	assert.Greater(t, len(all), 3, "a day of the archive")

	out := filepath.Join(t.TempDir(), "x.jsonl")
	e, _, errw := technician(t)
	require.Equal(t, exitGood, runExport(t.Context(), e, []string{"--data", data, "--out", out}), errw)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, len(lines), strings.Count(string(text), "\n"))
	secret, err := os.ReadFile(filepath.Join(data, "secret"))
	require.NoError(t, err)
	assert.NotContains(t, string(text), string(secret))

	require.NoError(t, os.Remove(filepath.Join(data, "archive", "2024-06.journal.gz")))
	assert.Equal(t, exitCannotTell, runExport(t.Context(), e, []string{"--data", data, "--out", out + "2"}))
	assert.Contains(t, errw.String(), "2024-06.journal.gz", "a month that is not there is named")
	left, err := os.ReadDir(filepath.Dir(out))
	require.NoError(t, err)
	assert.Len(t, left, 1, "and half an export is none")
}

func TestExportUsage(t *testing.T) {
	e, _, _ := technician(t)
	for _, bad := range [][]string{{}, {"--data", "x", "--from", "monday"}, {"--data", "x", "y"}} {
		assert.Equal(t, exitUsage, runExport(t.Context(), e, bad))
	}
	assert.Equal(t, exitCannotTell, runExport(t.Context(), e, []string{"--data", t.TempDir()}))
}

// Fields have plain names, and instants are instants.
func TestExportIsPlain(t *testing.T) {
	zone := time.FixedZone("", 7*60*60)
	at := time.Date(2026, 11, 26, 9, 3, 0, 0, zone)
	line, err := json.Marshal(exportOf("2026-11-26", store.Entry{
		Seq: 7, Type: "counter.paused", Version: 1,
		Fact: queue.Fact{At: at, By: queue.Actor{Clerk: "lan", Via: "page"}, Event: queue.CounterPaused{Counter: "q1", Reason: "lunch", Until: at.Add(time.Hour).Unix()}},
	}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"seq":7,"at":"2026-11-26T09:03:00.000+07:00","day":"2026-11-26","type":"counter.paused","version":1,"via":"page","clerk":"lan","data":{"counter":"q1","reason":"lunch","until":"2026-11-26T10:03:00+07:00"}}`, string(line))
	for name, want := range map[string]string{"LowS": "low_s", "ToService": "to_service", "ID": "id", "NoShowBeforeS": "no_show_before_s"} {
		assert.Equal(t, want, snake(name))
	}
}
