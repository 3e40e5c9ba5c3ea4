package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The moment of a merge is earlier than its commit, by seconds where the merge is large.
// Who reads changes in steps, each up to now, would miss versions that are committed
// later with an earlier moment. So each transaction that is going to write versions
// announces itself before it reads its moment, and alicloud.settled_at() answers the
// earliest moment that may still come.

// lead is how far ahead of the clock a merge announces its earliest moment, at first.
// Until the announcement is committed, readers take everything up to now for settled. So
// the moment must still lie ahead then, or alicloud.settled_at() would go back. On a
// database that is slower than this, the next attempt has a longer lead.
const lead = 5 * time.Millisecond

// writeVersions runs f, which reads its moment and writes versions of a partition, in
// a transaction that alicloud.settled_at() knows of. ErrStale: make the run again.
func (s *Store) writeVersions(ctx context.Context, q querier, p Partition, f func(pgx.Tx) error) error {
	if pool, ok := q.(*pgxpool.Pool); ok { // the row names the session that merges
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		q = conn
	}
	for ahead := lead; ; ahead *= 4 {
		id, notBefore, err := s.announce(ctx, q, p, ahead)
		if err != nil {
			return err
		}
		err = pgx.BeginFunc(ctx, q, func(tx pgx.Tx) error {
			if err := s.await(ctx, tx, notBefore); err != nil {
				return err
			}
			if err := f(tx); err != nil {
				return err
			}
			// Last, so that a process that is killed has most likely not come so far.
			tag, err := tx.Exec(ctx, "DELETE FROM syncer.merging WHERE account_id = $1 AND merge_id = $2", p.AccountID, id)
			if err == nil && tag.RowsAffected() == 0 { // taken for dead before it had its lock
				return ErrStale
			}
			return err
		})
		if err != nil {
			s.withdraw(ctx, q, p, id)
		}
		if !errors.Is(err, errLate) {
			return err
		}
	}
}

// errLate: the moment that was announced had passed before all could see it.
var errLate = errors.New("announced too late")

// announce inserts the row that announces a transaction, and deletes those whose process
// has died.
func (s *Store) announce(ctx context.Context, q querier, p Partition, ahead time.Duration) (id int64, notBefore time.Time, err error) {
	var batch pgx.Batch // one transaction; should the server crash, the merge is lost, too
	batch.Queue("SELECT set_config('synchronous_commit', 'off', true)")
	batch.Queue(`WITH dead AS (
    DELETE FROM syncer.merging AS m
    WHERE m.not_before < clock_timestamp() - interval '1 minute' AND NOT EXISTS (
        SELECT FROM pg_locks AS l
        WHERE l.relation = 'syncer.merging'::regclass AND l.mode = 'RowExclusiveLock' AND l.pid = m.pid AND l.pid <> pg_backend_pid()
    )
)
INSERT INTO syncer.merging (account_id, source, region_id, not_before, pid)
VALUES ($1, $2, $3, coalesce($4::timestamptz, clock_timestamp() + $5::interval), pg_backend_pid())
RETURNING merge_id, not_before`, p.AccountID, p.Source.Name, p.RegionID, s.now(), ahead).
		QueryRow(func(row pgx.Row) error { return row.Scan(&id, &notBefore) })
	return id, notBefore, q.SendBatch(ctx, &batch).Close()
}

// await takes the lock that shows that an announced transaction is alive, and waits until
// its moment may come. It is a lock on the table: any login could take an advisory lock.
func (s *Store) await(ctx context.Context, tx pgx.Tx, notBefore time.Time) error {
	inTime := false
	var batch pgx.Batch
	batch.Queue("LOCK TABLE syncer.merging IN ROW EXCLUSIVE MODE")
	batch.Queue("SELECT clock_timestamp() < $1", notBefore).QueryRow(func(row pgx.Row) error { return row.Scan(&inTime) })
	if s.clock == nil {
		batch.Queue("SELECT pg_sleep_until($1)", notBefore)
	}
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return err
	}
	if !inTime && s.clock == nil {
		return errLate
	}
	return nil
}

// withdraw forgets a transaction that was rolled back. What cannot be forgotten now,
// since the connection is gone, say, the next one that announces itself does.
func (s *Store) withdraw(ctx context.Context, q querier, p Partition, id int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := q.Exec(ctx, "DELETE FROM syncer.merging WHERE account_id = $1 AND merge_id = $2", p.AccountID, id); err != nil {
		s.log.DebugContext(ctx, "a merge that failed is not forgotten yet", "source", p.Source.Name, "account_id", p.AccountID, "error", err)
	}
}

// errUnannounced: a merge that had nothing to write found something.
var errUnannounced = errors.New("the merge was not announced")
