package alert

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/store"
	"syncer/store/schema"
	"syncer/text"
)

// A Pattern says which changes to a source's rows are looked for.
type Pattern struct {
	Source   *source.Source
	Column   string  // empty: the row as a whole
	Verb     string  // opened, ended, returned, changed, became, rose or fell
	From, To *string // of changed and became, as PostgreSQL writes them; nil: whatever
	Than     float64 // of rose and fell
}

// A Rule sends messages about the changes that fit a pattern.
type Rule struct {
	Pattern
	Name     string   // its text in the configuration
	Accounts []string // by name; empty: all
	Targets  []string // by name; empty: all
}

// mostKey is in bytes: keys stand in indexes, which hold no more than some 2,700.
const mostKey = 1000

// key tells a rule from others with the same text.
func (r Rule) key() string {
	return text.Fit(text.Clean(fmt.Sprintf("%s %q %q", r.Name, r.Accounts, r.Targets)), mostKey)
}

// A change is one that fits a rule.
type change struct {
	at       time.Time
	account  string // its name
	region   string
	key      string
	name     *string // of what the row is about; nil: it has none
	old, new *string // of the rule's column
}

// matches are the changes that a rule has not seen yet: how many, and the first few.
type matches struct {
	count int64
	first []change
}

// match looks for what has happened to the partitions since the rule last looked, and
// notes it as seen. A rule that is new, or has not looked for a week, sees what happens
// from now on. Of a partition's first merge it sees nothing. A rule that has matched
// looks again once the quiet time has passed, and then sees all that came meanwhile.
//
// Merges of a partition come one after another, each with a later moment. So once the
// last one is seen, all are.
func (r *round) match(ctx context.Context, rule Rule, quiet time.Duration, most int) (m matches, err error) {
	defer wrap(&err, "look for %s", rule.Name)
	key := rule.key()
	var due bool
	err = r.tx.QueryRow(ctx, `INSERT INTO syncer.watches (name, started_at) VALUES ($1, alicloud.settled_at())
ON CONFLICT (name) DO UPDATE SET watched_at = now(), started_at = CASE
    WHEN watches.watched_at < now() - interval '7 days' THEN excluded.started_at
    ELSE watches.started_at
END
RETURNING told_at <= now() - $2::interval`, key, quiet).Scan(&due)
	if err != nil || !due {
		return m, err
	}
	spans, err := r.unseen(ctx, key, rule)
	if err != nil {
		return m, err
	}
	for _, s := range spans {
		if err := r.matchSpan(ctx, rule, s, most, &m); err != nil {
			return m, err
		}
		_, err = r.tx.Exec(ctx, `INSERT INTO syncer.watch_cursors (name, account_id, region_id, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name, account_id, region_id) DO UPDATE SET seen_at = excluded.seen_at`, key, s.AccountID, s.Region, s.UpTo)
		if err != nil {
			return m, err
		}
	}
	if m.count > 0 {
		_, err = r.tx.Exec(ctx, "UPDATE syncer.watches SET told_at = now() WHERE name = $1", key)
	}
	return m, err
}

// A span is the time of a partition that a rule has not seen yet.
type span struct {
	AccountID, Account, Region string
	After, UpTo                time.Time
}

// unseen are the spans of a rule: a partition that had no merge since has none.
func (r *round) unseen(ctx context.Context, key string, rule Rule) ([]span, error) {
	rows, err := r.tx.Query(ctx, `SELECT p.account_id, a.name, p.region_id, greatest(c.seen_at, w.started_at, p.first_merged_at), p.merged_at
FROM syncer.partitions AS p
JOIN syncer.accounts AS a USING (account_id)
JOIN syncer.watches AS w ON w.name = $1
LEFT JOIN syncer.watch_cursors AS c ON c.name = $1 AND c.account_id = p.account_id AND c.region_id = p.region_id
WHERE p.source = $2
    AND p.merged_at > greatest(c.seen_at, w.started_at, p.first_merged_at)
    AND (cardinality($3::text[]) = 0 OR a.name = ANY ($3))
ORDER BY a.name, p.region_id`, key, rule.Source.Name, append([]string{}, rule.Accounts...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[span])
}

// matchSpan adds the matches within a span.
func (r *round) matchSpan(ctx context.Context, rule Rule, s span, most int, m *matches) error {
	rows, err := r.tx.Query(ctx, rule.sql(most), s.AccountID, s.Region, s.After, s.UpTo)
	if err != nil {
		return err
	}
	c, n := change{account: s.Account, region: s.Region}, int64(0)
	_, err = pgx.ForEachRow(rows, []any{&c.at, &c.key, &c.name, &c.old, &c.new, &n}, func() error {
		if len(m.first) < most {
			m.first = append(m.first, c)
		}
		c.name, c.old, c.new = nil, nil, nil
		return nil
	})
	m.count += n
	return err
}

// sql asks for a pattern's changes within a partition ($1, $2) after one moment ($3) and
// up to another ($4). p is the version before, v the one that came or ended.
func (r Pattern) sql(most int) string {
	table := pgx.Identifier{"syncer", r.Source.Name}.Sanitize()
	same := func(alias string) string {
		list := []string{alias + ".account_id = v.account_id", alias + ".region_id = v.region_id"}
		for _, name := range r.Source.Key {
			list = append(list, alias+"."+schema.Ident(name)+" = v."+schema.Ident(name))
		}
		return strings.Join(list, " AND ")
	}
	key := store.KeyText(r.Source, "v")
	name := "NULL"
	if n := store.NameColumn(r.Source); n != "" {
		name = "v." + schema.Ident(n)
	}
	if r.Verb == "ended" {
		return fmt.Sprintf(`SELECT v.valid_to, %s, %s, NULL::text, NULL::text, count(*) OVER ()
FROM %s AS v
WHERE v.account_id = $1 AND v.region_id = $2 AND v.valid_to > $3 AND v.valid_to <= $4
    AND NOT EXISTS (SELECT FROM %s AS n WHERE %s AND n.valid_from = v.valid_to)
ORDER BY v.valid_to, 2
LIMIT %d`, key, name, table, table, same("n"), most)
	}
	before := "p.valid_to = v.valid_from"
	if r.Verb == "opened" || r.Verb == "returned" {
		before = "p.valid_to <= v.valid_from"
	}
	old, now := "NULL", "NULL"
	if r.Column != "" {
		old, now = "p."+schema.Ident(r.Column), "v."+schema.Ident(r.Column)
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
LIMIT %d`, key, name, old, now, table, table, same("p"), before, r.condition(old, now), most)
}

func (r Pattern) condition(old, now string) string {
	const stood = "p.valid_to IS NOT NULL"
	equals := func(column string, value *string) string {
		if value == nil {
			return "true"
		}
		return fmt.Sprintf("(%s::text = %s) IS TRUE", column, schema.Literal(*value))
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
