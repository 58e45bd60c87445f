package store

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/store/queue"
)

// What a closing slip prints is found again by the audit, in both forms, whatever
// is written after it, and also of a day long past.
func TestHeadOfTheClosingSlip(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := opened(t, dir, w.options())
		var heads []Head
		for range 3 {
			do(t, b, cs)
			a := do(t, b, queue.CloseDay{})
			last := a.Entries[len(a.Entries)-1]
			require.Equal(t, "day.closed", last.Type)
			h, err := b.HeadAfter(last.Seq)
			require.NoError(t, err)
			heads = append(heads, h)
			time.Sleep(24 * time.Hour)
		}
		for _, h := range heads {
			again, err := b.HeadAfter(h.Seq)
			require.NoError(t, err)
			assert.Equal(t, h, again, "the same after days")
		}
		_, err := b.HeadAfter(b.View().Seq + 1)
		assert.Error(t, err)
		_, err = b.HeadAfter(0)
		assert.Error(t, err)
		shut(t, b)

		for _, h := range heads {
			assert.Regexp(t, "^[0-9A-F]{4}( [0-9A-F]{4}){3}$", h.Short())
			for _, form := range []string{h.String(), h.Short(), strings.ToLower(h.Short()), strings.ReplaceAll(h.Short(), " ", "-")} {
				assert.Equal(t, h.Seq, audit(t, dir, AuditOptions{Head: form}).HeadAt, form)
			}
		}
		edit(t, dir, func(tx *bolt.Tx) error { // one sealed change before the second slip
			day := tx.Bucket(bucketOf("2000-01-05"))
			k, v := day.Cursor().First()
			data := append([]byte(nil), v...)
			data[9]++
			return day.Put(append([]byte(nil), k...), seal(seqOf(k), data))
		})
		assert.NotZero(t, audit(t, dir, AuditOptions{Head: heads[0].Short()}).HeadAt, "what lies before is as it was")
		assert.Zero(t, audit(t, dir, AuditOptions{Head: heads[1].Short()}).HeadAt)
	})
}
