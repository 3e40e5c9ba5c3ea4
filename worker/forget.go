package worker

import (
	"context"
	"fmt"

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

// EraseJobs takes a partition's jobs out of the queue, whatever became of them.
func (s *Syncer) EraseJobs(ctx context.Context, p store.PartitionRow, names []string) error {
	_, err := s.Store.Pool().Exec(ctx, `DELETE FROM river.river_job
WHERE kind = $1 AND args ->> 'source' = $2 AND args ->> 'account' = ANY ($3::text[]) AND args ->> 'region' = $4`,
		SyncArgs{}.Kind(), p.Source, names, p.RegionID)
	if err != nil {
		return fmt.Errorf("erase the jobs of %s: %w", p.Source, err)
	}
	return nil
}

// EraseAccountJobs takes what is left of an account out of the queue.
func (s *Syncer) EraseAccountJobs(ctx context.Context, id string, names []string) error {
	_, err := s.Store.Pool().Exec(ctx, `DELETE FROM river.river_job
WHERE kind = $1 AND (args ->> 'account' = ANY ($2::text[]) OR state <> 'running' AND strpos(array_to_string(errors, ' '), $3) > 0)`,
		SyncArgs{}.Kind(), names, id)
	if err != nil {
		return fmt.Errorf("erase the jobs of account %s: %w", id, err)
	}
	return nil
}
