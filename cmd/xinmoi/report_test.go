package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The report of a stopped hall and that of a running one are the same, in both
// languages, and Excel can read it.
func TestReport(t *testing.T) {
	data := t.TempDir()
	e, out, errw := technician(t)
	require.Equal(t, exitGood, runSim(t.Context(), e, []string{"--years", "1", "--tickets", "12", "--until", "2026-01-31", "--data", data}), errw)
	out.Reset()
	require.Equal(t, exitGood, runReport(t.Context(), e, []string{"--data", data, "--from", "2025-12-01", "--to", "2025-12-05"}))
	closed := out.String()
	assert.Contains(t, closed, "Từ 2025-12-01 đến 2025-12-05: 5 ngày làm việc")
	assert.Contains(t, closed, "Đất đai, môi trường")
	assert.Less(t, strings.Index(closed, "Quầy 2 "), strings.Index(closed, "Quầy 10 "), "in the order of the document")
	lines := strings.Split(strings.TrimSpace(closed), "\n")
	column := len([]rune(lines[1][:strings.Index(lines[1], "Lượt")]))
	for _, line := range lines[2:] {
		if row := []rune(line); strings.HasPrefix(line, "  ") {
			assert.Regexp(t, `^ \d`, string(row[column-1:]), "columns: %q", line)
		}
	}

	out.Reset()
	e.lang = "en"
	require.Equal(t, exitGood, runReport(t.Context(), e, []string{"--data", data, "--csv"}))
	text, marked := strings.CutPrefix(out.String(), "\ufeff")
	require.True(t, marked)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"By", "Name", "People"}, rows[0][:3])
	assert.Equal(t, "All", rows[1][0])

	out.Reset()
	require.Equal(t, exitGood, runReport(t.Context(), e, []string{"--data", data, "--from", "2030-01-01"}))
	assert.Equal(t, "No day was worked in this time.\n", out.String())
	for _, bad := range [][]string{{"--data", data, "--from", "tomorrow"}, {}, {"--data", data, "more"}} {
		assert.Equal(t, exitUsage, runReport(t.Context(), e, bad))
	}
	assert.Equal(t, exitCannotTell, runReport(t.Context(), e, []string{"--data", t.TempDir()}))

	startServe(t, "", data)
	out.Reset()
	e.lang = "vi"
	require.Equal(t, exitGood, runReport(t.Context(), e, []string{"--data", data, "--from", "2025-12-01", "--to", "2025-12-05"}), errw)
	assert.Equal(t, closed, out.String())
}
