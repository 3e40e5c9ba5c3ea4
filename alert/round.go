package alert

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A round looks at what has happened since the last one and puts messages about it into
// the outbox, in one transaction: what it has noted as seen is in the outbox, or neither is.
type round struct {
	tx  pgx.Tx
	now time.Time // of the database
}

// inRound makes a round of f, unless another process makes one at the moment or has
// made one less than about so long ago.
func inRound(ctx context.Context, db *pgxpool.Pool, every time.Duration, f func(*round) error) (err error) {
	defer wrap(&err, "look at what happened")
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		r := &round{tx: tx}
		if _, err := tx.Exec(ctx, "INSERT INTO syncer.watches (name) VALUES ('') ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		// Whoever has locked this row makes the round.
		err := tx.QueryRow(ctx, `SELECT now()
FROM syncer.watches
WHERE name = '' AND (watched_at >= now() OR watched_at <= now() - $1::interval)
FOR UPDATE SKIP LOCKED`, every*9/10).Scan(&r.now)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE syncer.watches SET watched_at = now() WHERE name = ''"); err != nil {
			return err
		}
		if err := r.sweepOutbox(ctx); err != nil {
			return err
		}
		return f(r)
	})
}

// An openAlert is a partition in trouble.
type openAlert struct {
	Account, Source, Region string

	Trouble   string
	Since     time.Time
	QueuedAt  *time.Time // when a message about it was put into the outbox; nil: none was
	WellSince *time.Time // nil: the trouble lasts
}

// openAlerts reads them.
func (r *round) openAlerts(ctx context.Context) (_ []openAlert, err error) {
	defer wrap(&err, "read the open alerts")
	rows, err := r.tx.Query(ctx, `SELECT account_name, source, region_id, problem, since, told_at, good_since
FROM syncer.alerts
ORDER BY source, account_name, region_id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[openAlert])
}

// replaceAlerts replaces those of the partitions and listings that this process has
// configured. Others belong to another configuration on the same database, and stay. What
// no configuration has looked at for a day is deleted: a partition that was taken out, or
// an account under an old name.
func (r *round) replaceAlerts(ctx context.Context, configured []Partition, open []openAlert) (err error) {
	defer wrap(&err, "keep the open alerts")
	var accounts, sources, regions []string
	for _, p := range configured {
		accounts, sources, regions = append(accounts, p.Account), append(sources, p.Source), append(regions, p.Region)
	}
	var batch pgx.Batch
	batch.Queue(`DELETE FROM syncer.alerts
WHERE (account_name, source, region_id) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
    OR looked_at < now() - interval '1 day'`, accounts, sources, regions)
	for _, a := range open {
		batch.Queue("INSERT INTO syncer.alerts (account_name, source, region_id, problem, since, told_at, good_since) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			a.Account, a.Source, a.Region, a.Trouble, a.Since, a.QueuedAt, a.WellSince)
	}
	return r.tx.SendBatch(ctx, &batch).Close()
}
