package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// ErrStale: the partition was merged by someone else since this run began, were it
// only to find that nothing has changed. What this one found may be older than what
// stands; it must be made again.
var ErrStale = errors.New("the partition was synced by another run meanwhile")

// A MergeResult is what a merge did.
type MergeResult struct {
	Opened, Changed, Ended, Unchanged int64
	// Repeated counts rows whose key the same sweep had shown before: the later one counts.
	Repeated int64

	// Held says of which sweeps rows were not ended because they were too many. A few
	// are named.
	Held       []string
	HeldRows   int64 // how many rows these are
	heldDigest int64 // of the keys: the same rows, the same digest

	// Churn names the fields of extra for which alone most of the versions were made.
	Churn []string
	// At is the moment from which the changes count: valid_from of the versions
	// opened, valid_to of those ended.
	At time.Time
}

// add counts what an earlier merge of the same run wrote. It held nothing.
func (c *MergeResult) add(o MergeResult) {
	c.Opened, c.Changed, c.Ended = c.Opened+o.Opened, c.Changed+o.Changed, c.Ended+o.Ended
	for _, field := range o.Churn {
		if !slices.Contains(c.Churn, field) {
			c.Churn = append(c.Churn, field)
		}
	}
}

// Merge makes what the run found visible, in one transaction, and records the
// run in it. A run that found nothing new writes its own row and no other.
// ErrStale: make the run again.
func (y *Sync) Merge(ctx context.Context, run Run) (MergeResult, error) {
	return y.mergeListings(ctx, run, y.found.listings, func(ctx context.Context, m *merge) error {
		m.result.add(run.Kept)
		return y.store.insertRun(ctx, m.tx, y.part, run, m.result, nil)
	})
}

// mergeListings merges all that was found; what is missing from these listings ends.
// record is the last step of the transaction.
func (y *Sync) mergeListings(ctx context.Context, run Run, listings []*Listing, record step) (result MergeResult, err error) {
	defer wrap(&err, "merge %s", y.part)
	if err := y.found.stage.flush(ctx); err != nil {
		return result, err
	}
	if err := y.store.register(ctx, y.querier(), y.part); err != nil {
		return result, err
	}
	if err := y.store.ensureMonths(ctx, y.querier(), y.t.Source); err != nil {
		return result, err
	}
	attempt := func(announce bool) (MergeResult, error) {
		m := &merge{Sync: y, run: run, listings: listings}
		return m.commit(ctx, announce, apply, record)
	}
	// What hangs on rows that have gone meanwhile may end where nothing else is to be
	// written: that is not known before.
	announce := y.found.stage.exists() || !y.found.spill.empty() || y.stood.known.unseen()
	if result, err = attempt(announce); errors.Is(err, errUnannounced) {
		result, err = attempt(true)
	}
	// The month that a version belongs into was made while the merge, which had looked
	// for it before, waited. Another attempt finds it.
	if isPartitionMissed(err) {
		result, err = attempt(true)
	}
	if err != nil {
		return MergeResult{}, err
	}
	if n := result.Opened + result.Changed + result.Ended; n > analyzeRows && n > int64(y.stood.rows)/5 {
		y.store.analyze(ctx, y.querier(), y.t.Source)
	}
	return result, nil
}

// A merge is one attempt to write versions of a partition, in one transaction.
type merge struct {
	*Sync
	run      Run
	listings []*Listing // of these, the complete ones say what is gone

	tx     pgx.Tx
	first  bool  // of the partition
	tally  tally // what its statements add to the trends and take away
	result MergeResult
}

// A step is a part of a merge.
type step func(context.Context, *merge) error

