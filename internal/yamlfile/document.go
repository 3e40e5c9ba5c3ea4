// Package yamlfile reads YAML files that people write: strictly, by a JSON Schema that
// their editors use, too. All that is wrong is told at once, each with its place in the
// file and what was expected there.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"syncer/text"
)

// Options say what is special about a kind of file.
type Options struct {
	// Variable gives the value of ${NAME}. Nil: a $ is a $.
	Variable func(name string) (string, error)
	// Secret tells at which paths nothing of a value may be shown. Nil: at none.
	Secret func(path []string) bool
	// Plain refuses anchors and aliases: the text is what it says, and no larger.
	Plain bool
	// Expected says, of an empty file, what was expected.
	Expected string
}

// A Document is a file as YAML: its values expanded, each with its place.
type Document struct {
	File string
	Root *yaml.Node // nil: there is nothing to read

	options  Options
	expanded map[*yaml.Node]expansion
	problems Problems
	told     map[Problem]bool // at which places
}

// Parse reads YAML. What is wrong with it is among the document's problems.
func Parse(file string, content []byte, o Options) *Document {
	d := &Document{File: file, options: o, expanded: map[*yaml.Node]expansion{}, told: map[Problem]bool{}}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var doc yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && doc.Content[0].ShortTag() == "!!null":
		d.Report(Place{}, nil, "the file is empty: expected %s", o.Expected)
		return d
	case err != nil:
		d.syntaxProblem(err, content)
		return d
	}
	switch err := decoder.Decode(new(yaml.Node)); {
	case err == nil:
		d.Report(Place{}, nil, "there is more than one YAML document (---) in the file: expected one")
		return d
	case !errors.Is(err, io.EOF):
		d.syntaxProblem(err, content)
		return d
	}
	d.Root = doc.Content[0]
	d.prepare(d.Root, nil)
	return d
}

var (
	errorLine = regexp.MustCompile(`^yaml: (?:line (\d+)(?:, column \d+)?: )?`)
	leadTab   = regexp.MustCompile(`^ *\t`)
	unlimited = regexp.MustCompile(`(?i)^[+-]?\.(inf|nan)$`)
)

// syntaxProblem reports what the YAML parser says.
func (d *Document) syntaxProblem(err error, content []byte) {
	message := err.Error()
	m := errorLine.FindStringSubmatch(message)
	if m == nil {
		d.Report(Place{}, nil, "not YAML: %s", message)
		return
	}
	line, _ := strconv.Atoi(m[1])
	// The parser's line may be off by one, and it has no word for tabs.
	lines := strings.Split(string(content), "\n")
	for i := max(0, line-2); i < min(len(lines), line+1); i++ {
		if tab := leadTab.FindString(lines[i]); tab != "" {
			d.Report(Place{i + 1, len(tab)}, nil, "a tab: YAML is indented by spaces")
			return
		}
	}
	if at, name, found := unquoted(lines); found && d.options.Variable != nil {
		d.Report(at, nil, `${%[1]s} inside { } or [ ] needs quotes: write "${%[1]s}"`, name)
		return
	}
	d.Report(Place{Line: line}, nil, "not YAML: %s", strings.TrimPrefix(message, m[0]))
}

// prepare makes the nodes ready to be decoded: values expanded, keys and dates
// read as text, and what YAML would refuse as a whole taken out and reported.
// Every node is visited once: aliases are not followed.
func (d *Document) prepare(n *yaml.Node, path []string) {
	if n.Style&yaml.TaggedStyle != 0 {
		d.Report(PlaceOf(n), path, "YAML tags such as %s are not used here", n.Tag)
		n.Style &^= yaml.TaggedStyle
		n.Tag = map[yaml.Kind]string{yaml.ScalarNode: "!!str", yaml.SequenceNode: "!!seq", yaml.MappingNode: "!!map"}[n.Kind]
	}
	if d.options.Plain && (n.Anchor != "" || n.Kind == yaml.AliasNode) {
		d.Report(PlaceOf(n), path, "YAML anchors and aliases are not used here: write out what is meant")
		if n.Kind == yaml.AliasNode { // it may lead anywhere, in a circle as well
			*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
		}
	}
	switch n.Kind {
	case yaml.ScalarNode:
		switch {
		case n.Tag == "!!timestamp":
			n.Tag = "!!str"
		case n.Tag == "!!float" && unlimited.MatchString(n.Value):
			d.Report(PlaceOf(n), path, "%s is no number that can be used here", n.Value)
			n.Tag = "!!str" // JSON Schema knows no such number
		}
		d.expand(n, path)
		d.checkText(n, path)
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.prepare(item, Below(path, strconv.Itoa(i)))
		}
	case yaml.MappingNode:
		d.prepareMapping(n, path)
	}
}

