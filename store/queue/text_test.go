package queue

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEveryFreeTextIsBounded finds the string fields of all commands, so that a
// new one is not forgotten. Slugs that must be known are bounded by that.
func TestEveryFreeTextIsBounded(t *testing.T) {
	known := map[string]bool{
		"Service": true, "Counter": true, "Class": true, "Place": true, "How": true, "ToService": true, "ToCounter": true,
		"Number": true, "Hash": true, "Dossier": true, "Cause": true, "Series": true,
	}
	for _, c := range commands() {
		v := reflect.New(reflect.TypeOf(c)).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Type.Kind() != reflect.String || known[f.Name] || (f.Name == "Reason" && f.Type != reflect.TypeFor[string]()) {
				continue
			}
			v.SetZero()
			v.Field(i).SetString(strings.Repeat("x", 30_000))
			_, err := NewHall().Decide(v.Interface().(Command), Actor{}, time.Now())
			require.Truef(t, errors.Is(err, ErrBadValue), "%T.%s is not bounded: %v", c, f.Name, err)
		}
	}
}

func TestAnAuthorsNameIsBounded(t *testing.T) {
	_, err := NewHall().Decide(OpenDay{}, Actor{Clerk: ClerkID(strings.Repeat("x", 65))}, time.Now())
	require.ErrorIs(t, err, ErrBadValue)
	_, err = NewHall().Decide(OpenDay{}, Actor{Via: "\xff"}, time.Now())
	require.ErrorIs(t, err, ErrBadValue)
}
