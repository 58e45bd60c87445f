package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/queue"
)

type order struct {
	Service string `json:"service"`
	Count   int    `json:"count,omitempty"`
}

// words says sentences out of the shipped files.
func words(t testing.TB) func(lang, key string, args map[string]any) string {
	files := map[string]map[string]string{}
	for _, lang := range []string{"vi", "en"} {
		b, err := os.ReadFile("../../assets/locale/" + lang + "/door.json")
		require.NoError(t, err)
		files[lang] = map[string]string{}
		require.NoError(t, json.Unmarshal(b, ref(files[lang])))
	}
	return func(lang, key string, args map[string]any) string {
		s, ok := files[lang][key]
		if !ok {
			return key
		}
		for hole, v := range args {
			if text, isText := v.(string); isText {
				s = strings.ReplaceAll(s, "{"+hole+"}", text)
			} else {
				b, _ := json.Marshal(v)
				s = strings.ReplaceAll(s, "{"+hole+"}", string(b))
			}
		}
		return s
	}
}

func ref[T any](v T) *T { return &v }

var hanoi = time.FixedZone("ICT", 7*3600)

// house is a door with one route of each sort, as a hall has it.
func house(t testing.TB, change func(*Options)) (http.Handler, *bytes.Buffer) {
	log := &bytes.Buffer{}
	o := Options{Listen: "10.0.0.5:8080", Words: words(t), Languages: func() []string { return []string{"vi", "en"} },
		Log: slog.New(slog.NewTextHandler(log, nil)), Build: "b1",
		Now:    func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, hanoi) },
		Access: func() (lan, hosts []string) { return []string{"kiosk"}, []string{"hall.example"} }}
	if change != nil {
		change(&o)
	}
	back := func(w http.ResponseWriter, r *http.Request) error {
		o, err := Read[order](r)
		if err != nil {
			return err
		}
		return Write(w, http.StatusCreated, o)
	}
	fails := func(err error) func(http.ResponseWriter, *http.Request) error {
		return func(http.ResponseWriter, *http.Request) error { return err }
	}
	ok := fails(nil)
	routes := append(SystemRoutes(func() error { return nil }),
		Route{Method: "POST", Pattern: "/api/v1/tickets", Kind: KindKiosk, Who: Anyone, Request: order{}, Answer: order{}, Status: 201, Handle: back},
		Route{Method: "POST", Pattern: "/api/v1/counters/{id}/next", Kind: KindCounter, Who: Staff, Handle: ok},
		Route{Method: "GET", Pattern: "/api/v1/centre", Kind: KindAPI, Who: Anyone, Handle: ok},
		Route{Method: "GET", Pattern: "/api/v1/staff", Kind: KindAPI, Who: Staff, Handle: ok},
		Route{Method: "GET", Pattern: "/api/v1/local", Kind: KindKiosk, Who: Local, Handle: ok},
		Route{Method: "GET", Pattern: "/web/", Kind: KindAsset, Who: Anyone, Handle: ok},
		Route{Method: "GET", Pattern: "/t/{link}", Kind: KindPhone, Who: Anyone, Handle: fails(errors.New("boom"))},
		Route{Method: "GET", Pattern: "/panic/{link}", Kind: KindPhone, Who: Anyone, Handle: func(http.ResponseWriter, *http.Request) error { panic("of a citizen: 0123456789") }},
		Route{Method: "GET", Pattern: "/refused", Kind: KindPhone, Who: Anyone, Handle: fails(&queue.Refusal{Code: "closed_now",
			Args: map[string]any{"back_at": time.Date(2026, 11, 23, 7, 30, 0, 0, hanoi)}})},
		Route{Method: "GET", Pattern: "/unlisted", Kind: KindPhone, Who: Anyone, Handle: fails(&queue.Refusal{Code: "nonsense"})},
	)
	h, err := New(o, routes...)
	require.NoError(t, err)
	return h, log
}

