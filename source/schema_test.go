package source

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSchemaIsTheReader: the schema has a property for each key that the reader takes, in
// every part of a declaration, and no other.
func TestSchemaIsTheReader(t *testing.T) {
	t.Parallel()
	var tree map[string]any
	require.NoError(t, json.Unmarshal(schemaText, &tree))
	resolve := func(rule map[string]any) map[string]any {
		if ref, ok := rule["$ref"].(string); ok {
			return tree["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
		}
		return rule
	}
	seen := 0
	var compare func(where string, shape reflect.Type, rule map[string]any)
	compare = func(where string, shape reflect.Type, rule map[string]any) {
		rule = resolve(rule)
		switch shape.Kind() {
		case reflect.Pointer:
			compare(where, shape.Elem(), rule)
			return
		case reflect.Slice:
			if shape.Elem().Kind() == reflect.Struct && shape.Elem().NumField() == 2 && shape.Elem().Field(0).Name == "name" {
				compare(where+".*", shape.Elem().Field(1).Type, rule["additionalProperties"].(map[string]any))
			} else if items, ok := rule["items"].(map[string]any); ok && shape.Elem().Kind() == reflect.Struct && shape != reflect.TypeFor[conditions]() {
				compare(where+"[]", shape.Elem(), items)
			}
			return
		case reflect.Struct:
		default:
			return
		}
		properties, ok := rule["properties"].(map[string]any)
		if !ok { // a scalar that is read into a struct
			return
		}
		seen++
		fields := map[string]reflect.Type{}
		var add func(reflect.Type)
		add = func(shape reflect.Type) {
			for f := range shape.Fields() {
				name, inline, _ := strings.Cut(f.Tag.Get("yaml"), ",")
				switch {
				case inline == "inline":
					add(f.Type)
				case name == "":
					name = strings.ToLower(f.Name)
					fallthrough
				case name != "-":
					fields[name] = f.Type
				}
			}
		}
		add(shape)
		if shape == reflect.TypeFor[filePageParam]() { // what the pagers have is one struct
			for name := range properties {
				require.Contains(t, fields, name, where)
			}
			return
		}
		require.Equal(t, slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(properties)), where)
		require.Equal(t, false, rule["additionalProperties"], where)
		for name, part := range fields {
			compare(where+"."+name, part, properties[name].(map[string]any))
		}
	}
	compare("", reflect.TypeFor[file](), tree)
	require.Greater(t, seen, 15)
}

// TestWords: the reader knows every word that the schema lists.
func TestWords(t *testing.T) {
	t.Parallel()
	words := func(pointer string) (list []string) {
		for _, w := range schema.Rule("#/definitions/" + pointer)["enum"].([]any) {
			list = append(list, w.(string))
		}
		return list
	}
	for _, w := range words("column/properties/type") {
		require.NotEmpty(t, Type(0).of(w).SQL(), w)
	}
	for _, w := range words("since/properties/as") {
		require.Equal(t, "timestamptz", Type(0).of(w).SQL(), w)
	}
	for _, w := range words("sweep/properties/absent") {
		require.NotZero(t, Absence(0).of(w), w)
	}
	forms := map[Form]bool{}
	for _, w := range words("form") {
		forms[Form(0).of(w)] = true
	}
	require.Len(t, forms, 3)
}

// TestTakenNames: no source may have the name of anything that migrations make besides
// sources.
func TestTakenNames(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../migrations/0*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	made := regexp.MustCompile(`CREATE (?:UNLOGGED |OR REPLACE )*(?:TABLE|VIEW|FUNCTION|PROCEDURE|SEQUENCE)(?: IF NOT EXISTS)? (?:alicloud|syncer)\.(\w+)`)
	found := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			if _, ok := ByName(All, m[1]); ok {
				continue
			}
			found++
			require.Error(t, CheckName(m[1]), m[1])
		}
	}
	require.Greater(t, found, 20)
	for _, s := range Catalogue {
		require.NoError(t, CheckName(s.Name))
	}
}

// TestCatalogue: files are named for their sources, and every one reads alone.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	files, err := Files(os.DirFS("catalogue"))
	require.NoError(t, err)
	require.Len(t, files, len(Catalogue))
	for _, f := range files {
		s, ok := ByName(Catalogue, strings.TrimSuffix(f.Path, ".yaml"))
		require.True(t, ok, f.Path)
		require.Equal(t, f.Text, s.YAML())
		require.True(t, strings.HasPrefix(f.Text, "# yaml-language-server: $schema=../source.schema.json\n"), f.Path)
	}
	require.NoError(t, Validate(Catalogue))
}
