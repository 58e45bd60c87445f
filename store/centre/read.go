package centre

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// read sets a struct from TOML and notes unknown keys and wrong types. It
// reports false when the text is no TOML, so that nothing more can be said.
func (c *checker) read(src []byte, into any) bool {
	var tree map[string]any
	if err := toml.Unmarshal(src, &tree); err != nil {
		line := 1
		if d := new(toml.DecodeError); errors.As(err, &d) {
			line, _ = d.Position()
		}
		c.lines = map[string]int{"syntax": line}
		c.wrong("syntax", "syntax", "text", lineText(src, line), "detail", strings.TrimPrefix(err.Error(), "toml: "))
		return false
	}
	c.lines = linesOf(src)
	c.set(reflect.ValueOf(into).Elem(), tree, "")
	return true
}

// set puts a decoded value into its place in the document.
func (c *checker) set(dst reflect.Value, v any, path string) {
	good := true
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		c.set(dst.Elem(), v, path)
	case reflect.Struct:
		c.setStruct(dst, v, path)
	case reflect.Map:
		c.setMap(dst, v, path)
	case reflect.Slice:
		c.setSlice(dst, v, path)
	case reflect.String:
		var s string
		if s, good = v.(string); !good {
			var date toml.LocalDate // holidays = [2027-01-01], without quotes
			if date, good = v.(toml.LocalDate); good {
				s = date.String()
			}
		}
		dst.SetString(s)
	case reflect.Bool:
		var b bool
		b, good = v.(bool)
		dst.SetBool(b)
	case reflect.Int:
		var i int64
		i, good = v.(int64)
		dst.SetInt(max(math.MinInt32, min(i, math.MaxInt32))) // any range ends far below
	case reflect.Float64:
		var f float64
		if f, good = v.(float64); !good {
			var i int64
			i, good = v.(int64)
			f = float64(i)
		}
		dst.SetFloat(f)
	}
	if !good {
		c.wrongType(dst, path)
	}
}

// wrongType says what should stand at path.
func (c *checker) wrongType(dst reflect.Value, path string) {
	code := map[reflect.Kind]string{
		reflect.String: "want_text", reflect.Bool: "want_bool", reflect.Int: "want_number", reflect.Float64: "want_number",
		reflect.Slice: "want_list", reflect.Struct: "want_table", reflect.Map: "want_texts",
	}[dst.Kind()]
	switch {
	case dst.Kind() == reflect.Map && dst.Type().Elem().Kind() == reflect.String && dst.Type() != reflect.TypeFor[Text]():
		code = "want_pairs"
	case dst.Kind() == reflect.Slice && dst.Type().Elem().Kind() == reflect.Struct:
		code = "want_tables"
	case dst.Kind() == reflect.String && !strings.HasSuffix(path, lastKey(path)):
		code = "want_item"
	}
	c.wrong(path, code, "key", lastKey(path))
}

func (c *checker) setStruct(dst reflect.Value, v any, path string) {
	tree, ok := v.(map[string]any)
	if !ok {
		c.wrongType(dst, path)
		return
	}
	fields := fieldsOf(dst.Type())
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		if i, known := fields[key]; known {
			c.set(dst.Field(i), tree[key], join(path, key))
			continue
		}
		all := slices.Sorted(maps.Keys(fields))
		if near := Nearest(key, all); near != "" {
			c.wrong(join(path, key), "unknown_key_near", "key", key, "near", near)
		} else {
			c.wrong(join(path, key), "unknown_key", "key", key, "known", all)
		}
	}
}

func (c *checker) setMap(dst reflect.Value, v any, path string) {
	tree, ok := v.(map[string]any)
	if !ok {
		c.wrongType(dst, path)
		return
	}
	dst.Set(reflect.MakeMap(dst.Type()))
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		e := reflect.New(dst.Type().Elem()).Elem()
		c.set(e, tree[key], join(path, key))
		dst.SetMapIndex(reflect.ValueOf(key), e)
	}
}

func (c *checker) setSlice(dst reflect.Value, v any, path string) {
	list, ok := v.([]any)
	if !ok {
		c.wrongType(dst, path)
		return
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(list), len(list)))
	for i, e := range list {
		c.set(dst.Index(i), e, join(path, strconv.Itoa(i)))
	}
}

// fieldsOf maps the keys of a table to the fields of its struct.
func fieldsOf(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); key != "" {
			fields[key] = i
		}
	}
	return fields
}

// lastKey is the name at the end of a path, without indexes.
func lastKey(path string) string {
	parts := strings.Split(path, ".")
	for i := len(parts) - 1; i > 0; i-- {
		if _, err := strconv.Atoi(parts[i]); err != nil {
			return parts[i]
		}
	}
	return parts[0]
}

// Nearest finds the word that was probably meant, or "".
func Nearest(word string, words []string) string {
	best, bestAt := "", 1+max(1, len(word)/3)
	for _, w := range words {
		if n := distance(strings.ToLower(word), w); n < bestAt {
			best, bestAt = w, n
		}
	}
	return best
}

// distance counts the letters to add, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
