package kiosk

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/store/device"
)

// Each fault of a printer has its words.
func TestFaultsHaveWords(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	for _, c := range broken {
		if c == device.MediaEmpty {
			continue // has a sentence of its own
		}
		key := "kiosk.printer." + string(c)
		for _, lang := range []string{"vi", "en"} {
			assert.NotContains(t, words.Say(lang, key, nil), key, lang)
		}
	}
}
