package printer

import (
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
