package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncer/source"
)

// Newest is the revision that derived last, and the last migration that was applied by
// then; 0, 0: nothing is derived.
func Newest(ctx context.Context, q querier) (revision, migration int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(revision, 0), coalesce(max(migration), 0)
FROM (SELECT max(revision) AS revision FROM syncer.derived WHERE definition IS NULL) AS newest
LEFT JOIN syncer.derived AS d USING (revision)
GROUP BY 1`).Scan(&revision, &migration)
	return revision, migration, err
}

// Down takes back what the newest revision has derived, and names it: what stood before
// stands again, and what it was first to make goes, with all that it holds. Columns of
// tables stay, with their values. Grants and options of views stay; where users' views hang on what would go,
// nothing is done. All: what comes before goes, too, and answers nothing any more.
func Down(ctx context.Context, tx pgx.Tx, all bool) (undone []string, err error) {
	revision, _, err := Newest(ctx, tx)
	if err != nil || revision == 0 {
		return nil, err
	}
	if err := pruned(ctx, tx); err != nil && !all {
		return nil, err
	}
	had, err := readSettings(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT d.name, d.source, coalesce(before.revision, -1), coalesce(before.volatile, '{}'), coalesce(before.fill, ''), coalesce(before.definition, '')
FROM syncer.derived AS d
LEFT JOIN LATERAL (
    SELECT *
    FROM syncer.derived AS b
    WHERE b.name = d.name AND b.revision < d.revision
    ORDER BY b.revision DESC
    LIMIT 1
) AS before ON true
WHERE d.definition IS NULL AND d.revision = $1
ORDER BY d.name = d.source, d.name`, revision) // trends and spells before their sources
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[former])
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{
		"DELETE FROM syncer.derived WHERE definition IS NULL AND revision = $1",
		`UPDATE syncer.derived AS d
SET definition = NULL
WHERE d.revision = (SELECT max(n.revision) FROM syncer.derived AS n WHERE n.name = d.name) AND d.revision < $1`,
		"DELETE FROM syncer.derived WHERE revision = 0 AND definition IS NULL AND $1 > 0", // nothing has derived it
	} {
		if _, err := tx.Exec(ctx, sql, revision); err != nil {
			return nil, err
		}
	}
	if err := unite(ctx, tx); err != nil {
		return nil, explained("alicloud.changes", err)
	}
	stands, err := readCatalogue(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		if err := f.restore(ctx, tx, stands); err != nil {
			return nil, err
		}
		if f.Name == f.Source {
			undone = append(undone, f.Name)
		}
	}
	return undone, had.give(ctx, tx)
}

// pruned: the release before the first revision asks for no horizon.
func pruned(ctx context.Context, tx pgx.Tx) (err error) {
	var gone, first bool
	if err := tx.QueryRow(ctx, `SELECT
    EXISTS (SELECT FROM syncer.settings WHERE horizon_at IS NOT NULL),
    NOT EXISTS (SELECT FROM syncer.derived WHERE definition IS NOT NULL AND revision > 0)`).Scan(&gone, &first); err != nil {
		return err
	}
	if gone && first {
		return errors.New("history was pruned, and the release before would answer wrongly about what is gone: stay with this one, or restore a dump from before the prune")
	}
	return nil
}

// A former is how a source, a trend or a spell stood before a revision.
type former struct {
	Name, Source string
	Revision     int64 // -1: it was not there. 0: the files of the first release have made it
	Volatile     []string
	Fill         string
	Definition   string // SQL
}

