package main

import (
	"io"

	"xinmoi/assets/locale"
)

// env is what a command has of the outer world.
type env struct {
	in        io.Reader
	out, errw io.Writer
	words     *locale.Catalogue
	lang      string // the technician's
}

// say gives a sentence in the technician's language.
func (e env) say(key string, args map[string]any) string { return e.words.Say(e.lang, key, args) }
