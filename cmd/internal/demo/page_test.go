package demo

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the machine itself would answer is answered for it, in the reader's language.
func TestAMachineWithoutPower(t *testing.T) {
	h := &hall{daemon: &daemon{}, noPower: "Máy đang mất điện."}
	w := httptest.NewRecorder()
	h.proxy().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/board/b1", nil))
	assert.Equal(t, http.StatusBadGateway, w.Code)
	assert.Equal(t, "Máy đang mất điện.\n", w.Body.String())
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
}
