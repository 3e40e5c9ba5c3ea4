package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"syncer/internal/testing/pgtest"
	"syncer/store"
)

// TestMigrateTogether: many that come to an empty database at the same moment.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	var stores []*store.Store
	for range 6 {
		s, err := store.Open(t.Context(), url, store.Options{})
		require.NoError(t, err)
		t.Cleanup(s.Close)
		stores = append(stores, s)
	}
	var g errgroup.Group
	for _, s := range stores {
		g.Go(func() error {
			_, err := s.Migrate(t.Context())
			if err == nil {
				err = s.Current(t.Context())
			}
			return err
		})
	}
	require.NoError(t, g.Wait())
}
