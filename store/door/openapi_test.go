package door

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type leaf struct {
	At     Time              `json:"at"`
	Until  time.Time         `json:"until,omitzero"`
	Counts map[string]int    `json:"counts,omitempty"`
	Ticket *leaf             `json:"ticket"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Secret string            `json:"-"`
	Names  []string          `json:"names"`
	Any    any               `json:"any,omitempty"`
	Level  float64           `json:"level"`
	Titles map[string]string `json:"titles,omitempty"`
}

type tree struct {
	leaf
	Link string `json:"link"`
}

func TestSchemasFollowTheJSON(t *testing.T) {
	s := schemas{}
	got, err := json.Marshal([]any{s.of(reflect.TypeFor[tree]()), s["door.tree"], s["door.leaf"]})
	require.NoError(t, err)
	want := func(link string) string {
		required := `"at","ticket","names","level"`
		if link != "" {
			required += `,"link"`
		}
		return `{"type":"object","required":[` + required + `],"properties":{
		"at":{"type":"string","format":"date-time"},"until":{"type":"string","format":"date-time"},
		"counts":{"type":"object","additionalProperties":{"type":"integer"}},
		"ticket":{"anyOf":[{"$ref":"#/components/schemas/door.leaf"},{"type":"null"}]},
		"raw":{},"any":{},"names":{"type":"array","items":{"type":"string"}},"level":{"type":"number"},
		"titles":{"type":"object","additionalProperties":{"type":"string"}}` + link + `}}`
	}
	assert.JSONEq(t, `[{"$ref":"#/components/schemas/door.tree"},`+want(`,"link":{"type":"string"}`)+`,`+want("")+`]`, string(got))
}

func TestGenericAnswersHaveUsableNames(t *testing.T) {
	s := schemas{}
	got := s.of(reflect.TypeFor[List[order]]())
	assert.NotContains(t, got["$ref"], "[")
	assert.NotContains(t, strings.TrimPrefix(got["$ref"].(string), "#/components/schemas/"), "/")
}

// Every route that takes or gives JSON is described, and every reference leads
// somewhere.
func TestOpenAPIDescribesTheTable(t *testing.T) {
	h, _ := house(t, nil)
	w := ask(h, "GET", "/api/v1/openapi.json", "", nil)
	require.Equal(t, 200, w.Code)
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]map[string]any
		Components struct{ Schemas, Responses map[string]any }
		Codes      []any `json:"x-codes"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	assert.Equal(t, "3.1.0", doc.OpenAPI)
	assert.Len(t, doc.Codes, len(Codes))
	post := doc.Paths["/api/v1/tickets"]["post"]
	require.NotNil(t, post)
	assert.NotNil(t, post["requestBody"])
	assert.NotNil(t, post["responses"].(map[string]any)["201"])
	next := doc.Paths["/api/v1/counters/{id}/next"]["post"]
	assert.Equal(t, "staff", next["x-who"])
	assert.Equal(t, "id", next["parameters"].([]any)[0].(map[string]any)["name"])
	assert.NotContains(t, doc.Paths, "/t/{link}", "a page is no API")
	for _, part := range strings.Split(w.Body.String(), `"$ref":"#/components/`)[1:] {
		kind, name, _ := strings.Cut(strings.SplitN(part, `"`, 2)[0], "/")
		if kind == "schemas" {
			assert.NotNil(t, doc.Components.Schemas[name], name)
		} else {
			assert.NotNil(t, doc.Components.Responses[name], name)
		}
	}
}
