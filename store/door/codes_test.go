package door

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusalsIn lists every code that a folder's sources give to a Refusal or a
// Problem literally, with the place.
func refusalsIn(t *testing.T, folder string) map[string]string {
	codes := map[string]string{}
	files, err := filepath.Glob(folder + "/*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !isRefusal(lit.Type) {
				return true
			}
			for _, e := range lit.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok || kv.Key.(*ast.Ident).Name != "Code" {
					continue
				}
				if s, ok := kv.Value.(*ast.BasicLit); ok {
					code, err := strconv.Unquote(s.Value)
					require.NoError(t, err)
					codes[code] = fset.Position(s.Pos()).String()
				}
			}
			return true
		})
	}
	return codes
}

func isRefusal(e ast.Expr) bool {
	if s, ok := e.(*ast.SelectorExpr); ok {
		e = s.Sel
	}
	id, ok := e.(*ast.Ident)
	return ok && (id.Name == "Refusal" || id.Name == "Problem")
}

func TestEveryRefusalStandsInTheTable(t *testing.T) {
	rules := refusalsIn(t, "../queue")
	require.Greater(t, len(rules), 25, "the test no longer finds the refusals of the rules")
	for _, folder := range []string{"../queue", "..", ".", "../feed", "../../kiosk", "../../counter", "../../display", "../../printer"} {
		for code, at := range refusalsIn(t, folder) {
			assert.Contains(t, Codes, code, "%s: give %q a line in store/door/codes.go", at, code)
		}
	}
}

var holes = regexp.MustCompile(`\{(\w+)\}`)

func TestEveryCodeHasItsSentences(t *testing.T) {
	for _, lang := range []string{"vi", "en"} {
		b, err := os.ReadFile("../../assets/locale/" + lang + "/door.json")
		require.NoError(t, err)
		var file map[string]string
		require.NoError(t, json.Unmarshal(b, &file))
		for code, line := range Codes {
			plain := file["door."+code]
			assert.NotEmpty(t, plain, "%s %s", lang, code)
			assert.Empty(t, holes.FindString(plain), "%s: the plain sentence of %s is told without args", lang, code)
			with := file["door."+code+".with"]
			assert.Equal(t, len(line.Needs) > 0, with != "", "%s %s", lang, code)
			for _, need := range line.Needs {
				assert.Contains(t, with, "{"+need+"}", "%s %s", lang, code)
			}
			for _, h := range holes.FindAllStringSubmatch(with, -1) {
				assert.Contains(t, line.Needs, h[1], "%s %s", lang, code)
			}
		}
		for key := range file {
			code, isWord := strings.CutPrefix(strings.TrimSuffix(key, ".with"), "door.")
			if !isWord || strings.Contains(code, ".") || strings.HasPrefix(code, "clock") && code != "clock_unset" {
				continue
			}
			assert.Contains(t, Codes, code, "%s: a sentence that no code says", lang)
		}
	}
}

func TestStatusesFitTheirCodes(t *testing.T) {
	for _, code := range slices.Sorted(maps.Keys(Codes)) {
		line := Codes[code]
		assert.True(t, line.Status >= 400 && line.Status < 600, code)
		assert.True(t, !line.Retry || line.Status == 503, "%s: only a passing fault is worth the same request again", code)
	}
}
