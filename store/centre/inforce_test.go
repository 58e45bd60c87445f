package centre

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

// hallWith is a hall in which the document is in force.
func hallWith(d *Document) *queue.Hall {
	h := queue.NewHall()
	doc, hash := d.Canonical()
	h.Apply(queue.Fact{At: time.Unix(1, 0), Event: queue.CentreConfigured{Rules: d.Rules(), Document: doc, Hash: hash}})
	return h
}

func TestCanonicalIsTheSameForEver(t *testing.T) {
	d := commune(t)
	first, hash := d.Canonical()
	for range 50 {
		again, h := d.Canonical()
		require.Equal(t, string(first), string(again))
		require.Equal(t, hash, h)
	}
	// The filled-in form is a document like any other, and filling it in again
	// adds nothing.
	parsed, findings := Parse("", first)
	assert.Empty(t, findings)
	require.NotNil(t, parsed)
	_, again := parsed.Canonical()
	assert.Equal(t, hash, again)

	read, err := FromCanonical(first)
	require.NoError(t, err)
	assert.Equal(t, d.Rules(), read.Rules())
}

func TestCanonicalKeepsWhatIsFalseOrEmpty(t *testing.T) {
	src := `[centre]
name = { vi = "A", en = "A" }
[[service]]
id = "a"
name = { vi = "A", en = "A" }
prefix = ""
[[counter]]
id = "c1"
services = ["a"]
arm = false
[[keypad]]
id = "q1"
port = "serial:/dev/ttyUSB0"
counter = "c1"
[times]
no_show_before_s = 0
`
	d, _ := Parse("", []byte(src))
	require.NotNil(t, d)
	doc, _ := d.Canonical()
	read, err := FromCanonical(doc)
	require.NoError(t, err)
	assert.Equal(t, d, read)
	assert.Equal(t, "", *read.Services[0].Prefix)
	assert.False(t, *read.Counters[0].Arm)
	assert.True(t, *read.Counters[0].AutoOpen)
	assert.Zero(t, *read.Times.NoShowBeforeS)
}

func TestInForce(t *testing.T) {
	empty := InForce(queue.NewHall())
	assert.Equal(t, "Asia/Ho_Chi_Minh", empty.Location().String())
	assert.Empty(t, empty.Services)

	d := commune(t)
	h := hallWith(d)
	assert.Equal(t, d, InForce(h))
	assert.Same(t, InForce(h), InForce(h), "decoded once")

	other := commune(t)
	other.Centre.Name = Text{"vi": "Khác", "en": "Other"}
	g := hallWith(other)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				if i%2 == 0 {
					assert.Equal(t, d.Centre.Name, InForce(h).Centre.Name)
				} else {
					assert.Equal(t, other.Centre.Name, InForce(g).Centre.Name)
				}
			}
		})
	}
	wg.Wait()

	bad := queue.NewHall()
	bad.Apply(queue.Fact{At: time.Unix(1, 0), Event: queue.CentreConfigured{Document: []byte("centre = 7"), Hash: "x"}})
	assert.NotNil(t, InForce(bad))
}

func TestLookUps(t *testing.T) {
	d := commune(t)
	for _, found := range []bool{
		ok(d.Service("civil")), ok(d.Counter("c5")), ok(d.Zone("annex")), ok(d.Kiosk("k1")), ok(d.Board("b1")), ok(d.Printer("p2")), ok(d.Class("elderly")),
	} {
		assert.True(t, found)
	}
	for _, found := range []bool{
		ok(d.Service("c5")), ok(d.Counter("")), ok(d.Zone("x")), ok(d.Kiosk("x")), ok(d.Board("x")), ok(d.Printer("x")), ok(d.Class("")),
	} {
		assert.False(t, found)
	}
}

func ok[T any](_ T, found bool) bool { return found }

func BenchmarkInForce(b *testing.B) {
	src, err := Template("commune", answers(5))
	require.NoError(b, err)
	d, _ := Parse("", src)
	h := hallWith(d)
	doc, _ := d.Canonical()
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			InForce(h)
		}
	})
	b.Run("decoded", func(b *testing.B) {
		for b.Loop() {
			if _, err := FromCanonical(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
}
