package door

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWrongAddressInABrowserGetsAPage(t *testing.T) {
	d, err := New(Options{Words: func(_, key string, _ map[string]any) string { return "<" + key + ">" }})
	require.NoError(t, err)
	ask := func(path, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w
	}
	w := ask("/board/zz", "text/html,application/xhtml+xml")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Header().Get("Content-Type"), "text/html")
	require.Contains(t, w.Body.String(), "&lt;door.not_found&gt;")
	require.Contains(t, ask("/board/zz", "*/*").Header().Get("Content-Type"), "problem+json")
	require.Contains(t, ask("/api/v1/zz", "text/html").Header().Get("Content-Type"), "problem+json")
}
