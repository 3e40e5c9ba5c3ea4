package worker

import (
	"context"
	"errors"
	"time"

	"syncer/source"
	"syncer/store"
)

// A full sweep that asks for one value after the other may take hours. What is
// complete of it is merged on the way, so that one that is interrupted goes on from
// there. What is gone ends with the run, once all of it can be judged together.
const (
	checkpointCalls = 100 // between two checkpoints, at least
	checkpointShare = 10  // times what the last one took is between two of them
)

func (s *sweeper) checkpoint(ctx context.Context, decl *source.Sweep) error {
	calls := s.stats.Calls.Load()
	if !s.run.Full || decl.Each.Rest == nil || s.job.DryRun || calls-s.calls < checkpointCalls || time.Since(s.at) < checkpointShare*s.took {
		return nil
	}
	began := time.Now()
	if err := s.sync.Checkpoint(ctx, s.run); err != nil {
		return err
	}
	s.kept, s.calls, s.at, s.took = true, calls, time.Now(), time.Since(began)
	return nil
}

// A keptError is why a run ended early whose complete listings are merged and
// recorded.
type keptError struct{ error }

func (e *keptError) Unwrap() error { return e.error }

// codeCalledOff is the error code of a run that somebody ended early, by Ctrl-C, say, and
// of which something is merged.
const codeCalledOff = "CalledOff"

// interrupted merges what is complete of a full sweep that an error has ended.
func (s *sweeper) interrupted(ctx context.Context, decl *source.Sweep, r Result, failure error) (Result, error) {
	if s.job.DryRun || errors.Is(failure, store.ErrStale) || !s.kept && !s.sync.Settles(*s.run) {
		return r, failure
	}
	s.run.Interrupted = failureOf(failure)
	if calledOff(ctx) {
		s.run.Interrupted = store.Failure{Code: codeCalledOff, Message: "it was called off"}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	copyCounts(s.run, s.stats)
	s.run.Incomplete = decl.Name + ": " + s.run.Interrupted.Message + "; what was listed before is merged, and the next sync goes on from there"
	changes, err := s.sync.Merge(ctx, *s.run)
	if err != nil {
		return r, failure // so nothing of it is merged, and the next sync begins where this one did
	}
	r.Changes = changes
	r.Status, r.Message = changes.Status(*s.run)
	return r, &keptError{failure}
}
