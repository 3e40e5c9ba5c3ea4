package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// checkpoints are what a run has merged on the way.
type checkpoints struct {
	judged int       // how many of the listings they have looked at
	rows   int64     // that they have opened and changed
	first  time.Time // moment of the first one; zero: none was made
}

// Checkpoint makes visible what the listings have found so far, and lets the run go on
// from there. It ends nothing that is gone: that is judged at the end of the run, all
// of it together. The run is recorded then, too, with all that it did.
func (y *Sync) Checkpoint(ctx context.Context, run *Run) error {
	whole, err := y.whole(ctx)
	if err != nil {
		return err
	}
	merged, err := y.mergeListings(ctx, *run, whole, func(context.Context, *merge) error { return nil })
	if err != nil {
		return err
	}
	run.Kept.add(merged)
	y.Close(ctx)
	next, err := y.store.Begin(ctx, y.part)
	if err != nil {
		return err
	}
	if next.stood.enc.seed != y.stood.enc.seed { // then nobody knows what was shown
		return ErrStale
	}
	next.stood.known.carry(&y.stood.known)
	next.found.listings, next.found.repeated = y.found.listings, y.found.repeated
	next.checkpoints = checkpoints{len(y.found.listings), y.checkpoints.rows + merged.Opened + merged.Changed, y.checkpoints.first}
	if next.checkpoints.first.IsZero() {
		next.checkpoints.first = merged.At
	}
	for _, l := range whole {
		l.noted = true
	}
	*y = *next
	return nil
}

// whole are the complete listings since the last checkpoint from which nothing is missing.
func (y *Sync) whole(ctx context.Context) (whole []*Listing, err error) {
	defer wrap(&err, "look for what is missing of %s", y.part)
	listings := y.found.listings[y.checkpoints.judged:]
	for i := range y.t.Sweeps {
		sweep := &y.t.Sweeps[i]
		scope, complete := completeScope(listings, sweep)
		if !complete {
			continue
		}
		missing, err := y.missingValues(ctx, sweep, scope)
		if err != nil {
			return nil, err
		}
		for _, l := range listings {
			if l.sweep == sweep && l.complete && !slices.ContainsFunc(missing, l.speaksFor) {
				whole = append(whole, l)
			}
		}
	}
	return whole, nil
}

// stoodBefore leaves the rows out that a checkpoint of this run has opened: what is
// gone is judged among the rows that stood when the run began.
func (y *Sync) stoodBefore(q *query) string {
	if y.checkpoints.rows == 0 {
		return ""
	}
	at := q.arg(y.checkpoints.first)
	return fmt.Sprintf(" AND (t.valid_from < %[1]s OR EXISTS (SELECT FROM %[2]s AS b WHERE b.account_id = $1 AND b.region_id = $2 AND %[3]s AND b.valid_from < %[1]s AND b.valid_to >= %[1]s))",
		at, y.t.name, y.t.sameKey("b", "t"))
}

// Settles reports whether a complete listing of the run, or an earlier part of it,
// lets a full sweep that is interrupted go on where it was.
func (y *Sync) Settles(run Run) bool {
	return run.Full && slices.ContainsFunc(y.found.listings, func(l *Listing) bool {
		return l.complete && l.sweep.Each != nil && l.sweep.Each.Rest != nil
	})
}
