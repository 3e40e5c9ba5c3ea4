package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Watch looks at what has happened since the last one, and tells it, in one
// transaction: what was noted as seen is in the outbox, or neither is.
type Watch struct {
	tx  pgx.Tx
	Now time.Time // of the database
}

// Watch runs f, unless another process watches at the moment or has watched less
// than about so long ago.
func (s *Store) Watch(ctx context.Context, every time.Duration, f func(*Watch) error) (err error) {
	defer wrap(&err, "watch")
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		w := &Watch{tx: tx}
		if _, err := tx.Exec(ctx, "INSERT INTO syncer.watches (name) VALUES ('') ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
		// Whoever has the row watches.
		err := tx.QueryRow(ctx, `SELECT now()
FROM syncer.watches
WHERE name = '' AND (watched_at >= now() OR watched_at <= now() - $1::interval)
FOR UPDATE SKIP LOCKED`, every*9/10).Scan(&w.Now)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, "UPDATE syncer.watches SET watched_at = now() WHERE name = ''",
			// Also what is for targets that are no longer configured.
			"UPDATE syncer.notifications SET given_up_at = now() WHERE delivered_at IS NULL AND given_up_at IS NULL AND created_at < now() - interval '"+notifyFor+"' - interval '1 day'",
			"DELETE FROM syncer.notifications WHERE created_at < now() - interval '90 days'"); err != nil {
			return err
		}
		return f(w)
	})
}

func exec(ctx context.Context, tx pgx.Tx, statements ...string) error {
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// Tell puts a message for targets into the outbox: once, whoever says it again. What
// waits before it for another attempt is tried now, so that a target that takes
// messages again is not silent for the hours that the last wait has come to.
func (w *Watch) Tell(ctx context.Context, targets []string, key string, message any) (err error) {
	defer wrap(&err, "put a message into the outbox")
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, `WITH told AS (
    INSERT INTO syncer.notifications (target, event_key, message)
    SELECT unnest($1::text[]), $2, $3
    ON CONFLICT DO NOTHING
    RETURNING target
)
UPDATE syncer.notifications
SET next_attempt_at = now()
WHERE target IN (SELECT target FROM told) AND delivered_at IS NULL AND given_up_at IS NULL
    AND last_error IS NOT NULL AND next_attempt_at > now()`, targets, key, text)
	return err
}

// An Alert is a partition in trouble.
type Alert struct {
	Account, Source, Region string

	Problem   string
	Since     time.Time
	ToldAt    *time.Time // nil: nobody was told yet
	GoodSince *time.Time // nil: the trouble lasts
}

// Alerts reads those that are open.
func (w *Watch) Alerts(ctx context.Context) (_ []Alert, err error) {
	defer wrap(&err, "read the open alerts")
	rows, err := w.tx.Query(ctx, "SELECT account_name, source, region_id, problem, since, told_at, good_since FROM syncer.alerts ORDER BY source, account_name, region_id")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Alert])
}

// SetAlerts replaces those that are open of the partitions that this process has
// configured. Those of others are of another configuration on the same database, or of
// none, which a day tells.
func (w *Watch) SetAlerts(ctx context.Context, configured []Configured, list []Alert) (err error) {
	defer wrap(&err, "keep the open alerts")
	var accounts, sources, regions []string
	for _, c := range configured {
		accounts, sources, regions = append(accounts, c.AccountName), append(sources, c.Source), append(regions, c.RegionID)
	}
	var batch pgx.Batch
	batch.Queue(`DELETE FROM syncer.alerts AS a
WHERE (account_name, source, region_id) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
    OR EXISTS (
        SELECT FROM syncer.partitions AS p
        JOIN syncer.accounts AS o USING (account_id)
        WHERE o.name = a.account_name AND p.source = a.source AND p.region_id = a.region_id AND p.retired_at < now() - interval '1 day'
    )`, accounts, sources, regions)
	for _, a := range list {
		batch.Queue("INSERT INTO syncer.alerts (account_name, source, region_id, problem, since, told_at, good_since) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			a.Account, a.Source, a.Region, a.Problem, a.Since, a.ToldAt, a.GoodSince)
	}
	return w.tx.SendBatch(ctx, &batch).Close()
}
