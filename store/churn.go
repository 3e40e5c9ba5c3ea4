package store

import (
	"context"
	"fmt"
	"strings"
)

// Of how many changed rows the fields are compared, and of how many at least.
const (
	churnMost  = 1000
	churnLeast = 3
)

// churn tells for which fields of extra alone most of the new versions are made. It
// must be asked before these are.
func (m *merge) churn(ctx context.Context) error {
	if !m.found.stage.exists() {
		return nil
	}
	var old, now []string
	for _, i := range m.t.Tracked() {
		old, now = append(old, "t."+m.t.columns[i]), append(now, "s."+m.t.columns[i])
	}
	fields, err := collect[string](ctx, m.tx, fmt.Sprintf(`WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW(%s) IS NOT DISTINCT FROM ROW(%s) AS alone
    FROM pg_temp.stage AS s
    JOIN %s AS t ON %s AND %s
    WHERE t.version_hash <> s.version_hash
    LIMIT %d
)
SELECT f.field
FROM changed AS c, jsonb_object_keys(c.old || c.now) AS f (field)
WHERE c.alone AND c.old -> f.field IS DISTINCT FROM c.now -> f.field
GROUP BY f.field
HAVING 2 * count(*) > (SELECT greatest(count(*), 2 * %d - 1) FROM changed)
ORDER BY f.field
LIMIT 10`, strings.Join(old, ", "), strings.Join(now, ", "), m.t.name, m.t.where, m.t.sameKey("t", "s"), churnMost, churnLeast),
		m.part.AccountID, m.part.RegionID)
	if len(fields) > 0 {
		m.result.Churn = fields
	}
	return err
}