func (f former) restore(ctx context.Context, tx pgx.Tx, stands catalogue) error {
	if isSpell(f.Name, f.Source) {
		if f.Revision < 0 {
			return explained("alicloud."+f.Name, exec(ctx, tx, dropSpell(f.Name)...))
		}
		return explained("alicloud."+f.Name, f.redefine(ctx, tx))
	}
	trend := f.Name != f.Source
	if f.Revision < 0 {
		if trend {
			return explained("alicloud."+f.Name, exec(ctx, tx, "DROP VIEW alicloud."+f.Name, "DROP TABLE syncer."+f.Name))
		}
		return explained("alicloud."+f.Name, drop(ctx, tx, f.Name, stands))
	}
	var later []string
	if !trend {
		s := standingSource(f.Name, stands["syncer."+f.Name], f.Volatile)
		m := moveVolatile(design{Source: s}, stands, f.Volatile)
		if err := exec(ctx, tx, append(m.back, m.forth...)...); err != nil {
			return err
		}
		later = m.drop
	}
	if err := f.redefine(ctx, tx); err != nil {
		return explained("alicloud."+f.Name, err)
	}
	if f.Revision == 0 {
		later = append(later, fmt.Sprintf("DROP FUNCTION IF EXISTS alicloud.%s_between(timestamptz, timestamptz)", f.Name),
			"DROP VIEW syncer."+f.Name+"_changes", "DROP INDEX syncer."+f.Name+"_valid_from_idx")
	}
	if err := exec(ctx, tx, later...); err != nil || f.Fill == "" {
		return err
	}
	return fill(ctx, tx, f.Fill)
}

// redefine makes the views as they were. PostgreSQL takes no column from a view that it
// replaces: then they are made anew, where nothing hangs on them.
func (f former) redefine(ctx context.Context, tx pgx.Tx) error {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return exec(ctx, tx, f.Definition) })
	if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "42P16" { // invalid_table_definition
		return err
	}
	switch {
	case f.Name == f.Source:
		err = exec(ctx, tx, dropViews(f.Name)...)
	case isSpell(f.Name, f.Source):
		err = exec(ctx, tx, dropSpell(f.Name)...)
	default:
		err = exec(ctx, tx, "DROP VIEW alicloud."+f.Name)
	}
	if err != nil {
		return err
	}
	return exec(ctx, tx, f.Definition)
}

func dropSpell(name string) []string {
	return []string{"DROP VIEW alicloud." + name + "_daily", "DROP VIEW alicloud." + name}
}

func dropViews(name string) []string {
	return []string{
		fmt.Sprintf("DROP FUNCTION alicloud.%s_as_of(timestamptz)", name),
		fmt.Sprintf("DROP FUNCTION IF EXISTS alicloud.%s_between(timestamptz, timestamptz)", name),
		fmt.Sprintf("DROP VIEW alicloud.%s_history", name),
		fmt.Sprintf("DROP VIEW alicloud.%s", name),
	}
}

// drop takes a source's relations, and what they hold.
func drop(ctx context.Context, tx pgx.Tx, name string, stands catalogue) error {
	sql := dropViews(name)
	for _, relation := range []struct{ kind, name string }{
		{"VIEW", "syncer." + name + "_changes"},
		{"TABLE", "syncer." + name + "_volatile"},
	} {
		if _, there := stands[relation.name]; there {
			sql = append(sql, fmt.Sprintf("DROP %s %s", relation.kind, relation.name))
		}
	}
	return exec(ctx, tx, append(sql, "DROP TABLE syncer."+name)...)
}

