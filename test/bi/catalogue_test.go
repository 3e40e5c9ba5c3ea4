package bi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/source"
)

// rules find what breaks them: whatever is in schema alicloud is named, typed and
// described so that a BI tool shows it well. jsonb is for what no column holds: see
// docs/bi.md.
var rules = map[string]string{
	"not a plain view": `
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
	// kept and settled_at alone read what readers may not: the horizon, and the merges
	// under way, which a parallel worker's snapshot of the locks would not fit.
	"a function that may write, or that a parallel plan may not use": `
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'alicloud'::regnamespace AND (provolatile = 'v' OR proparallel <> 's' AND proname <> 'settled_at' OR prosecdef AND proname NOT IN ('kept', 'settled_at'))`,
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
	"a type that some tool does not show": `
SELECT format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod))
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0 AND format_type(a.atttypid, a.atttypmod)
    NOT IN ('text', 'bigint', 'double precision', 'boolean', 'timestamp with time zone', 'date', 'jsonb')`,
}

func breaches(t *testing.T, d *demo) (list []string) {
	t.Helper()
	for what, sql := range rules {
		for _, name := range column[string](t, d, sql) {
			list = append(list, what+": "+name)
		}
	}
	return list
}

func testCatalogue(t *testing.T, d *demo) {
	require.Empty(t, breaches(t, d))
}

// TestRulesFindBreaches: each rule has something that it is against.
func TestRulesFindBreaches(t *testing.T) {
	t.Parallel()
	d := emptyDemo(t, nil)
	execute(t, d.store, `
CREATE VIEW alicloud.bad AS SELECT 1, ARRAY['a'] AS list, now() AS moment;
CREATE MATERIALIZED VIEW alicloud.kept AS SELECT 1::numeric AS n;
COMMENT ON MATERIALIZED VIEW alicloud.kept IS 'no sentence';
CREATE FUNCTION alicloud.bad(int) RETURNS int LANGUAGE sql AS 'SELECT $1'`)
	found := map[string]bool{}
	for _, b := range breaches(t, d) {
		what, _, _ := strings.Cut(b, ": ")
		found[what] = true
	}
	for what := range rules {
		assert.True(t, found[what], what)
	}
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
	for _, s := range source.All {
		shown := []string{s.Name, s.Name + "_history"}
		for _, trend := range s.Trends {
			shown = append(shown, trend.Name)
		}
		for _, view := range shown {
			assert.NotZero(t, one[int64](t, d, "SELECT count(*) FROM alicloud."+view), "%s is empty: nothing was looked at", view)
		}
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
		require.Zero(t, one[int64](t, d, "SELECT count(*) FROM alicloud."+s.Name+"_between($1, $1)", present))
	}
	require.True(t, one[bool](t, d, "SELECT alicloud.kept($1)", present))
	require.True(t, one[bool](t, d, "SELECT alicloud.settled_at() <= now()"))
	require.Equal(t, int64(2*len(source.All)+2), one[int64](t, d, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'alicloud'::regnamespace"),
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
