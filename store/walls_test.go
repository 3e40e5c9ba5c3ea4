package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/migrations"
	"syncer/source"
	"syncer/store"
	"syncer/store/schema"
)

// TestDeclaredColumnsAreMigrated: tables, views, functions and comments in the
// database are those that the declarations say.
func TestDeclaredColumnsAreMigrated(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, src := range source.All {
		var table []string
		for _, c := range columns(t, s, "syncer", src.Name) {
			table = append(table, c.name+" "+c.sql)
		}
		var view, comments []string
		for _, c := range columns(t, s, "alicloud", src.Name) {
			view = append(view, c.name+" "+c.sql)
			comments = append(comments, c.name+": "+c.comment)
		}
		wantTable := []string{"account_id text", "region_id text"}
		wantView := slices.Clone(wantTable)
		for _, c := range src.Columns {
			shown := []string{c.Name + " " + fullName(c.Type)}
			if len(c.Labels) > 0 {
				shown = append(shown, c.Name+"_label text")
			}
			wantTable, wantView = append(wantTable, shown[0]), append(wantView, shown...)
		}
		wantTable = append(wantTable, "extra jsonb", "version_hash bigint", "row_hash bigint", "valid_from timestamp with time zone", "valid_to timestamp with time zone")
		wantView = append(wantView, "extra jsonb", "valid_from timestamp with time zone")
		wantHistory := slices.Concat(wantView, []string{"valid_to timestamp with time zone"})
		require.Equal(t, wantTable, table, src.Name)
		require.Equal(t, wantView, view, src.Name)

		var history []string
		for _, c := range columns(t, s, "alicloud", src.Name+"_history") {
			history = append(history, c.name+" "+c.sql)
			require.NotEmpty(t, c.comment, "%s_history.%s", src.Name, c.name)
		}
		require.Equal(t, wantHistory, history, src.Name)

		var wantComments []string
		for _, c := range schema.Comments(src) {
			wantComments = append(wantComments, c[0]+": "+c[1])
		}
		require.Equal(t, wantComments, comments, src.Name)
	}
}

type column struct{ name, sql, comment string }

func columns(t *testing.T, s *store.Store, schema, relation string) []column {
	t.Helper()
	rows, err := s.Pool().Query(t.Context(), `SELECT column_name, data_type,
    coalesce(col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position), '')
FROM information_schema.columns
WHERE table_schema = $1 AND table_name = $2
ORDER BY ordinal_position`, schema, relation)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c column, err error) {
		return c, row.Scan(&c.name, &c.sql, &c.comment)
	})
	require.NoError(t, err)
	return list
}

func fullName(t source.Type) string {
	if t.SQL() == "timestamptz" {
		return "timestamp with time zone"
	}
	return t.SQL()
}

// TestEverythingIsCommented: BI tools show the comments of schema alicloud.
func TestEverythingIsCommented(t *testing.T) {
	t.Parallel()
	s := open(t)
	rows, err := s.Pool().Query(t.Context(), `
SELECT 'view ' || c.relname FROM pg_class AS c WHERE c.relnamespace = 'alicloud'::regnamespace AND c.relkind = 'v' AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT 'function ' || p.proname FROM pg_proc AS p WHERE p.pronamespace = 'alicloud'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
SELECT 'column ' || c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL`)
	require.NoError(t, err)
	bare, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, bare)
}

// TestMigrationsGoUpDownAndUp ends with the schema that it began with.
func TestMigrationsGoUpDownAndUp(t *testing.T) {
	t.Parallel()
	s := open(t)
	first := describe(t, s)
	undone, err := s.MigrateDown(t.Context(), false)
	require.NoError(t, err)
	require.Len(t, undone, len(source.All), "what is derived")
	for range migrations.Last {
		undone, err = s.MigrateDown(t.Context(), false)
		require.NoError(t, err)
		require.Len(t, undone, 1)
	}
	undone, err = s.MigrateDown(t.Context(), false)
	require.NoError(t, err)
	require.Empty(t, undone)
	require.ErrorIs(t, s.Current(t.Context()), store.ErrSchema)
	require.Empty(t, describe(t, s))
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Current(t.Context()))
	require.Equal(t, first, describe(t, s))
	syncAll(t, s, partition(&source.InstancePatchStates), []source.Row{patchRow("i-1", 1)})
}

