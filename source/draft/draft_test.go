package draft_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/source/draft"
)

var update = flag.Bool("update", false, "write the golden files")

// known are the sources that drafts are made beside: others may come.
var known = []*source.Source{
	&source.AgentVersions, &source.PublishBatches, &source.CloudCenterInstances, &source.AgentInstallStatuses,
	&source.InstancePatchStates, &source.AgentlessTasks, &source.OperationProcesses,
}

// TestDrafts: metadata gives a declaration that passes its checks, or a clear no.
func TestDrafts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got := drafted(t, text)
			golden := strings.TrimSuffix(file, ".json") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// drafted is the declaration, or why there is none.
func drafted(t *testing.T, text []byte) string {
	t.Helper()
	o, err := draft.Parse(text)
	require.NoError(t, err)
	if o.Product == "" { // as the service answers it
		o.Product, o.Version, o.Name = "Ecs", "2014-05-26", "DescribeInstances"
	}
	got, err := draft.Declaration(o, draft.Options{Known: known})
	if refused := (*draft.RefusedError)(nil); errors.As(err, &refused) {
		return err.Error() + "\n"
	}
	require.NoError(t, err)
	sources, err := source.Read([]source.File{{Path: "draft.yaml", Text: got}}, known)
	require.NoError(t, err, got)
	require.Len(t, sources, 1)
	return got
}

// TestHostileMetadata: whatever texts the metadata has, a draft holds them as texts, and
// reads back.
func TestHostileMetadata(t *testing.T) {
	t.Parallel()
	hostile := rapid.OneOf(
		rapid.SampledFrom([]string{"a: b", "x\n- y", "'", `"`, "#", "# ? no", "*", "&a", "!!int 1", "{", "]", "%", "@", "\x00", "\x1b[2J", "\u2028", "\u202e", "null", "true", "1e3", "~", "-", "?", "日本", "a.b", "..", "select", "RegionId", "ctid", strings.Repeat("a", 200)}),
		rapid.String(), rapid.StringMatching(`[A-Z][a-zA-Z]{0,12}(Id|Time|Count|s)?`),
	)
	types := rapid.SampledFrom([]string{"string", "integer", "number", "boolean", "object", "array", "any", ""})
	rapid.Check(t, func(t *rapid.T) {
		var schema func(depth int) map[string]any
		schema = func(depth int) map[string]any {
			s := map[string]any{
				"type": types.Draw(t, "type"), "description": hostile.Draw(t, "description"), "example": hostile.Draw(t, "example"),
				"enumValueTitles": map[string]string{hostile.Draw(t, "code"): hostile.Draw(t, "title")}, "required": rapid.Bool().Draw(t, "required"),
			}
			if depth > 0 {
				inner := map[string]any{}
				for range rapid.IntRange(0, 4).Draw(t, "fields") {
					inner[hostile.Draw(t, "field")] = schema(depth - 1)
				}
				s["properties"], s["items"] = inner, schema(depth-1)
			}
			return s
		}
		var parameters []any
		for range rapid.IntRange(0, 4).Draw(t, "parameters") {
			parameters = append(parameters, map[string]any{"name": hostile.Draw(t, "parameter"), "in": "query", "schema": schema(0)})
		}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"PageNumber", "PageSize", "NextToken", "Lang"}), rapid.ID).Draw(t, "paging") {
			parameters = append(parameters, map[string]any{"name": name, "in": "query", "schema": schema(0)})
		}
		answer := schema(3)
		answer["properties"].(map[string]any)["TotalCount"] = schema(0)
		text, err := json.Marshal(map[string]any{"product": "Ecs", "version": "2014-05-26", "name": "DescribeInstances", "summary": hostile.Draw(t, "summary"), "parameters": parameters, "responses": map[string]any{"200": map[string]any{"schema": answer}}})
		require.NoError(t, err)
		o, err := draft.Parse(text)
		require.NoError(t, err)
		got, err := draft.Declaration(o, draft.Options{Known: known})
		if refused := (*draft.RefusedError)(nil); errors.As(err, &refused) {
			return
		}
		require.NoError(t, err)
		sources, err := source.Read([]source.File{{Path: "draft.yaml", Text: got}}, known)
		require.NoError(t, err, got)
		require.Equal(t, "DescribeInstances", sources[0].API.Action)
	})
}

// TestAnswersWithoutAList: what is no page is an object, also where all that it holds is a
// count, and also one object for each value that is asked for.
func TestAnswersWithoutAList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parameters, fields string
		items              string
		key, columns       []string
	}{
		"one object": {
			fields:  `"RequestId": {"type": "string"}, "Edition": {"type": "integer"}, "Open": {"type": "boolean"}`,
			columns: []string{"edition", "open"},
		},
		"nothing but a count": {
			fields:  `"RequestId": {"type": "string"}, "Code": {"type": "string"}, "TotalCount": {"type": "integer"}`,
			columns: []string{"total_count"},
		},
		"an object within": {
			fields:  `"RequestId": {"type": "string"}, "Success": {"type": "boolean"}, "Data": {"type": "object", "properties": {"Used": {"type": "integer"}, "Total": {"type": "integer"}}}`,
			items:   "Data",
			columns: []string{"used", "total"},
		},
		"one object for each of the values": {
			parameters: `{"name": "Kind", "in": "query", "schema": {"type": "string", "required": true, "enum": ["a", "b"]}}`,
			fields:     `"RequestId": {"type": "string"}, "Count": {"type": "integer"}`,
			key:        []string{"kind"},
			columns:    []string{"kind", "count"},
		},
		"a list whose items have fields, beside one whose items have none": {
			fields: `"Checks": {"type": "array", "items": {"type": "object"}},
				"Others": {"type": "array", "items": {"type": "object", "properties": {"OtherId": {"type": "string"}}}}`,
			items:   "Others",
			key:     []string{"other_id"},
			columns: []string{"other_id"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := drafted(t, fmt.Appendf(nil, `{"parameters": [%s], "responses": {"200": {"schema": {"type": "object", "properties": {%s}}}}}`, c.parameters, c.fields))
			sources, err := source.Read([]source.File{{Path: "draft.yaml", Text: got}}, known)
			require.NoError(t, err, got)
			s := sources[0]
			require.Equal(t, c.items, s.Items, got)
			require.Equal(t, c.key, s.Key, got)
			var columns []string
			for _, column := range s.Columns {
				columns = append(columns, column.Name)
			}
			require.Equal(t, c.columns, columns, got)
		})
	}
}
