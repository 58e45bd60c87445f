package main

import (
	"reflect"
	"strings"
	"time"
	"unicode"
)

// plainly turns an event into what JSON says of it: fields by their names in small
// letters, instants in RFC 3339, nothing where there is nothing.
func plainly(v any, zone *time.Location) any { return plain(reflect.ValueOf(v), "", zone) }

func plain(v reflect.Value, name string, zone *time.Location) any {
	switch v.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || v.Field(i).IsZero() {
				continue
			}
			out[snake(field.Name)] = plain(v.Field(i), field.Name, zone)
		}
		return out
	case reflect.Pointer, reflect.Interface:
		return plain(v.Elem(), name, zone)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 { // the document
			return string(v.Bytes())
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i), "", zone)
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[k.String()] = plain(v.MapIndex(k), "", zone)
		}
		return out
	case reflect.Int64:
		switch {
		case name == "Slot", name == "Until":
			return time.Unix(v.Int(), 0).In(zone).Format(time.RFC3339)
		case strings.HasSuffix(name, "Ms") && strings.HasPrefix(name, "Wall"):
			return time.UnixMilli(v.Int()).In(zone).Format("2006-01-02T15:04:05.000Z07:00")
		}
	}
	return v.Interface()
}

// snake makes to_service of ToService, and low_s of LowS.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			before := rune(name[i-1])
			if unicode.IsLower(before) || unicode.IsDigit(before) {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
