package store

import (
	"cmp"
	"context"
	"errors"
	"strings"
)

// One at a time.
//
// A partition is synced by many processes, each of which may be paused, killed or cut
// off at any point. The guards are in the order in which a sync comes to them. Only
// those from the lock on are needed for what the tables hold; the ones before save
// calls of the cloud.
//
//	guard                     where                               against
//	one job a slot            worker.SyncArgs.InsertOpts          every process proposes every slot
//	syncs under way           worker.running                      two syncs of a partition in this process
//	the job's state           worker.queueWorker.runningElsewhere a slot that comes while the last one's sync runs elsewhere
//	an answered slot          Store.Answered                      a slot whose sync another process has made meanwhile
//	the announcement          Store.writeVersions                 a merge that was taken for dead before it had its lock
//	the lock                  merge.lock, lockName                two merges of a partition at the same time
//	the state                 merge.lock, readState               a merge of what was fetched before another merge saw newer
//	the schema                merge.lock, lockAll, stillCurrent   a merge beside a migration, or after one that it does not know
//
// No lock is held while the cloud is called, so that a process that is stuck holds up
// no other. A job whose process is gone goes back to the queue; where the process was only
// cut off from the database, two make the same sync, and the state lets one of them win.

// ErrStale: another run has merged the partition since this one began, even if it found
// no change. What this run found may be older than what stands: make it again.
var ErrStale = errors.New("the partition was synced by another run meanwhile")

// lock waits for the partition's other merges and checks that none came between.
// The moment of the merge is read once the lock is held, and is later than the
// last merge's even where the clock was set back, so that versions never overlap.
func (m *merge) lock(ctx context.Context) error {
	// Beside other partitions' merges, but not beside migrations and the rebuilding of trends.
	if err := lockName(ctx, m.tx, mergeLock(m.t.Source.Name, m.part.AccountID, m.part.RegionID)); err != nil {
		return err
	}
	err := m.tx.QueryRow(ctx, `SELECT greatest(coalesce($4::timestamptz, clock_timestamp()), merged_at + interval '1 microsecond'), first_merged_at IS NULL
FROM syncer.partitions, `+cutDays+`
WHERE account_id = $1 AND source = $2 AND region_id = $3`,
		m.part.AccountID, m.t.Source.Name, m.part.RegionID, m.store.now()).Scan(&m.result.At, &m.first)
	if err != nil {
		return err
	}
	if now, err := readState(ctx, m.tx, m.part); err != nil || now != m.stood.state {
		return cmp.Or(err, ErrStale)
	}
	return m.store.stillCurrent(ctx, m.tx, m.t.Source)
}

// advance counts the merge as one that wrote: whoever began before it is stale.
func (m *merge) advance(ctx context.Context) error {
	if !m.wrote() {
		return nil
	}
	_, err := m.tx.Exec(ctx, `UPDATE syncer.partitions SET generation = generation + 1, merged_at = $4, first_merged_at = CASE WHEN $5 AND forgotten_at IS NULL THEN $4 ELSE coalesce(first_merged_at, $4) END
WHERE account_id = $1 AND source = $2 AND region_id = $3`, m.part.AccountID, m.t.Source.Name, m.part.RegionID, m.result.At, m.run.First)
	return err
}

// mergeLock is the name of the lock that merges of a partition hold.
func mergeLock(source, accountID, regionID string) string {
	return strings.Join([]string{"merge", source, accountID, regionID}, " ")
}

// A state identifies the last merge of a partition. The generation counts the merges
// that wrote rows. One that found nothing new has only its run, yet what it saw is newer
// than what was fetched before it. Runs are pruned; the generation stays.
type state struct{ generation, run int64 }

// readState reads a partition's; before the first merge, it is zero.
func readState(ctx context.Context, q querier, p Partition) (s state, err error) {
	err = q.QueryRow(ctx, `SELECT
    coalesce((SELECT generation FROM syncer.partitions WHERE account_id = $1 AND source = $2 AND region_id = $3), 0),
    coalesce((
        SELECT run_id
        FROM syncer.sync_runs
        WHERE account_id = $1 AND source = $2 AND region_id = $3 AND status <> 'failed'
        ORDER BY run_id DESC
        LIMIT 1
    ), 0)`, p.AccountID, p.Source.Name, p.RegionID).Scan(&s.generation, &s.run)
	return s, err
}
