// Package voice holds the clips that a fresh installation speaks from: a folder
// per language with WAV files and their manifest. README.md says how they were
// made.
package voice

import "embed"

//go:generate go run ../../cmd/internal/voicepack

// Packs has one folder per language.
//
//go:embed */manifest.json */*.wav
var Packs embed.FS
