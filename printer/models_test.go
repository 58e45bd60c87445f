package printer

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/printer/escpos"
	"xinmoi/printer/slip"
	"xinmoi/store/centre"
)

// The document's check and the table name the same models.
func TestModelsOfTheDocument(t *testing.T) {
	var names []string
	for _, m := range models {
		names = append(names, m.Name)
		assert.NotEmpty(t, m.Evidence, m.Name)
		assert.Positive(t, m.Speed, m.Name)
	}
	assert.Equal(t, centre.Models, names)
	assert.Equal(t, centre.DefaultModel, models[0].Name)
}

// DEVICES.md says what the profiles say.
func TestDevicesPageHasTheProfiles(t *testing.T) {
	page, err := os.ReadFile("DEVICES.md")
	require.NoError(t, err)
	for _, m := range models {
		row := profileRow(m)
		assert.True(t, strings.Contains(string(page), row+"\n"), "DEVICES.md lacks this row:\n%s", row)
	}
}

// profileRow is a profile as a row of DEVICES.md.
func profileRow(m Model) string {
	yes := map[bool]string{true: "yes", false: "–"}
	pages, tells, flow := "–", "not known", "not known"
	if m.Pages != (escpos.Pages{}) {
		pages = fmt.Sprintf("%d, %d", m.Pages.Lower, m.Pages.Upper)
	}
	if m.Tells != "" {
		tells, flow = m.Tells, m.Flow
	}
	notes := m.Evidence
	if m.Quirks != "" {
		notes = m.Quirks + ". " + strings.ToUpper(notes[:1]) + notes[1:]
	}
	return fmt.Sprintf("| `%s` | %s | %d / %d | %s | %s | %s | %s | %s | %s | %s |",
		m.Name, m.Title, m.Dots, m.DPI, pages, yes[m.QR], yes[m.Keeps], m.Cut, tells, flow, notes)
}

// A full ticket can be printed by every model, whole commands in every piece.
func TestEveryModelTakesAFullTicket(t *testing.T) {
	press, err := slip.NewPress()
	require.NoError(t, err)
	for _, m := range models {
		page, err := press.Render(slip.Build(full(), words()), slip.Paper{Dots: m.Dots})
		require.NoError(t, err, m.Name)
		pieces, err := Job(page, m, escpos.MaxBandBytes)
		require.NoError(t, err, m.Name)
		var d escpos.Decoder
		for _, p := range pieces {
			d.Feed(p)
			assert.False(t, d.InPicture(), m.Name)
		}
	}
}
