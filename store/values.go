package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Values returns, in order, up to limit of the distinct values after a given one
// that the sweep is to be made for, as the tables will stand after what this run has
// found so far. Of those for a full sweep, the ones that rest are left out.
func (s *Sync) Values(ctx context.Context, each *source.Each, full bool, after string, limit int) (_ []string, err error) {
	defer wrap(&err, "read the values to ask %s for", s.part)
	if err := s.found.stage.flush(ctx); err != nil {
		return nil, err
	}
	q := s.query()
	from, resting := each.From, ""
	if full && each.Full != nil {
		from = each.Full
	}
	if each.Rest != nil && (full || each.Full == nil) {
		resting = s.resting(q, each)
	}
	values := s.readFrom(q, from, nil)
	if each.Each != nil {
		values = s.readFrom(q, from, each.Fixed)
		if inner := s.readFrom(q, each.Each.From, each.Each.Fixed); values != "" && inner != "" {
			values = fmt.Sprintf("SELECT o.v || %s || i.v AS v FROM (%s) AS o CROSS JOIN (%s) AS i", source.PairMark, values, inner)
		} else {
			values = ""
		}
	}
	if values == "" {
		return nil, nil
	}
	// The partition's parameters must be mentioned, also where no table is read.
	sql := fmt.Sprintf(`SELECT DISTINCT v COLLATE "C" AS v FROM (%s) AS u WHERE $1::text IS NOT NULL AND $2::text IS NOT NULL AND v COLLATE "C" > %s%s ORDER BY 1 LIMIT %s`,
		values, q.arg(after), resting, q.arg(limit))
	return collect[string](ctx, s.querier(), sql, q.args...)
}

// readFrom selects values as v, where they may come twice; empty: there are none.
func (s *Sync) readFrom(q *query, from []source.Values, fixed []string) string {
	var selects []string
	if fixed != nil {
		selects = append(selects, fmt.Sprintf("SELECT unnest(%s::text[]) AS v", q.arg(fixed)))
	}
	for _, v := range from {
		if table := s.current(v); table != "" {
			columns := make([]string, len(v.Columns))
			for i, c := range v.Columns {
				columns[i] = "t." + ident(c) + "::text"
			}
			selects = append(selects, fmt.Sprintf("SELECT unnest(ARRAY[%s]) AS v FROM %s AS t WHERE true%s",
				strings.Join(columns, ", "), table, q.conditions(v.Where)))
		}
	}
	return strings.Join(selects, " UNION ALL ")
}

// Older returns, in order, up to limit of the keys after a given one of standing rows
// that a sweep since a moment leaves out though they are open.
func (s *Sync) Older(ctx context.Context, sw *source.Sweep, since time.Time, after string, limit int) (_ []string, err error) {
	defer wrap(&err, "read what is open of %s", s.part)
	q := s.query()
	sql := fmt.Sprintf(`SELECT t.%[1]s::text COLLATE "C"
FROM %[2]s AS t
WHERE %[3]s%[4]s%[5]s AND (t.%[6]s >= %[7]s) IS NOT TRUE AND t.%[1]s::text COLLATE "C" > %[8]s
ORDER BY 1
LIMIT %[9]s`, s.t.key()[0], s.t.name, s.t.where, q.set("t", sw), q.conditions(sw.Since.Open),
		ident(sw.Since.Column), q.arg(since), q.arg(after), q.arg(limit))
	return collect[string](ctx, s.querier(), sql, q.args...)
}

// Stuck counts the standing rows that had been open for too long at the moment a run
// began, and returns the keys of the oldest of them, up to a limit. Those that were open
// for too long at the run before are left out: that one has returned them.
func (s *Store) Stuck(ctx context.Context, p Partition, past Past, began time.Time, limit int) (keys []string, all int, err error) {
	defer wrap(&err, "look for what is stuck of %s", p)
	stuck := p.Source.Stuck
	if stuck == nil {
		return nil, 0, nil
	}
	t := newTable(p.Source)
	q := &query{args: []any{p.AccountID, p.RegionID}}
	at := "t." + ident(stuck.Column)
	fresh := "true"
	if !past.Last.IsZero() {
		fresh = fmt.Sprintf(`%s >= %s OR NOT EXISTS (
    SELECT FROM %s AS h
    WHERE h.account_id = $1 AND h.region_id = $2 AND %s AND h.valid_from <= %s
)`, at, q.arg(past.Last.Add(-stuck.After)), t.name, t.sameKey("t", "h"), q.arg(past.LastEnded))
	}
	rows, err := s.pool.Query(ctx, fmt.Sprintf(`SELECT %s, count(*) OVER ()
FROM %s AS t
WHERE %s%s AND %s < %s AND (%s)
ORDER BY %s, 1
LIMIT %s`, KeyText(t.Source, "t"), t.name, t.where, q.conditions(stuck.Open), at, q.arg(began.Add(-stuck.After)), fresh, at, q.arg(limit)), q.args...)
	if err != nil {
		return nil, 0, err
	}
	var key string
	_, err = pgx.ForEachRow(rows, []any{&key, &all}, func() error {
		keys = append(keys, key)
		return nil
	})
	return keys, all, err
}

// Settled keeps, of values that a sweep is to be made for, those that have standing rows
// and that were not read from a row found by this run. The others are likely to have rows
// that are not known yet.
func (s *Sync) Settled(ctx context.Context, each *source.Each, values []string) (_ []string, err error) {
	defer wrap(&err, "read what is known of %s", s.part)
	if err := s.found.stage.flush(ctx); err != nil {
		return nil, err
	}
	q := s.query()
	sql := fmt.Sprintf(`SELECT v_
FROM unnest(%s::text[]) AS v_
WHERE EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = v_)`, q.arg(values), s.t.name, s.t.where, ident(each.Column))
	if s.found.stage.exists() {
		for _, from := range slices.Concat(each.From, each.Full) {
			for _, c := range from.Columns {
				if from.Source == "" || from.Source == s.t.Source.Name {
					sql += fmt.Sprintf(" AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE s.%s::text = v_)", ident(c))
				}
			}
		}
	}
	return collect[string](ctx, s.querier(), sql+" ORDER BY 1", q.args...)
}

// current is the relation of the rows that will stand: the stage over what
// stands. Empty: there are none.
func (s *Sync) current(v source.Values) string {
	if v.Source != "" && v.Source != s.t.Source.Name {
		return s.rowsOf(v.Source)
	}
	columns := columnList("", s.t.columns)
	if !s.found.stage.exists() {
		if v.Touched {
			return ""
		}
		return s.rowsOf(s.t.Name)
	}
	// The later of two rows staged with the same key is the one that counts.
	key := columnList("", s.t.key())
	staged := fmt.Sprintf("(SELECT DISTINCT ON (%s) %s FROM pg_temp.stage ORDER BY %s, seq DESC)", key, columns, key)
	if v.Touched {
		return staged
	}
	return fmt.Sprintf("(%s UNION ALL SELECT %s FROM %s AS t WHERE %s AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE %s))",
		staged, columnList("t.", s.t.columns), s.t.name, s.t.where, s.t.sameKey("t", "s"))
}
