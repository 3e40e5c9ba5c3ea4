package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestTablesDistribute: every table but the ones named here has account_id, and
// every unique index begins with it: it can be distributed by it (Citus, say).
func TestTablesDistribute(t *testing.T) {
	t.Parallel()
	s := open(t)
	rows, err := s.Pool().Query(t.Context(), `SELECT c.relname || coalesce(': ' || x.relname, '')
FROM pg_class AS c
LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisunique
LEFT JOIN pg_class AS x ON x.oid = i.indexrelid
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'account_id' AND a.attnotnull
WHERE c.relnamespace = 'syncer'::regnamespace AND c.relkind IN ('r', 'p') AND (a.attnum IS NULL OR i.indkey[0] <> a.attnum)
ORDER BY 1`)
	require.NoError(t, err)
	others, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"alerts: alerts_pkey", "derived: derived_pkey", "discoveries: discoveries_pkey", "goose_db_version: goose_db_version_pkey", "locks: locks_pkey", "notifications: notifications_event_key", "notifications: notifications_pkey",
		"settings: settings_pkey", "watch_cursors: watch_cursors_pkey", "watches: watches_pkey",
	}, others)
}
