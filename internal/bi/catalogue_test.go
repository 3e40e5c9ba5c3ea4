package bi

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/source"
)

// types are those that every BI tool shows, besides jsonb, which is for what no
// column holds: see docs/bi.md.
var types = []string{"text", "bigint", "double precision", "boolean", "timestamp with time zone", "date", "jsonb"}

// testCatalogue: whatever is in schema alicloud is named, typed and described so
// that a BI tool shows it well.
func testCatalogue(t *testing.T, d *demo) {
	breaches := map[string]string{
		"neither a plain view nor a type of one": `
SELECT relname::text FROM pg_class
WHERE relnamespace = 'alicloud'::regnamespace AND relkind <> 'v'`,
		"a view without a comment": `
SELECT relname::text FROM pg_class
WHERE relnamespace = 'alicloud'::regnamespace AND coalesce(obj_description(oid, 'pg_class'), '') = ''`,
		"a column without a comment": `
SELECT format('%s.%s', c.relname, a.attname) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0 AND coalesce(col_description(c.oid, a.attnum), '') = ''`,
		"a comment that is no sentence, or too long for a tooltip": `
SELECT format('%s.%s: %s', c.relname, d.objsubid, d.description) FROM pg_class AS c JOIN pg_description AS d ON d.objoid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND d.classoid = 'pg_class'::regclass
    AND (d.description !~ '^[A-Z].*[.]$|^[a-z]+: .*[.]$' OR d.description ~ '[\n\t]|  ' OR length(d.description) > 1000)`,
		"a function without a comment": `
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'alicloud'::regnamespace AND coalesce(obj_description(oid, 'pg_proc'), '') = ''`,
		"a function that may write, or that a parallel plan may not use": `
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'alicloud'::regnamespace AND (provolatile = 'v' OR proparallel <> 's' OR prosecdef)`,
		"a function whose arguments have no names": `
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'alicloud'::regnamespace AND cardinality(coalesce(proargnames, '{}')) < pronargs`,
		"a name that needs quotes, or was never given": `
SELECT format('%s.%s', c.relname, a.attname) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0
    AND (quote_ident(c.relname) <> c.relname OR c.relname !~ '^[a-z][a-z0-9_]*$' OR a.attname !~ '^[a-z][a-z0-9_]*$' OR a.attname LIKE '%column%')`,
		"a time whose name does not say so": `
SELECT format('%s.%s', c.relname, a.attname) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0 AND a.atttypid = 'timestamptz'::regtype
    AND a.attname !~ '(^|_)at$' AND a.attname NOT IN ('valid_from', 'valid_to')`,
	}
	for what, sql := range breaches {
		assert.Empty(t, column[string](t, d, sql), what)
	}
	assert.Empty(t, column[string](t, d, `
SELECT format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod))
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0 AND format_type(a.atttypid, a.atttypmod) <> ALL ($1)`, types),
		"a type that some tool does not show")
}

// testValues: no time is infinite, none is absurd, and every known code has its label.
func testValues(t *testing.T, d *demo) {
	times := column[[]any](t, d, `
SELECT ARRAY[table_name::text, column_name::text] FROM information_schema.columns
WHERE table_schema = 'alicloud' AND data_type IN ('timestamp with time zone', 'date')`)
	require.NotEmpty(t, times)
	for _, c := range times {
		n := one[int64](t, d, fmt.Sprintf("SELECT count(*) FROM alicloud.%[1]s WHERE NOT isfinite(%[2]s) OR %[2]s NOT BETWEEN '2000-01-01' AND '2100-01-01'", c...))
		assert.Zero(t, n, "%v has times that tools cannot show", c)
	}
	for _, view := range d.views(t) {
		assert.NotZero(t, one[int64](t, d, "SELECT count(*) FROM alicloud."+view), "%s is empty: the demo shows nothing of it", view)
	}
	for _, s := range source.All {
		for _, c := range s.Columns {
			if len(c.Labels) > 0 {
				assert.Empty(t, column[string](t, d, fmt.Sprintf("SELECT DISTINCT %[2]s::text FROM alicloud.%[1]s_history WHERE %[2]s IS NOT NULL AND %[2]s_label IS NULL", s.Name, c.Name)),
					"%s.%s has codes without a label", s.Name, c.Name)
			}
		}
	}
}

// testRights: the login reads all of alicloud, and nothing else of this database.
func testRights(t *testing.T, d *demo) {
	for _, view := range d.views(t) {
		_ = one[int64](t, d, "SELECT count(*) FROM alicloud."+view)
	}
	require.ElementsMatch(t, d.views(t), column[string](t, d, "SELECT relname::text FROM pg_class WHERE relnamespace = 'alicloud'::regnamespace"))
	for _, s := range source.All {
		n := one[int64](t, d, "SELECT count(*) FROM alicloud."+s.Name+"_as_of($1)", present)
		require.Equal(t, one[int64](t, d, "SELECT count(*) FROM alicloud."+s.Name), n, "what stands now is what stands as of now")
	}
	require.Equal(t, int64(len(source.All)), one[int64](t, d, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'alicloud'::regnamespace"),
		"a function that this test does not call")

	hidden := column[string](t, d, `
SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('syncer', 'river') AND c.relkind IN ('r', 'p', 'v', 'S', 'f', 'm')`)
	require.Greater(t, len(hidden), 20)
	for _, name := range hidden {
		_, err := d.conn.Exec(t.Context(), "SELECT FROM "+name)
		require.ErrorContains(t, err, "permission denied", name)
	}
	require.Empty(t, column[string](t, d, `
SELECT format('%s %s', privilege, c.relname)
FROM pg_class AS c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
WHERE c.relnamespace = 'alicloud'::regnamespace AND has_table_privilege(c.oid, privilege)`))
	require.Empty(t, column[string](t, d, `
SELECT nspname::text FROM pg_namespace
WHERE nspname IN ('syncer', 'river') AND has_schema_privilege(oid, 'USAGE')
    OR nspname IN ('alicloud', 'syncer', 'river') AND has_schema_privilege(oid, 'CREATE')`))
}

// TestReaderReadsWhatComesLater: also what is made by later migrations, by whomever,
// where PUBLIC has no rights, and where the role came after the schema.
func TestReaderReadsWhatComesLater(t *testing.T) {
	t.Parallel()
	d := emptyDemo(t, nil)
	execute(t, d.store, `CREATE VIEW alicloud.later AS SELECT 1::bigint AS n`)
	require.Equal(t, int64(1), one[int64](t, d, "SELECT n FROM alicloud.later"))

	execute(t, d.store, `
REVOKE ALL ON ALL TABLES IN SCHEMA alicloud FROM syncer_reader;
REVOKE ALL ON SCHEMA alicloud FROM syncer_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA alicloud FROM PUBLIC, syncer_reader`)
	_, err := d.conn.Exec(t.Context(), "SELECT FROM alicloud.later")
	require.ErrorContains(t, err, "permission denied")
	_, err = d.store.Migrate(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), one[int64](t, d, "SELECT n FROM alicloud.later"))
	require.Zero(t, one[int64](t, d, "SELECT count(*) FROM alicloud.agentless_tasks_as_of($1)", time.Now()))
}
