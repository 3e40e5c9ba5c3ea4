package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// ErrUnknown: a source, view or column that was named is not there.
var ErrUnknown = errors.New("there is none of this name")

// SourceList is one row for each source that has views: what it is, how many rows stand,
// and how fresh it is.
func (g *Guard) SourceList(ctx context.Context) (Answer, error) {
	var names []string
	for _, s := range g.store.Sources() {
		names = append(names, s.Name)
	}
	// One row, however few an answer may have.
	a, err := g.Ask(ctx, `SELECT coalesce(json_agg(c.relname), '[]') AS there
FROM pg_class AS c
WHERE c.relnamespace = to_regnamespace('alicloud') AND c.relkind = 'v' AND c.relname = ANY ($1::text[])`, 1, names)
	if err != nil {
		return a, err
	}
	var views struct{ There []string }
	if err := json.Unmarshal([]byte(strings.Join(a.Rows, "")), &views); err != nil {
		return a, fmt.Errorf("read which sources have views: %w", err)
	}
	var counts []string
	for _, s := range g.store.Sources() {
		if slices.Contains(views.There, s.Name) {
			counts = append(counts, fmt.Sprintf("SELECT '%s' AS source, count(*) AS rows FROM %s", s.Name, view(s.Name)))
		}
	}
	if len(counts) == 0 {
		return Answer{}, fmt.Errorf("sources with views: %w", ErrUnknown)
	}
	return g.Ask(ctx, `SELECT
    s.source,
    obj_description(to_regclass(format('alicloud.%I', s.source)), 'pg_class') AS meaning,
    s.rows AS rows_now,
    f.partitions,
    f.oldest_success_at,
    f.late_partitions
FROM (`+strings.Join(counts, "\nUNION ALL\n")+`) AS s
LEFT JOIN (
    SELECT source, count(*) AS partitions, min(last_success_at) AS oldest_success_at, count(*) FILTER (WHERE late) AS late_partitions
    FROM alicloud.sync_freshness
    GROUP BY source
) AS f USING (source)
ORDER BY s.source`, 0)
}

// Describe is one row for each column of a view, and one for each view and function that
// belongs to it.
func (g *Guard) Describe(ctx context.Context, name string) (Answer, error) {
	belong := []string{name, name + "_history", name + "_daily"}
	if s, ok := source.ByName(g.store.Sources(), name); ok {
		for _, t := range s.Trends {
			belong = append(belong, t.Name)
		}
		for _, p := range s.Spells {
			belong = append(belong, p.Name, p.Name+"_daily")
		}
	}
	a, err := g.Ask(ctx, `SELECT
    o.kind,
    o.name,
    o.type,
    o.meaning
FROM (
    SELECT 1 AS place, CASE WHEN c.relname = $1 THEN 0 ELSE 1 END AS far, 0 AS n, 'view' AS kind, 'alicloud.' || c.relname AS name,
        NULL::text AS type, obj_description(c.oid, 'pg_class') AS meaning
    FROM pg_class AS c
    WHERE c.relnamespace = to_regnamespace('alicloud') AND c.relkind = 'v' AND c.relname = ANY ($2::text[])
    UNION ALL
    SELECT 2, 0, a.attnum, 'column', a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = to_regnamespace('alicloud') AND c.relkind = 'v' AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 3, 0, 0, 'function', f.oid::regprocedure::text, pg_get_function_result(f.oid), obj_description(f.oid, 'pg_proc')
    FROM pg_proc AS f
    WHERE f.pronamespace = to_regnamespace('alicloud') AND f.proname IN ($1 || '_as_of', $1 || '_between')
) AS o
ORDER BY o.far, o.place, o.n, o.name`, 0, name, belong)
	if err == nil && len(a.Rows) == 0 {
		err = fmt.Errorf("view alicloud.%s: %w; list_sources has those of the sources", name, ErrUnknown)
	}
	return a, err
}

// RowsOf are the rows of a view, those with the values of where; of a source also as of
// a moment.
func (g *Guard) RowsOf(ctx context.Context, name string, at time.Time, where map[string]string, rows int) (Answer, error) {
	condition, args, err := g.condition(ctx, name, where)
	if err != nil {
		return Answer{}, err
	}
	from := view(name)
	if !at.IsZero() {
		args = append(args, at)
		from = fmt.Sprintf("%s($%d)", view(name+"_as_of"), len(args))
	}
	return g.Ask(ctx, "SELECT *\nFROM "+from+" AS answers\nWHERE "+condition, rows, args...)
}

