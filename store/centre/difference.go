package centre

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Change is one difference between two documents, for people to read.
type Change struct {
	What   string // "added", "removed", "changed", "order"
	Kind   string // the table: "service", "centre"
	ID     string // of the element; "" for a table that stands once
	Name   Text   // of the element, if it has one
	Key    string // what changed, for "changed"
	Before string
	After  string
}

// Say puts the change into a sentence.
func (c Change) Say(words func(lang, key string, args map[string]any) string, lang string) string {
	key := "centre.change." + c.What
	if c.What == "changed" && c.ID == "" {
		key = "centre.change.changed_table"
	}
	none := func(s string) string {
		if s == "" {
			return words(lang, "centre.change.none", nil)
		}
		return s
	}
	id := c.ID
	if name := c.Name.In(lang); name != "" {
		id += " (" + name + ")"
	}
	return words(lang, key, map[string]any{
		"kind": words(lang, "centre.kind."+c.Kind, nil), "id": id,
		"key": c.Key, "before": none(c.Before), "after": none(c.After),
	})
}

// Difference lists what b changes in a, in the order of the document. Both are
// filled in, so a change of one line may show as several: a new first service
// moves the default letters of those behind it.
func Difference(a, b *Document) []Change {
	var out []Change
	va, vb := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range va.NumField() {
		kind, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("toml"), ",")
		switch {
		case kind == "":
		case va.Field(i).Kind() == reflect.Slice:
			out = append(out, diffList(kind, va.Field(i), vb.Field(i))...)
		default:
			out = append(out, diffFields(Change{What: "changed", Kind: kind}, va.Field(i), vb.Field(i))...)
		}
	}
	return out
}

func diffList(kind string, a, b reflect.Value) []Change {
	var out []Change
	before, after := elements(a), elements(b)
	var kept, order []string
	for _, id := range before.ids {
		if _, ok := after.at[id]; ok {
			kept = append(kept, id)
			continue
		}
		out = append(out, Change{What: "removed", Kind: kind, ID: id, Name: nameOf(before.at[id])})
	}
	for _, id := range after.ids {
		e := after.at[id]
		old, ok := before.at[id]
		if !ok {
			out = append(out, Change{What: "added", Kind: kind, ID: id, Name: nameOf(e)})
			continue
		}
		order = append(order, id)
		out = append(out, diffFields(Change{What: "changed", Kind: kind, ID: id, Name: nameOf(e)}, old, e)...)
	}
	if !slices.Equal(kept, order) {
		out = append(out, Change{What: "order", Kind: kind, Before: strings.Join(kept, ", "), After: strings.Join(order, ", ")})
	}
	return out
}

type elementsByID struct {
	ids []string
	at  map[string]reflect.Value
}

func elements(list reflect.Value) elementsByID {
	e := elementsByID{at: map[string]reflect.Value{}}
	for i := range list.Len() {
		id := list.Index(i).FieldByName("ID").String()
		e.ids = append(e.ids, id)
		e.at[id] = list.Index(i)
	}
	return e
}

func nameOf(v reflect.Value) Text {
	if f := v.FieldByName("Name"); f.IsValid() {
		return f.Interface().(Text)
	}
	return nil
}

func diffFields(c Change, a, b reflect.Value) []Change {
	var out []Change
	for i := range a.NumField() {
		key, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("toml"), ",")
		before, after := plain(a.Field(i)), plain(b.Field(i))
		if before == after {
			continue
		}
		c.Key, c.Before, c.After = key, before, after
		out = append(out, c)
	}
	return out
}

// plain writes a value as it would be said, not as TOML.
func plain(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return plain(v.Elem())
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, plain(v.Index(i)))
		}
		return strings.Join(parts, ", ")
	case reflect.Map:
		var parts []string
		for _, key := range slices.SortedFunc(maps.Keys(byKey(v)), strings.Compare) {
			parts = append(parts, key+": "+plain(byKey(v)[key]))
		}
		return strings.Join(parts, "; ")
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ","); !v.Field(i).IsZero() {
				parts = append(parts, key+": "+plain(v.Field(i)))
			}
		}
		return strings.Join(parts, "; ")
	case reflect.Int, reflect.Float64:
		if v.IsZero() {
			return ""
		}
	}
	return fmt.Sprint(v.Interface())
}

func byKey(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for _, k := range v.MapKeys() {
		out[k.String()] = v.MapIndex(k)
	}
	return out
}
