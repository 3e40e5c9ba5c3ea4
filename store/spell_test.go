package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

// TestSpellsByKey: of one row, the spells touch its own versions alone, by their index, and
// of one account its own.
func TestSpellsByKey(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.Pool().Exec(t.Context(), `INSERT INTO syncer.instance_patch_states (account_id, region_id, instance_id, missing_count, version_hash, row_hash, valid_from, valid_to)
SELECT a::text, 'cn-hangzhou', 'i-' || i, (i + n) % 2, 1, 1, now() - (9 - n) * interval '1 day', CASE n WHEN 8 THEN 'infinity' ELSE now() - (8 - n) * interval '1 day' END
FROM generate_series(1, 4) AS a, generate_series(1, 500) AS i, generate_series(1, 8) AS n`)
	require.NoError(t, err)
	_, err = s.Pool().Exec(t.Context(), "ANALYZE syncer.instance_patch_states")
	require.NoError(t, err)
	for where, index := range map[string]string{
		"account_id = '3' AND region_id = 'cn-hangzhou' AND instance_id = 'i-7'":         "(instance_id = 'i-7'",
		"account_id = '3' AND region_id = 'cn-hangzhou' AND instance_id IN ('i-7')":      "(instance_id = 'i-7'",
		"ended_at IS NULL AND account_id = '3' AND region_id = 'x' AND lasted_hours > 1": "(region_id = 'x'",
	} {
		plan := explained(t, s, "SELECT * FROM alicloud.patch_exposures WHERE "+where)
		require.NotContains(t, plan, "Seq Scan on instance_patch_states", where)
		require.Contains(t, strings.ReplaceAll(plan, "::text", ""), index, where)
	}
	var spells, days int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.patch_exposures WHERE account_id = '3' AND region_id = 'cn-hangzhou' AND instance_id = 'i-7'").Scan(&spells))
	require.Equal(t, 4, spells)
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.patch_exposures_daily").Scan(&days))
	require.Zero(t, days, "no partition was ever synced")
}

func explained(t *testing.T, s *store.Store, sql string) string {
	t.Helper()
	rows, err := s.Pool().Query(t.Context(), "EXPLAIN "+sql)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return strings.Join(lines, "\n")
}

// TestSpellsAreShown: each spell of the catalogue is read whole, and by whoever reads
// schema alicloud alone.
func TestSpellsAreShown(t *testing.T) {
	t.Parallel()
	s := openDeclared(t, migrated.URL(t), source.Catalogue)
	n := 0
	for _, src := range source.Catalogue {
		for _, sp := range src.Spells {
			n++
			for _, view := range []string{sp.Name, sp.Daily()} {
				var readable bool
				var lacking string
				require.NoError(t, s.Pool().QueryRow(t.Context(), fmt.Sprintf(`SELECT has_table_privilege('syncer_reader', c.oid, 'SELECT'), coalesce((
    SELECT string_agg(a.attname, ', ')
    FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL
), '') || CASE WHEN obj_description(c.oid, 'pg_class') IS NULL THEN 'the view' ELSE '' END
FROM pg_class AS c
WHERE c.oid = 'alicloud.%s'::regclass`, view)).Scan(&readable, &lacking))
				require.True(t, readable, view)
				require.Empty(t, lacking, "%s: without a comment", view)
				_, err := s.Pool().Exec(t.Context(), "SELECT * FROM alicloud."+view)
				require.NoError(t, err, view)
			}
		}
	}
	require.Equal(t, 9, n)
}

// TestDroppedSpells: with a source go its spells, unless a view of a user's hangs on one.
func TestDroppedSpells(t *testing.T) {
	t.Parallel()
	s := openWith(t, probes)
	_, err := s.Pool().Exec(t.Context(), "CREATE VIEW public.mine AS SELECT name, began_at FROM alicloud.outages; CREATE VIEW public.days AS SELECT day, open FROM alicloud.outages_daily")
	require.NoError(t, err)
	err = s.DropSource(t.Context(), "probes")
	require.ErrorContains(t, err, "alicloud.outages would lose columns, or go")
	require.ErrorContains(t, err, "drop what hangs on it")
	_, err = s.Pool().Exec(t.Context(), "SELECT FROM public.mine, public.days; DROP VIEW public.mine, public.days")
	require.NoError(t, err)
	require.NoError(t, s.DropSource(t.Context(), "probes"))
	var left []string
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT coalesce(array_agg(relname::text), '{}') FROM pg_class WHERE relname ~ '^(probes|outages|joined_outages|overloads)'").Scan(&left))
	require.Empty(t, left)
}
