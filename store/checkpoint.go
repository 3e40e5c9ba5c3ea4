package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// checkpoints say what the checkpoints of a run have merged so far.
type checkpoints struct {
	judged int       // number of listings that they have looked at
	rows   int64     // rows that they have opened or changed
	first  time.Time // moment of the first one that wrote; zero if none did
}

// Checkpoint merges what the listings have found so far. The run continues afterwards.
// Rows that are gone are not ended yet: the last merge of the run judges all of them
// together. That merge also records the run, with the counts of its checkpoints.
// The error is ErrStale if the run must begin again.
func (s *Sync) Checkpoint(ctx context.Context, run *Run) error {
	whole, err := s.whole(ctx)
	if err != nil {
		return err
	}
	merged, err := s.mergeListings(ctx, *run, whole, func(context.Context, *merge) error { return nil })
	if err != nil {
		return err
	}
	run.Kept.add(merged)
	s.Close(ctx)
	next, err := s.store.Begin(ctx, s.part)
	if err != nil {
		return err
	}
	if next.stood.enc.seed != s.stood.enc.seed { // what was shown is noted under the old hashes
		return ErrStale
	}
	next.stood.known.carry(&s.stood.known)
	next.found.listings, next.found.repeated = s.found.listings, s.found.repeated
	next.checkpoints = checkpoints{len(s.found.listings), s.checkpoints.rows + merged.Opened + merged.Changed, s.checkpoints.first}
	if next.checkpoints.first.IsZero() && next.checkpoints.rows > 0 {
		next.checkpoints.first = merged.At
	}
	for _, l := range whole {
		l.noted = true
	}
	*s = *next
	return nil
}

// whole are the complete listings since the last checkpoint from which nothing is missing.
func (s *Sync) whole(ctx context.Context) (whole []*Listing, err error) {
	defer wrap(&err, "look for what is missing of %s", s.part)
	listings := s.found.listings[s.checkpoints.judged:]
	for i := range s.t.Sweeps {
		sweep := &s.t.Sweeps[i]
		scope, complete := completeScope(listings, sweep)
		if !complete {
			continue
		}
		missing, err := s.missingValues(ctx, sweep, scope)
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
func (t *table) stoodBefore(q *query, first time.Time) string {
	if first.IsZero() {
		return ""
	}
	at := q.arg(first)
	return fmt.Sprintf(" AND (t.valid_from < %[1]s OR EXISTS (SELECT FROM %[2]s AS b WHERE b.account_id = $1 AND b.region_id = $2 AND %[3]s AND b.valid_from < %[1]s AND b.valid_to >= %[1]s))",
		at, t.name, t.sameKey("b", "t"))
}

// Settles reports whether a complete listing of the run, or an earlier part of it,
// lets a full sweep that is interrupted go on where it was.
func (s *Sync) Settles(run Run) bool {
	return run.Full && slices.ContainsFunc(s.found.listings, func(l *Listing) bool {
		return l.complete && l.sweep.Each != nil && l.sweep.Each.Rest != nil
	})
}
