// Package migrations holds the goose SQL files, applied by store, of what no
// declaration of a source can say, and of the tables of the first release. A file is
// never edited once it is released. All else is derived: see package store/schema.
//
// It imports the standard library only.
package migrations

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

// FS holds the files. Every one has an up and a down part.
//
//go:embed 0*.sql
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
