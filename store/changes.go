package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A Change is one row of alicloud.changes.
type Change struct {
	At        time.Time `json:"at"`
	Source    string    `json:"source"`
	AccountID string    `json:"account_id"`
	Account   string    `json:"account"`
	RegionID  string    `json:"region_id"`
	Key       string    `json:"key"`
	Name      *string   `json:"name,omitempty"` // of what the row is about, as of then; nil: it has none
	Kind      string    `json:"kind"`           // opened, changed, ended or returned
	// Changed holds the columns that differ from the version before.
	Changed map[string]ChangedValue `json:"changed,omitempty"`
}

// A ChangedValue is a column's value before and after, as JSON.
type ChangedValue struct {
	Old json.RawMessage `json:"old"`
	New json.RawMessage `json:"new"`
}

// A ChangeFilter narrows what happened. Empty lists narrow nothing.
type ChangeFilter struct {
	Since, Until      time.Time // Since is included, Until is not
	Sources, Accounts []string  // accounts by name
	Limit             int       // the latest so many; 0: all
}

// Happened tells the changes that pass the filter to visit, the latest first.
func (s *Store) Happened(ctx context.Context, f ChangeFilter, visit func(Change)) (err error) {
	defer wrap(&err, "read alicloud.changes")
	var limit *int
	if f.Limit > 0 {
		limit = &f.Limit
	}
	rows, err := s.pool.Query(ctx, `SELECT c.at, c.source, c.account_id, coalesce(a.name, c.account_id), c.region_id, c.key, `+nameThen()+`, c.kind, c.changed
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
	var c Change
	_, err = pgx.ForEachRow(rows, []any{&c.At, &c.Source, &c.AccountID, &c.Account, &c.RegionID, &c.Key, &c.Name, &c.Kind, &c.Changed}, func() error {
		visit(c)
		c.Name, c.Changed = nil, nil
		return nil
	})
	return err
}

// nameThen is the name of the row of a change c: that of the version which came, or
// the last one of a row that ended.
func nameThen() string {
	var b strings.Builder
	b.WriteString("CASE c.source")
	for _, src := range source.All {
		name := nameColumn(src)
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
    )`, src.Name, ident(name), ident(src.Name), keyText(src))
	}
	b.WriteString("\nEND")
	return b.String()
}
