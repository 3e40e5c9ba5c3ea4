package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/config"
	"syncer/source"
)

// TestConfigureNamesEveryKey holds docs/configure.md to the schema: every key is in
// a table there, by its whole path, and every example is one that is understood.
func TestConfigureNamesEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configure.md")
	require.NoError(t, err)
	schema, err := os.ReadFile("schedule.schema.json")
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(schema, &tree))
	keys := schemaKeys(tree, tree, "")
	require.Contains(t, keys, "accounts.credentials.role_arn")
	require.Contains(t, keys, "sources.lookback")
	for _, key := range keys {
		require.Contains(t, string(text), "`"+key+"`")
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, examples)
	for _, e := range examples {
		file := filepath.Join(t.TempDir(), "schedule.yaml")
		require.NoError(t, os.WriteFile(file, []byte(e[1]), 0o600))
		_, err := config.Load(file, source.All, getenv)
		require.NoError(t, err, e[1])
	}
}

// schemaKeys are the paths of all keys that hold a value. Keys of lists and of
// sources are written without a number or a name.
func schemaKeys(root, node map[string]any, path string) (keys []string) {
	if ref, ok := node["$ref"].(string); ok {
		definitions := root["definitions"].(map[string]any)
		node = definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	add := func(child any, path string) {
		if child, ok := child.(map[string]any); ok {
			keys = append(keys, schemaKeys(root, child, path)...)
		}
	}
	properties, _ := node["properties"].(map[string]any)
	for name, child := range properties {
		add(child, strings.TrimPrefix(path+"."+name, "."))
	}
	add(node["items"], path)
	add(node["additionalProperties"], path)
	add(node["then"], path)
	all, _ := node["allOf"].([]any)
	for _, part := range all {
		add(part, path)
	}
	if len(keys) == 0 && properties == nil && node["if"] == nil {
		keys = []string{path}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// TestKubernetesSchedule: the example that the manifests mount is understood.
func TestKubernetesSchedule(t *testing.T) {
	t.Parallel()
	c, err := config.Load("../../deploy/kubernetes/schedule.yaml", source.All, getenv)
	require.NoError(t, err)
	require.NoError(t, c.Validate())
}
