package config

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

// A document is the file as YAML: its values expanded, each with its place.
type document struct {
	path     string
	root     *yaml.Node // nil: there is nothing to read
	getenv   func(string) string
	expanded map[*yaml.Node]expansion
	problems Problems
}

// parse reads YAML and replaces ${VAR} in its values.
func parse(path string, content []byte, getenv func(string) string) *document {
	d := &document{path: path, getenv: getenv, expanded: map[*yaml.Node]expansion{}}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var doc yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && doc.Content[0].ShortTag() == "!!null":
		d.report(place{}, nil, "the file is empty: expected accounts and how to read them")
		return d
	case err != nil:
		d.syntaxProblem(err, content)
		return d
	}
	switch err := decoder.Decode(new(yaml.Node)); {
	case err == nil:
		d.report(place{}, nil, "there is more than one YAML document (---) in the file: expected one")
		return d
	case !errors.Is(err, io.EOF):
		d.syntaxProblem(err, content)
		return d
	}
	d.root = doc.Content[0]
	d.prepare(d.root, nil)
	return d
}

var (
	errorLine = regexp.MustCompile(`^yaml: (?:line (\d+)(?:, column \d+)?: )?`)
	leadTab   = regexp.MustCompile(`^ *\t`)
	unlimited = regexp.MustCompile(`(?i)^[+-]?\.(inf|nan)$`)
)

// syntaxProblem reports what the YAML parser says.
func (d *document) syntaxProblem(err error, content []byte) {
	message := err.Error()
	m := errorLine.FindStringSubmatch(message)
	if m == nil {
		d.report(place{}, nil, "not YAML: %s", message)
		return
	}
	line, _ := strconv.Atoi(m[1])
	// The parser's line may be off by one, and it has no word for tabs.
	lines := strings.Split(string(content), "\n")
	for i := max(0, line-2); i < min(len(lines), line+1); i++ {
		if tab := leadTab.FindString(lines[i]); tab != "" {
			d.report(place{i + 1, len(tab)}, nil, "a tab: YAML is indented by spaces")
			return
		}
	}
	if at, name, found := unquoted(lines); found {
		d.report(at, nil, `${%[1]s} inside { } or [ ] needs quotes: write "${%[1]s}"`, name)
		return
	}
	d.report(place{line: line}, nil, "not YAML: %s", strings.TrimPrefix(message, m[0]))
}

// prepare makes the nodes ready to be decoded: values expanded, keys and dates
// read as text, and what YAML would refuse as a whole taken out and reported.
// Every node is visited once: aliases are not followed.
func (d *document) prepare(n *yaml.Node, path []string) {
	if n.Style&yaml.TaggedStyle != 0 {
		d.report(placeOf(n), path, "YAML tags such as %s are not used here", n.Tag)
		n.Style &^= yaml.TaggedStyle
		n.Tag = map[yaml.Kind]string{yaml.ScalarNode: "!!str", yaml.SequenceNode: "!!seq", yaml.MappingNode: "!!map"}[n.Kind]
	}
	switch n.Kind {
	case yaml.ScalarNode:
		switch {
		case n.Tag == "!!timestamp":
			n.Tag = "!!str"
		case n.Tag == "!!float" && unlimited.MatchString(n.Value):
			d.report(placeOf(n), path, "%s is no number that can be used here", n.Value)
			n.Tag = "!!str" // JSON Schema knows no such number
		}
		d.expand(n, path)
		d.checkText(n, path)
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.prepare(item, below(path, strconv.Itoa(i)))
		}
	case yaml.MappingNode:
		d.prepareMapping(n, path)
	}
}

// checkText refuses characters that no value needs: they would act where it is shown,
// or make a statement fail that names it.
func (d *document) checkText(n *yaml.Node, path []string) {
	if !utf8.ValidString(n.Value) {
		d.report(placeOf(n), path, "this value is not valid UTF-8")
		return
	}
	if secret(path) && !strings.ContainsRune(n.Value, 0) {
		return // a password may hold any other
	}
	for _, r := range n.Value {
		if shown := string(r); text.Printable(shown) != shown {
			d.report(placeOf(n), path, "this value holds the character %s, which cannot be shown: take it out", text.Printable(shown))
			return
		}
	}
}

func (d *document) prepareMapping(n *yaml.Node, path []string) {
	pairs := n.Content
	n.Content = nil
	first := map[string]int{} // line of each key
	for pair := range slices.Chunk(pairs, 2) {
		key, value := pair[0], pair[1]
		if key.Kind != yaml.ScalarNode {
			d.report(placeOf(key), path, "a key is no text")
			continue
		}
		at := below(path, key.Value)
		if line, twice := first[key.Value]; twice {
			d.report(placeOf(key), at, "this key is given twice: first in line %d", line)
			continue
		}
		first[key.Value] = key.Line
		if key.Tag != "!!merge" {
			key.Tag = "!!str"
		}
		d.prepare(value, at)
		n.Content = append(n.Content, key, value)
	}
}

// below is the path of a part, with memory of its own.
func below(path []string, step string) []string {
	return append(path[:len(path):len(path)], step)
}

// find follows a path, through aliases and merged maps. Where it ends before
// the path does, it gives the last key and value on the way.
func (d *document) find(path []string) (key, value *yaml.Node, ok bool) {
	value = d.root
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

// place is where a value stands, or the nearest that there is above it.
func (d *document) place(path []string) place {
	key, value, ok := d.find(path)
	if !ok && key != nil {
		return placeOf(key)
	}
	return placeOf(value)
}

// keyPlace is where a key stands.
func (d *document) keyPlace(path []string) place {
	if key, _, _ := d.find(path); key != nil {
		return placeOf(key)
	}
	return place{1, 1}
}

// scalar is the node of a value without parts, an alias resolved.
func (d *document) scalar(path []string) *yaml.Node {
	_, n, ok := d.find(path)
	if ok && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if !ok || n.Kind != yaml.ScalarNode {
		return nil
	}
	return n
}

// quote shows a value as it is written in the file: not what the environment
// put in its place, and no secret.
func (d *document) quote(path []string) string {
	n := d.scalar(path)
	switch {
	case n == nil || secret(path):
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

// secret says of what nothing may be shown: all of the database and the
// credentials, because a secret may stand in the wrong line, the token, and the
// addresses and secrets of webhooks.
func secret(path []string) bool {
	if len(path) == 0 || path[len(path)-1] == "type" {
		return false
	}
	return path[0] == "database" || slices.Contains(path, "credentials") || slices.Equal(path, []string{"server", "token"}) ||
		path[0] == "notify" && slices.Contains([]string{"url", "secret"}, path[len(path)-1])
}
