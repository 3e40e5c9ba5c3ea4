package store

import (
	"embed"
	"strings"
	"text/template"
)

// The long statements of the merge are templates in sql/. Each begins with a comment
// that says what it does, and what its verbs stand for. table's methods fill them in;
// testdata/sql has what comes of it for each source.

//go:embed sql/*.sql
var sqlFiles embed.FS

var statements = template.Must(template.New("").Option("missingkey=error").ParseFS(sqlFiles, "sql/*.sql"))

// verbs are what the {{.names}} of a template stand for: parts of SQL that are made of
// a declaration. Values from outside are parameters ($1), never verbs.
type verbs map[string]string

// fill renders a statement of sql/. It panics over a verb that is missing, which is a
// mistake of the program: the laws run every statement.
func fill(name string, v verbs) string {
	var b strings.Builder
	if err := statements.ExecuteTemplate(&b, name, v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}
