package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncer/source"
)

// What the status page reads. Each query may take lookTimeout and no longer: a
// page that somebody opens must not weigh on the syncs.

const lookTimeout = 4 * time.Second

// ErrSlow: a query of the status page was given up because it took too long.
var ErrSlow = errors.New("the database took too long")

// A Filter narrows what a page shows; empty: all.
type Filter struct {
	AccountID string
	RegionID  string
	// AccountName tells the runs of an account whose ID could not be asked for.
	AccountName string
}

// look runs f in a transaction that can write nothing and does not run for long.
func (s *Store) look(ctx context.Context, f func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*lookTimeout) // to wait for a connection, too
	defer cancel()
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// The server ends the query by itself, which a context cannot make it do.
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", lookTimeout.Milliseconds())); err != nil {
			return err
		}
		return f(tx)
	})
	const queryCanceled = "57014"
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == queryCanceled || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (%w)", ErrSlow, err)
	}
	return err
}

// A RunRow is one row of alicloud.sync_runs.
type RunRow struct {
	RunID                   int64
	Source                  string
	AccountName             string
	RegionID                string
	Trigger                 string
	StartedAt, FinishedAt   time.Time
	Status                  string
	Calls, Fetched          int64
	Opened, Changed, Ended  int64
	ErrorCode, ErrorMessage *string
	RequestID               *string
}

const runColumns = `run_id, source, account_name, region_id, trigger, started_at, finished_at, status,
    calls, rows_fetched, rows_opened, rows_changed, rows_ended, error_code, error_message, error_request_id`

// LastRuns are the latest runs, the last one first.
func (s *Store) LastRuns(ctx context.Context, f Filter, n int) (list []RunRow, err error) {
	defer wrap(&err, "read the last runs")
	err = s.look(ctx, func(tx pgx.Tx) error {
		// Account by account, the index finds them; an account whose ID could never be
		// asked for has the empty one.
		rows, err := tx.Query(ctx, `SELECT `+runColumns+`
FROM (SELECT account_id FROM alicloud.accounts UNION ALL SELECT '') AS a
CROSS JOIN LATERAL (
    SELECT `+runColumns+`
    FROM alicloud.sync_runs AS r
    WHERE r.account_id = a.account_id AND ($2 = '' OR r.region_id = $2) AND ($1 = '' OR r.account_id = $1 OR r.account_name = $4)
    ORDER BY r.run_id DESC
    LIMIT $3
) AS r
WHERE $1 = '' OR a.account_id IN ($1, '')
ORDER BY finished_at DESC, run_id DESC
LIMIT $3`, f.AccountID, f.RegionID, n, f.AccountName)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RunRow])
		return err
	})
	return list, err
}

// An Activity is what the runs of a source did since a moment.
type Activity struct {
	Source                        string
	Runs, NotOK, Calls, Throttled int64
	Opened, Changed, Ended        int64
}

// Activities sums up the runs that ended since a moment, by source; nil: it is not known.
func (s *Store) Activities(ctx context.Context, f Filter, since time.Time) (bySource map[string]Activity, err error) {
	defer wrap(&err, "sum up the runs")
	err = s.look(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT source, count(*), count(*) FILTER (WHERE status <> 'ok'), sum(calls)::bigint, sum(throttled)::bigint,
    sum(rows_opened)::bigint, sum(rows_changed)::bigint, sum(rows_ended)::bigint
FROM alicloud.sync_runs
WHERE finished_at >= $3 AND ($1 = '' OR account_id = $1 OR account_id = '' AND account_name = $4) AND ($2 = '' OR region_id = $2)
GROUP BY source`, f.AccountID, f.RegionID, since, f.AccountName)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Activity])
		if err != nil {
			return err
		}
		bySource = map[string]Activity{}
		for _, a := range list {
			bySource[a.Source] = a
		}
		return nil
	})
	return bySource, err
}

// A Standing is how many rows of a source stand in a partition.
type Standing struct {
	AccountID, RegionID string
	Rows                int64
}

// Standing counts the rows of a source that stand, by partition. Of a table that
// takes too long to count it is ErrSlow, and Estimate what there is.
func (s *Store) Standing(ctx context.Context, src *source.Source) (list []Standing, err error) {
	defer wrap(&err, "count the rows of %s", src.Name)
	err = s.look(ctx, func(tx pgx.Tx) error {
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
func (s *Store) Estimate(ctx context.Context, src *source.Source) (rows int64, err error) {
	defer wrap(&err, "estimate the rows of %s", src.Name)
	err = s.look(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT coalesce(max(greatest(reltuples, 0)), 0)::bigint FROM pg_class WHERE oid = to_regclass($1)",
			pgx.Identifier{"syncer", src.Name + "_standing"}.Sanitize()).Scan(&rows)
	})
	return rows, err
}

// An AccountRow is one row of alicloud.accounts.
type AccountRow struct{ ID, Name string }

// Accounts are those that were ever synced.
func (s *Store) Accounts(ctx context.Context) (list []AccountRow, err error) {
	defer wrap(&err, "read the accounts")
	err = s.look(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT account_id, name FROM alicloud.accounts ORDER BY name")
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[AccountRow])
		return err
	})
	return list, err
}

// changeWindows are how far back changes are looked for, one after the other: to
// find the latest of a week, PostgreSQL reads all of the week.
var changeWindows = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

// LatestChanges are the latest changes of the last week, the last one first.
func (s *Store) LatestChanges(ctx context.Context, f Filter, n int) (list []Change, err error) {
	defer wrap(&err, "read alicloud.changes")
	for _, window := range changeWindows {
		err = s.look(ctx, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT c.at, c.source, c.account_id, coalesce(a.name, c.account_id), c.region_id, c.key, `+nameThen()+`, c.kind, c.changed
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
