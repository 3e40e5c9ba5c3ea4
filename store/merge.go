package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

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
func (s *Sync) Merge(ctx context.Context, run Run) (MergeResult, error) {
	return s.mergeListings(ctx, run, s.found.listings, func(ctx context.Context, m *merge) error {
		m.result.add(run.Kept)
		return s.store.insertRun(ctx, m.tx, s.part, run, m.result, nil)
	})
}

// mergeListings merges all that was found; what is missing from these listings ends.
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
	// What hangs on rows that have gone meanwhile may end where nothing else is to be
	// written: that is not known before.
	announce := s.found.stage.exists() || !s.found.spill.empty() || s.stood.known.unseen()
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
	if n := result.Opened + result.Changed + result.Ended; n > analyzeRows && n > int64(s.stood.rows)/5 {
		s.store.analyze(ctx, s.querier(), s.t.Source)
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
