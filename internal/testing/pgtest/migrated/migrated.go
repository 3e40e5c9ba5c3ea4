// Package migrated gives tests databases with syncer's full schema, including the tables of
// the job queue.
package migrated

import (
	"context"
	"testing"

	"syncer/internal/testing/pgtest"
	"syncer/store"
	"syncer/worker"
)

var template = pgtest.Template{Fill: Migrate}

// URL returns the address of the test's own database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	return template.URL(t)
}

// Migrate brings a database's schema up to date.
func Migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	return worker.MigrateQueue(ctx, s.Pool())
}