// ask sends one request from this machine unless change says otherwise.
func ask(h http.Handler, method, target, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:8080"
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem asserts that the answer is a well-formed problem with this code.
func problem(t testing.TB, w *httptest.ResponseRecorder, status int, code string) Body {
	t.Helper()
	var b Body
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"), w.Body.String())
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &b))
	require.Equal(t, code, b.Code, w.Body.String())
	assert.Equal(t, status, w.Code)
	assert.Equal(t, status, b.Status)
	assert.Equal(t, Codes[code].Status, status)
	assert.Equal(t, Codes[code].Retry, b.Retry)
	assert.Equal(t, http.StatusText(status), b.Title)
	assert.NotContains(t, b.Detail, "door.", "the sentence is missing")
	assert.NotContains(t, b.Detail, "{", "a hole was left open")
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	return b
}

func header(k, v string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(k, v) }
}

func TestProblems(t *testing.T) {
	h, _ := house(t, nil)
	big := `{"service":"` + strings.Repeat("x", DefaultMaxBody) + `"}`
	for _, c := range []struct {
		name, method, target, body string
		change                     func(*http.Request)
		status                     int
		code                       string
	}{
		{"path", "GET", "/nowhere", "", nil, 404, "not_found"},
		{"method", "PUT", "/api/v1/tickets", "", nil, 405, "method_not_allowed"},
		{"malformed", "POST", "/api/v1/tickets", `{"service":`, nil, 400, "malformed_json"},
		{"two values", "POST", "/api/v1/tickets", `{} {}`, nil, 400, "malformed_json"},
		{"not UTF-8", "POST", "/api/v1/tickets", "{\"service\":\"\xff\"}", nil, 400, "malformed_json"},
		{"wrong type", "POST", "/api/v1/tickets", `{"count":"x"}`, nil, 400, "wrong_type"},
		{"list", "POST", "/api/v1/tickets", `[]`, nil, 400, "wrong_type"},
		{"unknown field", "POST", "/api/v1/tickets", `{"x":1}`, nil, 400, "unknown_field"},
		{"field where none is taken", "POST", "/api/v1/counters/q1/next", `{"x":1}`, nil, 400, "unknown_field"},
		{"too large, said before", "POST", "/api/v1/tickets", big, nil, 413, "body_too_large"},
		{"too large, not said", "POST", "/api/v1/tickets", big, func(r *http.Request) { r.ContentLength = -1 }, 413, "body_too_large"},
		{"form", "POST", "/api/v1/tickets", "a=b", header("Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"},
		{"no type", "POST", "/api/v1/tickets", "", func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "unsupported_media_type"},
		{"charset", "POST", "/api/v1/tickets", "{}", header("Content-Type", "application/json; charset=utf-16"), 415, "unsupported_media_type"},
		{"key with a space", "POST", "/api/v1/tickets", "{}", header("Idempotency-Key", "a b"), 400, "bad_key"},
		{"key too long", "POST", "/api/v1/tickets", "{}", header("Idempotency-Key", strings.Repeat("k", 129)), 400, "bad_key"},
		{"key empty", "POST", "/api/v1/tickets", "{}", header("Idempotency-Key", ""), 400, "bad_key"},
		{"two keys", "POST", "/api/v1/tickets", "{}", func(r *http.Request) { r.Header["Idempotency-Key"] = []string{"a", "b"} }, 400, "bad_key"},
		{"bug", "GET", "/t/secretlink", "", nil, 500, "internal"},
		{"panic", "GET", "/panic/secretlink", "", nil, 500, "internal"},
		{"refusal nobody listed", "GET", "/unlisted", "", nil, 500, "internal"},
		{"star", "OPTIONS", "*", "", nil, 404, "not_found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problem(t, ask(h, c.method, c.target, c.body, c.change), c.status, c.code)
		})
	}
}

func TestMethodNotAllowedNamesTheMethods(t *testing.T) {
	h, _ := house(t, nil)
	w := ask(h, "DELETE", "/api/v1/tickets", "", nil)
	problem(t, w, 405, "method_not_allowed")
	assert.Equal(t, "POST", w.Header().Get("Allow"))
	assert.Equal(t, "GET, HEAD", ask(h, "POST", "/healthz", "{}", nil).Header().Get("Allow"))
}

