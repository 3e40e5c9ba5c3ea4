package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Names returns the names that only this account has ever had. Records that have a name
// and no ID are found by them. A name that another account has, or that is in configured,
// is left out.
func (s *Store) Names(ctx context.Context, accountID string, configured []string) (_ []string, err error) {
	defer wrap(&err, "read the names of account %s", accountID)
	return collect[string](ctx, s.pool, `SELECT name FROM syncer.accounts WHERE account_id = $1
UNION
SELECT account_name FROM syncer.sync_runs WHERE account_id = $1
EXCEPT
(SELECT name FROM syncer.accounts WHERE account_id <> $1 UNION ALL SELECT unnest($2::text[]))`, accountID, configured)
}

// An Erasure is what is to be erased of one account.
type Erasure struct {
	AccountID  string
	Partitions []Partition
	Names      []string // see [Store.Names]
	// Whole: no other partition of the account is left, so everything else about it is
	// erased, too. Erase sets it.
	Whole bool
}

// Erase deletes the rows, versions, trends and runs of some partitions, as if they had
// never been synced. If no other partition of an account is left, it deletes everything
// about the account.
//
// It is one transaction. First it takes the merge locks of the partitions. Then it calls
// look: an error from look stops it, and nothing is deleted. The functions in also delete,
// in the same transaction, what other packages keep about an account.
func (s *Store) Erase(ctx context.Context, list []*Erasure, look func(context.Context) error, also ...func(context.Context, pgx.Tx, *Erasure) error) (err error) {
	defer wrap(&err, "erase")
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var locks []string
		for _, e := range list {
			for _, p := range e.Partitions {
				locks = append(locks, mergeLock(p.Source.Name, p.AccountID, p.RegionID))
			}
		}
		slices.Sort(locks) // all take them in the same order, so there is no deadlock
		for _, lock := range locks {
			if err := lockName(ctx, tx, lock); err != nil {
				return err
			}
		}
		if err := look(ctx); err != nil {
			return err
		}
		tables, err := tablesOfAccounts(ctx, tx)
		if err != nil {
			return err
		}
		for _, e := range list {
			for _, p := range e.Partitions {
				if err := erasePartition(ctx, tx, tables, p, e.Names); err != nil {
					return fmt.Errorf("%s: %w", p, err)
				}
			}
			if err := tx.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM syncer.partitions WHERE account_id = $1)", e.AccountID).Scan(&e.Whole); err != nil {
				return err
			}
			if e.Whole {
				if err := eraseAccount(ctx, tx, tables, e); err != nil {
					return fmt.Errorf("account %s: %w", e.AccountID, err)
				}
			}
			for _, also := range also {
				if err := also(ctx, tx, e); err != nil {
					return err
				}
			}
		}
		_, err = tx.Exec(ctx, "DELETE FROM syncer.locks WHERE name = ANY ($1::text[])", locks)
		return err
	})
}

// IDPattern finds the account's ID in a text. A longer number that holds it is another's.
func (e *Erasure) IDPattern() string { return `(?<![0-9])` + e.AccountID + `(?![0-9])` }

func erasePartition(ctx context.Context, tx pgx.Tx, tables []tableOfAccounts, p Partition, names []string) error {
	// Also trends that are no longer declared, or that only a newer program declares.
	own, err := collect[string](ctx, tx, "SELECT name FROM syncer.derived WHERE source = $1", p.Source.Name)
	if err != nil {
		return err
	}
	own = append(own, p.Source.Name, p.Source.Name+"_volatile")
	for _, t := range tables {
		sql := "DELETE FROM " + pgx.Identifier{"syncer", t.Name}.Sanitize() + " WHERE account_id = $1 AND region_id = $2"
		args := []any{p.AccountID, p.RegionID}
		switch {
		case t.Source && t.Region:
			sql, args = sql+" AND source = $3", append(args, p.Source.Name)
		case !slices.Contains(own, t.Name):
			continue
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM syncer.sync_runs WHERE account_id = '' AND account_name = ANY ($1::text[]) AND source = $2 AND region_id = $3", names, p.Source.Name, p.RegionID)
	return err
}

func eraseAccount(ctx context.Context, tx pgx.Tx, tables []tableOfAccounts, e *Erasure) error {
	for _, t := range tables {
		if _, err := tx.Exec(ctx, "DELETE FROM "+pgx.Identifier{"syncer", t.Name}.Sanitize()+" WHERE account_id = $1", e.AccountID); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		"DELETE FROM syncer.sync_runs WHERE account_id = '' AND account_name = ANY ($1::text[])",
		"DELETE FROM syncer.discoveries WHERE account_name = ANY ($1::text[])",
	} {
		if _, err := tx.Exec(ctx, sql, e.Names); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		"DELETE FROM syncer.sync_runs WHERE account_id = '' AND error_message ~ $1",
		// If the account is still in a directory, the next listing brings it back.
		`UPDATE syncer.discoveries AS d
SET listing = (SELECT coalesce(jsonb_agg(m), '[]') FROM jsonb_array_elements(d.listing) AS m WHERE m::text !~ $1)
WHERE jsonb_typeof(d.listing) = 'array' AND d.listing::text ~ $1`,
		"UPDATE syncer.discoveries SET error_message = regexp_replace(error_message, $1, '…', 'g') WHERE error_message ~ $1",
		"DELETE FROM syncer.locks WHERE name ~ $1",
	} {
		if _, err := tx.Exec(ctx, sql, e.IDPattern()); err != nil {
			return err
		}
	}
	return nil
}

// A tableOfAccounts is a table of schema syncer with a row for something of an account.
type tableOfAccounts struct {
	Name           string
	Source, Region bool // it has a column that says so
}

// tablesOfAccounts finds all of these tables, also those that only a newer program knows.
func tablesOfAccounts(ctx context.Context, tx pgx.Tx) ([]tableOfAccounts, error) {
	rows, err := tx.Query(ctx, `SELECT c.relname, bool_or(a.attname = 'source'), bool_or(a.attname = 'region_id')
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'syncer'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.relname
HAVING bool_or(a.attname = 'account_id')
ORDER BY c.relname`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[tableOfAccounts])
}
