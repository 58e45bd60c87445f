package centre

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"xinmoi/store/queue"
)

func commune(t *testing.T) *Document {
	t.Helper()
	src, err := os.ReadFile("testdata/commune.toml")
	require.NoError(t, err)
	d, findings := Parse("commune.toml", src)
	for _, f := range findings {
		t.Logf("%d %v %s %v", f.Line, f.Warning, f.Code, f.Args)
	}
	require.NotNil(t, d)
	return d
}

func TestCommune(t *testing.T) {
	d := commune(t)
	assert.Equal(t, "Asia/Ho_Chi_Minh", d.Centre.TimeZone)
	assert.Equal(t, []string{"vi", "en"}, d.Centre.Languages)
	r := d.Rules()
	assert.Len(t, r.Series, 8)
	assert.Len(t, r.Services, 8)
	assert.Equal(t, queue.Series{Prefix: "A", Digits: 3, First: 1}, r.Series[0])
	assert.Equal(t, queue.CounterRule{ID: "c1", Tiers: [][]queue.ServiceID{{"civil", "copies"}, {"guidance"}}, AutoOpen: true, Arm: true}, r.Counters[0])
	assert.Equal(t, queue.Times{NoShowBeforeS: 45, RepeatS: 3, UndoS: 10, GraceMin: 15, RateS: 60}, r.Times)
	assert.Equal(t, queue.HeadStart, r.Order.Kind)
	assert.Equal(t, 15, r.Classes[0].HeadStartMin)
	assert.Equal(t, []time.Weekday{1, 2, 3, 4, 5}, r.Calendar.Weekdays)
	assert.Equal(t, []queue.Window{{From: 450, To: 690}, {From: 810, To: 1020}}, r.Calendar.Serve)

	doc, hash := d.Canonical()
	again, err := FromCanonical(doc)
	require.NoError(t, err)
	assert.Equal(t, d, again)
	_, hash2 := again.Canonical()
	assert.Equal(t, hash, hash2)
}

// TestEditorsOfWindows: what Notepad and a Mac's keyboard make of a file.
func TestEditorsOfWindows(t *testing.T) {
	src := "\ufeff[centre]\r\nname = { vi = \"Hộ tịch\", en = \"A\" }\r\n[[service]]\r\nid = \"a\"\r\nname = { vi = \"A\", en = \"A\" }\r\n[[counter]]\r\nid = \"c1\"\r\nservices = [\"a\"]\r\nnumbr = 5\r\n"
	src = norm.NFD.String(src)
	_, findings := Parse("", []byte(src))
	require.NotEmpty(t, findings)
	last := findings[len(findings)-1]
	assert.Equal(t, "unknown_key_near", last.Code)
	assert.Equal(t, 9, last.Line)
	d, _ := Parse("", []byte(strings.Replace(src, "numbr = 5", "number = \"5\"", 1)))
	require.NotNil(t, d)
	assert.Equal(t, "Hộ tịch", d.Centre.Name["vi"], "NFC")
	assert.True(t, norm.NFC.IsNormalString(d.Centre.Name["vi"]))
}
