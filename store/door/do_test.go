package door

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
	"xinmoi/store/queue"
)

type remembers struct{ got []store.Request }

func (b *remembers) Do(_ context.Context, r store.Request) (store.Answer, error) {
	b.got = append(b.got, r)
	return store.Answer{}, store.ErrOutcomeUnknown
}

// The same request has the same digest; another path or body has another one.
func TestDoCarriesKeyAndDigest(t *testing.T) {
	var book remembers
	handle := func(w http.ResponseWriter, r *http.Request) error {
		_, err := Do(r, &book, queue.OpenDay{}, queue.Actor{Via: "page"})
		return err
	}
	h, err := New(Options{}, Route{Method: "POST", Pattern: "/{id}", Kind: KindAPI, Who: Anyone, Request: order{}, Handle: handle})
	require.NoError(t, err)
	for _, c := range []struct{ path, body string }{{"/a", "{}"}, {"/a", "{}"}, {"/b", "{}"}, {"/a", `{"service":"x"}`}} {
		w := ask(h, "POST", c.path, c.body, header("Idempotency-Key", "k-1"))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.NotEmpty(t, w.Header().Get("Retry-After"))
		assert.Contains(t, w.Body.String(), `"outcome_unknown"`)
	}
	require.Len(t, book.got, 4)
	assert.Equal(t, "k-1", book.got[0].Key)
	assert.Equal(t, queue.OpenDay{}, book.got[0].Command)
	assert.Equal(t, "page", book.got[0].By.Via)
	assert.Len(t, book.got[0].Digest, 22)
	assert.Equal(t, book.got[0].Digest, book.got[1].Digest)
	assert.NotEqual(t, book.got[0].Digest, book.got[2].Digest)
	assert.NotEqual(t, book.got[0].Digest, book.got[3].Digest)
	_, err = Do(httptest.NewRequest("POST", "/", nil), &book, queue.OpenDay{}, queue.Actor{})
	assert.ErrorIs(t, err, errOutside)
}

func TestReadiness(t *testing.T) {
	why := error(nil)
	h, err := New(Options{Build: "b7"}, SystemRoutes(func() error { return why })...)
	require.NoError(t, err)
	assert.JSONEq(t, `{"ok":true,"build":"b7"}`, ask(h, "GET", "/readyz", "", nil).Body.String())
	why = errors.New("stopping")
	assert.Equal(t, 503, ask(h, "GET", "/readyz", "", nil).Code)
	assert.Equal(t, 200, ask(h, "GET", "/healthz", "", nil).Code)
}