// describe lists all that the migrations make, with what it is made of.
func describe(t *testing.T, s *store.Store) []string {
	t.Helper()
	rows, err := s.Pool().Query(context.Background(), `
SELECT format('%s %s %s', c.oid::regclass, c.relkind, CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) ELSE pg_get_expr(c.relpartbound, c.oid) END)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('syncer', 'alicloud') AND c.relname NOT SIMILAR TO '(goose|locks)%'
UNION ALL
SELECT format('%s.%s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod))
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('syncer', 'alicloud') AND a.attnum > 0 AND NOT a.attisdropped AND c.relname NOT SIMILAR TO '(goose|locks)%'
UNION ALL
SELECT format('%s %s', d.objoid::regclass, d.description) || coalesce((SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = d.objoid AND a.attnum = d.objsubid), '')
FROM pg_description AS d JOIN pg_class AS c ON c.oid = d.objoid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('syncer', 'alicloud') AND d.classoid = 'pg_class'::regclass AND c.relname NOT SIMILAR TO '(goose|locks)%'
UNION ALL
SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname IN ('syncer', 'alicloud')
ORDER BY 1`)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

// TestAsOfPrunesAndInlines: a filter on an as-of query reaches the index, and the
// months that ended before are not read.
func TestAsOfPrunesAndInlines(t *testing.T) {
	t.Parallel()
	s := open(t)
	syncAll(t, s, partition(&source.InstancePatchStates), []source.Row{patchRow("i-1", 1)})
	rows, err := s.Pool().Query(t.Context(), `EXPLAIN SELECT * FROM alicloud.instance_patch_states_as_of(now() + interval '40 days')
WHERE account_id = '1' AND region_id = 'r' AND instance_id = 'i'`)
	require.NoError(t, err)
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	text := strings.Join(plan, "\n")
	require.NotContains(t, text, "Function Scan", "it is inlined")
	require.Contains(t, text, "instance_patch_states_standing_pkey", "the filter reaches the index")
	require.Contains(t, text, "Subplans Removed", "months that ended before are pruned")
	require.Contains(t, text, "One-Time Filter: alicloud.kept(", "the horizon is asked for once")
}

// TestReaderSeesViewsAlone: the role for BI tools reads alicloud and nothing else.
func TestReaderSeesViewsAlone(t *testing.T) {
	t.Parallel()
	s := open(t)
	syncAll(t, s, partition(&source.InstancePatchStates), []source.Row{patchRow("i-1", 1)})
	conn, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SET ROLE syncer_reader")
	require.NoError(t, err)
	defer conn.Exec(context.Background(), "RESET ROLE") //nolint:errcheck // the connection is the test's own
	_, err = s.Pool().Exec(t.Context(), "UPDATE syncer.settings SET horizon_at = now() - interval '1 day'")
	require.NoError(t, err)
	refused(t, conn, &source.InstancePatchStates, time.Now().Add(-48*time.Hour))
	for sql, allowed := range map[string]bool{
		"SELECT count(*) FROM alicloud.instance_patch_states":              true,
		"SELECT count(*) FROM alicloud.instance_patch_states_history":      true,
		"SELECT count(*) FROM alicloud.instance_patch_states_as_of(now())": true,
		"SELECT count(*) FROM alicloud.sync_freshness":                     true,
		"SELECT count(*) FROM syncer.instance_patch_states":                false,
		"UPDATE alicloud.instance_patch_states SET missing_count = 0":      false,
		"DELETE FROM alicloud.sync_runs":                                   false,
	} {
		_, err := conn.Exec(t.Context(), sql)
		if allowed {
			require.NoError(t, err, sql)
		} else {
			require.ErrorContains(t, err, "permission denied", sql)
		}
	}
}