// Life are the versions of rows of a source, each with what differs from the one before.
func (g *Guard) Life(ctx context.Context, src *source.Source, where map[string]string, rows int) (Answer, error) {
	condition, args, err := g.condition(ctx, src.Name+"_history", where)
	if err != nil {
		return Answer{}, err
	}
	key := []string{"account_id", "region_id"}
	for _, k := range src.Key {
		key = append(key, pgx.Identifier{k}.Sanitize())
	}
	by := "v." + strings.Join(key, ", v.")
	return g.Ask(ctx, `SELECT
    v.valid_from,
    v.valid_to,
    v.row,
    CASE WHEN v.before IS NOT NULL THEN (
        SELECT coalesce(jsonb_object_agg(k.key, jsonb_build_object('old', v.before -> k.key, 'new', v.row -> k.key)), '{}')
        FROM jsonb_object_keys(v.before || v.row) AS k (key)
        WHERE v.before -> k.key IS DISTINCT FROM v.row -> k.key
    ) END AS changed
FROM (
    SELECT v.valid_from, v.valid_to, v.row, lag(v.row) OVER (PARTITION BY `+by+` ORDER BY v.valid_from) AS before, `+by+`
    FROM (
        SELECT answers.*, to_jsonb(answers) - 'valid_from' - 'valid_to' AS row
        FROM `+view(src.Name+"_history")+` AS answers
        WHERE `+condition+`
    ) AS v
) AS v
ORDER BY `+by+`, v.valid_from`, rows, args...)
}

// ChangesBetween are the latest changes of a window that are settled.
func (g *Guard) ChangesBetween(ctx context.Context, since, until time.Time, sources, kinds []string, key string, rows int) (Answer, error) {
	return g.Ask(ctx, `SELECT at, source, account_id, region_id, key, kind, changed
FROM alicloud.changes
WHERE at >= $1 AND at < least($2, alicloud.settled_at())
    AND (cardinality($3::text[]) = 0 OR source = ANY ($3))
    AND (cardinality($4::text[]) = 0 OR kind = ANY ($4))
    AND ($5 = '' OR strpos(key, $5) > 0)
ORDER BY at DESC, source, key`, rows, since, until, append([]string{}, sources...), append([]string{}, kinds...), key)
}

// Trend are the days of a trend's or spells' daily view. Days are as 2026-05-03.
func (g *Guard) Trend(ctx context.Context, name, from, to string, where map[string]string, rows int) (Answer, error) {
	condition, args, err := g.condition(ctx, name, where)
	if err != nil {
		return Answer{}, err
	}
	n := len(args)
	args = append(args, from, to)
	return g.Ask(ctx, fmt.Sprintf(`SELECT *
FROM %s AS answers
WHERE day >= $%d::text::date AND day <= $%d::text::date AND %s
ORDER BY day`, view(name), n+1, n+2, condition), rows, args...)
}

// FreshnessOf says of each partition of the sources (none: all) until when it is complete.
func (g *Guard) FreshnessOf(ctx context.Context, sources []string) (Answer, error) {
	return g.Ask(ctx, `SELECT source, account_id, account_name, region_id, last_success_at, late, last_run_at, last_status,
    last_status = 'held' AS held, last_error_code, last_error_message, next_due_at, alicloud.settled_at() AS settled_at
FROM alicloud.sync_freshness
WHERE cardinality($1::text[]) = 0 OR source = ANY ($1)
ORDER BY source, account_name, region_id`, 0, append([]string{}, sources...))
}

// condition compares columns of a view with texts. Each is read as the column's type, so
// that indexes serve.
func (g *Guard) condition(ctx context.Context, name string, where map[string]string) (string, []any, error) {
	types, err := g.columnTypes(ctx, name)
	if err != nil {
		return "", nil, err
	}
	parts, args := []string{"true"}, []any{}
	for _, column := range slices.Sorted(maps.Keys(where)) {
		typ, ok := types[column]
		if !ok {
			return "", nil, fmt.Errorf("column %s of alicloud.%s: %w; describe lists its columns", column, name, ErrUnknown)
		}
		args = append(args, where[column])
		parts = append(parts, fmt.Sprintf("answers.%s = $%d::text::%s", pgx.Identifier{column}.Sanitize(), len(args), typ))
	}
	return strings.Join(parts, " AND "), args, nil
}

func (g *Guard) columnTypes(ctx context.Context, name string) (map[string]string, error) {
	rows, err := g.pool.Query(ctx, `SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute AS a
WHERE a.attrelid = to_regclass(format('alicloud.%I', $1::text)) AND a.attnum > 0 AND NOT a.attisdropped`, name)
	if err != nil {
		return nil, err
	}
	types := map[string]string{}
	var column, typ string
	if _, err := pgx.ForEachRow(rows, []any{&column, &typ}, func() error {
		types[column] = typ
		return nil
	}); err != nil {
		return nil, err
	}
	if len(types) == 0 {
		return nil, fmt.Errorf("view alicloud.%s: %w", name, ErrUnknown)
	}
	return types, nil
}

func view(name string) string { return pgx.Identifier{"alicloud", name}.Sanitize() }
