package store

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/store/schema"
)

// A table holds the SQL text of one source, derived from its declaration.
// Everywhere $1 is the account, $2 the region.
type table struct {
	*source.Source
	name     string   // syncer.<source>
	standing string   // its partition of the standing rows
	columns  []string // declared columns and extra, in order
	// where narrows to the standing rows of a partition. The constants prune all
	// months and let the planner see the one partition's statistics.
	where string
}

func newTable(s *source.Source) *table {
	t := &table{
		Source:   s,
		name:     pgx.Identifier{"syncer", s.Name}.Sanitize(),
		standing: pgx.Identifier{"syncer", s.Name + "_standing"}.Sanitize(),
		where:    "t.account_id = $1 AND t.region_id = $2 AND t.valid_to = 'infinity'",
	}
	for _, c := range s.Columns {
		t.columns = append(t.columns, ident(c.Name))
	}
	t.columns = append(t.columns, "extra")
	return t
}

var ident = schema.Ident

// columnList is a list of columns, each behind a prefix such as "t.".
func columnList(prefix string, columns []string) string {
	return prefix + strings.Join(columns, ", "+prefix)
}

func (t *table) key() []string {
	var k []string
	for _, name := range t.Key {
		k = append(k, ident(name))
	}
	return k
}

// qualified puts an alias before each column of the key.
func (t *table) qualifiedKey(alias string) []string {
	k := t.key()
	for i := range k {
		k[i] = alias + "." + k[i]
	}
	return k
}

// keyRow is the key as one value.
func (t *table) keyRow(alias string) string {
	if len(t.Key) == 0 {
		return "true"
	}
	return "ROW(" + strings.Join(t.qualifiedKey(alias), ", ") + ")"
}

// sameKey joins two aliases on the key within a partition.
func (t *table) sameKey(a, b string) string {
	on := []string{"true"}
	for _, k := range t.key() {
		on = append(on, fmt.Sprintf("%s.%s = %s.%s", a, k, b, k))
	}
	return strings.Join(on, " AND ")
}

// columnType is the SQL type of a column.
func (t *table) columnType(name string) string {
	c, _ := t.Column(name)
	return c.Type.SQL()
}

// selectFingerprints reads (key…, row_hash) of the standing rows.
func (t *table) selectFingerprints() string {
	return fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s",
		columnList("t.", append(t.key(), "row_hash")), t.name, t.where)
}

// createStage makes the temporary table that one run stages into. seq tells
// which of two rows with the same key came later.
func (t *table) createStage() string {
	return fmt.Sprintf(`CREATE TEMP TABLE stage AS
SELECT 0::bigint AS seq, 0::bigint AS sweep, 0::bigint AS came_hash, %s, version_hash, row_hash
FROM %s
WITH NO DATA`, columnList("", t.columns), t.name)
}

func (t *table) copyStage() string {
	return fmt.Sprintf("COPY pg_temp.stage (seq, sweep, came_hash, %s, version_hash, row_hash) FROM STDIN BINARY", columnList("", t.columns))
}

// dropOlder leaves, of rows staged with the same key, the one that came last.
func (t *table) dropOlder() string {
	return fmt.Sprintf("DELETE FROM pg_temp.stage AS a USING pg_temp.stage AS b WHERE %s AND a.seq < b.seq", t.sameKey("a", "b"))
}

// keepOrder lets staged rows count as unchanged whose standing version was hashed as it
// came, before lists were sorted for that.
func (t *table) keepOrder() string {
	return fmt.Sprintf(`UPDATE pg_temp.stage AS s
SET version_hash = t.version_hash
FROM %s AS t
WHERE %s AND %s AND t.version_hash = s.came_hash AND s.came_hash <> s.version_hash`, t.name, t.where, t.sameKey("t", "s"))
}

// endChanged ends the standing versions that have a staged successor. The moved
// rows go to the partition of the month of $3.
func (t *table) endChanged() string {
	return fmt.Sprintf(`UPDATE %s AS t
SET %s
FROM pg_temp.stage AS s
WHERE %s AND %s AND t.version_hash <> s.version_hash`, t.name, t.setEnded(), t.where, t.sameKey("t", "s"))
}

