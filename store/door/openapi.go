package door

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of the description; encoding/json sorts its keys.
type object = map[string]any

// openAPI describes the table in OpenAPI 3.1. Pages and files are left out:
// only what answers or takes JSON is for programs.
func openAPI(build string, routes []Route) (object, error) {
	s := schemas{}
	problem := s.of(reflect.TypeFor[Body]())
	paths := object{}
	for _, r := range routes {
		if r.Request == nil && r.Answer == nil && !strings.HasPrefix(r.Pattern, "/api/") {
			continue
		}
		path, params := openPath(r.Pattern)
		item, _ := paths[path].(object)
		if item == nil {
			item = object{}
			paths[path] = item
		}
		method := strings.ToLower(r.Method)
		if item[method] != nil {
			return nil, fmt.Errorf("%s %s is there twice", r.Method, r.Pattern)
		}
		item[method] = s.operation(r, params)
	}
	return object{
		"openapi": "3.1.0",
		"info":    object{"title": "Xin Mời", "version": "v1", "description": "Build " + build},
		"paths":   paths,
		"components": object{
			"schemas":   s,
			"responses": object{"Problem": object{"description": "A refusal (RFC 9457).", "content": object{"application/problem+json": object{"schema": problem}}}},
		},
		"x-codes": codeList(),
	}, nil
}

// codeList tells programs every code with its status.
func codeList() []object {
	var list []object
	for _, code := range slices.Sorted(maps.Keys(Codes)) {
		list = append(list, object{"code": code, "status": Codes[code].Status, "retry": Codes[code].Retry})
	}
	return list
}

var hole = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}|\{\$\}`)

// openPath turns a mux pattern into a path with its parameters.
func openPath(pattern string) (path string, params []object) {
	for _, m := range hole.FindAllStringSubmatch(pattern, -1) {
		if m[1] != "" {
			params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	path = strings.ReplaceAll(strings.ReplaceAll(pattern, "{$}", ""), "...}", "}")
	return path, params
}

func (s schemas) operation(r Route, params []object) object {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	good := object{"description": http.StatusText(status)}
	if r.Answer != nil {
		good["content"] = object{"application/json": object{"schema": s.of(reflect.TypeOf(r.Answer))}}
	}
	op := object{
		"responses": object{strconv.Itoa(status): good, "default": object{"$ref": "#/components/responses/Problem"}},
		"x-kind":    r.Kind, "x-who": r.Who,
	}
	if r.About != "" {
		op["summary"] = r.About
	}
	if r.Method == http.MethodPost {
		params = append(params, object{"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "minLength": 1, "maxLength": 128}})
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if r.Request != nil {
		op["requestBody"] = object{"content": object{"application/json": object{"schema": s.of(reflect.TypeOf(r.Request))}}}
	}
	return op
}

// schemas are the named types met so far.
type schemas map[string]object

var (
	timeType   = reflect.TypeFor[time.Time]()
	ownTime    = reflect.TypeFor[Time]()
	rawType    = reflect.TypeFor[json.RawMessage]()
	jsonWriter = reflect.TypeFor[json.Marshaler]()
	textWriter = reflect.TypeFor[encoding.TextMarshaler]()
	notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
)

// of is the schema of a Go type as encoding/json writes it. Named structs
// stand once among the components, so that a type may hold itself.
func (s schemas) of(t reflect.Type) object {
	switch {
	case t == timeType || t == ownTime:
		return object{"type": "string", "format": "date-time"}
	case t == rawType || t.Kind() == reflect.Interface:
		return object{}
	case t.Kind() == reflect.Pointer:
		return object{"anyOf": []object{s.of(t.Elem()), {"type": "null"}}}
	case t.Implements(jsonWriter):
		return object{} // writes itself: nothing can be said
	case t.Implements(textWriter):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.named(t)
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	default:
		return object{"type": "integer"}
	}
}

func (s schemas) named(t reflect.Type) object {
	if t.Name() == "" {
		return s.fields(t)
	}
	name := strings.Trim(notInNames.ReplaceAllString(t.String(), "_"), "_")
	if _, met := s[name]; !met {
		s[name] = nil // met, before its fields ask for it again
		s[name] = s.fields(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// fields follows the json tags; embedded structs are flattened.
func (s schemas) fields(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" || f.Anonymous && tag == "" || hidden(t, f) {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		schema := s.of(f.Type)
		if strings.Contains(options, "string") {
			schema = object{"type": "string"}
		}
		properties[tag] = schema
		if !strings.Contains(options, "omit") {
			required = append(required, tag)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

// hidden reports whether a promoted field lies inside a struct that is itself
// written under a name, or that writes itself.
func hidden(t reflect.Type, f reflect.StructField) bool {
	for i := 1; i < len(f.Index); i++ {
		holder := t.FieldByIndex(f.Index[:i])
		if tag, _, _ := strings.Cut(holder.Tag.Get("json"), ","); tag != "" || holder.Type == ownTime || holder.Type == timeType {
			return true
		}
	}
	return false
}
