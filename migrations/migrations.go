// Package migrations holds the schema: goose SQL files, applied by store. The
// file of a source is written by `go generate ./migrations` from its
// declaration, read by people, and never edited once it is released.
//
// It imports source only.
package migrations

import "embed"

//go:generate go run syncer/internal/newmigration

// FS holds the files. Every one has an up and a down part.
//
//go:embed *.sql
var FS embed.FS
