package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A MergeResult counts what a merge did, in rows.
type MergeResult struct {
	Opened, Changed, Ended, Unchanged int64
	// Repeated counts rows whose key the same sweep had shown before: the later one counts.
	Repeated int64

	// Held describes the sweeps whose rows were not ended because they were too many. It
	// names only the first few.
	Held       []string
	HeldRows   int64 // number of held rows
	heldDigest int64 // digest of their keys, by which later runs know the same rows

	// Churn names the fields of extra that were the only change in most of the versions.
	Churn []string
	// At is the moment from which the changes count: valid_from of the versions
	// opened, valid_to of those ended.
	At time.Time
}

// add adds the counts of an earlier merge of the same run, a checkpoint, which never holds.
func (c *MergeResult) add(o MergeResult) {
	c.Opened, c.Changed, c.Ended = c.Opened+o.Opened, c.Changed+o.Changed, c.Ended+o.Ended
	for _, field := range o.Churn {
		if !slices.Contains(c.Churn, field) {
			c.Churn = append(c.Churn, field)
		}
	}
}

// Merge makes what the run found visible and records the run, in one transaction. A run
// that found nothing new writes only its own row. The error is ErrStale if another run has
// merged the partition meanwhile: make the run again.
func (s *Sync) Merge(ctx context.Context, run Run) (MergeResult, error) {
	return s.mergeListings(ctx, run, s.found.listings, func(ctx context.Context, m *merge) error {
		m.result.add(run.Kept)
		return s.store.insertRun(ctx, m.tx, s.part, run, m.result, nil)
	})
}

// mergeListings merges all that was found. Rows that are missing from these listings end.
// record is the last step of the transaction.
func (s *Sync) mergeListings(ctx context.Context, run Run, listings []*Listing, record step) (result MergeResult, err error) {
	defer wrap(&err, "merge %s", s.part)
	if err := s.found.stage.flush(ctx); err != nil {
		return result, err
	}
	if err := s.store.register(ctx, s.querier(), s.part); err != nil {
		return result, err
	}
	if err := s.store.ensureMonths(ctx, s.querier(), s.t.Source); err != nil {
		return result, err
	}
	attempt := func(announce bool) (MergeResult, error) {
		m := &merge{Sync: s, run: run, listings: listings}
		return m.commit(ctx, announce, apply, record)
	}
	// Even if nothing else is to be written, rows may end because their parents have gone.
	// Only the merge itself can find that out.
	announce := s.found.stage.exists() || !s.found.spill.empty() || s.stood.known.unseen()
	if result, err = attempt(announce); errors.Is(err, errUnannounced) {
		result, err = attempt(true)
	}
	// Another process made the month's partition after this merge was planned. A new
	// attempt finds the partition.
	if isPartitionMissed(err) {
		result, err = attempt(true)
	}
	if err != nil {
		return MergeResult{}, err
	}
	if n := result.Opened + result.Changed + result.Ended; n > analyzeRows && n > int64(s.stood.rows)/5 {
		s.store.analyze(ctx, s.querier(), s.t.Source)
	}
	return result, nil
}

// A merge is one attempt to write versions of a partition, in one transaction.
type merge struct {
	*Sync
	run      Run
	listings []*Listing // the complete ones among them decide what is gone

	tx     pgx.Tx
	first  bool  // the partition's first merge
	tally  tally // what its statements add to the trends or take away
	result MergeResult
}

// A step is a part of a merge.
type step func(context.Context, *merge) error

// commit runs the transaction. apply writes the versions: the steps of a sync's merge, or
// those of Forget. record is the last step. A merge that is not announced must not write
// versions: if it has, it is rolled back with errUnannounced.
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

// apply are the steps of a sync's merge that write versions.
func apply(ctx context.Context, m *merge) error {
	// This comes before the stage is merged: only rows that stood when the run began can
	// be gone.
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

// wrote reports whether the merge has written into the source's tables. If there was a
// stage, it may have updated volatile columns only.
func (m *merge) wrote() bool {
	return m.first || m.result.Opened+m.result.Changed+m.result.Ended > 0 || m.found.stage.exists()
}

// analyzeRows is how many rows a merge must have written before the table is analyzed at
// once. Autovacuum would analyze it within a minute, but the next merge may come sooner.
// Without statistics, the planner expects one row and joins thousands row by row.
const analyzeRows = 1000

func (s *Store) analyze(ctx context.Context, q querier, src *source.Source) {
	err := pgx.BeginFunc(ctx, q, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "ANALYZE "+pgx.Identifier{"syncer", src.Name + "_standing"}.Sanitize())
		return err
	})
	if err != nil { // autovacuum will do it later
		s.log.DebugContext(ctx, "table not analyzed", "source", src.Name, "error", err)
	}
}
