package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A partition that is no longer configured is no longer synced, so no listing can end its
// rows. Forget ends them, as a merge does, and keeps their history. Erase deletes the
// history, too.

// TriggerForget is the trigger of a run that Forget records.
const TriggerForget = "forget"

// staleForgets is how often Forget begins again after a sync has merged meanwhile.
const staleForgets = 5

// Forget ends all rows of a partition, at one moment. Their history stays. If the
// partition is configured again, its first sync begins as if it were new.
//
// It calls look while no merge of the partition can run. An error from look stops it.
func (s *Store) Forget(ctx context.Context, p Partition, worker string, look func(context.Context) error) (c MergeResult, err error) {
	defer wrap(&err, "forget %s", p)
	if err := s.ensureMonths(ctx, s.pool, p.Source); err != nil {
		return c, err
	}
	for attempt := 1; ; attempt++ {
		c, err = s.forget(ctx, p, Run{Trigger: TriggerForget, Worker: worker}, look)
		if attempt == staleForgets || !errors.Is(err, ErrStale) {
			return c, err
		}
	}
}

func (s *Store) forget(ctx context.Context, p Partition, run Run, look func(context.Context) error) (c MergeResult, err error) {
	if run.Started, err = s.Now(ctx); err != nil {
		return c, err
	}
	sync := &Sync{store: s, part: p, t: newTable(p.Source)}
	if sync.stood.state, err = readState(ctx, s.pool, p); err != nil {
		return c, err
	}
	m := &merge{Sync: sync, run: run}
	end := func(ctx context.Context, m *merge) error {
		if err := look(ctx); err != nil {
			return err
		}
		return endAll(ctx, m)
	}
	return m.commit(ctx, true, end, func(ctx context.Context, m *merge) error {
		if _, err := m.tx.Exec(ctx, `UPDATE syncer.partitions
SET forgotten_at = $4, retired_at = coalesce(retired_at, $4)
WHERE account_id = $1 AND source = $2 AND region_id = $3`, p.AccountID, p.Source.Name, p.RegionID, m.result.At); err != nil {
			return err
		}
		if _, err := m.tx.Exec(ctx, "DELETE FROM syncer.swept WHERE account_id = $1 AND source = $2 AND region_id = $3", p.AccountID, p.Source.Name, p.RegionID); err != nil {
			return err
		}
		return s.insertRun(ctx, m.tx, p, run, m.result, nil)
	})
}

// endAll ends all standing rows.
func endAll(ctx context.Context, m *merge) (err error) {
	m.result.Ended, err = m.end(ctx, m.t.endAll())
	return err
}

// A Holding says how many rows a partition has.
type Holding struct {
	Rows     int64 `json:"rows"`     // standing rows
	Versions int64 `json:"versions"` // standing and ended
	Runs     int64 `json:"runs"`
}

// Holding counts the rows and versions of a partition.
func (s *Store) Holding(ctx context.Context, p PartitionRow) (h Holding, err error) {
	defer wrap(&err, "count what there is of %s", p.Source)
	err = s.pool.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FILTER (WHERE valid_to = 'infinity'), count(*),
    (SELECT count(*) FROM syncer.sync_runs WHERE account_id = $1 AND region_id = $2 AND source = $3)
FROM %s
WHERE account_id = $1 AND region_id = $2`, pgx.Identifier{"syncer", p.Source}.Sanitize()), p.AccountID, p.RegionID, p.Source).Scan(&h.Rows, &h.Versions, &h.Runs)
	return h, err
}
