package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// cutDays, in a FROM, makes the transaction's time zone the one that days are cut in.
const cutDays = "(SELECT set_config('timezone', coalesce((SELECT timezone FROM syncer.settings), 'UTC'), true)) AS zone"

// SetTimezone says in which IANA time zone the trends' days are cut. Where that is
// another one than before, the rollups are rebuilt; it reports so.
func (s *Store) SetTimezone(ctx context.Context, zone string, sources []*source.Source) (rebuilt bool, err error) {
	defer wrap(&err, "cut the trends' days in %s", zone)
	const read = "SELECT timezone IS NOT DISTINCT FROM $1 FROM syncer.settings"
	var same bool
	if err := s.pool.QueryRow(ctx, read, zone).Scan(&same); err != nil || same {
		return false, err
	}
	known, err := s.CheckZone(ctx, zone)
	if err == nil && known.Remedy != "" {
		err = fmt.Errorf("%w: %s; %s", ErrTimezone, known.Found, known.Remedy)
	}
	if err != nil {
		return false, err
	}
	err = s.aloneWithTrends(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, read, zone).Scan(&same); err != nil || same {
			return err // another process came first
		}
		if _, err := tx.Exec(ctx, "UPDATE syncer.settings SET timezone = $1", zone); err != nil {
			return err
		}
		return rebuild(ctx, tx, sources)
	})
	return err == nil && !same, err
}

// ErrTimezone: the server cannot cut days in the time zone.
var ErrTimezone = errors.New("the database cannot use the time zone")

// RebuildTrends makes the rollups anew from the versions. Days before the horizon,
// whose versions are gone, stay as they are. Merges wait meanwhile.
func (s *Store) RebuildTrends(ctx context.Context, sources []*source.Source) (err error) {
	defer wrap(&err, "rebuild the trends")
	return s.aloneWithTrends(ctx, func(tx pgx.Tx) error { return rebuild(ctx, tx, sources) })
}

func (s *Store) aloneWithTrends(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockAll(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

func rebuild(ctx context.Context, tx pgx.Tx, sources []*source.Source) error {
	if _, err := tx.Exec(ctx, "SELECT FROM "+cutDays); err != nil {
		return err
	}
	for _, src := range sources {
		t := newTable(src)
		for i := range src.Trends {
			for _, sql := range t.rebuildTrend(&src.Trends[i]) {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return fmt.Errorf("%s: %w", src.Trends[i].Name, err)
				}
			}
		}
	}
	return nil
}

// rebuildTrend replaces the spans from the first whole day after the horizon on.
// A version is there at the end of each day from that of its valid_from to the one
// before that of its valid_to: what it adds on the first, it takes away on the other.
func (t *table) rebuildTrend(tr *source.Trend) []string {
	name := pgx.Identifier{"syncer", tr.Name}.Sanitize()
	// A horizon is midnight somewhere: at most a day is cut in two.
	const start = "(SELECT coalesce(ceil_day, '-infinity') FROM (SELECT (horizon_at + interval '1 day' - interval '1 microsecond')::date AS ceil_day FROM syncer.settings) AS h)"
	dims := quoted(tr.By)
	var measures, spans, from, to, zero, sums, running []string
	for _, m := range tr.Measures {
		n := ident(m.Name)
		switch {
		case m.Value != "":
			spans = append(spans, fmt.Sprintf("v.%s AS %s", ident(m.Value), n))
			from = append(from, fmt.Sprintf("CASE WHEN to_day > from_day THEN %s END", n))
			to, zero = append(to, "NULL"), append(zero, "NULL")
			sums, running = append(sums, fmt.Sprintf("max(%s) AS %s", n, n)), append(running, n)
		case m.Kept() && m.On != "":
			// Counted on its first day only, if it is still there at that day's end.
			spans = append(spans, fmt.Sprintf("CASE WHEN v.valid_from::date >= %s THEN %s ELSE 0 END AS %s", start, t.term(m, +1), n))
			from = append(from, fmt.Sprintf("CASE WHEN to_day > from_day THEN %s ELSE 0 END", n))
			to, zero = append(to, "0"), append(zero, "0")
			sums, running = append(sums, fmt.Sprintf("sum(%s) AS %s", n, n)), append(running, n)
		case m.Kept():
			spans = append(spans, t.term(m, +1)+" AS "+n)
			from, to, zero = append(from, n), append(to, "-"+n), append(zero, "0")
			sums, running = append(sums, fmt.Sprintf("sum(%s) AS %s", n, n)), append(running, fmt.Sprintf("sum(%[1]s) OVER w AS %[1]s", n))
		default:
			continue
		}
		measures = append(measures, n)
	}
	begin := fmt.Sprintf("SELECT r.account_id, r.region_id, r.series, %s%s, %s\nFROM %s AS r\nWHERE r.to_day = 'infinity' AND isfinite(%s)", columnsBefore("r.", dims), start, strings.Join(zero, ", "), name, start)
	if len(dims) == 0 { // begins with the partition's first merge, whatever that found
		begin += fmt.Sprintf("\nUNION ALL\nSELECT account_id, region_id, '[]', greatest(first_merged_at::date, %s), %s\nFROM syncer.partitions\nWHERE source = %s AND first_merged_at IS NOT NULL",
			start, strings.Join(zero, ", "), literal(t.Source.Name))
	} else { // and with zeros, a series that came later
		begin += fmt.Sprintf("\nUNION ALL\nSELECT DISTINCT s.account_id, s.region_id, s.series, %sgreatest(p.first_merged_at::date, %s), %s\nFROM spans AS s\nJOIN syncer.partitions AS p ON p.account_id = s.account_id AND p.source = %s AND p.region_id = s.region_id",
			columnsBefore("s.", dims), start, strings.Join(castZero(t, tr, zero), ", "), literal(t.Source.Name))
	}
	// The spans that are kept are cut once the new ones were read from them.
	return []string{
		fill("rebuild_trend.sql", verbs{
			"series": t.series(tr), "ofV": columnsBefore("v.", dims), "dims": columnsBefore("", dims), "start": start,
			"spans": strings.Join(spans, ", "), "table": t.name, "sums": strings.Join(sums, ", "),
			"from": strings.Join(from, ", "), "to": strings.Join(to, ", "), "begin": begin,
			"measures": strings.Join(measures, ", "), "running": strings.Join(running, ", "),
		}),
		fmt.Sprintf("DELETE FROM %s WHERE from_day >= %s", name, start),
		fmt.Sprintf("UPDATE %s SET to_day = %s WHERE to_day > %s", name, start, start),
		fmt.Sprintf("INSERT INTO %s (account_id, region_id, series, %sfrom_day, to_day, %s)\nSELECT * FROM pg_temp.rebuilt", name, columnsBefore("", dims), strings.Join(measures, ", ")),
		"DROP TABLE pg_temp.rebuilt",
	}
}

// castZero gives the NULLs among zeros their column's type.
func castZero(t *table, tr *source.Trend, zero []string) []string {
	cast := make([]string, 0, len(zero))
	for _, m := range tr.Measures {
		switch {
		case m.Value != "":
			cast = append(cast, "NULL::"+t.columnType(m.Value))
		case m.Kept():
			cast = append(cast, "0")
		}
	}
	return cast
}
