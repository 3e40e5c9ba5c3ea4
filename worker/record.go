package worker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"syncer/fetch"
	"syncer/store"
)

func copyCounts(run *store.Run, stats *fetch.Stats) {
	run.Calls, run.Retries, run.Throttled = stats.Calls.Load(), stats.Retries.Load(), stats.Throttled.Load()
	run.Pages, run.Rows = stats.Pages.Load(), stats.Rows.Load()
}

// recordFailure leaves the failed run in the database, if that can be reached.
func (s *Syncer) recordFailure(ctx context.Context, p store.Partition, run store.Run, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if p.AccountID == "" { // not even that could be asked: it may be known from before
		p.AccountID, _ = s.Store.AccountID(ctx, p.AccountName)
	}
	if err := s.Store.RecordFailure(ctx, p, run, failureOf(failure)); err != nil {
		s.Logger.ErrorContext(ctx, "the failed run could not be recorded", "source", p.Source.Name, "account", p.AccountName, "region_id", p.RegionID, "error", describe(err))
	}
}

func failureOf(err error) store.Failure {
	f := store.Failure{Message: describe(err)}
	if e, ok := errors.AsType[*fetch.Error](err); ok {
		f.Code, f.RequestID = e.Code, e.RequestID
	}
	return f
}

// stuckNamed is how many stuck rows the log names.
const stuckNamed = 10

// nameStuck names in the log what has been open for too long. Each run names what has
// become so since the one before it, so that each row is named once.
func (s *Syncer) nameStuck(ctx context.Context, p store.Partition, past store.Past, began time.Time) {
	keys, all, err := s.Store.Stuck(ctx, p, past, began, stuckNamed)
	switch {
	case err != nil:
		s.Logger.WarnContext(ctx, "what is stuck could not be looked for", "source", p.Source.Name, "account_id", p.AccountID, "region_id", p.RegionID, "error", describe(err))
	case all > 0:
		s.Logger.WarnContext(ctx, "stuck: open for too long", "source", p.Source.Name, "account_id", p.AccountID, "region_id", p.RegionID,
			"longer_than", p.Source.Stuck.After, "count", all, "keys", strings.Join(keys, ","))
	}
}

// log says once what became of the run.
func (s *Syncer) log(ctx context.Context, p store.Partition, run store.Run, r Result) {
	attrs := []any{
		"source", p.Source.Name, "account", p.AccountName, "account_id", p.AccountID, "region_id", p.RegionID,
		"status", r.Status, "took", r.Took.Round(time.Millisecond), "calls", run.Calls, "rows", run.Rows,
		"opened", r.Changes.Opened, "changed", r.Changes.Changed, "ended", r.Changes.Ended,
	}
	if r.Message != "" {
		attrs = append(attrs, "message", r.Message)
	}
	level := slog.LevelInfo
	if r.Status != store.StatusOK && r.Status != StatusCalledOff {
		level = slog.LevelWarn
	}
	what := "synced"
	if r.Status != store.StatusOK {
		what = "sync " + r.Status // failed, held, incomplete or called off
	}
	s.Logger.Log(ctx, level, what, attrs...)
	if len(r.Changes.Churn) > 0 {
		s.Logger.WarnContext(ctx, "most versions were made only because fields that no column holds had changed: list them under ignore of the source if they are of no use",
			"source", p.Source.Name, "account_id", p.AccountID, "region_id", p.RegionID, "fields", strings.Join(r.Changes.Churn, ","))
	}
	for name, fields := range map[string]map[string]int{"unknown": run.Unknown, "refused": run.Refused} {
		if len(fields) > 0 {
			s.Logger.WarnContext(ctx, name+" fields are kept in extra", "source", p.Source.Name, "account_id", p.AccountID, "region_id", p.RegionID,
				"fields", strings.Join(slices.Sorted(maps.Keys(fields)), ","))
		}
	}
}