// open inserts every staged row that no standing version equals: after
// endChanged, these are the new versions of changed rows (and new rows, where
// they are staged).
func (t *table) open() string {
	return fill("open.sql", verbs{
		"standing": t.standing, "columns": columnList("", t.columns), "table": t.name, "where": t.where, "same": t.sameKey("t", "s"),
		"order": columnList("s.", append(t.key(), "seq")),
	})
}

// copyStanding takes new rows, straight into the standing rows' own partition.
func (t *table) copyStanding() string {
	return fmt.Sprintf("COPY %s (account_id, region_id, %s, version_hash, row_hash, valid_from) FROM STDIN BINARY", t.standing, columnList("", t.columns))
}

// endAll ends all that stands.
func (t *table) endAll() string {
	return fmt.Sprintf("UPDATE %s AS t\nSET %s\nWHERE %s", t.name, t.setEnded(), t.where)
}

// selectValues reads, of the standing rows with one of the keys $3, the key and the
// value of Each's column.
func (t *table) selectValues(each *source.Each) string {
	return fmt.Sprintf("SELECT t.%[1]s::text, t.%[2]s::text FROM %[3]s AS t WHERE %[4]s AND t.%[1]s = ANY ($3::text[]::%[5]s[]) AND t.%[2]s IS NOT NULL",
		t.key()[0], ident(each.Column), t.name, t.where, t.columnType(t.Key[0]))
}

// compareStage reads what the stage would open and change: the key as text, and
// of a standing version the tracked columns that differ, as {column: [old, new]}.
func (t *table) compareStage() string {
	var pairs []string
	for i, name := range t.columns {
		if i < len(t.Columns) && t.Columns[i].Volatile {
			continue
		}
		pairs = append(pairs, fmt.Sprintf("('%s', to_jsonb(t.%s), to_jsonb(s.%s))", t.columnName(i), name, name))
	}
	return fill("compare_stage.sql", verbs{
		"key": KeyText(t.Source, "s"), "pairs": strings.Join(pairs, ", "), "table": t.name, "standing": t.where, "same": t.sameKey("t", "s"),
	})
}

// columnName is the plain name of a column of t.columns.
func (t *table) columnName(i int) string {
	if i < len(t.Columns) {
		return t.Columns[i].Name
	}
	return "extra"
}

// A query collects SQL text and its arguments.
type query struct {
	args []any
}

func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return fmt.Sprintf("$%d", len(q.args))
}

// conditions renders source conditions on alias t.
func (q *query) conditions(list []source.Condition) string {
	var b strings.Builder
	for _, c := range list {
		not := ""
		if c.Not {
			not = " IS NOT TRUE" // also where the column is NULL
		}
		fmt.Fprintf(&b, " AND (t.%s::text = ANY (%s::text[]))%s", ident(c.Column), q.arg(c.In), not)
	}
	return b.String()
}

// asked is the value, or the pair of values, that rows on alias t were asked for by.
func asked(each *source.Each) string {
	value := "t." + ident(each.Column) + "::text"
	if each.Each == nil {
		return value
	}
	return fmt.Sprintf("(%s || %s || t.%s::text)", value, source.PairMark, ident(each.Each.Column))
}

// scope renders the predicate of a sweep on alias t, without the partition's.
func (q *query) scope(sw *source.Sweep, s Scope) string {
	var b strings.Builder
	b.WriteString(q.set("t", sw))
	if sw.Each != nil {
		fmt.Fprintf(&b, " AND %s = ANY (%s::text[])", asked(sw.Each), q.arg(s.Values))
	}
	if sw.Since != nil && !s.Since.IsZero() {
		fmt.Fprintf(&b, " AND t.%s >= %s", ident(sw.Since.Column), q.arg(s.Since))
	}
	return b.String()
}

// set renders the constants of a sweep on an alias. Columns are visited in the
// text's order so that statements repeat and stay prepared.
func (q *query) set(alias string, sw *source.Sweep) string {
	var b strings.Builder
	for _, name := range sortedKeys(sw.Set) {
		fmt.Fprintf(&b, " AND %s.%s::text = %s", alias, ident(name), q.arg(sw.Set[name]))
	}
	return b.String()
}
