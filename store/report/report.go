// Package report reads what people ask of a database that syncer writes: how fresh
// it is, what its runs did, what has changed, how the trends went, and the numbers of
// the status page. It writes nothing.
//
// It imports source, store and pgx.
package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/store"
)

// A Reader answers questions about a database.
type Reader struct {
	store *store.Store
	pool  *pgxpool.Pool
}

// Of is the Reader of a store's database.
func Of(s *store.Store) Reader { return Reader{s, s.Pool()} }

// A Filter narrows what the status page shows; empty: all.
type Filter struct {
	AccountID string
	RegionID  string
	// AccountName finds the runs of an account whose ID could not be asked for.
	AccountName string
}

// lookTimeout is how long one query of the status page may take: a page that somebody
// opens must not weigh on the syncs.
const lookTimeout = 4 * time.Second

// ErrSlow: a query of the status page was given up because it took too long.
var ErrSlow = errors.New("the database took too long")

// look runs f in a transaction that can write nothing and does not run for long.
func (r Reader) look(ctx context.Context, f func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*lookTimeout) // to wait for a connection, too
	defer cancel()
	err := pgx.BeginTxFunc(ctx, r.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// The server ends the query by itself, which a context cannot make it do.
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", lookTimeout.Milliseconds())); err != nil {
			return err
		}
		return f(tx)
	})
	if store.IsCode(err, pgerrcode.QueryCanceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (%w)", ErrSlow, err)
	}
	return err
}

// wrap says what was being done.
func wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