// commit runs the transaction. What it writes, apply does: the steps of a sync's merge,
// or another end of what stands (see Forget). Unless it is announced, it may write no
// versions: errUnannounced.
func (m *merge) commit(ctx context.Context, announce bool, apply, record step) (MergeResult, error) {
	steps := func(tx pgx.Tx) error {
		m.tx = tx
		if err := m.lock(ctx); err != nil {
			return err
		}
		if err := apply(ctx, m); err != nil {
			return err
		}
		if !announce && m.result.Opened+m.result.Changed+m.result.Ended > 0 {
			return errUnannounced
		}
		if err := m.fold(ctx); err != nil {
			return err
		}
		if err := m.advance(ctx); err != nil {
			return err
		}
		m.result.Unchanged = max(0, int64(m.stood.known.countShown())-m.result.Opened-m.result.Changed-m.checkpoints.rows)
		m.result.Repeated = m.found.repeated
		if err := m.recordSwept(ctx); err != nil {
			return err
		}
		return record(ctx, m)
	}
	var err error
	if announce {
		err = m.store.writeVersions(ctx, m.querier(), m.part, steps)
	} else {
		err = pgx.BeginFunc(ctx, m.querier(), steps)
	}
	return m.result, err
}

// lock waits for the partition's other merges and checks that none came between.
// The moment of the merge is read once the lock is held, and is later than the
// last merge's even where the clock was set back, so that versions never overlap.
func (m *merge) lock(ctx context.Context) error {
	// Beside other partitions' merges, but not beside migrations and the rebuilding of trends.
	if err := lockName(ctx, m.tx, mergeLock(m.t.Source.Name, m.part.AccountID, m.part.RegionID)); err != nil {
		return err
	}
	var schema int64
	err := m.tx.QueryRow(ctx, `SELECT greatest(coalesce($4::timestamptz, clock_timestamp()), merged_at + interval '1 microsecond'), first_merged_at IS NULL,
    (SELECT max(version_id) FROM syncer.goose_db_version)
FROM syncer.partitions, `+cutDays+`
WHERE account_id = $1 AND source = $2 AND region_id = $3`,
		m.part.AccountID, m.t.Source.Name, m.part.RegionID, m.store.now()).Scan(&m.result.At, &m.first, &schema)
	if err != nil {
		return err
	}
	if now, err := readState(ctx, m.tx, m.part); err != nil || now != m.stood.state {
		return cmp.Or(err, ErrStale)
	}
	return isKnown(schema) // this program may have been running while a later release migrated
}

// apply are the steps of a sync's merge that write versions.
func apply(ctx context.Context, m *merge) error {
	// What is gone is judged before the stage is merged, among the rows that
	// stood when the run began.
	if err := m.settleStage(ctx); err != nil {
		return err
	}
	if err := m.churn(ctx); err != nil {
		return err
	}
	v, err := m.judge(ctx, false)
	if err != nil {
		return err
	}
	if err := m.endChanged(ctx); err != nil {
		return err
	}
	if err := m.open(ctx); err != nil {
		return err
	}
	if err := m.keepVolatile(ctx); err != nil {
		return err
	}
	if err := m.endGone(ctx, v); err != nil {
		return err
	}
	return m.endOrphans(ctx)
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

// wrote reports whether the merge has written into the tables: a stage may also have
// brought volatile columns up to date.
func (m *merge) wrote() bool {
	return m.first || m.result.Opened+m.result.Changed+m.result.Ended > 0 || m.found.stage.exists()
}

// analyzeRows is how many rows a merge must have written before the planner is
// told at once. Autovacuum would tell it within a minute, but the next merge may
// come sooner, and joining thousands of rows that the planner takes for one row
// lasts as long as their product.
const analyzeRows = 1000

func (s *Store) analyze(ctx context.Context, q querier, src *source.Source) {
	err := pgx.BeginFunc(ctx, q, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "ANALYZE "+pgx.Identifier{"syncer", src.Name + "_standing"}.Sanitize())
		return err
	})
	if err != nil { // autovacuum's turn, then
		s.log.DebugContext(ctx, "table not analyzed", "source", src.Name, "error", err)
	}
}
