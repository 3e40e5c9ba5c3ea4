package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Merges, migrations and the rebuilding of trends wait for each other by locks on table
// syncer.locks. Advisory locks would not do: any login may take them, and could hold up
// all merges.
//
// A row is a name, such as a partition's. It is locked by whoever does what only one may
// do at a time under that name. The whole table is locked by whoever must be alone with
// all names. It is unlogged, so that a lock costs no WAL. After a crash it is empty: a
// row that is missing is made again.
const createLocks = `CREATE SCHEMA IF NOT EXISTS syncer;
CREATE UNLOGGED TABLE IF NOT EXISTS syncer.locks (
    name text COLLATE "C" NOT NULL,
    CONSTRAINT locks_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE syncer.locks IS 'What only one may do at a time: its row is locked meanwhile. Rows come as they are needed.'`

// ensureLocks makes schema syncer, where goose keeps its table, and the table of
// locks, which migrations need, unless they exist.
func ensureLocks(ctx context.Context, pool *pgxpool.Pool) error {
	var exists bool
	if err := pool.QueryRow(ctx, "SELECT to_regclass('syncer.locks') IS NOT NULL").Scan(&exists); err != nil || exists {
		return err
	}
	_, err := pool.Exec(ctx, createLocks)
	if IsCode(err, pgerrcode.UniqueViolation, pgerrcode.DuplicateTable) { // another process came between
		return nil
	}
	return err
}

// lockName locks a name until the transaction ends. It waits for other transactions that
// have locked it, or all names.
func lockName(ctx context.Context, tx pgx.Tx, name string) error {
	const lock = "SELECT FROM syncer.locks WHERE name = $1 FOR UPDATE"
	tag, err := tx.Exec(ctx, lock, name)
	if err != nil || tag.RowsAffected() > 0 {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO syncer.locks (name) VALUES ($1) ON CONFLICT DO NOTHING", name); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, lock, name)
	return err
}

// lockShared waits for a transaction that has locked all names, and keeps others from
// doing so. It goes beside those that lock one name.
func lockShared(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "LOCK TABLE syncer.locks IN ROW SHARE MODE")
	return err
}

// lockAll locks all names until the transaction ends.
func lockAll(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "LOCK TABLE syncer.locks IN EXCLUSIVE MODE")
	return err
}

// patience is how long a migration waits for another one, and for merges.
const patience = 10 * time.Minute

// hold takes a lock in a transaction of its own. What the lock is for is done by other
// sessions, in other transactions.
func hold(ctx context.Context, pool *pgxpool.Pool, lock func(context.Context, pgx.Tx) error) (pgx.Tx, error) {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = %d", patience.Milliseconds()))
	if err == nil {
		err = lock(ctx, tx)
	}
	if err != nil {
		return nil, errors.Join(err, letGo(ctx, tx))
	}
	return tx, nil
}

// letGo ends a transaction of hold, also when the context has ended.
func letGo(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return tx.Rollback(ctx)
}

// Alone runs do while no other process runs what has the same name. do may use any
// sessions and transactions.
func Alone(ctx context.Context, pool *pgxpool.Pool, name string, do func() error) (err error) {
	if err := ensureLocks(ctx, pool); err != nil {
		return err
	}
	tx, err := hold(ctx, pool, func(ctx context.Context, tx pgx.Tx) error { return lockName(ctx, tx, name) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, letGo(ctx, tx)) }()
	return do()
}
