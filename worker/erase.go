package worker

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"syncer/store"
)

// UnderWay counts the syncs of a partition that the queue's workers are making.
func (s *Syncer) UnderWay(ctx context.Context, p store.PartitionRow) (n int, err error) {
	err = s.Store.Pool().QueryRow(ctx, `SELECT count(*)
FROM river.river_job
WHERE kind = $1 AND state = 'running' AND args ->> 'source' = $2 AND args ->> 'account' = $3 AND args ->> 'region' = $4`,
		SyncArgs{}.Kind(), p.Source, p.AccountName, p.RegionID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("look whether %s is being synced: %w", p.Source, err)
	}
	return n, nil
}

// EraseJobs takes what is erased of an account out of the queue, whatever became of it.
func EraseJobs(ctx context.Context, tx pgx.Tx, e *store.Erasure) error {
	for _, p := range e.Partitions {
		_, err := tx.Exec(ctx, `DELETE FROM river.river_job
WHERE kind = $1 AND args ->> 'source' = $2 AND args ->> 'account' = ANY ($3::text[]) AND args ->> 'region' = $4`,
			SyncArgs{}.Kind(), p.Source.Name, e.Names, p.RegionID)
		if err != nil {
			return fmt.Errorf("erase the jobs of %s: %w", p, err)
		}
	}
	if !e.Whole {
		return nil
	}
	_, err := tx.Exec(ctx, `DELETE FROM river.river_job
WHERE kind = $1 AND (args ->> 'account' = ANY ($2::text[]) OR state <> 'running' AND array_to_string(errors, ' ') ~ $3)`,
		SyncArgs{}.Kind(), e.Names, e.IDPattern())
	if err != nil {
		return fmt.Errorf("erase the jobs of account %s: %w", e.AccountID, err)
	}
	return nil
}
