package report

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A Count is how many rows of a source stand, and how many of its versions have ended.
type Count struct {
	Source   string `json:"source"`
	Standing int64  `json:"standing"`
	Ended    int64  `json:"ended"`
	About    bool   `json:"about,omitempty"` // Ended is an estimate: counting would take long
}

// countable is how many ended versions are counted; of more, it is estimated how many
// there are.
const countable = 1_000_000

// Counts reads what stands, and as much of what has ended.
func (r Reader) Counts(ctx context.Context, sources []*source.Source) (list []Count, err error) {
	defer wrap(&err, "count rows")
	for _, src := range sources {
		c := Count{Source: src.Name}
		err := r.pool.QueryRow(ctx, fmt.Sprintf(`SELECT
    (SELECT count(*) FROM %[1]s WHERE valid_to = 'infinity'),
    CASE
        WHEN known.ended > $2 THEN known.ended
        ELSE (SELECT count(*) FROM %[1]s WHERE valid_to < 'infinity')
    END,
    known.ended > $2
FROM (
    SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint AS ended
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass($1) AND c.relname <> $3
) AS known`, pgx.Identifier{"syncer", src.Name}.Sanitize()), "syncer."+pgx.Identifier{src.Name}.Sanitize(), countable, src.Name+"_standing").Scan(&c.Standing, &c.Ended, &c.About)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// A Standing is how many rows of a source stand in a partition.
type Standing struct {
	AccountID, RegionID string
	Rows                int64
}

// Standing counts the rows of a source that stand, by partition. Of a table that
// takes too long to count it is ErrSlow, and Estimate what there is.
func (r Reader) Standing(ctx context.Context, src *source.Source) (list []Standing, err error) {
	defer wrap(&err, "count the rows of %s", src.Name)
	err = r.look(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT account_id, region_id, count(*)
FROM %s
WHERE valid_to = 'infinity'
GROUP BY account_id, region_id`, pgx.Identifier{"syncer", src.Name}.Sanitize()))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Standing])
		return err
	})
	return list, err
}

// Estimate is how many rows of a source stood when the table was last analysed,
// as PostgreSQL's planner takes it; 0 also for one that never was.
func (r Reader) Estimate(ctx context.Context, src *source.Source) (rows int64, err error) {
	defer wrap(&err, "estimate the rows of %s", src.Name)
	err = r.look(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT coalesce(max(greatest(reltuples, 0)), 0)::bigint FROM pg_class WHERE oid = to_regclass($1)",
			pgx.Identifier{"syncer", src.Name + "_standing"}.Sanitize()).Scan(&rows)
	})
	return rows, err
}

// An AccountRow is one row of alicloud.accounts.
type AccountRow struct{ ID, Name string }

// Accounts are those that were ever synced.
func (r Reader) Accounts(ctx context.Context) (list []AccountRow, err error) {
	defer wrap(&err, "read the accounts")
	err = r.look(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT account_id, name FROM alicloud.accounts ORDER BY name")
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[AccountRow])
		return err
	})
	return list, err
}
