package store

import (
	"slices"
	"strings"

	"syncer/source"
)

// KeyText is the SQL of a row's key as people read it, and as alicloud.changes writes
// it: the texts of its columns, a slash between them.
func KeyText(src *source.Source, alias string) string {
	if len(src.Key) == 0 {
		return "''"
	}
	parts := quoted(src.Key)
	for i := range parts {
		parts[i] = alias + "." + parts[i] + "::text"
	}
	return strings.Join(parts, " || '/' || ")
}

// nameColumns say what a row is about, to people.
var nameColumns = []string{"instance_name", "batch_name", "target_name"}

// NameColumn is the column that names a source's rows for people. It is empty if there is
// none.
func NameColumn(src *source.Source) string {
	for _, n := range nameColumns {
		if _, ok := src.Column(n); ok && !slices.Contains(src.Key, n) {
			return n
		}
	}
	return ""
}
