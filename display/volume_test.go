package display_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/display/voice"
	"xinmoi/store/queue"
)

// spoken is a centre that says how it speaks.
const spoken = `
[voice]
repeat = 1
numbers = "whole"
words = ["lẻ"]
second = "always"
place = "always"
volume = 80
quiet = ["00:00-24:00"]
quiet_volume = 50
` + small

// A centre speaks as its document says, at once after a reload.
func TestTheDocumentSaysHowToSpeak(t *testing.T) {
	h := newHall(t, strings.NewReplacer(`name = { vi = "Hộ tịch", en = "Civil status" }`, `room = { vi = "phòng 102", en = "room 102" }`,
		`id = "civil"`, "id = \"civil\"\nfirst = 105").Replace(spoken))
	h.do(queue.OpenCounter{Counter: "q1"})
	one := h.ear(t, "b1", "one")
	h.issue("civil", 1)
	h.do(queue.CallNext{Counter: "q1"})
	m := one.play(patience)
	assert.Equal(t, "Xin mời công dân có số thứ tự A, một trăm lẻ năm, đến quầy số một, phòng một không hai, khu A, tầng một. "+
		"Ticket number A, one hundred five, please proceed to counter one, room one zero two, zone A.", m.Text, "what nobody has a word for, the first floor, is left out")
	assert.InDelta(t, 0.4, m.Volume, 1e-9, "softer by half in the quiet hours")
}

// The supervisor's choice holds at once, over restarts and whatever the document
// says; what cannot be a volume is refused.
func TestVolumeOfAZone(t *testing.T) {
	h := newHall(t, strings.Replace(spoken, `quiet = ["00:00-24:00"]`, "", 1))
	h.do(queue.OpenCounter{Counter: "q1"})
	one := h.ear(t, "b1", "one")
	zone := func() (z struct {
		ID      string
		Percent int
		Quiet   bool
	}) {
		var list struct{ Items []json.RawMessage }
		require.NoError(t, json.Unmarshal(h.get("/api/v1/zones"), &list))
		require.Len(t, list.Items, 1)
		require.NoError(t, json.Unmarshal(list.Items[0], &z))
		return z
	}
	assert.Equal(t, 80, zone().Percent)
	assert.False(t, zone().Quiet)
	status, _ := h.ask("/api/v1/zones/a/volume", "", `{"percent":30}`)
	assert.Equal(t, 200, status)
	m, ok := one.hear(patience, func(m heard) bool { return m.Type == "volume" })
	require.True(t, ok, "what is being spoken is turned down too")
	assert.Equal(t, heard{Type: "volume", Zone: "a", Volume: 0.3}, m)
	for _, bad := range []string{`{"percent":0}`, `{"percent":9}`, `{"percent":101}`, `{}`} {
		status, b := h.ask("/api/v1/zones/a/volume", "", bad)
		assert.Equal(t, 422, status, string(b))
	}
	status, _ = h.ask("/api/v1/zones/z/volume", "", `{"percent":30}`)
	assert.Equal(t, 404, status)
	h.halt()
	h.start()
	assert.Equal(t, 30, zone().Percent)
	h.issue("civil", 1)
	one = h.ear(t, "b1", "one")
	h.do(queue.CallNext{Counter: "q1"})
	assert.InDelta(t, 0.3, one.play(patience).Volume, 1e-9)

	h.halt()
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "display", "volume.json"), []byte(`{"a":`), 0o600))
	h.start()
	assert.Equal(t, 80, zone().Percent, "a broken file is as good as none")
}

// What the supervisor reads before saying it is what will be said.
func TestTheSentenceOfTheSupervisorsPage(t *testing.T) {
	h := newHall(t, small)
	for _, lang := range []string{"vi", "en"} {
		assert.Equal(t, h.words.Say(lang, "voice.sup.closing.text", nil)+".", voice.Sentence(voice.Call{Kind: voice.Notice, Text: "closing"}, voice.Style{}, lang))
	}
}
