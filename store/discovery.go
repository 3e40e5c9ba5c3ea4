package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kinds of discoveries.
const (
	Members    = "members"     // accounts of a resource directory
	OOSRegions = "oos_regions" // regions that OOS is served in
)

// A Discovery is what the cloud listed last for an account of the configuration.
type Discovery struct {
	Account, Kind string

	Listing  json.RawMessage // nil: no listing was ever answered
	ListedAt *time.Time
	Problem  *string // why the last listing failed; nil: it did not
	FailedAt *time.Time
}

// Discoveries reads all that were kept.
func (s *Store) Discoveries(ctx context.Context) (_ []Discovery, err error) {
	defer wrap(&err, "read what the cloud listed")
	rows, err := s.pool.Query(ctx, `SELECT account_name, kind, listing, listed_at, error_message, failed_at
FROM syncer.discoveries
ORDER BY account_name, kind`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Discovery])
}

// KeepDiscovery keeps what was listed.
func (s *Store) KeepDiscovery(ctx context.Context, account, kind string, listing any) (err error) {
	defer wrap(&err, "keep what the cloud listed")
	json, err := json.Marshal(listing)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, `INSERT INTO syncer.discoveries (account_name, kind, listing, listed_at)
VALUES ($1, $2, $3, now())
ON CONFLICT (account_name, kind) DO UPDATE
SET listing = excluded.listing, listed_at = excluded.listed_at, error_message = NULL, failed_at = NULL`, account, kind, json)
	return err
}

// KeepFailedDiscovery notes why nothing was listed. What was listed before stays.
func (s *Store) KeepFailedDiscovery(ctx context.Context, account, kind, problem string) (err error) {
	defer wrap(&err, "keep why the cloud listed nothing")
	_, err = s.pool.Exec(ctx, `INSERT INTO syncer.discoveries AS d (account_name, kind, error_message, failed_at)
VALUES ($1, $2, $3, now())
ON CONFLICT (account_name, kind) DO UPDATE
SET error_message = excluded.error_message, failed_at = coalesce(d.failed_at, excluded.failed_at)`, account, kind, problem)
	return err
}
