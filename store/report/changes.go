package report

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/store"
)

// A Change is one row of alicloud.changes.
type Change struct {
	At        time.Time `json:"at,omitzero"`
	Source    string    `json:"source"`
	AccountID string    `json:"account_id"`
	Account   string    `json:"account"`
	RegionID  string    `json:"region_id"`
	Key       string    `json:"key"`
	Name      *string   `json:"name,omitempty"` // of what the row is about, as of then; nil: it has none
	Kind      string    `json:"kind"`           // opened, changed, ended or returned
	// Changed holds the columns that differ from the version before.
	Changed map[string]ColumnChange `json:"changed,omitempty"`
}

// A ColumnChange is a column's value before and after, as JSON.
type ColumnChange struct {
	Old json.RawMessage `json:"old"`
	New json.RawMessage `json:"new"`
}

// A ChangeFilter narrows what happened. Empty lists narrow nothing.
type ChangeFilter struct {
	Since, Until      time.Time // Since is included, Until is not
	Sources, Accounts []string  // accounts by name
	Limit             int       // the latest so many; 0: all
}

// Changes visits the changes that pass the filter, the latest first.
func (r Reader) Changes(ctx context.Context, f ChangeFilter, visit func(Change)) (err error) {
	defer wrap(&err, "read alicloud.changes")
	var limit *int
	if f.Limit > 0 {
		limit = &f.Limit
	}
	rows, err := r.pool.Query(ctx, `SELECT c.at, c.source, c.account_id, coalesce(a.name, c.account_id), c.region_id, c.key, `+nameThen(r.store.Sources())+`, c.kind, c.changed
FROM alicloud.changes AS c
LEFT JOIN alicloud.accounts AS a ON a.account_id = c.account_id
WHERE c.at >= $1
    AND c.at < $2
    AND (cardinality($3::text[]) = 0 OR c.source = ANY ($3))
    AND (cardinality($4::text[]) = 0 OR a.name = ANY ($4))
ORDER BY c.at DESC, c.source, c.account_id, c.region_id, c.key
LIMIT $5`, f.Since, f.Until, append([]string{}, f.Sources...), append([]string{}, f.Accounts...), limit)
	if err != nil {
		return err
	}
	return visitAll(rows, visit)
}

// Between visits what differs between Since and Until, by source and key. At is the one of
// the two moments at which the row stood, the later one where it stood at both.
func (r Reader) Between(ctx context.Context, f ChangeFilter, visit func(Change)) (err error) {
	defer wrap(&err, "compare two moments")
	var all []string
	for _, src := range r.store.Sources() {
		if len(f.Sources) > 0 && !slices.Contains(f.Sources, src.Name) {
			continue
		}
		kind, changed := "kind", "changed" // a key may have columns of these names
		for _, name := range []*string{&kind, &changed} {
			if slices.Contains(src.Key, *name) {
				*name += "_"
			}
		}
		all = append(all, fmt.Sprintf("SELECT '%s', b.account_id, b.region_id, %s, b.%s, b.%s FROM %s AS b",
			src.Name, store.KeyText(src, "b"), kind, changed, pgx.Identifier{"alicloud", src.Name + "_between"}.Sanitize()+"($1, $2)"))
	}
	var limit *int
	if f.Limit > 0 {
		limit = &f.Limit
	}
	rows, err := r.pool.Query(ctx, `SELECT c.at, c.source, c.account_id, coalesce(a.name, c.account_id), c.region_id, c.key, `+nameThen(r.store.Sources())+`, c.kind, c.changed
FROM (
    SELECT CASE b.kind WHEN 'ended' THEN $1::timestamptz ELSE $2::timestamptz END AS at, b.*
    FROM (
        `+strings.Join(all, "\n        UNION ALL ")+`
    ) AS b (source, account_id, region_id, key, kind, changed)
) AS c
LEFT JOIN alicloud.accounts AS a ON a.account_id = c.account_id
WHERE cardinality($3::text[]) = 0 OR a.name = ANY ($3)
ORDER BY c.source, c.account_id, c.region_id, c.key
LIMIT $4`, f.Since, f.Until, append([]string{}, f.Accounts...), limit)
	if err != nil {
		return err
	}
	return visitAll(rows, visit)
}

func visitAll(rows pgx.Rows, visit func(Change)) error {
	var c Change
	_, err := pgx.ForEachRow(rows, []any{&c.At, &c.Source, &c.AccountID, &c.Account, &c.RegionID, &c.Key, &c.Name, &c.Kind, &c.Changed}, func() error {
		visit(c)
		c.Name, c.Changed = nil, nil
		return nil
	})
	return err
}

// changeWindows are how far back changes are looked for, one after the other: to
// find the latest of a week, PostgreSQL reads all of the week.
var changeWindows = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

// LatestChanges are the latest changes of the last week, the last one first.
func (r Reader) LatestChanges(ctx context.Context, f Filter, n int) (list []Change, err error) {
	defer wrap(&err, "read alicloud.changes")
	for _, window := range changeWindows {
		err = r.look(ctx, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT c.at, c.source, c.account_id, coalesce(a.name, c.account_id), c.region_id, c.key, `+nameThen(r.store.Sources())+`, c.kind, c.changed
FROM (
    SELECT *
    FROM alicloud.changes
    WHERE at >= now() - $3::interval AND ($1 = '' OR account_id = $1) AND ($2 = '' OR region_id = $2)
    ORDER BY at DESC, source, account_id, region_id, key
    LIMIT $4
) AS c
LEFT JOIN alicloud.accounts AS a ON a.account_id = c.account_id
ORDER BY c.at DESC, c.source, c.account_id, c.region_id, c.key`, f.AccountID, f.RegionID, window, n)
			if err != nil {
				return err
			}
			list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Change])
			return err
		})
		if err != nil || len(list) == n {
			return list, err
		}
	}
	return list, nil
}

// Settled is alicloud.settled_at(): the moment before which nothing will change any
// more.
func (r Reader) Settled(ctx context.Context) (at time.Time, err error) {
	defer wrap(&err, "read alicloud.settled_at()")
	err = r.pool.QueryRow(ctx, "SELECT alicloud.settled_at()").Scan(&at)
	return at, err
}

// Horizon is the moment from which on history is kept; zero: from the start.
func (r Reader) Horizon(ctx context.Context) (time.Time, error) {
	var at *time.Time
	err := r.pool.QueryRow(ctx, "SELECT horizon_at FROM syncer.settings").Scan(&at)
	if err != nil || at == nil {
		wrap(&err, "read the horizon")
		return time.Time{}, err
	}
	return *at, nil
}

// nameThen is the name of the row of a change c: that of the version which came, or
// the last one of a row that ended.
func nameThen(all []*source.Source) string {
	var b strings.Builder
	b.WriteString("CASE c.source")
	for _, src := range all {
		name := store.NameColumn(src)
		if name == "" {
			continue
		}
		fmt.Fprintf(&b, `
    WHEN '%s' THEN (
        SELECT v.%s
        FROM syncer.%s AS v
        WHERE v.account_id = c.account_id
            AND v.region_id = c.region_id
            AND %s = c.key
            AND v.valid_from <= c.at
            AND v.valid_to >= c.at
        ORDER BY v.valid_from DESC
        LIMIT 1
    )`, src.Name, pgx.Identifier{name}.Sanitize(), pgx.Identifier{src.Name}.Sanitize(), store.KeyText(src, "v"))
	}
	b.WriteString("\nEND")
	return b.String()
}
