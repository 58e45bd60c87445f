package centre

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// linesOf tells the line on which each path of a TOML document begins. It knows
// nothing of what the keys mean. What cannot be parsed any more is left out.
func linesOf(src []byte) map[string]int {
	l := &liner{at: map[string]int{}, counts: map[string]int{}}
	for i, b := range src {
		if b == '\n' {
			l.ends = append(l.ends, i)
		}
	}
	l.parser.Reset(src)
	table := ""
	for l.parser.NextExpression() {
		e := l.parser.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = l.header(e)
		case unstable.KeyValue:
			l.keyValue(table, e)
		}
	}
	return l.at
}

type liner struct {
	parser unstable.Parser
	at     map[string]int
	ends   []int          // offsets of the line ends
	counts map[string]int // tables in each array of tables
}

func (l *liner) line(n *unstable.Node) int {
	i, _ := slices.BinarySearch(l.ends, int(n.Raw.Offset))
	return i + 1
}

func (l *liner) set(path string, line int) {
	if _, known := l.at[path]; !known {
		l.at[path] = line
	}
}

// header resolves [a.b] and [[a.b]] to a path with the indexes of the arrays
// it passes through.
func (l *liner) header(e *unstable.Node) string {
	path := ""
	for it := e.Key(); it.Next(); {
		key := it.Node()
		path = join(path, string(key.Data))
		l.set(path, l.line(key))
		if e.Kind == unstable.ArrayTable && it.IsLast() {
			l.counts[path]++
		}
		if n := l.counts[path]; n > 0 {
			path = join(path, strconv.Itoa(n-1))
			l.set(path, l.line(key))
		}
	}
	return path
}

func (l *liner) keyValue(table string, e *unstable.Node) {
	path, line := table, 0
	for it := e.Key(); it.Next(); {
		line = l.line(it.Node())
		path = join(path, string(it.Node().Data))
		l.set(path, line)
	}
	l.value(path, e.Value(), line)
}

func (l *liner) value(path string, v *unstable.Node, line int) {
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			l.keyValue(path, it.Node())
		}
	case unstable.Array:
		i := 0
		for it := v.Children(); it.Next(); i++ {
			if it.Node().Raw.Length > 0 {
				line = l.line(it.Node())
			}
			p := join(path, strconv.Itoa(i))
			l.set(p, line)
			l.value(p, it.Node(), line)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// lineText returns one line of the source, shortened, for a sentence.
func lineText(src []byte, line int) string {
	all := bytes.Split(src, []byte("\n"))
	if line < 1 || line > len(all) {
		return ""
	}
	s := strings.ToValidUTF8(strings.TrimSpace(string(all[line-1])), "?")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return s
}