// Drop takes away all that is derived from a source, in whatever revision, and all that it
// holds. Where a view of a user's hangs on it, nothing is done.
func Drop(ctx context.Context, tx pgx.Tx, name string) error {
	rows, err := tx.Query(ctx, "SELECT DISTINCT name FROM syncer.derived WHERE source = $1 AND name <> $1 ORDER BY name", name)
	if err != nil {
		return err
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	had, err := readOptions(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM syncer.derived WHERE source = $1", name); err != nil {
		return err
	}
	if err := unite(ctx, tx); err != nil {
		return explained("alicloud.changes", err)
	}
	for _, part := range parts {
		sql := []string{"DROP VIEW IF EXISTS alicloud." + part, "DROP TABLE IF EXISTS syncer." + part}
		if isSpell(part, name) {
			sql = []string{"DROP VIEW IF EXISTS alicloud." + part + "_daily", "DROP VIEW IF EXISTS alicloud." + part}
		}
		if err := exec(ctx, tx, sql...); err != nil {
			return explained("alicloud."+part, err)
		}
	}
	stands, err := readCatalogue(ctx, tx)
	if err != nil {
		return err
	}
	if err := drop(ctx, tx, name, stands); err != nil {
		return explained("alicloud."+name, err)
	}
	return giveOptions(ctx, tx, had) // of alicloud.changes, which was replaced
}

func isDependency(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "2BP01" // dependent_objects_still_exist
}

// explained says what to do where something of a user's keeps a relation from going.
func explained(relation string, err error) error {
	if !isDependency(err) {
		return err
	}
	pg, _ := errors.AsType[*pgconn.PgError](err)
	return fmt.Errorf("%s would lose columns, or go: %w (%s); drop what hangs on it, and make it again afterwards", relation, err, pg.Detail)
}

// standingSource is a source as its table says, where no declaration does.
func standingSource(name string, table relation, volatile []string) *source.Source {
	types := map[string]source.Type{}
	for _, t := range []source.Type{source.Text, source.BigInt, source.Double, source.Bool, source.Millis, source.JSON} {
		types[catalogueType(t)] = t
	}
	s := &source.Source{Name: name}
	for _, a := range table.columns {
		s.Columns = append(s.Columns, source.Column{Name: a.name, Type: types[a.typ], Volatile: slices.Contains(volatile, a.name)})
	}
	for _, k := range table.key {
		if !slices.Contains([]string{"account_id", "region_id", "valid_to"}, k) {
			s.Key = append(s.Key, k)
		}
	}
	return s
}

// definition is the SQL that makes what users see of a source, a trend or a spell, as it
// stands now.
func definition(ctx context.Context, tx pgx.Tx, name, of string) (sql string, err error) {
	err = tx.QueryRow(ctx, `WITH relations AS (
    SELECT c.oid, c.relkind, u.place
    FROM unnest(ARRAY['alicloud.' || $1, 'alicloud.' || $1 || '_history', CASE WHEN $2 THEN 'alicloud.' || $1 || '_daily' END, 'syncer.' || $1 || '_changes', 'syncer.' || $1]) WITH ORDINALITY AS u (name, place)
    JOIN pg_class AS c ON c.oid = to_regclass(u.name)
), functions AS (
    SELECT p.oid
    FROM pg_proc AS p
    WHERE p.oid IN (to_regprocedure('alicloud.' || $1 || '_as_of(timestamptz)'), to_regprocedure('alicloud.' || $1 || '_between(timestamptz, timestamptz)'))
)
SELECT string_agg(text || ';', E'\n' ORDER BY step, place, part)
FROM (
    SELECT 1, place, 0, format(E'CREATE OR REPLACE VIEW %s AS\n%s', oid::regclass, rtrim(pg_get_viewdef(oid), ';'))
    FROM relations
    WHERE relkind = 'v'
    UNION ALL
    SELECT 2, 0, 0, pg_get_functiondef(oid)
    FROM functions
    UNION ALL
    SELECT 3, place, objsubid, format('COMMENT ON %s %s IS %L',
        CASE WHEN objsubid > 0 THEN 'COLUMN' WHEN relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END,
        concat_ws('.', oid::regclass, (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = oid AND attnum = objsubid AND objsubid > 0)),
        description)
    FROM relations
    JOIN pg_description ON objoid = oid AND classoid = 'pg_class'::regclass
    UNION ALL
    SELECT 4, 0, 0, format('COMMENT ON FUNCTION %s IS %L', oid::regprocedure, description)
    FROM functions
    JOIN pg_description ON objoid = oid AND classoid = 'pg_proc'::regclass
) AS statements (step, place, part, text)`, name, isSpell(name, of)).Scan(&sql)
	return sql, err
}
