package config

import (
	_ "embed"
	"slices"
	"strings"

	"syncer/internal/yamlfile"
)

// A Problem is one thing that is wrong in the file.
type Problem = yamlfile.Problem

// Problems are all that is wrong in a file, from its top to its end.
type Problems = yamlfile.Problems

// A document is schedule.yaml, and the environment that it may name.
type document struct {
	*yamlfile.Document
	getenv func(string) string
}

// parse reads YAML and replaces ${VAR} in its values.
func parse(path string, content []byte, getenv func(string) string) *document {
	return &document{getenv: getenv, Document: yamlfile.Parse(path, content, yamlfile.Options{
		Variable: func(name string) (string, error) { return Variable(getenv, name) },
		Secret:   secret,
		Expected: "accounts and how to read them",
	})}
}

// secret reports whether errors must not show a value: all of the database and the
// credentials, because a secret may be in the wrong line; the token; and the addresses and
// secrets of webhooks.
func secret(path []string) bool {
	if len(path) == 0 || path[len(path)-1] == "type" {
		return false
	}
	return path[0] == "database" || slices.Contains(path, "credentials") || slices.Equal(path, []string{"server", "token"}) ||
		path[0] == "notify" && slices.Contains([]string{"url", "secret"}, path[len(path)-1])
}

// schemaText is what editors use, too.
//
//go:embed schedule.schema.json
var schemaText []byte

var schema = yamlfile.NewSchema("schedule.schema.json", schemaText, formats)

func init() { schema.Foreign = foreignKey } // foreignKey reads the schema

// foreignKey reports a key of another type of credentials.
func foreignKey(d *yamlfile.Document, at []string, key string) bool {
	if len(at) == 0 || at[len(at)-1] != "credentials" {
		return false
	}
	var types []string
	rule := schema.Rule("#/definitions/credentials")
	for _, branch := range rule["allOf"].([]any) {
		then := branch.(map[string]any)["then"].(map[string]any)["properties"].(map[string]any)
		if _, ok := then[key]; ok {
			condition := branch.(map[string]any)["if"].(map[string]any)["properties"].(map[string]any)
			types = append(types, condition["type"].(map[string]any)["const"].(string))
		}
	}
	if len(types) == 0 {
		return false
	}
	given := "default, which is meant where no type is given"
	if n := d.Scalar(yamlfile.Below(at, "type")); n != nil {
		given = n.Value
	}
	path := yamlfile.Below(at, key)
	d.Report(d.KeyPlace(path), path, "is not used by credentials of type %s: it belongs to %s", given, strings.Join(types, ", "))
	return true
}
