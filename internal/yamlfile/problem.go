package yamlfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"syncer/text"
)

// A Problem is one thing that is wrong in the file.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0 where they are not known
	Path         string // sources.agentless_tasks.schedule; empty: the whole file
	Message      string // what is wrong and what was expected; never a secret
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	for _, n := range []int{p.Line, p.Column} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	return text.Line(b.String() + ": " + p.Message) // a key may hold anything
}

// Problems are all that is wrong in a file, from its top to its end.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Report notes a problem. One place gets one: what is reported first is the
// cause of what follows.
func (d *Document) Report(at Place, path []string, format string, args ...any) {
	p := Problem{File: d.File, Line: at.Line, Column: at.Column, Path: Dotted(path), Message: fmt.Sprintf(format, args...)}
	where := Problem{Line: p.Line, Column: p.Column, Path: p.Path}
	if !d.told[where] {
		d.told[where] = true
		d.problems = append(d.problems, p)
	}
}

// Sound reports whether nothing was reported of a value and of what it holds.
func (d *Document) Sound(path []string) bool {
	whole := Dotted(path)
	return !slices.ContainsFunc(d.problems, func(p Problem) bool {
		rest, in := strings.CutPrefix(p.Path, whole)
		return in && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// Add notes a problem that is none of a place in the file.
func (d *Document) Add(p Problem) { d.problems = append(d.problems, p) }

// Problems are all that were reported, from the file's top to its end.
func (d *Document) Problems() Problems {
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	return d.problems
}

// Dotted writes a path for people: accounts[0].name.
func Dotted(path []string) string {
	var b strings.Builder
	for _, step := range path {
		switch {
		case strings.Trim(step, "0123456789") == "":
			b.WriteString("[" + step + "]")
		case b.Len() > 0:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	return b.String()
}

// A Place is where something stands in the file.
type Place struct{ Line, Column int }

// PlaceOf is where a node stands.
func PlaceOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

// Nearest is the known name that was likely meant; empty: none is near.
func Nearest(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if n := distance(name, k); n < least {
			best, least = k, n
		}
	}
	return best
}

// distance is Levenshtein's: the letters to insert, delete or replace.
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
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
