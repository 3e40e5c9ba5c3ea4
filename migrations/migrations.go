// Package migrations holds the schema: goose SQL files, applied by store. The
// file of a source is written by `go generate ./migrations` from its
// declaration, read by people, and never edited once it is released.
//
// It imports source only.
package migrations

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

//go:generate go run syncer/internal/newmigration

// FS holds the files. Every one has an up and a down part.
//
//go:embed *.sql
var FS embed.FS

// Last is the version that the files lead to.
var Last = func() (last int64) {
	names, err := fs.Glob(FS, "*.sql")
	if err != nil {
		panic(err) // the pattern is good
	}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic(err) // the files are part of this program
		}
		last = max(last, version)
	}
	return last
}()
