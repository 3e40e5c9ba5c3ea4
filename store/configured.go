package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/text"
)

// A Configured names a partition as the configuration does.
type Configured struct {
	Source, AccountName, RegionID string
	AccountID                     string // empty if the cloud has not told it yet: then the name identifies the account
	OnDemand                      bool   // it is synced only where another source reads its table, and is never late
}

// Retire removes the partitions that are not in the list from alicloud.sync_freshness,
// brings back those that are, and gives the accounts their present names. A run brings
// its partition back, too: other processes may have another configuration.
//
// sure says that the ID of each configured account is known, from the list or from an
// earlier sync. An account of unknown ID may be any that the list does not name. So if not
// sure, the partitions of accounts that are not in the list stay as they are.
func (s *Store) Retire(ctx context.Context, configured []Configured, sure bool) (err error) {
	defer wrap(&err, "retire what is no longer configured")
	var sources, names, ids, regions []string
	var onDemand []bool
	for _, c := range configured {
		onDemand = append(onDemand, c.OnDemand)
		sources, names, ids, regions = append(sources, c.Source), append(names, text.Line(c.AccountName)), append(ids, c.AccountID), append(regions, c.RegionID)
	}
	var batch pgx.Batch // one transaction
	// A name means one account. Whoever had it before keeps its ID for a name.
	batch.Queue(`UPDATE syncer.accounts AS a
SET name = a.account_id
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS u (id, name) WHERE id <> '') AS u
WHERE a.name = u.name AND a.account_id <> u.id`, ids, names)
	batch.Queue(`UPDATE syncer.accounts AS a
SET name = u.name
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS u (id, name)) AS u
WHERE a.account_id = u.id AND a.name <> u.name`, ids, names)
	batch.Queue(`WITH configured AS (
    SELECT a.account_id, u.source, u.region_id, bool_and(u.on_demand) AS on_demand
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) AS u (source, account_name, account_id, region_id, on_demand)
    JOIN syncer.accounts AS a ON CASE WHEN u.account_id = '' THEN a.name = u.account_name ELSE a.account_id = u.account_id END
    GROUP BY a.account_id, u.source, u.region_id
)
UPDATE syncer.partitions AS p
SET retired_at = CASE WHEN c.here THEN NULL ELSE now() END,
    configured_at = CASE WHEN c.here AND p.retired_at IS NOT NULL THEN now() ELSE p.configured_at END,
    on_demand = c.on_demand
FROM (
    SELECT q.account_id, q.source, q.region_id, h.account_id IS NOT NULL AS here, coalesce(h.on_demand, q.on_demand) AS on_demand
    FROM syncer.partitions AS q
    LEFT JOIN configured AS h ON h.account_id = q.account_id AND h.source = q.source AND h.region_id = q.region_id
) AS c
WHERE c.account_id = p.account_id AND c.source = p.source AND c.region_id = p.region_id
    AND (c.here = (p.retired_at IS NOT NULL) OR c.on_demand <> p.on_demand)
    AND ($6 OR c.account_id IN (SELECT account_id FROM configured))`,
		sources, names, ids, regions, onDemand, sure)
	return s.pool.SendBatch(ctx, &batch).Close()
}

// A PartitionRow is one row of alicloud.partitions.
type PartitionRow struct {
	Source      string     `json:"source"`
	AccountID   string     `json:"account_id"`
	AccountName string     `json:"account_name"`
	RegionID    string     `json:"region_id"`
	RetiredAt   *time.Time `json:"retired_at"` // nil: no syncer run has found yet that it is not configured
}

// Partitions reads alicloud.partitions: every partition that was ever synced.
func (s *Store) Partitions(ctx context.Context) (_ []PartitionRow, err error) {
	defer wrap(&err, "read alicloud.partitions")
	rows, err := s.pool.Query(ctx, `SELECT source, account_id, coalesce(account_name, account_id), region_id, retired_at
FROM alicloud.partitions
ORDER BY account_name, region_id, source`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PartitionRow])
}

// AccountID is the ID of the account with this name. It is empty if there is none.
func (s *Store) AccountID(ctx context.Context, name string) (id string, err error) {
	defer wrap(&err, "read the ID of account %s", name)
	err = s.pool.QueryRow(ctx, "SELECT account_id FROM syncer.accounts WHERE name = $1", name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// StandingRows counts the standing rows of a partition.
func (s *Store) StandingRows(ctx context.Context, p PartitionRow) (n int64, err error) {
	defer wrap(&err, "count the rows of %s", p.Source)
	err = s.pool.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE account_id = $1 AND region_id = $2 AND valid_to = 'infinity'",
		pgx.Identifier{"syncer", p.Source}.Sanitize()), p.AccountID, p.RegionID).Scan(&n)
	return n, err
}