// checkText refuses characters that no value needs: they would act where it is shown,
// or make a statement fail that names it.
func (d *Document) checkText(n *yaml.Node, path []string) {
	if !utf8.ValidString(n.Value) {
		d.Report(PlaceOf(n), path, "this value is not valid UTF-8")
		return
	}
	if d.secret(path) && !strings.ContainsRune(n.Value, 0) {
		return // a password may hold any other
	}
	for _, r := range n.Value {
		if shown := string(r); text.Printable(shown) != shown {
			d.Report(PlaceOf(n), path, "this value holds the character %s, which cannot be shown: take it out", text.Printable(shown))
			return
		}
	}
}

func (d *Document) prepareMapping(n *yaml.Node, path []string) {
	pairs := n.Content
	n.Content = nil
	first := map[string]int{} // line of each key
	for pair := range slices.Chunk(pairs, 2) {
		key, value := pair[0], pair[1]
		if key.Kind != yaml.ScalarNode {
			d.Report(PlaceOf(key), path, "a key is no text")
			continue
		}
		at := Below(path, key.Value)
		if line, twice := first[key.Value]; twice {
			d.Report(PlaceOf(key), at, "this key is given twice: first in line %d", line)
			continue
		}
		first[key.Value] = key.Line
		if key.Tag != "!!merge" || d.options.Plain {
			key.Tag = "!!str"
		}
		if d.options.Plain { // here keys are names that people chose
			d.checkText(key, at)
		}
		d.prepare(value, at)
		n.Content = append(n.Content, key, value)
	}
}

// Below is the path of a part, with memory of its own.
func Below(path []string, step string) []string {
	return append(path[:len(path):len(path)], step)
}

// IsMap reports whether the document is a map, as a whole.
func (d *Document) IsMap() bool { return d.Root.Kind == yaml.MappingNode }

// Find follows a path, through aliases and merged maps. Where it ends before
// the path does, it gives the last key and value on the way.
func (d *Document) Find(path []string) (key, value *yaml.Node, ok bool) {
	value = d.Root
	for _, step := range path {
		k, v := child(value, step, 0)
		if v == nil {
			return key, value, false
		}
		key, value = k, v
	}
	return key, value, true
}

// child is the key and value at a step; an item of a list is its own key.
func child(n *yaml.Node, step string, depth int) (key, value *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	case yaml.MappingNode:
		var merged []*yaml.Node
		for i := 0; i < len(n.Content); i += 2 {
			switch key := n.Content[i]; {
			case key.Tag == "!!merge":
				merged = append(merged, n.Content[i+1])
			case key.Value == step:
				return key, n.Content[i+1]
			}
		}
		if depth > 10 { // nobody merges so deep, but a map could merge itself
			return nil, nil
		}
		for _, m := range merged {
			maps := []*yaml.Node{m}
			if m.Kind == yaml.SequenceNode {
				maps = m.Content
			}
			for _, m := range maps {
				if key, value := child(m, step, depth+1); value != nil {
					return key, value
				}
			}
		}
	}
	return nil, nil
}

// Place is where a value stands, or the nearest that there is above it.
func (d *Document) Place(path []string) Place {
	key, value, ok := d.Find(path)
	if !ok && key != nil {
		return PlaceOf(key)
	}
	return PlaceOf(value)
}

// KeyPlace is where a key stands.
func (d *Document) KeyPlace(path []string) Place {
	if key, _, _ := d.Find(path); key != nil {
		return PlaceOf(key)
	}
	return Place{1, 1}
}

// Scalar is the node of a value without parts, an alias resolved.
func (d *Document) Scalar(path []string) *yaml.Node {
	_, n, ok := d.Find(path)
	if ok && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if !ok || n.Kind != yaml.ScalarNode {
		return nil
	}
	return n
}

// Quote shows a value as it is written in the file: not what the environment
// put in its place, and no secret.
func (d *Document) Quote(path []string) string {
	n := d.Scalar(path)
	switch {
	case n == nil || d.secret(path):
		return "this value"
	case len(d.expanded[n].unset) > 0:
		return fmt.Sprintf("%q (where %s)", d.expanded[n].written, d.expanded[n].why())
	case d.expanded[n].written != "":
		return fmt.Sprintf("%q (from the environment)", d.expanded[n].written)
	case len(n.Value) > 80:
		return "this value"
	case n.Tag == "!!str":
		return strconv.Quote(n.Value)
	}
	return n.Value
}

func (d *Document) secret(path []string) bool {
	return d.options.Secret != nil && d.options.Secret(path)
}
