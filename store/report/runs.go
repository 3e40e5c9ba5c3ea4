package report

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

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
func (r Reader) LastRuns(ctx context.Context, f Filter, n int) (list []RunRow, err error) {
	defer wrap(&err, "read the last runs")
	err = r.look(ctx, func(tx pgx.Tx) error {
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
func (r Reader) Activities(ctx context.Context, f Filter, since time.Time) (bySource map[string]Activity, err error) {
	defer wrap(&err, "sum up the runs")
	err = r.look(ctx, func(tx pgx.Tx) error {
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

// LastRun is when the last run finished; zero: there was none.
func (r Reader) LastRun(ctx context.Context) (at time.Time, err error) {
	defer wrap(&err, "read the last run")
	err = r.pool.QueryRow(ctx, "SELECT finished_at FROM syncer.sync_runs ORDER BY finished_at DESC LIMIT 1").Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return at, nil
	}
	return at, err
}
