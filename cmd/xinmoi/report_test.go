package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store"
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

	for _, run := range []func() int{
		func() int {
			return runReport(t.Context(), e, []string{"--data", data, "--from", "2025-12-05", "--to", "2025-12-01"})
		},
		func() int {
			return runExport(t.Context(), e, []string{"--data", data, "--from", "2025-12-05", "--to", "2025-12-01"})
		},
	} {
		errw.Reset()
		assert.Equal(t, exitUsage, run())
		assert.Equal(t, "The first day (2025-12-05) is after the last (2025-12-01). Change --from and --to.\n", errw.String())
	}

	p := startServe(t, "", data)
	out.Reset()
	e.lang = "vi"
	require.Equal(t, exitGood, runReport(t.Context(), e, []string{"--data", data, "--from", "2025-12-01", "--to", "2025-12-05"}), errw)
	assert.Equal(t, closed, out.String())
	assert.NotContains(t, p.errs.String(), "level=ERROR")
}

// A day that neither book nor archive can tell of is named, with a hall that runs and
// without; the others are told all the same.
func TestReportOfADamagedDay(t *testing.T) {
	data := t.TempDir()
	e, out, errw := technician(t)
	require.Equal(t, exitGood, runSim(t.Context(), e, []string{"--years", "1", "--tickets", "3", "--until", "2026-01-31", "--data", data}), errw)
	db, err := bolt.Open(store.BookFile(data), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		day := tx.Bucket([]byte("ev/2025-12-02"))
		first, _ := day.Cursor().First()
		return errors.Join(tx.Bucket([]byte("sum")).Delete([]byte("2025-12-02")), day.Put(bytes.Clone(first), []byte("damaged")))
	}))
	require.NoError(t, db.Close())
	told := func(from, to string) string {
		out.Reset()
		errw.Reset()
		assert.Equal(t, exitFound, runReport(t.Context(), e, []string{"--data", data, "--from", from, "--to", to}), errw)
		assert.Equal(t, "Không có số liệu của 1 ngày, vì sổ hoặc kho lưu trữ bị hỏng ở đó: 2025-12-02. Lệnh xinmoi audit cho biết hỏng ở đâu.\n", errw.String())
		return out.String()
	}
	assert.Empty(t, told("2025-12-02", "2025-12-02"), "not that nobody worked then")
	closed := told("2025-12-01", "2025-12-05")
	assert.Contains(t, closed, "Từ 2025-12-01 đến 2025-12-05: 4 ngày làm việc")
	p := startServe(t, "", data)
	assert.Equal(t, closed, told("2025-12-01", "2025-12-05"))
	resp, err := http.Get(p.url + "/api/v1/report?from=2025-12-05&to=2025-12-01")
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
	errw.Reset()
	assert.Equal(t, exitCannotTell, runAudit(t.Context(), e, []string{"why", "A001", "A002", "--data", data, "--day", "2025-12-02"}))
	assert.Equal(t, "Sổ hoặc kho lưu trữ bị hỏng ở chỗ này. Xin báo kỹ thuật: lệnh xinmoi audit cho biết hỏng ở đâu.\n", errw.String())
	errw.Reset()
	assert.Equal(t, exitCannotTell, runExport(t.Context(), e, []string{"--data", data}))
	assert.Contains(t, errw.String(), "Sổ "+store.BookFile(data)+" bị hỏng", "not the copy that is gone by then")
}
