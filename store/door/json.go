package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Read decodes the body strictly: an unknown field, a second value or broken
// UTF-8 is a problem. An empty body is the zero value.
func Read[T any](r *http.Request) (T, error) {
	var v, zero T
	visit := visitOf(r)
	if visit == nil {
		return zero, errOutside
	}
	if len(bytes.TrimSpace(visit.body)) == 0 {
		return zero, nil
	}
	if !utf8.Valid(visit.body) {
		return zero, &Problem{Code: "malformed_json"}
	}
	dec := json.NewDecoder(bytes.NewReader(visit.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return zero, jsonProblem(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return zero, &Problem{Code: "malformed_json"}
	}
	return v, nil
}

// jsonProblem names the field where encoding/json names it.
func jsonProblem(err error) error {
	if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
		return &Problem{Code: "wrong_type", Args: map[string]any{"field": kind.Field}, Cause: err}
	}
	// The package has no type for this error; its text has not changed since
	// Go 1.10, and a test holds it.
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &Problem{Code: "unknown_field", Args: map[string]any{"field": strings.Trim(field, `"`)}}
	}
	return &Problem{Code: "malformed_json", Cause: err}
}

// Write answers with JSON that no cache keeps. The error is v's, before a byte
// was sent; that the asker has hung up is not one.
func Write(w http.ResponseWriter, status int, v any) error {
	return write(w, "application/json", status, v)
}

func write(w http.ResponseWriter, kind string, status int, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b)
	return nil
}

// encode is json.Marshal without the escapes for HTML, which nobody needs
// under nosniff and which make a ticket's text unreadable.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// Time is an instant as the API writes it: RFC 3339 with offset and
// milliseconds. Use omitzero on fields that may be empty.
type Time struct{ time.Time }

// MarshalJSON writes null for the zero instant.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.Format(`"2006-01-02T15:04:05.000Z07:00"`)), nil
}

// List is every list that the API answers with: an object, so that it can grow.
type List[T any] struct {
	Items []T `json:"items"`
}

// Items makes a list; none is [], never null.
func Items[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{items}
}

// Lang is the reader's language: ?lang=, else the best of Accept-Language, as
// far as the centre has it, else the centre's first.
func Lang(r *http.Request) string {
	have := []string{"vi"}
	if v := visitOf(r); v != nil {
		if l := v.door.Languages(); len(l) > 0 {
			have = l
		}
	}
	if l := r.URL.Query().Get("lang"); slices.Contains(have, l) {
		return l
	}
	wanted, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	for _, tag := range wanted {
		base, _ := tag.Base()
		if slices.Contains(have, base.String()) {
			return base.String()
		}
	}
	return have[0]
}
