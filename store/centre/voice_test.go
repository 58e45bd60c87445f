package centre

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a zone does not say is as in [voice], what that does not say is as always.
func TestAZoneSpeaksAsTheCentreUnlessItSaysOtherwise(t *testing.T) {
	d, findings := Parse("c.toml", []byte(`
[centre]
name = { vi = "Trung tâm", en = "Centre" }
[voice]
repeat = 1
words = ["lẻ"]
quiet = ["mon-fri 11:30-13:30", "22:00-24:00"]
[[zone]]
id = "a"
name = { vi = "Khu A", en = "Zone A" }
[[zone]]
id = "b"
name = { vi = "Khu B", en = "Zone B" }
voice = { repeat = 3, second = "always", words = [], quiet = [] }
[[service]]
id = "civil"
name = { vi = "Hộ tịch", en = "Civil" }
[[counter]]
id = "c1"
zone = "a"
services = ["civil"]
`))
	require.NotNil(t, d, "%v", findings)
	again, err := FromCanonical(first(d.Canonical()))
	require.NoError(t, err)
	for _, d := range []*Document{d, again} {
		a, b := d.VoiceOf("a"), d.VoiceOf("b")
		assert.Equal(t, Voice{Repeat: 1, Numbers: "digits", Words: []string{"lẻ"}, Second: "ticket", Place: "shared", Volume: 100,
			Quiet: []string{"mon-fri 11:30-13:30", "22:00-24:00"}, QuietVolume: 50}, a)
		assert.Equal(t, a, d.VoiceOf("no such zone"))
		assert.Equal(t, 3, b.Repeat)
		assert.Equal(t, "always", b.Second)
		assert.Empty(t, b.Words)
		assert.Empty(t, b.Quiet)
	}
	at := func(clock string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", clock, d.Location())
		require.NoError(t, err)
		return at
	}
	friday, sunday := "2026-11-27 ", "2026-11-29 "
	assert.True(t, d.Quiet("a", at(friday+"11:30")))
	assert.True(t, d.Quiet("a", at(friday+"12:00").UTC()), "by the clock of the centre")
	assert.False(t, d.Quiet("a", at(friday+"13:30")))
	assert.False(t, d.Quiet("a", at(sunday+"12:00")))
	assert.True(t, d.Quiet("a", at(sunday+"23:00")), "without weekdays on every day")
	assert.False(t, d.Quiet("b", at(friday+"12:00")))
}

func first(doc []byte, _ string) []byte { return doc }
