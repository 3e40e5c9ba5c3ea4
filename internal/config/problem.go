package config

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

// report notes a problem. One place gets one: what is reported first is the
// cause of what follows.
func (d *document) report(at place, path []string, format string, args ...any) {
	p := Problem{File: d.path, Line: at.line, Column: at.column, Path: dotted(path), Message: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(d.problems, func(q Problem) bool {
		return q.Line == p.Line && q.Column == p.Column && q.Path == p.Path
	}) {
		d.problems = append(d.problems, p)
	}
}

func (d *document) sorted() Problems {
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	return d.problems
}

// dotted writes a path for people: accounts[0].name.
func dotted(path []string) string {
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

// A place is where something stands in the file.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// nearest is the known name that was likely meant; empty: none is near.
func nearest(name string, known []string) string {
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
