package locale

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// sentence has the text of each plural form by CLDR's name; "other" is always
// there, and alone when the file has plain text.
type sentence map[string]string

var formNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two",
	plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// hole is a name in braces.
var hole = regexp.MustCompile(`\{[a-z][a-z0-9_]*\}`)

// parse reads one flat file.
func parse(b []byte) (words, error) {
	var w words
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, err
	}
	for key, s := range w {
		if s["other"] == "" {
			return nil, fmt.Errorf("%s: no text", key)
		}
	}
	return w, nil
}

// UnmarshalJSON takes "text" or {"one": "text", "other": "text"}.
func (s *sentence) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*s = sentence{"other": text}
		return nil
	}
	var forms map[string]string
	if err := json.Unmarshal(b, &forms); err != nil {
		return err
	}
	names := slices.Collect(maps.Values(formNames))
	for form := range forms {
		if !slices.Contains(names, form) {
			return fmt.Errorf("%q is no plural form", form)
		}
	}
	*s = forms
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s sentence) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return json.Marshal(s["other"])
	}
	return json.Marshal(map[string]string(s))
}

// form picks the text for the count n.
func (s sentence) form(tag language.Tag, n any) string {
	if len(s) > 1 {
		if i, ok := whole(n); ok {
			if text := s[formNames[plural.Cardinal.MatchPlural(tag, i, 0, 0, 0, 0)]]; text != "" {
				return text
			}
		}
	}
	return s["other"]
}

// holes lists the names in braces, of all forms together.
func (s sentence) holes() []string {
	var list []string
	for _, text := range s {
		list = append(list, hole.FindAllString(text, -1)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// fill puts the arguments into their holes. A hole without an argument stays,
// so that it is seen.
func fill(text string, args map[string]any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return hole.ReplaceAllStringFunc(text, func(h string) string {
		v, ok := args[h[1:len(h)-1]]
		if !ok {
			return h
		}
		if list, ok := v.([]string); ok {
			return strings.Join(list, ", ")
		}
		return fmt.Sprint(v)
	})
}

// whole returns the size of n when it is an integer of any kind.
func whole(n any) (int, bool) {
	v := reflect.ValueOf(n)
	switch {
	case v.CanInt():
		return int(max(v.Int(), -v.Int())), true
	case v.CanUint():
		return int(v.Uint()), true
	}
	return 0, false
}

func subset(part, all []string) bool {
	for _, p := range part {
		if !slices.Contains(all, p) {
			return false
		}
	}
	return true
}
