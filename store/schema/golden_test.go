package schema_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

const golden = "../../migrations/schema.golden.sql"

// dumpedBy is the version of the servers whose words the golden file has: others write
// the same views otherwise.
const dumpedBy = "15"

// TestSchemaGolden: migrations/schema.golden.sql is the whole schema of a new database,
// as a reader finds it. go test ./store/schema -update writes it.
func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	if major := ask(t, s.Pool(), "SELECT split_part(current_setting('server_version'), '.', 1)"); major != dumpedBy {
		t.Skipf("%s is of PostgreSQL %s, and this is %s", golden, dumpedBy, major)
	}
	rows, err := s.Pool().Query(t.Context(), dump)
	require.NoError(t, err)
	parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	text := "-- The schema of a new database, as PostgreSQL " + dumpedBy + " tells it: the migrations of this directory,\n-- and what store/schema derives from the declarations. It is here to be read; nothing\n-- runs it. go test ./store/schema -update writes it.\n\n" +
		strings.Join(parts, "\n\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(text), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "go test ./store/schema -update writes it anew: read what has changed")
}

// dump tells all that stands in schemas alicloud and syncer: what users see first, each
// relation with all that belongs to it.
const dump = `WITH relations AS (
    SELECT c.oid, c.relkind, c.relnamespace = 'syncer'::regnamespace AS hidden, c.oid::regclass::text AS name, p.inhparent AS parent
    FROM pg_class AS c
    LEFT JOIN pg_inherits AS p ON p.inhrelid = c.oid
    WHERE c.relnamespace IN ('alicloud'::regnamespace, 'syncer'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
        AND c.relname NOT LIKE 'goose%'
), parts (hidden, name, step, place, text) AS (
    SELECT hidden, name, 1, 0, format(E'CREATE VIEW %s AS\n%s', name, pg_get_viewdef(oid, true))
    FROM relations
    WHERE relkind = 'v'
    UNION ALL
    SELECT hidden, name, 1, 0, format(E'CREATE %sTABLE %s (\n%s\n)%s;', CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END, name, (
            SELECT string_agg(line, E',\n' ORDER BY kind, place)
            FROM (
                SELECT 1, a.attnum::int, concat('    ', quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
                    CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || quote_ident(l.collname) END,
                    CASE WHEN a.attnotnull THEN ' NOT NULL' END,
                    CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' END,
                    ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
                FROM pg_attribute AS a
                JOIN pg_type AS y ON y.oid = a.atttypid
                LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
                LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL
                SELECT 2, row_number() OVER (ORDER BY k.conname)::int, concat('    CONSTRAINT ', k.conname, ' ', pg_get_constraintdef(k.oid))
                FROM pg_constraint AS k
                WHERE k.conrelid = c.oid
            ) AS lines (kind, place, line)
        ), concat(' PARTITION BY ' || pg_get_partkeydef(c.oid), ' WITH (' || array_to_string(c.reloptions, ', ') || ')'))
    FROM relations
    JOIN pg_class AS c USING (oid)
    WHERE c.relkind IN ('r', 'p') AND parent IS NULL
    UNION ALL
    SELECT hidden, parent::regclass::text, 2, 0, format('CREATE TABLE %s PARTITION OF %s %s;', name, parent::regclass, pg_get_expr(c.relpartbound, c.oid))
    FROM relations
    JOIN pg_class AS c USING (oid)
    WHERE parent IS NOT NULL
    UNION ALL
    SELECT hidden, name, 3, 0, pg_get_indexdef(i.indexrelid) || ';'
    FROM relations
    JOIN pg_index AS i ON i.indrelid = oid
    WHERE parent IS NULL AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
    UNION ALL
    SELECT hidden, name, 4, objsubid, format('COMMENT ON %s %s IS %L;',
        CASE WHEN objsubid > 0 THEN 'COLUMN' WHEN relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END,
        concat_ws('.', name, (SELECT quote_ident(a.attname) FROM pg_attribute AS a WHERE a.attrelid = oid AND a.attnum = objsubid AND objsubid > 0)), description)
    FROM relations
    JOIN pg_description ON objoid = oid AND classoid = 'pg_class'::regclass
    UNION ALL
    SELECT false, p.oid::regprocedure::text, 1, 0, rtrim(pg_get_functiondef(p.oid)) || ';' || coalesce(E'\n' || format('COMMENT ON FUNCTION %s IS %L;', p.oid::regprocedure, obj_description(p.oid, 'pg_proc')), '')
    FROM pg_proc AS p
    WHERE p.pronamespace IN ('alicloud'::regnamespace, 'syncer'::regnamespace)
)
SELECT string_agg(text, E'\n' ORDER BY step, place, text COLLATE "C")
FROM parts
GROUP BY hidden, name
ORDER BY hidden, name COLLATE "C"`
