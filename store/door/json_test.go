package door

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadAndWrite(t *testing.T) {
	h, _ := house(t, nil)
	for body, want := range map[string]string{
		`{"service":"hộ tịch <&>","count":3}`: `{"service":"hộ tịch <&>","count":3}`,
		``:      `{"service":""}`,
		" \r\n": `{"service":""}`,
		`{}`:    `{"service":""}`,
		`null`:  `{"service":""}`,
	} {
		w := ask(h, "POST", "/api/v1/tickets", body, header("Content-Type", "application/json; charset=UTF-8"))
		assert.Equal(t, http.StatusCreated, w.Code, body)
		assert.Equal(t, want+"\n", w.Body.String())
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
}

func TestUnknownFieldIsNamed(t *testing.T) {
	h, _ := house(t, nil)
	b := problem(t, ask(h, "POST", "/api/v1/tickets", `{"sẽ":1}`, nil), 400, "unknown_field")
	assert.Equal(t, "sẽ", b.Args["field"])
	assert.Contains(t, b.Detail, "“sẽ”")
	b = problem(t, ask(h, "POST", "/api/v1/tickets", `{"count":"1"}`, nil), 400, "wrong_type")
	assert.Equal(t, "count", b.Args["field"])
}

// What cannot be written as JSON is a bug and still a whole answer.
func TestWriteOfTheUnwritable(t *testing.T) {
	h, err := New(Options{}, Route{Method: "GET", Pattern: "/", Kind: KindAPI, Who: Anyone,
		Handle: func(w http.ResponseWriter, _ *http.Request) error { return Write(w, 200, math.NaN()) }})
	require.NoError(t, err)
	assert.Equal(t, 500, ask(h, "GET", "/", "", nil).Code)
}

func TestTime(t *testing.T) {
	type answer struct {
		At   Time `json:"at"`
		Gone Time `json:"gone,omitzero"`
		Null Time `json:"null"`
	}
	b, err := json.Marshal(answer{At: Time{time.Date(2026, 11, 22, 9, 0, 0, 1_999_999, hanoi)}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"at":"2026-11-22T09:00:00.001+07:00","null":null}`, string(b))
	var back answer
	require.NoError(t, json.Unmarshal(b, &back))
	assert.True(t, back.At.Equal(time.Date(2026, 11, 22, 9, 0, 0, 1_000_000, hanoi)))
}

func TestItemsIsNeverNull(t *testing.T) {
	b, err := json.Marshal(Items[int](nil))
	require.NoError(t, err)
	assert.JSONEq(t, `{"items":[]}`, string(b))
}

func TestLang(t *testing.T) {
	h, err := New(Options{Languages: func() []string { return []string{"vi", "en", "km"} }}, Route{Method: "GET", Pattern: "/", Kind: KindAPI, Who: Anyone,
		Handle: func(w http.ResponseWriter, r *http.Request) error { return Write(w, 200, Lang(r)) }})
	require.NoError(t, err)
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "vi"},
		{"?lang=en", "vi", "en"},
		{"?lang=xx", "en-GB;q=0.5, km", "km"},
		{"", "fr-FR, en-US;q=0.8", "en"},
		{"", "fr", "vi"},
		{"", ";;;broken", "vi"},
	} {
		w := ask(h, "GET", "/"+c.query, "", header("Accept-Language", c.accept))
		assert.Equal(t, `"`+c.want+`"`+"\n", w.Body.String(), "%+v", c)
	}
	assert.Equal(t, "vi", Lang(httptest.NewRequest("GET", "/", nil)), "outside the door")
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"service":"x","count":1}`))
	f.Add([]byte(`{"service":`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", "/", nil)
		r = (&visit{body: body}).in(r)
		got, err := Read[order](r)
		if err != nil {
			assert.Zero(t, got)
			assert.ErrorAs(t, err, ref(&Problem{}))
		}
	})
}
