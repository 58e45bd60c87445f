// Package fonts holds the typefaces that paper is drawn with. README.md says
// where each comes from and how the subsets were made.
package fonts

import _ "embed"

// The faces, as TrueType files. They must not be changed.
var (
	// Regular is Be Vietnam Pro 400: lines of text.
	//go:embed BeVietnamPro-Regular.ttf
	Regular []byte

	// SemiBold is Be Vietnam Pro 600: whatever matters, since the strokes of a
	// thermal head come out thinner than they are drawn.
	//go:embed BeVietnamPro-SemiBold.ttf
	SemiBold []byte

	// Bold is Noto Sans 700, a Latin subset with digits of one width: the
	// number, and letters that Be Vietnam Pro does not have.
	//go:embed NotoSans-Bold.ttf
	Bold []byte

	// Khmer is Noto Sans Khmer 700.
	//go:embed NotoSansKhmer-Bold.ttf
	Khmer []byte
)
