package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A Rule says which changes to a source's rows are looked for.
type Rule struct {
	Source   *source.Source
	Column   string  // empty: the row as a whole
	Verb     string  // opened, ended, returned, changed, became, rose or fell
	From, To *string // of changed and became, as PostgreSQL writes them; nil: whatever
	Than     float64 // of rose and fell
}

// A Match is a change that a rule looks for.
type Match struct {
	At       time.Time
	Account  string // its name
	Region   string
	Key      string
	Name     *string // of what the row is about; nil: it has none
	Old, New *string // of the rule's column
}

// Matches are the changes that a rule has not seen yet: how many, and the first few.
type Matches struct {
	Count int64
	First []Match
}

// Match looks for what has happened to the partitions since the rule last looked,
// and notes it as seen. A rule that is new, or was not asked for a week, sees what
// happens from now on, and of a partition what comes after its first merge. A rule that has matched looks again
// once the quiet has passed; nothing is lost to it meanwhile.
//
// Merges of a partition come one after another, each with a later moment, so that
// all of them up to the last one that is seen are seen.
func (w *Watch) Match(ctx context.Context, name string, r Rule, accounts []string, quiet time.Duration, few int) (m Matches, err error) {
	defer wrap(&err, "look for %s", name)
	var due bool
	err = w.tx.QueryRow(ctx, `INSERT INTO syncer.watches (name, started_at) VALUES ($1, alicloud.settled_at())
ON CONFLICT (name) DO UPDATE SET watched_at = now(), started_at = CASE
    WHEN watches.watched_at < now() - interval '7 days' THEN excluded.started_at
    ELSE watches.started_at
END
RETURNING told_at <= now() - $2::interval`, name, quiet).Scan(&due)
	if err != nil || !due {
		return m, err
	}
	rows, err := w.tx.Query(ctx, `SELECT p.account_id, a.name, p.region_id, greatest(c.seen_at, w.started_at, p.first_merged_at), p.merged_at
FROM syncer.partitions AS p
JOIN syncer.accounts AS a USING (account_id)
JOIN syncer.watches AS w ON w.name = $1
LEFT JOIN syncer.watch_cursors AS c ON c.name = $1 AND c.account_id = p.account_id AND c.region_id = p.region_id
WHERE p.source = $2
    AND p.merged_at > greatest(c.seen_at, w.started_at, p.first_merged_at)
    AND (cardinality($3::text[]) = 0 OR a.name = ANY ($3))
ORDER BY a.name, p.region_id`, name, r.Source.Name, append([]string{}, accounts...))
	if err != nil {
		return m, err
	}
	type span struct {
		AccountID, Account, Region string
		After, UpTo                time.Time
	}
	spans, err := pgx.CollectRows(rows, pgx.RowToStructByPos[span])
	if err != nil {
		return m, err
	}
	for _, s := range spans {
		rows, err := w.tx.Query(ctx, r.sql(few), s.AccountID, s.Region, s.After, s.UpTo)
		if err != nil {
			return m, err
		}
		match, n := Match{Account: s.Account, Region: s.Region}, int64(0)
		_, err = pgx.ForEachRow(rows, []any{&match.At, &match.Key, &match.Name, &match.Old, &match.New, &n}, func() error {
			if len(m.First) < few {
				m.First = append(m.First, match)
			}
			match.Name, match.Old, match.New = nil, nil, nil
			return nil
		})
		if err != nil {
			return m, err
		}
		m.Count += n
		_, err = w.tx.Exec(ctx, `INSERT INTO syncer.watch_cursors (name, account_id, region_id, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name, account_id, region_id) DO UPDATE SET seen_at = excluded.seen_at`, name, s.AccountID, s.Region, s.UpTo)
		if err != nil {
			return m, err
		}
	}
	if m.Count > 0 {
		_, err = w.tx.Exec(ctx, "UPDATE syncer.watches SET told_at = now() WHERE name = $1", name)
	}
	return m, err
}

// sql asks for a rule's changes within a partition ($1, $2) after one moment and up
// to another. p is the version before, v the one that came or ended.
func (r Rule) sql(few int) string {
	table := pgx.Identifier{"syncer", r.Source.Name}.Sanitize()
	same := func(alias string) string {
		list := []string{alias + ".account_id = v.account_id", alias + ".region_id = v.region_id"}
		for _, name := range r.Source.Key {
			list = append(list, alias+"."+ident(name)+" = v."+ident(name))
		}
		return strings.Join(list, " AND ")
	}
	key := KeyText(r.Source, "v")
	name := "NULL"
	if n := NameColumn(r.Source); n != "" {
		name = "v." + ident(n)
	}
	if r.Verb == "ended" {
		return fmt.Sprintf(`SELECT v.valid_to, %s, %s, NULL::text, NULL::text, count(*) OVER ()
FROM %s AS v
WHERE v.account_id = $1 AND v.region_id = $2 AND v.valid_to > $3 AND v.valid_to <= $4
    AND NOT EXISTS (SELECT FROM %s AS n WHERE %s AND n.valid_from = v.valid_to)
ORDER BY v.valid_to, 2
LIMIT %d`, key, name, table, table, same("n"), few)
	}
	before := "p.valid_to = v.valid_from"
	if r.Verb == "opened" || r.Verb == "returned" {
		before = "p.valid_to <= v.valid_from"
	}
	old, now := "NULL", "NULL"
	if r.Column != "" {
		old, now = "p."+ident(r.Column), "v."+ident(r.Column)
	}
	return fmt.Sprintf(`SELECT v.valid_from, %s, %s, %s::text, %s::text, count(*) OVER ()
FROM %s AS v
LEFT JOIN LATERAL (
    SELECT *
    FROM %s AS p
    WHERE %s AND %s
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.account_id = $1 AND v.region_id = $2 AND v.valid_from > $3 AND v.valid_from <= $4 AND v.valid_to > $3
    AND %s
ORDER BY v.valid_from, 2
LIMIT %d`, key, name, old, now, table, table, same("p"), before, r.condition(old, now), few)
}

func (r Rule) condition(old, now string) string {
	const stood = "p.valid_to IS NOT NULL"
	equals := func(column string, value *string) string {
		if value == nil {
			return "true"
		}
		return fmt.Sprintf("(%s::text = %s) IS TRUE", column, literal(*value))
	}
	number := strconv.FormatFloat(r.Than, 'f', -1, 64)
	switch r.Verb {
	case "opened":
		return "p.valid_to IS NULL"
	case "returned":
		return "p.valid_to < v.valid_from"
	case "changed":
		if r.Column == "" {
			return stood
		}
		return fmt.Sprintf("%s AND %s IS DISTINCT FROM %s AND %s AND %s", stood, old, now, equals(old, r.From), equals(now, r.To))
	case "became": // or came with
		return fmt.Sprintf("%s AND NOT %s", equals(now, r.To), equals(old, r.To))
	case "rose": // or came with more
		return fmt.Sprintf("%s > %s AND (%s > %s) IS NOT TRUE", now, number, old, number)
	case "fell":
		return fmt.Sprintf("%s < %s AND %s >= %s", now, number, old, number)
	default:
		return "false"
	}
}