func TestRefusalIsToldInTheReadersLanguage(t *testing.T) {
	h, log := house(t, nil)
	b := problem(t, ask(h, "GET", "/refused", "", nil), 409, "closed_now")
	assert.Equal(t, "Hiện không trong giờ phát số. Xin quay lại từ 7 giờ 30 thứ Hai ngày 23/11.", b.Detail)
	assert.Equal(t, "2026-11-23T07:30:00.000+07:00", b.Args["back_at"])
	w := ask(h, "GET", "/refused?lang=en", "", nil)
	assert.Equal(t, "Numbers are not being given at this time. Please come back from 7:30 on Monday 23/11.", problem(t, w, 409, "closed_now").Detail)
	assert.Equal(t, "en", w.Header().Get("Content-Language"))
	assert.Empty(t, log.String(), "a refusal is no error")
}

// A bug is logged once, and what is logged does not name the citizen's link.
func TestBugIsLoggedOnceWithoutPersonalData(t *testing.T) {
	for _, target := range []string{"/t/secretlink", "/panic/secretlink"} {
		h, log := house(t, nil)
		ask(h, "GET", target, "", nil)
		assert.Equal(t, 1, strings.Count(log.String(), "level=ERROR"), log.String())
		assert.NotContains(t, log.String(), "secretlink")
		assert.NotContains(t, log.String(), "0123456789")
		assert.Contains(t, log.String(), "{link}", "the route is named")
	}
}

// Half an answer does not pass for a whole one, and no second one is written
// behind it. It is logged, but not where it was the reader who hung up.
func TestAnAnswerThatBreaksOff(t *testing.T) {
	half := func(then func() error) func(http.ResponseWriter, *http.Request) error {
		return func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = w.Write([]byte("half"))
			return then()
		}
	}
	wrote := make(chan error, 1)
	log := &strings.Builder{}
	h, err := New(Options{Log: slog.New(slog.NewTextHandler(log, nil))},
		Route{Method: "GET", Pattern: "/panic", Kind: KindAsset, Who: Anyone, Handle: half(func() error { panic("x") })},
		Route{Method: "GET", Pattern: "/fault", Kind: KindAsset, Who: Anyone, Handle: half(func() error { return errors.New("x") })},
		Route{Method: "GET", Pattern: "/refusal", Kind: KindAsset, Who: Anyone, Handle: half(func() error { return &Problem{Code: "not_found"} })},
		Route{Method: "GET", Pattern: "/long", Kind: KindAsset, Who: Anyone, Handle: func(w http.ResponseWriter, _ *http.Request) error {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					wrote <- err
					return err
				}
			}
		}})
	require.NoError(t, err)
	srv := httptest.NewUnstartedServer(h)
	said := &strings.Builder{}
	srv.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(said, nil), slog.LevelError)
	srv.Start()
	for _, path := range []string{"/panic", "/fault", "/refusal"} {
		res, err := http.Get(srv.URL + path)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		assert.Error(t, err, path)
	}
	res, err := http.Get(srv.URL + "/long")
	require.NoError(t, err)
	res.Body.Close()
	assert.Error(t, <-wrote)
	srv.Close()
	assert.Equal(t, 3, strings.Count(log.String(), "level=ERROR"), log.String())
	assert.Empty(t, said.String(), "nothing is answered twice")
}

func TestNewRefusesABadTable(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) error { return nil }
	good := Route{Method: "GET", Pattern: "/a/{id}", Kind: KindAPI, Who: Anyone, Handle: ok}
	for name, change := range map[string]func(*Route){
		"no kind":          func(r *Route) { r.Kind = "" },
		"no who":           func(r *Route) { r.Who = "" },
		"no method":        func(r *Route) { r.Method = "" },
		"no handler":       func(r *Route) { r.Handle = nil },
		"host in pattern":  func(r *Route) { r.Pattern = "example/a" },
		"meets another":    func(r *Route) { r.Pattern = "/a/{other}" },
		"hole never ended": func(r *Route) { r.Pattern = "/b/{id" },
	} {
		bad := good
		change(&bad)
		_, err := New(Options{}, good, bad)
		assert.Error(t, err, name)
	}
	_, err := New(Options{}, good)
	assert.NoError(t, err)
}

func TestTable(t *testing.T) {
	lines := Table(SystemRoutes(nil))
	assert.Equal(t, []Line{{"GET", "/api/v1/openapi.json", KindAPI, Anyone}, {"GET", "/healthz", KindSystem, Anyone}, {"GET", "/readyz", KindSystem, Anyone}}, lines)
}
