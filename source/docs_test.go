package source

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestReference: docs/catalogue.md describes every key as source.schema.json does.
func TestReference(t *testing.T) {
	t.Parallel()
	const path, begin = "../docs/catalogue.md", "<!-- Made from source/source.schema.json: go test ./source -update -->\n"
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	written, old, found := strings.Cut(string(page), begin)
	require.True(t, found)
	var r reference
	require.NoError(t, yaml.Unmarshal(schemaText, &r.schema)) // JSON is YAML; nodes keep its order
	r.section("A declaration", r.schema.Content[0])
	got := r.text.String()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(written+begin+got), 0o644))
		return
	}
	if diff := cmp.Diff(got, old); diff != "" {
		t.Errorf("write it anew by go test ./source -update:\n%s", diff)
	}
}

// A reference is written part by part: what a part holds comes behind it.
type reference struct {
	schema yaml.Node
	text   strings.Builder
	told   []string
}

type part struct {
	name string
	rule *yaml.Node
}

func (r *reference) section(title string, rule *yaml.Node) {
	if slices.Contains(r.told, title) {
		return
	}
	r.told = append(r.told, title)
	fmt.Fprintf(&r.text, "\n### %s\n\n| key | holds | meaning |\n|---|---|---|\n", title)
	var required []string
	if list := under(rule, "required"); list != nil {
		required = scalars(list)
	}
	var parts []part
	properties := under(rule, "properties")
	for i := 0; i < len(properties.Content); i += 2 {
		key := properties.Content[i].Value
		holds, meaning, inner := r.key(key, properties.Content[i+1])
		must := ""
		if slices.Contains(required, key) {
			must = " (required)"
		}
		fmt.Fprintf(&r.text, "| `%s`%s | %s | %s |\n", key, must, holds, strings.ReplaceAll(meaning, "|", "\\|"))
		parts = append(parts, inner...)
	}
	for _, p := range parts {
		r.section(p.name, p.rule)
	}
}

// key says what a key holds and means, and which part of a declaration that is.
func (r *reference) key(key string, rule *yaml.Node) (holds, meaning string, parts []part) {
	if n := under(rule, "description"); n != nil {
		meaning = n.Value
	}
	name := "`" + key + "`"
	if ref := under(rule, "$ref"); ref != nil {
		called := strings.TrimPrefix(ref.Value, "#/definitions/")
		rule = under(under(r.schema.Content[0], "definitions"), called)
		name = "`" + called + "`"
		if n := under(rule, "description"); n != nil && meaning == "" {
			meaning = n.Value
		}
		switch called {
		case "doc", "duration", "path", "parameter", "zone":
			return map[string]string{"doc": "a sentence", "duration": "a duration", "path": "a path", "parameter": "a parameter", "zone": "a time zone"}[called], meaning, nil
		case "conditions":
			return "[conditions](#conditions)", meaning, nil
		case "above":
			return "0", meaning, nil
		}
	}
	if words := under(rule, "enum"); words != nil {
		return "`" + strings.Join(scalars(words), "`, `") + "`", meaning, nil
	}
	if under(rule, "properties") != nil {
		return linked(name), meaning, []part{{name, rule}}
	}
	if items := under(rule, "items"); items != nil {
		if holds, _, parts = r.key(key, items); parts != nil {
			return "a list of " + holds, meaning, parts
		}
	}
	if named := under(rule, "additionalProperties"); named != nil && named.Kind == yaml.MappingNode {
		if holds, _, parts = r.key(key, named); parts != nil {
			return "names, each with a " + holds, meaning, parts
		}
		return "names, each with a value", meaning, nil
	}
	return types(scalars(under(rule, "type"))), meaning, nil
}

func types(names []string) string {
	words := map[string]string{
		"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`", "array": "a list", "object": "a map",
	}
	for i := range names {
		names[i] = words[names[i]]
	}
	return strings.Join(names, " or ")
}

// linked leads to a section.
func linked(title string) string {
	return "[" + title + "](#" + strings.Trim(title, "`") + ")"
}
