package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSameDatabase: an address that leads elsewhere is told, and no other.
func TestSameDatabase(t *testing.T) {
	t.Parallel()
	const of = "postgres://user:secret@db:5432/syncer?sslmode=disable"
	for _, same := range []string{of, "postgresql://user@db/syncer", "postgres://user:other@db:5432/syncer?sslmode=verify-full"} {
		require.True(t, sameDatabase(of, same), same)
	}
	for _, other := range []string{
		"postgres://user:secret@db:5433/syncer", "postgres://user:secret@other/syncer", "postgres://user:secret@db/else", "postgres://reader@db/syncer",
		"postgres://user@db/syncer?host=other", "postgres://user@db/syncer?dbname=else", "host=db user=user dbname=syncer", "postgres:///syncer", "",
	} {
		require.False(t, sameDatabase(of, other), other)
		require.False(t, sameDatabase(other, of), other)
	}
}
