package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
)

// TestNothingForNothing: a sync of unchanged rows leaves every tuple where it is
// and logs no more than the run's own row.
func TestNothingForNothing(t *testing.T) {
	t.Parallel()
	s := openURL(t, pgtest.Server(t).URL()) // its log is this test's alone
	p := partition(&source.InstancePatchStates)
	var rows []source.Row
	for i := range 5000 {
		rows = append(rows, patchRow(fmt.Sprintf("i-%06d", i), int64(i%7)))
	}
	syncAll(t, s, p, rows)
	syncAll(t, s, p, rows)

	tuples := func() (sum string) {
		for _, table := range []string{"instance_patch_states", "partitions", "accounts"} {
			var one string
			require.NoError(t, s.Pool().QueryRow(t.Context(), fmt.Sprintf(
				"SELECT coalesce(md5(string_agg(t.tableoid::text || t.ctid::text || t.xmin::text || t.xmax::text, ',' ORDER BY t.tableoid, t.ctid)), '') FROM syncer.%s AS t", table)).Scan(&one))
			sum += one
		}
		return sum
	}
	var catalog, before, after int64
	countCatalog := func(n *int64) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT max(oid::bigint) FROM pg_class").Scan(n))
	}
	lsn := func(n *int64) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").Scan(n))
	}
	tuplesBefore := tuples()
	countCatalog(&catalog)
	lsn(&before)
	c := syncAll(t, s, p, rows)
	lsn(&after)
	require.EqualValues(t, len(rows), c.Unchanged)
	require.Equal(t, tuplesBefore, tuples())
	var catalogAfter int64
	countCatalog(&catalogAfter)
	require.Equal(t, catalog, catalogAfter, "a temporary table was made for nothing")
	// One row, three index entries and a commit, with room for whatever the
	// server's background processes log meanwhile. Rewritten rows would log 500 kB.
	require.Less(t, after-before, int64(8_000), "bytes of WAL")
	t.Logf("%d bytes of WAL", after-before)
}
